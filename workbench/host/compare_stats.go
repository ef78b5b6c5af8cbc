package host

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// confidence is the coverage of the intervals of differences.
const confidence = 0.95

// Summary is an accuracy of a method over its seeds.
type Summary struct {
	Quantity
	Mean  float64  `json:"mean"`
	SD    *float64 `json:"sd"` // over seeds, with n-1 in the denominator; null with one seed
	Seeds int      `json:"seeds"`
}

// Difference is that of an accuracy to the baseline's, paired by seed: both runs of a pair had the same order of
// samples.
type Difference struct {
	Quantity
	Mean float64 `json:"mean"`
	// Low and High bound the interval of 95 % by Student's t. P is two-sided, Holm the same after Holm's correction for
	// all comparisons of the table. They are null with one seed, and where the seeds' differences are all equal: then
	// their spread, which the interval rests on, is unknown.
	Low       *float64 `json:"low"`
	High      *float64 `json:"high"`
	P         *float64 `json:"p"`
	Holm      *float64 `json:"p_holm"`
	Excludes0 bool     `json:"excludes_0"` // whether the interval lies to one side of 0, before any correction
	Seeds     int      `json:"seeds"`
}

// summarise gives mean and standard deviation.
func summarise(q Quantity, values []float64) Summary {
	s := Summary{Quantity: q, Mean: stat.Mean(values, nil), Seeds: len(values)}
	if len(values) > 1 {
		sd := stat.StdDev(values, nil)
		s.SD = &sd
	}
	return s
}

// difference is the paired t-test of differences by seed. With n of them, of mean d and standard deviation s, the
// interval is d ± t·s/√n with t the quantile of Student's t of n-1 degrees of freedom.
func difference(q Quantity, values []float64) Difference {
	d := Difference{Quantity: q, Mean: stat.Mean(values, nil), Seeds: len(values)}
	if len(values) < 2 || slices.Max(values)-slices.Min(values) <= 1e-12 { // as far as accuracies, shares of at most 1, differ by rounding
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

// holm corrects p for k comparisons, those that have no p among them, by Holm's step-down rule: the smallest is
// multiplied by k, the next by k-1 and so on, never above 1, and none becomes smaller than one before it.
func holm(p []float64, k int) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	adjusted, most := make([]float64, len(p)), 0.0
	for rank, i := range order {
		most = max(most, min(1, p[i]*float64(k-rank)))
		adjusted[i] = most
	}
	return adjusted
}
