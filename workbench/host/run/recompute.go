package run

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/engine"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// Recomputed is what [Run.Recompute] found.
type Recomputed struct {
	Steps, Starts   int      // computed again, and from how many states; the drawn one counts
	Faults, Remarks []string // each begins with the file that it is of
}

// Recompute takes every step of the run again, from each snapshot and stop to the next and from the beginning to the
// first, and compares what comes out with the record and with the next snapshot. told, which may be nil, hears of each
// stretch. The run must be a copy: its state is lost. Each stretch begins with the state of a file and not with the one
// that was computed, so that a fault in one stretch is not found again in all that follow, and a file that is wrong is
// told from steps that are. The lock is held throughout.
func (r *Run) Recompute(ctx context.Context, told func(step, of int)) (found Recomputed, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := record.StartsFrom(r.Dir, 0)
	slices.SortStableFunc(list, func(a, b record.Start) int { return a.Step - b.Step })
	found.Starts = len(list) + 1
	r.strict = true // for good: from here on nothing is put on record
	r.forget()
	r.st = r.eng.Initial(uint64(r.base.Seed()))
	for i := 0; i <= len(list); i++ {
		goal := r.recorded()
		if i < len(list) {
			goal = min(goal, list[i].Step)
		}
		if !r.sameCode(r.at, goal) {
			found.Remarks = append(
				found.Remarks,
				fmt.Sprintf(
					"%s: steps %d to %d were taken by other code than there is now, and are not computed again",
					record.MetricsFile, r.at, goal,
				),
			)
		} else {
			from := r.at
			err := r.replay(ctx, goal)
			var other *otherStep
			switch {
			case errors.As(err, &other):
				found.Faults = append(
					found.Faults, fmt.Sprintf("%s: step %d: %s", record.MetricsFile, other.step, other.text),
				)
			case err != nil:
				return found, err
			case i < len(list):
				if err := r.holds(list[i]); err != nil {
					file := filepath.Join(record.SnapshotsDir, filepath.Base(list[i].Path(r.Dir)))
					found.Faults = append(found.Faults, file+": "+wire.OneLine(err.Error()))
				}
			}
			found.Steps += r.at - from
		}
		if told != nil {
			told(goal, r.recorded())
		}
		if i < len(list) {
			if _, err := r.take(ctx, list[i]); err != nil {
				return found, err
			}
		}
	}
	return found, nil
}

// holds reports whether the run's state is that of a snapshot. Numbers are compared by their bits, so that -0 and 0
// differ. Of a stop the gradients are not: what is computed from a snapshot has them only later.
func (r *Run) holds(s record.Start) error {
	_, _, want, err := r.eng.ReadState(s.Path(r.Dir), s.Step, r.man.IDs(), r.code)
	if err != nil {
		return err
	}
	list, err := r.eng.Collect(r.st)
	if err != nil {
		return err
	}
	for _, t := range list {
		w, ok := want[t.Name]
		// at an epoch's start a snapshot has those of the epoch before
		if !ok || strings.HasPrefix(t.Name, engine.StartPrefix) {
			continue
		}
		for i, v := range t.Values {
			if math.Float32bits(v) != math.Float32bits(w.Values[i]) {
				return fmt.Errorf(
					"%s at %d is %v, computed from the snapshot before it is %v", t.Name, i, w.Values[i], v,
				)
			}
		}
	}
	return nil
}
