package run

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/engine"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// openRecords opens the run's records, makes events of what is wrong with its files, and tidies its folder. The order
// matters for a kill in between: the events say what was found only after it was set aside, and the manifest gets the
// present schema last. Opened again, the folder is then tidied from where it was left, and at worst an event is
// missing. Called by newRun, with the folder locked and before anybody else has the run.
func (r *Run) openRecords() (err error) {
	if r.man.ID == "" {
		r.man.ID = record.NewID()
		if err := r.man.Write(r.Dir); err != nil {
			return record.FolderProblem(err)
		}
	}
	var found []record.Finding
	if r.rec, found, err = record.OpenRecords(
		r.Dir, r.base, r.perEpoch, r.clock.Interval, r.man.ID, r.man.Schema >= record.ProvedSchema,
	); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.rec.Close())
		}
	}()
	if err := errors.Join(
		record.RemoveTemps(r.Dir), record.RemoveTemps(filepath.Join(r.Dir, record.SnapshotsDir)),
	); err != nil {
		return record.DiskProblem(err)
	}
	// A snapshot beyond the record is of another future: of steps whose lines were cut off, by hand or by a power loss.
	// Taken for a start later on, it would bring back weights of steps that are then taken under other settings.
	for _, from := range record.StartsFrom(r.Dir, r.recorded()+1) {
		aside, err := record.SetAside(from.Path(r.Dir))
		if err != nil {
			return record.DiskProblem(err)
		}
		found = append(
			found,
			record.Finding{
				Event: wire.EventDamaged,
				Text: fmt.Sprintf(
					"the records end at step %d, and there was a snapshot of step %d: it is %s now, and the steps "+
						"between are taken again",
					r.recorded(), from.Step, filepath.Base(aside),
				),
			},
		)
	}
	for _, f := range found {
		if err := r.change(wire.Change{Step: r.recorded(), Event: f.Event, Text: f.Text}); err != nil {
			return err
		}
	}
	if r.man.Schema < record.Schema {
		r.man.Schema = record.Schema
		if err := r.man.Write(r.Dir); err != nil {
			return record.DiskProblem(err)
		}
	}
	r.publish(wire.Idle, 0, 0, "")
	return nil
}

// load brings the state to the step that is on record: the nearest snapshot, then a replay. Lost lines of the records
// are computed again first. Called with r.mu held. The replay may be stopped by ctx between two steps: the state stays
// then, and the next call goes on from it.
func (r *Run) load(ctx context.Context) error {
	if r.loaded && r.unfinished { // measurements that could not be put on record
		if err := r.afterStep(r.settingsAt(r.at - 1)); err != nil {
			return err
		}
	}
	if r.loaded && r.at == r.recorded() {
		return nil
	}
	if !r.loaded {
		if err := r.restoreLost(ctx); err != nil {
			return err
		}
		if err := r.restore(ctx, r.recorded()); err != nil {
			return err
		}
		changed, err := r.noteCode()
		if err != nil {
			return err
		}
		// loaded before the replay: where that is stopped, the state is of step r.at, and is gone on with
		r.loaded, r.changed = true, changed
		r.recomputed = r.recorded() - r.at
	}
	if err := r.goOn(ctx, r.recorded()); err != nil {
		return err
	}
	// steps of the old code, computed by the new one: no later start may lie before them
	if len(r.changed) > 0 && r.recomputed > 0 {
		return r.stopHere()
	}
	return nil
}

// restore reads the nearest snapshot from which the run can be brought to a step, or draws the first weights. One that
// is damaged is set aside: an older one leads to the same state. One that cannot be read just now is an error, and
// stays. It leaves the run at or before the step, and the caller computes the steps between again. A start of other
// code is adopted. Whatever the error, no file is removed.
func (r *Run) restore(ctx context.Context, step int) error {
	for _, from := range record.Starts(r.Dir, step) {
		h, err := r.take(ctx, from)
		if err == nil {
			return nil
		}
		// Of a file that cannot be trusted an older one takes the place. Variables of another shape are the new code's
		// doing, and all older files have them too. What the system could not read may be whole.
		var system *os.PathError
		switch {
		case errors.Is(err, engine.ErrOtherShape) && !maps.Equal(h.Code, r.code):
			return r.otherVariables(err)
		case errors.As(err, &system):
			return &wire.Problem{
				Message: fmt.Sprintf("snapshot of step %d cannot be read now: %v", from.Step, err),
				Hint: "make it readable and ask again; or move it away, and the run goes on from an older one. " +
					"Nothing was removed",
				Cause: err,
			}
		case !errors.Is(err, record.ErrDamaged):
			return err
		}
		if err := r.setAside(from, wire.FirstLine(err)); err != nil {
			return err
		}
	}
	r.forget()
	r.st, r.saved = r.eng.Initial(uint64(r.base.Seed())), 0
	// A new run has its first state on disk before its first step. Of one that has steps the first snapshot is missing
	// or was set aside, and the seed gives the same weights.
	if r.recorded() == 0 {
		return r.save(true)
	}
	return nil
}

// forget drops the state: the run is before step 0.
func (r *Run) forget() {
	r.st.Drop(engine.State{})
	r.st, r.at, r.origin = engine.State{}, 0, record.Start{Step: drawn}
	r.ring, r.released = map[string][][]float32{}, map[string]inforeg.Released{}
}

// take makes the state of a file the run's. The file is read before the old state is dropped: where it cannot be read,
// the run is what it was. Of a snapshot the gradients of the steps before are missing, and come with the replay.
func (r *Run) take(ctx context.Context, from record.Start) (record.Header, error) {
	st, h, all, err := r.eng.ReadState(from.Path(r.Dir), from.Step, r.man.IDs(), r.code)
	if err != nil {
		return h, err
	}
	if same := maps.Equal(h.Code, r.code); same && st.Start == nil && r.needsStart(from.Step) {
		st.Drop()
		return h, fmt.Errorf(
			"%s: %w: it lacks the weights at the start of the interval", filepath.Base(from.Path(r.Dir)),
			record.ErrDamaged,
		)
	}
	r.forget()
	r.st, r.at, r.origin, r.saved, r.controls = st, from.Step, from, from.Step, h.Controls
	maps.Copy(r.released, h.Released)
	if h.Stop {
		r.ring, r.last = r.eng.GradientsIn(all)
	}
	return h, r.adopt(ctx, h)
}

// needsStart reports whether the step after so many looks back on weights that were noted before it: of a method that
// asks for those at an interval's start, unless an interval begins there. Epochs and intervals begin apart from each
// other.
func (r *Run) needsStart(step int) bool { return r.eng.Method.Start() && step%r.clock.Interval != 0 }

// drawn is the step of a start that is no file: weights drawn from the seed.
const drawn = -1

// setAside takes a snapshot that cannot be trusted out of use, and makes an event of it.
func (r *Run) setAside(from record.Start, why string) error {
	aside, err := record.SetAside(from.Path(r.Dir))
	if err != nil {
		return record.DiskProblem(err)
	}
	return r.change(
		wire.Change{
			Step: from.Step, Event: wire.EventUnreadable,
			Text: fmt.Sprintf("%s; it is %s now", why, filepath.Base(aside)),
		},
	)
}

// otherStep reports a step that was computed again and is not the one on record. It tells goOn to look for the reason;
// every other error ends the replay.
type otherStep struct {
	step int
	text string
}

func (d *otherStep) Error() string { return fmt.Sprintf("step %d: %s", d.step, d.text) }

// goOn computes the steps up to a goal again, from the state that was restored. Where a step is not the one on record,
// either the snapshot is at fault or whatever computes, as on another machine. The next older start decides. If it
// comes to the recorded step, the snapshot is set aside, and the replay goes on. If it does not either, the snapshot is
// taken again and an event says that steps differ: from then on steps are not compared, and the run goes on from what
// is computed now.
func (r *Run) goOn(ctx context.Context, goal int) error {
	err := r.replay(ctx, goal)
	var first, second *otherStep
	if !errors.As(err, &first) {
		return err
	}
	// the first state has no older start: there only whatever computes can be at fault
	if from := r.origin; from.Step > 0 {
		if err := r.restore(ctx, from.Step-1); err != nil {
			return err
		}
		// no farther than the step in question: one that comes out as recorded is all that was asked
		err = r.replay(ctx, first.step+1)
		if err == nil {
			if err := r.setAside(
				from, fmt.Sprintf("from it step %d is another than on record, from an older one it is not", first.step),
			); err != nil {
				return err
			}
			return r.goOn(ctx, goal)
		}
		if !errors.As(err, &second) {
			return err
		}
		if _, err := r.take(ctx, from); err != nil {
			return err
		}
	}
	if err := r.change(wire.Change{Step: first.step, Event: wire.EventDiffers, Text: first.text}); err != nil {
		return err
	}
	return r.replay(ctx, goal)
}

// replay computes steps that are on record again. A replay takes the steps in the one way in which steps are taken.
// What advance finds on record it compares and does not write.
func (r *Run) replay(ctx context.Context, goal int) error {
	for r.at < goal {
		if err := r.replayStep(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (r *Run) replayStep(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	r.publish(wire.Replaying, r.recorded(), 0, "")
	return r.advance(ctx)
}

// compare checks a replayed step against its record. Where the record is lost, it is that of the step now. Once an
// event says that steps differ, they are not compared any more. Lines are compared as they are written, byte by byte,
// so that nothing has to be parsed.
func (r *Run) compare(line []byte) error {
	if sum, lost := r.rec.Metrics.IsLost(r.at); lost {
		// else the line stays lost
		if r.mend != nil {
			r.mend.fill(r.mend.metrics, r.at, line, sum)
		}
		return nil
	}
	for _, c := range r.rec.Changes {
		if c.Event == wire.EventDiffers && !r.strict {
			return nil
		}
	}
	have, err := r.rec.Metrics.Line(r.at)
	if err != nil || bytes.Equal(line, have) {
		return err
	}
	return &otherStep{
		r.at,
		fmt.Sprintf(
			"computed again, the step gives %s, on record is %s: another machine, backend or version computed it", line,
			have,
		),
	}
}
