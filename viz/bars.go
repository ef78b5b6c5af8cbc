package viz

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"
)

// BarsFigure is horizontal bars by name, such as the share of the trace that each layer carries. Label is the axis's, with its
// unit.
type BarsFigure struct {
	Title, Label string
	Bars         []Bar
	Log          bool // a logarithmic axis: values must be above 0
	Percent      bool // values are fractions, written as percentages; not with Log
}

// Bar is one value of a BarsFigure. SE is its standard error, 0 where there is none. Modality picks the colour. Bars of one
// name and different modalities stand together. Definition is as in a [Series].
type Bar struct {
	Name, Modality string
	Value, SE      float64
	Definition     string
}

// maxBars is the most bars of a figure.
const maxBars = 60

// Bars draws a BarsFigure of up to 60 bars, names from top to bottom as they first appear, with each value written beside. A
// linear axis holds 0, where bars begin. On a log axis, where a bar could begin anywhere, a value is a dot on a thin line.
//
// One figure shows one quantity under one definition: estimates of a trace by several definitions differ by orders of
// magnitude, and a bar longer than another would say nothing. Bars of two Definitions are an error; give each its own figure.
// Bars returns an error that names the bar that cannot be drawn.
func Bars(f BarsFigure) (*Figure, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	at := arrangeBars(f)
	fig, err := picture(at.width, at.height, false, func(p *pen) { drawBars(p, f, at) })
	if err != nil {
		return nil, err
	}
	fig.Spec, fig.Text = barsSpec(f, at), f.sentence()
	return fig, nil
}

func (f BarsFigure) check() error {
	if n := len(f.Bars); n == 0 || n > maxBars {
		return fmt.Errorf("viz: bars: %d bars, want 1 to %d", n, maxBars)
	}
	if f.Log && f.Percent {
		return fmt.Errorf("viz: bars: a log axis of percentages, want one or the other")
	}
	var one definition
	seen := make(map[[2]string]bool)
	for i, b := range f.Bars {
		where := fmt.Sprintf("viz: bars: bar %d %q", i, b.title())
		key := [2]string{b.Name, b.Modality}
		switch {
		case b.Name == "":
			return fmt.Errorf("%s: no name, want one", where)
		case seen[key]:
			return fmt.Errorf("%s: two of that name and modality, want one", where)
		case !drawable(b.Value):
			return fmt.Errorf("%s: value %v, want a finite value", where, b.Value)
		case !drawable(b.SE) || b.SE < 0:
			return fmt.Errorf("%s: standard error %v, want a finite value of 0 or more", where, b.SE)
		case f.Log && b.Value < 1/limit:
			return fmt.Errorf("%s: value %v on a log axis, want above 0", where, b.Value)
		}
		if err := one.meet("bars", "bar", b.title(), b.Definition); err != nil {
			return err
		}
		seen[key] = true
	}
	return nil
}

// title is what a bar is called in words.
func (b Bar) title() string { return strings.TrimSpace(b.Name + " " + b.Modality) }

// sentence says for each modality how many bars it has, and the greatest and the least.
func (f BarsFigure) sentence() string {
	var parts []string
	a := axis{percent: f.Percent}
	for _, m := range f.modalities() {
		var high, low Bar
		n := 0
		for _, b := range f.Bars {
			if b.Modality != m {
				continue
			}
			if n++; n == 1 || b.Value > high.Value {
				high = b
			}
			if n == 1 || b.Value < low.Value {
				low = b
			}
		}
		s := fmt.Sprintf("%s is %s", high.Name, a.word(high.Value))
		if n > 1 {
			s = fmt.Sprintf("%d bars from %s, %s, to %s, %s", n, high.Name, a.word(high.Value), low.Name, a.word(low.Value))
		}
		parts = append(parts, strings.TrimSpace(m+" "+s))
	}
	head := f.Label
	if f.Log {
		head += " on a log axis"
	}
	if d := f.definition(); d != "" {
		head += " (" + d + ")"
	}
	return inWords(f.Title, []string{head + ", " + strings.Join(parts, ", ")})
}

// modalities and names are those of the bars, in order of appearance.
func (f BarsFigure) modalities() []string {
	return f.distinct(func(b Bar) string { return b.Modality })
}
func (f BarsFigure) names() []string { return f.distinct(func(b Bar) string { return b.Name }) }

func (f BarsFigure) distinct(of func(Bar) string) []string {
	var list []string
	for _, b := range f.Bars {
		if s := of(b); !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// definition is what the bars measure, empty where none says so.
func (f BarsFigure) definition() string {
	for _, b := range f.Bars {
		if b.Definition != "" {
			return b.Definition
		}
	}
	return ""
}

// styles are the colours of the modalities.
func (f BarsFigure) styles() styles {
	list := make([]Series, len(f.Bars))
	for i, b := range f.Bars {
		list[i].Modality = b.Modality
	}
	return newStyles(nil, list)
}

// Measures of a figure of bars in CSS pixels.
const (
	barThick  = 12.0
	barPitch  = 13.0 // from a bar to the next of its name
	groupGap  = 6.0  // between names
	widestBar = 220.0
	barsWide  = 760.0
)

// rowsOfBars is where everything in a figure of bars stands.
type rowsOfBars struct {
	width, height float64
	at            dot // upper left corner of the data
	long, tall    float64
	axis          axis
	middles       []float64 // of each bar, down from the upper edge of the data
	values        []string  // written beside each bar
	legend        []entry
	legendAt      dot
	legendWidth   float64
	columns       int
}

func arrangeBars(f BarsFigure) rowsOfBars {
	at := rowsOfBars{width: barsWide, at: dot{margin, margin + 4}, axis: f.axis(), middles: make([]float64, len(f.Bars))}
	if f.Title != "" {
		at.at.y += titleHeight
	}
	names, values := 0.0, 0.0
	for _, name := range f.names() {
		names = max(names, widthOf(smallSize, name))
		at.tall += groupGap / 2
		for i, b := range f.Bars {
			if b.Name == name {
				at.middles[i] = at.tall + barPitch/2
				at.tall += barPitch
			}
		}
		at.tall += groupGap / 2
	}
	for _, b := range f.Bars {
		s := at.axis.wordWith(b.Value, b.SE)
		at.values = append(at.values, s)
		values = max(values, widthOf(smallSize, s))
	}
	at.at.x += min(names, widestBar) + 10
	at.long = at.width - margin - values - 12 - at.at.x
	at.axis.setTicksAlong(at.long)
	at.height = at.at.y + at.tall + underHeight + margin/2
	if at.legend = f.legend(); len(at.legend) > 0 {
		at.columns, at.legendWidth = columns(at.legend, at.width-2*margin)
		at.legendAt = dot{margin, at.height + margin/2}
		at.height += float64((len(at.legend)+at.columns-1)/at.columns)*rowHeight + margin
	}
	return at
}

// axis spans what the bars show.
func (f BarsFigure) axis() axis {
	a := axis{label: f.Label, log: f.Log, percent: f.Percent}
	r := nothing()
	for _, b := range f.Bars {
		r.add(b.Value + b.SE)
		r.add(lower(b.Value, b.SE, f.Log))
	}
	if f.Log {
		r = r.padLog(0.05)
		a.from, a.to = r.low, r.high
		return a
	}
	r.add(0)
	padded := r.pad(0.04)
	if r.low == 0 && r.high > 0 {
		padded.low = 0
	}
	if r.high == 0 && r.low < 0 {
		padded.high = 0
	}
	a.from, a.to = padded.low, padded.high
	return a
}

// legend says which colour is which modality, and what the thin lines are.
func (f BarsFigure) legend() []entry {
	var list []entry
	st := f.styles()
	for _, m := range f.modalities() {
		if m == "" {
			continue
		}
		c := st.look("", m).color
		list = append(list, entry{text: m, sample: func(p *pen, at dot) {
			p.value(f.Log, c, dot{at.x, at.y}, dot{at.x + sampleWidth - 5, at.y})
		}})
	}
	if slices.ContainsFunc(f.Bars, func(b Bar) bool { return b.SE > 0 }) {
		list = append(list, entry{text: "line: ± 1 standard error"})
	}
	if d := f.definition(); d != "" {
		list = append(list, entry{text: "definition: " + d})
	}
	return list
}

// value draws a value from where it begins to where it ends: a bar, or on a log axis a dot on a line.
func (p *pen) value(log bool, c color.NRGBA, from, to dot) {
	if log {
		p.line(fade(c, 0.45), 1.2, nil, from, to)
		p.marker(c, "circle", to, 8)
		return
	}
	p.box(fade(c, barShade), dot{min(from.x, to.x), from.y - barThick/2}, math.Abs(to.x-from.x), barThick)
}

// barShade is the opacity of bars, which lets the line of a standard error show.
const barShade = 0.75

func drawBars(p *pen, f BarsFigure, at rowsOfBars) {
	p.title(f.Title, at.width)
	foot := at.at.y + at.tall
	x := func(v float64) float64 { return at.at.x + at.long*at.axis.place(v) }
	for _, t := range at.axis.ticks {
		if t.label != "" {
			p.line(faint, 1, nil, dot{x(t.value), at.at.y}, dot{x(t.value), foot})
		}
	}
	st := f.styles()
	begin := at.axis.from
	if !f.Log {
		begin = 0
	}
	ends := make(map[string]reach)
	for i, b := range f.Bars {
		y := at.at.y + at.middles[i]
		c := st.look("", b.Modality).color
		if !f.Log {
			p.value(false, c, dot{x(begin), y}, dot{x(b.Value), y})
		}
		if b.SE > 0 {
			low, high := dot{x(lower(b.Value, b.SE, f.Log)), y}, dot{x(b.Value + b.SE), y}
			p.line(ink, 1.2, nil, low, high)
			for _, end := range []dot{low, high} {
				p.line(ink, 1.2, nil, dot{end.x, y - 3}, dot{end.x, y + 3})
			}
		}
		if f.Log {
			p.value(true, c, dot{x(begin), y}, dot{x(b.Value), y})
		}
		p.write(grey, smallSize, dot{at.width - margin, y}, right, middle, at.values[i])
		r, ok := ends[b.Name]
		if !ok {
			r = nothing()
		}
		r.add(y)
		ends[b.Name] = r
	}
	for name, r := range ends {
		p.write(ink, smallSize, dot{at.at.x - 8, (r.low + r.high) / 2}, right, middle, fit(smallSize, widestBar, name))
	}
	p.line(ink, 1, nil, dot{x(begin), at.at.y}, dot{x(begin), foot})
	p.line(ink, 1, nil, dot{at.at.x, foot}, dot{at.at.x + at.long, foot})
	p.axis(&at.axis, dot{at.at.x, foot}, at.long)
	p.legend(at.legend, at.legendAt, at.columns, at.legendWidth)
}
