package run

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/draw"
	"github.com/primewindow/primewindow/workbench/host/probe"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

func TestProbeWith(t *testing.T) {
	shop := newTestShop(t)
	r := trained(t, shop, "r", hosttest.Small("joint"), 2*hosttest.SmallEpoch)
	probe := func(p wire.Probe) []wire.Record {
		t.Helper()
		list, err := r.ProbeWith(t.Context(), p)
		if err != nil {
			t.Fatalf("%+v: %v", p, err)
		}
		if len(list) != 2 {
			t.Fatalf("%+v: %d records, want one for each modality", p, len(list))
		}
		return list
	}
	plain := probe(wire.Probe{Kind: inforeg.KindFisherEmp})
	// The family's way to the same definition: sums of float32 in another order.
	same := probe(wire.Probe{Kind: inforeg.KindFisherEmp, Loss: inforeg.LossFused, BN: inforeg.BNRecalibrated})
	for i := range plain {
		if math.Abs(plain[i].Value/same[i].Value-1) > 1e-5 {
			t.Errorf("%s: %v by the epoch's probe, %v by the family", plain[i].Encoder, plain[i].Value, same[i].Value)
		}
	}
	weights := probe(wire.Probe{Kind: inforeg.KindFisherEmp, Weights: true})
	for i := range plain {
		if w := weights[i]; w.Params != setting.ParamsWeights || w.Value <= 0 || w.Value >= plain[i].Value {
			t.Errorf("%s: weights alone give %v (%q), all variables %v", w.Encoder, w.Value, w.Params, plain[i].Value)
		}
	}
	coupled := probe(wire.Probe{Kind: inforeg.KindFisherEmp, BN: inforeg.BNCoupled, Samples: 16})
	for _, estimator := range []string{inforeg.Rademacher, inforeg.Balanced} {
		ask := wire.Probe{
			Kind: inforeg.KindFisherEmp, BN: inforeg.BNCoupled, Estimator: estimator, Draws: 200, Samples: 16,
		}
		list := probe(ask)
		for i, rec := range list {
			if rec.SE == nil || math.Abs(rec.Value-coupled[i].Value) > 4**rec.SE {
				t.Errorf(
					"%s by %s: %v ± %v, exact %v: more than 4 standard errors", rec.Encoder, estimator, rec.Value,
					rec.SE, coupled[i].Value,
				)
			}
		}
		if diff := cmp.Diff(list, probe(ask)); diff != "" {
			t.Errorf("the same probe again (-first +second)\n%s", diff)
		}
	}
	exact := probe(wire.Probe{Kind: inforeg.KindFisherTrue})
	sampled := probe(wire.Probe{Kind: inforeg.KindFisherTrue, Labels: inforeg.LabelsSampled, Draws: 8})
	for i, rec := range sampled {
		if math.Abs(rec.Value-exact[i].Value) > 4**exact[i].SE {
			t.Errorf(
				"fisher_true of %s: %v sampled, %v exact ± %v", rec.Encoder, rec.Value, exact[i].Value, *exact[i].SE,
			)
		}
	}
	traces, _ := r.rec.TracesUntil(2)
	for m, trace := range traces[inforeg.KindFisherEmp] { // what the window is read from
		if last := trace[1]; last != plain[0].Value && last != plain[1].Value {
			t.Errorf("the trace of %s ends with %v: another definition has come into it", m, last)
		}
	}
	for _, tt := range []struct {
		ask    wire.Probe
		want   string
		reason string
	}{
		{wire.Probe{Kind: "hessian"}, `unknown probe "hessian"`, "no such kind"},
		{wire.Probe{Kind: "cosine", Loss: "fused"}, "no loss", "a cosine has no loss to choose"},
		{wire.Probe{Kind: inforeg.KindFisherEmp, Loss: "huber"}, `loss "huber"`, "no such loss"},
		{wire.Probe{Kind: inforeg.KindFisherEmp, Labels: "sampled"}, "labels", "the labels of eq. 7 are observed"},
		{wire.Probe{Kind: inforeg.KindFisherTrue, Samples: -1}, "probe of -1 samples", "no samples"},
		{wire.Probe{Kind: inforeg.KindFisherTrue, Samples: 1}, "probe of 1 samples", "no standard error"},
		{wire.Probe{Kind: inforeg.KindFisherTrue, Samples: 1 << 20}, "want 2 to 96", "more than there are"},
		{
			wire.Probe{Kind: inforeg.KindFisherEmp, Estimator: inforeg.Balanced, Samples: 15}, "even number",
			"half plus, half minus",
		},
	} {
		_, err := r.ProbeWith(t.Context(), tt.ask)
		var p *wire.Problem
		if !errors.As(err, &p) || !strings.Contains(p.Message, tt.want) || p.Hint == "" {
			t.Errorf("%+v: error %v, want one with %q and a hint\nreason: %s", tt.ask, err, tt.want, tt.reason)
		}
	}
}

// TestProbeWhole: the trace of the whole model is the encoders' and the head's together, and enters no modality's
// trace.
func TestProbeWhole(t *testing.T) {
	shop := newTestShop(t)
	r := trained(t, shop, "r", hosttest.Small("joint"), hosttest.SmallEpoch)
	probe := func(ask wire.Probe) []wire.Record {
		t.Helper()
		list, err := r.ProbeWith(t.Context(), ask)
		if err != nil {
			t.Fatalf("%+v: %v", ask, err)
		}
		return list
	}
	before, _ := r.rec.TracesUntil(1)
	for _, weights := range []bool{false, true} {
		ask := wire.Probe{Kind: inforeg.KindFisherEmp, Weights: weights}
		encoders := probe(ask)
		ask.Whole = true
		list := probe(ask)
		if len(list) != 2 || list[0].Encoder != wire.HeadAlone || list[1].Encoder != wire.WholeModel ||
			!wire.OfWhole(list[0]) || !wire.OfWhole(list[1]) {
			t.Fatalf("weights %v: records %+v, want those of head and model", weights, list)
		}
		sum, errs := list[0].Value, *list[0].SE
		for _, rec := range encoders {
			sum, errs = sum+rec.Value, errs+*rec.SE
		}
		// The same gradients by another graph: sums of float32 in another order.
		if whole := list[1]; math.Abs(whole.Value/sum-1) > 1e-5 || list[0].Value <= 0 || whole.N != encoders[0].N {
			t.Errorf("weights %v: model %+v, want %v, encoders and head together", weights, whole, sum)
		}
		// The error of a sum is at most the sum of the errors, which it reaches where all go together.
		if se := *list[1].SE; se <= *list[0].SE || se > errs*(1+1e-5) {
			t.Errorf(
				"weights %v: standard error %v, want above the head's %v and up to %v", weights, se, *list[0].SE, errs,
			)
		}
		if diff := cmp.Diff(list, probe(ask)); diff != "" {
			t.Errorf("the same probe again (-first +second)\n%s", diff)
		}
	}
	after, _ := r.rec.TracesUntil(1)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("traces changed by the probe (-before +after)\n%s", diff)
	}
	if _, err := r.ProbeWith(t.Context(), wire.Probe{Kind: inforeg.KindFisherTrue, Whole: true}); err == nil ||
		!strings.Contains(err.Error(), "whole model") {
		t.Errorf("fisher_true of the whole model: error %v, want one that says that it is not known", err)
	}
}

// TestProbeKinds measures every kind that can be asked for, twice: the record stands once.
func TestProbeKinds(t *testing.T) {
	shop := newTestShop(t)
	r := trained(t, shop, "r", hosttest.Tiny("joint", nil), hosttest.SmallEpoch+2)
	for _, kind := range probe.Kinds() {
		first := asked(t, r, wire.Probe{Kind: kind})
		n := len(onRecord(r).Probes)
		if diff := cmp.Diff(first, asked(t, r, wire.Probe{Kind: kind})); len(first) < 2 || diff != "" ||
			len(onRecord(r).Probes) != n {
			t.Errorf(
				"%s: %d records, then %d more (-first +second)\n%s", kind, len(first), len(onRecord(r).Probes)-n, diff,
			)
		}
	}
}

// TestDefinitions: a trace is of one definition, that which the run measures by itself at the time.
func TestDefinitions(t *testing.T) {
	base, err := setting.Resolve(map[string]any{"probe_bn": setting.BNRecalibrated}, hosttest.SynthDescription(t))
	if err != nil {
		t.Fatal(err)
	}
	changes := []wire.Change{
		{Step: 10, Event: wire.EventSet, Name: "probe_bn", New: setting.BNRunning},
		{Step: 20, Event: wire.EventSet, Name: "probe_params", New: setting.ParamsWeights},
	}
	own := wire.Record{
		Step: 5, Kind: inforeg.KindFisherEmp, Encoder: "audio", Value: 1, Loss: inforeg.LossFused,
		Labels: inforeg.LabelsObserved, BN: setting.BNRecalibrated, N: 128,
	}
	with := func(change func(*wire.Record)) wire.Record {
		rec := own
		change(&rec)
		return rec
	}
	var records []wire.Record
	var want []float64
	for i, tt := range []struct {
		name   string
		rec    wire.Record
		own    bool
		reason string
	}{
		{"own", own, true, "as the settings say"},
		{"at the start", with(func(r *wire.Record) { r.Step = 0 }), true, "settings of step 0"},
		{"true", with(func(r *wire.Record) {
			r.Kind, r.Labels = inforeg.KindFisherTrue,
				inforeg.LabelsExact
		}), true, "has a trace of its own"},
		{"other statistics", with(func(r *wire.Record) { r.BN = setting.BNRunning }), false, "was asked for"},
		{"const", with(func(r *wire.Record) { r.BN = inforeg.BNConstant }), false, "was asked for"},
		{"other loss", with(func(r *wire.Record) { r.Loss = inforeg.LossSum }), false, "was asked for"},
		{"weights", with(func(r *wire.Record) { r.Params = setting.ParamsWeights }), false, "was asked for"},
		{"other samples", with(func(r *wire.Record) { r.Way = "40 samples" }), false, "was asked for"},
		{"drawn labels", with(func(r *wire.Record) {
			r.Kind, r.Way = inforeg.KindFisherTrue,
				"8 draws"
		}), false, "was asked for"},
		{"shares", with(func(r *wire.Record) {
			r.BN, r.Way = inforeg.BNShare,
				wire.InStep
		}), false, "of the batch of a step"},
		{"signs", with(func(r *wire.Record) {
			r.BN, r.Way = inforeg.BNCoupled,
				"balanced, 1 draw, "+wire.InStep
		}), false, "likewise"},
		{"mean of steps", with(func(r *wire.Record) {
			r.Step, r.BN, r.Way = 6, inforeg.BNShare,
				wire.OfSteps
		}), false, "of an epoch's batches"},
		{
			"in step, by the run's own statistics", with(func(r *wire.Record) { r.Way = wire.InStep }), false,
			"still not of the probe samples",
		},
		{
			"as the change is made", with(func(r *wire.Record) { r.Step = 10 }), true,
			"the step before it had the old setting",
		},
		{"after the change", with(func(r *wire.Record) {
			r.Step, r.BN = 11,
				setting.BNRunning
		}), true, "the new setting"},
		{"as before the change", with(func(r *wire.Record) { r.Step = 12 }), false, "was asked for"},
		{"whole model", with(func(r *wire.Record) {
			r.Encoder, r.Params = wire.WholeModel,
				wire.ParamsWhole
		}), false, "no modality"},
		{
			"a modality that is called model", with(func(r *wire.Record) { r.Encoder = wire.WholeModel }), true,
			"Params tell it from the whole model",
		},
		{"weights of the whole model", with(func(r *wire.Record) {
			r.Step, r.BN, r.Params = 21, setting.BNRunning, setting.ParamsWeights+", "+wire.ParamsWhole
		}), false, "likewise"},
		{"weights by the settings", with(func(r *wire.Record) {
			r.Step, r.BN, r.Params = 21, setting.BNRunning,
				setting.ParamsWeights
		}), true, "after the second change"},
		{"all by the settings", with(func(r *wire.Record) {
			r.Step, r.BN = 22,
				setting.BNRunning
		}), false, "after the second change"},
	} {
		tt.rec.Value = float64(i + 1)
		if got := record.Scheduled(tt.rec, base, changes); got != tt.own {
			t.Errorf("%s: scheduled %v, want %v\nreason: %s", tt.name, got, tt.own, tt.reason)
		}
		records = append(records, tt.rec)
		if tt.own && tt.rec.Kind == inforeg.KindFisherEmp && tt.rec.Encoder == "audio" {
			want = append(want, tt.rec.Value)
		}
	}
	rec := record.Recorded{
		Status: wire.Status{StepsPerEpoch: 1}, History: wire.History{Probes: records, Events: changes}, Declared: base,
	}
	var got []float64
	for _, p := range draw.PointsOf(
		rec, func(p wire.Record) bool { return p.Kind == inforeg.KindFisherEmp && p.Encoder == "audio" },
	) {
		got = append(got, p.Y)
	}
	want[0], want[1] = want[1], want[0] // in the order of steps
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("points (-want +got)\n%s", diff)
	}
}

// TestManySampleCounts: probes of many numbers of samples keep the run from no measurement of its own.
func TestManySampleCounts(t *testing.T) {
	shop := newTestShop(t)
	settings := hosttest.Tiny("joint", map[string]any{"every." + setting.ProbeEmp: "1 epoch"})
	whole := trained(t, shop, "whole", settings, hosttest.SmallEpoch)
	r := trained(t, shop, "r", settings, 2)
	for n := 2; n < 13; n++ {
		if _, err := r.ProbeWith(t.Context(), wire.Probe{Kind: inforeg.KindFisherEmp, Samples: n}); err != nil {
			t.Fatalf("%d samples: %v", n, err)
		}
	}
	if err := r.To(t.Context(), hosttest.SmallEpoch, "test"); err != nil {
		t.Fatal(err)
	}
	list := hosttest.Lines(t, r.Dir, record.ProbesFile)
	for _, line := range hosttest.Lines(t, whole.Dir, record.ProbesFile) {
		if !slices.Contains(list, line) {
			t.Errorf("not measured, or otherwise: %s", line)
		}
	}
}
