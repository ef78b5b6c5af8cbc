package run

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/workbench/host/engine"
	"github.com/primewindow/primewindow/workbench/host/probe"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// record puts measurements on record, all or none, but for those that are there already, and leaves of each what can be
// written, see [record.Settle]; list is changed by that. One that stands in place of a lost line is kept for that
// place. With strict nothing is written: what is on record has to be the same, and nothing else may come out.
func (r *Run) record(list ...wire.Record) error {
	defer r.spend("records")()
	var fresh []wire.Record
	for i := range list {
		if err := record.Settle(&list[i]); err != nil {
			return err
		}
		rec := list[i]
		key := record.Key(rec)
		have, err := r.rec.Of(rec.Step)
		if err != nil {
			return err
		}
		if have.Keys[key] && r.strict {
			if err := r.sameRecord(have.List, rec); err != nil {
				return err
			}
		}
		// on record already, or twice in the list
		if have.Keys[key] || slices.ContainsFunc(
			fresh, func(other wire.Record) bool { return record.Key(other) == key },
		) {
			continue
		}
		put, err := r.putLost(rec)
		if err != nil {
			return err
		}
		if !put {
			fresh = append(fresh, rec)
		}
	}
	switch {
	case len(fresh) == 0:
		return nil
	case r.strict:
		return &otherStep{r.at, fmt.Sprintf("%s of %s is not on record", fresh[0].Kind, fresh[0].Encoder)}
	}
	if err := r.noteMachine(); err != nil {
		return err
	}
	return r.rec.Add(fresh)
}

// noteMachine has the manifest say that something of the run was computed on this machine, before it is on record: on
// another kind of machine the last digits are others. Called with r.mu held, like all that computes.
func (r *Run) noteMachine() error {
	if !r.man.ComputedOn(xla.Machine()) {
		return nil
	}
	if err := r.man.Write(r.Dir); err != nil {
		return record.DiskProblem(err)
	}
	return nil
}

// sameRecord wants a measurement to be the one on record, to the last digit. They are compared as they are written, so
// that what is left out of both makes no difference.
func (r *Run) sameRecord(list []wire.Record, rec wire.Record) error {
	for _, have := range list {
		if record.Key(have) != record.Key(rec) {
			continue
		}
		if have.N == 1 && rec.SE == nil {
			have.SE = nil // an older version wrote 0 for an accuracy of one sample
		}
		was, err := json.Marshal(have)
		now, err2 := json.Marshal(rec)
		if err := errors.Join(err, err2); err != nil || bytes.Equal(was, now) {
			return err
		}
		return &otherStep{
			rec.Step,
			fmt.Sprintf(
				"measured again, %s of %s is %v, on record is %v", rec.Kind, rec.Encoder, rec.Value, have.Value,
			),
		}
	}
	return nil
}

// afterStep puts on record what the step just taken measured, during it and after it, and at the end of an interval of
// the window test what was accumulated, and then commits the step: a run that is killed before that takes the step
// again. A replay, which finds the records there, measures nothing again.
//
// After an error it may be called again: what is on record by then is not measured twice, and what the step measured
// while it was taken is kept in during until it is.
func (r *Run) afterStep(settings setting.Values) error {
	r.unfinished = true
	if err := r.record(r.during...); err != nil {
		return err
	}
	r.during = nil
	if r.at%r.clock.Interval == 0 {
		// these are made from the record, where by now the last step's own are
		running, err := r.moment(settings).Running()
		if err != nil {
			return err
		}
		if err := r.record(append(r.accumulated(), running...)...); err != nil {
			return err
		}
	}
	if err := r.measureDue(settings, false); err != nil {
		return err
	}
	if r.at == r.recorded() && !r.strict {
		committed := r.spend("records")
		err := r.noteMachine()
		if err == nil {
			err = r.rec.Commit()
		}
		committed()
		if err != nil {
			return err
		}
	}
	r.unfinished = false
	return nil
}

// accumulated are the numbers that the steps since the interval began added up to.
func (r *Run) accumulated() []wire.Record {
	var list []wire.Record
	for _, m := range r.eng.Model.Modalities {
		acc := r.released[m.Name]
		for _, sum := range []struct {
			kind  string
			value float64
		}{{inforeg.KindReleased, acc.Sum}, {inforeg.KindBatchSquare, acc.BatchSquare()}} {
			rec := wire.Record{Step: r.at, Epoch: max(0, r.at-1) / r.perEpoch, Kind: sum.kind, Encoder: m.Name}
			rec.Value, rec.Loss, rec.Labels, rec.BN, rec.N = sum.value, "total", "observed", "batch",
				acc.Accumulated*r.base.Batch()
			list = append(list, rec)
		}
	}
	return list
}

// measureDue measures what the schedules ask for at the present step. At the start only traces are measured. The order
// is that of the table, always, so that the file comes out the same when all is computed again.
func (r *Run) measureDue(settings setting.Values, start bool) error {
	now := r.moment(settings)
	for _, p := range probe.Table() {
		if p.Schedule == "" || !settings.Schedule(p.Schedule).Due(r.at, r.clock) || start && !p.Start {
			continue
		}
		there, err := r.measured(p.Records, p.Readout)
		if err != nil {
			return err
		}
		if there {
			continue
		}
		if p.Readout != "" && r.set.Len(data.Validation) == 0 { // the run's manifest notes it
			continue
		}
		spent := r.spend("probe " + p.Schedule)
		list, err := p.Measure(now)
		spent()
		if err == nil {
			err = r.record(list...)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// measured reports whether a measurement of the present step is on record already, in the run's own definition. What is
// put on record together is there as a whole, unless a part of it was lost since. With strict all is measured again, to
// be compared: a cosine only where as many gradients are at hand as were when it was put on record.
func (r *Run) measured(kind, readout string) (bool, error) {
	lost := r.mend != nil && (len(r.mend.lost[r.at]) > 0 || r.rec.Gap >= 0 && r.at >= r.rec.Gap)
	whole := kind != inforeg.KindCosine || len(
		r.ring[r.eng.Model.Modalities[0].Name],
	) == min(r.at, record.CosineBatches)
	if lost || r.strict && whole { // behind a snapshot some gradients are missing for a while
		return false, nil
	}
	have, err := r.rec.Of(r.at)
	if err != nil {
		return false, err
	}
	n := 0
	for _, rec := range have.List {
		if rec.Kind == kind && rec.Readout == readout && record.Scheduled(rec, r.base, r.rec.Changes) {
			n++
		}
	}
	if readout == wire.ReadoutHead {
		return n >= 1, nil
	}
	return n >= len(r.eng.Model.Modalities), nil
}

// moment is the run between two steps, for probes. Called with r.mu held, and used no longer than that: it has the
// run's own state, maps and slices, and no copies.
func (r *Run) moment(settings setting.Values) *probe.Moment {
	return &probe.Moment{
		Engine: r.eng, State: r.st, Last: r.last, Set: r.set, Base: r.base, Settings: settings, Changes: r.rec.Changes,
		Step: r.at, PerEpoch: r.perEpoch, Clock: r.clock, Ring: r.ring, Begun: r.firstWeights, Each: r.man.Each,
		Recorded: r.rec.Read,
	}
}

// now is the run where it stands, for what is asked for.
func (r *Run) now() *probe.Moment { return r.moment(r.settingsAt(r.at)) }

// firstWeights are the trainable variables at step 0, made when something first asks for them and kept then. They are
// drawn again by the seed and not read from the first snapshot, which may be gone. Close frees them.
func (r *Run) firstWeights() []*tensors.Tensor {
	if r.begun == nil {
		first := r.eng.Initial(uint64(r.base.Seed()))
		engine.Free(first.Momentum...)
		engine.Free(first.Carried...)
		for i, v := range r.eng.Vars {
			if v.Trainable() {
				r.begun = append(r.begun, first.Vars[i])
			} else {
				engine.Free(first.Vars[i])
			}
		}
	}
	return r.begun
}
