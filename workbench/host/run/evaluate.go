package run

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

// EvaluateAt is [Run.Evaluate] at any step that the run has taken. A run measures the validation split by itself, the
// test split only when asked, and then with the weights that it has: those of an epoch that turns out to be the one to
// report are gone by then. So a fork beside the run's folder is taken back to the step, which gives the same weights
// bit for bit, and what it measures is put on the run's own record. What is there already is not measured again.
func (r *Run) EvaluateAt(ctx context.Context, split data.Split, step int) error {
	list, err := r.RecordsOf(step)
	if err != nil || record.Accuracies(list, inforeg.ModalityNames(r.eng.Model), split, step) != nil {
		return err
	}
	return r.MeasureAt(
		ctx, step, fmt.Sprintf("the %s split", split),
		func(r *Run) ([]wire.Record, error) { return r.Evaluate(ctx, split) },
	)
}

// MeasureAt measures at any step that the run has taken: now, or in a fork that is taken back to it. The fork is a
// folder beside the run's, hidden by its name and removed afterwards; links make it cheap. It goes through the replay
// of an opening, so that its weights are the run's of that step, bit for bit. The run's lock is held while the fork is
// made and while its measurements are put on record, and not while it computes: the run may be trained meanwhile. Two
// calls of one run at a time would use the same folder: the second waits for the first, or until its context ends.
func (r *Run) MeasureAt(ctx context.Context, step int, what string, measure func(*Run) ([]wire.Record, error)) error {
	r.mu.Lock()
	at := r.recorded()
	r.mu.Unlock()
	if step == at {
		_, err := measure(r)
		return err
	}
	r.tell(
		wire.Event{
			Kind: wire.Notice, Text: fmt.Sprintf("%s: back to step %d of %d, to measure %s", r.Name, step, at, what),
		},
	)
	select {
	case r.back <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-r.back }()
	dir := filepath.Join(filepath.Dir(r.Dir), ".at-"+r.Name)
	if err := os.RemoveAll(dir); err != nil { // left by a process that was killed
		return err
	}
	fork, err := func() (*Run, error) {
		// no lock of the run is held here: the shop's comes before it
		r.shop.mu.Lock()
		defer r.shop.mu.Unlock() // also after a panic, of which opening a set or building a model is capable
		return r.shop.openFork(r.Name, dir, r, wire.Declaration{Fork: &wire.Fork{Run: r.Name, Step: &step}})
	}()
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	list, err := measure(fork)
	if err := errors.Join(err, r.shop.Leave(fork), os.RemoveAll(dir)); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	// The fork's own record is gone. If the replay came out otherwise than recorded, that is said on the run's.
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
