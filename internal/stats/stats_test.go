package stats

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/primewindow/primewindow/internal/wire"
)

func TestDifference(t *testing.T) {
	for _, tt := range []struct {
		name   string
		values []float64
		want   wire.Difference
		reason string
	}{
		{"one to five", []float64{1, 2, 3, 4, 5}, wire.Difference{
			Mean: 3, Low: new(1.036757), High: new(4.963243), P: new(0.013236), Excludes0: true, Seeds: 5,
		},
			"by hand: s = √2.5, s/√5 = 1/√2, t(0.975, 4) = 2.776445; of 4 degrees of freedom P(T > 3√2) has a " +
				"closed form"},
		{"Student's sleep data", []float64{1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, 0.8, 4.6, 1.4}, wire.Difference{
			Mean: 1.58, Low: new(0.7001142), High: new(2.4598858), P: new(0.002833), Excludes0: true, Seeds: 10,
		},
			"R's t.test(sleep$extra[11:20], sleep$extra[1:10], paired = TRUE)"},
		{"two", []float64{0.03, 0.01}, wire.Difference{
			Mean: 0.02, Low: new(0.02 - 0.1270620), High: new(0.02 + 0.1270620), P: new(0.2951672), Seeds: 2,
		},
			"of 1 degree of freedom t(0.975) = tan(0.475π) = 12.70620, P(|T| > 2) = 1 - 2/π·atan(2)"},
		{"below", []float64{-0.03, -0.031, -0.032}, wire.Difference{
			Mean: -0.031, Low: new(-0.031 - 4.302653*0.001/math.Sqrt(3)),
			High: new(-0.031 + 4.302653*0.001/math.Sqrt(3)), P: new(0.00034668), Excludes0: true, Seeds: 3,
		},
			"of 2 degrees of freedom P(|T| > t) = 1 - t/√(2+t²)"},
		{
			"around 0", []float64{-0.01, 0.01, 0.02, -0.02},
			wire.Difference{
				Mean: 0, Low: new(-3.182446 * math.Sqrt(0.001/3) / 2), High: new(3.182446 * math.Sqrt(0.001/3) / 2),
				P: new(1.0), Seeds: 4,
			},
			"a mean of 0 is no evidence at all",
		},
		{"one seed", []float64{0.3}, wire.Difference{Mean: 0.3, Seeds: 1}, "nothing is known of the spread"},
		{
			"all equal", []float64{0.25, 0.25, 0.25}, wire.Difference{Mean: 0.25, Seeds: 3},
			"an interval of length 0 would claim what a coarse accuracy does not show",
		},
		{
			"equal but for rounding", []float64{0.3 - 0.2, 0.2 - 0.1}, wire.Difference{Mean: 0.1, Seeds: 2},
			"0.3-0.2 and 0.2-0.1 differ in the last bit",
		},
		{"the same runs", []float64{0, 0}, wire.Difference{Seeds: 2}, "a method that is switched off"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Difference(wire.Quantity{}, tt.values)
			// the numbers above have six or seven digits
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateApprox(1e-5, 1e-6)); diff != "" {
				t.Errorf("Difference(%v) (-want +got)\n%s\nreason: %s", tt.values, diff, tt.reason)
			}
		})
	}
}

func TestSummarise(t *testing.T) {
	got := Summarise(wire.Quantity{Encoder: "audio", Readout: "split"}, []float64{0.5, 0.7, 0.9})
	if want := (wire.Summary{
		Quantity: wire.Quantity{Encoder: "audio", Readout: "split"}, Mean: 0.7, SD: new(0.2), Seeds: 3,
	}); !cmp.Equal(want, got, cmpopts.EquateApprox(0, 1e-12)) {
		t.Errorf("got %+v with sd %v, want mean 0.7 and sd 0.2: √((0.04+0+0.04)/2)", got, *got.SD)
	}
	if got := Summarise(wire.Quantity{}, []float64{0.5}); got.SD != nil || got.Mean != 0.5 {
		t.Errorf("one value: %+v, want no standard deviation", got)
	}
}

func TestPairs(t *testing.T) {
	mine, other := map[int]float64{2: 0.5, 0: 0.75, 1: 1}, map[int]float64{0: 0.25, 2: 0.25, 3: 1}
	if got := Pairs(mine, other); !cmp.Equal(got, []float64{0.5, 0.25}) {
		t.Errorf("Pairs: %v, want 0.5 of seed 0 and 0.25 of seed 2: seeds 1 and 3 have no partner", got)
	}
	if got := Values(mine); !cmp.Equal(got, []float64{0.75, 1, 0.5}) {
		t.Errorf("Values: %v, want those of seeds 0, 1 and 2", got)
	}
}
