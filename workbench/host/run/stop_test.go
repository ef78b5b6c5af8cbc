package run

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// reopened leaves the runs as a host that leaves does, and opens one in a new shop that knows these definitions.
func reopened(t *testing.T, shop *Shop, name string, settings map[string]any, defines map[string]string) (*Shop, *Run) {
	t.Helper()
	if err := shop.Keep(); err != nil {
		t.Fatal(err)
	}
	return taken(t, shop, name, settings, defines)
}

// taken is reopened without leaving anything behind, as after a kill.
func taken(t *testing.T, shop *Shop, name string, settings map[string]any, defines map[string]string) (*Shop, *Run) {
	t.Helper()
	if err := shop.Close(); err != nil {
		t.Fatal(err)
	}
	next := NewShop(shop.Project)
	next.backend, next.defines = shop.backend, defines
	if maps.Equal(defines, shop.defines) { // the same graphs: they need not be compiled again
		next.engines.List = shop.engines.List
	}
	t.Cleanup(func() {
		if err := next.Close(); err != nil {
			t.Error(err)
		}
	})
	r, err := next.Open(name, wire.Declaration{Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	return next, r
}

// TestStop: a host that leaves lets the next one go on without computing a step again, and all that follows, cosines
// over the last gradients included, is as if nobody had left.
func TestStop(t *testing.T) {
	const at, steps = 19, 3*hosttest.SmallEpoch + 8 // in the middle of an epoch
	shop := newTestShop(t)
	settings := hosttest.Tiny(
		"inforeg",
		map[string]any{"every.cosine": "2 steps", "every.motion": "2 steps", "every.noise": "4 steps", "window": "all"},
	)
	whole := trained(t, shop, "whole", settings, steps)
	weights := weightsOf(t, whole)
	cut := trained(t, shop, "cut", settings, at)
	dir := cut.Dir
	shop, cut = reopened(t, shop, "cut", settings, nil)
	if list, err := cut.Probe(t.Context(), wire.KindMotion); err != nil || len(list) == 0 {
		t.Errorf("motion of the last step: %v, %v", list, err)
	}
	if cut.recomputed != 0 || cut.Status().Step != at {
		t.Errorf("%d steps computed again, at step %d, want none at %d", cut.recomputed, cut.Status().Step, at)
	}
	if err := cut.To(t.Context(), steps, "test"); err != nil {
		t.Fatal(err)
	}
	sameRecords(t, whole.Dir, dir, at-1) // at step at itself motion was asked for
	w, g := hosttest.Lines(t, whole.Dir, record.ProbesFile), hosttest.Lines(t, dir, record.ProbesFile)
	for _, line := range w {
		if !slices.Contains(g, line) {
			t.Fatalf("not measured after the stop: %s", line)
		}
	}
	if diff := cmp.Diff(
		hosttest.Lines(t, whole.Dir, record.MetricsFile), hosttest.Lines(t, dir, record.MetricsFile),
	); diff != "" {
		t.Errorf("metrics (-whole +cut)\n%s", diff)
	}
	hosttest.SameWeights(t, weights, weightsOf(t, cut))

	// A kill after the stop: the steps since then are computed again, and are the same.
	_, cut = taken(t, shop, "cut", settings, nil)
	hosttest.SameWeights(t, weights, weightsOf(t, cut))
	if want := steps - at; cut.recomputed != want {
		t.Errorf("%d steps computed again, want %d, those after the stop", cut.recomputed, want)
	}
	for _, c := range cut.rec.Changes {
		if c.Event != wire.EventReopened {
			t.Errorf("event %+v", c)
		}
	}
	// A fork takes stops over.
	point := at + 1
	fork, err := cut.shop.Open("fork", wire.Declaration{Fork: &wire.Fork{Run: "cut", Step: &point}})
	if err != nil {
		t.Fatal(err)
	}
	if err := fork.To(t.Context(), steps, "test"); err != nil {
		t.Fatal(err)
	}
	hosttest.SameWeights(t, weights, weightsOf(t, fork))
	if fork.recomputed != 1 {
		t.Errorf("%d steps of the fork computed again, want 1", fork.recomputed)
	}
}

func TestStarts(t *testing.T) {
	dir := t.TempDir()
	for _, s := range []record.Start{
		{Step: 0, Stop: false}, {Step: 32, Stop: false}, {Step: 64, Stop: false}, {Step: 40, Stop: true},
		{Step: 64, Stop: true},
	} {
		touch(t, s.Path(dir))
	}
	for _, tt := range []struct {
		step   int
		want   []record.Start
		reason string
	}{
		{39, []record.Start{{Step: 0, Stop: false}}, "snapshot 32 lacks the gradients of 24 to 39"},
		{40, []record.Start{{Step: 40, Stop: true}, {Step: 0, Stop: false}}, "a stop holds them"},
		{
			63, []record.Start{{Step: 40, Stop: true}, {Step: 32, Stop: false}, {Step: 0, Stop: false}},
			"the nearest first",
		},
		{
			90,
			[]record.Start{
				{Step: 64, Stop: true}, {Step: 64, Stop: false}, {Step: 40, Stop: true}, {Step: 32, Stop: false},
				{Step: 0, Stop: false},
			},
			"of one step the stop comes first: it is cheaper by 16 steps",
		},
	} {
		if diff := cmp.Diff(tt.want, record.Starts(dir, tt.step), cmp.AllowUnexported(record.Start{})); diff != "" {
			t.Errorf("starts of step %d (-want +got)\n%s\nreason: %s", tt.step, diff, tt.reason)
		}
	}
}

func TestThinStops(t *testing.T) {
	r := &Run{
		Dir: t.TempDir(),
		rec: &record.Records{
			Changes: []wire.Change{
				{Step: 2, Event: wire.EventCode}, {Step: 3, Event: wire.EventCode}, {Step: 4, Event: wire.EventSet},
			},
		},
	}
	for s := range 6 {
		touch(t, record.StopPath(r.Dir, s))
	}
	for _, tt := range []struct {
		limit  int64
		want   []int
		reason string
	}{
		{100, []int{2, 3, 5}, "those at which the code changed, and the last"},
		{9, []int{3, 5}, "of 4 bytes each, two fit"},
		{1, []int{5}, "the last always stays"},
	} {
		if err := r.thinStops(tt.limit); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, record.ListStops(r.Dir)); diff != "" {
			t.Errorf("limit %d (-want +got)\n%s\nreason: %s", tt.limit, diff, tt.reason)
		}
	}
}

func touch(t *testing.T, path string) {
	t.Helper()
	if err := errors.Join(
		os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte("1234"), 0o644),
	); err != nil {
		t.Fatal(err)
	}
}
