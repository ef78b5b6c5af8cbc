package run

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
)

// TestSmallSetAgain: a batch that was fitted is the run's own: declared again in the same words it is the same run, and
// its notes are told once.
func TestSmallSetAgain(t *testing.T) {
	shop := newTestShop(t)
	settings := hosttest.Small("joint")
	delete(settings, "batch")
	settings["data.train"], settings["data.val"], settings["probes"] = 9.0, 0.0, "economy"
	open := func() *Run {
		r, err := shop.Open("few", wire.Declaration{Settings: settings})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := open()
	told, stop := r.Watch()
	for step := range 3 {
		if err := r.To(t.Context(), step+1, "test"); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	var notices []string
	for e := range told {
		if e.Kind == wire.Notice && strings.Contains(e.Text, "few: ") {
			notices = append(notices, e.Text)
		}
	}
	want := []string{
		"few: batch of 8 in place of 32: the training split of synth has 9 samples",
		"few: no accuracies while it trains: synth has no validation samples",
	}
	if !slices.Equal(notices, want) {
		t.Errorf("told %q, want %q", notices, want)
	}
	if err := shop.Close(); err != nil {
		t.Fatal(err)
	}
	r = open()
	if r.base.Batch() != 8 || r.Status().Step != 3 || r.man.Settings.Batch() != 8 || len(r.man.Notes) != 2 {
		t.Errorf(
			"opened again: batch %v at step %d, manifest %v, notes %q", r.base["batch"], r.Status().Step,
			r.man.Settings["batch"], r.man.Notes,
		)
	}
	if err := r.To(t.Context(), 4, "test"); err != nil {
		t.Error(err)
	}
}

// TestDrawOf: draws of seeds below 2^32 are what they always were, and seeds that differ in any of their 52 bits have
// other draws.
func TestDrawOf(t *testing.T) {
	seen := map[uint64]string{}
	for _, seed := range []uint64{0, 1, 3, 1<<32 - 1, 1 << 32, 1<<32 + 3, 2<<32 + 3, 1 << 51, 1<<51 + 3, 1 << 52} {
		for _, step := range []int{0, 1, 2, 1000, 1<<31 - 1} {
			draw, name := drawOf(seed, step), fmt.Sprintf("seed %d, step %d", seed, step)
			if old := seed<<32 | uint64(step+1); seed < 1<<32 && draw != old {
				t.Errorf("%s: draw %d, want %d", name, draw, old)
			}
			if other, twice := seen[draw]; twice || draw == 0 {
				t.Errorf("%s: draw %d, which is that of %q", name, draw, other)
			}
			seen[draw] = name
		}
	}
}
