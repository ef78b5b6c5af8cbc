package viz_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/primewindow/primewindow/viz"
)

// noisyLosses are losses of two runs of 3000 steps each.
func noisyLosses() viz.LossFigure {
	f := viz.LossFigure{Title: "Training loss", XLabel: "step", YLabel: "cross entropy (nats)"}
	rng := rand.New(rand.NewPCG(1, 1))
	for i, run := range []string{"joint", "inforeg"} {
		s := viz.Series{Name: run + ": loss", Run: run, Modality: "fused"}
		for step := 1; step <= 3000; step++ {
			y := 0.3*float64(1-i) + 1.8*math.Exp(-float64(step)/900) + 0.15*math.Abs(rng.NormFloat64())
			s.Points = append(s.Points, viz.Point{X: float64(step), Y: y})
		}
		f.Series = append(f.Series, s)
	}
	return f
}

func ExampleLoss() {
	f, err := viz.Loss(viz.LossFigure{
		Title: "Training loss", XLabel: "step", YLabel: "cross entropy (nats)",
		Series: []viz.Series{
			{
				Name: "loss", Run: "joint", Modality: "fused",
				Points: []viz.Point{{X: 1, Y: 1.79}, {X: 2, Y: 1.5}, {X: 3, Y: 1.25}},
			},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Text)
	fmt.Println(f.Width, "x", f.Height)
	// Output:
	// Training loss: cross entropy (nats) by step, loss goes from 1.79 at 1 to 1.25 at 3.
	// 760 x 368
}
