package run

import (
	"context"
	"errors"
	"maps"
	"math"
	"math/rand/v2"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/engine"
	"github.com/primewindow/primewindow/workbench/host/probe"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// beginning is what a step begins with.
type beginning struct {
	st       engine.State // the run's own, or one that shares its weights
	controls map[string]float64
	released map[string]inforeg.Released
}

// begin lets the method decide, where an epoch or an interval of the window test begins, and notes an interval's first
// weights. An epoch's decision comes with what the method carries, an interval's within an epoch changes controls
// alone. Elsewhere it gives what the run has. It is part of the step that follows, so that a replay decides as the run
// did, from the same traces: those that were on record when the step was first taken. The run itself is not changed:
// what was decided becomes the run's when the step is taken, since a step that fails is decided about again, from what
// was carried before it, now or by another process.
func (r *Run) begin(ctx context.Context, epoch, offset int, settings setting.Values) (b beginning, err error) {
	b = beginning{r.st, r.controls, r.released}
	interval := r.at%r.clock.Interval == 0
	if interval {
		b.released = map[string]inforeg.Released{}
		b.st = r.eng.IntervalStart(r.st)
	}
	switch {
	case offset == 0:
		b.controls, b.st.Carried, err = r.decide(ctx, epoch, settings)
	case interval:
		var controls map[string]float64
		if controls, err = r.eng.DecideInterval(r.st, r.epoch(ctx, epoch, settings)); err == nil {
			b.controls = maps.Clone(r.controls) // a snapshot under way writes the old ones
			maps.Copy(b.controls, controls)
		}
		err = r.notMeasured(err)
	}
	return b, err
}

// epoch is what the method may base its decisions on where the run is. Features and Trial are functions, so that only a
// method that asks for them pays for them; they can be called as long as the hook runs.
func (r *Run) epoch(ctx context.Context, epoch int, settings setting.Values) inforeg.Epoch {
	interval := r.at / r.clock.Interval
	e := inforeg.Epoch{
		Index: epoch, Interval: interval, KShare: r.kShare, Settings: settings,
		Features: func(share float64) (inforeg.Features, error) { return r.drawnFeatures(epoch, share) },
		Trial: func(controls map[string]float64, epochs int) (inforeg.Trial, error) {
			return r.trial(ctx, epoch, settings, controls, epochs)
		},
	}
	e.Traces, e.RiseErrors = r.rec.TracesUntil(interval)
	return e
}

// notMeasured says what to do about a trace that a window test lacks.
func (r *Run) notMeasured(err error) error {
	if !errors.Is(err, inforeg.ErrNotMeasured) {
		return err
	}
	return &wire.Problem{
		Message: err.Error(),
		Hint: "the window needs a trace as often as window_every says: for fisher_emp leave every.fisher_emp at " +
			"window, for signs, labels or share say when with every.signs and so on; or set window to all or none",
	}
}

// decide lets the method decide about the epoch, and gives its controls and what it carries from there on. The tensors
// are the caller's. The controls are a new map each time, so that an older one can still be written.
func (r *Run) decide(
	ctx context.Context, epoch int, settings setting.Values,
) (controls map[string]float64, carried []*tensors.Tensor, err error) {
	controls, carried, err = r.eng.Decide(r.st, r.epoch(ctx, epoch, settings))
	return controls, carried, r.notMeasured(err)
}

// drawnFeatures are the features of a share of the training samples, in whole batches, drawn by seed and epoch. The
// generator's second word is beyond every epoch's number, so that this is not the order in which the epoch trains.
func (r *Run) drawnFeatures(epoch int, share float64) (inforeg.Features, error) {
	n := max(1, int(math.Ceil(share*float64(r.perEpoch)))) * r.base.Batch()
	order := rand.New(rand.NewPCG(uint64(r.base.Seed()), 1<<32+uint64(epoch))).Perm(r.set.Len(data.Train))
	z, labels, err := r.now().Features(data.Train, order[:min(n, len(order))])
	return inforeg.Features{Rows: z, Labels: labels}, err
}

// trial trains a copy of the run under other controls, on the batches that the run itself will take, and forgets it.
// Nothing of it is on record, and the run's own weights are only read. Reading ahead begins anew afterwards, as the run
// goes back to the first of these batches. The lock is held until all is over, which may take some epochs.
func (r *Run) trial(
	ctx context.Context, epoch int, settings setting.Values, controls map[string]float64, epochs int,
) (t inforeg.Trial, err error) {
	if r.set.Len(data.Validation) == 0 {
		return t, &wire.Problem{
			Message: "data " + r.base.Data() + " has no validation split to estimate weights on",
			Hint:    "choose another method or set",
		}
	}
	if t.TrainBefore, t.ValBefore, err = r.losses(r.st.Vars); err != nil {
		return t, err
	}
	st := r.eng.IntervalStart(r.st)
	defer func() { st.Drop(r.st) }() // however it ends, nothing of it stays
	for step := range epochs * r.perEpoch {
		if ctx.Err() != nil {
			break
		}
		batch, err := r.batch(epoch*r.perEpoch + step)
		if err != nil {
			return t, err
		}
		next, _, err := r.eng.Step(
			st,
			engine.StepInput{
				Batch: batch, Controls: r.eng.ControlVector(settings, controls, epoch+step/r.perEpoch), Key: r.key(),
			},
		)
		if err != nil {
			return t, err
		}
		st.Drop(next, r.st) // nothing of the run's own state is freed
		st = next
	}
	if ctx.Err() == nil {
		t.TrainAfter, t.ValAfter, err = r.losses(st.Vars)
	} else {
		// a trial that was cut short says nothing about the whole one
		err = context.Cause(ctx)
	}
	return t, err
}

// losses are the mean cross entropies in eval mode of the fused logits, "joint", and of the modalities' own
// classifiers: on as many training samples as there are for validation, and on the validation split. The training
// samples are the same in each trial.
func (r *Run) losses(vars []*tensors.Tensor) (train, val map[string]float64, err error) {
	mean := func(split data.Split, indices []int) (map[string]float64, error) {
		sums := map[string]float64{}
		err := r.now().Pass(vars, split, indices, func(labels []int32, got engine.Rows) error {
			add := func(name string, logits []float32) {
				classes := r.eng.Model.Classes
				for i, y := range labels {
					sums[name] += probe.CrossEntropy(logits[i*classes:(i+1)*classes], int(y)) / float64(len(indices))
				}
			}
			add("joint", got.Logits)
			for m, logits := range got.Separate {
				add(m, logits)
			}
			return nil
		})
		return sums, err
	}
	n := r.set.Len(data.Validation)
	if train, err = mean(data.Train, data.Spread(r.set.Len(data.Train), n)); err != nil {
		return nil, nil, err
	}
	val, err = mean(data.Validation, data.Positions(n))
	return train, val, err
}
