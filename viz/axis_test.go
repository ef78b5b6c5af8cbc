package viz

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTicks(t *testing.T) {
	for _, tt := range []struct {
		name   string
		axis   axis
		count  int
		want   []string
		reason string
	}{
		{"epochs", axis{from: 0.6, to: 20.4}, 7, []string{"5", "10", "15", "20"}, "19.8/7 is 2.8, next nice step 5"},
		{"halves", axis{from: 0, to: 2.6}, 6, []string{"0.0", "0.5", "1.0", "1.5", "2.0", "2.5"}, "one decimal for all"},
		{"whole", axis{from: 0.5, to: 2.5, whole: true}, 8, []string{"1", "2"}, "no half epochs"},
		{"negative", axis{from: -1.1, to: 1.1}, 4, []string{"-1", "0", "1"}, "zero has no sign"},
		{"percent", axis{from: 0.13, to: 0.78, percent: true}, 7, []string{"20%", "30%", "40%", "50%", "60%", "70%"}, "fractions as percentages"},
		{"fine percent", axis{from: 0.5, to: 0.512, percent: true}, 6, []string{"50.0%", "50.2%", "50.4%", "50.6%", "50.8%", "51.0%", "51.2%"}, "a decimal where steps need one"},
		{"large", axis{from: 1e6, to: 1e6 + 10}, 5, []string{"1000000", "1000002", "1000004", "1000006", "1000008", "1000010"}, "digits enough to tell steps apart"},
		{"small", axis{from: 0, to: 2.2e-5}, 2, []string{"0", "2e-05"}, "exponents below 1e-4"},
		{"decades", axis{from: 0.5, to: 2e4, log: true}, 7, []string{"1", "10", "100", "1000", "10000"}, "4.6 decades have room for powers only"},
		{"one decade", axis{from: 3, to: 60, log: true}, 7, []string{"5", "10", "20", "50"}, "room for 2 and 5"},
		{"three decades, little room", axis{from: 0.04, to: 50, log: true}, 2, []string{"0.1", "1", "10"}, "every second power would leave 1 alone, and round numbers none below 20"},
		{"within a decade", axis{from: 1.1, to: 1.9, log: true}, 4, []string{"1.2", "1.4", "1.6", "1.8"}, "fewer than two of 1, 2, 5: linear steps"},
		{"many decades", axis{from: 1e-12, to: 1e12, log: true}, 4, []string{"1e-12", "1e-06", "1", "1e+06", "1e+12"}, "every sixth"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.axis.setTicks(tt.count)
			var got []string
			for _, tick := range tt.axis.ticks {
				if tick.value < tt.axis.from*(1-1e-12)-1e-12 || tick.value > tt.axis.to*(1+1e-12)+1e-12 { // a rounded end
					t.Errorf("tick %v outside %v to %v", tick.value, tt.axis.from, tt.axis.to)
				}
				if tick.label != "" {
					got = append(got, tick.label)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("ticks of %v to %v: (-want +got)\n%s\nreason: %s", tt.axis.from, tt.axis.to, diff, tt.reason)
			}
		})
	}
}

// TestXTicks holds the labels of a horizontal axis to a number that can be read off, and that fits.
func TestXTicks(t *testing.T) {
	at := func(log bool, xs ...float64) *panel {
		s := Series{Name: "a"}
		for _, x := range xs {
			s.Points = append(s.Points, Point{X: x, Y: 1})
		}
		p := LinePanel{Series: []Series{s}, LogX: log}
		return p.panel(newStyles(nil, p.Series), p.width)
	}
	for _, tt := range []struct {
		name   string
		panel  *panel
		width  float64
		want   []string
		reason string
	}{
		{"narrow", at(false, 1, 30), 230, []string{"10", "20", "30"}, "30/3 is just over 10; one label at 20 would leave no scale to read"},
		{"long labels", at(false, 1, 3e12), 150, []string{"0", "2e+12"}, "a finer step would have no room"},
		{"batches", at(true, 8, 16, 32, 64), 300, []string{"8", "16", "32", "64"}, "what was measured"},
		{"close", at(true, 8, 9, 10, 64), 300, []string{"10", "20", "50"}, "labels of 8 and 9 would touch"},
		{"many", at(true, 1, 2, 3, 4, 5, 6, 7, 100), 300, []string{"1", "10", "100"}, "more than there is room for: powers of ten"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.panel.spread()
			tt.panel.setXTicks(tt.width)
			var got []string
			for _, tick := range tt.panel.x.ticks {
				if tick.label != "" {
					got = append(got, tick.label)
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
		axis   axis
		v      float64
		want   float64
		reason string
	}{
		{axis{from: 2, to: 4}, 3, 0.5, "half way"},
		{axis{from: 1, to: 100, log: true}, 10, 0.5, "half way in ratio"},
		{axis{from: -1e300, to: 1e300}, 0, 0.5, "differences near the limit are finite"},
	} {
		got := tt.axis.place(tt.v)
		if math.Abs(got-tt.want) > 1e-12 { // logarithms of numbers up to 100
			t.Errorf("place of %v from %v to %v is %v, want %v; reason: %s", tt.v, tt.axis.from, tt.axis.to, got, tt.want, tt.reason)
		}
		if back := tt.axis.at(got); math.Abs(back-tt.v) > 1e-12*max(1, math.Abs(tt.v)) {
			t.Errorf("at(place(%v)) = %v", tt.v, back)
		}
	}
}

func TestWordWith(t *testing.T) {
	for _, tt := range []struct {
		axis   axis
		v, se  float64
		want   string
		reason string
	}{
		{axis{}, 12.3456, 0, "12.35", "no error: four digits"},
		{axis{}, 12.3456, 0.0234, "12.346 ± 0.023", "to the error's second digit"},
		{axis{}, 1234.56, 23.4, "1235 ± 23", "no decimals"},
		{axis{}, 1234.56, 234, "1235 ± 234", "whole numbers at least"},
		{axis{percent: true}, 0.20169, 0.02209, "20.2 ± 2.2%", "a fraction in percent"},
		{axis{}, 2e8, 3.21e7, "2e+08 ± 3.2e+07", "too long in full"},
		{axis{}, 2e-8, 3.21e-9, "2e-08 ± 3.2e-09", "too long in full"},
	} {
		if got := tt.axis.wordWith(tt.v, tt.se); got != tt.want {
			t.Errorf("wordWith(%v, %v) = %q, want %q; reason: %s", tt.v, tt.se, got, tt.want, tt.reason)
		}
	}
}

func TestPad(t *testing.T) {
	for _, tt := range []struct {
		name   string
		in     reach
		log    bool
		want   reach
		reason string
	}{
		{"wide", reach{0, 100}, false, reach{-2, 102}, "a fiftieth either side"},
		{"single", reach{5, 5}, false, reach{4.5, 5.5}, "half a unit either side"},
		{"single large", reach{100, 100}, false, reach{90, 110}, "a tenth of the value"},
		{"denormal", reach{0, 5e-324}, false, reach{-0.5, 0.5}, "too narrow to divide"},
		{"log single", reach{11, 11}, true, reach{10, 12.1}, "a tenth either way"},
		{"log extreme", reach{1e-300, 1e300}, true, reach{1e-301, 1e301}, "the ratio overflows: a factor of ten"},
	} {
		got := tt.in.pad(0.02)
		if tt.log {
			got = tt.in.padLog(0.02)
		}
		for i, pair := range [][2]float64{{got.low, tt.want.low}, {got.high, tt.want.high}} {
			if math.Abs(pair[0]-pair[1]) > 1e-12*math.Abs(pair[1]) { // one product
				t.Errorf("%s: end %d is %v, want %v; reason: %s", tt.name, i, pair[0], pair[1], tt.reason)
			}
		}
	}
}
