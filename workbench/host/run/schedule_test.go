package run

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
)

// stepsWith are the steps at which the audio encoder has a record that pick chooses.
func stepsWith(list []wire.Record, pick func(wire.Record) bool) []int {
	var steps []int
	for _, rec := range list {
		if rec.Encoder == "audio" && pick(rec) {
			steps = append(steps, rec.Step)
		}
	}
	return steps
}

// TestSchedules: records stand exactly at the steps that are due, from the step on at which a setting is changed.
func TestSchedules(t *testing.T) {
	shop := newTestShop(t)
	r := trained(t, shop, "r", hosttest.Tiny("joint", map[string]any{
		"every.fisher_emp": "4 steps", "every.motion": "log", "every.share": "5 steps", "every.signs": "epoch",
		"every.accuracy": "2 epochs", "every.linear": "3 per decade", "every.cosine": "3 steps", "every.noise": "never",
	}), 13)
	inOne := func(bn, end string) func(wire.Record) bool {
		return func(p wire.Record) bool { return p.BN == bn && strings.HasSuffix(p.Way, end) }
	}
	kind := func(kind, readout string) func(wire.Record) bool {
		return func(p wire.Record) bool { return p.Kind == kind && p.Readout == readout && p.Way == "" }
	}
	check := func(what string, pick func(wire.Record) bool, want []int, reason string) {
		t.Helper()
		if diff := cmp.Diff(want, stepsWith(onRecord(r).Probes, pick)); diff != "" {
			t.Errorf("%s (-want +got)\n%s\nreason: %s", what, diff, reason)
		}
	}
	check(
		"trace", kind(inforeg.KindFisherEmp, ""), []int{0, 4, 8, 12},
		"and at the start, so that the first rise can be seen",
	)
	check(
		"motion", kind(wire.KindDistance, ""), []int{1, 2, 3, 4, 5, 6, 8, 10, 13},
		"ten a decade; at the start nothing has moved",
	)
	check("cosine", kind(inforeg.KindCosine, ""), []int{3, 6, 9, 12}, "")
	check("accuracy", kind(inforeg.KindAccuracy, wire.ReadoutSplit), []int{12}, "the end of every second epoch")
	check(
		"linear", kind(inforeg.KindAccuracy, wire.ReadoutLinear), []int{1, 2, 5, 10},
		"10^(1/3) = 2.15, 10^(2/3) = 4.64",
	)
	check("noise", kind(wire.KindNoise, ""), nil, "never")
	check("shares", inOne(inforeg.BNShare, wire.InStep), []int{0, 5, 10}, "a step is measured as it begins")
	check("signs", inOne(inforeg.BNCoupled, wire.InStep), []int{0, 6, 12}, "the first step of every epoch")
	check("mean of shares", inOne(inforeg.BNShare, wire.OfSteps), []int{6, 12}, "at the ends of epochs")
	check("mean of signs", inOne(inforeg.BNCoupled, wire.OfSteps), []int{6, 12}, "likewise")

	for _, set := range []struct {
		value string
		until int
	}{{"1 step", 16}, {"never", 20}} {
		if err := errors.Join(
			r.Set(map[string]any{"every.share": set.value}), r.To(t.Context(), set.until, "test"),
		); err != nil {
			t.Fatal(err)
		}
	}
	check(
		"shares after Set", inOne(inforeg.BNShare, wire.InStep), []int{0, 5, 10, 13, 14, 15},
		"from the step after step 13 on, until the one after step 15",
	)
	var events []string
	for _, c := range r.rec.Changes {
		events = append(events, fmt.Sprintf("%d %s %s: %v, then %v", c.Step, c.Event, c.Name, c.Old, c.New))
	}
	want := []string{"13 set every.share: 5 steps, then 1 step", "16 set every.share: 1 step, then never"}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Errorf("events (-want +got)\n%s", diff)
	}
	for _, bad := range []map[string]any{{"every.share": "sometimes"}, {"probes": "everything"}} {
		var p *wire.Problem
		if err := r.Set(bad); !errors.As(err, &p) || p.Hint == "" || len(r.rec.Changes) != len(want) {
			t.Errorf("Set(%v): %v, want one error with a hint and no event", bad, err)
		}
	}

	none := trained(t, shop, "none", hosttest.Tiny("joint", nil), hosttest.SmallEpoch+1)
	for _, rec := range onRecord(none).Probes { // what costs nothing is added up all the same, for the window test
		if !slices.Contains([]string{inforeg.KindReleased, inforeg.KindBatchSquare}, rec.Kind) {
			t.Errorf("with probes none: %s of %s at step %d", rec.Kind, rec.Encoder, rec.Step)
		}
	}
}
