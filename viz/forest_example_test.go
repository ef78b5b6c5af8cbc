package viz_test

import (
	"fmt"

	"github.com/primewindow/primewindow/viz"
)

// paired is the differences of a method to another of two sets, one of them without runs of one kind.
func paired() viz.ForestFigure {
	return viz.ForestFigure{
		Title: "Does the Fisher test beat slowing the leader?", Label: "difference in accuracy (percentage points)",
		Percent:  true,
		Interval: "95 % t interval, paired over seeds", Less: "slow the leader is better",
		More: "Fisher test is better",
		Rows: []viz.ForestRow{
			{Group: "digits", Name: "accuracy", Modality: "fused", Diff: 0.021, Low: 0.008, High: 0.034, Pairs: 5},
			{Group: "digits", Name: "audio", Modality: "audio", Diff: -0.004, Low: -0.019, High: 0.011, Pairs: 5},
			{Group: "digits", Name: "visual", Modality: "visual", Diff: 0.052, Low: 0.031, High: 0.073, Pairs: 5},
			{Group: "utdmhad", Name: "accuracy", Modality: "fused", Diff: 0.002, Low: -0.016, High: 0.02, Pairs: 5},
			{
				Group: "utdmhad", Name: "skeleton", Modality: "skeleton", Diff: -0.031, Low: -0.046, High: -0.016,
				Pairs: 4,
			},
			{Group: "utdmhad", Name: "inertial", Modality: "inertial", Missing: "no run: seeds 1 to 5 are left to do"},
		},
	}
}

func ExampleForest() {
	f, err := viz.Forest(viz.ForestFigure{
		Title: "InfoReg less joint", Label: "accuracy (percentage points)", Percent: true,
		Interval: "95 % t interval, paired over seeds",
		More:     "InfoReg is better",
		Rows: []viz.ForestRow{
			{Name: "digits", Diff: 0.021, Low: 0.008, High: 0.034, Pairs: 5},
			{Name: "utdmhad", Diff: 0.002, Low: -0.016, High: 0.02, Pairs: 5},
			{Name: "nlvr", NoInterval: "equal with every seed", Pairs: 5},
			{Name: "mosi", Missing: "no runs"},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Text)
	// Output:
	// InfoReg less joint: accuracy (percentage points), 95 % t interval, paired over seeds; digits +2.1 [+0.8, +3.4] points, InfoReg is better (5 pairs); utdmhad +0.2 [-1.6, +2.0] points, holds 0 (5 pairs); nlvr 0.0 points, equal with every seed (5 pairs); no value of mosi: no runs.
}
