package record

import (
	"cmp"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/internal/wire"
)

// Epochs is a step as a position on an axis of epochs.
func (rec Recorded) Epochs(step int) float64 {
	return float64(step) / float64(max(1, rec.Status.StepsPerEpoch))
}

// Trace is a trace at the ends of the intervals of the window test. It is made of the same lines and by the same
// IntervalTrace as what a method's window test reads, so that a figure shows what was decided on.
func (rec Recorded) Trace(kind, modality string) *IntervalTrace {
	t := &IntervalTrace{}
	for _, p := range rec.History.Probes {
		if p.Encoder != modality {
			continue
		}
		if k, ok := traceKind(p, rec.Declared, rec.History.Events, rec.Interval()); ok && k == kind {
			t.Add(p.Step/rec.Interval(), p)
		}
	}
	return t
}

// Interval is the number of steps from one window test to the next: an epoch's, of runs of older versions.
func (rec Recorded) Interval() int {
	return max(1, cmp.Or(rec.Status.StepsPerTest, rec.Status.StepsPerEpoch))
}

// Rule is the window test of the run; of one that no window regulates, the paper's.
func (rec Recorded) Rule() inforeg.WindowRule {
	_, share := rec.Declared.Clock(max(1, rec.Status.StepsPerEpoch))
	return method.RuleOf(rec.Status.Settings, share, rec.Floor)
}

// traceOfSteps is the name under which a window test finds a mean of steps. Which of the three it is, is in the record:
// shares by their statistics, labels by the kind, all else is by signs.
func traceOfSteps(rec wire.Record) string {
	switch {
	case rec.BN == inforeg.BNShare:
		return inforeg.KindShare
	case rec.Kind == inforeg.KindFisherTrue:
		return inforeg.KindLabels
	}
	return inforeg.KindSigns
}
