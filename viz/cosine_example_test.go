package viz_test

import (
	"fmt"
	"math"

	"github.com/primewindow/primewindow/viz"
)

// twoMatrices are cosines of eight batches for one encoder, where they are near 0 as noise alone predicts, and of
// twenty for
// another, where they are near 0 although the gradients stand out from the noise.
func twoMatrices() viz.CosineFigure {
	f := viz.CosineFigure{Title: "Cosine between batch gradients, joint"}
	for i, n := range []int{8, 20} {
		p := viz.CosinePanel{
			Name: []string{"audio", "visual"}[i], Mean: 0.05, Expected: []float64{0.031, math.NaN()}[i],
		}
		for r := range n {
			p.Labels = append(p.Labels, fmt.Sprint(1200+r))
			row := make([]float64, n)
			for c := range row {
				row[c] = 0.05 + []float64{0.1, 0.7}[i]*math.Sin(float64(r*c+r+c))
				if r == c {
					row[c] = 1
				}
			}
			p.Matrix = append(p.Matrix, row)
		}
		p.NoiseScale = []float64{2000, 55}[i]
		for size := 64.0; size <= 128; size *= 2 {
			row := viz.CosineRow{
				Name: fmt.Sprintf("B = %.0f", size), Mean: 0.05 * size / 64, SD: 0.012,
				Expected: 1 / (1 + p.NoiseScale/size),
			}
			p.Rows = append(p.Rows, row)
		}
		p.Baseline = viz.CosineBaseline{Name: "permuted", Mean: 0.002, SD: []float64{0.008, 0.014}[i]}
		f.Panels = append(f.Panels, p)
	}
	return f
}

func ExampleCosine() {
	f, err := viz.Cosine(viz.CosineFigure{Title: "Cosine between batch gradients", Panels: []viz.CosinePanel{{
		Name:   "audio",
		Matrix: [][]float64{{1, 0.03}, {0.03, 1}},
		Labels: []string{"10", "11"},
		Mean:   0.03, Expected: math.NaN(), NoiseScale: 1800,
		Rows: []viz.CosineRow{{Name: "B = 64", Mean: 0.03, SD: 0.01, Expected: 1 / (1 + 1800.0/64)}},
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Text)
	// Output:
	// Cosine between batch gradients: audio, 2 × 2, mean 0.030, noise scale 1800 samples, off the diagonal 0.030 to 0.030, B = 64: 0.030 ± 0.020 (2 sd) as noise alone predicts (0.034).
}
