package tsne

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/mat"
)

func mustFeatures(t *testing.T, x [][]float64) *features {
	t.Helper()
	f, err := newFeatures(x)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestNeighborsMatchBruteForce sorts all distances. The far pair makes single precision too coarse to tell the others
// apart.
func TestNeighborsMatchBruteForce(t *testing.T) {
	coarse := cloud(200, 5, 2)
	coarse[17][0], coarse[18][0] = 1e9, 1e9
	grid := make([][]float64, 144)
	for i := range grid {
		grid[i] = []float64{float64(i % 12), float64(i / 12)}
	}
	for _, tt := range []struct {
		name   string
		x      [][]float64
		k      int
		reason string
	}{
		{"groups", cloud(300, 40, 1), 20, "the common case"},
		{"all", cloud(12, 4, 1), 11, "every other point is a neighbour"},
		{"coarse", coarse, 9, "rounding to single precision would mix up neighbours"},
		{"grid", grid, 6, "points at one distance go by number"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := mustFeatures(t, tt.x)
			got := neighbors(f, tt.k)
			for i := range tt.x {
				var want, have []int32
				for _, v := range allNeighbors(f, i, tt.k) {
					want = append(want, v.point)
				}
				for _, v := range got[i*tt.k : (i+1)*tt.k] {
					have = append(have, v.point)
				}
				if diff := cmp.Diff(want, have); diff != "" {
					t.Errorf("point %d: (-want +got)\n%s\nreason: %s", i, diff, tt.reason)
				}
			}
		})
	}
}

// TestAffinities checks what defines P: rows of the conditional at the perplexity, symmetry, and a sum of 1.
func TestAffinities(t *testing.T) {
	const n, k, perplexity = 120, 36, 12.0
	f := mustFeatures(t, cloud(n, 7, 3))
	near := neighbors(f, k)
	for i := range n {
		p := make([]float64, k)
		conditional(p, near[i*k:(i+1)*k], math.Log(perplexity))
		entropy := 0.0
		for _, v := range p {
			entropy -= v * math.Log(v)
		}
		if math.Abs(math.Exp(entropy)-perplexity) > 1e-8 { // the search ends at 1e-10 nats
			t.Errorf("point %d: perplexity %v, want %v", i, math.Exp(entropy), perplexity)
		}
	}
	p := newAffinities(near, n, k, perplexity)
	at := make(map[[2]int32]float64)
	sum := 0.0
	for i := range int32(n) {
		row := p.column[p.start[i]:p.start[i+1]]
		if !slices.IsSorted(row) || len(slices.Compact(slices.Clone(row))) != len(row) || slices.Contains(row, i) {
			t.Errorf("row %d: columns %v, want them ascending, each once, without %d", i, row, i)
		}
		for e := p.start[i]; e < p.start[i+1]; e++ {
			at[[2]int32{i, p.column[e]}] = p.value[e]
			sum += p.value[e]
		}
	}
	for key, v := range at {
		if w := at[[2]int32{key[1], key[0]}]; v != w {
			t.Errorf("P%v = %v and %v the other way, want one value", key, v, w)
		}
	}
	if math.Abs(sum-1) > 1e-12 { // some thousand roundings
		t.Errorf("P sums to %v, want 1", sum)
	}
}

// TestPrincipalMatchesSVD compares with gonum's decomposition, with more features than points and the other way round.
func TestPrincipalMatchesSVD(t *testing.T) {
	for _, size := range [][2]int{{80, 9}, {20, 50}, {40, 2}} {
		random := rand.New(rand.NewPCG(1, 1))
		x := make([][]float64, size[0])
		for i := range x {
			x[i] = make([]float64, size[1])
			for j := range x[i] {
				x[i][j] = random.NormFloat64() / float64(1+j)
			}
		}
		f := mustFeatures(t, x)
		var svd mat.SVD
		if !svd.Factorize(mat.NewDense(f.n, f.d, f.values), mat.SVDThin) {
			t.Fatal("gonum's decomposition did not converge")
		}
		var u mat.Dense
		svd.UTo(&u)
		got := principal(f)
		for axis, s := range svd.Values(nil)[:2] {
			along, length := 0.0, 0.0
			for i := range got {
				along += got[i][axis] * u.At(i, axis) * s
				length += got[i][axis] * got[i][axis]
			}
			// The iteration ends when the plane turns by less than 1e-6; variances err by its square.
			if math.Abs(math.Abs(along)-s*s) > 1e-6*s*s || math.Abs(length-s*s) > 1e-6*s*s {
				t.Errorf(
					"size %v, axis %d: product %v with gonum's and variance %v, want %v for both", size, axis, along,
					length, s*s,
				)
			}
		}
	}
}

// TestPrincipalSigns shuffles the features, which starts the iteration elsewhere: axes keep their signs.
func TestPrincipalSigns(t *testing.T) {
	x := cloud(60, 8, 1)
	for i := range x {
		x[i][3] *= 5 // one greatest loading for each axis
		x[i][6] *= 3
	}
	want := principal(mustFeatures(t, x))
	random := rand.New(rand.NewPCG(1, 1))
	for trial := range 8 { // signs left to chance would pass one time in 65536
		order := random.Perm(8)
		y := make([][]float64, len(x))
		for i := range x {
			for _, j := range order {
				y[i] = append(y[i], x[i][j])
			}
		}
		for i, got := range principal(mustFeatures(t, y)) {
			// the plane may turn by 1e-6 more; places are below 2
			if d := math.Hypot(got[0]-want[i][0], got[1]-want[i][1]); d > 1e-4 {
				t.Fatalf("trial %d, point %d: %v, want %v", trial, i, got, want[i])
			}
		}
	}
}

// TestStartWidth holds a start to mean 0 and a standard deviation of 1e-4 along the first axis, whether from components
// or from a map.
func TestStartWidth(t *testing.T) {
	wide := make([][2]float64, 300)
	for i := range wide {
		wide[i] = [2]float64{float64(i), 7}
	}
	for _, start := range [][][2]float64{nil, wide} {
		m := newMap(t, 300, Config{Start: start})
		mean, square := 0.0, 0.0
		for _, p := range m.at {
			mean += p.x / 300
			square += p.x * p.x / 300
		}
		// The jitter adds 1e-6, hence 1e-4 of the width and 6e-8 to the mean.
		if sd := math.Sqrt(square - mean*mean); math.Abs(sd/1e-4-1) > 0.005 || math.Abs(mean) > 3e-7 {
			t.Errorf("start at a map %t: mean %v, standard deviation %v, want 0 and 1e-4", start != nil, mean, sd)
		}
	}
}
