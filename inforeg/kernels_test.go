package inforeg_test

import (
	"math"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/internal/xlatest"
	"github.com/primewindow/primewindow/models"
)

// convolutional is a model of every kind of convolution: one axis and two, strides, frames, kernels of 1, 3, 5 and 7.
func convolutional(t *testing.T) *models.Multimodal {
	t.Helper()
	m := &models.Multimodal{
		Modalities: []data.Modality{
			{Name: "s", Kind: data.Sequence, Shape: []int{10, 2}},
			{Name: "c", Kind: data.Clip, Shape: []int{2, 10, 7, 3}},
			{Name: "r", Kind: data.Image, Shape: []int{13, 14, 1}},
		},
		Encoders: map[string]models.Encoder{}, Fusion: models.ConcatFusion, Classes: 3,
	}
	for i, spec := range []string{"cnn1d:4-6,kernel=5", "cnn2d:4-20-24,norm=group", "cnn2d:4-6,kernel=7"} {
		e, err := models.ParseEncoder(spec, m.Modalities[i])
		if err != nil {
			t.Fatal(err)
		}
		m.Encoders[m.Modalities[i].Name] = e
	}
	return m
}

// sharesIn gives the gradient of every variable and every sample's norms, in one pass, from the values of variables and
// a batch that are of T, and with statistics of the batch the new running averages.
func sharesIn[T float32 | float64](
	t *testing.T, b *xla.Backend, m *models.Multimodal, norm models.NormMode,
) [][]float64 {
	t.Helper()
	vars := m.Variables()
	n := len(m.Modalities) + 1
	exec, err := b.NewExec(func(in []*Node) []*Node {
		x, labels := nodesOf(m, in[:n])
		call := &models.Call{Vars: byName(vars, in[n:]), Norm: norm, Updates: map[string]*Node{}}
		shares := inforeg.NewShares(m, call, samples)
		loss := ReduceAllMean(models.CrossEntropy(m.Forward(call, x).Logits, labels))
		var of []*Node
		for i, v := range vars {
			if v.Trainable() {
				of = append(of, in[n+i])
			}
		}
		list := Gradient(loss, of...)
		norms := shares.Norms(false)
		for _, mod := range m.Modalities {
			list = append(list, norms[mod.Name])
		}
		for _, v := range vars {
			if average := call.Updates[v.Name]; average != nil {
				list = append(list, average)
			}
		}
		return list
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	var inputs []any
	for _, in := range slices.Concat(batchOf(m, 0), tensorsOf(vars, xlatest.Filled(t, vars))) {
		of, ok := in.(*tensors.Tensor)
		if !ok { // labels
			inputs = append(inputs, in)
			continue
		}
		values := tensors.MustCopyFlatData[float32](of)
		converted := make([]T, len(values))
		for j, v := range values {
			converted[j] = T(v)
		}
		inputs = append(inputs, tensors.FromFlatDataAndDimensions(converted, of.Shape().Dimensions...))
	}
	out, err := exec.Call(inputs...)
	if err != nil {
		t.Fatal(err)
	}
	var list [][]float64
	for _, o := range out {
		var values []float64
		for _, v := range tensors.MustCopyFlatData[T](o) {
			values = append(values, float64(v))
		}
		list = append(list, values)
	}
	return list
}

// TestKernels compares a whole pass with kernels, gradients and norms, with the usual one in double.
func TestKernels(t *testing.T) {
	b := xlatest.Opened(t)
	with, err := b.WithKernels()
	if err != nil {
		t.Skip(err)
	}
	without, err := b.As("", "")
	if err != nil {
		t.Fatal(err)
	}
	m := convolutional(t)
	for name, norm := range map[string]models.NormMode{
		"running statistics": models.RunningStatistics, "of the batch": models.BatchStatistics,
	} {
		want := sharesIn[float64](t, without, m, norm)
		// In double nothing is the library's, so its functions compute what their bodies say.
		for i, got := range sharesIn[float64](t, with, m, norm) {
			if d := apart(got, want[i]); d > 1e-10 { // the same sums in other orders, in double
				t.Errorf("%s: output %d in double: %.2g of the largest value off", name, i, d)
			}
		}
		got := sharesIn[float32](t, with, m, norm)
		plain := sharesIn[float32](t, without, m, norm)
		for i := range want {
			// float32 against double: what rounding does to the usual pass, twice, or 1e-4 of the largest value.
			limit := max(2*apart(plain[i], want[i]), 1e-4)
			if d := apart(got[i], want[i]); d > limit {
				t.Errorf("%s: output %d: %.2g of the largest value off, the usual pass %.2g",
					name, i, d, apart(plain[i], want[i]))
			}
		}
	}
}

// apart is the largest difference, relative to the largest value.
func apart(got, want []float64) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	d, largest := 0.0, 0.0
	for i, w := range want {
		if d = max(d, math.Abs(got[i]-w)); math.IsNaN(got[i]) {
			return math.Inf(1)
		}
		largest = max(largest, math.Abs(w))
	}
	return d / max(largest, 1e-300)
}
