package holm

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/primewindow/primewindow/internal/wire"
)

func TestAdjust(t *testing.T) {
	for _, tt := range []struct {
		name   string
		p      []float64
		k      int
		want   []float64
		reason string
	}{
		{"none", nil, 0, []float64{}, "nothing was compared"},
		{"one", []float64{0.04}, 1, []float64{0.04}, "a single comparison needs no correction"},
		{
			"four", []float64{0.01, 0.04, 0.03, 0.005}, 4, []float64{0.03, 0.06, 0.06, 0.02},
			"0.005·4, 0.01·3, 0.03·2, and 0.04·1, which may not be below the one before",
		},
		{
			"two without p", []float64{0.01, 0.04, 0.03, 0.005}, 6, []float64{0.05, 0.12, 0.12, 0.03},
			"·6, ·5, ·4 and ·3: they were compared as well",
		},
		{"large", []float64{0.9, 0.6, 0.7}, 3, []float64{1, 1, 1}, "never above 1"},
		{"ties", []float64{0.02, 0.02}, 2, []float64{0.04, 0.04}, "0.02·2, and 0.02·1 raised to it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Adjust(tt.p, tt.k), cmpopts.EquateApprox(0, 1e-12)); diff != "" {
				t.Errorf("Adjust(%v, %d) (-want +got)\n%s\nreason: %s", tt.p, tt.k, diff, tt.reason)
			}
		})
	}
}

// TestCorrect: the fused accuracy is a family of its own, whatever else was looked at.
func TestCorrect(t *testing.T) {
	fused := wire.Quantity{Encoder: "fused", Readout: "head"}
	audio, f1 := wire.Quantity{Encoder: "audio", Readout: "linear"},
		wire.Quantity{Encoder: "fused", Readout: wire.MacroF1}
	made := func() []*wire.Difference {
		return []*wire.Difference{
			{Quantity: fused, P: new(0.02)}, {Quantity: audio, P: new(0.001)}, {Quantity: f1, P: new(0.03)},
			{Quantity: fused, P: new(0.01)}, {Quantity: audio}, {Quantity: fused, Holm: new(0.5)},
		}
	}
	want := []wire.Difference{ // by hand: fused 0.01·3 and 0.02·2; the others 0.001·3 and 0.03·2
		{Quantity: fused, P: new(0.02), Holm: new(0.04), Family: wire.FamilyPrimary, FamilySize: 3},
		{Quantity: audio, P: new(0.001), Holm: new(0.003), Family: wire.FamilySecondary, FamilySize: 3},
		{Quantity: f1, P: new(0.03), Holm: new(0.06), Family: wire.FamilySecondary, FamilySize: 3},
		{Quantity: fused, P: new(0.01), Holm: new(0.03), Family: wire.FamilyPrimary, FamilySize: 3},
		{Quantity: audio, Family: wire.FamilySecondary, FamilySize: 3},
		{Quantity: fused, Family: wire.FamilyPrimary, FamilySize: 3},
	}
	check := func(list []*wire.Difference, want []wire.Difference) {
		t.Helper()
		var got []wire.Difference
		for _, d := range list {
			got = append(got, *d)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-12)); diff != "" { // products of two numbers
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
	list := made()
	Correct(list)
	check(list, want)
	Correct(list) // again, over what is there
	check(list, want)
	CorrectTogether(list)
	// 0.001·6, 0.01·5, 0.02·4, 0.03·3
	for i, holm := range []*float64{new(0.08), new(0.006), new(0.09), new(0.05), nil, nil} {
		want[i].Holm, want[i].Family, want[i].FamilySize = holm, "", 0
	}
	check(list, want)
}
