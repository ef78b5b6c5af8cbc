package inforeg_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/internal/datatest"
	"github.com/primewindow/primewindow/internal/xlatest"
	"github.com/primewindow/primewindow/models"
)

// reference is testdata/reference.json, written by reference.py beside it with PyTorch.
type reference struct {
	Norms map[string]struct{ All, Weights []float64 }
	Steps struct {
		Scalars []map[string]float64
		End     map[string]struct{ Norm, Along float64 }
	}
}

const samples = 6 // of a batch of the reference

func readReference(t *testing.T) reference {
	t.Helper()
	var r reference
	datatest.Reference(t, "reference.json", &r)
	return r
}

// quartet is the model of reference.py: a sequence, a clip, an image for a residual network, and a vector.
func quartet(tb testing.TB) *models.Multimodal {
	tb.Helper()
	m := &models.Multimodal{
		Modalities: []data.Modality{
			{Name: "a", Kind: data.Sequence, Shape: []int{9, 2}},
			{Name: "v", Kind: data.Clip, Shape: []int{2, 8, 7, 1}},
			{Name: "r", Kind: data.Image, Shape: []int{9, 8, 1}},
			{Name: "t", Kind: data.Vector, Shape: []int{5}},
		},
		Encoders: map[string]models.Encoder{}, Fusion: models.ConcatFusion, Classes: 3,
	}
	for i, spec := range []string{"cnn1d:4-6", "cnn2d:4-8", "resnet18,width=0.0625,stem=small", "mlp:6-4"} {
		e, err := models.ParseEncoder(spec, m.Modalities[i])
		if err != nil {
			tb.Fatal(err)
		}
		m.Encoders[m.Modalities[i].Name] = e
	}
	return m
}

// batchOf gives the batch of a step of reference.py: one tensor for each modality, then the labels.
func batchOf(m *models.Multimodal, step int) []any {
	var list []any
	for _, mod := range m.Modalities {
		x := xlatest.Made(fmt.Sprintf("x.%s.%d", mod.Name, step), samples*mod.Size(), 1.7)
		list = append(list, tensors.FromFlatDataAndDimensions(x, append([]int{samples}, mod.Shape...)...))
	}
	return append(list, labelsOf(m, step))
}

func labelsOf(m *models.Multimodal, step int) []int32 {
	labels := make([]int32, samples)
	for i := range labels {
		labels[i] = int32((7*i + 3*step) % m.Classes)
	}
	return labels
}

// nodesOf reads nodes in the order of batchOf.
func nodesOf(m *models.Multimodal, in []*Node) (x map[string]*Node, labels *Node) {
	x = map[string]*Node{}
	for i, mod := range m.Modalities {
		x[mod.Name] = in[i]
	}
	return x, in[len(m.Modalities)]
}

func tensorsOf[T float32 | float64](vars []models.Variable, values map[string][]T) []any {
	var list []any
	for _, v := range vars {
		list = append(list, tensors.FromFlatDataAndDimensions(values[v.Name], v.Shape...))
	}
	return list
}

func byName(vars []models.Variable, nodes []*Node) map[string]*Node {
	m := map[string]*Node{}
	for i, v := range vars {
		m[v.Name] = nodes[i]
	}
	return m
}

func trainable(vars []models.Variable) []models.Variable {
	var list []models.Variable
	for _, v := range vars {
		if v.Trainable() {
			list = append(list, v)
		}
	}
	return list
}

// fisher gives per-sample squared gradient norms by modality, all variables and weights alone, of a loss
// multiplied by scale.
type fisher func(t *testing.T, batch []any, scale float32) (all, weights map[string][]float32)

// newFisher compiles the probe once; it compiles again for each size of batch.
func newFisher(t *testing.T, m *models.Multimodal, values map[string][]float32) fisher {
	t.Helper()
	vars := m.Variables()
	n := len(m.Modalities) + 1
	exec, err := xlatest.NewExec(t, func(in []*Node) []*Node {
		x, labels := nodesOf(m, in[:n])
		call := &models.Call{Vars: byName(vars, in[n+1:]), Norm: models.RunningStatistics, Record: true}
		losses := Mul(models.CrossEntropy(m.Forward(call, x).Logits, labels), in[n])
		var list []*Node
		for _, weightsOnly := range []bool{false, true} {
			norms := inforeg.SquaredGradientNorms(m, call, losses, weightsOnly)
			for _, mod := range m.Modalities {
				list = append(list, norms[mod.Name])
			}
		}
		return list
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(exec.Finalize)
	return func(t *testing.T, batch []any, scale float32) (all, weights map[string][]float32) {
		t.Helper()
		out, err := exec.Call(slices.Concat(batch, []any{scale}, tensorsOf(vars, values))...)
		if err != nil {
			t.Fatal(err)
		}
		all, weights = map[string][]float32{}, map[string][]float32{}
		for i, mod := range m.Modalities {
			all[mod.Name] = tensors.MustCopyFlatData[float32](out[i])
			weights[mod.Name] = tensors.MustCopyFlatData[float32](out[len(m.Modalities)+i])
		}
		return all, weights
	}
}

// TestFisherPyTorch compares every sample's squared gradient norm with PyTorch's, taken sample by sample.
func TestFisherPyTorch(t *testing.T) {
	want := readReference(t).Norms
	m := quartet(t)
	all, weights := newFisher(t, m, xlatest.Filled(t, m.Variables()))(t, batchOf(m, 0), 1)
	for _, mod := range m.Modalities {
		near(t, mod.Name+" all", all[mod.Name], want[mod.Name].All, 1e-4)
		near(t, mod.Name+" weights", weights[mod.Name], want[mod.Name].Weights, 1e-4)
	}
}

// near compares each value with its reference: float32 against float64, relative to the largest.
func near(t *testing.T, what string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	largest := 0.0
	for _, w := range want {
		largest = max(largest, math.Abs(w))
	}
	for i, w := range want {
		if !(math.Abs(float64(got[i])-w) <= tolerance*largest) {
			t.Errorf("%s[%d]: %v, want %v (largest %v)", what, i, got[i], w, largest)
		}
	}
}

// TestStepsPyTorch takes the steps of reference.py through the one training step, in float64, and compares
// every scalar, and the weights at the end. (In float32 the residual network drifts by 0.3 % in four steps:
// values within rounding of a ReLU's corner switch.)
func TestStepsPyTorch(t *testing.T) {
	want := readReference(t).Steps
	m := quartet(t)
	vars := m.Variables()
	train := trainable(vars)
	values := xlatest.Filled64(t, vars)
	start, momentum := map[string][]float64{}, map[string][]float64{}
	for _, v := range train {
		start[v.Name] = values[v.Name]
		momentum[v.Name] = make([]float64, v.Size())
	}
	controls := map[string]float64{
		"lr": 0.05, "momentum": 0.9, "weight_decay": 1e-3, "beta": 0.9, "k": 0.04, "regulate": 1,
		"first_epoch": 2, "floor": 0, "window.a": 1, "window.v": 1, "window.r": 1, "window.t": 1,
	}
	n := len(m.Modalities) + 1
	var names []string
	exec, err := xlatest.NewExec(t, func(in []*Node) []*Node {
		input := inforeg.StepInput{
			Controls: map[string]*Node{},
			Settings: map[string]any{"score": inforeg.ScoreMeanP, "strength": "paper", "unimodal": "off"},
		}
		input.X, input.Labels = nodesOf(m, in[:n])
		rest := in[n:]
		input.Vars, rest = byName(vars, rest), rest[len(vars):]
		input.Momentum, rest = byName(train, rest), rest[len(train):]
		input.Start = byName(train, rest)
		for name, v := range controls {
			input.Controls[name] = Const(in[0].Graph(), v)
		}
		r := inforeg.BuildStep(m, method.InfoReg{}, input)
		var list []*Node
		for _, v := range vars {
			list = append(list, r.Vars[v.Name])
		}
		for _, v := range train {
			list = append(list, r.Momentum[v.Name])
		}
		names = nil
		for _, s := range r.Scalars {
			names = append(names, s.Name)
			list = append(list, s.Value)
		}
		return list
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	for step, line := range want.Scalars {
		var args []any
		for _, mod := range m.Modalities {
			x := xlatest.Made64(fmt.Sprintf("x.%s.%d", mod.Name, step), samples*mod.Size(), 1.7)
			args = append(args, tensors.FromFlatDataAndDimensions(x, append([]int{samples}, mod.Shape...)...))
		}
		args = append(args, labelsOf(m, step))
		args = append(args, tensorsOf(vars, values)...)
		args = append(args, tensorsOf(train, momentum)...)
		args = append(args, tensorsOf(train, start)...)
		out, err := exec.Call(args...)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range vars {
			values[v.Name] = tensors.MustCopyFlatData[float64](out[i])
		}
		for i, v := range train {
			momentum[v.Name] = tensors.MustCopyFlatData[float64](out[len(vars)+i])
		}
		got := map[string]float64{}
		for i, name := range names {
			got[name] = out[len(vars)+len(train)+i].Value().(float64)
		}
		for name, w := range line {
			// double precision, grown by the network's depth and four steps
			if g, ok := got[name]; !ok || math.Abs(g-w) > 1e-9*max(1e-3, math.Abs(w)) {
				t.Errorf("step %d: %s = %v (recorded: %v), want %v", step, name, g, ok, w)
			}
		}
		for name := range got {
			if _, ok := line[name]; !ok {
				t.Errorf("step %d: %s is recorded, PyTorch has no such number", step, name)
			}
		}
	}
	for _, v := range vars {
		w := want.End[v.Name]
		along := xlatest.Made64("along."+v.Name, v.Size(), 1)
		places := xlatest.Places(t, v)
		var norm, a float64
		for i, y := range values[v.Name] {
			norm += y * y
			a += y * along[places[i]]
		}
		// as above
		if norm = math.Sqrt(norm); math.Abs(norm-w.Norm) > 1e-9*w.Norm || math.Abs(a-w.Along) > 1e-9*w.Norm {
			t.Errorf("%s at the end: norm %v, along a fixed vector %v; want %v, %v", v.Name, norm, a, w.Norm, w.Along)
		}
	}
}

// TestFisherTwins checks the probe against slower ways to the same number and against what must not change it.
func TestFisherTwins(t *testing.T) {
	m := quartet(t)
	values := xlatest.Filled(t, m.Variables())
	batch := batchOf(m, 0)
	probe := newFisher(t, m, values)
	all, _ := probe(t, batch, 1)
	autodiff := newSquares(t, m, values)
	for i := range samples {
		one, _ := probe(t, rows(m, batch, i), 1)
		slow := autodiff(t, rows(m, batch, i))
		for _, mod := range m.Modalities {
			want := []float64{float64(all[mod.Name][i])}
			// float32 sums in another order, and ReLUs that switch within rounding
			near(t, fmt.Sprint(mod.Name, " alone, sample ", i), one[mod.Name], want, 1e-3)
			near(t, fmt.Sprint(mod.Name, " by autodiff, sample ", i), slow[mod.Name], want, 1e-3)
		}
	}
	twice, _ := probe(t, rows(m, batch, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5), 1)
	scaled, _ := probe(t, batch, 3)
	for _, mod := range m.Modalities {
		var doubled, times9 []float64
		for _, v := range all[mod.Name] {
			doubled = append(doubled, float64(v), float64(v))
			times9 = append(times9, 9*float64(v))
		}
		near(t, mod.Name+" with every sample twice", twice[mod.Name], doubled, 1e-4) // sums in another order
		near(t, mod.Name+" with three times the loss", scaled[mod.Name], times9, 1e-5)
	}
}

// newSquares gives the squared norm of the gradient that autodiff makes for a batch of one, by modality.
func newSquares(
	t *testing.T, m *models.Multimodal, values map[string][]float32,
) func(*testing.T, []any) map[string][]float32 {
	t.Helper()
	vars := m.Variables()
	n := len(m.Modalities) + 1
	exec, err := xlatest.NewExec(t, func(in []*Node) []*Node {
		x, labels := nodesOf(m, in[:n])
		nodes := byName(vars, in[n:])
		loss := ReduceAllSum(
			models.CrossEntropy(m.Forward(&models.Call{Vars: nodes, Norm: models.RunningStatistics}, x).Logits, labels),
		)
		var list []*Node
		for _, mod := range m.Modalities {
			var of, squares []*Node
			for _, v := range inforeg.EncoderVariables(m, mod.Name) {
				of = append(of, nodes[v.Name])
			}
			for _, g := range Gradient(loss, of...) {
				squares = append(squares, inforeg.SquaredNorm(g))
			}
			list = append(list, ReduceAllSum(Stack(squares, 0)))
		}
		return list
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(exec.Finalize)
	return func(t *testing.T, batch []any) map[string][]float32 {
		t.Helper()
		out, err := exec.Call(slices.Concat(batch, tensorsOf(vars, values))...)
		if err != nil {
			t.Fatal(err)
		}
		all := map[string][]float32{}
		for i, mod := range m.Modalities {
			all[mod.Name] = []float32{out[i].Value().(float32)}
		}
		return all
	}
}

// rows picks samples of a batch.
func rows(m *models.Multimodal, batch []any, which ...int) []any {
	var list []any
	for i, mod := range m.Modalities {
		flat := tensors.MustCopyFlatData[float32](batch[i].(*tensors.Tensor))
		var x []float32
		for _, r := range which {
			x = append(x, flat[r*mod.Size():(r+1)*mod.Size()]...)
		}
		list = append(list, tensors.FromFlatDataAndDimensions(x, append([]int{len(which)}, mod.Shape...)...))
	}
	labels := batch[len(batch)-1].([]int32)
	var y []int32
	for _, r := range which {
		y = append(y, labels[r])
	}
	return append(list, y)
}

// TestFisherRefuses checks that what cannot be measured is said, and by name.
func TestFisherRefuses(t *testing.T) {
	m := quartet(t)
	vars := m.Variables()
	values := tensorsOf(vars, xlatest.Filled(t, vars))
	n := len(m.Modalities) + 1
	for _, tt := range []struct {
		name  string
		spoil func(*models.Call)
		want  string
	}{
		{"batch statistics", func(c *models.Call) { c.Norm = models.BatchStatistics }, "samples mix"},
		{"no layers", func(c *models.Call) { c.Layers = nil }, "recorded no layers"},
		{"a layer is missing", func(c *models.Call) { c.Layers = c.Layers[1:] }, "enc.a.conv0.weight"},
		{"an unknown kind", func(c *models.Call) { c.Layers[0].Kind = "attention" }, `kind "attention"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			exec, err := xlatest.NewExec(t, func(in []*Node) []*Node {
				x, labels := nodesOf(m, in[:n])
				call := &models.Call{Vars: byName(vars, in[n:]), Norm: models.RunningStatistics, Record: true}
				losses := models.CrossEntropy(m.Forward(call, x).Logits, labels)
				tt.spoil(call)
				norms := inforeg.SquaredGradientNorms(m, call, losses, false)
				return []*Node{norms["a"]}
			})
			if err != nil {
				t.Fatal(err)
			}
			defer exec.Finalize()
			_, err = exec.Call(append(batchOf(m, 0), values...)...)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}
