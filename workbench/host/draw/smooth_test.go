package draw

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// grown is a record of a joint run of ten steps an epoch, with a window test every so many of them, whose trace begins
// high and then grows from far below a floor of a tenth.
func grown(every int) record.Recorded {
	rec := record.Recorded{
		Status: wire.Status{
			Name: "r", Modalities: []string{"audio"}, Step: 24 * every, StepsPerEpoch: 10, StepsPerTest: every,
			Settings: map[string]any{},
		},
		Declared: setting.Values{
			"probe_bn": "eval", "probe_params": "", "batch": 4.0, setting.WindowEvery: fmt.Sprintf("%d steps", every),
		},
	}
	for at := 1; at <= 24; at++ {
		rec.History.Probes = append(rec.History.Probes, wire.Record{
			Step: at * every, Kind: inforeg.KindFisherEmp, Encoder: "audio", Loss: inforeg.LossFused, BN: "eval",
			Value: math.Pow(60, float64(at)/24),
		})
	}
	rec.History.Probes[0].Value = 1000
	return rec
}

// TestSmoothWindows: means have the windows that figures of several seeds draw of the same trace, and titles say over
// what they are taken.
func TestSmoothWindows(t *testing.T) {
	for _, tt := range []struct {
		every int
		title string
	}{{10, "mean over 10 epochs"}, {5, "mean over 10 tests, one every 0.5 epochs"}} {
		rec := grown(tt.every)
		f, err := smoothPanels(rec)
		if err != nil {
			t.Fatal(err)
		}
		rule, step := rec.Rule(), float64(tt.every)/10
		if rule.Floor == 0 {
			t.Fatal("the run's own test has no floor: nothing is seen")
		}
		c := wire.ReproducedCurve{
			Quantity: "fisher_emp audio", Test: &wire.WindowTest{Every: step, K: rule.K, Floor: rule.Floor},
		}
		for at, p := range rec.History.Probes {
			c.Epochs, c.Values = append(c.Epochs, float64(at+1)*step), append(c.Values, p.Value)
		}
		arm := wire.ReproducedArm{Runs: []wire.ReproducedRun{{Curves: []wire.ReproducedCurve{c}}}}
		for i, padded := range []bool{false, false, true} {
			width := 1
			if i > 0 {
				width = inforeg.ReleasedSmoothing
				if title := f.Panels[i].Title; !strings.HasPrefix(title, tt.title) {
					t.Errorf("title %q, want %q", title, tt.title)
				}
			}
			seeds, err := drawing{}.seedIntervals(arm, c.Quantity, width, padded)
			if err != nil {
				t.Fatal(err)
			}
			var got, want []interval
			for _, w := range f.Panels[i].Windows {
				got = append(got, interval{w.From, w.To, w.Uncertain})
			}
			for _, in := range seeds[0] { // by interval: those that touch are one window
				if n := len(want); n > 0 && math.Abs(want[n-1].to-in.from) < 1e-9 {
					want[n-1].to = in.to
					continue
				}
				want = append(want, in)
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(interval{})); diff != "" || i > 0 && len(got) == 0 {
				t.Errorf("every %d steps, panel %d, windows (-of seeds +drawn)\n%s", tt.every, i, diff)
			}
		}
	}
}

// TestFigureOfOneRun: a figure of one run refuses several, and names them; it drew the first without a word.
func TestFigureOfOneRun(t *testing.T) {
	one, other := grown(10), grown(10)
	other.Status.Name = "other"
	for _, kind := range []string{"smooth", "layers", "cosine"} {
		_, err := Recorded(kind, []record.Recorded{one, other})
		p, ok := errors.AsType[*wire.Problem](err)
		if !ok || p.Message != kind+" of r, other: the figure is of one run" || p.Hint != "draw one run at a time" {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// TestShortRiseErrors: paired errors of rises are taken where a record has none of its last points, which are no tests.
func TestShortRiseErrors(t *testing.T) {
	v := func(x float64) *float64 { return &x }
	c := wire.ReproducedCurve{
		Epochs: []float64{1, 2, 3, 4, 5}, Values: []float64{1, 2, 3, 4, 5},
		SE:   []*float64{v(1), v(1), v(1), v(1), v(1)},
		Test: &wire.WindowTest{Every: 2, K: 0.04}, RiseSE: []*float64{nil, nil, nil, v(0.125)},
	}
	want := []float64{math.NaN(), math.NaN(), 0.125}
	if diff := cmp.Diff(want, riseErrorsOf(c), cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("by interval (-want +got)\n%s", diff)
	}
}
