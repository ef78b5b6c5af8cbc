package tune

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/primewindow/primewindow/internal/wire"
)

func TestRates(t *testing.T) {
	got := Rates([]wire.Trial{
		{LR: 0.03, Accuracy: 0.5, Entropy: 1}, {LR: 0.03, Seed: 1, Accuracy: 0.75, Entropy: 2},
		{LR: 0.01, Accuracy: 0.9}, {LR: 0.01, Seed: 1, Missing: wire.NotTrained},
		{LR: 0.09, Accuracy: 0.9}, {LR: 0.09, Seed: 1, Missing: "step 3 was not taken"},
		{LR: 0.09, Seed: 2, Missing: wire.NotTrained},
	})
	want := []Rate{
		{LR: 0.01, Open: true, Seeds: 2}, {LR: 0.03, Accuracy: 0.625, Entropy: 1.5, Seeds: 2},
		{LR: 0.09, Failed: "step 3 was not taken", Seeds: 3},
	}
	if diff := cmp.Diff(want[1], got[1]); diff != "" {
		t.Errorf("over two seeds (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Rate{}, "Accuracy", "Entropy")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestChoose(t *testing.T) {
	ok := func(accuracy, entropy float64) Rate { return Rate{Accuracy: accuracy, Entropy: entropy} }
	failed, open := Rate{Accuracy: 1, Failed: "it diverged"}, Rate{Accuracy: 1, Open: true}
	for _, tt := range []struct {
		name   string
		rates  []Rate
		best   int
		edge   string
		reason string
	}{
		{"inside", []Rate{ok(0.5, 1), ok(0.75, 1), ok(0.5, 1)}, 1, "", "nothing to continue"},
		{"lowest", []Rate{ok(0.75, 1), ok(0.5, 1)}, 0, EdgeLow, "a lower one may be better"},
		{"highest", []Rate{ok(0.5, 1), ok(0.75, 1)}, 1, EdgeHigh, "a higher one may be better"},
		{"highest that does not diverge", []Rate{ok(0.5, 1), ok(0.75, 1), failed}, 1, "", "beyond it runs fail"},
		{"lowest beside a failed one", []Rate{failed, ok(0.75, 1), ok(0.5, 1)}, 1, "", "below it runs fail"},
		{"equal", []Rate{ok(0.5, 1), ok(0.75, 1), ok(0.75, 0.5), ok(0.5, 1)}, 2, "", "the lower cross entropy"},
		{
			"equal but for rounding", []Rate{ok(0.5, 1), ok(0.1+0.2, 0.5), ok(0.3, 1)}, 0, EdgeLow,
			"the best is elsewhere",
		},
		{
			"sums that differ in their last bit", []Rate{ok(0.3, 0.5), ok(0.1+0.2, 1)}, 0, EdgeLow,
			"0.1+0.2 is above 0.3 by rounding alone: cross entropy decides",
		},
		{"all failed", []Rate{failed, failed}, -1, EdgeLow, "rates that diverge are too high"},
		{"open ones do not count", []Rate{ok(0.5, 1), open, ok(0.75, 1), open}, 2, "", "they are to be trained first"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if best, edge := Choose(tt.rates); best != tt.best || edge != tt.edge {
				t.Errorf("place %d, edge %q, want %d, %q\nreason: %s", best, edge, tt.best, tt.edge, tt.reason)
			}
		})
	}
}

func TestMargin(t *testing.T) {
	rates := func(list ...float64) (out []Rate) {
		for _, v := range list {
			out = append(out, Rate{Accuracy: v})
		}
		return out
	}
	for _, tt := range []struct {
		name      string
		rates     []Rate
		best, n   int
		margin    *float64
		saturated bool
		reason    string
	}{
		{"clear", rates(0.5, 0.75, 0.6), 1, 100, new(15.0), false, "fifteen of a hundred"},
		{"three samples", rates(0.5, 0.75, 0.72), 1, 100, new(3.0), true, "not more than three"},
		{
			"a third more", rates(0.75, 0.72-1./300), 0, 100, new(10. / 3), false,
			"three seeds of a hundred samples, one of them right once less",
		},
		{"nearly all right", rates(0.97, 0.5), 0, 100, new(47.0), true, "three are left"},
		{"four left", rates(0.96, 0.5), 0, 100, new(46.0), false, "four are left"},
		{
			"one rate", append(rates(0.5), Rate{Accuracy: 1, Failed: "it diverged"}), 0, 100, nil, false,
			"nothing to be ahead of",
		},
		{"size unknown", rates(1, 0.5), 0, 0, nil, false, "a record of an older version"},
		{"none", rates(), -1, 100, nil, false, "nothing was chosen"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			margin, saturated := Margin(tt.rates, tt.best, tt.n)
			// products of shares with whole numbers are rounded
			if diff := cmp.Diff(tt.margin, margin, cmpopts.EquateApprox(0, 1e-9)); diff != "" ||
				saturated != tt.saturated {
				t.Errorf(
					"saturated %v, want %v, margin (-want +got)\n%s\nreason: %s", saturated, tt.saturated, diff,
					tt.reason,
				)
			}
		})
	}
	if Saturated(0.96, 100) || !Saturated(0.97, 100) || Saturated(1, 0) {
		t.Error("Saturated: want 97 of 100 and not 96, and nothing of a split of unknown size")
	}
}
