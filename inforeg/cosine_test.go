package inforeg_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/inforeg"
)

// gradients draws batch gradients with a common part of squared norm signal and noise of squared norm spread.
func gradients(r *rand.Rand, n, dims int, signal, spread float64) [][]float32 {
	list := make([][]float32, n)
	for i := range list {
		list[i] = make([]float32, dims)
		for d := range list[i] {
			list[i][d] = float32(math.Sqrt(spread/float64(dims))*r.NormFloat64() + math.Sqrt(signal/float64(dims)))
		}
	}
	return list
}

func TestPairSums(t *testing.T) {
	got := inforeg.PairSums([][]float32{{1, 2}, {3, 4}, {10, 20}, {30, 40}, {5, 5}})
	if diff := cmp.Diff([][]float32{{4, 6}, {40, 60}}, got); diff != "" {
		t.Errorf("(-want +got)\n%s\nreason: two by two, the fifth has no partner", diff)
	}
	if got := inforeg.PairSums([][]float32{{1}}); len(got) != 0 {
		t.Errorf("PairSums of one vector = %v, want none", got)
	}
}

// TestCosineTwice: for independent batches the mean cosine is 1/(1 + B_simple/B), at B and at 2B.
func TestCosineTwice(t *testing.T) {
	const n, dims = 64, 4000
	const signal, spread = 1.0, 3.0 // of a batch: B_simple/B = 3
	list := gradients(rand.New(rand.NewPCG(1, 1)), n, dims, signal, spread)
	for _, tt := range []struct {
		vectors [][]float32
		batch   int
	}{{list, 10}, {inforeg.PairSums(list), 20}} {
		matrix, err := inforeg.CosineMatrix(tt.vectors)
		if err != nil {
			t.Fatal(err)
		}
		want := inforeg.ExpectedCosine(10*spread/signal, tt.batch)
		// 2,016 and 496 pairs in 4,000 dimensions: 0.003 was seen
		if got := inforeg.MeanCosine(matrix); math.Abs(got-want) > 0.01 {
			t.Errorf("batch %d: mean cosine %v, want %v", tt.batch, got, want)
		}
	}
}

// TestCosineError compares the jackknife with the spread of the mean over repeated draws.
func TestCosineError(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	var means, errors []float64
	for range 200 {
		matrix, err := inforeg.CosineMatrix(gradients(r, 12, 60, 1, 2))
		if err != nil {
			t.Fatal(err)
		}
		means = append(means, inforeg.MeanCosine(matrix))
		errors = append(errors, inforeg.CosineError(matrix))
	}
	_, se := inforeg.MeanError(means)
	spread := se * math.Sqrt(float64(len(means)))
	// 200 draws know a deviation to 5 %; the jackknife of 12 vectors errs on the large side by some 10 %
	if ratio := sum64(errors) / float64(len(errors)) / spread; ratio < 0.85 || ratio > 1.35 {
		t.Errorf("jackknife %v times the spread of the mean, want about 1", ratio)
	}
	if got := inforeg.CosineError([][]float64{{1, 0}, {0, 1}}); !math.IsNaN(got) {
		t.Errorf("CosineError of two vectors = %v, want NaN: one pair has no spread", got)
	}
}

// TestPermutedCosine: permuted, vectors have in common what chance gives, whatever they had before.
func TestPermutedCosine(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	const dims, pairs = 2500, 400
	list := gradients(r, 8, dims, 0, 1)
	same := [][]float32{list[0], list[0], list[0]}
	for name, vectors := range map[string][][]float32{"independent": list, "all the same": same} {
		mean, sd := inforeg.PermutedCosine(vectors, pairs, r)
		// the deviation of a cosine in 2,500 dimensions is 1/50; of 400 pairs its mean is known to a thousandth
		if math.Abs(mean) > 0.004 || math.Abs(sd*50-1) > 0.15 {
			t.Errorf("%s: %v ± %v, want 0 ± %v", name, mean, sd, 1.0/50)
		}
	}
	sparse := [][]float32{make([]float32, dims), make([]float32, dims)}
	for i := range 25 { // all the energy in a hundredth of the elements
		sparse[0][i], sparse[1][100*i] = 1, -1
	}
	if _, sd := inforeg.PermutedCosine(sparse, pairs, r); sd < 1.0/50 {
		t.Errorf("energy in few elements: deviation %v, want at least 1/√dims", sd)
	}
	if mean, sd := inforeg.PermutedCosine([][]float32{{0, 0}, {0, 0}}, 4, r); mean != 0 || sd != 0 {
		t.Errorf("zeros: %v ± %v, want 0: they have no direction", mean, sd)
	}
}

func TestNoiseSignal(t *testing.T) {
	for _, tt := range []struct {
		mean, batch   float64
		n             int
		noise, signal float64
		reason        string
	}{
		{10, 10, 5, 0, 10, "all gradients the same: no noise"},
		{10, 2, 5, 10, 0, "orthogonal ones: ‖ḡ‖² = mean/n, and nothing is left of the signal"},
		{10, 1, 5, 11.25, -1.25, "less than that: the signal comes out below 0, and is not cut off"},
	} {
		noise, signal := inforeg.NoiseSignal(tt.mean, tt.batch, tt.n)
		// a few roundings in double precision
		if math.Abs(noise-tt.noise) > 1e-12 || math.Abs(signal-tt.signal) > 1e-12 {
			t.Errorf(
				"NoiseSignal(%v, %v, %d) = %v, %v, want %v, %v\nreason: %s", tt.mean, tt.batch, tt.n, noise, signal,
				tt.noise, tt.signal, tt.reason,
			)
		}
	}
}
