package probe

import (
	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/engine"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// wire.MacroF1 is the mean over the classes of F1, which is the harmonic mean of precision and recall.

// classCounts are counts of a classifier's predictions by class: right ones, all of the class, all samples of it.
type classCounts struct{ hit, said, there []int }

func newClassCounts(classes int) *classCounts {
	return &classCounts{hit: make([]int, classes), said: make([]int, classes), there: make([]int, classes)}
}

// add counts a sample of one class that is said to be of another or of the same.
func (t *classCounts) add(said, there int) {
	t.said[said]++
	t.there[there]++
	if said == there {
		t.hit[said]++
	}
}

// macroF1 is the mean over all classes of F1 = 2·TP/(2·TP + FP + FN), from 0 to 1. A class that is neither there nor
// predicted counts as 0, as scikit-learn's f1_score has it with all classes as labels and zero_division=0. The
// denominator is what was said to be of the class and what is of it, added.
func (t *classCounts) macroF1() float64 {
	sum := 0.0
	for k, hit := range t.hit {
		if both := t.said[k] + t.there[k]; both > 0 {
			sum += 2 * float64(hit) / float64(both)
		}
	}
	return sum / float64(len(t.hit))
}

// f1Record is the macro F1 of the fused prediction on n samples of a split at the present step. It has no standard
// error: the classes' ratios are not means of samples.
func (now *Moment) f1Record(t *classCounts, split data.Split, n int) wire.Record {
	rec := now.blank(wire.MacroF1, wire.Fused)
	rec.Value, rec.Loss, rec.Labels, rec.BN, rec.N, rec.Split, rec.Readout = t.macroF1(), "none", "observed",
		setting.BNRunning, n, string(split), wire.ReadoutHead
	return rec
}

// MacroF1 measures the macro F1 alone.
func (now *Moment) MacroF1(split data.Split) (wire.Record, error) {
	n := now.Set.Len(split)
	t := newClassCounts(now.Engine.Model.Classes)
	err := now.Pass(now.State.Vars, split, data.Positions(n), func(labels []int32, got engine.Rows) error {
		t.addRows(labels, got.Logits)
		return nil
	})
	return now.f1Record(t, split, n), err
}

// addRows counts the samples of a batch by their logits, [n, classes].
func (t *classCounts) addRows(labels []int32, logits []float32) {
	classes := len(t.hit)
	for i, y := range labels {
		t.add(argMax(logits[i*classes:(i+1)*classes]), int(y))
	}
}
