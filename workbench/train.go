package workbench

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/primewindow/primewindow/internal/wire"
)

// ErrPaused reports training that was paused before its target, by another client or because the host was
// stopped.
var ErrPaused = errors.New("workbench: paused before the target")

// StepContext trains n more steps.
func (r *Run) StepContext(ctx context.Context, n int) error {
	_, err := r.train(ctx, wire.Train{Steps: &n}, nil)
	return err
}

// ToContext trains until so many steps are done. Behind the present step it does nothing.
func (r *Run) ToContext(ctx context.Context, step int) error {
	_, err := r.train(ctx, wire.Train{ToStep: &step}, nil)
	return err
}

// ToEpochContext trains until so many epochs are done. Behind the present step it does nothing.
func (r *Run) ToEpochContext(ctx context.Context, epoch int) error {
	_, err := r.train(ctx, wire.Train{ToEpoch: &epoch}, nil)
	return err
}

// observer is told how training goes: begin once, with where the run is, then every event.
type observer interface {
	begin(c *client, s Status)
	event(e Event)
}

// train trains until the target, and returns where the run is then. When ctx ends the run is paused after the
// step under way, and the error is ctx's with the place where that was.
func (r *Run) train(ctx context.Context, ask wire.Train, see observer) (Status, error) {
	c, s, err := r.attach(ctx)
	if err != nil {
		return s, err
	}
	goal, err := r.goal(ask, s)
	if err != nil {
		return s, err
	}
	if see != nil {
		see.begin(c, s)
	}
	if s.Step >= goal && s.State != wire.Replaying {
		if see != nil {
			see.event(Event{Kind: wire.Notice, Text: behind(s, ask, goal)})
		}
		return s, nil
	}
	var last Event
	err = c.stream(ctx, "POST", r.path("train"), ask, func(e Event) bool {
		if see != nil {
			see.event(e)
		}
		if e.Status.Name != "" {
			s = e.Status
		}
		if ask.Steps != nil && s.Stepper == c.who && s.Target > 0 {
			goal = s.Target // another client may have moved the run since it was asked
		}
		last = e
		return e.Kind == wire.Done || e.Kind == wire.Failed
	})
	switch {
	case ctx.Err() != nil:
		return r.leave(ctx, c, s)
	case errors.Is(err, errStreamEnded):
		return s, r.told(&wire.Problem{
			Message: fmt.Sprintf("the host ended at step %d", s.Step),
			Hint: fmt.Sprintf(
				"%s says why; run it again: it goes on from what is on record", c.show(logPath(c.project)),
			),
		})
	case err != nil:
		return s, err
	case last.Kind == wire.Failed && last.Problem != nil:
		return s, last.Problem
	case last.Kind == wire.Failed:
		return s, r.told(
			&wire.Problem{
				Message: fmt.Sprintf("stopped at step %d", s.Step), Hint: c.show(logPath(c.project)) + " says why",
			},
		)
	case s.Step < goal:
		paused := wire.Problem{
			Message: fmt.Sprintf("%s: paused at step %d, before step %d", r.name, s.Step, goal),
			Hint:    "another client paused it, or the host was stopped; run it again to go on",
		}
		if _, why, ok := strings.Cut(last.Text, fmt.Sprintf("paused at step %d: ", s.Step)); ok {
			paused.Message += ": " + why
			paused.Hint = "run it again to go on: nothing is lost"
		}
		return s, &pausedError{paused}
	}
	return s, nil
}

// pausedError is ErrPaused with what to do.
type pausedError struct{ problem wire.Problem }

func (e *pausedError) Error() string   { return e.problem.Message }
func (e *pausedError) Unwrap() []error { return []error{ErrPaused, &e.problem} }

// goal is the step that is asked for.
func (r *Run) goal(ask wire.Train, s Status) (int, error) {
	n, what, goal := 0, "step", 0
	switch {
	case ask.Steps != nil:
		n, what = *ask.Steps, "number of steps"
		goal = s.Step + n
	case ask.ToStep != nil:
		n = *ask.ToStep
		goal = n
	default:
		n, what = *ask.ToEpoch, "epoch"
		goal = n * s.StepsPerEpoch
	}
	if most := wire.MostSteps / max(1, s.StepsPerEpoch); n > most {
		return 0, r.told(
			&wire.Problem{
				Message: fmt.Sprintf("%s: got %d, want at most %d", what, n, most), Hint: "nobody trains for so long",
			},
		)
	}
	if n < 0 {
		return 0, r.told(
			&wire.Problem{
				Message: fmt.Sprintf("%s: got %d, want 0 or more", what, n),
				Hint:    "a run cannot go back; Fork makes another one from any step it has taken",
			},
		)
	}
	return goal, nil
}

// behind says why nothing is done.
func behind(s Status, ask wire.Train, goal int) string {
	at := fmt.Sprintf("%s is at step %d", s.Name, s.Step)
	switch {
	case s.Step == goal:
		return at + " already: nothing to do"
	case ask.ToEpoch != nil:
		return fmt.Sprintf("%s, beyond epoch %d (step %d): nothing to do", at, *ask.ToEpoch, goal)
	}
	return fmt.Sprintf("%s, beyond %d: nothing to do", at, goal)
}

// pauseTime is how long an interrupted verb waits for the step under way: GoNB kills a cell 5 s after an
// interrupt, and there has to be time to say where the run is.
const pauseTime = 3 * time.Second

// leave waits until the run, whose stream has been left, has paused. Leaving the stream is what pauses it: asking
// for a pause would stop another client's training while this one was waiting for its turn.
func (r *Run) leave(ctx context.Context, c *client, s Status) (Status, error) {
	wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), pauseTime)
	defer cancel()
	for {
		var now Status
		if err := c.call(wait, "GET", r.path(""), nil, &now); err != nil {
			return s, &interruptedError{fmt.Sprintf("%s was at step %d", r.name, s.Step), ctx.Err()}
		}
		s = now
		if s.Stepper != c.who {
			break
		}
		select {
		case <-time.After(20 * time.Millisecond):
			continue
		case <-wait.Done():
		}
		return s, &interruptedError{
			fmt.Sprintf("%s is at step %d and pauses after the step under way", r.name, s.Step), ctx.Err(),
		}
	}
	if s.Stepper != "" {
		return s, &interruptedError{
			fmt.Sprintf("%s is at step %d; %s goes on stepping it", r.name, s.Step, s.Stepper), ctx.Err(),
		}
	}
	return s, &interruptedError{fmt.Sprintf("%s is paused at step %d", r.name, s.Step), ctx.Err()}
}

// StartContext lets the run train in the host, up to the planned number of epochs, and returns at once.
func (r *Run) StartContext(ctx context.Context) (Status, error) {
	c, s, err := r.attach(ctx)
	if err != nil {
		return s, err
	}
	epochs := s.Epochs
	err = c.call(ctx, "POST", r.path("train"), wire.Train{ToEpoch: &epochs, Detach: true}, &s)
	return s, err
}

// PauseContext pauses training, whoever asked for it, after the step under way.
func (r *Run) PauseContext(ctx context.Context) (Status, error) {
	c, s, err := r.attach(ctx)
	if err != nil {
		return s, err
	}
	err = c.call(ctx, "POST", r.path("pause"), nil, &s)
	return s, err
}

// settleTime is how long Follow waits for training that was started a moment ago to show.
const settleTime = 2500 * time.Millisecond

// FollowContext tells see of every event until nothing trains the run any more. It neither starts nor pauses it.
func (r *Run) FollowContext(ctx context.Context, see func(Event)) error {
	c, _, err := r.attach(ctx)
	if err != nil {
		return err
	}
	return r.follow(ctx, c, see)
}

func (r *Run) follow(ctx context.Context, c *client, see func(Event)) error {
	began, trained := time.Now(), false
	var problem *Problem
	err := c.stream(ctx, "GET", r.path("events"), nil, func(e Event) bool {
		see(e)
		if e.Status.Name == "" {
			return false
		}
		switch e.Status.State {
		case wire.Compiling, wire.Training, wire.Replaying:
			trained = true
			return false
		case wire.Stopped:
			problem = e.Status.Problem
			return true
		}
		return trained || time.Since(began) > settleTime
	})
	switch {
	case errors.Is(err, errStreamEnded):
		return r.told(
			&wire.Problem{
				Message: "the host ended",
				Hint:    c.show(logPath(c.project)) + " says why; the next verb starts it again",
			},
		)
	case err == nil && problem != nil:
		return problem
	}
	return err
}
