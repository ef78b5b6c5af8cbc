package digits

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
)

// TestNoise takes the noise out again and looks at it.
func TestNoise(t *testing.T) {
	dir := made(t)
	clean, noisy := open(t, dir, map[string]any{"degrade": "none"}), open(t, dir, nil)
	first := map[float32]bool{}
	for _, split := range data.Splits {
		a, b := datatest.ReadAll(t, clean, split).X[written], datatest.ReadAll(t, noisy, split).X[written]
		n, mean, squares := float64(len(a)), 0.0, 0.0
		for i := range a {
			d := float64(b[i]) - float64(a[i])
			mean, squares = mean+d/n, squares+d*d/n
			if i%imageSize == 5 { // a pixel that madeArrays leaves 0
				if first[b[i]] {
					t.Errorf("%s: sample %d has the noise of another", split, i/imageSize)
				}
				first[b[i]] = true
			}
		}
		// Four standard errors over the validation split's 9,408 pixels: 0.021 of the mean, 0.015 of the deviation.
		if sd := math.Sqrt(squares); math.Abs(mean) > 0.021 || math.Abs(sd-0.5) > 0.015 {
			t.Errorf("%s: noise of mean %v and deviation %v, want 0 and 0.5", split, mean, sd)
		}
	}
}

// TestNoiseIsFixed pins the noise of one sample, so that sets of other versions and machines can be compared.
func TestNoiseIsFixed(t *testing.T) {
	x, y := make([]float32, 3*imageSize), make([]float32, 2*imageSize)
	addNoise(x, 7, 2)
	addNoise(y, 7, 2)
	if !slices.Equal(x[:2*imageSize], y) {
		t.Error("the noise of a sample depends on how many there are")
	}
	want := newStream(7, forNoise, 2, 1)
	for k := range 4 {
		if w := float32(0.5 * want.NormFloat64()); x[imageSize+k] != w {
			t.Errorf("pixel %d of sample 1: %v, want %v of its own stream", k, x[imageSize+k], w)
		}
	}
}

// slowComponents is the slow twin: the power method, one component after the other, each taken out of the data.
func slowComponents(x []float32, size int, share float64) (mean []float64, vectors [][]float64) {
	n := len(x) / size
	rows := make([][]float64, n)
	mean = make([]float64, size)
	for i := range rows {
		rows[i] = make([]float64, size)
		for k := range size {
			rows[i][k] = float64(x[i*size+k])
			mean[k] += rows[i][k] / float64(n)
		}
	}
	energy := func() (sum float64) {
		for _, row := range rows {
			for _, v := range row {
				sum += v * v
			}
		}
		return sum
	}
	for _, row := range rows {
		for k := range row {
			row[k] -= mean[k]
		}
	}
	total := energy()
	for total-energy() < share*total {
		v := make([]float64, size)
		for k := range v {
			v[k] = 1 / float64(k+1)
		}
		for range 3000 {
			next, norm := make([]float64, size), 0.0
			for _, row := range rows {
				dot := 0.0
				for k := range row {
					dot += row[k] * v[k]
				}
				for k := range row {
					next[k] += dot * row[k]
				}
			}
			for _, u := range next {
				norm += u * u
			}
			for k := range next {
				v[k] = next[k] / math.Sqrt(norm)
			}
		}
		for _, row := range rows {
			dot := 0.0
			for k := range row {
				dot += row[k] * v[k]
			}
			for k := range row {
				row[k] -= dot * v[k]
			}
		}
		vectors = append(vectors, v)
	}
	return mean, vectors
}

func TestComponentsAgainstTwin(t *testing.T) {
	const size, n = 6, 40
	rng := rand.New(rand.NewPCG(1, 1))
	x := make([]float32, n*size)
	for i := range x {
		x[i] = float32(1 + rng.NormFloat64()*float64(size-i%size)) // unequal variances, so that components are apart
	}
	for _, tt := range []struct {
		share  float64
		reason string
	}{
		{0.01, "the first component is more than asked for"},
		{0.25, "as the set keeps it"},
		{0.9, "several components"},
	} {
		mean, vectors := slowComponents(x, size, tt.share)
		c, err := leadingComponents(x, size, tt.share)
		if err != nil {
			t.Fatal(err)
		}
		if _, number := c.vectors.Dims(); number != len(vectors) {
			t.Fatalf("share %v: %d components, want %d\nreason: %s", tt.share, number, len(vectors), tt.reason)
		}
		got := slices.Clone(x)
		c.project(got)
		for i := range n {
			for k := range size {
				want := mean[k]
				for _, v := range vectors {
					for j := range size {
						want += (float64(x[i*size+j]) - mean[j]) * v[j] * v[k]
					}
				}
				// Both are float64 sums of numbers up to 20, rounded to float32: 1e-6.
				if math.Abs(float64(got[i*size+k])-want) > 4e-6 {
					t.Errorf(
						"share %v, vector %d, value %d: %v, want %v\nreason: %s", tt.share, i, k, got[i*size+k], want,
						tt.reason,
					)
				}
			}
		}
	}
}

// TestPCAKeepsAQuarter measures the energy that the training images keep, and that it is a training quantity.
func TestPCAKeepsAQuarter(t *testing.T) {
	dir := made(t)
	clean, blurred := open(t, dir, map[string]any{"degrade": "none"}), open(t, dir, map[string]any{"degrade": "pca75"})
	energy := func(x []float32) (sum float64) {
		n := len(x) / imageSize
		for k := range imageSize {
			mean := 0.0
			for i := range n {
				mean += float64(x[i*imageSize+k]) / float64(n)
			}
			for i := range n {
				sum += (float64(x[i*imageSize+k]) - mean) * (float64(x[i*imageSize+k]) - mean)
			}
		}
		return sum
	}
	a, b := datatest.ReadAll(t, clean, data.Train).X[written], datatest.ReadAll(t, blurred, data.Train).X[written]
	// The made images have few components, of which the first holds more than a quarter, and less than two thirds.
	if got := energy(b) / energy(a); got < 0.25 || got > 0.67 {
		t.Errorf("%.3f of the energy is kept, want at least 0.25 and one component's worth", got)
	}
	if slices.Equal(
		datatest.ReadAll(t, clean, data.Test).X[written], datatest.ReadAll(t, blurred, data.Test).X[written],
	) {
		t.Error("test images are not degraded")
	}
}

func TestComponentsOfEqualVectors(t *testing.T) {
	x := []float32{1, 2, 1, 2, 1, 2}
	c, err := leadingComponents(x, 2, 0.25)
	if err != nil {
		t.Fatal(err)
	}
	got := slices.Clone(x)
	c.project(got)
	if !slices.Equal(got, x) {
		t.Errorf("vectors without variance become %v, want %v", got, x)
	}
}
