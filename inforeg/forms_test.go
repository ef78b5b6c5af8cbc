package inforeg_test

import (
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/xlatest"
	"github.com/primewindow/primewindow/models"
)

// TestForms checks that the exact forms agree: Gram matrices, gradients of all samples
// at once, of one at a time.
// Odd sizes and strides leave positions that no kernel sees.
func TestForms(t *testing.T) {
	m := &models.Multimodal{
		Modalities: []data.Modality{
			{Name: "s", Kind: data.Sequence, Shape: []int{10, 2}},
			{Name: "c", Kind: data.Clip, Shape: []int{2, 10, 7, 3}},
			{Name: "r", Kind: data.Image, Shape: []int{33, 34, 1}},
		},
		Encoders: map[string]models.Encoder{}, Fusion: models.ConcatFusion, Classes: 3,
	}
	for i, spec := range []string{
		"cnn1d:4-6,kernel=5", "cnn2d:4-20-24,norm=group", "resnet18,width=0.0625,stem=imagenet",
	} {
		e, err := models.ParseEncoder(spec, m.Modalities[i])
		if err != nil {
			t.Fatal(err)
		}
		m.Encoders[m.Modalities[i].Name] = e
	}
	vars := m.Variables()
	n := len(m.Modalities) + 1
	exec, err := xlatest.NewExec(t, func(in []*Node) []*Node {
		x, labels := nodesOf(m, in[:n])
		call := &models.Call{Vars: byName(vars, in[n:]), Norm: models.RunningStatistics, Record: true}
		losses := models.CrossEntropy(m.Forward(call, x).Logits, labels)
		var list []*Node
		for _, form := range []string{"gram", "gradients", "one", "one gram", "cheapest"} {
			norms := inforeg.NormsIn(form, m, call, losses)
			for _, mod := range m.Modalities {
				list = append(list, norms[mod.Name])
			}
		}
		return list
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	out, err := exec.Call(slices.Concat(batchOf(m, 0), tensorsOf(vars, xlatest.Filled(t, vars)))...)
	if err != nil {
		t.Fatal(err)
	}
	for i, mod := range m.Modalities {
		var want []float64
		for _, v := range tensors.MustCopyFlatData[float32](out[i]) {
			want = append(want, float64(v))
		}
		for j, form := range []string{"gradients", "one", "one gram", "cheapest"} {
			// the same sums in other orders, in float32
			near(
				t, mod.Name+" as "+form+" against gram",
				tensors.MustCopyFlatData[float32](out[(j+1)*len(m.Modalities)+i]), want, 1e-4,
			)
		}
	}
}
