package viz_test

import (
	"fmt"
	"math"

	"github.com/primewindow/primewindow/viz"
)

// twoRuns are accuracies of two runs: fused, and of either modality alone.
func twoRuns() viz.AccuracyFigure {
	f := viz.AccuracyFigure{Title: "Validation accuracy", XLabel: "epoch", Chance: 1.0 / 6}
	for _, run := range []struct {
		name  string
		final map[string]float64
	}{
		{"joint", map[string]float64{"fused": 0.66, "audio": 0.59, "visual": 0.35}},
		{"inforeg", map[string]float64{"fused": 0.72, "audio": 0.60, "visual": 0.50}},
	} {
		for _, m := range []string{"fused", "audio", "visual"} {
			s := viz.Series{Name: run.name + ": " + m, Run: run.name, Modality: m}
			for e := 2; e <= 30; e += 2 {
				y := 1.0/6 + (run.final[m]-1.0/6)*(1-math.Exp(-float64(e)/7))
				s.Points = append(s.Points, viz.Point{X: float64(e), Y: y, SE: math.Sqrt(y * (1 - y) / 700)})
			}
			f.Series = append(f.Series, s)
		}
	}
	return f
}

func ExampleAccuracy() {
	figure := twoRuns()
	figure.Series = figure.Series[:1]
	f, err := viz.Accuracy(figure)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Text)
	// Output:
	// Validation accuracy: accuracy (%) by epoch, joint: fused goes from 28.93% at 2 to 65.32% at 30; chance is 16.67%.
}
