package viz_test

import (
	"fmt"
	"math"

	"github.com/primewindow/primewindow/viz"
)

// methods are accuracies of one encoder under seven methods, over three seeds each.
func methods() viz.MultiplesFigure {
	f := viz.MultiplesFigure{
		Title: "Accuracy of the picture's encoder by a linear probe", XLabel: "epoch", YLabel: "accuracy (%)",
		Percent:   true,
		Reference: "joint", Modality: "visual", Band: "± 1 standard deviation over 3 seeds",
	}
	for i, name := range []string{"joint", "ogm", "ogm_ge", "pmr", "agm", "inforeg", "slow"} {
		c := viz.Curve{Name: name}
		for e := 1; e <= 30; e++ {
			rate, top := 4+2*float64(i%4), 0.60+0.04*float64(i)
			c.X = append(c.X, float64(e))
			c.Y = append(c.Y, top*(1-0.7*math.Exp(-float64(e)/rate)))
			c.SD = append(c.SD, 0.01+0.05*math.Exp(-float64(e)/10))
		}
		f.Curves = append(f.Curves, c)
	}
	return f
}

// encoderTraces are traces of two methods beside joint training, over a range that only a log axis shows.
func encoderTraces() viz.MultiplesFigure {
	f := viz.MultiplesFigure{
		Title: "Trace of the sound's encoder", XLabel: "epoch", YLabel: "Tr(F) (nats²)", Log: true,
		Reference: "joint", Modality: "audio", Band: "± 1 standard deviation over 3 seeds",
		Definition: "fisher_emp, fused loss, recalibrated",
	}
	for i, name := range []string{"inforeg", "joint", "freeze"} {
		c := viz.Curve{Name: name}
		for e := range 13 {
			y := 200*math.Exp(-float64(e)*0.3*float64(i)) + 2
			c.X, c.Y, c.SD = append(c.X, float64(e)), append(c.Y, y), append(c.SD, 0.3*y)
		}
		f.Curves = append(f.Curves, c)
	}
	return f
}

func ExampleMultiples() {
	f, err := viz.Multiples(viz.MultiplesFigure{
		Title: "Picture alone", XLabel: "epoch", YLabel: "accuracy (%)", Percent: true,
		Reference: "joint", Modality: "visual", Band: "± 1 standard deviation over 3 seeds",
		Curves: []viz.Curve{
			{Name: "joint", X: []float64{1, 2}, Y: []float64{0.25, 0.5}, SD: []float64{0.02, 0.01}},
			{Name: "inforeg", X: []float64{1, 2}, Y: []float64{0.25, 0.625}, SD: []float64{0.02, 0.03}},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Text)
	// Output:
	// Picture alone: accuracy (%) by epoch, joint from 25% at 1 to 50% at 2 (in every panel), inforeg from 25% at 1 to 62.5% at 2.
}
