package viz

import (
	"testing"

	"github.com/primewindow/primewindow/viz/page"
)

// TestTurns: lines that lie on each other have markers in turn, and others keep theirs.
func TestTurns(t *testing.T) {
	series := func(name string, off float64) Series {
		s := Series{Name: name, Run: name}
		for i := range 12 {
			s.Points = append(s.Points, Point{X: float64(i), Y: float64(i) + off})
		}
		return s
	}
	p := LinePanel{
		Series: []Series{
			series("a", 0), series("b", 0), series("far", 5), series("c", 0.01),
			{Name: "short", Points: []Point{{X: 0, Y: 0}}},
		},
	}
	ready := p.panel(page.NewStyles(nil, p.Series), p.width)
	shared := ready.Lines[0].Marked
	ready.Spread()
	ready.TakeTurns()
	for i := range 12 {
		var marked []bool
		for _, k := range []int{0, 1, 3} {
			marked = append(marked, ready.Lines[k].Marked[i])
		}
		for turn, is := range marked {
			if is != (i%3 == turn) {
				t.Errorf("point %d: markers %v, want the one of line %d of three", i, marked, i%3)
			}
		}
		if !ready.Lines[2].Marked[i] || !shared[i] {
			t.Errorf(
				"point %d: line apart %v, shared markers %v, want both as they were", i, ready.Lines[2].Marked[i],
				shared[i],
			)
		}
	}
	if !ready.Lines[4].Marked[0] {
		t.Error("a line of one point lost its marker")
	}
}
