package host

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// TestTwoClients: a second client waits for its turn and is told who is stepping; both get where they want.
func TestTwoClients(t *testing.T) {
	s := serve(t, time.Hour)
	var st wire.Status
	s.call(t, http.MethodPut, "/v1/runs/shared", wire.Declaration{Settings: hosttest.Small("joint")}, &st)
	const far = 40 * hosttest.SmallEpoch
	type result struct {
		events []wire.Event
		err    error
	}
	first := make(chan result, 1)
	go func() {
		to := far
		events, err := s.as("one.ipynb").stream(t.Context(), "shared", wire.Train{ToStep: &to})
		first <- result{events, err}
	}()
	s.await(
		t, "shared", "to be on its way", func(st wire.Status) bool { return st.Stepper == "one.ipynb" && st.Step > 0 },
	)
	more := 5
	events := s.as("two.ipynb").train(t, "shared", wire.Train{Steps: &more})
	told := false
	for _, e := range events {
		told = told || e.Kind == wire.Notice && strings.Contains(e.Text, "waiting, one.ipynb is stepping it")
	}
	if !told {
		t.Error("the second client was not told who is stepping")
	}
	if last := events[len(events)-1]; last.Kind != wire.Done || last.Status.Step != far+more {
		t.Errorf(
			"the second ended with %s at step %d, want %d: its steps come after the first's", last.Kind,
			last.Status.Step, far+more,
		)
	}
	r := <-first
	if r.err != nil {
		t.Fatal(r.err)
	}
	if last := r.events[len(r.events)-1]; last.Kind != wire.Done || last.Status.Step < far {
		t.Errorf("the first ended with %s at step %d, want at least %d", last.Kind, last.Status.Step, far)
	}
	if n := len(hosttest.Lines(t, st.Dir, record.MetricsFile)); n != far+more {
		t.Errorf("%d steps on record, want %d", n, far+more)
	}
}

// TestLeave: a client that leaves pauses the run, unless it asked the host to go on without it; pause then ends it.
func TestLeave(t *testing.T) {
	s := serve(t, time.Hour)
	var st wire.Status
	s.call(t, http.MethodPut, "/v1/runs/r", wire.Declaration{Settings: hosttest.Small("joint")}, &st)
	far := 1 << 20
	ctx, leave := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		_, err := s.stream(ctx, "r", wire.Train{ToStep: &far})
		gone <- err
	}()
	s.await(t, "r", "to train", func(st wire.Status) bool { return st.Step > 0 })
	leave()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("the client left with %v", err)
	}
	at := s.await(
		t, "r", "to pause, its client having left", func(st wire.Status) bool { return st.State == wire.Idle },
	).Step
	if at == 0 || at >= far {
		t.Errorf("paused at step %d", at)
	}

	s.call(t, http.MethodPost, "/v1/runs/r/train", wire.Train{ToStep: &far, Detach: true}, &st)
	s.await(t, "r", "to go on by itself", func(st wire.Status) bool { return st.Step > at+10 })
	s.call(t, http.MethodPost, "/v1/runs/r/pause", nil, &st)
	if st.State != wire.Idle || st.Stepper != "" || st.Step <= at+10 {
		t.Errorf("paused: %s at step %d by %q", st.State, st.Step, st.Stepper)
	}
	time.Sleep(50 * time.Millisecond)
	if now := s.status(t, "r").Step; now != st.Step || len(hosttest.Lines(t, st.Dir, record.MetricsFile)) != st.Step {
		t.Errorf("at step %d some time after a pause at %d", now, st.Step)
	}
	s.call(t, http.MethodPost, "/v1/runs/r/pause", nil, &st) // of a run that does not train
	planned := map[string]any{"epochs": float64(st.Step/hosttest.SmallEpoch + 2)}
	s.call(t, http.MethodPost, "/v1/runs/r/set", planned, &st)
	s.call(t, http.MethodPost, "/v1/runs/r/train", wire.Train{Detach: true}, &st)
	end := s.await(
		t, "r", "to reach its planned end",
		func(st wire.Status) bool { return st.State == wire.Idle && st.Step == st.Epochs*hosttest.SmallEpoch },
	)
	if float64(end.Epochs) != planned["epochs"] {
		t.Errorf("%d epochs planned, want %v", end.Epochs, planned["epochs"])
	}
}

// TestWatch: who follows a run sees its training and its end, and leaving ends only the following.
func TestWatch(t *testing.T) {
	s := serve(t, time.Hour)
	var st wire.Status
	s.call(t, http.MethodPut, "/v1/runs/r", wire.Declaration{Settings: hosttest.Small("joint")}, &st)
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	a, err := s.open(ctx, http.MethodGet, "/v1/runs/r/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	in := bufio.NewScanner(a.Body)
	next := func() (e wire.Event) {
		t.Helper()
		if !in.Scan() {
			t.Fatalf("the stream ended: %v", in.Err())
		}
		if err := json.Unmarshal(in.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		return e
	}
	if e := next(); e.Kind != wire.Progress || e.Status.Step != 0 {
		t.Errorf("first event %+v, want where the run is", e)
	}
	to := 3 * hosttest.SmallEpoch
	s.call(t, http.MethodPost, "/v1/runs/r/train", wire.Train{ToStep: &to, Detach: true}, &st)
	epochs := 0
	for e := next(); e.Status.Step < to || e.Status.State != wire.Idle; e = next() {
		if e.Kind == wire.EpochEnd {
			epochs++
		}
	}
	if epochs != 3 {
		t.Errorf("%d ends of epochs seen, want 3", epochs)
	}
	leave()
	one := 1
	if e := s.train(t, "r", wire.Train{Steps: &one}); e[len(e)-1].Status.Step != to+1 {
		t.Errorf("after the watcher has left: step %d, want %d", e[len(e)-1].Status.Step, to+1)
	}
}

// TestFailedEvent: training that cannot go on ends its stream with the problem.
func TestFailedEvent(t *testing.T) {
	s := serve(t, time.Hour)
	wild := hosttest.Small("joint")
	wild["lr"], wild["weight_decay"] = 100.0, 10.0
	var st wire.Status
	s.call(t, http.MethodPut, "/v1/runs/wild", wire.Declaration{Settings: wild}, &st)
	to := 100
	events := s.train(t, "wild", wire.Train{ToStep: &to})
	last := events[len(events)-1]
	if last.Kind != wire.Failed || last.Problem == nil ||
		!strings.Contains(last.Problem.Message, "would be NaN or Inf") || last.Problem.Hint == "" {
		t.Errorf("last event %+v, want the number that went bad", last)
	}
	if st := s.status(t, "wild"); st.State != wire.Stopped || st.Problem == nil || st.Step >= to {
		t.Errorf("status %+v, want stopped with its problem", st)
	}
}

// TestIdle: a host that nobody needs leaves by itself, but not while a run trains.
func TestIdle(t *testing.T) {
	s := serve(t, 400*time.Millisecond)
	var st wire.Status
	s.call(t, http.MethodPut, "/v1/runs/r", wire.Declaration{Settings: hosttest.Small("joint")}, &st)
	far := 1 << 20
	s.call(t, http.MethodPost, "/v1/runs/r/train", wire.Train{ToStep: &far, Detach: true}, &st)
	select {
	case err := <-s.ended:
		t.Fatalf("the host left during training: %v", err)
	case <-time.After(1200 * time.Millisecond): // three times the idle time
	}
	s.call(t, http.MethodPost, "/v1/runs/r/pause", nil, &st)
	select {
	case err := <-s.ended:
		if err != nil {
			t.Errorf("the host ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the host is still there")
	}
	if n := len(hosttest.Lines(t, st.Dir, record.MetricsFile)); n != st.Step {
		t.Errorf("%d steps on record, want %d", n, st.Step)
	}
}

// TestStopWhileTraining: stopping the host ends a detached training at a step that is on record.
func TestStopWhileTraining(t *testing.T) {
	s := serve(t, time.Hour)
	var st wire.Status
	s.call(t, http.MethodPut, "/v1/runs/r", wire.Declaration{Settings: hosttest.Small("joint")}, &st)
	far := 1 << 20
	s.call(t, http.MethodPost, "/v1/runs/r/train", wire.Train{ToStep: &far, Detach: true}, &st)
	s.await(t, "r", "to train", func(st wire.Status) bool { return st.Step > 3 })
	var info wire.Host
	s.call(t, http.MethodPost, "/v1/host/stop", nil, &info)
	select {
	case err := <-s.ended:
		if err != nil {
			t.Errorf("the host ended with %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the host is still there")
	}
	rec, err := record.ReadRecorded(st.Dir)
	if err != nil || rec.Status.Step <= 3 {
		t.Errorf("step %d on record, error %v", rec.Status.Step, err)
	}
}
