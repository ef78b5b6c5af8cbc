package viz_test

import (
	"fmt"
	"math"

	"github.com/primewindow/primewindow/viz"
)

// shares is the share of the trace that each layer of two encoders carries.
func shares() viz.BarsFigure {
	f := viz.BarsFigure{
		Title: "Which layers carry the trace, epoch 4, joint", Label: "share of the encoder's trace (%)", Percent: true,
	}
	layers := []string{
		"conv1", "layer1.0.conv1", "layer1.0.conv2", "layer2.0.conv1", "layer2.0.conv2", "layer3.0.conv1",
		"layer4.0.conv1", "head",
	}
	for i, m := range []string{"audio", "visual"} {
		for j, l := range layers {
			v := 0.24 * math.Exp(-math.Pow(float64(j-2-2*i)/2.4, 2))
			f.Bars = append(
				f.Bars,
				viz.Bar{
					Name: l, Modality: m, Value: v, SE: 0.01 + 0.06*v,
					Definition: "fisher_emp, fused loss, recalibrated",
				},
			)
		}
	}
	return f
}

// layerTraces is the trace of each layer of one encoder, over five orders of magnitude.
func layerTraces() viz.BarsFigure {
	f := viz.BarsFigure{Title: "Trace of each layer, epoch 4, joint", Label: "Tr(F) (nats²)", Log: true}
	for i := range 10 {
		v := 300 * math.Exp(-1.2*float64(i))
		f.Bars = append(
			f.Bars, viz.Bar{Name: fmt.Sprintf("block%d", i), Modality: "audio", Value: v, SE: v * 0.08 * float64(i)},
		)
	}
	return f
}

func ExampleBars() {
	f, err := viz.Bars(viz.BarsFigure{
		Title: "Which layers carry the trace", Label: "share of the encoder's trace (%)", Percent: true,
		Bars: []viz.Bar{
			{Name: "conv1", Modality: "audio", Value: 0.125}, {Name: "head", Modality: "audio", Value: 0.875},
			{Name: "conv1", Modality: "visual", Value: 0.75}, {Name: "head", Modality: "visual", Value: 0.25},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Text)
	// Output:
	// Which layers carry the trace: share of the encoder's trace (%), audio 2 bars from head, 87.5%, to conv1, 12.5%, visual 2 bars from conv1, 75%, to head, 25%.
}
