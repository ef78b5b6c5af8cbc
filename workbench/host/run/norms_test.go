package run

import (
	"math"
	"testing"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/hosttest"
)

// TestSampleNormsStep: norms that are measured while the run trains come with the step that they are of.
func TestSampleNormsStep(t *testing.T) {
	shop := newTestShop(t)
	const last = 60
	r := trained(t, shop, "r", hosttest.Tiny("joint", map[string]any{"every.fisher_emp": "1 steps"}), 1)
	done := make(chan error, 1)
	go func() { done <- r.To(t.Context(), last, "test") }()
	type measured struct {
		step int
		mean float64 // of audio
	}
	var list []measured
	for r.Status().Step < last {
		norms, step, err := r.SampleNorms(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		m := measured{step: step}
		for _, s := range norms["audio"] {
			m.mean += s.Norm / float64(len(norms["audio"]))
		}
		list = append(list, m)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		for _, p := range onRecord(r).Probes {
			// The two sums are taken in another order, and the record's is of float32.
			if p.Kind == inforeg.KindFisherEmp && p.Encoder == "audio" && p.Step == m.step &&
				math.Abs(p.Value-m.mean) > 1e-5*p.Value {
				t.Errorf("norms of step %d have the mean %v, its trace is %v", m.step, m.mean, p.Value)
			}
		}
	}
	if len(list) < 2 {
		t.Errorf("measured %d times while it trained, want 2 at least", len(list))
	}
}
