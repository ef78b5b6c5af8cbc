package run

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	gocmp "github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/workbench/host/engine"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// lossWith is the mean fused loss, in training mode, of the batch that the next step takes, after one element of a
// variable was changed.
func lossWith(t *testing.T, r *Run, name string, element int, change float32) float64 {
	t.Helper()
	vars := slices.Clone(r.st.Vars)
	for i, v := range r.eng.Vars {
		if v.Name != name {
			continue
		}
		values, err := tensors.CopyFlatData[float32](vars[i])
		if err != nil {
			t.Fatal(err)
		}
		values[element] += change
		vars[i] = tensors.FromFlatDataAndDimensions(values, v.Shape...)
		defer engine.Free(vars[i])
	}
	b, err := r.nextBatch()
	if err != nil {
		t.Fatal(err)
	}
	out, err := r.eng.WithBatch("loss of the test", func(in []*Node) []*Node {
		x, labels := r.eng.Inputs(in[len(r.eng.Vars):])
		call := &models.Call{Vars: engine.ByName(r.eng.Vars, in), Norm: models.BatchStatistics}
		return []*Node{ReduceAllMean(models.CrossEntropy(r.eng.Model.Forward(call, x).Logits, labels))}
	}, vars, b)
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Free(out...)
	return float64(tensors.ToScalar[float32](out[0]))
}

// TestGradient compares with finite differences, and with what the next step hands to the optimizer.
func TestGradient(t *testing.T) {
	shop := newTestShop(t)
	r := trained(t, shop, "r", hosttest.Tiny("joint", nil), 4)
	for _, name := range []string{"enc.audio.norm0.bias", "enc.visual.norm0.weight", "head.bias"} {
		shape, values, err := r.Gradient(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		variable, _, err := r.Var(t.Context(), name)
		if diff := gocmp.Diff(variable, shape); err != nil || diff != "" {
			t.Errorf("%s: %v, shape (-variable +gradient)\n%s", name, err, diff)
		}
		at := 0 // the largest element
		for i, v := range values {
			if math.Abs(float64(v)) > math.Abs(float64(values[at])) {
				at = i
			}
		}
		const h = 1.0 / 64
		want := (lossWith(t, r, name, at, h) - lossWith(t, r, name, at, -h)) / (2 * h)
		// The loss has 24 bits, which h spreads to 1e-5; the third derivative times h²/6 is of the same size.
		if got := float64(values[at]); math.Abs(got-want) > 1e-4+5e-3*math.Abs(want) {
			t.Errorf("%s[%d]: %v, by finite differences %v", name, at, got, want)
		}
	}
	whole := map[string][]float32{}
	for _, m := range []string{"audio", "visual"} {
		for _, v := range inforeg.EncoderVariables(r.eng.Model, m) {
			_, values, err := r.Gradient(t.Context(), v.Name)
			if err != nil {
				t.Fatal(err)
			}
			whole[m] = append(whole[m], values...)
		}
	}
	if err := r.To(t.Context(), 5, "test"); err != nil {
		t.Fatal(err)
	}
	for m, want := range whole {
		got := r.ring[m][len(r.ring[m])-1]
		largest := slices.MaxFunc(
			want, func(a, b float32) int { return cmp.Compare(math.Abs(float64(a)), math.Abs(float64(b))) },
		)
		for i, v := range want { // another graph: sums of float32 in another order
			if math.Abs(float64(got[i]-v)) > 1e-5*math.Abs(float64(largest)) {
				t.Fatalf("%s[%d]: the step had %v, Gradient gave %v", m, i, got[i], v)
			}
		}
	}
}

// TestActivation compares one value with the convolution's definition, and lets two runs look at the same layer at
// once.
func TestActivation(t *testing.T) {
	shop := newTestShop(t)
	r := trained(t, shop, "r", hosttest.Tiny("joint", nil), 2)
	const layer = "enc.audio.conv0"
	shape, got, err := r.Activation(t.Context(), layer)
	if diff := gocmp.Diff([]int{16, 16, 16, 4}, shape); err != nil || diff != "" { // half of 32 by 32, at stride 2
		t.Fatalf("%v, shape (-want +got)\n%s", err, diff)
	}
	_, x, err := r.Batch("audio")
	if err != nil {
		t.Fatal(err)
	}
	_, kernel, err := r.Var(t.Context(), layer+".weight") // [3, 3, 1, 4]
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range [][4]int{{3, 5, 7, 2}, {15, 0, 15, 3}} {
		sample, row, column, channel := at[0], at[1], at[2], at[3]
		want := 0.0
		for i := range 3 {
			for j := range 3 {
				if y, z := 2*row+i-1, 2*column+j-1; y >= 0 && z >= 0 && y < 32 && z < 32 {
					want += float64(x[(sample*32+y)*32+z]) * float64(kernel[(i*3+j)*4+channel])
				}
			}
		}
		// nine products of float32 of size 1
		if v := float64(got[((sample*16+row)*16+column)*4+channel]); math.Abs(v-want) > 1e-5 {
			t.Errorf("at %v: %v, want %v", at, v, want)
		}
	}
	other := trained(t, shop, "other", hosttest.Tiny("joint", map[string]any{"seed": 4.0}), 1)
	var wait sync.WaitGroup
	for _, run := range []*Run{r, other, r, other} {
		wait.Go(func() {
			for range 3 {
				shape, values, err := run.Activation(t.Context(), "enc.visual.norm0")
				if n := 16 * 16 * 16 * 4; err != nil || len(shape) != 4 || len(values) != n {
					t.Errorf(
						"%s: shape %v, %d values, error %v, want 4 axes and %d values", run.Name, shape, len(values),
						err, n,
					)
				}
			}
		})
	}
	wait.Wait()
}

// TestSampleNorms: the samples' norms are those whose mean is the trace, the largest first.
func TestSampleNorms(t *testing.T) {
	shop := newTestShop(t)
	for _, tt := range []struct {
		name     string
		settings map[string]any
	}{
		{"own", nil},
		{"other", map[string]any{"probe_bn": setting.BNRunning, "probe_params": setting.ParamsWeights}},
	} {
		settings := hosttest.Tiny("joint", map[string]any{"every.fisher_emp": "5 steps"})
		maps.Copy(settings, tt.settings)
		r := trained(t, shop, tt.name, settings, 5)
		norms, _, err := r.SampleNorms(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		traces := 0
		for _, rec := range onRecord(r).Probes {
			if rec.Step != 5 || rec.Kind != inforeg.KindFisherEmp {
				continue
			}
			traces++
			sum := 0.0
			for _, s := range norms[rec.Encoder] {
				sum += s.Norm
				if id, label := r.set.Identity(data.Train, s.Index); id != s.ID || label != s.Label {
					t.Errorf(
						"%s: sample %d is %s of class %d, want %s of %d", tt.name, s.Index, s.ID, s.Label, id, label,
					)
				}
			}
			// The same numbers of the same graph, added in the order of their size.
			if mean := sum / float64(rec.N); len(norms[rec.Encoder]) != 12 || rec.N != 12 ||
				!hosttest.Near(mean, rec.Value, 1e-12) {
				t.Errorf(
					"%s: mean %v of %d samples, want the trace %v of 12", tt.name, mean, len(norms[rec.Encoder]),
					rec.Value,
				)
			}
			if !slices.IsSortedFunc(
				norms[rec.Encoder], func(a, b SampleNorm) int { return cmp.Compare(b.Norm, a.Norm) },
			) {
				t.Errorf("%s: norms %v, want the largest first", tt.name, norms[rec.Encoder])
			}
			shape, values, err := r.PerSample(t.Context(), rec.Encoder)
			if first := norms[rec.Encoder][0]; err != nil || !slices.Equal(shape, []int{12, 2}) ||
				values[0] != float32(first.Index) || values[1] != float32(first.Norm) {
				t.Errorf(
					"%s: shape %v, first %v, error %v, want %+v in 12 rows", tt.name, shape, values[:2], err, first,
				)
			}
		}
		if traces != 2 {
			t.Errorf("%s: %d traces at step 5, want 2", tt.name, traces)
		}
	}
}

// TestLookErrors: a name that is not there is answered with those that are.
func TestLookErrors(t *testing.T) {
	shop := newTestShop(t)
	r := trained(t, shop, "r", hosttest.Tiny("joint", nil), 0)
	for _, tt := range []struct {
		name          string
		of            func(*Run, string) error
		asked         string
		message, hint string
		reason        string
	}{
		{
			"gradient", gradientOf, "enc.audio.cnov0.weight", `unknown variable "enc.audio.cnov0.weight"`,
			"did you mean enc.audio.conv0.weight", "letters exchanged",
		},
		{
			"gradient of an average", gradientOf, "enc.audio.norm0.running_mean",
			`unknown variable "enc.audio.norm0.running_mean"`, "did you mean enc.audio.norm0.", "it is not trained",
		},
		{"gradient of nothing", gradientOf, "", `unknown variable ""`, "enc.audio.", "all of them begin so"},
		{
			"activation", activationOf, "enc.audio.conv1", `unknown layer "enc.audio.conv1"`,
			"did you mean enc.audio.conv0", "there is one block",
		},
		{
			"activation of a variable", activationOf, "enc.audio.conv0.weight",
			`unknown layer "enc.audio.conv0.weight"`, "did you mean enc.audio.conv0",
			"a layer goes by the prefix of its variables",
		},
		{
			"activation of the head", activationOf, "head", `unknown layer "head"`,
			"there are 4, from enc.audio.conv0 to enc.visual.norm0", "only layers of encoders",
		},
		{"samples", samplesOf, "sound", `unknown modality "sound"`, "audio", "those there are"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, ok := errors.AsType[*wire.Problem](tt.of(r, tt.asked))
			if !ok || !strings.Contains(p.Message, tt.message) || !strings.Contains(p.Hint, tt.hint) || p.Hint == "" {
				t.Errorf("%+v, want %q with hint %q\nreason: %s", p, tt.message, tt.hint, tt.reason)
			}
		})
	}
	if n := len(r.eng.Graphs); n > 0 {
		t.Errorf("%d graphs were built", n)
	}
}

func gradientOf(r *Run, name string) error {
	_, _, err := r.Gradient(context.Background(), name)
	return err
}

func activationOf(r *Run, name string) error {
	_, _, err := r.Activation(context.Background(), name)
	return err
}

func samplesOf(r *Run, name string) error {
	_, _, err := r.PerSample(context.Background(), name)
	return err
}
