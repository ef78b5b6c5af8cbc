package inforeg_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/datatest"
	"github.com/primewindow/primewindow/internal/xlatest"
	"github.com/primewindow/primewindow/models"
)

// whole is testdata/whole.json, written by whole.py beside it with PyTorch: by fusion head, then "encoders" or "head".
type whole struct {
	Norms map[string]map[string]familyNorms
}

// wholePass is a model in double precision with one batch: every sample's parts of the trace, and its loss at any
// values of the variables.
type wholePass struct {
	model  *models.Multimodal
	vars   []models.Variable
	values map[string][]float64
	norms  func() map[string][]float64 // "encoders" and "head", all variables, and the same after "weights "
	losses func() []float64
	twin   func() map[string][]float64 // "encoders" and "head": a backward pass for each sample
}

func newWhole(t *testing.T, fusion string) wholePass {
	t.Helper()
	m := duo(t)
	m.Fusion = fusion
	w := wholePass{model: m, vars: m.Variables()}
	w.values = xlatest.Filled64(t, w.vars)
	p, err := inforeg.Probe{Whole: true, BN: inforeg.BNRunning}.Complete()
	if err != nil {
		t.Fatal(err)
	}
	n := len(m.Modalities) + 1
	var batch []any
	for _, mod := range m.Modalities {
		x := xlatest.Made64(fmt.Sprintf("x.%s.0", mod.Name), samples*mod.Size(), 1.7)
		batch = append(batch, tensors.FromFlatDataAndDimensions(x, append([]int{samples}, mod.Shape...)...))
	}
	batch = append(batch, labelsOf(m, 0))
	run := func(build func(vars, x map[string]*Node, labels *Node) []*Node) func() [][]float64 {
		exec, err := xlatest.NewExec(t, func(in []*Node) []*Node {
			x, labels := nodesOf(m, in[:n])
			return build(byName(w.vars, in[n:]), x, labels)
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(exec.Finalize)
		return func() (list [][]float64) {
			out, err := exec.Call(slices.Concat(batch, tensorsOf(w.vars, w.values))...)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range out {
				list = append(list, tensors.MustCopyFlatData[float64](o))
			}
			return list
		}
	}
	var names []string
	norms := run(func(vars, x map[string]*Node, labels *Node) (list []*Node) {
		layers, _ := p.Layers(m, vars, x, labels)
		names = nil
		for _, l := range layers {
			part := "encoders"
			if models.HeadLayer(l.Name) {
				part = "head"
			}
			names, list = append(names, part), append(list, l.All())
			if l.Weights != nil {
				names, list = append(names, "weights "+part), append(list, l.Weights)
			}
		}
		return list
	})
	w.norms = func() map[string][]float64 {
		sums := map[string][]float64{}
		for i, values := range norms() {
			if sums[names[i]] == nil {
				sums[names[i]] = make([]float64, samples)
			}
			for k, v := range values {
				sums[names[i]][k] += v
			}
		}
		return sums
	}
	losses := run(func(vars, x map[string]*Node, labels *Node) []*Node {
		call := &models.Call{Vars: vars, Norm: models.RunningStatistics}
		return []*Node{models.CrossEntropy(m.Forward(call, x).Logits, labels)}
	})
	w.losses = func() []float64 { return losses()[0] }
	trained := trainable(w.vars)
	twin := run(func(vars, x map[string]*Node, labels *Node) (list []*Node) {
		call := &models.Call{Vars: vars, Norm: models.RunningStatistics}
		each := models.CrossEntropy(m.Forward(call, x).Logits, labels)
		var nodes []*Node
		for _, v := range trained {
			nodes = append(nodes, call.Var(v.Name))
		}
		for i := range samples {
			for _, g := range Gradient(ReduceAllSum(Slice(each, AxisElem(i))), nodes...) {
				list = append(list, ReduceAllSum(Square(g)))
			}
		}
		return list
	})
	w.twin = func() map[string][]float64 {
		sums := map[string][]float64{"encoders": make([]float64, samples), "head": make([]float64, samples)}
		for k, v := range twin() {
			part := "encoders"
			if models.HeadLayer(trained[k%len(trained)].Name) {
				part = "head"
			}
			sums[part][k/len(trained)] += v[0]
		}
		return sums
	}
	return w
}

// equal compares values in double precision, relative to the largest.
func equal(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) || len(want) == 0 {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	largest := slices.Max(want)
	for i, v := range want {
		if !(math.Abs(got[i]-v) <= tolerance*largest) {
			t.Errorf("%s of sample %d: %v, want %v (largest %v)", what, i, got[i], v, largest)
		}
	}
}

// TestWholeModel compares every sample's squared gradient norm with respect to the head and to all encoders with
// PyTorch, with a backward pass for each sample, and with finite differences over every variable.
func TestWholeModel(t *testing.T) {
	var want whole
	datatest.Reference(t, "whole.json", &want) // written with PyTorch 2.14.1
	for _, fusion := range models.Fusions {
		t.Run(fusion, func(t *testing.T) {
			w := newWhole(t, fusion)
			got := w.norms()
			for part, norms := range want.Norms[fusion] {
				// Double precision on both sides: only the order of sums differs.
				equal(t, "PyTorch, "+part, got[part], norms.All, 1e-9)
				equal(t, "PyTorch, weights of "+part, got["weights "+part], norms.Weights, 1e-9)
			}
			// which calls its layers three times; six backward passes take long to compile
			if fusion == models.GatedFusion {
				for part, norms := range w.twin() {
					equal(t, "sample by sample, "+part, got[part], norms, 1e-9)
				}
			}
			differences := map[string][]float64{"encoders": make([]float64, samples), "head": make([]float64, samples)}
			const step = 1e-5
			for _, v := range trainable(w.vars) {
				part := "encoders"
				if models.HeadLayer(v.Name) {
					part = "head"
				}
				for i := range w.values[v.Name] {
					was := w.values[v.Name][i]
					w.values[v.Name][i] = was + step
					up := w.losses()
					w.values[v.Name][i] = was - step
					down := w.losses()
					w.values[v.Name][i] = was
					for k := range up {
						d := (up[k] - down[k]) / (2 * step)
						differences[part][k] += d * d
					}
				}
			}
			for part, norms := range differences {
				// A central difference is off by step² times the third derivative, and by 1e-16/step from rounding.
				equal(t, "finite differences, "+part, got[part], norms, 1e-6)
			}
		})
	}
}

// TestWholeModelRefuses: what is not the whole model's exact trace is refused before anything is built.
func TestWholeModelRefuses(t *testing.T) {
	for _, p := range []inforeg.Probe{
		{Whole: true, Kind: inforeg.KindFisherTrue}, {Whole: true, Loss: inforeg.LossSum},
		{Whole: true, Estimator: inforeg.Balanced},
		{Whole: true, BN: inforeg.BNCoupled}, {Whole: true, BN: inforeg.BNShare},
	} {
		if _, err := p.Complete(); !errors.Is(err, inforeg.ErrProbe) {
			t.Errorf("%+v: error %v, want one that names no such probe", p, err)
		}
	}
}
