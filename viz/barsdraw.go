package viz

import (
	"image/color"
	"math"
	"slices"

	"github.com/primewindow/primewindow/viz/page"
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
func (f BarsFigure) styles() page.Styles {
	list := make([]Series, len(f.Bars))
	for i, b := range f.Bars {
		list[i].Modality = b.Modality
	}
	return page.NewStyles(nil, list)
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
	at            page.Dot // upper left corner of the data
	long, tall    float64
	axis          page.Axis
	middles       []float64   // of each bar, down from the upper edge of the data
	values        []string    // written beside each bar
	holes         []page.Hole // in the place of each bar that is missing
	names         []barName

	page.Foot
}

// barName is a name in lines, with the middle of its bars, down from the upper edge of the data.
type barName struct {
	lines  []string
	middle float64
}

func arrangeBars(f BarsFigure) rowsOfBars {
	at := rowsOfBars{
		width: f.Width.Pixels(barsWide), at: page.At(page.Margin, page.Margin+4), axis: f.axis(),
		middles: make([]float64, len(f.Bars)),
	}
	at.at.Y += f.Width.TitleHeight(f.Title, at.width)
	names, values := 0.0, 0.0
	for _, name := range f.names() {
		at.names = append(
			at.names, barName{lines: page.Evenly(page.SmallSize, min(widestBar, at.width/3), page.MostLines, name)},
		)
		names = max(names, page.Widest(page.SmallSize, at.names[len(at.names)-1].lines))
	}
	for _, b := range f.Bars {
		s := at.axis.WordWith(b.Value, b.SE)
		if b.Missing != "" {
			s = "no value"
		}
		at.values = append(at.values, s)
		values = max(values, page.WidthOf(page.SmallSize, s))
	}
	at.at.X += names + 10
	at.long = at.width - page.Margin - values - 12 - at.at.X
	at.axis.SetTicksAlong(at.long)
	at.arrangeRows(f)
	at.height = at.at.Y + at.tall + page.UnderHeight + page.Margin/2
	at.height = at.Place(f.legend(), f.Width, at.width, at.height)
	return at
}

// arrangeRows places the bars beneath each other. A bar that is missing is as tall as its reason, and a name's bars
// together are as tall as the name.
func (at *rowsOfBars) arrangeRows(f BarsFigure) {
	at.holes = make([]page.Hole, len(f.Bars))
	for n, name := range f.names() {
		var tall float64
		heights := make([]float64, len(f.Bars))
		for i, b := range f.Bars {
			if b.Name != name {
				continue
			}
			if heights[i] = barPitch; b.Missing != "" {
				at.holes[i] = at.hole(f, b)
				heights[i] = max(barPitch, at.holes[i].Height())
			}
			tall += heights[i]
		}
		room := max(tall, float64(len(at.names[n].lines))*page.ReasonLine)
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
func (at *rowsOfBars) x(v float64) float64 { return at.at.X + at.long*at.axis.Place(v) }

// hole places why a bar is missing beside the line where bars begin and beside the mark of a value from elsewhere, so
// that neither covers the other.
func (at *rowsOfBars) hole(f BarsFigure, b Bar) page.Hole {
	const gap = page.HollowSize/2 + 3
	cuts := []float64{at.x(at.begin(f))}
	if v, ok := f.printed(b); ok {
		cuts = append(cuts, at.x(v))
	}
	slices.Sort(cuts)
	return page.HoleIn(page.Between(page.Reach{Low: at.at.X, High: at.at.X + at.long}, gap, cuts...), b.Missing)
}

// begin is the value where bars begin.
func (at *rowsOfBars) begin(f BarsFigure) float64 {
	if f.Log {
		return at.axis.From
	}
	return 0
}

// axis spans what the bars show.
func (f BarsFigure) axis() page.Axis {
	a := page.Axis{Label: f.Label, Log: f.Log, Percent: f.Percent}
	r := page.Nothing()
	for _, b := range f.Bars {
		if b.Missing == "" {
			r.Add(b.Value + b.SE)
			r.Add(page.Lower(b.Value, b.SE, f.Log))
		}
	}
	for _, b := range f.Printed {
		r.Add(b.Value)
	}
	if f.Log {
		r = r.PadLog(0.05)
		a.From, a.To = r.Low, r.High
		return a
	}
	r.Add(0)
	padded := r.Pad(0.04)
	if r.Low == 0 && r.High > 0 {
		padded.Low = 0
	}
	if r.High == 0 && r.Low < 0 {
		padded.High = 0
	}
	a.From, a.To = padded.Low, padded.High
	return a
}

// legend says which colour is which modality, and what the thin lines are.
func (f BarsFigure) legend() []page.Entry {
	var list []page.Entry
	st := f.styles()
	for _, m := range f.modalities() {
		if m == "" {
			continue
		}
		c := st.Look("", m).Color
		list = append(list, page.Entry{Text: m, Sample: func(p *page.Pen, at page.Dot) {
			drawValue(p, f.Log, c, page.At(at.X, at.Y), page.At(at.X+page.SampleWidth-5, at.Y))
		}})
	}
	if slices.ContainsFunc(f.Bars, func(b Bar) bool { return b.SE > 0 }) {
		list = append(list, page.Entry{Text: "line: " + f.spreadName()})
	}
	if len(f.Printed) > 0 {
		list = slices.Insert(list, f.samples(
			list,
		), page.Entry{Text: f.PrintedName, Vega: "hollow diamond", Sample: func(p *page.Pen, at page.Dot) {
			p.Hollow(page.Ink, "diamond", page.At(at.X+page.SampleWidth/2, at.Y), page.HollowSize)
		}})
	}
	if d := f.definition(); d != "" {
		list = append(list, page.Entry{Text: "definition: " + d})
	}
	return list
}

// samples is how many entries of a legend come before its notes.
func (f BarsFigure) samples(list []page.Entry) int {
	if i := slices.IndexFunc(list, page.Entry.Note); i >= 0 {
		return i
	}
	return len(list)
}

// drawValue draws a value from where it begins to where it ends: a bar, or on a log axis a dot on a line.
func drawValue(p *page.Pen, log bool, c color.NRGBA, from, to page.Dot) {
	if log {
		p.Line(page.Fade(c, 0.45), 1.2, nil, from, to)
		p.Marker(c, "circle", to, 8)
		return
	}
	p.Box(page.Fade(c, barShade), page.At(min(from.X, to.X), from.Y-barThick/2), math.Abs(to.X-from.X), barThick)
}

// drawWhisker draws a standard error, with a white rim where it may lie on a dark bar.
func drawWhisker(p *page.Pen, low, high page.Dot, log bool) {
	for _, layer := range []struct {
		c    color.NRGBA
		more float64
	}{{page.White, 1}, {page.Ink, 0}} {
		if layer.c == page.White && log {
			continue
		}
		p.Line(layer.c, 1.2+2*layer.more, nil, page.At(low.X-layer.more, low.Y), page.At(high.X+layer.more, high.Y))
		for _, end := range []page.Dot{low, high} {
			p.Line(
				layer.c, 1.2+2*layer.more, nil, page.At(end.X, end.Y-3-layer.more), page.At(end.X, end.Y+3+layer.more),
			)
		}
	}
}

// barShade is the opacity of bars, which lets the line of a standard error show.
const barShade = 0.75

func drawBars(p *page.Pen, f BarsFigure, at rowsOfBars) {
	p.Title(f.Width, f.Title, at.width)
	foot, x := at.at.Y+at.tall, at.x
	for _, t := range at.axis.Ticks {
		if t.Label != "" {
			p.Line(page.Faint, 1, nil, page.At(x(t.Value), at.at.Y), page.At(x(t.Value), foot))
		}
	}
	st := f.styles()
	begin := at.begin(f)
	for i, b := range f.Bars {
		y := at.at.Y + at.middles[i]
		c := st.Look("", b.Modality).Color
		if b.Missing != "" {
			p.Hole(at.holes[i], y)
		} else if !f.Log {
			drawValue(p, false, c, page.At(x(begin), y), page.At(x(b.Value), y))
		}
		if b.SE > 0 {
			drawWhisker(p, page.At(x(page.Lower(b.Value, b.SE, f.Log)), y), page.At(x(b.Value+b.SE), y), f.Log)
		}
		if f.Log && b.Missing == "" {
			drawValue(p, true, c, page.At(x(begin), y), page.At(x(b.Value), y))
		}
		if v, ok := f.printed(b); ok {
			p.Hollow(page.Ink, "diamond", page.At(x(v), y), page.HollowSize)
		}
		p.Write(page.Grey, page.SmallSize, page.At(at.width-page.Margin, y), page.Right, page.Middle, at.values[i])
	}
	for _, name := range at.names {
		for i, s := range name.lines {
			y := at.at.Y + name.middle + (float64(i)-float64(len(name.lines)-1)/2)*page.ReasonLine
			p.Write(page.Ink, page.SmallSize, page.At(at.at.X-8, y), page.Right, page.Middle, s)
		}
	}
	p.Line(page.Ink, 1, nil, page.At(x(begin), at.at.Y), page.At(x(begin), foot))
	p.Line(page.Ink, 1, nil, page.At(at.at.X, foot), page.At(at.at.X+at.long, foot))
	p.Axis(
		&at.axis, page.At(at.at.X, foot), at.long,
		max(at.long, 2*min(at.at.X+at.long/2-page.Margin, at.width-page.Margin-at.at.X-at.long/2)),
	)
	p.Foot(at.Foot)
}
