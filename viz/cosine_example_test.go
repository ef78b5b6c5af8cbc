package viz_test

import (
	"fmt"
	"math"

	"github.com/primewindow/primewindow/viz"
)

// twoMatrices are cosines of eight batches for one encoder, where they are near 0, and of twenty for another.
func twoMatrices() viz.CosineFigure {
	f := viz.CosineFigure{Title: "Cosine between batch gradients, joint"}
	for i, n := range []int{8, 20} {
		p := viz.CosinePanel{Name: []string{"audio", "visual"}[i], Mean: 0.05, Expected: []float64{0.031, math.NaN()}[i]}
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
		f.Panels = append(f.Panels, p)
	}
	return f
}

func ExampleCosine() {
	f, err := viz.Cosine(viz.CosineFigure{Title: "Cosine between batch gradients", Panels: []viz.CosinePanel{{
		Name:   "audio",
		Matrix: [][]float64{{1, 0.03}, {0.03, 1}},
		Labels: []string{"10", "11"},
		Mean:   0.03, Expected: math.NaN(),
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Text)
	// Output:
	// Cosine between batch gradients: audio, 2 × 2, mean 0.030, off the diagonal 0.030 to 0.030.
}
