package workbench

import (
	"errors"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/internal/wire"
)

// TestReproductionPoint: which run is meant, and why there is none.
func TestReproductionPoint(t *testing.T) {
	r := madeReproduction()
	for _, tt := range []struct {
		arm           string
		seed          int
		epoch         int
		message, hint string
		reason        string
	}{
		{"Joint", 1, 5, "", "", "the epoch that was chosen"},
		{"AGM", 1, 0, "has no result: step 7 was not taken", "another seed", "a hole has no point"},
		{"AGM", 2, 0, "was not run with seed 2", "its runs: 2", "two seeds"},
		{"PMR", 0, 0, "was not run with seed 0", "its runs: 0", "refused as a whole"},
		{"Jiont", 0, 0, `no arm "Jiont"`, "the arms are Joint, OGM", "letters exchanged"},
	} {
		run, err := r.pointOf(tt.arm, tt.seed)
		p, refused := errors.AsType[*Problem](err)
		if refused != (tt.message != "") || refused && (!strings.Contains(
			p.Message, tt.message,
		) || !strings.Contains(p.Hint, tt.hint)) {
			t.Errorf("%s, seed %d: %v, want %q\nreason: %s", tt.arm, tt.seed, err, tt.message, tt.reason)
		}
		if !refused && run.Epoch != tt.epoch {
			t.Errorf("%s, seed %d: epoch %d, want %d\nreason: %s", tt.arm, tt.seed, run.Epoch, tt.epoch, tt.reason)
		}
	}
}

// TestReproductionBeside: the larger difference is said, a readout of one side alone is a hole, the macro F1 is told
// from the accuracy and the cross entropy of the same readout, and another epoch is said.
func TestReproductionBeside(t *testing.T) {
	r := madeReproduction()
	fused, linear, f1 := wire.Quantity{Encoder: "fused", Readout: "head"},
		wire.Quantity{Encoder: "visual", Readout: "linear"}, wire.Quantity{Encoder: "fused", Readout: "macro_f1"}
	then := wire.ReproducedRun{
		RunOutcome: wire.RunOutcome{
			Seed: 1, Epoch: 5,
			Accuracies: []wire.NamedAccuracy{
				{Quantity: fused, Value: 0.75}, {Quantity: linear, Value: 0.5}, {Quantity: f1, Value: 0.7},
			},
		},
	}
	now := []Record{
		{Kind: "cross_entropy", Encoder: "fused", Readout: "head", Value: 0.9},
		{Kind: Accuracy, Encoder: "fused", Readout: "head", Value: 0.7475},
		{Kind: MacroF1, Encoder: "fused", Readout: "head", Value: 0.699},
	}
	text := r.beside("Joint", then, Status{Epoch: 5}, now).Text()
	for _, want := range []string{
		"Joint, seed 1: accuracy in percent on the test split of digits after 5 epochs", "74.75", "75.00", "-", "50.00",
		"macro F1       69.90  70.00", "Largest difference: 0.25 percentage points.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("text lacks %q:\n%s", want, text)
		}
	}
	if text := r.beside("Joint", then, Status{Epoch: 4}, now).Text(); !strings.Contains(text, "Now after 4 epochs") ||
		strings.Contains(text, "Largest") {
		t.Errorf("another epoch is not said:\n%s", text)
	}
	t.Setenv("PRIMEWINDOW_SMOKE", "1")
	if text := r.beside("Joint", then, Status{Epoch: 1}, now).Text(); !strings.Contains(text, "Smoke size") ||
		strings.Contains(text, "Largest") {
		t.Errorf("made data is compared with a record:\n%s", text)
	}
}

// TestReproductionLive: the cell trains to the point and measures the record's split.
func TestReproductionLive(t *testing.T) {
	f := startFake(t)
	stdout, stderr, status := runCell(t, "a point live")
	if status != 0 || !strings.Contains(stdout, "on record") || !strings.Contains(stdout, "75.00  70.00") {
		t.Errorf("status %d, stdout\n%s\nstderr %s", status, stdout, stderr)
	}
	want := `evaluate {"split":"test"}`
	if calls := strings.Join(f.calls(), "\n"); !strings.Contains(calls, want) ||
		!strings.Contains(calls, `{"to_epoch":3}`) {
		t.Errorf("calls lack %s or the epoch 3:\n%s", want, calls)
	}
}
