package models_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
	"github.com/primewindow/primewindow/internal/xlatest"
	"github.com/primewindow/primewindow/models"
)

// gatedCase is a case of testdata/mmtm.json, written by mmtm.py beside it with PyTorch.
type gatedCase struct {
	Name     string
	Gates    int
	Scale    float64
	Replaced string
	Encoders []struct {
		Modality, Spec string
		Shape          []int
	}
	Names          []string
	Logits         []float64
	TrainingLogits []float64 `json:"training_logits"`
	Used           map[string][]float64
	Averages       map[string][]float64
	Gradients      map[string]struct{ Norm, Along float64 }
}

func readGated(t *testing.T) []gatedCase {
	t.Helper()
	var r struct{ Cases []gatedCase }
	datatest.Reference(t, "mmtm.json", &r)
	return r.Cases
}

// gatedModel makes the model of encoders, by modality name, specification and shape of a sample.
func gatedModel(t *testing.T, gates int, encoders ...[]any) *models.Multimodal {
	t.Helper()
	m := &models.Multimodal{
		Encoders: map[string]models.Encoder{}, Fusion: models.ConcatFusion, Classes: 3, Gates: gates,
	}
	for _, e := range encoders {
		mod := modality(e[0].(string), e[2].([]int))
		encoder, err := models.ParseEncoder(e[1].(string), mod)
		if err != nil {
			t.Fatal(err)
		}
		m.Modalities = append(m.Modalities, mod)
		m.Encoders[mod.Name] = encoder
	}
	return m
}

// inputsOf are made samples of a model and labels, in the order of newGated.
func inputsOf(m *models.Multimodal, batch int) []any {
	var list []any
	for _, mod := range m.Modalities {
		x := xlatest.Made("x."+mod.Name, batch*mod.Size(), 1.7)
		list = append(list, tensors.FromFlatDataAndDimensions(x, append([]int{batch}, mod.Shape...)...))
	}
	labels := make([]int32, batch)
	for i := range labels {
		labels[i] = int32(i % m.Classes)
	}
	return append(list, labels)
}

// newGated gives a graph of the model's inputs, labels and variables as a function of the variables' values.
func newGated(
	t *testing.T, m *models.Multimodal, batch int, build func(x, vars map[string]*Node, labels *Node) []*Node,
) func(values map[string][]float32) [][]float32 {
	t.Helper()
	inputs, vars := inputsOf(m, batch), m.Variables()
	exec, err := xlatest.NewExec(t, func(in []*Node) []*Node {
		x, byName := map[string]*Node{}, map[string]*Node{}
		for i, mod := range m.Modalities {
			x[mod.Name] = in[i]
		}
		in = in[len(m.Modalities):]
		for i, v := range vars {
			byName[v.Name] = in[i+1]
		}
		return build(x, byName, in[0])
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(exec.Finalize)
	return func(values map[string][]float32) (list [][]float32) {
		all := slices.Clone(inputs)
		for _, v := range vars {
			all = append(all, tensors.FromFlatDataAndDimensions(values[v.Name], v.Shape...))
		}
		out, err := exec.Call(all...)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range out {
			list = append(list, tensors.MustCopyFlatData[float32](o))
		}
		return list
	}
}

// TestGatesPyTorch compares gates, logits, running averages and gradients of gated models with PyTorch's.
func TestGatesPyTorch(t *testing.T) {
	for _, c := range readGated(t) {
		t.Run(c.Name, func(t *testing.T) {
			var encoders [][]any
			for _, e := range c.Encoders {
				encoders = append(encoders, []any{e.Modality, e.Spec, e.Shape[1:]})
			}
			m := gatedModel(t, c.Gates, encoders...)
			m.GateScale = c.Scale
			if err := m.Validate(); err != nil {
				t.Fatal(err)
			}
			vars := m.Variables()
			var names, used []string
			for _, v := range vars {
				names = append(names, v.Name)
			}
			if diff := cmp.Diff(c.Names, names); diff != "" {
				t.Fatalf("variables (-PyTorch +got)\n%s", diff)
			}
			out := newGated(t, m, c.Encoders[0].Shape[0], func(x, byName map[string]*Node, labels *Node) []*Node {
				used = nil
				var gates []*Node
				pass := func(norm models.NormMode) *models.Call {
					return &models.Call{Vars: byName, Norm: norm, Updates: map[string]*Node{},
						Gate: func(stage int, modality string, g *Node) *Node {
							name := fmt.Sprintf("%d.%s", stage, modality)
							if modality == c.Replaced {
								constant := Const(g.Graph(), xlatest.Made("gate."+name, g.Shape().Dimensions[1], 1))
								g = BroadcastToDims(Reshape(Sigmoid(constant), 1, -1), g.Shape().Dimensions...)
							}
							if norm == models.BatchStatistics {
								used, gates = append(used, name), append(gates, g)
							}
							return g
						}}
				}
				eval := m.Forward(pass(models.RunningStatistics), x).Logits
				call := pass(models.BatchStatistics)
				logits := m.Forward(call, x).Logits
				list := append([]*Node{eval, logits}, gates...)
				var nodes []*Node
				for _, v := range vars {
					if !v.Trainable() {
						list = append(list, call.Updates[v.Name])
					} else {
						nodes = append(nodes, byName[v.Name])
					}
				}
				return append(list, Gradient(ReduceAllMean(models.CrossEntropy(logits, labels)), nodes...)...)
			})(xlatest.Filled(t, vars))

			// Logits are of size 1 to 10; float32 against float64 through up to 20 layers.
			near(t, "logits", out[0], c.Logits, 1e-4)
			near(t, "training logits", out[1], c.TrainingLogits, 1e-4)
			out = out[2:]
			if len(used) != len(c.Used) {
				t.Fatalf("gates %v, PyTorch has %d", used, len(c.Used))
			}
			for _, name := range used {
				near(t, "gates "+name, out[0], c.Used[name], 1e-4) // as above
				out = out[1:]
			}
			for _, v := range vars {
				if !v.Trainable() {
					near(t, v.Name, out[0], c.Averages[v.Name], 1e-4) // as above
					out = out[1:]
				}
			}
			for _, v := range vars {
				if !v.Trainable() {
					continue
				}
				want, got := c.Gradients[v.Name], models.ToTorch(v, out[0])
				out = out[1:]
				along := xlatest.Made("along."+v.Name, v.Size(), 1)
				// as in TestPyTorch: a ReLU within rounding of 0 may switch
				if n := norm(got.Values); math.Abs(n-want.Norm) > 2e-3*want.Norm {
					t.Errorf("gradient of %s: norm %v, want %v", v.Name, n, want.Norm)
				}
				if a := dot(got.Values, along); math.Abs(a-want.Along) > 2e-3*want.Norm {
					t.Errorf("gradient of %s: along a fixed vector %v, want %v", v.Name, a, want.Along)
				}
			}
		})
	}
}

// TestGatesTwin computes the gates of one stage in float64 from the layers that a pass records, and compares the
// gradients of their layers with finite differences.
func TestGatesTwin(t *testing.T) {
	const batch, frames = 3, 2
	m := gatedModel(
		t, 1, []any{"a", "cnn1d:3,norm=none", []int{5, 2}}, []any{"v", "cnn2d:2-4,norm=none", []int{frames, 7, 5, 1}},
	)
	vars := m.Variables()
	values := xlatest.Filled(t, vars)
	layers := []string{"mmtm.2.squeeze.weight", "mmtm.2.squeeze.bias", "mmtm.2.excite.a.weight", "mmtm.2.excite.v.bias"}
	run := newGated(t, m, batch, func(x, byName map[string]*Node, labels *Node) []*Node {
		var list []*Node
		call := &models.Call{Vars: byName, Norm: models.RunningStatistics, Record: true,
			Gate: func(_ int, _ string, g *Node) *Node {
				list = append(list, g)
				return g
			}}
		loss := ReduceAllMean(models.CrossEntropy(m.Forward(call, x).Logits, labels))
		for _, name := range []string{"enc.a.conv0", "enc.v.conv1"} { // what the gates are on
			i := slices.IndexFunc(call.Layers, func(l models.Layer) bool { return l.Name == name })
			list = append(list, call.Layers[i].Output)
		}
		list = append(list, loss)
		for _, name := range layers {
			list = append(list, Gradient(loss, byName[name])...)
		}
		return list
	})
	at := func(
		values map[string][]float32,
	) (maps map[string][]float64, gates map[string][]float32, loss float64, gradients map[string][]float32) {
		out := run(values)
		maps, gates, gradients = map[string][]float64{}, map[string][]float32{"a": out[0], "v": out[1]},
			map[string][]float32{}
		for i, mod := range []string{"a", "v"} {
			for _, v := range out[2+i] {
				maps[mod] = append(maps[mod], max(0, float64(v))) // ReLU
			}
		}
		for i, name := range layers {
			gradients[name] = out[5+i]
		}
		return maps, gates, float64(out[4][0]), gradients
	}
	maps, gates, _, gradients := at(values)

	// slow: y_o = b_o + Σ_i w_oi x_i for each sample
	linear := func(name string, x []float64) []float64 {
		var y []float64
		for o, b := range values[name+".bias"] {
			sum := float64(b)
			for i := range x {
				sum += float64(values[name+".weight"][o*len(x)+i]) * x[i]
			}
			y = append(y, sum)
		}
		return y
	}
	channels := map[string]int{"a": 3, "v": 4}
	for b := range batch {
		var means []float64
		for _, mod := range []string{"a", "v"} {
			own := maps[mod][b*len(maps[mod])/batch : (b+1)*len(maps[mod])/batch]
			for c := range channels[mod] {
				sum, n := 0.0, 0.0
				for i := c; i < len(own); i += channels[mod] {
					sum, n = sum+own[i], n+1
				}
				means = append(means, sum/n)
			}
		}
		squeezed := linear("mmtm.2.squeeze", means)
		if len(squeezed) != 3 { // 2·7/4, rounded down
			t.Fatalf("squeezed to %d, want 3", len(squeezed))
		}
		for i := range squeezed {
			squeezed[i] = max(0, squeezed[i])
		}
		for mod, n := range channels {
			var want []float64
			for _, y := range linear("mmtm.2.excite."+mod, squeezed) {
				want = append(want, 1/(1+math.Exp(-y)))
			}
			// float32 against float64
			near(t, fmt.Sprint("gates of ", mod, ", sample ", b), gates[mod][b*n:(b+1)*n], want, 1e-5)
		}
	}
	const h = 1e-2
	for _, name := range layers {
		for i := range values[name] {
			var side [2]float64
			for s, d := range []float32{h, -h} {
				moved := map[string][]float32{}
				for n, v := range values {
					moved[n] = slices.Clone(v)
				}
				moved[name][i] += d
				_, _, side[s], _ = at(moved)
			}
			// float32 losses of size 1: rounding 1e-7/h, and curvature h²
			if want := (side[0] - side[1]) / (2 * h); math.Abs(float64(gradients[name][i])-want) > 1e-4 {
				t.Errorf("gradient of %s[%d] = %v, want %v", name, i, gradients[name][i], want)
			}
		}
	}
}

// TestGatesOpen: with all gates at 1 a gated model is the one without, its recorded layers included.
func TestGatesOpen(t *testing.T) {
	without := gatedModel(t, 0, []any{"a", "cnn1d:4-6", []int{9, 2}}, []any{"v", "cnn2d:4-8-8", []int{2, 12, 9, 1}})
	values := map[string][]float32{}
	var logits [][]float32
	var layers [][]string
	for _, gates := range []int{0, 1, 2} {
		m := *without
		m.Gates = gates
		if err := m.Validate(); err != nil {
			t.Fatal(err)
		}
		maps.Copy(values, xlatest.Filled(t, m.Variables()))
		var names, asked []string
		out := newGated(t, &m, 3, func(x, vars map[string]*Node, _ *Node) []*Node {
			names, asked = nil, nil
			call := &models.Call{Vars: vars, Norm: models.BatchStatistics, Record: true,
				Gate: func(stage int, modality string, g *Node) *Node {
					asked = append(asked, fmt.Sprint(stage, modality))
					return OnesLike(g)
				}}
			o := m.Forward(call, x)
			for _, l := range call.Layers {
				names = append(names, fmt.Sprint(l.Name, l.Frames))
			}
			return []*Node{o.Logits}
		})(values)
		want := []string{"2a", "2v", "3a", "3v"} // of the deeper encoder's stages, the last ones
		if diff := cmp.Diff(
			want[len(want)-2*gates:], asked,
			cmp.Transformer("", func(s []string) string { return strings.Join(s, " ") }),
		); diff != "" {
			t.Errorf("%d gates: asked for (-want +got)\n%s", gates, diff)
		}
		logits, layers = append(logits, out[0]), append(layers, slices.Sorted(slices.Values(names)))
	}
	for i := range logits {
		if d := worst(logits[i], logits[0]); d > 1e-6 { // the means over positions may be summed otherwise
			t.Errorf("%d gates at 1: logits differ by %v from those without", i, d)
		}
		if diff := cmp.Diff(layers[0], layers[i]); diff != "" {
			t.Errorf("%d gates: layers (-without +with)\n%s", i, diff)
		}
	}
}

// TestGatesRefused: where there can be no gates, the error says why.
func TestGatesRefused(t *testing.T) {
	sequence, image, vector := []int{9, 2}, []int{8, 8, 1}, []int{5}
	for _, tt := range []struct {
		name     string
		gates    int
		encoders [][]any
		want     string // in the error; "" for none
		reason   string
	}{
		{
			"two", 1, [][]any{{"a", "cnn1d:4", sequence}, {"v", "resnet18,width=0.0625", image}}, "",
			"one stage and four",
		},
		{
			"all stages", 4, [][]any{{"a", "resnet18,width=0.0625", image}, {"v", "resnet18,width=0.0625", image}}, "",
			"as BalanceMM has them",
		},
		{
			"too many", 2, [][]any{{"a", "cnn1d:4", sequence}, {"v", "cnn2d:4-8", image}},
			"gates after 2, that of a has 1", "the shorter one decides",
		},
		{"one modality", 1, [][]any{{"a", "cnn1d:4", sequence}}, "got 1 modalities", "nothing to gate with"},
		{
			"three modalities", 1,
			[][]any{{"a", "cnn1d:4", sequence}, {"b", "cnn1d:4", sequence}, {"v", "cnn2d:4", image}},
			"got 3 modalities", "MMTM is of two",
		},
		{
			"mlp", 1, [][]any{{"a", "cnn1d:4", sequence}, {"v", "mlp:4", vector}}, "that of v, models.MLP, has none",
			"vectors have no positions",
		},
		{
			"transformer", 1, [][]any{{"a", "transformer", sequence}, {"v", "cnn2d:4", image}},
			"that of a, models.Transformer, has none", "not in the paper",
		},
		{
			"no gates", 0, [][]any{{"a", "transformer", sequence}, {"v", "mlp:4", vector}}, "",
			"nothing is asked of them",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := gatedModel(t, tt.gates, tt.encoders...).Validate()
			if tt.want == "" {
				if err != nil {
					t.Errorf("error %v, want none\nreason: %s", err, tt.reason)
				}
				return
			}
			if !errors.Is(err, models.ErrGates) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %v with %q\nreason: %s", err, models.ErrGates, tt.want, tt.reason)
			}
		})
	}
	m := gatedModel(t, -1, []any{"a", "cnn1d:4", sequence}, []any{"v", "cnn2d:4", image})
	if err := m.Validate(); err == nil {
		t.Error("a number of gates below 0: no error")
	}
}

// TestDefaultGates: all but the first stage of the encoder with fewer, and at least one.
func TestDefaultGates(t *testing.T) {
	for _, tt := range []struct {
		a, v string
		want []models.GatedStage
	}{
		{
			"resnet18", "resnet18",
			[]models.GatedStage{
				{2, map[string]int{"a": 128, "v": 128}}, {3, map[string]int{"a": 256, "v": 256}},
				{4, map[string]int{"a": 512, "v": 512}},
			},
		},
		{"cnn2d:4", "cnn2d:5-6-7", []models.GatedStage{{3, map[string]int{"a": 4, "v": 7}}}},
		{
			"cnn2d:4-5-6", "resnet18,width=0.125",
			[]models.GatedStage{{3, map[string]int{"a": 5, "v": 32}}, {4, map[string]int{"a": 6, "v": 64}}},
		},
		{"cnn2d:4", "cnn2d:5", []models.GatedStage{{1, map[string]int{"a": 4, "v": 5}}}},
	} {
		m := gatedModel(t, 0, []any{"a", tt.a, []int{8, 8, 1}}, []any{"v", tt.v, []int{8, 8, 1}})
		m.Gates = m.DefaultGates()
		if diff := cmp.Diff(tt.want, m.GatedStages()); diff != "" {
			t.Errorf("%s beside %s: (-want +got)\n%s", tt.a, tt.v, diff)
		}
	}
	empty := models.Multimodal{Modalities: []data.Modality{{Name: "a"}}}
	if got := empty.DefaultGates(); got != 1 {
		t.Errorf("without encoders: %d, want 1", got)
	}
}
