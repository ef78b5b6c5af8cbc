package viz

import (
	"image/color"
	"math"
	"slices"
)

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
	names         float64   // room for names

	foot
}

func arrangeBars(f BarsFigure) rowsOfBars {
	at := rowsOfBars{width: f.Width.pixels(barsWide), at: dot{margin, margin + 4}, axis: f.axis(), middles: make([]float64, len(f.Bars))}
	at.at.y += f.Width.titleHeight(f.Title, at.width)
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
		if b.Missing != "" {
			s = "no value"
		}
		at.values = append(at.values, s)
		values = max(values, widthOf(smallSize, s))
	}
	at.names = min(names, widestBar, at.width/3)
	at.at.x += at.names + 10
	at.long = at.width - margin - values - 12 - at.at.x
	at.axis.setTicksAlong(at.long)
	at.height = at.at.y + at.tall + underHeight + margin/2
	at.height = at.place(f.legend(), f.Width, at.width, at.height)
	return at
}

// axis spans what the bars show.
func (f BarsFigure) axis() axis {
	a := axis{label: f.Label, log: f.Log, percent: f.Percent}
	r := nothing()
	for _, b := range f.Bars {
		if b.Missing == "" {
			r.add(b.Value + b.SE)
			r.add(lower(b.Value, b.SE, f.Log))
		}
	}
	for _, b := range f.Printed {
		r.add(b.Value)
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
		list = append(list, entry{text: "line: " + f.spreadName()})
	}
	if len(f.Printed) > 0 {
		list = slices.Insert(list, f.samples(list), entry{text: f.PrintedName, vega: "hollow diamond", sample: func(p *pen, at dot) {
			p.hollow(ink, "diamond", dot{at.x + sampleWidth/2, at.y}, hollowSize)
		}})
	}
	if d := f.definition(); d != "" {
		list = append(list, entry{text: "definition: " + d})
	}
	return list
}

// samples is how many entries of a legend come before its notes.
func (f BarsFigure) samples(list []entry) int {
	if i := slices.IndexFunc(list, entry.note); i >= 0 {
		return i
	}
	return len(list)
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

// reason writes why there is no value, on white.
func (p *pen) reason(at dot, room float64, s string) {
	s = fit(smallSize, room, s)
	p.box(white, dot{at.x - 3, at.y - barPitch/2}, widthOf(smallSize, s)+6, barPitch)
	p.write(grey, smallSize, at, left, middle, s)
}

// barShade is the opacity of bars, which lets the line of a standard error show.
const barShade = 0.75

func drawBars(p *pen, f BarsFigure, at rowsOfBars) {
	p.title(f.Width, f.Title, at.width)
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
		if b.Missing != "" {
			p.reason(dot{x(begin) + 6, y}, at.at.x+at.long-x(begin)-6, b.Missing)
		} else if !f.Log {
			p.value(false, c, dot{x(begin), y}, dot{x(b.Value), y})
		}
		if b.SE > 0 {
			low, high := dot{x(lower(b.Value, b.SE, f.Log)), y}, dot{x(b.Value + b.SE), y}
			p.line(ink, 1.2, nil, low, high)
			for _, end := range []dot{low, high} {
				p.line(ink, 1.2, nil, dot{end.x, y - 3}, dot{end.x, y + 3})
			}
		}
		if f.Log && b.Missing == "" {
			p.value(true, c, dot{x(begin), y}, dot{x(b.Value), y})
		}
		if v, ok := f.printed(b); ok {
			p.hollow(ink, "diamond", dot{x(v), y}, hollowSize)
		}
		p.write(grey, smallSize, dot{at.width - margin, y}, right, middle, at.values[i])
		r, ok := ends[b.Name]
		if !ok {
			r = nothing()
		}
		r.add(y)
		ends[b.Name] = r
	}
	for _, name := range f.names() {
		r := ends[name]
		p.write(ink, smallSize, dot{at.at.x - 8, (r.low + r.high) / 2}, right, middle, fit(smallSize, at.names, name))
	}
	p.line(ink, 1, nil, dot{x(begin), at.at.y}, dot{x(begin), foot})
	p.line(ink, 1, nil, dot{at.at.x, foot}, dot{at.at.x + at.long, foot})
	p.axis(&at.axis, dot{at.at.x, foot}, at.long, max(at.long, 2*min(at.at.x+at.long/2-margin, at.width-margin-at.at.x-at.long/2)))
	p.foot(at.foot)
}
