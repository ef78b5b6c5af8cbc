package viz_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/primewindow/primewindow/viz"
)

func panel(matrix [][]float64, labels ...string) viz.CosinePanel {
	return viz.CosinePanel{Name: "audio", Matrix: matrix, Labels: labels, Mean: 0.1, Expected: math.NaN()}
}

func TestCosineErrors(t *testing.T) {
	good := [][]float64{{1, 0.1}, {0.1, 1}}
	large := make([][]float64, 201)
	for i := range large {
		large[i] = make([]float64, 201)
	}
	far := panel(good, "a", "b")
	far.Mean = math.NaN()
	expected := panel(good, "a", "b")
	expected.Expected = math.Inf(1)
	for _, tt := range []struct {
		name   string
		panels []viz.CosinePanel
		want   string
		reason string
	}{
		{"nothing", nil, "viz: cosine: no panels, want at least one", "an empty figure says nothing"},
		{"many", make([]viz.CosinePanel, 13), "viz: cosine: 13 panels, want at most 12", "a page has an end"},
		{"empty", []viz.CosinePanel{panel(nil)}, `viz: cosine: panel "audio": 0 rows, want 1 to 200`, "an empty panel says nothing"},
		{"large", []viz.CosinePanel{panel(large)}, `viz: cosine: panel "audio": 201 rows, want 1 to 200`, "a spec holds every cell"},
		{"ragged", []viz.CosinePanel{panel([][]float64{{1, 0}, {0}}, "a", "b")}, `viz: cosine: panel "audio": row 1: 1 values, want 2 as the matrix has rows`, "not square"},
		{"wide", []viz.CosinePanel{panel([][]float64{{1, 0}}, "a")}, `viz: cosine: panel "audio": row 0: 2 values, want 1 as the matrix has rows`, "not square"},
		{"labels", []viz.CosinePanel{panel(good, "a")}, `viz: cosine: panel "audio": 1 labels, want 2, one for each row`, "rows are named"},
		{"same label", []viz.CosinePanel{panel(good, "a", "a")}, `viz: cosine: panel "audio": label "a" twice, want one of each`, "rows go by their labels"},
		{"NaN", []viz.CosinePanel{panel([][]float64{{math.NaN()}}, "a")}, `viz: cosine: panel "audio": row 0, column 0: NaN, want -1 to 1`, "has no colour"},
		{"beyond", []viz.CosinePanel{panel([][]float64{{1, 0}, {-1.002, 1}}, "a", "b")}, `viz: cosine: panel "audio": row 1, column 0: -1.002, want -1 to 1`, "no cosine, even rounded"},
		{"mean", []viz.CosinePanel{far}, `viz: cosine: panel "audio": mean NaN, want -1 to 1`, "it is written into the title"},
		{"expected", []viz.CosinePanel{expected}, `viz: cosine: panel "audio": expected +Inf, want -1 to 1 or NaN`, "only NaN stands for unknown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := viz.Cosine(viz.CosineFigure{Panels: tt.panels}); err == nil || err.Error() != tt.want {
				t.Errorf("Cosine: error\n%v, want\n%s\nreason: %s", err, tt.want, tt.reason)
			}
		})
	}
}

// TestCosineDraws draws sizes from one cell to the most, and rounding beyond 1.
func TestCosineDraws(t *testing.T) {
	for _, n := range []int{1, 2, 9, 60, 200} {
		p := viz.CosinePanel{Name: "audio", Expected: 0.5}
		for i := range n {
			p.Labels = append(p.Labels, fmt.Sprint(i))
			row := make([]float64, n)
			row[i] = 1.0009
			p.Matrix = append(p.Matrix, row)
		}
		f, err := viz.Cosine(viz.CosineFigure{Panels: []viz.CosinePanel{p}})
		if err != nil {
			t.Fatalf("%d rows: %v", n, err)
		}
		checkSpec(t, f.Spec)
		cells, domain := 0, []any(nil)
		walk(f.Spec, func(o map[string]any) {
			if _, ok := o["cosine"].(float64); ok {
				cells++
			}
			if o["field"] == "cosine" && o["scale"] != nil {
				domain = array(object(o["scale"])["domain"])
			}
		})
		if cells != n*n {
			t.Errorf("%d rows: %d cells, want %d", n, cells, n*n)
		}
		if len(domain) != 5 || domain[0] != -1.0 || domain[4] != 1.0 {
			t.Errorf("%d rows: scale over %v, want -1 to 1 whatever the values", n, domain)
		}
	}
}

// TestDiagonalIsVisible looks at the picture: the cells of ones are dark red, those of zeros nearly white.
func TestDiagonalIsVisible(t *testing.T) {
	f, err := viz.Cosine(viz.CosineFigure{Panels: []viz.CosinePanel{panel([][]float64{{1, 0}, {0, 1}}, "a", "b")}})
	if err != nil {
		t.Fatal(err)
	}
	img, red, pale := decode(t, f.PNG), 0, 0
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			switch r, g, b, _ := img.At(x, y).RGBA(); [3]uint32{r >> 8, g >> 8, b >> 8} {
			case [3]uint32{0x67, 0x00, 0x1f}:
				red++
			case [3]uint32{0xf7, 0xf7, 0xf7}:
				pale++
			}
		}
	}
	// Two cells of 278 by 278 pixels each, less a few percent for the values written in them and for rims.
	if least := 2 * 278 * 278 * 95 / 100; red < least || pale < least {
		t.Errorf("%d pixels of the colour of 1 and %d of that of 0, want at least %d each", red, pale, least)
	}
}
