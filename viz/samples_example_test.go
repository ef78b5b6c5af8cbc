package viz_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/primewindow/primewindow/viz"
)

// carriers are the samples that carry most of the trace: spectrograms of one encoder, images of another, and sequences.
func carriers() viz.SamplesFigure {
	f := viz.SamplesFigure{
		Title: "Samples that carry most of the trace, epoch 4, joint", Value: "squared gradient norm (nats²)",
		Rows: []viz.SampleRow{
			{Name: "audio", Unit: "dB", Flip: true},
			{Name: "visual"},
			{Name: "text", Sequence: true},
		},
	}
	rng := rand.New(rand.NewPCG(1, 1))
	fill := func(shape []int, y func(place []int) float64) []float32 {
		size := 1
		for _, n := range shape {
			size *= n
		}
		x := make([]float32, size)
		for i := range x {
			place, rest := make([]int, len(shape)), i
			for k := len(shape) - 1; k >= 0; k-- {
				place[k], rest = rest%shape[k], rest/shape[k]
			}
			x[i] = float32(y(place) + 0.1*rng.NormFloat64())
		}
		return x
	}
	for i := range 6 {
		at, label := float64(i), []string{"angry", "happy", "sad"}[i%3]
		tile := func(row int, value float64, shape []int, y func(place []int) float64) {
			f.Rows[row].Samples = append(f.Rows[row].Samples, viz.SampleTile{
				X: fill(shape, y), Shape: shape, ID: fmt.Sprintf("clip_%04d", 37*i+row), Label: label,
				Value: value / (1 + at),
			})
		}
		tile(0, 412, []int{65, 150}, func(p []int) float64 { // a tone that rises, above noise that falls with frequency
			return -float64(p[0])/2 - 20*math.Abs(float64(p[0])-6-at-float64(p[1])*0.2)/10
		})
		tile(1, 96, []int{16, 16, 3}, func(p []int) float64 {
			return math.Exp(-math.Hypot(float64(p[0])-3-at, float64(p[1])-8)/float64(2+3*p[2])) * 2
		})
		tile(
			2, 3.5, []int{20, 8}, func(p []int) float64 { return math.Sin(float64(p[0])*(0.2+0.1*at) + float64(p[1])) },
		)
	}
	return f
}

func ExampleSamples() {
	f, err := viz.Samples(viz.SamplesFigure{
		Title: "Largest gradients", Value: "squared gradient norm (nats²)",
		Rows: []viz.SampleRow{{Name: "image", Samples: []viz.SampleTile{
			{X: []float32{0, 1, 1, 0}, Shape: []int{2, 2}, ID: "17", Label: "cross", Value: 3.5},
			{X: []float32{0.5, 1, 0.5, 1}, Shape: []int{2, 2}, ID: "4", Label: "bar", Value: 1.25},
		}}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Text)
	// Output:
	// Largest gradients: squared gradient norm (nats²) by sample, image, 2 samples from 17 (cross), 3.5, to 4 (bar), 1.25.
}
