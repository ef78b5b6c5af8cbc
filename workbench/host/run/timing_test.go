package run

import (
	"slices"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/timing"
	"github.com/primewindow/primewindow/internal/wire"
)

// TestKeepTime: an account of a run has its parts, a graph is compiled once on it, steps and numbers are what they are
// without, and the event says the same.
func TestKeepTime(t *testing.T) {
	settings := hosttest.Tiny("joint", map[string]any{"every.fisher_emp": "epoch"})
	plain := trained(t, newTestShop(t), "plain", settings, 6)
	shop := newTestShop(t)
	account := shop.KeepTime()
	r := trained(t, shop, "timed", settings, 6)
	if err := r.NoteTime(); err != nil {
		t.Fatal(err)
	}
	if got, want := onRecord(r).Metrics,
		onRecord(plain).Metrics; len(got) != 6 || len(want) != 6 || got[5]["loss"] != want[5]["loss"] {
		t.Errorf("steps %v, without an account %v", got, want)
	}
	times := map[string]int{}
	for _, p := range account.Parts() {
		if times[p.Name] = p.Times; p.Wall < 0 {
			t.Errorf("%+v", p)
		}
	}
	for part, want := range map[string]int{"reading": 6, "steps": 6, "host beside the step": 6, "compiling step": 1} {
		if times[part] != want {
			t.Errorf("%s: %d times, want %d, of %v", part, times[part], want, times)
		}
	}
	events := onRecord(r).Events
	last := events[len(events)-1]
	if last.Event != wire.EventTiming || last.Step != 6 || !strings.Contains(last.Text, "compiling step ") {
		t.Errorf("event %+v, want the account at step 6", last)
	}
	if !slices.ContainsFunc(account.Parts(), func(p timing.Part) bool { return strings.HasPrefix(p.Name, "probe ") }) {
		t.Errorf("parts %v, want those of probes", times)
	}
}
