package viz

import (
	"fmt"
	"math"
	"slices"
)

// panel is a data area with its axes and what is drawn in it.
type panel struct {
	title string
	x, y  axis
	lines []line
	spans []span
	marks []Mark
	rule  Rule
	band  string // what a band is, in short; a standard error where it is empty
	ended bool   // some window has ends that are not sure
	ends  string // over what those are, in short
	every bool   // label the horizontal axis at the points
}

// line is a series with its look, thinned to what is drawn.
type line struct {
	Series
	look
	kept   []int     // indices of the points that are drawn
	mean   []float64 // of every point, nil where the line is not smoothed
	marked []bool    // which of kept have a marker
}

// span is a window with its look and its name in the legend.
type span struct {
	Window
	look
	name string
	row  int // of its bar above the data
}

// newLine thins and smooths a series.
func newLine(s Series, l look, width int) line {
	ln := line{Series: s, look: l, kept: thin(s.Points, maxPoints)}
	if width > 1 && !s.Hollow {
		ln.mean = centredMean(s.Points, width)
	}
	ln.mark(30)
	return ln
}

// mark chooses where markers stand: at each of up to most points, else at about ten.
func (l *line) mark(most int) {
	n := len(l.kept)
	l.marked = make([]bool, n)
	every := 1
	if n > most {
		every = (n + 9) / 10
	}
	for i := every / 2; i < n; i += every {
		l.marked[i] = true
	}
}

// y is the value of a line that carries its markers: the mean where there is one.
func (l *line) y(i int) float64 {
	if l.mean != nil {
		return l.mean[i]
	}
	return l.Points[i].Y
}

// add adds series to a panel.
func (p *panel) add(st styles, list []Series, width func(Series) int) {
	for _, s := range list {
		p.lines = append(p.lines, newLine(s, st.look(s.Run, s.Modality), width(s)))
	}
}

// addWindows adds windows; each run and modality has one row of bars above the data.
func (p *panel) addWindows(st styles, list []Window, series []Series) {
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
			p.spans = append(p.spans, span{Window: part, look: st.look(w.Run, w.Modality), name: name, row: slices.Index(owners, owner)})
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
		return Window{Run: w.Run, Modality: w.Modality, From: from, To: to, Uncertain: uncertain, Open: w.Open, Of: w.Of}
	}
	if w.Uncertain || w.FromEnds[1] >= w.ToEnds[0] { // the ends may meet: none of it is sure
		return []Window{part(w.FromEnds[0], w.ToEnds[1], true)}
	}
	list := []Window{part(w.FromEnds[1], w.ToEnds[0], false), part(w.FromEnds[0], w.FromEnds[1], true), part(w.ToEnds[0], w.ToEnds[1], true)}
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
func (p *panel) rows() int {
	n := 0
	for _, s := range p.spans {
		n = max(n, s.row+1)
	}
	return n
}

// addMarks adds marks, once each, with those at one x in one.
func (p *panel) addMarks(list []Mark) {
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

// spread sets the ends of both axes so that all is seen.
func (p *panel) spread() {
	x, y := nothing(), nothing()
	p.x.whole = true
	for _, l := range p.lines {
		for i, pt := range l.Points {
			x.add(pt.X)
			p.x.whole = p.x.whole && pt.X == math.Trunc(pt.X)
			y.add(pt.Y)
			y.add(pt.Y + pt.SE)
			y.add(p.lower(pt))
			if l.mean != nil {
				y.add(l.mean[i])
			}
		}
	}
	if p.rule.Text != "" {
		y.add(p.rule.Y)
	}
	for _, s := range p.spans {
		x.add(s.From)
		x.add(s.To)
	}
	for _, m := range p.marks {
		x.add(m.X)
	}
	if p.x.log {
		x = x.padLog(0.02)
	} else {
		x = x.pad(0.02)
	}
	p.x.from, p.x.to = x.low, x.high
	switch {
	case p.y.log:
		y = y.padLog(0.05)
	case p.y.percent:
		low, high := y.low, y.high
		y = y.pad(0.06)
		y = reach{max(y.low, min(0, low)), min(y.high, max(1.02, high))}
	default:
		low := y.low
		y = y.pad(0.05)
		if low >= 0 && low < y.high/2 {
			y.low = 0
		}
	}
	p.y.from, p.y.to = y.low, y.high
}

// setXTicks labels the horizontal axis: a log axis of few values, such as sizes of a batch, at these, else at round numbers.
func (p *panel) setXTicks(width float64) {
	p.x.setTicksAlong(width)
	if !p.x.log && !p.every {
		return
	}
	var at []float64
	for _, l := range p.lines {
		for _, pt := range l.Points {
			if i, found := slices.BinarySearch(at, pt.X); !found {
				at = slices.Insert(at, i, pt.X)
			}
			if float64(len(at)) > width/60 && !p.every || len(at) > 100 {
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
		if p.every {
			least = (widthOf(smallSize, ticks[i-1].label)+widthOf(smallSize, ticks[i].label))/2 + 5
		}
		if (p.x.place(v)-p.x.place(at[i-1]))*width < least {
			return
		}
	}
	p.x.ticks, p.x.format = ticks, "~g"
}

// lower is a value less its standard error; on a log axis at least a third of the value.
func (p *panel) lower(pt Point) float64 { return lower(pt.Y, pt.SE, p.y.log) }

func lower(value, se float64, log bool) float64 {
	if log {
		return max(value-se, value/3)
	}
	return value - se
}
