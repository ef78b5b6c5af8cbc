package inforeg

import (
	"errors"
	"fmt"
	"math"
)

// Kinds of trace, by the names under which they are recorded. They measure different things and never share
// an axis.
const (
	KindFisherEmp   = "fisher_emp" // mean per-sample squared gradient norm at the observed labels (paper eq. 7)
	KindReleased    = "released"   // what the published code accumulates: see [Released]
	KindBatchSquare = "batch_g2"   // mean over an epoch's steps of the squared norm of the batch gradient; not in the paper
	KindSigns       = "signs"      // mean over an epoch's steps of fisher_emp by balanced signs, batch norm's coupling included
	KindLabels      = "labels"     // likewise of fisher_true by drawn labels
	KindShare       = "share"      // likewise of the mean squared norm of the samples' shares: see [Shares]
	KindCosine      = "cosine"     // mean cosine between the last batch gradients (paper figure 4)
	KindAccuracy    = "accuracy"
)

// ErrNotMeasured reports a trace that lacks a value which the window test needs.
var ErrNotMeasured = errors.New("inforeg: trace not measured at an epoch's end that the window test reads")

// WindowRule is the test for the prime learning window.
type WindowRule struct {
	K     float64 // threshold of eq. 11, 0.04 in the paper
	First int     // first epoch in which the window may be open; eq. 11 reads two traces, so never before 2
	Floor float64 // share of the trace's maximum so far below which the window stays shut; 0 in the paper. Near zero, late in training, a relative test opens at random.
}

// PrimeLearningWindow says in which epochs a modality acquires information ever faster.
type PrimeLearningWindow struct {
	Open []bool    // by epoch, from 0 to the one after the last measured
	Rise []float64 // left side of eq. 11 for that epoch; NaN for epochs 0 and 1
}

// Intervals lists the runs of open epochs as [from, to), in order.
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

// DetectPrimeLearningWindow reads the window off a trace with one value for the end of each epoch: epoch t is
// open iff (Tr[t-1] - Tr[t-2]) / Tr[t-1] > K (paper eq. 11). A trace of fewer than two values opens nothing,
// and neither does a NaN, which stands for an epoch that was not measured. It returns an error for a negative
// or infinite value.
func DetectPrimeLearningWindow(trace []float64, rule WindowRule) (PrimeLearningWindow, error) {
	w := PrimeLearningWindow{Open: make([]bool, len(trace)+1), Rise: make([]float64, len(trace)+1)}
	largest := 0.0
	for i, v := range trace {
		if v < 0 || math.IsInf(v, 0) {
			return PrimeLearningWindow{}, fmt.Errorf("inforeg: trace at the end of epoch %d: got %v, want a finite number, 0 or more", i, v)
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
			w.Open[t] = t >= rule.First && w.Rise[t] > rule.K && last >= rule.Floor*largest
		}
	}
	return w, nil
}

// Uncertain says for each epoch whether noise alone could have decided its test: whether the rise is within z
// standard errors of the threshold. se has the standard error of every value of the trace; NaN, or a missing
// value, leaves an epoch's test certain. The errors of two epochs' ends are taken as independent: measured on
// the same samples they go together, so that this says uncertain too often rather than too seldom. Not in the paper.
func (w PrimeLearningWindow) Uncertain(trace, se []float64, rule WindowRule, z float64) []bool {
	list := make([]bool, len(w.Open))
	for t := 2; t < len(list) && t-1 < len(se); t++ {
		a, b := trace[t-2], trace[t-1]
		spread := a / b * math.Hypot(se[t-2]/a, se[t-1]/b) // of the rise 1 - a/b
		list[t] = math.Abs(w.Rise[t]-rule.K) < z*spread    // false for NaN
	}
	return list
}

// Smooth is the mean of each value and the width-1 before it. With padded, zeros stand before the first value, as
// in the published code, where a trace of any shape then seems to rise for width epochs; without, the mean is
// over the values that there are. It returns an error for a width below 1.
func Smooth(trace []float64, width int, padded bool) ([]float64, error) {
	if width < 1 {
		return nil, fmt.Errorf("inforeg: smoothing over %d epochs, want at least 1", width)
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
