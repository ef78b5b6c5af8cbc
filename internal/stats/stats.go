package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/primewindow/primewindow/internal/wire"
)

// confidence is the coverage of the intervals of differences.
const confidence = 0.95

// rounding is what accuracies, shares of at most 1, differ by when only their rounding does.
const rounding = 1e-12

// Summarise gives mean and standard deviation, the latter with n-1 in the denominator; of one value it is nil. values
// must not be empty.
func Summarise(q wire.Quantity, values []float64) wire.Summary {
	s := wire.Summary{Quantity: q, Mean: stat.Mean(values, nil), Seeds: len(values)}
	if len(values) > 1 {
		sd := stat.StdDev(values, nil)
		s.SD = &sd
	}
	return s
}

// Difference is the paired t-test of differences by seed, before any correction. With n of them, of mean d and standard
// deviation s, the interval is d ± t·s/√n with t the quantile of Student's t of n-1 degrees of freedom. values must not
// be empty; of one, and of equal ones, there is no interval.
func Difference(q wire.Quantity, values []float64) wire.Difference {
	d := wire.Difference{Quantity: q, Mean: stat.Mean(values, nil), Seeds: len(values)}
	if len(values) < 2 || slices.Max(values)-slices.Min(values) <= rounding {
		return d
	}
	n := float64(len(values))
	student := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}
	se := stat.StdDev(values, nil) / math.Sqrt(n)
	reach := student.Quantile((1+confidence)/2) * se
	low, high, p := d.Mean-reach, d.Mean+reach, 2*student.Survival(math.Abs(d.Mean)/se)
	d.Low, d.High, d.P, d.Excludes0 = &low, &high, &p, low > 0 || high < 0
	return d
}

// Pairs are the differences of what has a value under the same seed in both, in the order of the seeds.
func Pairs(values, other map[int]float64) []float64 {
	var list []float64
	for _, seed := range Seeds(values) {
		if v, ok := other[seed]; ok {
			list = append(list, values[seed]-v)
		}
	}
	return list
}

// Values are those of all seeds, in their order.
func Values(values map[int]float64) []float64 {
	var list []float64
	for _, seed := range Seeds(values) {
		list = append(list, values[seed])
	}
	return list
}

// Seeds are the seeds that have a value, in order.
func Seeds(values map[int]float64) []int {
	var list []int
	for seed := range values {
		list = append(list, seed)
	}
	slices.Sort(list)
	return list
}
