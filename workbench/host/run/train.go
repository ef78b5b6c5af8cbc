package run

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/engine"
	"github.com/primewindow/primewindow/workbench/host/probe"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// ErrPaused ends training that was asked to pause. It is the cause of the context that training is given, and comes
// back as its error.
var ErrPaused = errors.New("paused")

// progressEvery is how often training tells its watchers where it is. Other events are told at once.
const progressEvery = 100 * time.Millisecond

// To trains until so many steps are done. It is the only loop: every other way of training calls it. A run
// that is there already, or beyond, does nothing. When ctx ends, the step under way is finished and ctx's
// error is returned. client is told to others that want to train the run meanwhile; they wait.
func (r *Run) To(ctx context.Context, target int, client string) error {
	return r.Train(ctx, client, func(int) int { return target })
}

// StepsToEpoch is how many steps are done when so many epochs are.
func (r *Run) StepsToEpoch(epochs int) int { return epochs * r.perEpoch }

// Train waits for its turn and trains up to the step that target gives for the present one. target is asked when the
// turn has come: "ten more steps" are counted from where the others left the run. The turn is given back last, after
// the status is published, so that the next to train does not find its own status replaced.
func (r *Run) Train(ctx context.Context, client string, target func(now int) int) (err error) {
	select {
	case r.turn <- struct{}{}:
	default:
		// Between the two attempts the turn may become free: the notice is then told for nothing, and no harm is done.
		if s := r.Status(); s.Stepper != "" {
			r.tell(
				wire.Event{Kind: wire.Notice, Text: fmt.Sprintf("%s: waiting, %s is stepping it", r.Name, s.Stepper)},
			)
		}
		select {
		case r.turn <- struct{}{}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	defer func() { <-r.turn }()
	goal := func() int {
		r.mu.Lock()
		defer r.mu.Unlock()
		return target(r.recorded())
	}()

	// The rate is that of the steps after the first one here, which may have waited for a compiler.
	began, from := time.Now(), -1
	var rate float64
	var told time.Time
	defer func() {
		p := recover() // the lock is free: whatever takes it in a training lets it go by defer
		r.mu.Lock()
		defer r.mu.Unlock()
		if p != nil {
			err = &wire.Problem{
				Message: fmt.Sprintf("step %d: %s", r.recorded(), wire.OneLine(fmt.Sprint(p))),
				Hint: "a fault of the set, of the method, or of the program: the run is at the last step on record " +
					"and can be gone on with",
			}
		}
		// training that has ended leaves no file half written: who was waiting may end the process
		if saveErr := r.saveDone(); err == nil {
			err = saveErr
		}
		state := wire.Idle
		var problem *wire.Problem
		// a pause and a client that left are no problems of the run
		if err != nil && !errors.Is(err, ErrPaused) && ctx.Err() == nil {
			state, problem = wire.Stopped, wire.AsProblem(err)
		}
		r.publishStatus(state, 0, 0, "", problem)
	}()
	if err := r.catchUp(ctx, client, goal); err != nil {
		return err
	}
	// one takes the next step; false when the goal is reached
	one := func() (step int, more bool, err error) {
		// Whoever waits for the lock gets it after this step: a Go mutex is handed to one that has waited for a
		// millisecond, and the loop cannot take it again and again.
		r.mu.Lock()
		defer r.mu.Unlock()
		if step = r.recorded(); step >= goal {
			return step, false, nil
		}
		if from < 0 {
			from, began = step, time.Now()
		}
		// Which graph the step needs is known before it. The first call of one compiles it, which takes long.
		if !r.eng.Compiled(engine.StepName(probe.Measures(r.settingsAt(step), r.clock, step))) {
			r.publish(wire.Compiling, goal, 0, client)
			r.tell(wire.Event{Kind: wire.Notice, Text: "compiling the training step (once for each kind of model)"})
			told = time.Time{} // the first step after it is told at once
		}
		err = r.advance(ctx)
		if step == from {
			began = time.Now() // the first step may have compiled: it does not count
		} else {
			rate = float64(step-from) / time.Since(began).Seconds()
		}
		r.publish(wire.Training, goal, rate, client) // after an error too: the deferred function says how it ended
		return step, true, err
	}
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		step, more, err := one()
		if err != nil || !more {
			return err
		}
		// events are told without the lock, as whoever gets one may ask for more
		switch epochEnded := (step+1)%r.perEpoch == 0; {
		case epochEnded:
			r.tell(wire.Event{Kind: wire.EpochEnd})
		case time.Since(told) >= progressEvery:
			told = time.Now()
			r.tell(wire.Event{Kind: wire.Progress})
		}
	}
}

// WaitTurn waits until nobody trains the run: after a pause, until the step under way is done.
func (r *Run) WaitTurn(ctx context.Context) error {
	select {
	case r.turn <- struct{}{}:
		<-r.turn
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// catchUp loads the run's state, replaying what is on record, and makes an event of it that the run was taken up. A run
// that is at its goal is not loaded, unless something of it has to be completed or mended. The lock is held throughout:
// there is no state to look at before the end.
func (r *Run) catchUp(ctx context.Context, client string, goal int) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	unfinished := r.loaded && r.unfinished
	if r.recorded() >= goal && !unfinished && (!r.rec.Damaged() || r.hopeless) {
		return nil
	}
	if r.recorded() == 0 {
		for _, note := range r.man.Notes {
			r.tell(wire.Event{Kind: wire.Notice, Text: r.Name + ": " + note})
		}
	}
	// a run that was loaded before, or that has no step yet, is not taken up again
	fresh := !r.loaded && r.recorded() > 0
	if err := r.load(ctx); err != nil {
		return err
	}
	if fresh {
		text := fmt.Sprintf("%s: taken up at step %d, %d steps computed again", r.Name, r.recorded(), r.recomputed)
		if len(r.changed) > 0 {
			text = fmt.Sprintf(
				"%s: from step %d on with other code of %s", r.Name, r.recorded(), strings.Join(r.changed, ", "),
			)
			if r.recomputed > 0 {
				text += fmt.Sprintf(
					"; the old host left no state of this step: %d steps before it were computed again by the new code",
					r.recomputed,
				)
			}
		}
		r.tell(wire.Event{Kind: wire.Notice, Text: text})
		return r.change(
			wire.Change{Step: r.recorded(), Event: wire.EventReopened, New: r.recomputed, Text: "steps computed again"},
		)
	}
	return nil
}

// with runs use on the loaded state, between two steps: it takes the lock and not the turn, so that it gets in while
// others train. The lock is held until use returns, and training waits. Where the state had to be computed again the
// status still says so, and is put right.
func (r *Run) with(ctx context.Context, use func() error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.load(ctx); err != nil {
		return err
	}
	if s := r.Status(); s.State == wire.Replaying {
		r.publish(wire.Idle, 0, 0, "")
	}
	return use()
}

// Probe measures a kind of probe now and puts it on record. Measured again at the same step, the record is
// the same and stands once.
func (r *Run) Probe(ctx context.Context, kind string) (list []wire.Record, err error) {
	err = r.with(ctx, func() error {
		if list, err = r.now().Measure(kind); err != nil {
			return err
		}
		return r.record(list...)
	})
	return list, err
}

// Evaluate measures accuracies on a split now and puts them on record: by the head, with the macro F1 of the fused
// prediction, and by fresh linear probes. One pass over the split serves all: the linear probes get the features that
// the accuracies were read from.
func (r *Run) Evaluate(ctx context.Context, split data.Split) (list []wire.Record, err error) {
	err = r.with(ctx, func() error {
		defer r.spend("evaluating the " + string(split) + " split")()
		var f probe.FeatureRows
		now := r.now()
		scores, f1, err := now.Scores(split, f.Add)
		if err != nil {
			return err
		}
		more, err := now.LinearOn(split, f)
		if err != nil {
			return err
		}
		list = append(append(scores, f1), more...)
		return r.record(list...)
	})
	return list, err
}

// Set changes settings from the present step on. Setting the present value records nothing. All are checked before the
// first is recorded. They are events of their own, in alphabetical order: a kill between two of them leaves the first
// ones set.
func (r *Run) Set(asked map[string]any) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.settingsAt(r.recorded())
	var list []wire.Change
	for _, name := range slices.Sorted(maps.Keys(asked)) {
		s, err := r.setting(name)
		if err != nil {
			return err
		}
		v, err := s.Parse(asked[name])
		if err != nil {
			return &wire.Problem{Message: err.Error(), Hint: name + ": " + s.Doc}
		}
		if v == now[name] {
			continue
		}
		if !s.Mutable {
			return &wire.Problem{
				Message: fmt.Sprintf(
					"setting %s is %v and cannot change in the middle of a run", name, setting.Show(now[name]),
				),
				Hint: "open another run with it, or start this one over with Fresh",
			}
		}
		list = append(list, wire.Change{Step: r.recorded(), Event: wire.EventSet, Name: name, Old: now[name], New: v})
	}
	for _, c := range list {
		if err := r.change(c); err != nil {
			return err
		}
	}
	// the settings in the status are new; state, target, rate and stepper stay, and so does what stopped the run
	s := *r.published.Load()
	r.publishStatus(s.State, s.Target, s.Rate, s.Stepper, s.Problem)
	return nil
}

// SettingsAt are the settings under which the step after so many is taken.
func (r *Run) SettingsAt(step int) setting.Values {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.settingsAt(step)
}

// Clock is that of the run's window tests.
func (r *Run) Clock() inforeg.Clock { return r.clock }

// Dataset is what the run is trained on.
func (r *Run) Dataset() data.Dataset { return r.set }

// setting finds one entry of the table of a run's settings.
func (r *Run) setting(name string) (data.Setting, error) {
	desc := r.set.Describe()
	list, err := setting.Table(r.base.Data(), r.base.Method(), &desc)
	if err != nil {
		return data.Setting{}, err
	}
	names := make([]string, len(list))
	for i, s := range list {
		if names[i] = s.Name; s.Name == name {
			return s, nil
		}
	}
	return data.Setting{}, setting.Unknown(name, names, r.base.Method())
}

// Settings are the run's settings at the present step.
func (r *Run) Settings() setting.Values {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.settingsAt(r.recorded())
}

// History is all that is on record, read from disk beside the training. A measurement whose line is lost is left out;
// of a step whose line is, its number stays. The lock is held while two views are opened, and not while they are read,
// so that a long record stops no step.
func (r *Run) History() (h wire.History, err error) {
	r.mu.Lock()
	h.Events = slices.Clone(r.rec.Changes)
	metrics, err := r.rec.Metrics.View()
	probes, err2 := r.rec.Probes.View()
	r.mu.Unlock()
	for _, v := range []*record.View{metrics, probes} {
		if v != nil { // also where the other could not be opened
			defer v.Close()
		}
	}
	if err := errors.Join(err, err2); err != nil {
		return h, err
	}
	err = record.ReadHistory(&h, metrics, probes)
	return h, err
}

// RecordsOf are the measurements that belong to a step.
func (r *Run) RecordsOf(step int) ([]wire.Record, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rec.Read(step)
}

// publish says where the run is. It is called with r.mu held. Every call makes a new value: readers keep the one
// that they loaded. What is changed in place elsewhere, as the accuracies, is cloned for it; settings come as a
// copy already.
func (r *Run) publish(state string, target int, rate float64, client string) {
	r.publishStatus(state, target, rate, client, nil)
}

// publishStatus is publish of a run that something may have stopped.
func (r *Run) publishStatus(state string, target int, rate float64, client string, problem *wire.Problem) {
	n := r.recorded()
	s := wire.Status{
		Name: r.Name, Dir: r.Dir, Data: r.base.Data(), Method: r.base.Method(), Seed: r.base.Seed(),
		Step: n, StepsPerEpoch: r.perEpoch, StepsPerTest: r.clock.Interval, Epoch: n / r.perEpoch, State: state,
		Stepper: client, Target: target, Rate: rate, Problem: problem,
		Modalities: inforeg.ModalityNames(r.eng.Model), Settings: r.settingsAt(n), Code: r.code,
	}
	s.Epochs = int(s.Settings["epochs"].(float64))
	if r.man.Parent != nil {
		s.Parent = fmt.Sprintf("%s at step %d", r.man.Parent.Run, r.man.Parent.Step)
	}
	if state == wire.Replaying {
		s.Step = r.at
	}
	s.Loss, s.Accuracy = r.rec.Loss, maps.Clone(r.rec.Accuracy())
	s.Warnings = record.Warnings(r.rec.Changes)
	if r.rec.LostText != "" {
		s.Warnings = append(s.Warnings, r.rec.LostText)
	}
	r.published.Store(&s)
}

// Status says where the run is, without waiting for a step under way.
func (r *Run) Status() wire.Status { return *r.published.Load() }

// Watch gives what happens to the run from now on, until stop is called, which closes the channel: it is taken from the
// list first, so that nothing is sent to it any more. Who reads too slowly misses progress, and, 64 events behind, the
// oldest of them.
func (r *Run) Watch() (events <-chan wire.Event, stop func()) {
	c := r.watchers.add()
	return c, sync.OnceFunc(func() {
		r.watchers.remove(c)
		close(c)
	})
}

// tell sends an event to whoever watches the run. It needs no lock of the run, and never waits for a reader.
func (r *Run) tell(e wire.Event) {
	e.Status = r.Status()
	r.watchers.send(e)
}

// watchers are the streams that follow a run. A slow one misses progress, and once its channel is full also the oldest
// of what waits there, of whatever kind.
type watchers struct {
	mu   sync.Mutex
	list map[chan wire.Event]bool
}

func (w *watchers) add() chan wire.Event {
	// some seconds of progress, at progressEvery
	c := make(chan wire.Event, 64)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.list == nil {
		w.list = map[chan wire.Event]bool{}
	}
	w.list[c] = true
	return c
}

func (w *watchers) remove(c chan wire.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.list, c)
}

// send gives an event to all and waits for none. It holds the lock, so that nobody else sends and a channel that is
// being closed is not in the list. A reader may take one meanwhile, so that neither making room nor sending then
// may wait.
func (w *watchers) send(e wire.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.list {
		select {
		case c <- e:
		default:
			if e.Kind != wire.Progress { // make room by dropping the oldest
				select {
				case <-c:
				default:
				}
				select {
				case c <- e:
				default:
				}
			}
		}
	}
}
