package page

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMarksDoNotCross places random marks and holds every text to a place of its own, not crossed by another's line.
func TestMarksDoNotCross(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for trial := range 300 {
		p := &Panel{X: Axis{From: 0, To: 100}}
		var marks []Mark
		for range 1 + rng.IntN(8) {
			marks = append(marks, Mark{X: float64(rng.IntN(100)), Text: strings.Repeat("m", 1+rng.IntN(14))})
		}
		p.AddMarks(marks)
		const width, edge = 500.0, 620.0
		list := placeMarks(p, width, edge)
		if len(list) != len(p.marks) {
			t.Fatalf("trial %d: %d places for %d marks", trial, len(list), len(p.marks))
		}
		end := func(m placed) float64 { return m.Start + WidthOf(SmallSize, m.Text) }
		for i, a := range list {
			if a.Start < 0 || end(a) > edge {
				t.Errorf("trial %d: text %d from %.0f to %.0f, want within 0 to %.0f", trial, i, a.Start, end(a), edge)
			}
			for j, b := range list {
				if i == j {
					continue
				}
				if a.row == b.row && a.Start <= b.Start && end(a) > b.Start && a.row < mostRows-1 {
					t.Errorf("trial %d: texts %d and %d overlap in row %d", trial, i, j, a.row)
				}
				if b.row > a.row && b.x > a.Start && b.x < end(a) {
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
		var p Panel
		p.AddMarks(tt.in)
		if diff := cmp.Diff(tt.want, p.marks); diff != "" {
			t.Errorf("%s: (-want +got)\n%s\nreason: %s", tt.name, diff, tt.reason)
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
		{Fit, "audio", 100, "audio", "fits"},
		{Fit, "audio", 0, "…", "no room at all"},
		{Fit, "wwwwwwwwww", 40, "www…", "a w is 7.9 wide, the dots 11: three and the dots are 35"},
		{FitMiddle, "audio", 100, "audio", "fits"},
		{FitMiddle, "audio", 0, "…", "no room at all"},
		{FitMiddle, "clip_of_a_set_0042", 60, "clip…_0042", "both ends"},
		{FitMiddle, strings.Repeat("w", 1000) + "42", 40, "ww…42", "the end of a long name"},
	} {
		if got := tt.fit(SmallSize, tt.width, tt.in); got != tt.want {
			t.Errorf("%.40q in %v is %q, want %q; reason: %s", tt.in, tt.width, got, tt.want, tt.reason)
		}
	}
	if size := min(TitleSize, LabelSize, SmallSize); size < 11 {
		t.Errorf("letters of %d pixels, want at least 11", size)
	}
}

// TestLegendOfSeeds: a window's entry in the legend says in how many seeds it is open, over all panels.
func TestLegendOfSeeds(t *testing.T) {
	panelOf := func(opens ...int) *Panel {
		p := &Panel{}
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
		panels []*Panel
		want   string
		reason string
	}{
		{[]*Panel{panelOf(0, 0)}, "audio window", "of a single run"},
		{[]*Panel{panelOf(3), panelOf(3)}, "audio window, open in 3 of 5 seeds", "the same everywhere"},
		{[]*Panel{panelOf(2), panelOf(4, 1)}, "audio window, open in 1 to 4 of 5 seeds", "the range over both panels"},
	} {
		list := LegendOf(tt.panels)
		if len(list) != 1 || list[0].Text != tt.want {
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
