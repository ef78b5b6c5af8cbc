package run

import (
	"fmt"
	"os"
	"slices"

	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/workbench/host/engine"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// A stop is a snapshot that holds all that the next step and the next measurement depend on, the last batch gradients
// included. A host leaves one of every run at the very step at which it leaves, so that the next one computes nothing
// again: it may be of other code, and the steps on record are the old code's. Snapshots in the middle of training leave
// the gradients out, which would be most of them, and a replay fills them in.

// keep leaves a stop at the run's present step. No training is under way then: the host has waited for it.
func (r *Run) keep() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.loaded || r.unfinished || r.at != r.recorded() {
		return nil // the record is of a step that the state is not of: a replay will join them
	}
	return r.stopHere()
}

// stopHere writes a stop, unless there is one. Called with r.mu held. It is written before this returns, and not
// beside the training: the host leaves next, or other code goes on from here. The records are synced before, as for
// a snapshot.
func (r *Run) stopHere() error {
	if r.at == 0 || record.Exists(record.StopPath(r.Dir, r.at)) {
		return nil
	}
	if err := r.saveDone(); err != nil {
		return err
	}
	list, err := r.eng.Collect(r.st)
	if err != nil {
		return err
	}
	// gradients that are not there yet, in a run of few steps, are left out
	add := func(name string, values []float32) {
		if len(values) > 0 {
			list = append(list, models.Tensor{Name: name, Shape: []int{len(values)}, Values: values})
		}
	}
	for modality, ring := range r.ring {
		for i, sketch := range ring {
			add(fmt.Sprintf("%s%s.%d", engine.RingPrefix, modality, i), sketch)
		}
	}
	add(engine.LastGrad, r.last.GradSquares)
	add(engine.LastUpdate, r.last.UpdateSquares)
	if err := r.rec.Sync(); err != nil {
		return err
	}
	h := r.header()
	h.Stop = true
	if err := record.WriteSnapshot(r.Dir, h, list); err != nil {
		return err
	}
	return r.thinStops(int64(r.settingsAt(r.at).Number("snapshot_gib") * (1 << 30)))
}

// thinStops removes stops but the last one and those at which the code changed: there a later replay must begin. Of
// these the oldest go when they are larger than limit bytes together. Between changes of the code snapshots lead to
// every step, so that no other stop is needed.
func (r *Run) thinStops(limit int64) error {
	var size int64
	steps := record.ListStops(r.Dir)
	for i, step := range slices.Backward(steps) {
		path := record.StopPath(r.Dir, step)
		st, err := os.Stat(path)
		if err != nil {
			return err
		}
		pinned := slices.ContainsFunc(
			r.rec.Changes, func(c wire.Change) bool { return c.Event == wire.EventCode && c.Step == step },
		)
		if size += st.Size(); i == len(steps)-1 || pinned && size <= limit {
			continue
		}
		size -= st.Size()
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return nil
}
