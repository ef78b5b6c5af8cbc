package viz

import (
	"strings"
	"testing"

	"github.com/primewindow/primewindow/viz/page"
)

// TestTitlesFit holds the titles of panels to their panels, in each kind of figure and at each width, and to being
// whole in the sentence however long they are.
func TestTitlesFit(t *testing.T) {
	name := "shuffled labels: the published code's mean, zeros before"
	for _, w := range []Width{Screen, Column, Page} {
		lp := LinePanel{
			Title: name, XLabel: "epoch", YLabel: "v",
			Series: []Series{{Name: "a", Points: []Point{{X: 0, Y: 1}, {X: 1, Y: 2}}}},
		}
		panels := PanelsFigure{Panels: []LinePanel{lp, lp, lp}, Columns: 3, Width: w}
		pg := &page.Layout{
			Panels: []*page.Panel{}, Width: w.Pixels(960), Height: 150, Across: panels.columns(), Below: true, Print: w,
		}
		for _, p := range panels.Panels {
			pg.Panels = append(pg.Panels, p.panel(page.NewStyles(nil, p.Series), p.width))
		}
		for _, f := range pg.Arrange().Frames {
			checkFits(t, "panels", f.Title, page.LabelSize, f.Width)
			if room := f.Header; room < page.NameHeight+page.MoreLines(f.Title) {
				t.Errorf("width %d: %v above the data for %d lines", w, room, len(f.Title))
			}
		}
		cp := CosinePanel{
			Name: name, Matrix: [][]float64{{1, 0}, {0, 1}}, Labels: []string{"1", "2"}, NoiseScale: 1234.5,
		}
		cosine := CosineFigure{Panels: []CosinePanel{cp, cp, cp, cp}, Width: w}
		at := arrangeCosine(cosine)
		for i := range at.frames {
			checkFits(t, "cosine", at.names[i], page.LabelSize, at.side-at.head)
			if right := at.frames[i].X + at.side; right > at.width-page.Margin {
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
		for i, names := range arrangeEmbedding(
			EmbeddingFigure{Panels: []EmbeddingPanel{ep, ep, ep, ep}, Width: w},
		).names {
			checkFits(
				t, "embedding", names, page.LabelSize,
				arrangeEmbedding(EmbeddingFigure{Panels: []EmbeddingPanel{ep, ep, ep, ep}, Width: w}).side,
			)
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
		if page.WidthOf(size, s) > width || strings.HasSuffix(s, "…") {
			t.Errorf("%s: line %q of %q is cut or wider than %v", what, s, list, width)
		}
	}
}
