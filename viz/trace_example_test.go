package viz_test

import (
	"fmt"
	"math"

	"github.com/primewindow/primewindow/viz"
)

// twoTraces is a trace that rises early and falls, of two modalities, the second later and lower.
func twoTraces() viz.TraceFigure {
	f := viz.TraceFigure{
		Title: "Fisher trace of each encoder", XLabel: "epoch", YLabel: "Tr(F) (nats²)",
		Windows: []viz.Window{
			{Run: "joint", Modality: "audio", From: 2, To: 6},
			{Run: "joint", Modality: "visual", From: 5, To: 9, Uncertain: true},
		},
		Marks: []viz.Mark{{X: 12, Text: "beta 0.9"}, {X: 14, Text: "learning_rate 0.0002"}},
	}
	for i, m := range []string{"audio", "visual"} {
		s := viz.Series{Name: m, Run: "joint", Modality: m}
		for e := 1; e <= 20; e++ {
			x := float64(e) / float64(4+3*i)
			y := 40 / float64(1+4*i) * x * math.Exp(1-x)
			s.Points = append(s.Points, viz.Point{X: float64(e), Y: y, SE: 0.08 * y})
		}
		f.Series = append(f.Series, s)
	}
	return f
}

func ExampleTrace() {
	f, err := viz.Trace(twoTraces())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Text)
	fmt.Println(f.Spec["$schema"])
	// Output:
	// Fisher trace of each encoder: Tr(F) (nats²) by epoch on a log axis, audio goes from 21.17 at 1 to 3.663 at 20, visual goes from 2.693 at 1 to 3.568 at 20; audio window from 2 to 6; visual window (uncertain) from 5 to 9; mark at 12 beta 0.9; mark at 14 learning_rate 0.0002.
	// https://vega.github.io/schema/vega-lite/v5.json
}
