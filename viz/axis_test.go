package viz

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/viz/page"
)

func TestTicks(t *testing.T) {
	for _, tt := range []struct {
		name   string
		axis   page.Axis
		count  int
		want   []string
		reason string
	}{
		{
			"epochs", page.Axis{From: 0.6, To: 20.4}, 7, []string{"5", "10", "15", "20"},
			"19.8/7 is 2.8, next nice step 5",
		},
		{
			"halves", page.Axis{From: 0, To: 2.6}, 6, []string{"0.0", "0.5", "1.0", "1.5", "2.0", "2.5"},
			"one decimal for all",
		},
		{"whole", page.Axis{From: 0.5, To: 2.5, Whole: true}, 8, []string{"1", "2"}, "no half epochs"},
		{"negative", page.Axis{From: -1.1, To: 1.1}, 4, []string{"-1", "0", "1"}, "zero has no sign"},
		{
			"percent", page.Axis{From: 0.13, To: 0.78, Percent: true}, 7,
			[]string{"20%", "30%", "40%", "50%", "60%", "70%"}, "fractions as percentages",
		},
		{
			"fine percent", page.Axis{From: 0.5, To: 0.512, Percent: true}, 6,
			[]string{"50.0%", "50.2%", "50.4%", "50.6%", "50.8%", "51.0%", "51.2%"}, "a decimal where steps need one",
		},
		{
			"large", page.Axis{From: 1e6, To: 1e6 + 10}, 5,
			[]string{"1000000", "1000002", "1000004", "1000006", "1000008", "1000010"},
			"digits enough to tell steps apart",
		},
		{"small", page.Axis{From: 0, To: 2.2e-5}, 2, []string{"0", "2e-05"}, "exponents below 1e-4"},
		{
			"decades", page.Axis{From: 0.5, To: 2e4, Log: true}, 7, []string{"1", "10", "100", "1000", "10000"},
			"4.6 decades have room for powers only",
		},
		{"one decade", page.Axis{From: 3, To: 60, Log: true}, 7, []string{"5", "10", "20", "50"}, "room for 2 and 5"},
		{
			"three decades, little room", page.Axis{From: 0.04, To: 50, Log: true}, 2, []string{"0.1", "1", "10"},
			"every second power would leave 1 alone, and round numbers none below 20",
		},
		{
			"within a decade", page.Axis{From: 1.1, To: 1.9, Log: true}, 4, []string{"1.2", "1.4", "1.6", "1.8"},
			"fewer than two of 1, 2, 5: linear steps",
		},
		{
			"many decades", page.Axis{From: 1e-12, To: 1e12, Log: true}, 4,
			[]string{"1e-12", "1e-06", "1", "1e+06", "1e+12"}, "every sixth",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.axis.SetTicks(tt.count)
			var got []string
			for _, tick := range tt.axis.Ticks {
				// a rounded end
				if tick.Value < tt.axis.From*(1-1e-12)-1e-12 || tick.Value > tt.axis.To*(1+1e-12)+1e-12 {
					t.Errorf("tick %v outside %v to %v", tick.Value, tt.axis.From, tt.axis.To)
				}
				if tick.Label != "" {
					got = append(got, tick.Label)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("ticks of %v to %v: (-want +got)\n%s\nreason: %s", tt.axis.From, tt.axis.To, diff, tt.reason)
			}
		})
	}
}

// TestXTicks holds the labels of a horizontal axis to a number that can be read off, and that fits.
func TestXTicks(t *testing.T) {
	at := func(log bool, xs ...float64) *page.Panel {
		s := Series{Name: "a"}
		for _, x := range xs {
			s.Points = append(s.Points, Point{X: x, Y: 1})
		}
		p := LinePanel{Series: []Series{s}, LogX: log}
		return p.panel(page.NewStyles(nil, p.Series), p.width)
	}
	for _, tt := range []struct {
		name   string
		panel  *page.Panel
		width  float64
		want   []string
		reason string
	}{
		{
			"narrow", at(false, 1, 30), 230, []string{"10", "20", "30"},
			"30/3 is just over 10; one label at 20 would leave no scale to read",
		},
		{"long labels", at(false, 1, 3e12), 150, []string{"0", "2e+12"}, "a finer step would have no room"},
		{"batches", at(true, 8, 16, 32, 64), 300, []string{"8", "16", "32", "64"}, "what was measured"},
		{"close", at(true, 8, 9, 10, 64), 300, []string{"10", "20", "50"}, "labels of 8 and 9 would touch"},
		{
			"many", at(true, 1, 2, 3, 4, 5, 6, 7, 100), 300, []string{"1", "10", "100"},
			"more than there is room for: powers of ten",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.panel.Spread()
			tt.panel.SetXTicks(tt.width)
			var got []string
			for _, tick := range tt.panel.X.Ticks {
				if tick.Label != "" {
					got = append(got, tick.Label)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("ticks: (-want +got)\n%s\nreason: %s", diff, tt.reason)
			}
		})
	}
}

func TestPlace(t *testing.T) {
	for _, tt := range []struct {
		axis   page.Axis
		v      float64
		want   float64
		reason string
	}{
		{page.Axis{From: 2, To: 4}, 3, 0.5, "half way"},
		{page.Axis{From: 1, To: 100, Log: true}, 10, 0.5, "half way in ratio"},
		{page.Axis{From: -1e300, To: 1e300}, 0, 0.5, "differences near the limit are finite"},
	} {
		got := tt.axis.Place(tt.v)
		if math.Abs(got-tt.want) > 1e-12 { // logarithms of numbers up to 100
			t.Errorf(
				"place of %v from %v to %v is %v, want %v; reason: %s", tt.v, tt.axis.From, tt.axis.To, got, tt.want,
				tt.reason,
			)
		}
		if back := tt.axis.At(got); math.Abs(back-tt.v) > 1e-12*max(1, math.Abs(tt.v)) {
			t.Errorf("at(place(%v)) = %v", tt.v, back)
		}
	}
}

func TestWordWith(t *testing.T) {
	for _, tt := range []struct {
		axis   page.Axis
		v, se  float64
		want   string
		reason string
	}{
		{page.Axis{}, 12.3456, 0, "12.35", "no error: four digits"},
		{page.Axis{}, 12.3456, 0.0234, "12.346 ± 0.023", "to the error's second digit"},
		{page.Axis{}, 1234.56, 23.4, "1235 ± 23", "no decimals"},
		{page.Axis{}, 1234.56, 234, "1235 ± 234", "whole numbers at least"},
		{page.Axis{Percent: true}, 0.20169, 0.02209, "20.2 ± 2.2%", "a fraction in percent"},
		{page.Axis{}, 2e8, 3.21e7, "2e+08 ± 3.2e+07", "too long in full"},
		{page.Axis{}, 2e-8, 3.21e-9, "2e-08 ± 3.2e-09", "too long in full"},
	} {
		if got := tt.axis.WordWith(tt.v, tt.se); got != tt.want {
			t.Errorf("wordWith(%v, %v) = %q, want %q; reason: %s", tt.v, tt.se, got, tt.want, tt.reason)
		}
	}
}

func TestPad(t *testing.T) {
	for _, tt := range []struct {
		name   string
		in     page.Reach
		log    bool
		want   page.Reach
		reason string
	}{
		{"wide", page.Reach{Low: 0, High: 100}, false, page.Reach{Low: -2, High: 102}, "a fiftieth either side"},
		{"single", page.Reach{Low: 5, High: 5}, false, page.Reach{Low: 4.5, High: 5.5}, "half a unit either side"},
		{
			"single large", page.Reach{Low: 100, High: 100}, false, page.Reach{Low: 90, High: 110},
			"a tenth of the value",
		},
		{"denormal", page.Reach{Low: 0, High: 5e-324}, false, page.Reach{Low: -0.5, High: 0.5}, "too narrow to divide"},
		{"log single", page.Reach{Low: 11, High: 11}, true, page.Reach{Low: 10, High: 12.1}, "a tenth either way"},
		{
			"log extreme", page.Reach{Low: 1e-300, High: 1e300}, true, page.Reach{Low: 1e-301, High: 1e301},
			"the ratio overflows: a factor of ten",
		},
	} {
		got := tt.in.Pad(0.02)
		if tt.log {
			got = tt.in.PadLog(0.02)
		}
		for i, pair := range [][2]float64{{got.Low, tt.want.Low}, {got.High, tt.want.High}} {
			if math.Abs(pair[0]-pair[1]) > 1e-12*math.Abs(pair[1]) { // one product
				t.Errorf("%s: end %d is %v, want %v; reason: %s", tt.name, i, pair[0], pair[1], tt.reason)
			}
		}
	}
}
