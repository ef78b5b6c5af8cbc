package workbench_test

import (
	"context"
	"errors"
	"fmt"

	wb "github.com/primewindow/primewindow/workbench"
)

// A declaration does no work, so it may stand above every cell.
func ExampleOpen() {
	run := wb.Open("example", wb.Data("synth"), wb.InfoReg(wb.Beta(0.9)), wb.Seed(0))
	fmt.Println(run)
	// Output:
	// example: beta 0.9, data synth, method inforeg, seed 0 (no host knows it yet)
}

// The run that learns nothing, beside which a trace has to be read.
func ExampleLike() {
	run := wb.Open("example", wb.Data("synth"), wb.InfoReg())
	null := wb.Open("example-null", wb.Like(run), wb.LR(0))
	fmt.Println(null)
	// Output:
	// example-null: like example, lr 0 (no host knows it yet)
}

func ExampleRun_Fork() {
	run := wb.Open("example", wb.Data("synth"), wb.InfoReg())
	off := run.Fork("example-off", wb.Epoch(3), wb.Regulate(false))
	fmt.Println(off)
	// Output:
	// example-off: fork of example at epoch 3, regulate false (no host knows it yet)
}

// A program passes a context and looks at the error; the hint says what to do.
func ExampleRun_ToEpochContext() {
	run := wb.Open("no/such/name")
	err := run.ToEpochContext(context.Background(), 3)
	if p, ok := errors.AsType[*wb.Problem](err); ok {
		fmt.Println(p.Message)
		fmt.Println(p.Hint)
	}
	// Output:
	// run name "no/such/name": want 1 to 64 letters, digits, dots, hyphens or underscores
	// begin with a letter or a digit, for example "first"
}

func ExampleArray() {
	a := wb.Array{Shape: []int{2, 3}, Values: []float32{0, 1, 2, 3, 4, 5}}
	fmt.Println(a, a.At(1, 2))
	// Output:
	// array [2 3], from 0 to 5, mean 2.5 5
}

// A record that is committed needs no host: its curves are plain numbers.
func ExampleReadComparisonContext() {
	c, err := wb.ReadComparisonContext(context.Background(), "../notebooks/results/digits")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, curve := range c.Curves("accuracy visual linear") {
		if curve.Name == "joint" || curve.Name == "freeze" {
			last := len(curve.X) - 1
			fmt.Printf(
				"%s: %.1f ± %.1f %% after epoch %v\n", curve.Name, 100*curve.Y[last], 100*curve.SD[last], curve.X[last],
			)
		}
	}
	// Output:
	// joint: 57.1 ± 4.3 % after epoch 12
	// freeze: 66.6 ± 3.9 % after epoch 12
}
