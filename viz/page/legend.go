package page

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Entry is one line of a legend. Exactly one of its kinds is set, or none: a note is text alone.
type Entry struct {
	Text   string
	Line   *Line
	span   *span
	dashed bool            // the sample of the rule
	Sample func(*Pen, Dot) // draws a sample of another kind from the middle of its left edge
	Vega   string          // what the sample looks like, in words
}

// Measures of a legend in CSS pixels.
const (
	RowHeight   = 18.0
	SampleWidth = 30.0
	sampleGap   = 8.0
	ColumnGap   = 20.0
	WidestAside = 230.0 // a text wider than this moves the legend below
)

// LegendOf lists the lines and windows of panels, each once, then the notes.
func LegendOf(panels []*Panel, notes ...string) []Entry {
	var list []Entry
	seen := make(map[string]bool)
	for _, p := range panels {
		for i := range p.Lines {
			if l := &p.Lines[i]; !seen[l.Name] {
				seen[l.Name] = true
				list = append(list, Entry{Text: l.Name, Line: l})
			}
		}
	}
	for _, p := range panels {
		for i := range p.spans {
			if s := &p.spans[i]; !seen["window "+s.name] {
				seen["window "+s.name] = true
				sample, counts := darkest(panels, s.name)
				list = append(list, Entry{Text: s.name + counts, span: sample})
			}
		}
		if note := p.ruleNote(); p.Rule.Text != "" && !seen["rule "+note] {
			seen["rule "+note] = true
			list = append(list, Entry{Text: note, dashed: true})
		}
	}
	for _, n := range notes {
		list = append(list, Entry{Text: n})
	}
	return list
}

// darkest is the window of a name that most seeds have open, and in words in how many of them windows of the name are;
// no words where they are of single runs.
func darkest(panels []*Panel, name string) (*span, string) {
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

// NotesOf says in words what is drawn without a sample of its own.
func NotesOf(panels []*Panel) []string {
	titles, texts, bands := make([]string, len(panels)), make([]string, len(panels)), make([]string, len(panels))
	for i, p := range panels {
		titles[i], texts[i] = p.Name(), p.definition()
		if p.Errors() {
			bands[i] = p.bandName()
		}
	}
	notes := Told("band", titles, bands)
	if i := slices.IndexFunc(panels, func(p *Panel) bool { return p.ended }); i >= 0 {
		note := "hatched: where an end of a window may lie"
		if panels[i].Ends != "" {
			note += ", " + panels[i].Ends
		}
		notes = append(notes, note)
	}
	return append(notes, Told("definition", titles, texts)...)
}

// bandName is what a band is.
func (p *Panel) bandName() string {
	if p.Band == "" {
		return "± 1 standard error"
	}
	return p.Band
}

// Told says a text of panels after a word: once where all that have one have the same, else each after the titles of
// its panels.
func Told(word string, titles, texts []string) []string {
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
func (p *Panel) ruleNote() string {
	if p.Y.Percent {
		return fmt.Sprintf("%s, %.1f%%", p.Rule.Text, 100*p.Rule.Y)
	}
	return p.Rule.Text + ", " + Number(p.Rule.Y)
}

// Name is what a panel is called in words.
func (p *Panel) Name() string {
	if p.Title == "" {
		return p.Y.Label
	}
	return p.Title
}

// definition is what the panel's series measure, empty where none says so.
func (p *Panel) definition() string {
	for _, l := range p.Lines {
		if l.Definition != "" {
			return l.Definition
		}
	}
	return ""
}

// width is how wide an entry is with its sample.
func (e Entry) width() float64 {
	if e.Note() {
		return WidthOf(SmallSize, e.Text)
	}
	return SampleWidth + sampleGap + WidthOf(SmallSize, e.Text)
}

// Note reports whether the entry is words alone, without a sample.
func (e Entry) Note() bool {
	return e.Line == nil && e.span == nil && !e.dashed && e.Sample == nil
}

// Columns is how many columns of a legend fit in a width, and how wide each is.
func Columns(list []Entry, width float64) (int, float64) {
	widest := 0.0
	for _, e := range list {
		widest = max(widest, e.width())
	}
	widest = min(widest, width)
	if widest == 0 {
		return 1, width
	}
	return max(1, min(len(list), int(math.Floor((width+ColumnGap)/(widest+ColumnGap))))), widest
}

// Legend draws a legend in columns of a width each, from its upper left corner down and then to the right.
func (p *Pen) Legend(list []Entry, at Dot, columns int, width float64) {
	rows := (len(list) + columns - 1) / max(1, columns)
	for i, e := range list {
		x := at.X + float64(i/rows)*(width+ColumnGap)
		y := at.Y + (float64(i%rows)+0.5)*RowHeight
		p.entry(e, Dot{x, y}, width)
	}
}

// entry draws one entry with the middle of its left edge at a point, in at most a width.
func (p *Pen) entry(e Entry, at Dot, width float64) {
	x := at.X + SampleWidth
	switch {
	case e.Line != nil:
		middle := Dot{at.X + SampleWidth/2, at.Y}
		if e.Line.Hollow {
			p.Hollow(e.Line.Color, e.Line.Marker, middle, HollowSize)
			break
		}
		p.Line(e.Line.Color, 2, e.Line.Dash, at, Dot{x, at.Y})
		p.Marker(e.Line.Color, e.Line.Marker, middle, 7)
	case e.span != nil:
		p.bar(e.span, Dot{at.X, at.Y - 7}, SampleWidth)
		p.span(e.span, Dot{at.X, at.Y - 1}, SampleWidth, 8)
		p.barMarker(e.span, Dot{at.X, at.Y - 7}, SampleWidth)
	case e.Sample != nil:
		e.Sample(p, at)
	case e.dashed:
		p.Line(Grey, 1.2, []float64{4, 3}, at, Dot{x, at.Y})
	default:
		p.Write(Grey, SmallSize, at, Left, Middle, Fit(SmallSize, width, e.Text))
		return
	}
	p.Write(Ink, SmallSize, Dot{x + sampleGap, at.Y}, Left, Middle, Fit(SmallSize, width-SampleWidth-sampleGap, e.Text))
}

// Foot is what stands below the axis of a figure: a legend, and notes under it.
type Foot struct {
	legend      []Entry
	legendAt    Dot
	legendWidth float64
	columns     int
	notes       []string
	notesAt     Dot
}

// Place puts entries below a picture of this width and height, and gives the height that it has with them. In print
// what is only said stands in lines of its own.
func (f *Foot) Place(entries []Entry, paper Width, width, height float64) float64 {
	if f.legend = entries; paper != Screen {
		f.legend, f.notes = apart(entries, width-2*Margin)
	}
	if len(f.legend) > 0 {
		f.columns, f.legendWidth = Columns(f.legend, width-2*Margin)
		f.legendAt = Dot{Margin, height + Margin/2}
		height += float64((len(f.legend)+f.columns-1)/f.columns)*RowHeight + Margin
	}
	if n := len(f.notes); n > 0 {
		f.notesAt = Dot{Margin, height - 2}
		height += float64(n)*NoteLine + 4
	}
	return height
}

// Foot draws one.
func (p *Pen) Foot(f Foot) {
	p.Legend(f.legend, f.legendAt, f.columns, f.legendWidth)
	p.Notes(f.notes, f.notesAt)
}
