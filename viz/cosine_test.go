package viz_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
	nan := math.NaN()
	with := func(change func(p *viz.CosinePanel)) []viz.CosinePanel {
		p := panel(good, "a", "b")
		change(&p)
		return []viz.CosinePanel{p}
	}
	row := func(r ...viz.CosineRow) []viz.CosinePanel { return with(func(p *viz.CosinePanel) { p.Rows = r }) }
	base := func(b viz.CosineBaseline) []viz.CosinePanel { return with(func(p *viz.CosinePanel) { p.Baseline = b }) }
	whole := viz.CosineRow{Name: "B = 64", Mean: 0.1, SD: 0.01, Expected: 0.1}
	for _, tt := range []struct {
		name   string
		panels []viz.CosinePanel
		want   string
		reason string
	}{
		{"nothing", nil, "viz: cosine: no panels, want at least one", "an empty figure says nothing"},
		{"many", make([]viz.CosinePanel, 13), "viz: cosine: 13 panels, want at most 12", "a page has an end"},
		{
			"empty", []viz.CosinePanel{panel(nil)}, `viz: cosine: panel "audio": 0 rows, want 1 to 200`,
			"an empty panel says nothing",
		},
		{
			"large", []viz.CosinePanel{panel(large)}, `viz: cosine: panel "audio": 201 rows, want 1 to 200`,
			"a spec holds every cell",
		},
		{
			"ragged", []viz.CosinePanel{panel([][]float64{{1, 0}, {0}}, "a", "b")},
			`viz: cosine: panel "audio": row 1: 1 values, want 2 as the matrix has rows`, "not square",
		},
		{
			"wide", []viz.CosinePanel{panel([][]float64{{1, 0}}, "a")},
			`viz: cosine: panel "audio": row 0: 2 values, want 1 as the matrix has rows`, "not square",
		},
		{
			"labels", []viz.CosinePanel{panel(good, "a")},
			`viz: cosine: panel "audio": 1 labels, want 2, one for each row`, "rows are named",
		},
		{
			"same label", []viz.CosinePanel{panel(good, "a", "a")},
			`viz: cosine: panel "audio": label "a" twice, want one of each`, "rows go by their labels",
		},
		{
			"NaN", []viz.CosinePanel{panel([][]float64{{math.NaN()}}, "a")},
			`viz: cosine: panel "audio": row 0, column 0: NaN, want -1 to 1`, "has no colour",
		},
		{
			"beyond", []viz.CosinePanel{panel([][]float64{{1, 0}, {-1.002, 1}}, "a", "b")},
			`viz: cosine: panel "audio": row 1, column 0: -1.002, want -1 to 1`, "no cosine, even rounded",
		},
		{
			"mean", []viz.CosinePanel{far}, `viz: cosine: panel "audio": mean NaN, want -1 to 1`,
			"it is written into the title",
		},
		{
			"expected", []viz.CosinePanel{expected}, `viz: cosine: panel "audio": expected +Inf, want -1 to 1 or NaN`,
			"only NaN stands for unknown",
		},
		{
			"noise scale", with(func(p *viz.CosinePanel) { p.NoiseScale = -3 }),
			`viz: cosine: panel "audio": noise scale -3, want above 0, +Inf, or NaN`,
			"an estimate below 0 means that no gradient stands out: +Inf",
		},
		{
			"many rows", row(make([]viz.CosineRow, 9)...),
			`viz: cosine: panel "audio": 9 rows of means, want at most 8`, "the matrix is the figure",
		},
		{
			"no row name", row(viz.CosineRow{Mean: 0.1, SD: nan, Expected: nan}),
			`viz: cosine: panel "audio": row 0 "" of means: name "", want one of its own`, "it could not be told",
		},
		{
			"same row name", row(whole, whole),
			`viz: cosine: panel "audio": row 1 "B = 64" of means: name "B = 64", want one of its own`,
			"rows go by their names",
		},
		{"name of the baseline", with(func(p *viz.CosinePanel) {
			p.Rows, p.Baseline = []viz.CosineRow{whole}, viz.CosineBaseline{Name: "B = 64", SD: 0.1}
		}), `viz: cosine: panel "audio": row 0 "B = 64" of means: name "B = 64", want one of its own`,
			"rows go by their names"},
		{
			"empty row", row(viz.CosineRow{Name: "B", Mean: nan, SD: nan, Expected: nan}),
			`viz: cosine: panel "audio": row 0 "B" of means: neither mean nor expected value, want one`,
			"missing data is never an empty row",
		},
		{
			"mean of a row", row(viz.CosineRow{Name: "B", Mean: 2}),
			`viz: cosine: panel "audio": row 0 "B" of means: mean 2, want -1 to 1 or NaN`, "no cosine",
		},
		{
			"expected of a row", row(viz.CosineRow{Name: "B", Expected: math.Inf(-1)}),
			`viz: cosine: panel "audio": row 0 "B" of means: expected -Inf, want -1 to 1 or NaN`, "no cosine",
		},
		{
			"deviation", row(viz.CosineRow{Name: "B", SD: -1}),
			`viz: cosine: panel "audio": row 0 "B" of means: standard deviation -1, want a finite value of 0 or more, or NaN`,
			"a width",
		},
		{
			"infinite deviation", row(viz.CosineRow{Name: "B", SD: math.Inf(1)}),
			`viz: cosine: panel "audio": row 0 "B" of means: standard deviation +Inf, want a finite value of 0 or more, or NaN`,
			"a width",
		},
		{
			"baseline", base(viz.CosineBaseline{Mean: nan, SD: 0.1}),
			`viz: cosine: panel "audio": baseline: mean NaN, want -1 to 1`, "a band has a middle",
		},
		{
			"deviation of the baseline", base(viz.CosineBaseline{SD: -0.1}),
			`viz: cosine: panel "audio": baseline: standard deviation -0.1, want a finite value of 0 or more, or NaN`,
			"a width",
		},
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

// TestDiagonalIsMasked looks at the picture: the diagonal is grey, cells of zeros are nearly white, and no cell has the
// colour of 1, which the scale beside it alone shows. A gradient's cosine with itself is 1 whatever it is: in dark red,
// the diagonal was the first thing seen and made a matrix look less orthogonal than it is.
func TestDiagonalIsMasked(t *testing.T) {
	f, err := viz.Cosine(viz.CosineFigure{Panels: []viz.CosinePanel{panel([][]float64{{1, 0}, {0, 1}}, "a", "b")}})
	if err != nil {
		t.Fatal(err)
	}
	img, red, pale, masked := decode(t, f.PNG), 0, 0, 0
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			switch r, g, b, _ := img.At(x, y).RGBA(); [3]uint32{r >> 8, g >> 8, b >> 8} {
			case [3]uint32{0x67, 0x00, 0x1f}:
				red++
			case [3]uint32{0xf7, 0xf7, 0xf7}:
				pale++
			case [3]uint32{0xbd, 0xbd, 0xbd}:
				masked++
			}
		}
	}
	// Two cells of 278 by 278 pixels each, less a few percent for the values written in them and for rims.
	if least := 2 * 278 * 278 * 95 / 100; masked < least || pale < least {
		t.Errorf("%d pixels of the mask and %d of the colour of 0, want at least %d each", masked, pale, least)
	}
	if most := 28 * 6; red > most { // the scale is 28 pixels wide, and a step of it some 3 high
		t.Errorf("%d pixels of the colour of 1, want at most %d, those of the scale", red, most)
	}
}

// TestCosineVerdict holds the sentence to saying what the picture shows: whether noise alone explains a mean.
func TestCosineVerdict(t *testing.T) {
	nan := math.NaN()
	for _, tt := range []struct {
		name   string
		change func(p *viz.CosinePanel)
		want   string
		reason string
	}{
		{
			"nothing", func(*viz.CosinePanel) {}, "mean 0.100, off the diagonal 0.100 to 0.100.",
			"as the figure was without rows",
		},
		{"noise", func(p *viz.CosinePanel) { p.Rows = []viz.CosineRow{{"B = 64", 0.1, 0.02, 0.135}} },
			"B = 64: 0.100 ± 0.040 (2 sd) as noise alone predicts (0.135).", "0.135 is 1.75 deviations above"},
		{"orthogonal", func(p *viz.CosinePanel) { p.Rows = []viz.CosineRow{{"B = 64", 0.1, 0.02, 0.5}} },
			"B = 64: 0.100 ± 0.040 (2 sd) below what noise alone predicts (0.500).",
			"gradients stand out from the noise and yet differ"},
		{"aligned", func(p *viz.CosinePanel) { p.Rows = []viz.CosineRow{{"B = 64", 0.1, 0.02, 0.05}} },
			"B = 64: 0.100 ± 0.040 (2 sd) above what noise alone predicts (0.050).", "2.5 deviations below"},
		{"no deviation", func(p *viz.CosinePanel) { p.Rows = []viz.CosineRow{{"B = 64", 0.1, nan, 0.1}} },
			"B = 64: 0.100 where noise alone predicts 0.100.", "without a deviation there is no verdict"},
		{"mean alone", func(p *viz.CosinePanel) { p.Rows = []viz.CosineRow{{"B = 64", 0.1, 0.02, nan}} },
			"B = 64: 0.100 ± 0.040 (2 sd).", "nothing to compare it with"},
		{"prediction alone", func(p *viz.CosinePanel) { p.Rows = []viz.CosineRow{{"2B", nan, nan, 0.3}} },
			"2B: noise alone predicts 0.300.", "not measured"},
		{"baseline", func(p *viz.CosinePanel) { p.Baseline = viz.CosineBaseline{"permuted", 0.01, 0.05} },
			"permuted: 0.010 ± 0.100 (2 sd), the mean lies within.", "0.09 from it, and two deviations are 0.1"},
		{"beyond the baseline", func(p *viz.CosinePanel) { p.Baseline = viz.CosineBaseline{"", 0.01, 0.02} },
			"baseline: 0.010 ± 0.040 (2 sd), the mean lies outside.", "0.09 from it, and two deviations are 0.04"},
		{
			"noise scale", func(p *viz.CosinePanel) { p.NoiseScale = 2100 },
			"mean 0.100, noise scale 2100 samples, off", "in the caption, with its unit",
		},
		{
			"no gradient", func(p *viz.CosinePanel) { p.NoiseScale = math.Inf(1) },
			"mean 0.100, no gradient above the noise, off", "the estimate has no end",
		},
		{"wide", func(p *viz.CosinePanel) { p.Rows = []viz.CosineRow{{"B = 2", 0.9, 3, 1}} },
			"B = 2: 0.900 ± 6.000 (2 sd) as noise alone predicts (1.000).", "drawn to where cosines end"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := panel([][]float64{{1, 0.1}, {0.1, 1}}, "a", "b")
			tt.change(&p)
			f, err := viz.Cosine(
				viz.CosineFigure{Panels: []viz.CosinePanel{p, panel([][]float64{{1, 0.1}, {0.1, 1}}, "a", "b")}},
			)
			if err != nil {
				t.Fatal(err)
			}
			checkSpec(t, f.Spec)
			if text := strings.ReplaceAll(
				f.Text, "; audio, 2 × 2, mean 0.100, off the diagonal 0.100 to 0.100", "",
			); !strings.Contains(text, tt.want) {
				t.Errorf("%q, want %q in it; reason: %s", f.Text, tt.want, tt.reason)
			}
		})
	}
}

// TestCosineRowsInSpec holds the spec to the marks of the picture, and their axis to holding 0.
func TestCosineRowsInSpec(t *testing.T) {
	f, err := viz.Cosine(twoMatrices())
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]int)
	walk(f.Spec, func(o map[string]any) {
		x := object(object(o["encoding"])["x"])
		field, _ := x["field"].(string)
		switch field {
		case "mean", "expected", "low", "from", "baseline", "zero":
			got[fmt.Sprint(field, " ", object(o["mark"])["type"])]++
			if ends := array(object(x["scale"])["domain"]); ends[0].(float64) >= 0 || ends[1].(float64) <= 0 ||
				ends[1].(float64) > 1.01 {
				t.Errorf("%s spans %v, want 0 inside and no more than cosines reach", field, ends)
			}
		}
	})
	want := map[string]int{
		"mean point": 2, "expected tick": 2, "low rule": 2, "from bar": 2, "baseline tick": 2, "zero rule": 2,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("layers of the rows of both panels: (-want +got)\n%s", diff)
	}
}
