package viz

import (
	"fmt"
	"testing"

	"github.com/primewindow/primewindow/viz/page"
)

// TestHoles moves the mark of a printed value over all of the axis: the reason of the bar that is missing, which is
// written whole, and the mark never touch, and no bar's row reaches into another's.
func TestHoles(t *testing.T) {
	for _, w := range []Width{Screen, Column, Page} {
		for i := range 101 {
			v := float64(i)
			f := BarsFigure{
				Bars: []Bar{
					{Name: "a", Value: 60},
					{Name: "b", Missing: "models: fusion film of 3 modalities, it is defined for 2"},
					{Name: "b", Modality: "audio", Value: 3}, {Name: "c", Value: -40},
				},
				Printed: []Bar{{Name: "b", Value: v - 40}}, PrintedName: "the paper", Width: w,
			}
			at := arrangeBars(f)
			h, mark := at.holes[1], at.x(v-40)
			if len(h.Lines) == 0 {
				t.Fatalf("width %d, mark at %v: no reason", w, v)
			}
			for _, s := range h.Lines {
				right := h.X + page.WidthOf(page.SmallSize, s)
				if h.X < mark+page.HollowSize/2 && right > mark-page.HollowSize/2 {
					t.Errorf("width %d: line %q from %v to %v covers the mark at %v", w, s, h.X, right, mark)
				}
				if h.X < at.at.X || right > at.at.X+at.long+0.5 {
					t.Errorf(
						"width %d: line %q from %v to %v leaves the data, %v to %v", w, s, h.X, right, at.at.X,
						at.at.X+at.long,
					)
				}
			}
			if low, high := at.middles[1]-h.Height()/2,
				at.middles[1]+h.Height()/2; at.middles[0]+barPitch/2 > low || high > at.middles[2]-barPitch/2 {
				t.Errorf(
					"width %d: the reason from %v to %v reaches into bars at %v and %v", w, low, high, at.middles[0],
					at.middles[2],
				)
			}
		}
	}
}

// TestForestHoles: the words of a point without an interval stand beside it wherever it is.
func TestForestHoles(t *testing.T) {
	for i := range 21 {
		f := ForestFigure{Interval: "i", Width: Column, Rows: []ForestRow{
			{Name: "a", Diff: -1, Low: -10, High: 10},
			{Name: "b", Diff: float64(i - 10), NoInterval: "the same with every seed"},
		}}
		at := arrangeForest(f)
		h, mark := at.holes[1], at.x(float64(i-10))
		for _, s := range h.Lines {
			right := h.X + page.WidthOf(page.SmallSize, s)
			if h.X < mark+forestSize/2 && right > mark-forestSize/2 || right > at.at.X+at.long+0.5 {
				t.Errorf("difference %d: words %q from %v to %v, point at %v", i-10, s, h.X, right, mark)
			}
		}
		if len(h.Lines) == 0 {
			t.Error(fmt.Sprint("difference ", i-10, ": no words"))
		}
	}
}
