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
