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

func TestFit(t *testing.T) {
	for _, tt := range []struct {
		in     string
		width  float64
		want   string
		reason string
	}{
		{"audio", 100, "audio", "fits"},
		{"audio", 0, "…", "no room at all"},
		{"wwwwwwwwww", 40, "www…", "a w is 7.9 wide, the dots 11: three and the dots are 35"},
	} {
		if got := fit(smallSize, tt.width, tt.in); got != tt.want {
			t.Errorf("fit(%q, %v) = %q, want %q; reason: %s", tt.in, tt.width, got, tt.want, tt.reason)
		}
	}
	if size := min(titleSize, labelSize, smallSize); size < 11 {
		t.Errorf("letters of %d pixels, want at least 11", size)
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
