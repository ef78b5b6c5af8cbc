package viz_test

import (
	"fmt"

	"github.com/primewindow/primewindow/viz"
)

// training is what a reader watches while one run trains.
func training() viz.LiveFigure {
	loss, traces, accuracies := noisyLosses(), twoTraces(), twoRuns()
	f := viz.LiveFigure{
		Loss: loss.Series[:1], Trace: traces.Series, Accuracy: accuracies.Series[:3], Windows: traces.Windows,
	}
	f.Loss[0].Name = "loss"
	for i := range f.Accuracy {
		f.Accuracy[i].Name = f.Accuracy[i].Modality
	}
	return f
}

func ExampleLive() {
	figure := training()
	figure.Trace, figure.Accuracy, figure.Windows = nil, nil, nil // before the first epoch has ended
	f, err := viz.Live(figure)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Text)
	// Output:
	// loss (nats) by step, loss goes from 2.234 at 1 to 0.551 at 3000.
}
