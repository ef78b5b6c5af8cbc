package page

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func noise(n int) []Point {
	rng := rand.New(rand.NewPCG(1, 1))
	list := make([]Point, n)
	for i := range list {
		list[i] = Point{X: float64(i), Y: rng.NormFloat64()}
	}
	return list
}

func TestThin(t *testing.T) {
	for _, tt := range []struct {
		name   string
		ys     []float64
		want   int
		picked []int
		reason string
	}{
		{"short", []float64{3, 1, 2}, 4, []int{0, 1, 2}, "no more points than wanted: all"},
		{
			"spike", []float64{0, 1, 9, 1, 0, 0, 0}, 4, []int{0, 2, 4, 6},
			"one stretch, 1 to 5: greatest at 2, least first at 4",
		},
		{"flat", []float64{1, 1, 1, 1, 1, 1}, 4, []int{0, 1, 5}, "least and greatest of a flat stretch are one point"},
		{
			"two stretches", []float64{0, 1, 2, 3, 4, 5, 6, 7}, 6, []int{0, 1, 3, 4, 6, 7},
			"stretches 1 to 3 and 4 to 6, both ends of each",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var points []Point
			for i, y := range tt.ys {
				points = append(points, Point{X: float64(i), Y: y})
			}
			if diff := cmp.Diff(tt.picked, thin(points, tt.want)); diff != "" {
				t.Errorf("thin(%v, %d): (-want +got)\n%s\nreason: %s", tt.ys, tt.want, diff, tt.reason)
			}
		})
	}
}

// TestThinKeeps holds every length to what the package promises: order, both ends, both extremes, and the bound.
func TestThinKeeps(t *testing.T) {
	byY := func(a, b Point) int {
		if a.Y < b.Y {
			return -1
		}
		return 1
	}
	for n := 1; n < 4000; n = n*5/4 + 1 {
		points := noise(n)
		got := thin(points, maxPoints)
		var ys []Point
		for i, at := range got {
			if i > 0 && at <= got[i-1] {
				t.Fatalf("%d points: index %d after %d, want ascending", n, at, got[i-1])
			}
			ys = append(ys, points[at])
		}
		if got[0] != 0 || got[len(got)-1] != n-1 || len(got) > maxPoints {
			t.Errorf(
				"%d points: picked %d from %d to %d, want both ends and at most %d", n, len(got), got[0],
				got[len(got)-1], maxPoints,
			)
		}
		if low, high := slices.MinFunc(ys, byY),
			slices.MaxFunc(ys, byY); low != slices.MinFunc(points, byY) || high != slices.MaxFunc(points, byY) {
			t.Errorf("%d points: extremes %v and %v are not those of all points", n, low, high)
		}
	}
}

// slowMean is the twin of centredMean: every weight is looked at for every point.
func slowMean(points []Point, width int) []float64 {
	mean := make([]float64, len(points))
	for i := range points {
		sum, weights := 0.0, 0.0
		for j := range points {
			weight := 0.0
			switch d := max(i-j, j-i); {
			case 2*d < width:
				weight = 1
			case 2*d == width:
				weight = 0.5
			}
			sum += weight * points[j].Y
			weights += weight
		}
		mean[i] = sum / weights
	}
	return mean
}

func TestCentredMean(t *testing.T) {
	for _, n := range []int{1, 2, 3, 10, 101} {
		points := noise(n)
		for _, width := range []int{1, 2, 3, 4, 5, 10, 51, 500} {
			got, want := centredMean(points, width), slowMean(points, width)
			for i := range want {
				// Running sums of up to 101 values near 1 lose a few units of 1e-16 each.
				if math.Abs(got[i]-want[i]) > 1e-13 {
					t.Errorf("%d points, width %d: mean %d is %v, want %v", n, width, i, got[i], want[i])
				}
			}
		}
	}
}

func TestCentredMeanByHand(t *testing.T) {
	points := []Point{{Y: 2}, {Y: 4}, {Y: 9}, {Y: 1}}
	for _, tt := range []struct {
		width  int
		want   []float64
		reason string
	}{
		{3, []float64{3, 5, 14.0 / 3, 5}, "(2+4)/2 and (9+1)/2 at the ends: nothing is padded"},
		{2, []float64{8.0 / 3, 4.75, 5.75, 11.0 / 3}, "(4/2+2)/1.5, (2/2+4+9/2)/2, (4/2+9+1/2)/2, (9/2+1)/1.5"},
	} {
		got := centredMean(points, tt.width)
		for i := range got {
			if math.Abs(got[i]-tt.want[i]) > 1e-14 { // a few roundings of numbers near 10
				t.Errorf("width %d: mean %d is %v, want %v; reason: %s", tt.width, i, got[i], tt.want[i], tt.reason)
			}
		}
	}
}

// TestDecayed holds the exponential mean to its slow twin, a weighted sum over all points so far.
func TestDecayed(t *testing.T) {
	points := []Point{{Y: 4}, {Y: 0}, {Y: -3}, {Y: 10}, {Y: 2.5}}
	for _, factor := range []float64{0, 0.6, 0.99} {
		got := Decayed(points, factor)
		for i := range points {
			sum, weights := 0.0, 0.0
			for j := range i + 1 {
				w := math.Pow(factor, float64(i-j))
				sum, weights = sum+w*points[j].Y, weights+w
			}
			// a few roundings of numbers of about 10
			if want := sum / weights; math.Abs(got[i]-want) > 1e-12 {
				t.Errorf("factor %v: mean %d is %v, want %v", factor, i, got[i], want)
			}
		}
	}
}
