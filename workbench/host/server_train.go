package host

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/run"
)

// targetOf is how far a request wants a run to be trained, as a function of where the run is when its turn has come.
// The run has perEpoch steps in an epoch, and planned steps in all. A request with two targets is refused, since it
// does not say which of them is meant.
func targetOf(t wire.Train, perEpoch, planned int) (func(now int) int, error) {
	given := 0
	for what, n := range map[string]*int{"steps": t.Steps, "to_step": t.ToStep, "to_epoch": t.ToEpoch} {
		if n == nil {
			continue
		}
		given++
		most := wire.MostSteps
		// An epoch's number is multiplied by perEpoch below: the product, a step, has the same bound.
		if what == "to_epoch" {
			most /= max(1, perEpoch)
		}
		if *n < 0 || *n > most {
			return nil, &wire.Problem{
				Message: fmt.Sprintf("train: %s: got %d, want 0 to %d", what, *n, most),
				Hint:    "a run cannot go back; a fork is another one from any step it has taken",
			}
		}
	}
	switch {
	case given > 1:
		return nil, &wire.Problem{
			Message: fmt.Sprintf("train: %d targets, want one", given), Hint: "give one of steps, to_step and to_epoch",
		}
	case t.Steps != nil:
		return func(now int) int { return now + *t.Steps }, nil
	case t.ToStep != nil:
		return func(int) int { return *t.ToStep }, nil
	case t.ToEpoch != nil:
		return func(int) int { return *t.ToEpoch * perEpoch }, nil
	case t.Detach:
		return func(int) int { return planned }, nil
	}
	return nil, &wire.Problem{Message: "train: no target", Hint: "give steps, to_step or to_epoch"}
}

// train trains and streams events. When the client leaves, the run pauses, unless it asked to detach. The training is a
// goroutine of its own; the handler only passes its events on. A detached training has the host's context, so that it
// outlives its request. Any other has the request's context, which net/http ends when the client closes the connection.
// The handler then still waits for the end of the training, which is the end of the step under way.
func (s *Server) train(r *run.Run, w http.ResponseWriter, q *http.Request) error {
	var t wire.Train
	if err := read(q, &t); err != nil {
		return err
	}
	target, err := targetOf(t, r.StepsToEpoch(1), r.StepsToEpoch(r.Settings().Epochs()))
	if err != nil {
		return err
	}
	parent := q.Context()
	if t.Detach {
		parent = s.ctx
	}
	ctx, cancel := context.WithCancelCause(parent)
	// Watching begins before training does, so that no event is missed. done has room for the result, because nobody
	// receives it when the client has detached.
	watch, stop := r.Watch()
	defer stop()
	done := make(chan error, 1)
	client := clientOf(q)
	// It can be paused from here on: whoever was answered that it is detached, or has asked on another connection, may
	// do so before the goroutine begins.
	release := s.pausable(r, cancel)
	s.trainings.Go(func() {
		defer cancel(nil)
		defer release()
		// A panic that leaves this goroutine would end the process: the handler's recovery does not reach it.
		defer func() {
			if p := recover(); p != nil {
				done <- fmt.Errorf("%v", p)
			}
		}()
		done <- r.Train(ctx, client, target)
	})
	if t.Detach {
		return answerJSON(w, r.Status())
	}
	out := newStream(w)
	for {
		select {
		case e := <-watch:
			if out.send(e) != nil {
				cancel(run.ErrPaused)
			}
		case err := <-done:
			// When both channels are ready, select takes either: events from before the end may still be in watch.
			for len(watch) > 0 {
				_ = out.send(<-watch)
			}
			return out.last(r, err)
		}
	}
}

// pausable registers a training so that it can be paused, also while it waits for its turn, until release is called.
func (s *Server) pausable(r *run.Run, cancel context.CancelCauseFunc) (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	id := s.serial
	if s.training[r] == nil {
		s.training[r] = map[int]context.CancelCauseFunc{}
	}
	s.training[r][id] = cancel
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if delete(s.training[r], id); len(s.training[r]) == 0 {
			delete(s.training, r)
		}
	}
}

// pause ends all trainings of a run, whoever asked for them, and those that wait for their turn too. It answers when
// the turn is free, which is after the step under way and after the snapshot that is being written. mu is given back
// before that wait: other runs' trainings need it to begin and to end.
func (s *Server) pause(r *run.Run, w http.ResponseWriter, q *http.Request) error {
	s.mu.Lock()
	trained := len(s.training[r]) > 0
	for _, cancel := range s.training[r] {
		cancel(run.ErrPaused)
	}
	s.mu.Unlock()
	if trained {
		if err := r.WaitTurn(q.Context()); err != nil {
			return err
		}
	}
	return answerJSON(w, r.Status())
}

// events streams what happens to a run until the client leaves. Following a run takes neither its lock nor its turn. A
// slow reader misses progress, see run.Watch.
func (s *Server) events(r *run.Run, w http.ResponseWriter, q *http.Request) error {
	watch, stop := r.Watch()
	defer stop()
	out := newStream(w)
	if out.send(wire.Event{Kind: wire.Progress, Status: r.Status()}) != nil {
		return nil
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		var e wire.Event
		select {
		case <-q.Context().Done():
			return nil
		case e = <-watch:
		case <-tick.C: // tells a client that reads only this stream when training has ended
			e = wire.Event{Kind: wire.Progress, Status: r.Status()}
		}
		if out.send(e) != nil {
			return nil
		}
	}
}

// stream writes events, one JSON object a line.
type stream struct {
	w       http.ResponseWriter
	flusher http.Flusher
}

func newStream(w http.ResponseWriter) *stream {
	w.Header().Set("Content-Type", "application/x-ndjson")
	f, _ := w.(http.Flusher)
	return &stream{w, f}
}

// send writes one event. It flushes each, since net/http would hold it back until its buffer is full. An error of
// writing means that the client has left.
func (s *stream) send(e wire.Event) error {
	text, err := record.Encode("event", e)
	if err != nil {
		return err
	}
	if _, err := s.w.Write(append(text, '\n')); err != nil {
		return err
	}
	if s.flusher != nil {
		s.flusher.Flush()
	}
	return nil
}

// last ends a stream with how training ended. A pause is no failure, and neither is a context that ended because the
// client or the host left: the run can go on.
func (s *stream) last(r *run.Run, err error) error {
	e := wire.Event{Kind: wire.Done, Status: r.Status()}
	switch {
	case errors.Is(err, run.ErrPaused), errors.Is(err, context.Canceled):
		e.Text = fmt.Sprintf("%s: paused at step %d", r.Name, e.Status.Step)
		if leaving, ok := errors.AsType[*leavingError](err); ok {
			e.Text += ": " + leaving.Error()
		}
	case err != nil:
		e.Kind, e.Problem = wire.Failed, wire.AsProblem(err)
	}
	_ = s.send(e) // the client may have left
	return nil
}
