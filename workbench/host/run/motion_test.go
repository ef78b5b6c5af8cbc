package run

import (
	"math"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/engine"
	"github.com/primewindow/primewindow/workbench/host/probe"
)

// TestMotion compares gradient norm, size of the update and distance with the weights themselves.
func TestMotion(t *testing.T) {
	shop := newTestShop(t)
	for _, tt := range []struct {
		name   string
		lr     float64
		steps  int
		reason string
	}{
		{"still", 0, 3, "at learning rate 0 nothing moves, whatever the gradient"},
		{"first", 1, 1, "with an empty momentum buffer the distance is that of the one update"},
		{"later", 0.1, 4, "updates do not add up in a straight line"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := trained(t, shop, tt.name, hosttest.Tiny("joint", map[string]any{"lr": tt.lr}), 0)
			start := weightsOf(t, r)
			if err := r.To(t.Context(), tt.steps, "test"); err != nil {
				t.Fatal(err)
			}
			squares := map[string]float64{} // of the gradient that the last step took
			for m, ring := range r.ring {
				for _, span := range inforeg.SketchSpans(r.eng.Model, m) {
					for _, x := range ring[len(ring)-1][span.From:span.To] {
						squares[probe.LayerOf(span.Name)] += float64(x) * float64(x)
					}
				}
			}
			moved := map[string]float64{}
			for i, w := range weightsOf(t, r) {
				if strings.HasPrefix(w.Name, engine.MomentumPrefix) || strings.Contains(w.Name, ".running_") {
					continue
				}
				for j, x := range w.Values {
					d := float64(x) - float64(start[i].Values[j])
					moved[probe.LayerOf(w.Name)] += d * d
				}
			}
			found := asked(t, r, wire.Probe{Kind: wire.KindMotion})
			for _, m := range []string{"audio", "visual"} {
				grad, update, distance := found[wire.KindGradNorm+" "+m], found[wire.KindUpdate+" "+m],
					found[wire.KindDistance+" "+m]
				for _, rec := range []wire.Record{grad, update, distance} {
					sum := 0.0
					for _, part := range rec.Parts {
						sum += part * part
					}
					if !hosttest.Near(sum, rec.Value*rec.Value, 1e-12) || len(rec.Parts) != 2 { // in float64
						t.Errorf(
							"%s of %s: squares of %v add up to %v, want %v", rec.Kind, m, rec.Parts, sum,
							rec.Value*rec.Value,
						)
					}
				}
				for _, layer := range []string{"enc." + m + ".conv0", "enc." + m + ".norm0"} {
					// Sums of float32.
					if got, want := grad.Parts[layer],
						math.Sqrt(squares[layer]); !hosttest.Near(got, want, 1e-5) || want == 0 {
						t.Errorf("gradient of %s: %v, want %v", layer, got, want)
					}
					// sums of float32
					if got, want := distance.Parts[layer], math.Sqrt(moved[layer]); !hosttest.Near(got, want, 1e-6) {
						t.Errorf("distance of %s: %v, want %v", layer, got, want)
					}
				}
				switch {
				case tt.lr == 0 && (update.Value != 0 || distance.Value != 0):
					t.Errorf(
						"%s: update %v and distance %v, want 0\nreason: %s", m, update.Value, distance.Value, tt.reason,
					)
				case tt.lr > 0 && update.Value <= 0:
					t.Errorf("%s: update %v", m, update.Value)
				// Weights are rounded to 24 bits, at learning rate 1 not far above the size of the update.
				case tt.steps == 1 && !hosttest.Near(distance.Value, update.Value, 1e-6):
					t.Errorf("%s: distance %v, want %v\nreason: %s", m, distance.Value, update.Value, tt.reason)
				}
			}
		})
	}
	fresh := trained(t, shop, "fresh", hosttest.Tiny("joint", nil), 0)
	if _, err := fresh.Probe(t.Context(), wire.KindMotion); err == nil ||
		!strings.Contains(err.Error(), "no step has been taken") {
		t.Errorf("before the first step: %v", err)
	}
}
