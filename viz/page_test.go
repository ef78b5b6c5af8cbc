package viz

import (
	"fmt"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/viz/page"
)

// TestLegendPlace holds the legend to its side: beside the data, or below where a name is long. It never covers data.
func TestLegendPlace(t *testing.T) {
	for _, tt := range []struct {
		name   string
		series int
		long   int
		below  bool
		reason string
	}{
		{"short", 2, 1, false, "there is room beside"},
		{"long", 2, 12, true, "beside, it would leave little to the data"},
		{"many", 60, 1, false, "the page grows"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := &page.Panel{}
			var list []Series
			for i := range tt.series {
				list = append(
					list,
					Series{
						Name: fmt.Sprint(i) + strings.Repeat(" a long name", tt.long), Points: []Point{{X: 1, Y: 1}},
					},
				)
			}
			p.Add(page.NewStyles(nil, list), list, func(Series) int { return 0 })
			pg := onePanel("t", p)
			at := pg.Arrange()
			f := at.Frames[0]
			bottom := f.At.Y + f.Height
			if below := at.Legend.Y >= bottom; below != tt.below {
				t.Errorf(
					"legend at %v, data to %v: below %v, want %v; reason: %s", at.Legend, bottom, below, tt.below,
					tt.reason,
				)
			}
			if !tt.below && at.Legend.X < f.At.X+f.Width {
				t.Errorf("legend begins at %v, want beyond the data at %v", at.Legend.X, f.At.X+f.Width)
			}
			rows := (len(pg.Legend) + at.Columns - 1) / at.Columns
			if end := at.Legend.Y + float64(rows)*page.RowHeight; end > at.Height {
				t.Errorf("legend ends at %v, want on the page of %v", end, at.Height)
			}
			if f.Width < 300 {
				t.Errorf("data are %v wide, want at least 300", f.Width)
			}
		})
	}
}

// TestRows holds the panels of a grid to lines and columns, and what stands above them to their own room.
func TestRows(t *testing.T) {
	list := []Series{{Name: "a", Points: []Point{{X: 1, Y: 1}, {X: 20, Y: 2}}}}
	var panels []*page.Panel
	for i := range 5 {
		p := LinePanel{
			Title: "title", Series: list, Percent: i == 3, // its labels are wider than those above
			Marks: []Mark{{X: float64(4 * i), Text: strings.Repeat("a long text ", i)}},
		}
		panels = append(panels, p.panel(page.NewStyles(nil, list), p.width))
	}
	for _, across := range []int{1, 2, 3} {
		pg := &page.Layout{
			Panels: panels, Legend: page.LegendOf(panels), Width: 960, Height: 150, Across: across, Below: across > 1,
		}
		at := pg.Arrange()
		for i, f := range at.Frames {
			for _, m := range f.Marks {
				if end := f.At.X + m.Start + page.WidthOf(
					page.SmallSize, m.Text,
				); i+1 < len(at.Frames) && i%across+1 < across && end > at.Frames[i+1].At.X {
					t.Errorf("%d across: text of panel %d ends at %v, in the next column", across, i, end)
				}
			}
			if i >= across {
				above := at.Frames[i-across]
				if f.At.X != above.At.X || f.At.Y-f.Header < above.At.Y+above.Height+page.UnderHeight {
					t.Errorf(
						"%d across: panel %d at %v, want below %v with room for the axis and the header", across, i,
						f.At, above.At,
					)
				}
			}
			if i%across > 0 && (f.At.Y != at.Frames[i-1].At.Y || f.At.X < at.Frames[i-1].At.X+at.Frames[i-1].Width) {
				t.Errorf(
					"%d across: panel %d at %v, want right of panel %d at %v", across, i, f.At, i-1, at.Frames[i-1].At,
				)
			}
			if end := f.At.Y + f.Height + page.UnderHeight; across > 1 && at.Legend.Y < end || end > at.Height {
				t.Errorf(
					"%d across: panel %d ends at %v, the legend begins at %v, the page ends at %v", across, i, end,
					at.Legend.Y, at.Height,
				)
			}
		}
	}
}
