package inforeg

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
)

// Kinds of trace, by the names under which they are recorded. They measure different things and never share
// an axis.
const (
	KindFisherEmp = "fisher_emp" // mean per-sample squared gradient norm at the observed labels (paper eq. 7)
	KindReleased  = "released"   // what the published code accumulates: see [Released]
	// KindBatchSquare is the mean over an epoch's steps of the squared norm of the batch gradient; not in the paper.
	KindBatchSquare = "batch_g2"
	// KindSigns is the mean over an epoch's steps of fisher_emp by balanced signs, batch norm's coupling included.
	KindSigns    = "signs"
	KindLabels   = "labels" // likewise of fisher_true by drawn labels
	KindShare    = "share"  // likewise of the mean squared norm of the samples' shares: see [Shares]
	KindCosine   = "cosine" // mean cosine between the last batch gradients (paper figure 4)
	KindAccuracy = "accuracy"
)

// ErrNotMeasured reports a trace that lacks a value which the window test needs.
var ErrNotMeasured = errors.New("inforeg: trace not measured at the end of an interval that the window test reads")

// WindowRule is the test for the prime learning window. It is made once an interval, which is an epoch in the paper,
// see [Clock].
type WindowRule struct {
	K     float64 // threshold of eq. 11 for the rise over an interval, 0.04 an epoch in the paper: see [ScaleK]
	First int     // first interval in which the window may be open; eq. 11 reads two traces, so never before 2
	// share of the trace's maximum so far below which the window stays shut; 0 in the paper. Near zero, late in
	// training, a relative test opens at random.
	Floor float64
	Z     float64 // standard errors by which the rise has to exceed K; 0 in the paper
}

// ScaleK is the threshold of eq. 11 for a rise over another length of training than K was chosen for, share times as
// long: the rise over it of a trace that grows at the rate of one that rises by just K over the usual length, 1 -
// (1-K)^share, and K itself at share 1. Then a steady rise opens all intervals or none, however they are cut. Not in
// the paper.
func ScaleK(k, share float64) float64 {
	if share == 1 {
		return k // the difference may round
	}
	return 1 - math.Pow(1-k, share)
}

// PrimeLearningWindow says in which intervals a modality acquires information ever faster.
type PrimeLearningWindow struct {
	Open []bool    // by interval, from 0 to the one after the last measured
	Rise []float64 // left side of eq. 11 for that interval; NaN for intervals 0 and 1
}

// Intervals lists the runs of open intervals as [from, to), in order.
func (w PrimeLearningWindow) Intervals() [][2]int {
	var list [][2]int
	for t, open := range w.Open {
		switch {
		case open && t > 0 && w.Open[t-1]:
			list[len(list)-1][1] = t + 1
		case open:
			list = append(list, [2]int{t, t + 1})
		}
	}
	return list
}

// DetectPrimeLearningWindow reads the window off a trace with one value for the end of each interval: interval t is
// open iff (Tr[t-1] - Tr[t-2]) / Tr[t-1] > K (paper eq. 11). A trace of fewer than two values opens nothing,
// and neither does a NaN, which stands for an interval that was not measured. errs has the standard error of each rise,
// by interval as [PrimeLearningWindow.Rise]; it is read where the rule asks for more than a rise above K, and then a
// rise whose error is not known opens nothing. It returns an error for a negative or infinite value.
func DetectPrimeLearningWindow(trace, errs []float64, rule WindowRule) (PrimeLearningWindow, error) {
	w := PrimeLearningWindow{Open: make([]bool, len(trace)+1), Rise: make([]float64, len(trace)+1)}
	largest := 0.0
	for i, v := range trace {
		if v < 0 || math.IsInf(v, 0) {
			return PrimeLearningWindow{}, fmt.Errorf(
				"inforeg: trace at the end of interval %d: got %v, want a finite number, 0 or more", i, v,
			)
		}
	}
	for t := range w.Open {
		w.Rise[t] = math.NaN()
		if t >= 1 && trace[t-1] > largest { // false for NaN
			largest = trace[t-1]
		}
		if t < 2 {
			continue
		}
		if last := trace[t-1]; last > 0 {
			w.Rise[t] = (last - trace[t-2]) / last
			need := rule.K
			if rule.Z > 0 {
				need = math.NaN() // which nothing exceeds
				if t < len(errs) {
					need = rule.K + rule.Z*errs[t]
				}
			}
			w.Open[t] = t >= rule.First && w.Rise[t] > need && last >= rule.Floor*largest
		}
	}
	return w, nil
}

// Uncertain says for each interval whether noise alone could have decided its test: whether the rise is within z
// standard errors of the threshold. errs has the standard error of every rise, by interval; NaN, or a missing one,
// leaves an interval's test certain. Not in the paper.
func (w PrimeLearningWindow) Uncertain(errs []float64, rule WindowRule, z float64) []bool {
	list := make([]bool, len(w.Open))
	for t := 2; t < len(list) && t < len(errs); t++ {
		list[t] = math.Abs(w.Rise[t]-rule.K) < z*errs[t] // false for NaN
	}
	return list
}

// RiseError is the standard error of a rise 1 - a/b (left side of eq. 11) between two traces measured on the same N
// samples, of which before and after are the squared gradient norms, [N] each. a and b vary together from one choice of
// samples to the next, so the error is that of a ratio of paired means: the standard deviation of x - (a/b) y over the
// samples, divided by b √N (to first order, as for a ratio estimator). It is NaN for fewer than two samples, for
// different numbers of them, and where b is 0. Not in the paper.
func RiseError(before, after []float64) float64 {
	n := float64(len(after))
	if len(before) != len(after) || len(after) < 2 {
		return math.NaN()
	}
	ratio := stat.Mean(before, nil) / stat.Mean(after, nil)
	apart := make([]float64, len(after))
	for i := range after {
		apart[i] = before[i] - ratio*after[i]
	}
	return stat.StdDev(apart, nil) / (stat.Mean(after, nil) * math.Sqrt(n))
}

// RiseErrorApart is the standard error of a rise between traces a, then b, that were measured on different samples,
// such as those of training steps, with standard errors of their own. On the same samples it says too much, see
// [RiseError].
func RiseErrorApart(a, errA, b, errB float64) float64 {
	return a / b * math.Hypot(errA/a, errB/b)
}

// ReleasedSmoothing is the width of the published code's mean over epochs, for [Smooth]; not in the paper.
const ReleasedSmoothing = 10

// Smooth is the mean of each value and the width-1 before it. With padded, zeros stand before the first value, as
// in the published code, where a trace of any shape then seems to rise for width intervals; without, the mean is
// over the values that there are. It returns an error for a width below 1.
func Smooth(trace []float64, width int, padded bool) ([]float64, error) {
	if width < 1 {
		return nil, fmt.Errorf("inforeg: smoothing over %d intervals, want at least 1", width)
	}
	smooth := make([]float64, len(trace))
	for t := range trace {
		from := max(0, t-width+1)
		for _, v := range trace[from : t+1] {
			smooth[t] += v
		}
		if padded {
			smooth[t] /= float64(width)
		} else {
			smooth[t] /= float64(t + 1 - from)
		}
	}
	return smooth, nil
}
