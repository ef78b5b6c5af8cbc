package page

import (
	"fmt"
	"math"
	"slices"
)

// Panel is a data area with its axes and what is drawn in it.
type Panel struct {
	Title string
	X, Y  Axis
	Lines []Line
	spans []span
	marks []Mark
	Rule  Rule
	Band  string // what a band is, in short; a standard error where it is empty
	ended bool   // some window has ends that are not sure
	Ends  string // over what those are, in short
	Every bool   // label the horizontal axis at the points
}

// Line is a series with its look, thinned to what is drawn.
type Line struct {
	Series
	Look
	kept   []int     // indices of the points that are drawn
	Mean   []float64 // of every point, nil where the line is not smoothed
	Marked []bool    // which of kept have a marker
}

// span is a window with its look and its name in the legend.
type span struct {
	Window
	Look
	name string
	row  int // of its bar above the data
}

// NewLine thins and smooths a series.
func NewLine(s Series, l Look, width int) Line {
	ln := Line{Series: s, Look: l, kept: thin(s.Points, maxPoints)}
	if width > 1 && !s.Hollow {
		ln.Mean = centredMean(s.Points, width)
	}
	ln.Mark(30)
	return ln
}

// Mark chooses where markers stand: at each of up to most points, else at about ten.
func (l *Line) Mark(most int) {
	n := len(l.kept)
	l.Marked = make([]bool, n)
	every := 1
	if n > most {
		every = (n + 9) / 10
	}
	for i := every / 2; i < n; i += every {
		l.Marked[i] = true
	}
}

// y is the value of a line that carries its markers: the mean where there is one.
func (l *Line) y(i int) float64 {
	if l.Mean != nil {
		return l.Mean[i]
	}
	return l.Points[i].Y
}

// Add adds series to a panel.
func (p *Panel) Add(st Styles, list []Series, width func(Series) int) {
	for _, s := range list {
		p.Lines = append(p.Lines, NewLine(s, st.Look(s.Run, s.Modality), width(s)))
	}
}

// AddWindows adds windows; each run and modality has one row of bars above the data.
func (p *Panel) AddWindows(st Styles, list []Window, series []Series) {
	var owners []Window
	for _, w := range list {
		owner := Window{Run: w.Run, Modality: w.Modality}
		if !slices.Contains(owners, owner) {
			owners = append(owners, owner)
		}
		for _, part := range w.parts() {
			name := windowName(w, series)
			if part.Uncertain && !w.ended() {
				name += " (uncertain)"
			}
			p.ended = p.ended || w.ended()
			p.spans = append(
				p.spans,
				span{Window: part, Look: st.Look(w.Run, w.Modality), name: name, row: slices.Index(owners, owner)},
			)
		}
	}
}

// ended says whether the ends of a window are told with where they may lie.
func (w Window) ended() bool { return w.FromEnds != [2]float64{} || w.ToEnds != [2]float64{} }

// parts are what is drawn of a window: a middle that is sure, and an end on either side that is not.
func (w Window) parts() []Window {
	if !w.ended() {
		return []Window{w}
	}
	if w.FromEnds == [2]float64{} {
		w.FromEnds = [2]float64{w.From, w.From}
	}
	if w.ToEnds == [2]float64{} {
		w.ToEnds = [2]float64{w.To, w.To}
	}
	part := func(from, to float64, uncertain bool) Window {
		return Window{
			Run: w.Run, Modality: w.Modality, From: from, To: to, Uncertain: uncertain, Open: w.Open, Of: w.Of,
		}
	}
	if w.Uncertain || w.FromEnds[1] >= w.ToEnds[0] { // the ends may meet: none of it is sure
		return []Window{part(w.FromEnds[0], w.ToEnds[1], true)}
	}
	list := []Window{
		part(w.FromEnds[1], w.ToEnds[0], false), part(w.FromEnds[0], w.FromEnds[1], true),
		part(w.ToEnds[0], w.ToEnds[1], true),
	}
	return slices.DeleteFunc(list, func(w Window) bool { return w.From == w.To })
}

// windowName calls a window by the series that it belongs to.
func windowName(w Window, series []Series) string {
	for _, s := range series {
		if s.Run == w.Run && s.Modality == w.Modality {
			return s.Name + " window"
		}
	}
	if w.Run == "" {
		return w.Modality + " window"
	}
	return fmt.Sprintf("%s: %s window", w.Run, w.Modality)
}

// rows is how many rows of bars stand above the data.
func (p *Panel) rows() int {
	n := 0
	for _, s := range p.spans {
		n = max(n, s.row+1)
	}
	return n
}

// AddMarks adds marks, once each, with those at one x in one.
func (p *Panel) AddMarks(list []Mark) {
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b Mark) int {
		switch {
		case a.X < b.X:
			return -1
		case a.X > b.X:
			return 1
		}
		return 0
	})
	for i, m := range sorted {
		if slices.Contains(sorted[:i], m) {
			continue
		}
		if n := len(p.marks); n > 0 && p.marks[n-1].X == m.X {
			if last := &p.marks[n-1]; last.Text == "" || m.Text == "" {
				last.Text += m.Text
			} else {
				last.Text += ", " + m.Text
			}
			continue
		}
		p.marks = append(p.marks, m)
	}
}

// Spread sets the ends of both axes so that all is seen.
func (p *Panel) Spread() {
	x, y := Nothing(), Nothing()
	p.X.Whole = true
	for _, l := range p.Lines {
		for i, pt := range l.Points {
			x.Add(pt.X)
			p.X.Whole = p.X.Whole && pt.X == math.Trunc(pt.X)
			y.Add(pt.Y)
			y.Add(pt.Y + pt.SE)
			y.Add(p.lower(pt))
			if l.Mean != nil {
				y.Add(l.Mean[i])
			}
		}
	}
	if p.Rule.Text != "" {
		y.Add(p.Rule.Y)
	}
	for _, s := range p.spans {
		x.Add(s.From)
		x.Add(s.To)
	}
	for _, m := range p.marks {
		x.Add(m.X)
	}
	if p.X.Log {
		x = x.PadLog(0.02)
	} else {
		x = x.Pad(0.02)
	}
	p.X.From, p.X.To = x.Low, x.High
	switch {
	case p.Y.Log:
		y = y.PadLog(0.05)
	case p.Y.Percent:
		low, high := y.Low, y.High
		y = y.Pad(0.06)
		y = Reach{max(y.Low, min(0, low)), min(y.High, max(1.02, high))}
	default:
		low := y.Low
		y = y.Pad(0.05)
		if low >= 0 && low < y.High/2 {
			y.Low = 0
		}
	}
	p.Y.From, p.Y.To = y.Low, y.High
}

// SetXTicks labels the horizontal axis: a log axis of few values, such as sizes of a batch, at these, else at round
// numbers.
func (p *Panel) SetXTicks(width float64) {
	p.X.SetTicksAlong(width)
	if !p.X.Log && !p.Every {
		return
	}
	var at []float64
	for _, l := range p.Lines {
		for _, pt := range l.Points {
			if i, found := slices.BinarySearch(at, pt.X); !found {
				at = slices.Insert(at, i, pt.X)
			}
			if float64(len(at)) > width/60 && !p.Every || len(at) > 100 {
				return
			}
		}
	}
	ticks := make([]tick, len(at))
	for i, v := range at {
		if ticks[i] = (tick{v, shortNumber(v)}); i == 0 {
			continue
		}
		least := 40.0
		if p.Every {
			least = (WidthOf(SmallSize, ticks[i-1].Label)+WidthOf(SmallSize, ticks[i].Label))/2 + 5
		}
		if (p.X.Place(v)-p.X.Place(at[i-1]))*width < least {
			return
		}
	}
	p.X.Ticks, p.X.format = ticks, "~g"
}

// lower is a value less its standard error; on a log axis at least a third of the value.
func (p *Panel) lower(pt Point) float64 { return Lower(pt.Y, pt.SE, p.Y.Log) }

// Lower is where a band begins below a value; on a log axis it stays above 0.
func Lower(value, se float64, log bool) float64 {
	if log {
		return max(value-se, value/3)
	}
	return value - se
}
