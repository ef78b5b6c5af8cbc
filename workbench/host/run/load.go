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

// openRecords opens the run's records, makes events of what is wrong with its files, and tidies its folder.
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
// are computed again first.
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
// stays.
func (r *Run) restore(ctx context.Context, step int) error {
	for _, from := range record.Starts(r.Dir, step) {
		h, err := r.take(ctx, from)
		if err == nil {
			return nil
		}
		var system *os.PathError
		switch {
		case errors.Is(err, engine.ErrOtherShape) && !maps.Equal(h.Code, r.code):
			return r.otherVariables(err)
		case errors.As(err, &system):
			return &wire.Problem{
				Message: fmt.Sprintf("snapshot of step %d cannot be read now: %v", from.Step, err),
				Hint: "make it readable and ask again; or move it away, and the run goes on from an older one. " +
					"Nothing was removed",
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

// take makes the state of a file the run's.
func (r *Run) take(ctx context.Context, from record.Start) (record.Header, error) {
	st, h, all, err := r.eng.ReadState(from.Path(r.Dir), from.Step, r.man.IDs(), r.code)
	if err != nil {
		return h, err
	}
	r.forget()
	r.st, r.at, r.origin, r.saved, r.controls = st, from.Step, from, from.Step, h.Controls
	maps.Copy(r.released, h.Released)
	if h.Stop {
		r.ring, r.last = r.eng.GradientsIn(all)
	}
	return h, r.adopt(ctx, h)
}

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

// otherStep reports a step that was computed again and is not the one on record.
type otherStep struct {
	step int
	text string
}

func (d *otherStep) Error() string { return fmt.Sprintf("step %d: %s", d.step, d.text) }

// goOn computes the steps up to a goal again, from the state that was restored. Where a step is not the one on record,
// the next older start tells whether the snapshot is at fault, which is then set aside, or whatever computes, as on
// another machine: then the run goes on from what is computed now, and an event says so.
func (r *Run) goOn(ctx context.Context, goal int) error {
	err := r.replay(ctx, goal)
	var first, second *otherStep
	if !errors.As(err, &first) {
		return err
	}
	if from := r.origin; from.Step > 0 {
		if err := r.restore(ctx, from.Step-1); err != nil {
			return err
		}
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

// replay computes steps that are on record again.
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
// event says that steps differ, they are not compared any more.
func (r *Run) compare(line []byte) error {
	if sum, lost := r.rec.Metrics.IsLost(r.at); lost {
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
