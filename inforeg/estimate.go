package inforeg

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat"
)

// Signs draws the rows of signs that an estimator sums gradients with, [rows][n]: for Rademacher draws of
// independent ±1, for Balanced draws with as many + as -, and last a row of ones, for the mean gradient. An odd n
// has no balance: Balanced needs an even one.
func Signs(estimator string, n, draws int, r *rand.Rand) ([][]float32, error) {
	if n < 2 {
		return nil, fmt.Errorf("inforeg: signs for %d samples, want at least 2", n)
	}
	rows := make([][]float32, draws, draws+1)
	for k := range rows {
		rows[k] = make([]float32, n)
		for i := range rows[k] {
			rows[k][i] = float32(1 - 2*(i%2))
			if estimator == Rademacher {
				rows[k][i] = float32(1 - 2*r.IntN(2))
			}
		}
		r.Shuffle(n, func(i, j int) { rows[k][i], rows[k][j] = rows[k][j], rows[k][i] })
	}
	if estimator == Balanced {
		if n%2 != 0 {
			return nil, fmt.Errorf("inforeg: balanced signs for %d samples, want an even number", n)
		}
		ones := make([]float32, n)
		for i := range ones {
			ones[i] = 1
		}
		rows = append(rows, ones)
	}
	return rows, nil
}

// PerDraw turns the squared norms of sums with the rows of [Signs] into one estimate of the mean squared gradient
// norm of n samples for each draw. With S the squared norm of a row's sum, S/n is unbiased for independent signs;
// for balanced ones, ((n-1)/n S + ‖Σ g‖²/n)/n is, whose error is smaller the more the gradients have in common.
func PerDraw(estimator string, sums []float64, n int) []float64 {
	if estimator != Balanced {
		values := make([]float64, len(sums))
		for k, s := range sums {
			values[k] = s / float64(n)
		}
		return values
	}
	values := make([]float64, len(sums)-1)
	for k := range values {
		values[k] = (float64(n-1)/float64(n)*sums[k] + sums[len(sums)-1]/float64(n)) / float64(n)
	}
	return values
}

// MeanError is the mean of independent values and its standard error, which is NaN for a single one.
func MeanError(values []float64) (mean, se float64) {
	mean, sd := stat.MeanStdDev(values, nil)
	return mean, sd / math.Sqrt(float64(len(values)))
}

// NoiseSignal splits the gradient of a batch of n samples into noise S, the trace of the per-sample covariance, and
// signal |G|², the squared norm of the gradient that is left at an infinite batch (McCandlish, arXiv 1812.06162). mean
// is the mean squared norm of the samples' gradients, and batch the squared norm of their mean. Both are unbiased, so
// that the signal may come out below 0, and means over several batches may be taken; their ratio is then one.
func NoiseSignal(mean, batch float64, n int) (noise, signal float64) {
	noise = (mean - batch) * float64(n) / float64(n-1)
	return noise, batch - noise/float64(n)
}

// NoiseScale is McCandlish's simple noise scale B = S/|G|²: at batch size B the noise of the gradient is as large as
// the gradient. It is +Inf where no gradient is left above the noise.
func NoiseScale(noise, signal float64) float64 {
	if signal <= 0 {
		return math.Inf(1)
	}
	return noise / signal
}

// ExpectedCosine is the mean cosine between the gradients of disjoint batches, 1/(1 + noise/batch), that
// a noise scale alone leads one to expect.
func ExpectedCosine(noiseScale float64, batch int) float64 {
	return 1 / (1 + noiseScale/float64(batch))
}
