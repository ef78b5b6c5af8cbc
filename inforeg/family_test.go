package inforeg_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/datatest"
	"github.com/primewindow/primewindow/internal/xlatest"
	"github.com/primewindow/primewindow/models"
)

// family is testdata/family.json, written by family.py beside it with PyTorch, where each number is explained.
type family struct {
	Encoders   map[string]string
	Head       float64
	Labels     []int32
	Ids        [][]float64
	Norms      map[string]map[string]map[string]familyNorms // by batch-norm mode, loss and modality
	FisherTrue map[string]map[string]familyNorms            `json:"fisher_true"` // by loss and modality
	Layers     map[string]familyLayers                      // by batch-norm mode, of the fused loss
}

type (
	familyNorms  struct{ All, Weights []float64 }
	familyLayers struct{ All, Weights map[string][]float64 } // by prefix of the layer's variables
)

func readFamily(tb testing.TB) family {
	tb.Helper()
	var f family
	datatest.Reference(tb, "family.json", &f)
	return f
}

// model is the model of family.py: every kind of encoder and layer.
func (f family) model(tb testing.TB) *models.Multimodal {
	tb.Helper()
	m := &models.Multimodal{
		Modalities: []data.Modality{
			{Name: "s", Kind: data.Sequence, Shape: []int{9, 2}},
			{Name: "c", Kind: data.Clip, Shape: []int{2, 8, 7, 1}},
			{Name: "r", Kind: data.Image, Shape: []int{33, 34, 1}},
			{Name: "v", Kind: data.Vector, Shape: []int{5}},
			{Name: "f", Kind: data.Sequence, Shape: []int{7, 3}},
			{Name: "t", Kind: data.Vector, Shape: []int{6}},
		},
		Encoders: map[string]models.Encoder{}, Fusion: models.ConcatFusion, Classes: 3,
	}
	for _, mod := range m.Modalities {
		e, err := models.ParseEncoder(f.Encoders[mod.Name], mod)
		if err != nil {
			tb.Fatal(err)
		}
		m.Encoders[mod.Name] = e
	}
	return m
}

// familyPass is what a test of the family builds its numbers from.
type familyPass struct {
	model  *models.Multimodal
	vars   map[string]*Node
	x      map[string]*Node
	labels *Node
	more   []*Node
}

func (p familyPass) call(mode models.NormMode) *models.Call {
	return &models.Call{Vars: p.vars, Norm: mode, Record: true}
}

// chosen is the loss of the probe at which pick, one number for each of familyLosses, is 1: so all of them need one
// compilation.
func (p familyPass) chosen(out models.Output, pick *Node) *Node {
	var sum *Node
	for i, loss := range familyLosses {
		part := Mul(inforeg.Probe{Loss: loss}.Losses(out, p.labels), Slice(pick, AxisElem(i)))
		if sum == nil {
			sum = part
		} else {
			sum = Add(sum, part)
		}
	}
	return sum
}

var familyLosses = []string{inforeg.LossFused, inforeg.LossUnimodal, inforeg.LossSum}

func pick(i int) []float64 {
	row := make([]float64, len(familyLosses))
	row[i] = 1
	return row
}

// compile builds a graph in double precision over the batch, the variables and what more the calls give.
func (f family) compile(
	t *testing.T, m *models.Multimodal, build func(familyPass) []*Node,
) func(more ...any) [][]float64 {
	t.Helper()
	vars := m.Variables()
	values := xlatest.Filled64(t, vars)
	for i := range values["head.weight"] {
		values["head.weight"][i] *= f.Head
	}
	var args []any
	for _, mod := range m.Modalities {
		x := slices.Concat(f.Ids...)
		if mod.Name != "t" {
			x = xlatest.Made64(fmt.Sprintf("x.%s.0", mod.Name), len(f.Labels)*mod.Size(), 1.7)
		}
		args = append(args, tensors.FromFlatDataAndDimensions(x, append([]int{len(f.Labels)}, mod.Shape...)...))
	}
	args = append(append(args, f.Labels), tensorsOf(vars, values)...)
	given := len(args)
	exec, err := xlatest.NewExec(t, func(in []*Node) []*Node {
		p := familyPass{model: m, vars: byName(vars, in[len(m.Modalities)+1:]), more: in[given:]}
		p.x, p.labels = nodesOf(m, in)
		return build(p)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(exec.Finalize)
	return func(more ...any) [][]float64 {
		t.Helper()
		out, err := exec.Call(slices.Concat(args, more)...)
		if err != nil {
			t.Fatal(err)
		}
		var list [][]float64
		for _, o := range out {
			list = append(list, tensors.MustCopyFlatData[float64](o))
		}
		return list
	}
}

// nodes lists norms by modality, all parameters and weights, for compare.
func (p familyPass) nodes(all, weights map[string]*Node) []*Node {
	var list []*Node
	for _, mod := range p.model.Modalities {
		list = append(list, all[mod.Name], weights[mod.Name])
	}
	return list
}

// compare compares what nodes listed with PyTorch's numbers.
func (f family) compare(t *testing.T, m *models.Multimodal, what string, got [][]float64, want map[string]familyNorms) {
	t.Helper()
	for i, mod := range m.Modalities {
		near64(t, fmt.Sprintf("%s: %s, all", what, mod.Name), got[2*i], want[mod.Name].All)
		near64(t, fmt.Sprintf("%s: %s, weights", what, mod.Name), got[2*i+1], want[mod.Name].Weights)
	}
}

// near64 compares each value with its reference, relative to the largest: double precision through up to twenty
// layers with batch norm, where nothing lies within rounding of a ReLU's corner. What is exactly 0 in PyTorch, as
// where a text is padding alone, is so here.
func near64(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) || len(got) == 0 {
		t.Errorf("%s: %d values, PyTorch %d", what, len(got), len(want))
		return
	}
	largest := slices.Max(want)
	for i, w := range want {
		if !(math.Abs(got[i]-w) <= 1e-9*largest) || w == 0 && got[i] != 0 {
			t.Errorf("%s[%d] = %v, PyTorch %v (largest %v)", what, i, got[i], w, largest)
		}
	}
}

// TestFamilyConstant compares the exact probe with PyTorch's for every loss where statistics are constants: running
// averages, the batch's own, and running averages re-estimated on the batch; in eval mode each layer's part as well.
func TestFamilyConstant(t *testing.T) {
	f := readFamily(t)
	m := f.model(t)
	for name, mode := range map[string]models.NormMode{
		inforeg.BNRunning:      models.RunningStatistics,
		inforeg.BNConstant:     models.ConstantStatistics,
		inforeg.BNRecalibrated: models.RunningStatistics,
	} {
		t.Run(name, func(t *testing.T) {
			var names []string
			run := f.compile(t, m, func(p familyPass) []*Node {
				if name == inforeg.BNRecalibrated {
					maps.Copy(p.vars, inforeg.Recalibrated(m, p.vars, p.x))
				}
				call := p.call(mode)
				losses := p.chosen(m.Forward(call, p.x), p.more[0])
				nodes := p.nodes(
					inforeg.SquaredGradientNorms(m, call, losses, false),
					inforeg.SquaredGradientNorms(m, call, losses, true),
				)
				var layers []*Node
				layers, names = layerNodes(inforeg.LayerSquaredNorms(m, call, losses))
				return append(nodes, layers...)
			})
			for i, loss := range familyLosses {
				got := run(pick(i))
				f.compare(t, m, loss, got, f.Norms[name][loss])
				if want, ok := f.Layers[name]; ok && loss == inforeg.LossFused {
					f.compareLayers(t, names, got[2*len(m.Modalities):], want)
				}
			}
		})
	}
}

// TestFamilyCoupled compares the sums with signs, at a unit row for each sample, with PyTorch's gradients of each
// sample's own loss through the batch's statistics.
func TestFamilyCoupled(t *testing.T) {
	f := readFamily(t)
	m := f.model(t)
	run := f.compile(t, m, func(p familyPass) []*Node {
		call := p.call(models.BatchStatistics)
		losses := p.chosen(m.Forward(call, p.x), p.more[0])
		return p.nodes(
			inforeg.SumNorms(m, call, losses, p.more[1], false), inforeg.SumNorms(m, call, losses, p.more[1], true),
		)
	})
	for i, loss := range familyLosses {
		each := make([][]float64, 2*len(m.Modalities))
		for k := range f.Labels {
			unit := [][]float64{make([]float64, len(f.Labels))}
			unit[0][k] = 1
			for j, norm := range run(pick(i), unit) {
				each[j] = append(each[j], norm...)
			}
		}
		f.compare(t, m, loss, each, f.Norms[inforeg.BNCoupled][loss])
	}
}

// TestFamilyTrue compares the exact trace over the model's own labels with PyTorch's.
func TestFamilyTrue(t *testing.T) {
	f := readFamily(t)
	m := f.model(t)
	for loss, want := range f.FisherTrue {
		t.Run(loss, func(t *testing.T) {
			run := f.compile(t, m, func(p familyPass) []*Node {
				call := p.call(models.RunningStatistics)
				out := m.Forward(call, p.x)
				var parts [2]map[string]*Node
				for i := range parts {
					probe, err := inforeg.Probe{
						Kind: inforeg.KindFisherTrue, Loss: loss, BN: inforeg.BNRunning, Weights: i == 1,
					}.Complete()
					if err != nil {
						t.Fatal(err)
					}
					parts[i] = probe.Norms(m, call, out, p.labels, nil)
				}
				return p.nodes(parts[0], parts[1])
			})
			f.compare(t, m, loss, run(), want)
		})
	}
}

// TestFamilyShare compares every sample's share of the batch gradient with PyTorch's, by modality and by layer, and
// the gradient that is made from the shares with the one that is not.
func TestFamilyShare(t *testing.T) {
	f := readFamily(t)
	m := f.model(t)
	var names []string
	var trained []models.Variable
	for _, mod := range m.Modalities {
		trained = append(trained, inforeg.EncoderVariables(m, mod.Name)...)
	}
	run := f.compile(t, m, func(p familyPass) []*Node {
		var of []*Node
		for _, v := range trained {
			of = append(of, p.vars[v.Name])
		}
		gradient := func(call *models.Call) []*Node {
			losses := p.chosen(m.Forward(call, p.x), p.more[0])
			return Gradient(ReduceAllMean(losses), of...)
		}
		plain := gradient(p.call(models.BatchStatistics))
		call := p.call(models.BatchStatistics)
		shares := inforeg.NewShares(m, call, len(f.Labels))
		made := gradient(call)
		nodes := p.nodes(shares.Norms(false), shares.Norms(true))
		for i := range trained {
			nodes = append(nodes, Reshape(plain[i], -1), Reshape(made[i], -1))
		}
		var layers []*Node
		layers, names = layerNodes(shares.Layers())
		return append(nodes, layers...)
	})
	for i, loss := range familyLosses {
		got := run(pick(i))
		norms := 2 * len(m.Modalities)
		f.compare(t, m, loss, got[:norms], f.Norms[inforeg.BNShare][loss])
		for j, v := range trained {
			plain, made := got[norms+2*j], got[norms+2*j+1]
			largest := max(slices.Max(plain), -slices.Min(plain))
			for k := range plain {
				if !(math.Abs(made[k]-plain[k]) <= 1e-10*largest) { // double precision, sums in another order
					t.Errorf(
						"%s: gradient of %s[%d] made from shares %v, else %v (largest %v)", loss, v.Name, k, made[k],
						plain[k], largest,
					)
					break
				}
			}
		}
		if loss == inforeg.LossFused {
			f.compareLayers(t, names, got[norms+2*len(trained):], f.Layers[inforeg.BNShare])
		}
	}
}

// layerNodes lists every layer's norms, all parameters and, where it has one, its weight.
func layerNodes(layers []inforeg.LayerNorms) (nodes []*Node, names []string) {
	for _, l := range layers {
		nodes, names = append(nodes, l.All()), append(names, l.Name)
		if l.Weights != nil {
			nodes, names = append(nodes, l.Weights), append(names, l.Name+weightOf)
		}
	}
	return nodes, names
}

const weightOf = " weight"

func (f family) compareLayers(t *testing.T, names []string, got [][]float64, want familyLayers) {
	t.Helper()
	if n := len(want.All) + len(want.Weights); len(got) != n {
		t.Errorf("%d layers and weights, PyTorch %d", len(got), n)
	}
	for i, name := range names {
		if layer, ok := strings.CutSuffix(name, weightOf); ok {
			near64(t, name, got[i], want.Weights[layer])
		} else {
			near64(t, name, got[i], want.All[name])
		}
	}
}
