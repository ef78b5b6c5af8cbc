package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/sweep"
)

// madeComparison is a comparison with made numbers of three methods.
func madeComparison() wire.Compared {
	fused, audio := wire.Quantity{Encoder: "fused", Readout: "head"}, wire.Quantity{Encoder: "audio", Readout: "linear"}
	return wire.Compared{
		Schema: 2, Data: "digits", Split: "test", Samples: 200, Select: sweep.SelectVal, Seeds: 3, Baseline: "ogm",
		Comparisons: 4,
		Methods: []wire.MethodResult{
			{
				Method: "ogm", Settings: map[string]any{"batch": 16.0, "alpha": 0.3},
				Accuracies: []wire.Summary{
					{Quantity: fused, Mean: 0.7, SD: new(0.01), Seeds: 3},
					{Quantity: audio, Mean: 0.5, SD: new(0.02), Seeds: 3},
				},
			},
			{
				Method: "inforeg", Settings: map[string]any{"batch": 16.0},
				Accuracies: []wire.Summary{
					{Quantity: fused, Mean: 0.75, SD: new(0.0125), Seeds: 2},
					{Quantity: audio, Mean: 0.525, SD: new(0.02), Seeds: 2},
				},
				Differences: []wire.Difference{
					{
						Quantity: fused, Mean: 0.05, Low: new(0.01), High: new(0.09), P: new(0.00025),
						Holm: new(0.0005), Excludes0: true, Seeds: 2, Family: "primary", FamilySize: 2,
					},
					{
						Quantity: audio, Mean: -0.025, Low: new(-0.05), High: new(0.0), P: new(0.05), Holm: new(0.1),
						Seeds: 2, Family: "secondary", FamilySize: 2,
					},
				},
			},
			{
				Method: "agm", Settings: map[string]any{"batch": 16.0},
				Accuracies: []wire.Summary{{Quantity: fused, Mean: 0.71, SD: new(0.01), Seeds: 3}},
				Differences: []wire.Difference{
					{Quantity: fused, Mean: 0.01, Seeds: 3, Family: "primary", FamilySize: 2},
					{Quantity: audio, Mean: 0.1, Seeds: 1, Family: "secondary", FamilySize: 2},
				},
			},
		},
		Runs: []wire.RunOutcome{
			{Run: "ogm-seed0", Method: "ogm", Epoch: 9}, {Run: "inforeg-seed0", Method: "inforeg", Epoch: 12},
			{Run: "agm-seed0", Method: "agm", Epoch: 7},
			{Run: "ogm-seed1", Method: "ogm", Epoch: 12}, {Run: "inforeg-seed1", Method: "inforeg", Epoch: 12},
			{Run: "agm-seed1", Method: "agm", Epoch: 7},
			{Run: "ogm-seed2", Method: "ogm", Epoch: 8, Warning: "step 3: another machine"},
			{Run: "inforeg-seed2", Method: "inforeg", Missing: "step 3 was not taken"},
			{Run: "agm-seed2", Method: "agm", Epoch: 8},
		},
	}
}

func TestPrintComparison(t *testing.T) {
	want := `Accuracy in percent on the test split of digits (200 samples), mean ± standard deviation over seeds 0 to 2; each run at the epoch of its best fused accuracy on the validation split.

method   seeds   epoch    fused       audio linear
ogm      3       8 to 12  70.0 ± 1.0  50.0 ± 2.0
inforeg  2 of 3  12       75.0 ± 1.2  52.5 ± 2.0
agm      3       7 to 8   71.0 ± 1.0  -

Difference to ogm in percentage points, paired by seed, with its 95 % interval by Student's t. The fused accuracy is the primary readout: the correction accounts for its 2 comparisons over the methods. All other readouts are secondary, a family of their own of 2 comparisons.

method   accuracy      difference  interval        p       p (Holm)  excludes 0  seeds  family
inforeg  fused         +5.00       +1.00 to +9.00  <0.001  <0.001    yes         2      primary, of 2
inforeg  audio linear  -2.50       -5.00 to +0.00  0.05    0.1       no          2      secondary, of 2
agm      fused         +1.00       -               -       -         -           3      primary, of 2
agm      audio linear  +10.00      -               -       -         -           1      secondary, of 2

joint is not among the methods: differences are to ogm, the first of them.
Primary, the fused accuracy: 2 comparisons. The interval excludes 0 for inforeg fused; after Holm's correction for their number p is below 0.05 for inforeg fused. 1 comparison has no interval: the difference is the same with every seed, and nothing is known of its spread.
Secondary, all other readouts: 2 comparisons. The interval excludes 0 for none; after Holm's correction for their number p is below 0.05 for none.
Learning rates were not tuned.
ogm-seed2: step 3: another machine.
inforeg-seed2 has no result: step 3 was not taken.
Settings that are not the default: batch=16.
Settings of ogm alone: alpha=0.3.
`
	var out bytes.Buffer
	if err := printComparison(&out, "text", madeComparison()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(out.String(), "\n")); diff != "" {
		t.Errorf("text (-want +got)\n%s", diff)
	}
	out.Reset()
	if err := printComparison(&out, "csv", madeComparison()); err != nil {
		t.Fatal(err)
	}
	got := strings.Split(out.String(), "\n")
	if row := "digits,test,val,inforeg,fused,head,2,75,1.25,ogm,5,1,9,0.00025,0.0005,true,primary,2,inforeg-seed2: " +
		"step 3 was not taken"; got[3] != row {
		t.Errorf("csv:\n%s\nwant\n%s", got[3], row)
	}
}

// TestPaceLeft: the time left is that of the steps left, by the rate of each method, or by the last rate where a
// method has none yet.
func TestPaceLeft(t *testing.T) {
	runs := []*sweep.Run{
		{Method: "joint", Steps: 100}, {Method: "inforeg", Steps: 100, Done: 50},
		{Method: "joint", Steps: 100, Done: 40},
	}
	p := newPace(&bytes.Buffer{}, runs)
	if got := p.left(); got != "" {
		t.Errorf("before a step: %q, want nothing made up", got)
	}
	p.note(wire.Status{Method: "joint", State: wire.Training, Step: 60, Rate: 2})
	if got, want := p.left(), ", all in 75 s"; got != want { // (40 + 50 + 60)/2
		t.Errorf("in the first run: %q, want %q", got, want)
	}
	p.now, p.step = 1, 50
	p.note(wire.Status{Method: "inforeg", State: wire.Training, Step: 80, Rate: 0.1})
	if got, want := p.left(), ", all in 4 min"; got != want { // 20/0.1 + 60/2 = 230 s
		t.Errorf("in the second run: %q, want %q", got, want)
	}
	if got, want := p.where(), "run 2 of 3, : step 80 of 100"; got != want {
		t.Errorf("where: %q, want %q", got, want)
	}
}

func TestLasting(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0 s": 0, "90 s": 90 * time.Second, "5 min": 5 * time.Minute, "3.5 h": 210 * time.Minute,
	} {
		if got := lasting(d); got != want {
			t.Errorf("lasting(%v) = %q, want %q", d, got, want)
		}
	}
}
