package inforeg_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/xlatest"
	"github.com/primewindow/primewindow/models"
)

// duo is a small model with batch norm, whose graphs compile quickly.
func duo(t *testing.T) *models.Multimodal {
	t.Helper()
	m := &models.Multimodal{
		Modalities: []data.Modality{
			{Name: "a", Kind: data.Sequence, Shape: []int{9, 2}},
			{Name: "v", Kind: data.Clip, Shape: []int{2, 6, 5, 1}},
		},
		Encoders: map[string]models.Encoder{}, Fusion: models.ConcatFusion, Classes: 3,
	}
	for i, spec := range []string{"cnn1d:4", "cnn2d:4-5"} {
		e, err := models.ParseEncoder(spec, m.Modalities[i])
		if err != nil {
			t.Fatal(err)
		}
		m.Encoders[m.Modalities[i].Name] = e
	}
	return m
}

// tame scales the head down, so that the model's labels are not certain.
func tame(t *testing.T, vars []models.Variable) map[string][]float32 {
	t.Helper()
	values := xlatest.Filled(t, vars)
	for i := range values["head.weight"] {
		values["head.weight"][i] /= 3
	}
	return values
}

// compiled builds a graph over a model's inputs, variables and one further input.
func compiled(
	t *testing.T, m *models.Multimodal, build func(vars, x map[string]*Node, labels, more *Node) []*Node,
) func(batch []any, values map[string][]float32, more any) [][]float32 {
	t.Helper()
	vars := m.Variables()
	n := len(m.Modalities) + 1
	exec, err := xlatest.NewExec(t, func(in []*Node) []*Node {
		x, labels := nodesOf(m, in[:n])
		return build(byName(vars, in[n+1:]), x, labels, in[n])
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(exec.Finalize)
	return func(batch []any, values map[string][]float32, more any) [][]float32 {
		t.Helper()
		out, err := exec.Call(slices.Concat(batch, []any{more}, tensorsOf(vars, values))...)
		if err != nil {
			t.Fatal(err)
		}
		list := make([][]float32, len(out))
		for i, o := range out {
			list[i] = tensors.MustCopyFlatData[float32](o)
		}
		return list
	}
}

func TestProbeComplete(t *testing.T) {
	for _, tt := range []struct {
		probe  inforeg.Probe
		want   inforeg.Probe
		ok     bool
		reason string
	}{
		{
			inforeg.Probe{},
			inforeg.Probe{
				Kind: "fisher_emp", Loss: "fused", Labels: "observed", BN: "recalibrated", Estimator: "exact",
			},
			true, "eq. 7",
		},
		{
			inforeg.Probe{Kind: "fisher_true"},
			inforeg.Probe{Kind: "fisher_true", Loss: "fused", Labels: "exact", BN: "recalibrated", Estimator: "exact"},
			true, "exact over classes",
		},
		{
			inforeg.Probe{Kind: "fisher_true", Labels: "sampled"},
			inforeg.Probe{
				Kind: "fisher_true", Loss: "fused", Labels: "sampled", BN: "recalibrated", Estimator: "exact", Draws: 8,
			},
			true, "draws of labels",
		},
		{
			inforeg.Probe{Estimator: "balanced", BN: "coupled", Draws: 3},
			inforeg.Probe{
				Kind: "fisher_emp", Loss: "fused", Labels: "observed", BN: "coupled", Estimator: "balanced", Draws: 3,
			},
			true, "draws of signs",
		},
		{inforeg.Probe{Kind: "hessian"}, inforeg.Probe{}, false, "unknown kind"},
		{inforeg.Probe{Labels: "sampled"}, inforeg.Probe{}, false, "the empirical trace has the observed labels"},
		{inforeg.Probe{Kind: "fisher_true", Labels: "observed"}, inforeg.Probe{}, false, "the true one has not"},
		{inforeg.Probe{Kind: "fisher_true", Loss: "sum"}, inforeg.Probe{}, false, "two sources of labels"},
		{inforeg.Probe{Kind: "fisher_true", Estimator: "balanced"}, inforeg.Probe{}, false, "scores have mean zero"},
		{inforeg.Probe{BN: "solo"}, inforeg.Probe{}, false, "unknown statistics"},
		{inforeg.Probe{Draws: -1}, inforeg.Probe{}, false, "a negative number"},
	} {
		got, err := tt.probe.Complete()
		if tt.ok != (err == nil) || !tt.ok && !errors.Is(err, inforeg.ErrProbe) {
			t.Errorf("Complete(%+v): error %v\nreason: %s", tt.probe, err, tt.reason)
		} else if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("Complete(%+v) (-want +got)\n%s\nreason: %s", tt.probe, diff, tt.reason)
		}
	}
}

// TestFisherTrue compares the exact trace over classes with a sum in Go of empirical ones, and the sampled one
// with it over 2,000 draws.
func TestFisherTrue(t *testing.T) {
	m := duo(t)
	vars := m.Variables()
	values := tame(t, vars)
	batch := batchOf(m, 0)
	for _, loss := range []string{inforeg.LossFused, inforeg.LossUnimodal} {
		t.Run(loss, func(t *testing.T) {
			norms := func(p inforeg.Probe) func([]any, map[string][]float32, any) [][]float32 {
				p, err := p.Complete()
				if err != nil {
					t.Fatal(err)
				}
				return compiled(t, m, func(vars, x map[string]*Node, labels, draws *Node) []*Node {
					call := &models.Call{Vars: vars, Norm: p.Norm(), Record: true}
					out := m.Forward(call, x)
					got := p.Norms(m, call, out, labels, draws)
					return []*Node{
						got["a"], got["v"], Softmax(out.Logits, -1), Softmax(out.Unimodal["a"], -1),
						Softmax(out.Unimodal["v"], -1),
					}
				})
			}
			none := [][]float32{{0}}
			exact := norms(inforeg.Probe{Kind: inforeg.KindFisherTrue, Loss: loss})(batch, values, none)
			want := [2][]float64{make([]float64, samples), make([]float64, samples)}
			observed := norms(inforeg.Probe{Loss: loss})
			for c := range m.Classes {
				labels := slices.Repeat([]int32{int32(c)}, samples)
				at := observed(append(slices.Clone(batch[:2]), labels), values, none)
				for i := range samples {
					for j := range want {
						p := at[2][i*m.Classes+c]
						if loss == inforeg.LossUnimodal {
							p = at[3+j][i*m.Classes+c]
						}
						want[j][i] += float64(p) * float64(at[j][i])
					}
				}
			}
			for j, name := range []string{"a", "v"} {
				near(t, name+" exact", exact[j], want[j], 1e-5) // float32 sums
			}
			const draws, calls = 8, 250
			r := rand.New(rand.NewPCG(1, 1))
			sampled := norms(
				inforeg.Probe{Kind: inforeg.KindFisherTrue, Loss: loss, Labels: inforeg.LabelsSampled, Draws: draws},
			)
			var means [2][]float64
			for range calls {
				u := make([][]float32, samples)
				for i := range u {
					for range draws {
						u[i] = append(u[i], r.Float32())
					}
				}
				got := sampled(batch, values, u)
				for j := range means {
					means[j] = append(means[j], sum32(got[j])/samples)
				}
			}
			for j, name := range []string{"a", "v"} {
				within(t, name+" sampled", means[j], sum64(want[j])/samples)
			}
		})
	}
}

func sum32(x []float32) float64 {
	s := 0.0
	for _, v := range x {
		s += float64(v)
	}
	return s
}

func sum64(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v
	}
	return s
}

// within compares the mean of independent values with what it estimates: three standard errors.
func within(t *testing.T, what string, values []float64, want float64) {
	t.Helper()
	n := float64(len(values))
	mean, square := sum64(values)/n, 0.0
	for _, v := range values {
		square += (v - mean) * (v - mean)
	}
	se := math.Sqrt(square / (n - 1) / n)
	if d := math.Abs(mean - want); d > 3*se || se == 0 {
		t.Errorf("%s: %v ± %v, want %v: %.1f standard errors off", what, mean, se, want, d/se)
	}
	t.Logf("%s: %.5g ± %.2g, exact %.5g", what, mean, se, want)
}

// TestSumNorms checks the sums with signs where each number is known: unit rows give every sample's own squared
// norm, in eval mode that of the exact engine, with coupled statistics one whose gradients add up to the batch's;
// and both estimators meet the coupled number over 2,000 draws.
func TestSumNorms(t *testing.T) {
	m := duo(t)
	values := tame(t, m.Variables())
	batch := batchOf(m, 0)
	sums := func(mode models.NormMode) func([]any, map[string][]float32, any) [][]float32 {
		return compiled(t, m, func(vars, x map[string]*Node, labels, signs *Node) []*Node {
			call := &models.Call{Vars: vars, Norm: mode}
			losses := models.CrossEntropy(m.Forward(call, x).Logits, labels)
			got := inforeg.SumNorms(m, call, losses, signs, false)
			return []*Node{got["a"], got["v"]}
		})
	}
	units := make([][]float32, samples)
	for i := range units {
		units[i] = make([]float32, samples)
		units[i][i] = 1
	}
	own := sums(models.RunningStatistics)(batch, values, units)
	all, _ := newFisher(t, m, values)(t, batch, 1)
	for j, name := range []string{"a", "v"} {
		var want []float64
		for _, v := range all[name] {
			want = append(want, float64(v))
		}
		near(t, name+" by unit rows", own[j], want, 1e-4) // float32 sums in other orders
	}

	coupled := sums(models.BatchStatistics)
	each := coupled(batch, values, units)
	r := rand.New(rand.NewPCG(2, 2))
	for _, estimator := range []string{inforeg.Rademacher, inforeg.Balanced} {
		const draws, calls = 8, 250
		var means [2][]float64
		for range calls {
			signs, err := inforeg.Signs(estimator, samples, draws, r)
			if err != nil {
				t.Fatal(err)
			}
			got := coupled(batch, values, signs)
			for j := range means {
				var list []float64
				for _, v := range got[j] {
					list = append(list, float64(v))
				}
				mean, _ := inforeg.MeanError(inforeg.PerDraw(estimator, list, samples))
				means[j] = append(means[j], mean)
			}
		}
		for j, name := range []string{"a", "v"} {
			within(t, fmt.Sprint(name, " ", estimator), means[j], sum32(each[j])/samples)
		}
	}
}

func TestSigns(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	rows, err := inforeg.Signs(inforeg.Balanced, 10, 4, r)
	if err != nil || len(rows) != 5 {
		t.Fatalf("%d rows, %v; want 4 and one of ones", len(rows), err)
	}
	for k, row := range rows[:4] {
		if sum32(row) != 0 || slices.Max(row) != 1 || slices.Min(row) != -1 {
			t.Errorf("row %d: %v, want as many +1 as -1", k, row)
		}
	}
	if sum32(rows[4]) != 10 {
		t.Errorf("last row %v, want ones", rows[4])
	}
	if slices.Equal(rows[0], rows[1]) {
		t.Error("two draws are the same")
	}
	for _, bad := range []struct {
		estimator string
		n         int
	}{{inforeg.Balanced, 5}, {inforeg.Rademacher, 1}} {
		if _, err := inforeg.Signs(bad.estimator, bad.n, 1, r); err == nil {
			t.Errorf("Signs(%s, %d): no error", bad.estimator, bad.n)
		}
	}
}

// TestNoiseScale draws gradients with known mean and noise.
func TestNoiseScale(t *testing.T) {
	const dims, n, trials = 50, 64, 400
	r := rand.New(rand.NewPCG(1, 1))
	const signal, noise = 4.0, 20.0 // |G|² and S
	var mean, batch float64
	for range trials {
		together := make([]float64, dims)
		for range n {
			for d := range together {
				g := math.Sqrt(noise/dims) * r.NormFloat64()
				if d == 0 {
					g += math.Sqrt(signal)
				}
				together[d] += g / n
				mean += g * g / n / trials
			}
		}
		for _, g := range together {
			batch += g * g / trials
		}
	}
	// 400 trials of 64 samples leave under 1 %
	if got := inforeg.NoiseScale(inforeg.NoiseSignal(mean, batch, n)); math.Abs(got/(noise/signal)-1) > 0.02 {
		t.Errorf("NoiseScale = %v, want %v", got, noise/signal)
	}
	if got := inforeg.NoiseScale(inforeg.NoiseSignal(10, 0.1, 64)); !math.IsInf(got, 1) {
		t.Errorf("without signal: %v, want +Inf", got)
	}
	if got := inforeg.ExpectedCosine(5, 20); got != 0.8 {
		t.Errorf("ExpectedCosine(5, 20) = %v, want 20/(20+5)", got)
	}
}
