package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/wire"
)

func TestEpoch(t *testing.T) {
	const why = "made with its labels"
	for _, tt := range []struct{ selection, split, unfit, want string }{
		{"val", "test", "", "each run at the epoch of its best fused accuracy on the validation split"},
		{
			"val", "val", "",
			"each run at the epoch of its best fused accuracy on the validation split itself, which flatters",
		},
		{
			"val", "test", why,
			"each run at the epoch of its best fused accuracy on the validation split, which is unfit for it: made " +
				"with its labels",
		},
		{"last", "test", "", "each run at its last epoch"},
		{
			"last", "test", why,
			"each run at its last epoch, since the validation split is unfit to choose one: made with its labels",
		},
		{
			"test-best", "test", why,
			"each run at the epoch of its best fused accuracy on the test split itself, as in the paper, which " +
				"flatters",
		},
	} {
		if got := Epoch(tt.selection, tt.split, tt.unfit); got != tt.want {
			t.Errorf("Epoch(%q, %q, %q) = %q, want %q", tt.selection, tt.split, tt.unfit, got, tt.want)
		}
	}
}

func TestReproducedRates(t *testing.T) {
	const seeds = ", mean over seeds 0 to 2, equal ones by the cross entropy there"
	trials := func(chosen float64, accuracies ...float64) (list []wire.Trial) {
		for i, v := range accuracies {
			lr := []float64{0.01, 0.03, 0.09}[i]
			tr := wire.Trial{LR: lr, Accuracy: v, Chosen: lr == chosen}
			if v < 0 {
				tr = wire.Trial{LR: lr, Missing: "step 3 was not taken"}
			}
			list = append(list, tr)
		}
		return list
	}
	runs := []wire.ReproducedRun{{}}
	for _, tt := range []struct {
		name string
		rec  wire.Reproduction
		want []string
	}{
		{"tuned",
			wire.Reproduction{Schema: 2, Tuned: true, TuneSeeds: 3, ValSamples: 100, Select: "val",
				Arms: []wire.ReproducedArm{
					{Name: "Joint", LR: 0.03, Trials: trials(0.03, 0.5, 0.7, 0.6), MarginSamples: new(10.0)},
					{
						Name: "OGM", LR: 0.09, Trials: trials(0.09, 0.5, 0.6, 0.61), MarginSamples: new(1.0),
						Saturated: true, Edge: "high",
					},
					{Name: "AGM", LR: 0.01, Trials: trials(0.01, 0.5, -1, -1), Saturated: true, Edge: "low"},
					{
						Name: "PMR", LR: 0.03, Trials: trials(0.03, 0.5, 0.5, -1), MarginSamples: new(0.0),
						Saturated: true,
					},
				}}, []string{
				"Learning rates, by the fused accuracy on the validation split, at each run's best epoch" + seeds +
					": Joint 0.03 of 0.01, 0.03, 0.09; " +
					"OGM 0.09 of 0.01, 0.03, 0.09 (at the edge: a larger one might be better); AGM 0.01 of 0.01, " +
					"0.03 (no result), 0.09 (no result) (at the edge: a smaller one might be better); " +
					"PMR 0.03 of 0.01, 0.03, 0.09 (no result).",
				"Validation is saturated, the choice of the learning rate says little: OGM (1 of 100 samples " +
					"decide), AGM (at most 3 of 100 samples are wrong), PMR (0 of 100 samples decide, the cross " +
					"entropy does).",
			}},
		{"last epoch", wire.Reproduction{
			Schema: 2, Tuned: true, TuneSeeds: 3, Select: "last",
			Arms: []wire.ReproducedArm{{Name: "Joint", LR: 0.03, Trials: trials(0.03, 0.5, 0.7, 0.6)}},
		},
			[]string{
				"Learning rates, by the fused accuracy on the validation split, at each run's last epoch" + seeds +
					": Joint 0.03 of 0.01, 0.03, 0.09.",
			}},
		{"taken from elsewhere", wire.Reproduction{
			Schema: 2, Tuned: true, TuneSeeds: 3, Select: "val",
			Arms: []wire.ReproducedArm{{Name: "Joint", LR: 0.03, RateOf: "Joint"}},
		},
			[]string{
				"Learning rates are those chosen for the methods with their usual settings, by the fused accuracy on " +
					"the validation split, at each run's best epoch" + seeds + ".",
			}},
		{"of schema 1", wire.Reproduction{
			Schema: 1, Tuned: true, Select: "val",
			Arms: []wire.ReproducedArm{{Name: "Joint", LR: 0.09, Trials: trials(0.09, 0.5, 0.7, 0.7)}},
		},
			[]string{
				"Learning rates, by the best fused accuracy on the validation split with seed 0: Joint 0.09 of 0.01, " +
					"0.03, 0.09 (at the edge: a larger one might be better).",
			}},
		{"not tuned", wire.Reproduction{
			Schema: 2, ValSamples: 24, Select: "val", Arms: []wire.ReproducedArm{{Name: "Joint", LR: 0.03, Runs: runs}},
		},
			[]string{"Learning rates were not tuned: all are the set's own, 0.03."}},
		{"as given", wire.Reproduction{
			Schema: 2, ValSamples: 24, Select: "val", Shared: map[string]any{"lr": 0.5},
			Arms: []wire.ReproducedArm{{Name: "Joint", LR: 0.5, Runs: runs}},
		},
			[]string{"Learning rates were not tuned: all are as given, 0.5."}},
		{"unfit", wire.Reproduction{
			Schema: 2, ValSamples: 24, Select: "last", Unfit: "made with its labels",
			Arms: []wire.ReproducedArm{{Name: "Joint", LR: 0.03, Runs: runs}},
		},
			[]string{
				"Learning rates were not tuned, since the validation split is unfit to choose one: all are the set's " +
					"own, 0.03.",
			}},
		{"no validation split", wire.Reproduction{
			Schema: 2, Select: "last", Arms: []wire.ReproducedArm{{Name: "Joint", LR: 0.03, Runs: runs}},
		},
			[]string{
				"Learning rates were not tuned, since there is no validation split: all are the set's own, 0.03.",
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, ReproducedRates(&tt.rec)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestComparedRates(t *testing.T) {
	own, given := wire.MethodResult{Method: "joint", LR: 0.03},
		wire.MethodResult{Method: "ogm", LR: 0.1, Settings: map[string]any{"lr": 0.1}}
	for want, methods := range map[string][]wire.MethodResult{
		"Learning rates were not tuned: 0.03, the set's own.":                          {own, own},
		"Learning rates were not tuned: 0.1, as given.":                                {given, given},
		"Learning rates were not tuned: joint 0.03, the set's own; ogm 0.1, as given.": {own, given},
		"Learning rates were not tuned.": {
			own, {Method: "of an older version"},
		},
	} {
		if got := ComparedRates(&wire.Compared{Methods: methods}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestSaturatedEpochs(t *testing.T) {
	runs := []wire.RunOutcome{
		{Val: new(0.97)}, {Val: new(0.96)}, {Val: new(1.0)}, {}, {Val: new(1.0), Missing: "it diverged"},
	}
	want := "Validation is saturated, the choice of the epoch says little: of 3 runs 2 leave at most 3 of its 100 " +
		"samples to get right."
	if got := SaturatedEpochs("val", 100, runs); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for _, other := range []string{
		SaturatedEpochs("last", 100, runs), SaturatedEpochs("val", 0, runs), SaturatedEpochs("val", 100, runs[1:2]),
	} {
		if other != "" {
			t.Errorf("%q, want nothing: it was not chosen there, the size is not known, or four are left", other)
		}
	}
}

// TestClaims: what is claimed is told family by family, and each counts its own.
func TestClaims(t *testing.T) {
	fused, audio := wire.Primary, wire.Quantity{Encoder: "audio", Readout: "linear"}
	c := Upgraded(wire.Compared{Schema: 1, Seeds: 3, Baseline: "joint", Comparisons: 4, Methods: []wire.MethodResult{
		{Method: "joint"},
		{
			Method: "ogm",
			Differences: []wire.Difference{
				{Quantity: fused, P: new(0.02), Holm: new(0.08), Excludes0: true, Seeds: 3},
				{Quantity: audio, P: new(0.03), Holm: new(0.08), Excludes0: true, Seeds: 3},
			},
		},
		{
			Method: "agm",
			Differences: []wire.Difference{
				{Quantity: fused, Seeds: 3}, {Quantity: audio, P: new(0.5), Holm: new(1.0), Seeds: 3},
			},
		},
	}})
	text := strings.Join(Claims(&c), "\n")
	for _, want := range []string{ // .02·2 and .03·2; over all four both were .08
		"Primary, the fused accuracy: 2 comparisons. The interval excludes 0 for ogm fused; after Holm's correction " +
			"for their number p is below 0.05 for ogm fused. 1 comparison has no interval",
		"Secondary, all other readouts: 2 comparisons. The interval excludes 0 for ogm audio linear; after Holm's " +
			"correction for their number p is below 0.05 for none.",
		OldFamilies,
	} {
		if want == OldFamilies && strings.Count(text, want) != 1 || !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if want := "The fused accuracy is the primary readout: the correction accounts for its 2 comparisons over the " +
		"methods. All other readouts are secondary, a family of their own of 2 comparisons."; Families(
		Differences(&c),
	) != want {
		t.Errorf("%q, want %q", Families(Differences(&c)), want)
	}
	audioName := audio.String()
	if Column(fused, "fused", 3) != "fused, primary" || Column(fused, "fused", 0) != "fused" ||
		Column(audio, audioName, 3) != audioName {
		t.Error("want the fused accuracy marked as the primary readout where it is compared, and no other")
	}
	if Families(nil) != "" {
		t.Error("of no differences something is said of families")
	}
}
