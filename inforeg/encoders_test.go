package inforeg_test

import (
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

// encoders is testdata/encoders.json, written by encoders.py beside it with PyTorch: a modality for each option of an
// encoder that family.json lacks.
type encoders struct {
	Labels     []int32
	Modalities []struct {
		Name, Spec   string
		Shape        []int
		X            []float64
		All, Weights []float64
	}
}

func readEncoders(t *testing.T) (r encoders, m *models.Multimodal) {
	t.Helper()
	datatest.Reference(t, "encoders.json", &r)
	m = &models.Multimodal{Encoders: map[string]models.Encoder{}, Fusion: models.ConcatFusion, Classes: 3}
	for _, c := range r.Modalities {
		mod := data.Modality{
			Name: c.Name, Kind: []data.Kind{data.Vector, data.Sequence}[len(c.Shape)-1], Shape: c.Shape,
		}
		m.Modalities = append(m.Modalities, mod)
		var err error
		if m.Encoders[c.Name], err = models.ParseEncoder(c.Spec, mod); err != nil {
			t.Fatal(err)
		}
	}
	return r, m
}

// args are the inputs of the graphs below: samples from to before to, their labels, and the variables.
func (r encoders) args(t *testing.T, m *models.Multimodal, from, to int, labels []int32) []any {
	t.Helper()
	var list []any
	for _, c := range r.Modalities {
		size := len(c.X) / len(r.Labels)
		list = append(
			list, tensors.FromFlatDataAndDimensions(c.X[from*size:to*size], append([]int{to - from}, c.Shape...)...),
		)
	}
	vars := m.Variables()
	return append(append(list, labels), tensorsOf(vars, xlatest.Filled64(t, vars))...)
}

// TestEncodersExact compares the exact trace in each of its forms, and the shares that a step collects, of every option
// of an encoder with PyTorch's, and with gradients that are taken sample by sample here; then the trace over the
// model's own labels with these at every label.
func TestEncodersExact(t *testing.T) {
	r, m := readEncoders(t)
	vars, n := m.Variables(), len(m.Modalities)
	var what []string
	fast, err := xlatest.NewExec(t, func(in []*Node) []*Node {
		x, labels := nodesOf(m, in)
		list := []*Node{}
		what = nil
		add := func(name string, norms map[string]*Node) {
			for _, mod := range m.Modalities {
				list = append(list, norms[mod.Name])
			}
			what = append(what, name)
		}
		call := &models.Call{Vars: byName(vars, in[n+1:]), Norm: models.RunningStatistics, Record: true}
		out := m.Forward(call, x)
		losses := models.CrossEntropy(out.Logits, labels)
		add("weights", inforeg.SquaredGradientNorms(m, call, losses, true))
		truth, err := inforeg.Probe{Kind: inforeg.KindFisherTrue, BN: inforeg.BNRunning}.Complete()
		if err != nil {
			t.Fatal(err)
		}
		add("true", truth.Norms(m, call, out, labels, nil))
		for _, form := range []string{"gram", "gradients", "one", "cheapest"} {
			add(form, inforeg.NormsIn(form, m, call, losses))
		}
		step := &models.Call{Vars: call.Vars, Norm: models.RunningStatistics}
		shares := inforeg.NewShares(m, step, len(r.Labels))
		var of []*Node
		for _, mod := range m.Modalities {
			for _, v := range inforeg.EncoderVariables(m, mod.Name) {
				of = append(of, call.Vars[v.Name])
			}
		}
		Gradient(ReduceAllMean(models.CrossEntropy(m.Forward(step, x).Logits, labels)), of...)
		add("shares", shares.Norms(false))
		return list
	})
	if err != nil {
		t.Fatal(err)
	}
	defer fast.Finalize()
	got, err := fast.Call(r.args(t, m, 0, len(r.Labels), r.Labels)...)
	if err != nil {
		t.Fatal(err)
	}
	single, chances := slowNorms(t, r, m)
	for j, name := range what {
		for i, c := range r.Modalities {
			values := tensors.MustCopyFlatData[float64](got[j*n+i])
			slow := make([]float64, len(r.Labels))
			for k, y := range r.Labels {
				switch at := single[k]; name {
				case "weights":
					slow[k] = at[y][i].weights
				case "true":
					for class, norms := range at {
						slow[k] += chances[k][class] * norms[i].all
					}
				default:
					slow[k] = at[y][i].all
				}
			}
			near64(t, c.Spec+": "+name+" against one by one", values, slow)
			switch name {
			case "true":
			case "weights":
				near64(t, c.Spec+": "+name, values, c.Weights)
			default:
				near64(t, c.Spec+": "+name, values, c.All)
			}
		}
	}
}

type slowNorm struct{ all, weights float64 }

// slowNorms takes the gradient of every sample at every label by itself, and adds the squares up variable by variable:
// by sample, label and modality. chances are the probabilities of the labels.
func slowNorms(t *testing.T, r encoders, m *models.Multimodal) (norms [][][]slowNorm, chances [][]float64) {
	t.Helper()
	vars, n := m.Variables(), len(m.Modalities)
	exec, err := xlatest.NewExec(t, func(in []*Node) []*Node {
		x, labels := nodesOf(m, in)
		call := &models.Call{Vars: byName(vars, in[n+1:]), Norm: models.RunningStatistics}
		losses := models.CrossEntropy(m.Forward(call, x).Logits, labels)
		list := []*Node{losses}
		for _, g := range Gradient(ReduceAllSum(losses), in[n+1:]...) {
			list = append(list, ReduceAllSum(Square(g)))
		}
		return list
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	for k := range r.Labels {
		var byLabel [][]slowNorm
		var p []float64
		for y := range m.Classes {
			out, err := exec.Call(r.args(t, m, k, k+1, []int32{int32(y)})...)
			if err != nil {
				t.Fatal(err)
			}
			p = append(p, math.Exp(-tensors.MustCopyFlatData[float64](out[0])[0]))
			sums := make([]slowNorm, n)
			for i, v := range vars {
				square := out[1+i].Value().(float64)
				for j, mod := range m.Modalities {
					if !strings.HasPrefix(v.Name, models.EncoderPrefix(mod.Name)) {
						continue
					}
					sums[j].all += square
					if slices.Contains([]models.Role{models.ConvWeight, models.LinearWeight}, v.Role) {
						sums[j].weights += square
					}
				}
			}
			byLabel = append(byLabel, sums)
		}
		norms, chances = append(norms, byLabel), append(chances, p)
	}
	return norms, chances
}
