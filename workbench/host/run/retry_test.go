package run

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"

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
