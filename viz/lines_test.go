package viz

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLines breaks texts in the three ways. Widths are told by what has to fit into a line.
func TestLines(t *testing.T) {
	width := func(s string) float64 { return widthOf(smallSize, s) + 0.1 }
	long := strings.Repeat("word ", 30)
	for _, tt := range []struct {
		name   string
		got    []string
		want   []string
		reason string
	}{
		{"one line", lines(smallSize, width("as it is"), 3, "as it is"), []string{"as it is"}, "it fits"},
		{"nothing", lines(smallSize, 100, 3, ""), nil, "no title, no line"},
		{"cut", lines(smallSize, width("word word"), 2, long), []string{"word word", "word w…"}, "the last line says that there is more"},
		{"widow", evenly(smallSize, width("method pmr with 3 modalities, want"), 3, "method pmr with 3 modalities, want 2"), []string{"method pmr with 3", "modalities, want 2"}, "no word alone"},
		{"colon", evenly(smallSize, width("learning rate 0: mean of 10, zeros"), 3, "learning rate 0: mean of 10, zeros before"), []string{"learning rate 0:", "mean of 10, zeros before"}, "the parts that there are"},
		{"no room after the colon", evenly(smallSize, width("a: one two three"), 3, "a: one two three four five"), []string{"a: one two", "three four five"}, "the second part is too long for a line"},
		{"parts", joined(smallSize, width("mean 0.178, expected 0.721,"), ", ", []string{"mean 0.178", "expected 0.721", "noise scale 12.39"}), []string{"mean 0.178, expected 0.721,", "noise scale 12.39"}, "a comma ends its line"},
		{"dots", joined(smallSize, width("one · two"), " · ", []string{"one", "two", "three"}), []string{"one · two", "three"}, "a dot between parts does not"},
	} {
		if diff := cmp.Diff(tt.want, tt.got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s\nreason: %s", tt.name, diff, tt.reason)
		}
	}
}

// TestTitlesFit holds the titles of panels to their panels, in each kind of figure and at each width, and to being whole
// in the sentence however long they are.
func TestTitlesFit(t *testing.T) {
	name := "shuffled labels: the published code's mean, zeros before"
	for _, w := range []Width{Screen, Column, Page} {
		lp := LinePanel{Title: name, XLabel: "epoch", YLabel: "v", Series: []Series{{Name: "a", Points: []Point{{X: 0, Y: 1}, {X: 1, Y: 2}}}}}
		panels := PanelsFigure{Panels: []LinePanel{lp, lp, lp}, Columns: 3, Width: w}
		pg := &page{panels: []*panel{}, width: w.pixels(960), height: 150, across: panels.columns(), below: true, print: w}
		for _, p := range panels.Panels {
			pg.panels = append(pg.panels, p.panel(newStyles(nil, p.Series), p.width))
		}
		for _, f := range pg.arrange().frames {
			checkFits(t, "panels", f.title, labelSize, f.width)
			if room := f.header; room < nameHeight+moreLines(f.title) {
				t.Errorf("width %d: %v above the data for %d lines", w, room, len(f.title))
			}
		}
		cp := CosinePanel{Name: name, Matrix: [][]float64{{1, 0}, {0, 1}}, Labels: []string{"1", "2"}, NoiseScale: 1234.5}
		cosine := CosineFigure{Panels: []CosinePanel{cp, cp, cp, cp}, Width: w}
		at := arrangeCosine(cosine)
		for i := range at.frames {
			checkFits(t, "cosine", at.names[i], labelSize, at.side-at.head)
			if right := at.frames[i].x + at.side; right > at.width-margin {
				t.Errorf("width %d: matrix %d ends at %v of %v", w, i, right, at.width)
			}
		}
		cp.Labels = []string{"a label of some length", "another label of some length"}
		if w == Column {
			if at := arrangeCosine(CosineFigure{Panels: []CosinePanel{cp, cp}, Width: w}); at.side < leastSide {
				t.Errorf("matrices with long labels are %v wide, want at least %v", at.side, leastSide)
			}
		}
		ep := EmbeddingPanel{Name: name, Points: [][2]float64{{0, 0}, {1, 1}}}
		for i, names := range arrangeEmbedding(EmbeddingFigure{Panels: []EmbeddingPanel{ep, ep, ep, ep}, Width: w}).names {
			checkFits(t, "embedding", names, labelSize, arrangeEmbedding(EmbeddingFigure{Panels: []EmbeddingPanel{ep, ep, ep, ep}, Width: w}).side)
			if len(names) < 2 && w == Column {
				t.Errorf("map %d: %q in one line of a column", i, names)
			}
		}
		f, err := Panels(panels)
		if err != nil || !strings.Contains(f.Text, name) {
			t.Errorf("width %d: the sentence lacks the title, error %v", w, err)
		}
	}
}

func checkFits(t *testing.T, what string, list []string, size, width float64) {
	t.Helper()
	for _, s := range list {
		if widthOf(size, s) > width || strings.HasSuffix(s, "…") {
			t.Errorf("%s: line %q of %q is cut or wider than %v", what, s, list, width)
		}
	}
}
