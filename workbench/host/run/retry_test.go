package run

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// faulty is a set that fails when a test says so.
type faulty struct {
	data.Dataset
	read func(step int) error   // before the batch of a step is read; called by other goroutines
	size func(split data.Split) // before a split's length is told
}

func (f *faulty) Read(split data.Split, indices []int, draw uint64) (*data.Batch, error) {
	if step := int(draw&(1<<32-1)) - 1; split == data.Train && step >= 0 && f.read != nil {
		if err := f.read(step); err != nil {
			return nil, err
		}
	}
	return f.Dataset.Read(split, indices, draw)
}

func (f *faulty) Len(split data.Split) int {
	if f.size != nil {
		f.size(split)
	}
	return f.Dataset.Len(split)
}

// failsOnce fails at the first reading of a step's batch.
func failsOnce(at int) func(step int) error {
	var failed atomic.Bool
	return func(step int) error {
		if step == at && failed.CompareAndSwap(false, true) {
			return errors.New("synth: the disk went away")
		}
		return nil
	}
}

// withFaults opens a new run whose set fails as f says.
func withFaults(t *testing.T, shop *Shop, name string, settings map[string]any, f *faulty) *Run {
	t.Helper()
	r, err := shop.Open(name, wire.Declaration{Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	f.Dataset, r.set = r.set, f
	return r
}

// TestDecidesOnce: a first step of an epoch that fails and is taken later decides once: what the method carries is as
// if it had not failed, with a stop kept in between and without.
func TestDecidesOnce(t *testing.T) {
	const at, steps = hosttest.SmallEpoch, 3 * hosttest.SmallEpoch
	shop := newTestShop(t)
	settings := hosttest.Tiny("pmr", map[string]any{"window_every": "2 steps"})
	whole := trained(t, shop, "whole", settings, steps)
	weights := weightsOf(t, whole)
	again := withFaults(t, shop, "again", settings, &faulty{read: failsOnce(at)})
	stopped := withFaults(t, shop, "stopped", settings, &faulty{read: failsOnce(at)})
	for _, r := range []*Run{again, stopped} {
		if err := r.To(t.Context(), steps, "test"); err == nil || !strings.Contains(err.Error(), "disk went away") {
			t.Fatalf("%s: error %v, want that of the set", r.Name, err)
		}
		if s := r.Status(); s.Step != at || s.State != wire.Stopped {
			t.Fatalf("%s: %s at step %d, want stopped at %d", r.Name, s.State, s.Step, at)
		}
	}
	if err := again.To(t.Context(), steps, "test"); err != nil {
		t.Fatal(err)
	}
	same := func(r *Run) {
		t.Helper()
		if diff := cmp.Diff(
			hosttest.Lines(t, whole.Dir, record.MetricsFile), hosttest.Lines(t, r.Dir, record.MetricsFile),
		); diff != "" {
			t.Errorf("%s: metrics (-never failed +failed once)\n%s", r.Name, diff)
		}
		hosttest.SameWeights(t, weights, weightsOf(t, r))
	}
	same(again)
	_, r := reopened(t, shop, "stopped", settings, nil)
	if err := r.To(t.Context(), steps, "test"); err != nil {
		t.Fatal(err)
	}
	if r.recomputed != 0 {
		t.Errorf("%d steps computed again, want none: there is a stop", r.recomputed)
	}
	same(r)
}

// TestPanicInStep: a panic while a step is taken ends the training with an error, and the run can be looked at and gone
// on with.
func TestPanicInStep(t *testing.T) {
	const at, steps = hosttest.SmallEpoch, hosttest.SmallEpoch + 3
	shop := newTestShop(t)
	settings := hosttest.Tiny("joint", nil)
	whole := trained(t, shop, "whole", settings, steps)
	for _, tt := range []struct {
		name   string
		faults func(fails *atomic.Bool) *faulty
		reason string
	}{
		{"read", func(fails *atomic.Bool) *faulty {
			return &faulty{read: func(step int) error {
				if step == at && fails.CompareAndSwap(true, false) {
					panic("index out of range")
				}
				return nil
			}}
		}, "batches are read by a goroutine of their own"},
		{"length", func(fails *atomic.Bool) *faulty {
			n := 0 // the order of the second epoch asks for it, with the lock held
			return &faulty{size: func(split data.Split) {
				if split == data.Train {
					n++
				}
				if n > 1 && split == data.Train && fails.CompareAndSwap(true, false) {
					panic("index out of range")
				}
			}}
		}, "the lock is held, and waited for at the end of the training"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var fails atomic.Bool
			fails.Store(true)
			r := withFaults(t, shop, tt.name, settings, tt.faults(&fails))
			done := make(chan error, 1)
			go func() {
				defer func() {
					if p := recover(); p != nil {
						done <- errors.New("a panic left the training")
					}
				}()
				done <- r.To(t.Context(), steps, "test")
			}()
			select {
			case err := <-done:
				if err == nil || !strings.Contains(err.Error(), "index out of range") {
					t.Errorf("error %v, want one that says what happened\nreason: %s", err, tt.reason)
				}
			case <-time.After(time.Minute): // far longer than nine steps take
				t.Fatalf("training hangs\nreason: %s", tt.reason)
			}
			if s := r.Status(); s.State != wire.Stopped || s.Problem == nil {
				t.Errorf("status %s, problem %v, want stopped with one", s.State, s.Problem)
			}
			if err := r.To(t.Context(), steps, "test"); err != nil {
				t.Fatal(err)
			}
			hosttest.SameWeights(t, weightsOf(t, whole), weightsOf(t, r))
		})
	}
}

// TestSetKeepsProblem: a run that stopped says why, also after one of its settings was changed.
func TestSetKeepsProblem(t *testing.T) {
	shop := newTestShop(t)
	r := withFaults(t, shop, "r", hosttest.Tiny("joint", nil), &faulty{read: failsOnce(3)})
	if err := r.To(t.Context(), 6, "test"); err == nil {
		t.Fatal("no error of the set")
	}
	want := r.Status().Problem
	if err := r.Set(map[string]any{"lr": 0.01}); err != nil {
		t.Fatal(err)
	}
	if s := r.Status(); want == nil || s.Problem == nil || *s.Problem != *want || s.Settings["lr"] != 0.01 {
		t.Errorf("problem %v at lr %v, want %v at 0.01", s.Problem, s.Settings["lr"], want)
	}
	if err := r.To(t.Context(), 6, "test"); err != nil || r.Status().Problem != nil {
		t.Errorf("gone on: %v, problem %v, want none", err, r.Status().Problem)
	}
}
