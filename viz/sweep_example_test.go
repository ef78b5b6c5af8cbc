package viz_test

import (
	"fmt"
	"math"

	"github.com/primewindow/primewindow/viz"
)

// overK is accuracies over the threshold K of the window test (figure 8 of the paper), beside values printed elsewhere.
func overK() viz.SweepFigure {
	f := viz.SweepFigure{
		Title: "Accuracy over the threshold K", XLabel: "K", YLabel: "accuracy (%)", LogX: true, Percent: true,
		Band: "± 1 sd over 5 seeds", Chosen: &viz.Mark{X: 0.04, Text: "default"},
		Rule: viz.Rule{Y: 0.612, Text: "joint training"},
	}
	ours := viz.Series{Name: "InfoReg, digits", Run: "inforeg", Modality: "fused"}
	theirs := viz.Series{Name: "printed, another set", Run: "printed", Modality: "printed", Hollow: true}
	for i, k := range []float64{0.01, 0.02, 0.04, 0.06, 0.08, 0.1} {
		ours.Points = append(
			ours.Points, viz.Point{X: k, Y: 0.66 - 0.012*math.Abs(float64(i)-2), SE: 0.008 + 0.002*float64(i%3)},
		)
		theirs.Points = append(theirs.Points, viz.Point{X: k, Y: 0.7 - 0.009*math.Abs(float64(i)-2.2)})
	}
	f.Series = []viz.Series{ours, theirs}
	return f
}

func ExampleSweep() {
	f, err := viz.Sweep(viz.SweepFigure{
		Title: "Over β", XLabel: "β", YLabel: "accuracy (%)", Percent: true, Band: "± 1 sd over 5 seeds",
		Chosen: &viz.Mark{X: 0.9, Text: "default"},
		Series: []viz.Series{
			{
				Name: "ours", Run: "ours",
				Points: []viz.Point{
					{X: 0.1, Y: 0.6, SE: 0.02}, {X: 0.5, Y: 0.64, SE: 0.01}, {X: 0.9, Y: 0.66, SE: 0.01},
				},
			},
			{Name: "printed", Run: "printed", Hollow: true, Points: []viz.Point{{X: 0.9, Y: 0.71}}},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Text)
	// Output:
	// Over β: accuracy (%) by β, ours goes from 60% at 0.1 to 66% at 0.9, printed (hollow) is 71% at 0.9; mark at 0.9 default; band: ± 1 sd over 5 seeds.
}
