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
