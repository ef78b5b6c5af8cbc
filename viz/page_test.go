package viz

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMarksDoNotCross places random marks and holds every text to a place of its own, not crossed by another's line.
func TestMarksDoNotCross(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for trial := range 300 {
		p := &panel{x: axis{from: 0, to: 100}}
		var marks []Mark
		for range 1 + rng.IntN(8) {
			marks = append(marks, Mark{X: float64(rng.IntN(100)), Text: strings.Repeat("m", 1+rng.IntN(14))})
		}
		p.addMarks(marks)
		const width, edge = 500.0, 620.0
		list := placeMarks(p, width, edge)
		if len(list) != len(p.marks) {
			t.Fatalf("trial %d: %d places for %d marks", trial, len(list), len(p.marks))
		}
		end := func(m placed) float64 { return m.start + widthOf(smallSize, m.text) }
		for i, a := range list {
			if a.start < 0 || end(a) > edge {
				t.Errorf("trial %d: text %d from %.0f to %.0f, want within 0 to %.0f", trial, i, a.start, end(a), edge)
			}
			for j, b := range list {
				if i == j {
					continue
				}
				if a.row == b.row && a.start <= b.start && end(a) > b.start && a.row < mostRows-1 {
					t.Errorf("trial %d: texts %d and %d overlap in row %d", trial, i, j, a.row)
				}
				if b.row > a.row && b.x > a.start && b.x < end(a) {
					t.Errorf("trial %d: the line of mark %d crosses text %d", trial, j, i)
				}
			}
		}
	}
}

func TestAddMarks(t *testing.T) {
	for _, tt := range []struct {
		name   string
		in     []Mark
		want   []Mark
		reason string
	}{
		{"sorted", []Mark{{3, "b"}, {1, "a"}}, []Mark{{1, "a"}, {3, "b"}}, "from left to right"},
		{"twice", []Mark{{1, "a"}, {1, "a"}}, []Mark{{1, "a"}}, "two runs with one change"},
		{"one x", []Mark{{1, "a"}, {1, ""}, {1, "b"}}, []Mark{{1, "a, b"}}, "one line, both texts"},
		{"no text", []Mark{{1, ""}}, []Mark{{1, ""}}, "a line alone"},
	} {
		var p panel
		p.addMarks(tt.in)
		if diff := cmp.Diff(tt.want, p.marks); diff != "" {
			t.Errorf("%s: (-want +got)\n%s\nreason: %s", tt.name, diff, tt.reason)
		}
	}
}

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
			p := &panel{}
			var list []Series
			for i := range tt.series {
				list = append(list, Series{Name: fmt.Sprint(i) + strings.Repeat(" a long name", tt.long), Points: []Point{{X: 1, Y: 1}}})
			}
			p.add(newStyles(nil, list), list, func(Series) int { return 0 })
			pg := onePanel("t", p)
			at := pg.arrange()
			f := at.frames[0]
			bottom := f.at.y + f.height
			if below := at.legend.y >= bottom; below != tt.below {
				t.Errorf("legend at %v, data to %v: below %v, want %v; reason: %s", at.legend, bottom, below, tt.below, tt.reason)
			}
			if !tt.below && at.legend.x < f.at.x+f.width {
				t.Errorf("legend begins at %v, want beyond the data at %v", at.legend.x, f.at.x+f.width)
			}
			rows := (len(pg.legend) + at.columns - 1) / at.columns
			if end := at.legend.y + float64(rows)*rowHeight; end > at.height {
				t.Errorf("legend ends at %v, want on the page of %v", end, at.height)
			}
			if f.width < 300 {
				t.Errorf("data are %v wide, want at least 300", f.width)
			}
		})
	}
}

// TestRows holds the panels of a grid to lines and columns, and what stands above them to their own room.
func TestRows(t *testing.T) {
	list := []Series{{Name: "a", Points: []Point{{X: 1, Y: 1}, {X: 20, Y: 2}}}}
	var panels []*panel
	for i := range 5 {
		p := LinePanel{
			Title: "title", Series: list, Percent: i == 3, // its labels are wider than those above
			Marks: []Mark{{X: float64(4 * i), Text: strings.Repeat("a long text ", i)}},
		}
		panels = append(panels, p.panel(newStyles(nil, list), p.width))
	}
	for _, across := range []int{1, 2, 3} {
		pg := &page{panels: panels, legend: legendOf(panels), width: 960, height: 150, across: across, below: across > 1}
		at := pg.arrange()
		for i, f := range at.frames {
			for _, m := range f.marks {
				if end := f.at.x + m.start + widthOf(smallSize, m.text); i+1 < len(at.frames) && i%across+1 < across && end > at.frames[i+1].at.x {
					t.Errorf("%d across: text of panel %d ends at %v, in the next column", across, i, end)
				}
			}
			if i >= across {
				above := at.frames[i-across]
				if f.at.x != above.at.x || f.at.y-f.header < above.at.y+above.height+underHeight {
					t.Errorf("%d across: panel %d at %v, want below %v with room for the axis and the header", across, i, f.at, above.at)
				}
			}
			if i%across > 0 && (f.at.y != at.frames[i-1].at.y || f.at.x < at.frames[i-1].at.x+at.frames[i-1].width) {
				t.Errorf("%d across: panel %d at %v, want right of panel %d at %v", across, i, f.at, i-1, at.frames[i-1].at)
			}
			if end := f.at.y + f.height + underHeight; across > 1 && at.legend.y < end || end > at.height {
				t.Errorf("%d across: panel %d ends at %v, the legend begins at %v, the page ends at %v", across, i, end, at.legend.y, at.height)
			}
		}
	}
}

func TestFit(t *testing.T) {
	for _, tt := range []struct {
		fit    func(size, width float64, s string) string
		in     string
		width  float64
		want   string
		reason string
	}{
		{fit, "audio", 100, "audio", "fits"},
		{fit, "audio", 0, "…", "no room at all"},
		{fit, "wwwwwwwwww", 40, "www…", "a w is 7.9 wide, the dots 11: three and the dots are 35"},
		{fitMiddle, "audio", 100, "audio", "fits"},
		{fitMiddle, "audio", 0, "…", "no room at all"},
		{fitMiddle, "clip_of_a_set_0042", 60, "clip…_0042", "both ends"},
		{fitMiddle, strings.Repeat("w", 1000) + "42", 40, "ww…42", "the end of a long name"},
	} {
		if got := tt.fit(smallSize, tt.width, tt.in); got != tt.want {
			t.Errorf("%.40q in %v is %q, want %q; reason: %s", tt.in, tt.width, got, tt.want, tt.reason)
		}
	}
	if size := min(titleSize, labelSize, smallSize); size < 11 {
		t.Errorf("letters of %d pixels, want at least 11", size)
	}
}

// TestLegendOfSeeds: a window's entry in the legend says in how many seeds it is open, over all panels.
func TestLegendOfSeeds(t *testing.T) {
	panelOf := func(opens ...int) *panel {
		p := &panel{}
		for _, n := range opens {
			w := Window{Open: n}
			if n > 0 {
				w.Of = 5
			}
			p.spans = append(p.spans, span{Window: w, name: "audio window"})
		}
		return p
	}
	for _, tt := range []struct {
		panels []*panel
		want   string
		reason string
	}{
		{[]*panel{panelOf(0, 0)}, "audio window", "of a single run"},
		{[]*panel{panelOf(3), panelOf(3)}, "audio window, open in 3 of 5 seeds", "the same everywhere"},
		{[]*panel{panelOf(2), panelOf(4, 1)}, "audio window, open in 1 to 4 of 5 seeds", "the range over both panels"},
	} {
		list := legendOf(tt.panels)
		if len(list) != 1 || list[0].text != tt.want {
			t.Errorf("legend %+v, want one entry %q; reason: %s", list, tt.want, tt.reason)
		}
	}
}

func TestWindowNames(t *testing.T) {
	series := []Series{{Name: "joint: audio", Run: "joint", Modality: "audio"}}
	for _, tt := range []struct {
		window Window
		want   string
		reason string
	}{
		{Window{Run: "joint", Modality: "audio"}, "joint: audio window", "called by its series"},
		{Window{Run: "other", Modality: "audio"}, "other: audio window", "of a run without a series"},
		{Window{Modality: "text"}, "text window", "of no named run"},
	} {
		if got := windowName(tt.window, series); got != tt.want {
			t.Errorf("windowName(%+v) = %q, want %q; reason: %s", tt.window, got, tt.want, tt.reason)
		}
	}
}
