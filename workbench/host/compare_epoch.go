package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// How the epoch is chosen at which a run counts.
const (
	SelectAuto     = "auto"      // val; last where the set says that its validation split is unfit
	SelectVal      = "val"       // the best fused accuracy on the validation split, the first of equal ones
	SelectLast     = "last"      // the last one
	SelectTestBest = "test-best" // the best fused accuracy on the test split itself, as papers without a validation split do
)

// Selections lists them, the default first.
var Selections = []string{SelectAuto, SelectVal, SelectLast, SelectTestBest}

// selectionOn is what a selection comes to on a set.
func selectionOn(selection string, desc data.Description) string {
	switch {
	case selection != SelectAuto:
		return selection
	case desc.Unfit != "":
		return SelectLast
	}
	return SelectVal
}

// reported is the split whose accuracies are compared: the test split, or where a set has none the validation split.
func reported(set data.Dataset) data.Split {
	if set.Len(data.Test) > 0 {
		return data.Test
	}
	return data.Validation
}

// checkSelection refuses a choice for which there will be no numbers.
func checkSelection(selection string, a arm, set data.Dataset) error {
	name := set.Describe().Name
	ends := 0 // epochs whose validation accuracy will be on record
	for epoch := range a.epochs() {
		if a.due((epoch + 1) * a.perEpoch) {
			ends++
		}
	}
	switch {
	case set.Len(reported(set)) == 0:
		return &wire.Problem{Message: fmt.Sprintf("data %s has neither a test nor a validation split", name), Hint: "accuracies are measured on samples that were not trained on"}
	case set.Len(data.Validation) == 0 && selection == SelectVal:
		return &wire.Problem{
			Message: fmt.Sprintf("data %s has no validation split to choose the epoch by", name),
			Hint:    "take the last epoch: -select last",
		}
	case selection == SelectVal && ends == 0:
		return &wire.Problem{
			Message: fmt.Sprintf("%s: no epoch ends with a validation accuracy to choose by", a.method),
			Hint:    "-set every.accuracy=epoch measures it, -select last needs none",
		}
	case selection == SelectTestBest && set.Len(data.Test) == 0:
		return &wire.Problem{Message: fmt.Sprintf("data %s has no test split to choose the epoch by", name), Hint: "choose by the validation split: -select val"}
	}
	return nil
}

// choose is the epoch at which a run counts, as the number of epochs done, among the first so many. It is 0 as long as
// the accuracies to choose by are not on record, for then another epoch might be the best: on the validation split those
// that are due, on the test split all. due says whether the schedule has one at a step.
func choose(selection string, records []wire.Record, perEpoch, epochs int, due func(step int) bool) int {
	if selection == SelectLast {
		return epochs
	}
	split := data.Validation
	if selection == SelectTestBest {
		split = data.Test
	}
	values := map[int]float64{} // by step
	for _, rec := range records {
		if rec.Kind == inforeg.KindAccuracy && rec.Split == string(split) && rec.Readout == wire.ReadoutHead {
			values[rec.Step] = rec.Value
		}
	}
	best, most := 0, -1.0
	for epoch := 1; epoch <= epochs; epoch++ {
		switch v, ok := values[epoch*perEpoch]; {
		case !ok && (selection == SelectTestBest || due(epoch*perEpoch)):
			return 0
		case ok && v > most:
			best, most = epoch, v
		}
	}
	return best
}

// EvaluateAt is [Run.Evaluate] at any step that the run has taken. A run measures the validation split by itself, the
// test split only when asked, and then with the weights that it has: those of an epoch that turns out to be the one to
// report are gone by then. So a fork beside the run's folder is taken back to the step, which gives the same weights
// bit for bit, and what it measures is put on the run's own record. What is there already is not measured again.
func (r *Run) EvaluateAt(ctx context.Context, split data.Split, step int) error {
	list, err := r.RecordsOf(step)
	if err != nil || record.Accuracies(list, inforeg.ModalityNames(r.eng.Model), split, step) != nil {
		return err
	}
	return r.MeasureAt(ctx, step, fmt.Sprintf("the %s split", split), func(r *Run) ([]wire.Record, error) { return r.Evaluate(ctx, split) })
}

// MeasureAt measures at any step that the run has taken: now, or in a fork that is taken back to it.
func (r *Run) MeasureAt(ctx context.Context, step int, what string, measure func(*Run) ([]wire.Record, error)) error {
	r.mu.Lock()
	at := r.recorded()
	r.mu.Unlock()
	if step == at {
		_, err := measure(r)
		return err
	}
	r.tell(wire.Event{Kind: wire.Notice, Text: fmt.Sprintf("%s: back to step %d of %d, to measure %s", r.Name, step, at, what)})
	dir := filepath.Join(filepath.Dir(r.Dir), ".at-"+r.Name)
	if err := os.RemoveAll(dir); err != nil { // left by a process that was killed
		return err
	}
	r.shop.mu.Lock()
	fork, err := r.shop.openFork(r.Name, dir, r, wire.Declaration{Fork: &wire.Fork{Run: r.Name, Step: &step}})
	r.shop.mu.Unlock()
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	list, err := measure(fork)
	if err := errors.Join(err, r.shop.Leave(fork), os.RemoveAll(dir)); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	differs := func(list []wire.Change) int {
		return slices.IndexFunc(list, func(c wire.Change) bool { return c.Event == wire.EventDiffers })
	}
	if i := differs(fork.rec.Changes); i >= 0 && differs(r.rec.Changes) < 0 {
		if err := r.change(fork.rec.Changes[i]); err != nil {
			return err
		}
	}
	return r.record(list...)
}

// Leave closes a run and forgets it: its memory and its folder are free, and the shop goes on with others.
func (shop *Shop) Leave(r *Run) error {
	shop.mu.Lock()
	defer shop.mu.Unlock()
	delete(shop.runs, r.Dir)
	return r.Close()
}
