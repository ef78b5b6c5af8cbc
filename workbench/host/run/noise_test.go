package run

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/draw"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// asked measures a probe and gives its records by kind and encoder.
func asked(t *testing.T, r *Run, ask wire.Probe) map[string]wire.Record {
	t.Helper()
	list, err := r.ProbeWith(t.Context(), ask)
	if err != nil {
		t.Fatalf("%+v: %v", ask, err)
	}
	found := map[string]wire.Record{}
	for _, rec := range list {
		found[rec.Kind+" "+rec.Encoder] = rec
	}
	return found
}

// TestNoise: signal and noise/B add up to the squared norm of the batch gradient, whatever the signs were.
func TestNoise(t *testing.T) {
	shop := newTestShop(t)
	r := trained(t, shop, "r", hosttest.Tiny("joint", map[string]any{"probe_samples": 40.0}), 3)
	found := asked(t, r, wire.Probe{Kind: setting.ProbeNoise})
	b, err := r.set.Read(data.Train, data.Spread(96, 32), 0) // two batches of 16: the rest of 40 samples is left out
	if err != nil {
		t.Fatal(err)
	}
	first, second := meanSquare(t, r, r.now().Slice(b, 0, 16)), meanSquare(t, r, r.now().Slice(b, 16, 32))
	for _, m := range []string{"audio", "visual"} {
		s, g := found[wire.KindNoise+" "+m], found[wire.KindSignal+" "+m]
		// Sums of float32 in another order; noise and signal themselves differ from it by much more.
		if got, want := g.Value+s.Value/16, (first[m]+second[m])/2; !hosttest.Near(got, want, 1e-4) {
			t.Errorf("%s: signal %v + noise %v / 16 = %v, want %v", m, g.Value, s.Value, got, want)
		}
		if s.Value <= 0 || s.N != 32 || g.N != 32 || s.SE == nil || g.SE == nil || s.BN != inforeg.BNCoupled {
			t.Errorf("%s: %+v and %+v, want noise above 0, of 32 coupled samples, with errors", m, s, g)
		}
	}
	few := trained(t, shop, "few", hosttest.Tiny("joint", nil), 1)
	for name, rec := range asked(t, few, wire.Probe{Kind: setting.ProbeNoise}) {
		if rec.SE != nil || rec.N != 16 {
			t.Errorf("%s: %+v, want a whole batch though 12 samples were set, and no error of one", name, rec)
		}
	}
}

// TestCosines compares with the gradients that are kept, and refuses numbers of them that there are not.
func TestCosines(t *testing.T) {
	shop := newTestShop(t)
	// At learning rate 0 the first gradient stays in all of them.
	r := trained(t, shop, "r", hosttest.Tiny("joint", map[string]any{"lr": 0.0}), record.CosineBatches+2)
	all := asked(t, r, wire.Probe{Kind: inforeg.KindCosine})
	four := asked(t, r, wire.Probe{Kind: inforeg.KindCosine, Batches: 4})
	for _, m := range []string{"audio", "visual"} {
		whole, twice, chance := all[inforeg.KindCosine+" "+m], all[wire.KindTwice+" "+m], all[wire.KindPermuted+" "+m]
		if len(whole.Matrix) != 16 || whole.N != 16 || len(twice.Matrix) != 8 || twice.N != 8 {
			t.Errorf(
				"%s: matrices of %d and %d rows, want 16 and, at twice the batch, 8", m, len(whole.Matrix),
				len(twice.Matrix),
			)
		}
		if twice.Value <= whole.Value {
			t.Errorf(
				"%s: mean cosine %v at twice the batch, %v at the batch: want less noise", m, twice.Value, whole.Value,
			)
		}
		// The elements' mean is not quite 0, which two permutations have in common; it is small beside one pair's
		// spread.
		if chance.SE == nil || math.Abs(chance.Value) > *chance.SE || math.Abs(chance.Value) > whole.Value/2 {
			t.Errorf("%s: permuted %v ± %v, want about 0 beside %v", m, chance.Value, chance.SE, whole.Value)
		}
		var names []string
		vectors := r.ring[m]
		for _, span := range inforeg.SketchSpans(r.eng.Model, m) {
			names = append(names, span.Name)
			sum := 0.0
			for i := range vectors {
				for j := range vectors {
					if i != j {
						sum += slowCosine(vectors[i][span.From:span.To], vectors[j][span.From:span.To])
					}
				}
			}
			// The same products, added in another order in float64.
			if want := sum / (16 * 15); math.Abs(whole.Parts[span.Name]-want) > 1e-12 {
				t.Errorf("%s: %v, want %v", span.Name, whole.Parts[span.Name], want)
			}
		}
		if len(whole.Parts) != len(names) || names[0] != "enc."+m+".conv0.weight" {
			t.Errorf("%s: parts %v, want one for each of %v", m, whole.Parts, names)
		}
		last := four[inforeg.KindCosine+" "+m]
		want := make([][]float64, 4)
		for i := range want {
			want[i] = whole.Matrix[12+i][12:]
		}
		if diff := cmp.Diff(want, last.Matrix); diff != "" || last.Way != "last 4" || whole.Way != "" {
			t.Errorf("%s, %q of %q (-want +got)\n%s", m, last.Way, whole.Way, diff)
		}
	}
	before := len(onRecord(r).Probes)
	for _, tt := range []struct {
		batches int
		message string
		reason  string
	}{
		{1, "cosine of 1 batch gradients, want at least 2", "one has nothing to be compared with"},
		{-1, "cosine of -1 batch gradients, want at least 2", "no number"},
		{17, "cosine of 17 batch gradients: 16 are kept", "18 steps were taken, but no more are kept"},
	} {
		_, err := r.ProbeWith(t.Context(), wire.Probe{Kind: inforeg.KindCosine, Batches: tt.batches})
		p, ok := errors.AsType[*wire.Problem](err)
		if !ok || !strings.Contains(p.Message, tt.message) || p.Hint == "" || len(onRecord(r).Probes) != before {
			t.Errorf("of %d: %v, want %q, a hint and no record\nreason: %s", tt.batches, err, tt.message, tt.reason)
		}
	}
	early := trained(t, shop, "early", hosttest.Tiny("joint", nil), 1)
	if _, err := early.ProbeWith(t.Context(), wire.Probe{Kind: inforeg.KindCosine}); err == nil ||
		!strings.Contains(err.Error(), "1 batch gradients so far") {
		t.Errorf("after one step: %v", err)
	}

	// A figure shows the matrix that was measured last, and beside it nothing that rests on other gradients.
	if _, err := r.ProbeWith(t.Context(), wire.Probe{Kind: inforeg.KindCosine, Batches: 2}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ kept, rows int }{{len(onRecord(r).Probes) - 4, 2}, {len(onRecord(r).Probes), 1}} {
		rec := r.Recorded()
		rec.History.Probes = rec.History.Probes[:tt.kept]
		f, err := draw.Recorded("cosine", []record.Recorded{rec})
		if err != nil {
			t.Fatal(err)
		}
		if twice := strings.Contains(fmt.Sprint(f.Spec), "B = 32"); twice != (tt.rows == 2) {
			t.Errorf("the figure of %d records shows twice the batch: %v, want %d rows", tt.kept, twice, tt.rows)
		}
	}
}

// slowCosine is the cosine by its definition.
func slowCosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	return ab / math.Sqrt(aa*bb)
}
