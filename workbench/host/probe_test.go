package host

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
)

func TestProbeWith(t *testing.T) {
	shop := newTestShop(t)
	r := trained(t, shop, "r", small("joint"), 2*smallEpoch)
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
		if w := weights[i]; w.Params != paramsWeights || w.Value <= 0 || w.Value >= plain[i].Value {
			t.Errorf("%s: weights alone give %v (%q), all variables %v", w.Encoder, w.Value, w.Params, plain[i].Value)
		}
	}
	coupled := probe(wire.Probe{Kind: inforeg.KindFisherEmp, BN: inforeg.BNCoupled, Samples: 16})
	for _, estimator := range []string{inforeg.Rademacher, inforeg.Balanced} {
		ask := wire.Probe{Kind: inforeg.KindFisherEmp, BN: inforeg.BNCoupled, Estimator: estimator, Draws: 200, Samples: 16}
		list := probe(ask)
		for i, rec := range list {
			if rec.SE == nil || math.Abs(rec.Value-coupled[i].Value) > 4**rec.SE {
				t.Errorf("%s by %s: %v ± %v, exact %v: more than 4 standard errors", rec.Encoder, estimator, rec.Value, rec.SE, coupled[i].Value)
			}
		}
		if diff := cmp.Diff(list, probe(ask)); diff != "" {
			t.Errorf("the same probe again (-first +second)\n%s", diff)
		}
	}
	exact := probe(wire.Probe{Kind: inforeg.KindFisherTrue})
	sampled := probe(wire.Probe{Kind: inforeg.KindFisherTrue, Labels: inforeg.LabelsSampled, Draws: 64})
	for i, rec := range sampled {
		if math.Abs(rec.Value-exact[i].Value) > 4**exact[i].SE {
			t.Errorf("fisher_true of %s: %v sampled, %v exact ± %v", rec.Encoder, rec.Value, exact[i].Value, *exact[i].SE)
		}
	}
	for m, trace := range r.traces(2)[inforeg.KindFisherEmp] { // what the window is read from
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
		{wire.Probe{Kind: inforeg.KindFisherEmp, Estimator: inforeg.Balanced, Samples: 15}, "even number", "half plus, half minus"},
	} {
		_, err := r.ProbeWith(t.Context(), tt.ask)
		var p *wire.Problem
		if !errors.As(err, &p) || !strings.Contains(p.Message, tt.want) || p.Hint == "" {
			t.Errorf("%+v: error %v, want one with %q and a hint\nreason: %s", tt.ask, err, tt.want, tt.reason)
		}
	}
}
