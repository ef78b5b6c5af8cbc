package tsne

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// slowQuality is a Quality by its definitions, with full ranks.
func slowQuality(x [][]float64, y [][2]float64, k int, classes []int) Quality {
	n := len(x)
	order := func(square func(i, j int) float64, i int) []int {
		var list []int
		for j := range n {
			if j != i {
				list = append(list, j)
			}
		}
		slices.SortStableFunc(list, func(a, b int) int {
			if square(i, a) < square(i, b) {
				return -1
			}
			return number(square(i, a) > square(i, b))
		})
		return list
	}
	there := func(i, j int) float64 {
		s := 0.0
		for a := range x[i] {
			d := x[i][a] - x[j][a]
			s += d * d
		}
		return s
	}
	in := func(i, j int) float64 {
		dx, dy := y[i][0]-y[j][0], y[i][1]-y[j][1]
		return dx*dx + dy*dy
	}
	commonest := func(list []int) int {
		count := make(map[int]int)
		for _, j := range list {
			count[classes[j]]++
		}
		best := classes[list[0]]
		for _, j := range list {
			if count[classes[j]] > count[best] {
				best = classes[j]
			}
		}
		return best
	}
	var trust, continuity, kept, rightThere, rightIn float64
	for i := range n {
		a, b := order(there, i), order(in, i)
		for _, j := range b[:k] {
			trust += max(0, float64(slices.Index(a, j)+1-k))
			kept += float64(number(slices.Contains(a[:k], j)))
		}
		for _, j := range a[:k] {
			continuity += max(0, float64(slices.Index(b, j)+1-k))
		}
		rightThere += float64(number(commonest(a[:k]) == classes[i]))
		rightIn += float64(number(commonest(b[:k]) == classes[i]))
	}
	N, K := float64(n), float64(k)
	scale := 2 / (N * K * (2*N - 3*K - 1))
	return Quality{n, k, 0, 1 - scale*trust, 1 - scale*continuity, kept / (N * K), rightThere / N, rightIn / N}
}

func TestQualityMatchesDefinition(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{5, 30, 90} {
		x := cloud(n, 4, 5)
		y := make([][2]float64, n)
		classes := make([]int, n)
		for i := range y {
			y[i] = [2]float64{x[i][0] + random.NormFloat64(), x[i][1]}
			classes[i] = i%3*7 - 7
		}
		y[1] = y[2] // equally far from all others
		for _, k := range []int{1, 2, 7} {
			if 3*k >= 2*n-1 {
				continue
			}
			got, err := Measure(x, y, k, classes)
			if err != nil {
				t.Fatal(err)
			}
			want := slowQuality(x, y, k, classes)
			if !math.IsNaN(got.KL) {
				t.Errorf("KL %v, want NaN: there are no affinities", got.KL)
			}
			for _, one := range []struct {
				name      string
				got, want float64
			}{
				{"trustworthiness", got.Trustworthiness, want.Trustworthiness},
				{"continuity", got.Continuity, want.Continuity},
				{"preservation", got.Preservation, want.Preservation},
				{"accuracy in the features", got.AccuracyFeatures, want.AccuracyFeatures},
				{"accuracy in the map", got.AccuracyMap, want.AccuracyMap},
			} {
				if !(math.Abs(one.got-one.want) <= 1e-12) { // ranks are whole, sums are rounded
					t.Errorf("%d points, %d neighbors: %s %v, want %v", n, k, one.name, one.got, one.want)
				}
			}
		}
	}
}

// TestQualityEnds scores the best map and a random one.
func TestQualityEnds(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	const n = 400
	x := make([][]float64, n)
	same, other := make([][2]float64, n), make([][2]float64, n)
	for i := range x {
		same[i] = [2]float64{random.NormFloat64(), random.NormFloat64()}
		other[i] = [2]float64{random.NormFloat64(), random.NormFloat64()}
		x[i] = same[i][:]
	}
	best, err := Measure(x, same, 10, nil)
	if err != nil || best.Trustworthiness != 1 || best.Continuity != 1 || best.Preservation != 1 ||
		!math.IsNaN(best.AccuracyMap) {
		t.Errorf(
			"the features themselves: %+v, err %v, want 1 for all scores and NaN for accuracy without classes", best,
			err,
		)
	}
	chance, err := Measure(x, other, 10, nil)
	// Chance is 1/2 for ranks and 10/399 for neighbours; 0.05 is over five standard errors.
	if err != nil || math.Abs(chance.Trustworthiness-0.5) > 0.05 || math.Abs(chance.Continuity-0.5) > 0.05 ||
		chance.Preservation > 0.05 {
		t.Errorf("a random map: %+v, err %v, want about 0.5, 0.5 and 0.025", chance, err)
	}
}

func TestQualityErrors(t *testing.T) {
	x := cloud(10, 2, 1)
	y := make([][2]float64, 10)
	bad := make([][2]float64, 10)
	bad[4][1] = math.NaN()
	for _, tt := range []struct {
		name    string
		y       [][2]float64
		k       int
		classes []int
		want    string
		reason  string
	}{
		{"none", y, 0, nil, "tsne: 0 neighbors of 10 points, want 1 to 6", "nothing to compare"},
		{"many", y, 7, nil, "tsne: 7 neighbors of 10 points, want 1 to 6", "the penalty's scale would be negative"},
		{"classes", y, 3, []int{1}, "tsne: 1 classes, want 10 as there are points", "one each"},
		{"map", y[:3], 3, nil, "tsne: map of 3 points, want 10 as there are rows", "of other data"},
		{"NaN", bad, 3, nil, "tsne: map: point 4 at (0, NaN), want finite values of at most 1e+150", "has no distance"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Measure(x, tt.y, tt.k, tt.classes); err == nil || err.Error() != tt.want {
				t.Errorf("Measure: error\n%v, want\n%s\nreason: %s", err, tt.want, tt.reason)
			}
		})
	}
}
