package page

import "math"

// Lines lie on each other where most of their values are less than so much of the axis apart, which is about half a
// marker.
const (
	touching = 0.015
	mostOf   = 0.8
)

// TakeTurns lets the markers of lines that lie on each other take turns: else the last would hide that the others are
// there. The axes are set.
func (p *Panel) TakeTurns() {
	leader := make([]int, len(p.Lines)) // of each line: the first that it lies on
	count := make([]int, len(p.Lines))
	rank := make([]int, len(p.Lines))
	for i := range p.Lines {
		leader[i] = i
		for j := range i {
			if leader[j] == j && p.together(&p.Lines[i], &p.Lines[j]) {
				leader[i] = j
				break
			}
		}
		rank[i] = count[leader[i]]
		count[leader[i]]++
	}
	for i := range p.Lines {
		if n := count[leader[i]]; n > 1 {
			p.Lines[i].markEach(n, rank[i])
		}
	}
}

// together reports whether two lines lie on each other.
func (p *Panel) together(a, b *Line) bool {
	if a.Hollow || b.Hollow || len(a.Points) != len(b.Points) || len(a.Points) < 2 {
		return false
	}
	near := 0
	for i, pt := range a.Points {
		if pt.X == b.Points[i].X && math.Abs(p.Y.Place(a.y(i))-p.Y.Place(b.y(i))) <= touching {
			near++
		}
	}
	return float64(near) >= mostOf*float64(len(a.Points))
}

// markEach keeps of a line's markers the one of every n that has a rank. Where that leaves none, all stay.
func (l *Line) markEach(n, rank int) {
	some, seen := make([]bool, len(l.Marked)), 0
	kept := false
	for k, marked := range l.Marked {
		if marked {
			some[k] = seen%n == rank
			kept = kept || some[k]
			seen++
		}
	}
	if kept {
		l.Marked = some // the markers may be shared with another panel's line
	}
}
