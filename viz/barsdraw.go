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
	holes         []hole    // in the place of each bar that is missing
	names         []barName

	foot
}

// barName is a name in lines, with the middle of its bars, down from the upper edge of the data.
type barName struct {
	lines  []string
	middle float64
}

func arrangeBars(f BarsFigure) rowsOfBars {
	at := rowsOfBars{width: f.Width.pixels(barsWide), at: dot{margin, margin + 4}, axis: f.axis(), middles: make([]float64, len(f.Bars))}
	at.at.y += f.Width.titleHeight(f.Title, at.width)
	names, values := 0.0, 0.0
	for _, name := range f.names() {
		at.names = append(at.names, barName{lines: evenly(smallSize, min(widestBar, at.width/3), mostLines, name)})
		names = max(names, widest(smallSize, at.names[len(at.names)-1].lines))
	}
	for _, b := range f.Bars {
		s := at.axis.wordWith(b.Value, b.SE)
		if b.Missing != "" {
			s = "no value"
		}
		at.values = append(at.values, s)
		values = max(values, widthOf(smallSize, s))
	}
	at.at.x += names + 10
	at.long = at.width - margin - values - 12 - at.at.x
	at.axis.setTicksAlong(at.long)
	at.arrangeRows(f)
	at.height = at.at.y + at.tall + underHeight + margin/2
	at.height = at.place(f.legend(), f.Width, at.width, at.height)
	return at
}

// arrangeRows places the bars beneath each other. A bar that is missing is as tall as its reason, and a name's bars together
// are as tall as the name.
func (at *rowsOfBars) arrangeRows(f BarsFigure) {
	at.holes = make([]hole, len(f.Bars))
	for n, name := range f.names() {
		var tall float64
		heights := make([]float64, len(f.Bars))
		for i, b := range f.Bars {
			if b.Name != name {
				continue
			}
			if heights[i] = barPitch; b.Missing != "" {
				at.holes[i] = at.hole(f, b)
				heights[i] = max(barPitch, at.holes[i].height())
			}
			tall += heights[i]
		}
		room := max(tall, float64(len(at.names[n].lines))*reasonLine)
		y := at.tall + groupGap/2 + (room-tall)/2
		for i, b := range f.Bars {
			if b.Name == name {
				at.middles[i] = y + heights[i]/2
				y += heights[i]
			}
		}
		at.names[n].middle = at.tall + (groupGap+room)/2
		at.tall += groupGap + room
	}
}

// x is where a value stands, from the left edge of the page.
func (at *rowsOfBars) x(v float64) float64 { return at.at.x + at.long*at.axis.place(v) }

// hole places why a bar is missing beside the line where bars begin and beside the mark of a value from elsewhere, so that
// neither covers the other.
func (at *rowsOfBars) hole(f BarsFigure, b Bar) hole {
	const gap = hollowSize/2 + 3
	cuts := []float64{at.x(at.begin(f))}
	if v, ok := f.printed(b); ok {
		cuts = append(cuts, at.x(v))
	}
	slices.Sort(cuts)
	return holeIn(between(reach{at.at.x, at.at.x + at.long}, gap, cuts...), b.Missing)
}

// begin is the value where bars begin.
func (at *rowsOfBars) begin(f BarsFigure) float64 {
	if f.Log {
		return at.axis.from
	}
	return 0
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
			drawValue(p, f.Log, c, dot{at.x, at.y}, dot{at.x + sampleWidth - 5, at.y})
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

// drawValue draws a value from where it begins to where it ends: a bar, or on a log axis a dot on a line.
func drawValue(p *pen, log bool, c color.NRGBA, from, to dot) {
	if log {
		p.line(fade(c, 0.45), 1.2, nil, from, to)
		p.marker(c, "circle", to, 8)
		return
	}
	p.box(fade(c, barShade), dot{min(from.x, to.x), from.y - barThick/2}, math.Abs(to.x-from.x), barThick)
}

// drawWhisker draws a standard error, with a white rim where it may lie on a dark bar.
func drawWhisker(p *pen, low, high dot, log bool) {
	for _, layer := range []struct {
		c    color.NRGBA
		more float64
	}{{white, 1}, {ink, 0}} {
		if layer.c == white && log {
			continue
		}
		p.line(layer.c, 1.2+2*layer.more, nil, dot{low.x - layer.more, low.y}, dot{high.x + layer.more, high.y})
		for _, end := range []dot{low, high} {
			p.line(layer.c, 1.2+2*layer.more, nil, dot{end.x, end.y - 3 - layer.more}, dot{end.x, end.y + 3 + layer.more})
		}
	}
}

// barShade is the opacity of bars, which lets the line of a standard error show.
const barShade = 0.75

func drawBars(p *pen, f BarsFigure, at rowsOfBars) {
	p.title(f.Width, f.Title, at.width)
	foot, x := at.at.y+at.tall, at.x
	for _, t := range at.axis.ticks {
		if t.label != "" {
			p.line(faint, 1, nil, dot{x(t.value), at.at.y}, dot{x(t.value), foot})
		}
	}
	st := f.styles()
	begin := at.begin(f)
	for i, b := range f.Bars {
		y := at.at.y + at.middles[i]
		c := st.look("", b.Modality).color
		if b.Missing != "" {
			p.hole(at.holes[i], y)
		} else if !f.Log {
			drawValue(p, false, c, dot{x(begin), y}, dot{x(b.Value), y})
		}
		if b.SE > 0 {
			drawWhisker(p, dot{x(lower(b.Value, b.SE, f.Log)), y}, dot{x(b.Value + b.SE), y}, f.Log)
		}
		if f.Log && b.Missing == "" {
			drawValue(p, true, c, dot{x(begin), y}, dot{x(b.Value), y})
		}
		if v, ok := f.printed(b); ok {
			p.hollow(ink, "diamond", dot{x(v), y}, hollowSize)
		}
		p.write(grey, smallSize, dot{at.width - margin, y}, right, middle, at.values[i])
	}
	for _, name := range at.names {
		for i, s := range name.lines {
			y := at.at.y + name.middle + (float64(i)-float64(len(name.lines)-1)/2)*reasonLine
			p.write(ink, smallSize, dot{at.at.x - 8, y}, right, middle, s)
		}
	}
	p.line(ink, 1, nil, dot{x(begin), at.at.y}, dot{x(begin), foot})
	p.line(ink, 1, nil, dot{at.at.x, foot}, dot{at.at.x + at.long, foot})
	p.axis(&at.axis, dot{at.at.x, foot}, at.long, max(at.long, 2*min(at.at.x+at.long/2-margin, at.width-margin-at.at.x-at.long/2)))
	p.foot(at.foot)
}
