package record

import (
	"testing"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// TestScheduled: a trace is the run's own where it has the definition under which a schedule measures it at its step.
func TestScheduled(t *testing.T) {
	base, err := setting.Resolve(hosttest.Tiny("joint", nil), hosttest.SynthDescription(t))
	if err != nil {
		t.Fatal(err)
	}
	was := base.Text("probe_bn")
	for _, tt := range []struct {
		name          string
		changed, step int // when probe_bn was set to eval, and of the trace
		bn            string
		want          bool
		reason        string
	}{
		{"before the first step", 0, 0, "eval", true, "it is measured under the settings of the first step"},
		{"before the first step, as it was", 0, 0, was, false, "the same"},
		{"after the first step", 0, 1, "eval", true, "it is measured under the settings of the step"},
		{"at the change", 4, 4, was, true, "step 3 was taken under the old setting, and its trace follows it"},
		{"at the change, asked for", 4, 4, "eval", false, "the schedule measured the other one there"},
		{"after the change", 4, 5, "eval", true, "step 4 is the first under the new setting"},
	} {
		changes := []wire.Change{{Step: tt.changed, Event: wire.EventSet, Name: "probe_bn", Old: was, New: "eval"}}
		rec := wire.Record{Step: tt.step, Kind: inforeg.KindFisherEmp, Loss: inforeg.LossFused, BN: tt.bn}
		if got := Scheduled(rec, base, changes); got != tt.want {
			t.Errorf("%s: %v, want %v\nreason: %s", tt.name, got, tt.want, tt.reason)
		}
	}
}
