package viz

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// entry is one line of a legend. Exactly one of its kinds is set, or none: a note is text alone.
type entry struct {
	text   string
	line   *line
	span   *span
	dashed bool            // the sample of the rule
	sample func(*pen, dot) // draws a sample of another kind from the middle of its left edge
	vega   string          // what the sample looks like, in words
}

// Measures of a legend in CSS pixels.
const (
	rowHeight   = 18.0
	sampleWidth = 30.0
	sampleGap   = 8.0
	columnGap   = 20.0
	widestAside = 230.0 // a text wider than this moves the legend below
)

// legendOf lists the lines and windows of panels, each once, then the notes.
func legendOf(panels []*panel, notes ...string) []entry {
	var list []entry
	seen := make(map[string]bool)
	for _, p := range panels {
		for i := range p.lines {
			if l := &p.lines[i]; !seen[l.Name] {
				seen[l.Name] = true
				list = append(list, entry{text: l.Name, line: l})
			}
		}
	}
	for _, p := range panels {
		for i := range p.spans {
			if s := &p.spans[i]; !seen["window "+s.name] {
				seen["window "+s.name] = true
				sample, counts := darkest(panels, s.name)
				list = append(list, entry{text: s.name + counts, span: sample})
			}
		}
		if note := p.ruleNote(); p.rule.Text != "" && !seen["rule "+note] {
			seen["rule "+note] = true
			list = append(list, entry{text: note, dashed: true})
		}
	}
	for _, n := range notes {
		list = append(list, entry{text: n})
	}
	return list
}

// darkest is the window of a name that most seeds have open, and in words in how many of them windows of the name are;
// no words where they are of single runs.
func darkest(panels []*panel, name string) (*span, string) {
	var most *span
	fewest := 0
	for _, p := range panels {
		for i := range p.spans {
			s := &p.spans[i]
			if s.name != name {
				continue
			}
			if most == nil || s.Open > most.Open {
				most = s
			}
			if fewest == 0 || s.Open < fewest {
				fewest = s.Open
			}
		}
	}
	switch {
	case most.Of == 0:
		return most, ""
	case fewest == most.Open:
		return most, fmt.Sprintf(", open in %d of %d seeds", most.Open, most.Of)
	}
	return most, fmt.Sprintf(", open in %d to %d of %d seeds", fewest, most.Open, most.Of)
}

// notesOf says in words what is drawn without a sample of its own.
func notesOf(panels []*panel) []string {
	titles, texts, bands := make([]string, len(panels)), make([]string, len(panels)), make([]string, len(panels))
	for i, p := range panels {
		titles[i], texts[i] = p.name(), p.definition()
		if p.errors() {
			bands[i] = p.bandName()
		}
	}
	notes := told("band", titles, bands)
	if i := slices.IndexFunc(panels, func(p *panel) bool { return p.ended }); i >= 0 {
		note := "hatched: where an end of a window may lie"
		if panels[i].ends != "" {
			note += ", " + panels[i].ends
		}
		notes = append(notes, note)
	}
	return append(notes, told("definition", titles, texts)...)
}

// bandName is what a band is.
func (p *panel) bandName() string {
	if p.band == "" {
		return "± 1 standard error"
	}
	return p.band
}

// told says a text of panels after a word: once where all that have one have the same, else each after the titles of its panels.
func told(word string, titles, texts []string) []string {
	var different []string
	of := make(map[string][]string)
	for i, text := range texts {
		if text == "" {
			continue
		}
		if len(of[text]) == 0 {
			different = append(different, text)
		}
		of[text] = append(of[text], titles[i])
	}
	notes := make([]string, len(different))
	for i, text := range different {
		notes[i] = word + ": " + text
		if len(different) > 1 {
			between := ", "
			if slices.ContainsFunc(of[text], func(title string) bool { return strings.Contains(title, ",") }) {
				between = "; "
			}
			notes[i] = fmt.Sprintf("%s in %s: %s", word, strings.Join(of[text], between), text)
		}
	}
	return notes
}

// ruleNote is what a panel's rule is, with its value.
func (p *panel) ruleNote() string {
	if p.y.percent {
		return fmt.Sprintf("%s, %.1f%%", p.rule.Text, 100*p.rule.Y)
	}
	return p.rule.Text + ", " + number(p.rule.Y)
}

// name is what a panel is called in words.
func (p *panel) name() string {
	if p.title == "" {
		return p.y.label
	}
	return p.title
}

// definition is what the panel's series measure, empty where none says so.
func (p *panel) definition() string {
	for _, l := range p.lines {
		if l.Definition != "" {
			return l.Definition
		}
	}
	return ""
}

// width is how wide an entry is with its sample.
func (e entry) width() float64 {
	if e.note() {
		return widthOf(smallSize, e.text)
	}
	return sampleWidth + sampleGap + widthOf(smallSize, e.text)
}

func (e entry) note() bool {
	return e.line == nil && e.span == nil && !e.dashed && e.sample == nil
}

// columns is how many columns of a legend fit in a width, and how wide each is.
func columns(list []entry, width float64) (int, float64) {
	widest := 0.0
	for _, e := range list {
		widest = max(widest, e.width())
	}
	widest = min(widest, width)
	if widest == 0 {
		return 1, width
	}
	return max(1, min(len(list), int(math.Floor((width+columnGap)/(widest+columnGap))))), widest
}

// legend draws a legend in columns of a width each, from its upper left corner down and then to the right.
func (p *pen) legend(list []entry, at dot, columns int, width float64) {
	rows := (len(list) + columns - 1) / max(1, columns)
	for i, e := range list {
		x := at.x + float64(i/rows)*(width+columnGap)
		y := at.y + (float64(i%rows)+0.5)*rowHeight
		p.entry(e, dot{x, y}, width)
	}
}

// entry draws one entry with the middle of its left edge at a point, in at most a width.
func (p *pen) entry(e entry, at dot, width float64) {
	x := at.x + sampleWidth
	switch {
	case e.line != nil:
		middle := dot{at.x + sampleWidth/2, at.y}
		if e.line.Hollow {
			p.hollow(e.line.color, e.line.marker, middle, hollowSize)
			break
		}
		p.line(e.line.color, 2, e.line.dash, at, dot{x, at.y})
		p.marker(e.line.color, e.line.marker, middle, 7)
	case e.span != nil:
		p.bar(e.span, dot{at.x, at.y - 7}, sampleWidth)
		p.span(e.span, dot{at.x, at.y - 1}, sampleWidth, 8)
		p.barMarker(e.span, dot{at.x, at.y - 7}, sampleWidth)
	case e.sample != nil:
		e.sample(p, at)
	case e.dashed:
		p.line(grey, 1.2, []float64{4, 3}, at, dot{x, at.y})
	default:
		p.write(grey, smallSize, at, left, middle, fit(smallSize, width, e.text))
		return
	}
	p.write(ink, smallSize, dot{x + sampleGap, at.y}, left, middle, fit(smallSize, width-sampleWidth-sampleGap, e.text))
}

// foot is what stands below the axis of a figure: a legend, and notes under it.
type foot struct {
	legend      []entry
	legendAt    dot
	legendWidth float64
	columns     int
	notes       []string
	notesAt     dot
}

// place puts entries below a picture of this width and height, and gives the height that it has with them. In print
// what is only said stands in lines of its own.
func (f *foot) place(entries []entry, paper Width, width, height float64) float64 {
	if f.legend = entries; paper != Screen {
		f.legend, f.notes = apart(entries, width-2*margin)
	}
	if len(f.legend) > 0 {
		f.columns, f.legendWidth = columns(f.legend, width-2*margin)
		f.legendAt = dot{margin, height + margin/2}
		height += float64((len(f.legend)+f.columns-1)/f.columns)*rowHeight + margin
	}
	if n := len(f.notes); n > 0 {
		f.notesAt = dot{margin, height - 2}
		height += float64(n)*noteLine + 4
	}
	return height
}

// foot draws one.
func (p *pen) foot(f foot) {
	p.legend(f.legend, f.legendAt, f.columns, f.legendWidth)
	p.notes(f.notes, f.notesAt)
}
