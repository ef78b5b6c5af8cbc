package method_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/internal/xlatest"
	"github.com/primewindow/primewindow/models"
)

// gatedJoint is joint training of the model that greedy trains.
type gatedJoint struct{ inforeg.Plain }

func (gatedJoint) Prepare(m *models.Multimodal, _ map[string]any) error {
	return method.Greedy{}.Prepare(m, nil)
}

// modelOf is a model of encoders by their specification, for modalities a, b, c with samples of these shapes.
func modelOf(t *testing.T, specs []string, shapes ...[]int) *models.Multimodal {
	t.Helper()
	kinds := map[int]data.Kind{1: data.Vector, 2: data.Sequence, 3: data.Image, 4: data.Clip}
	m := &models.Multimodal{Encoders: map[string]models.Encoder{}, Fusion: models.ConcatFusion, Classes: 3}
	for i, spec := range specs {
		mod := data.Modality{Name: string(rune('a' + i)), Kind: kinds[len(shapes[i])], Shape: shapes[i]}
		e, err := models.ParseEncoder(spec, mod)
		if err != nil {
			t.Fatal(err)
		}
		m.Modalities, m.Encoders[mod.Name] = append(m.Modalities, mod), e
	}
	return m
}

// TestGreedyPrepare: which models it takes, and how many gates they have then.
func TestGreedyPrepare(t *testing.T) {
	sequence, image, vector := []int{9, 2}, []int{8, 8, 1}, []int{5}
	for _, tt := range []struct {
		name     string
		specs    []string
		shapes   [][]int
		settings map[string]any
		gates    int
		want     string // in the error
		gated    bool   // whether it is models.ErrGates
		reason   string
	}{
		{
			"two resnets", []string{"resnet18,width=0.0625", "resnet18,width=0.0625"}, [][]int{image, image}, nil, 3,
			"", false, "after stages 2 to 4, as in the published code",
		},
		{
			"all stages", []string{"resnet18,width=0.0625", "resnet18,width=0.0625"}, [][]int{image, image},
			map[string]any{"gates": 4.0, "gate_scale": 2.0}, 4, "", false, "as BalanceMM has them",
		},
		{
			"blocks", []string{"cnn1d:4-4-4", "cnn2d:4-4"}, [][]int{sequence, image}, nil, 1, "", false,
			"all but the first of the encoder with fewer",
		},
		{
			"too many", []string{"cnn1d:4-4-4", "cnn2d:4-4"}, [][]int{sequence, image}, map[string]any{"gates": 3.0}, 0,
			"that of b has 2", true, "no third stage",
		},
		{
			"unimodal", []string{"cnn1d:4"}, [][]int{sequence}, nil, 0, "method greedy with 1 modalities, want 2",
			false, "no other to be greedy for",
		},
		{
			"three", []string{"cnn1d:4", "cnn1d:4", "cnn1d:4"}, [][]int{sequence, sequence, sequence}, nil, 0,
			"method greedy with 3 modalities, want 2", false, "MMTM is of two",
		},
		{
			"mlp", []string{"cnn1d:4", "mlp:4"}, [][]int{sequence, vector}, nil, 0, "that of b, models.MLP, has none",
			true, "no stages",
		},
		{
			"transformer", []string{"transformer", "cnn2d:4"}, [][]int{sequence, image}, nil, 0,
			"that of a, models.Transformer, has none", true, "no stages",
		},
		{
			"both without", []string{"mlp:4", "mlp:4"}, [][]int{vector, vector}, nil, 0,
			"that of a, models.MLP, has none", true, "no stages",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := modelOf(t, tt.specs, tt.shapes...)
			err := method.Greedy{}.Prepare(m, settingsOf(method.Greedy{}, tt.settings))
			if tt.want != "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) ||
					errors.Is(err, models.ErrGates) != tt.gated {
					t.Errorf("error %v, want one with %q\nreason: %s", err, tt.want, tt.reason)
				}
				return
			}
			if err != nil || m.Gates != tt.gates {
				t.Errorf("%d gates, error %v, want %d gates\nreason: %s", m.Gates, err, tt.gates, tt.reason)
			}
			if want, ok := tt.settings["gate_scale"]; ok && m.GateScale != want {
				t.Errorf("scale %v, want %v", m.GateScale, want)
			}
		})
	}
}

// TestGreedyByHand drives the hooks with gradients for which ‖g‖²/‖θ‖² are the numbers of the table.
func TestGreedyByHand(t *testing.T) {
	const million = 1e6
	m := duo(t)
	meth := method.Greedy{}
	if err := meth.Prepare(m, settingsOf(meth, nil)); err != nil {
		t.Fatal(err)
	}
	carried := meth.State(m)
	controls := []string{"window.a", "window.v", "epsilon", "q"}
	exec, err := xlatest.NewExec(t, func(in []*Node) []*Node { // state, controls, adds, step
		g := in[0].Graph()
		s := &inforeg.Step{
			Model: m, Settings: settingsOf(meth, nil), Loss: ScalarZero(g, in[0].DType()),
			Vars: map[string]*Node{}, Grads: map[string]*Node{}, Controls: map[string]*Node{},
			State: map[string]*Node{},
		}
		for i, v := range carried {
			s.State[v.Name] = in[i]
		}
		in = in[len(carried):]
		at := func(i, j int) *Node { return Reshape(Slice(in[i], AxisElem(j))) }
		for i, c := range controls {
			s.Controls[c] = at(0, i)
		}
		for _, v := range m.Variables() { // the squeeze layers stay at 0
			adds := map[string]int{"mmtm.2.excite.a.": 0, "mmtm.2.excite.v.": 1, "enc.a.": 2, "enc.v.": 3}
			value, gradient := ScalarZero(g, in[0].DType()), ScalarZero(g, in[0].DType())
			for prefix, i := range adds {
				if strings.HasPrefix(v.Name, prefix) {
					value, gradient = OnesLike(value), Sqrt(at(1, i))
				}
			}
			s.Vars[v.Name], s.Grads[v.Name] = BroadcastToDims(value, v.Shape...), BroadcastToDims(gradient, v.Shape...)
		}
		call := &models.Call{}
		meth.Forward(s, call)
		var list []*Node
		// two samples: at step t the gates of a are t and t+2, those of v twice that
		for i, name := range []string{"a", "v"} {
			rows := Stack([]*Node{in[2], AddScalar(in[2], 2)}, 0)
			gates := MulScalar(rows, float64(i+1))
			width := m.GatedStages()[0].Channels[name]
			list = append(list, call.Gate(2, name, BroadcastToDims(Reshape(gates, 2, 1), 2, width)))
		}
		meth.Gradients(s)
		for _, v := range carried {
			s.State[v.Name].AssertDims(v.Shape...)
			list = append(list, s.State[v.Name])
		}
		return list
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()

	both, neither, second := []float32{1, 1}, []float32{0, 0}, []float32{0, 1}
	state := map[string][]float32{}
	for _, v := range carried {
		state[v.Name] = make([]float32, v.Size())
	}
	for step, tt := range []struct {
		open     []float32
		adds     [4]float32 // to μ of both bypasses, and of both encoders
		replaced string     // whose gates are
		target   float32    // after the step
		left     float32
		bypass   []float32
		main     []float32
		reason   string
	}{
		{neither, [4]float32{1, 1, 1, 1}, "", 0, 0, []float32{1, 1}, []float32{1, 1}, "shut; both BDRs are log10(1/1)"},
		{neither, [4]float32{99, 9, 9, 9}, "", 0, 0, []float32{100, 10}, []float32{10, 10}, "shut, though d = 1 - 0"},
		{both, [4]float32{0, 0, 0, 0}, "", 1, 5, []float32{100, 10}, []float32{10, 10}, "d = 1 > 0.01: a"},
		{both, [4]float32{million, 0, 0, 0}, "a", 1, 4, []float32{100, 10}, []float32{10, 10}, "first of 5; frozen"},
		{both, [4]float32{0, million, 0, 0}, "a", 1, 3, []float32{100, 10}, []float32{10, 10}, "second"},
		{both, [4]float32{0, 0, million, 0}, "a", 1, 2, []float32{100, 10}, []float32{10, 10}, "third"},
		{both, [4]float32{0, 0, 0, million}, "a", 1, 1, []float32{100, 10}, []float32{10, 10}, "fourth"},
		{both, [4]float32{0, million, 0, 0}, "a", 0, 0, []float32{100, 10}, []float32{10, 10}, "fifth and last"},
		{both, [4]float32{0, 990, 0, 0}, "", 2, 5, []float32{100, 1000}, []float32{10, 10}, "d = 1 - 2: v"},
		{both, [4]float32{1, 1, 1, 1}, "v", 2, 4, []float32{100, 1000}, []float32{10, 10}, "first"},
		{both, [4]float32{1, 1, 1, 1}, "v", 2, 3, []float32{100, 1000}, []float32{10, 10}, "second"},
		{both, [4]float32{1, 1, 1, 1}, "v", 2, 2, []float32{100, 1000}, []float32{10, 10}, "third"},
		{both, [4]float32{1, 1, 1, 1}, "v", 2, 1, []float32{100, 1000}, []float32{10, 10}, "fourth"},
		{both, [4]float32{1, 1, 1, 1}, "v", 0, 0, []float32{100, 1000}, []float32{10, 10}, "fifth and last"},
		{both, [4]float32{900, 0, 0, 0}, "", 0, 0, []float32{1000, 1000}, []float32{10, 10}, "d = 0"},
		{both, [4]float32{20, 0, 0, 0}, "", 0, 0, []float32{1020, 1000}, []float32{10, 10}, "d = log10(1.02) = 0.0086"},
		{both, [4]float32{10, 0, 0, 0}, "", 1, 5, []float32{1030, 1000}, []float32{10, 10}, "d = log10(1.03) = 0.0128"},
		{
			second, [4]float32{0, 0, 0, 0}, "", 0, 0, []float32{1030, 1000}, []float32{10, 10},
			"a's window has shut: its re-balancing ends, and none begins",
		},
		{
			second, [4]float32{0, 0, 10, 0}, "", 2, 5, []float32{1030, 1000}, []float32{20, 10},
			"d = log10(51.5/100) = -0.29: v, whose window is open",
		},
		{neither, [4]float32{0, 0, 0, 0}, "", 0, 0, []float32{1030, 1000}, []float32{20, 10}, "and shuts"},
	} {
		var args []any
		for _, v := range carried {
			args = append(args, tensors.FromFlatDataAndDimensions(state[v.Name], v.Shape...))
		}
		out, err := exec.Call(append(args, append(slices.Clone(tt.open), 0.01, 5), tt.adds[:], float32(step))...)
		if err != nil {
			t.Fatal(err)
		}
		for i, name := range []string{"a", "v"} {
			got, factor := tensors.MustCopyFlatData[float32](out[i]), float32(i+1)
			width := len(got) / 2
			first, last := factor*float32(step), factor*float32(step+2)
			if name == tt.replaced { // the mean over the steps so far of t+1
				first = factor * float32(step+2) / 2
				last = first
			}
			// sums of whole numbers and halves, divided by up to 20
			if math.Abs(float64(got[0]-first)) > 1e-5 || math.Abs(float64(got[width]-last)) > 1e-5 {
				t.Errorf(
					"step %d: gates of %s are %v and %v, want %v and %v\nreason: %s", step, name, got[0], got[width],
					first, last, tt.reason,
				)
			}
		}
		for i, v := range carried {
			state[v.Name] = tensors.MustCopyFlatData[float32](out[2+i])
		}
		if state["target"][0] != tt.target || state["left"][0] != tt.left || state["steps"][0] != float32(step+1) {
			t.Errorf(
				"step %d: target %v for %v steps, %v in the means, want %v for %v\nreason: %s", step, state["target"],
				state["left"], state["steps"], tt.target, tt.left, tt.reason,
			)
		}
		for name, want := range map[string][]float32{"bypass": tt.bypass, "main": tt.main} {
			for i := range want {
				if math.Abs(float64(state[name][i]-want[i])) > 1e-4*float64(want[i]) { // squared roots, in float32
					t.Errorf("step %d: μ(%s) %v, want %v\nreason: %s", step, name, state[name], want, tt.reason)
				}
			}
		}
	}
}

// watched is greedy that records what it decides from: squared norms of gradients and of weights, and by channel the
// batch means of the gates that were made, and of those that were used, and how far the latter are from their means.
type watched struct {
	method.Greedy
	gates *[]inforeg.NamedScalar
}

func (w watched) Forward(s *inforeg.Step, call *models.Call) {
	w.Greedy.Forward(s, call)
	*w.gates = nil
	inner := call.Gate
	call.Gate = func(stage int, modality string, g *Node) *Node {
		used := inner(stage, modality, g)
		for c := range g.Shape().Dimensions[1] {
			name := fmt.Sprintf(".%d.%s.%d", stage, modality, c)
			column := func(x *Node) *Node { return Slice(x, AxisRange(), AxisElem(c)) }
			mean := ReduceAllMean(column(used))
			spread := ReduceAllMax(Abs(Sub(column(used), BroadcastToDims(mean, g.Shape().Dimensions[0], 1))))
			*w.gates = append(*w.gates, inforeg.NamedScalar{Name: "made" + name, Value: ReduceAllMean(column(g))},
				inforeg.NamedScalar{Name: "used" + name, Value: mean},
				inforeg.NamedScalar{Name: "spread" + name, Value: spread})
		}
		return used
	}
}

func (w watched) Gradients(s *inforeg.Step) {
	w.Greedy.Gradients(s)
	for _, x := range *w.gates {
		s.Record(x.Name, x.Value)
	}
	for name, g := range s.Grads {
		s.Record("g2."+name, inforeg.SquaredNorm(g))
		s.Record("w2."+name, inforeg.SquaredNorm(s.Vars[name]))
	}
}

// lines are a result's scalars by step and name.
func lines(r result) []map[string]float64 {
	var all []map[string]float64
	for _, values := range r.scalars {
		line := map[string]float64{}
		for i, v := range values {
			line[r.names[i]] = float64(v)
		}
		all = append(all, line)
	}
	return all
}

// TestGreedyTwin follows training with the method's rules in float64, written out for two modalities.
func TestGreedyTwin(t *testing.T) {
	const steps, q, epsilon = 9 * perEpoch, 4, 0.01
	r, err := trainBy(
		t, watched{gates: new([]inforeg.NamedScalar)}, map[string]any{"q": float64(q), "epsilon": epsilon}, steps,
	)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"a", "v"}
	var bypass, main [2]float64
	means := map[string]float64{}
	target, left, rounds := -1, 0, 0
	for step, line := range lines(r) {
		ratio := func(prefixes ...string) float64 {
			g, w := 0.0, 0.0
			for name, v := range line {
				for _, prefix := range prefixes {
					if strings.HasPrefix(name, "g2."+prefix) {
						g += v
						w += line["w2."+strings.TrimPrefix(name, "g2.")]
					}
				}
			}
			return g / w
		}
		for name, v := range line {
			if channel, ok := strings.CutPrefix(name, "made."); ok {
				means[channel] = (means[channel]*float64(step) + v) / float64(step+1)
				want, still := v, false
				if target >= 0 && strings.Contains(channel, "."+names[target]+".") {
					want, still = means[channel], true
				}
				// float32 sums; gates between 0 and 1
				if got := line["used."+channel]; math.Abs(
					got-want,
				) > 1e-5 || still != (line["spread."+channel] < 1e-6) {
					t.Errorf(
						"step %d, target %d: gate %s is used as %v ± %v, want %v", step, target, channel, got,
						line["spread."+channel], want,
					)
				}
			}
		}
		if got := line["target"]; got != float64(target) {
			t.Fatalf("step %d: target %v, want %d", step, got, target)
		}
		if got, want := line["rebalancing"], min(1, float64(target+1)); got != want {
			t.Errorf("step %d: rebalancing %v, want %v", step, got, want)
		}
		for i, m := range names {
			for _, part := range []string{".weight", ".bias"} {
				// No gradient goes through a running mean.
				if g := line["g2.mmtm.2.excite."+m+part]; (g == 0) != (target == i) {
					t.Errorf("step %d, target %d: squared gradient %v of the bypass of %s", step, target, g, m)
				}
			}
		}
		if target < 0 {
			for i, m := range names {
				bypass[i] += ratio("mmtm.2.squeeze.", "mmtm.2.excite."+m+".")
				main[i] += ratio("enc." + m + ".")
			}
		}
		d := 0.0
		for i, m := range names {
			bdr := math.Log10(bypass[i] / main[i])
			// float32 logarithms of size 1
			if got := line["bdr."+m]; math.Abs(got-bdr) > 1e-4 {
				t.Errorf("step %d: BDR of %s %v, want %v", step, m, got, bdr)
			}
			d += bdr * float64(1-2*i)
		}
		switch {
		case target >= 0:
			if left--; left == 0 {
				target = -1
			}
		case step >= 2*perEpoch && math.Abs(d) > epsilon:
			target, left = 0, q
			if d < 0 {
				target = 1
			}
			rounds++
		}
	}
	if rounds < 3 {
		t.Errorf("%d re-balancings in %d steps: the test sees too little", rounds, steps)
	}
}

// TestGreedyRandom: each step draws its own target, from all three.
func TestGreedyRandom(t *testing.T) {
	const steps = 25 * perEpoch
	for _, tt := range []struct {
		window string
		want   []float64 // targets that come
		reason string
	}{
		{"all", []float64{-1, 0, 1}, "a third each"},
		{"a 0:99", []float64{-1, 0}, "v is not acted on"},
	} {
		count := map[float64]int{}
		for step, line := range lines(
			must(t, "greedy", map[string]any{"choice": "random", "first_epoch": 1.0, "window": tt.window}, steps),
		) {
			if step < perEpoch && line["target"] != -1 {
				t.Errorf("step %d: target %v before the first epoch", step, line["target"])
			}
			if step >= perEpoch {
				count[line["target"]]++
			}
		}
		if diff := cmp.Diff(tt.want, slices.Sorted(maps.Keys(count))); diff != "" {
			t.Errorf("window %s: targets (-want +got)\n%s\nreason: %s", tt.window, diff, tt.reason)
		}
		for _, target := range tt.want[1:] {
			// 72 draws: 24 ± 4; four deviations
			if n := count[target]; n < 8 || n > 40 {
				t.Errorf("window %s: target %v in %d of 72 steps, want about 24", tt.window, target, n)
			}
		}
	}
}

// TestGreedyFisher: on a gated model the exact probe gives what autodiff gives for each sample alone, and shares leave
// a step's gradients as they are.
func TestGreedyFisher(t *testing.T) {
	const samples = 4
	m := modelOf(t, []string{"cnn1d:4-6", "cnn2d:4-6-8"}, []int{12, 2}, []int{2, 9, 8, 1})
	meth := method.Greedy{}
	settings := settingsOf(meth, map[string]any{"gates": 2.0})
	if err := meth.Prepare(m, settings); err != nil {
		t.Fatal(err)
	}
	vars, carried := m.Variables(), meth.State(m)
	values := xlatest.Filled(t, vars)
	var inputs []any
	for _, v := range vars {
		inputs = append(inputs, tensors.FromFlatDataAndDimensions(values[v.Name], v.Shape...))
	}
	for _, mod := range m.Modalities {
		inputs = append(
			inputs,
			tensors.FromFlatDataAndDimensions(
				xlatest.Made(mod.Name, samples*mod.Size(), 1.7), append([]int{samples}, mod.Shape...)...,
			),
		)
	}
	inputs = append(inputs, []int32{0, 1, 2, 0})
	var grads []string
	out := xlatest.Run(t, func(in []*Node) []*Node {
		nodes := map[string]*Node{}
		for i, v := range vars {
			nodes[v.Name] = in[i]
		}
		in = in[len(vars):]
		x, labels := map[string]*Node{"a": in[0], "b": in[1]}, in[2]
		call := &models.Call{Vars: nodes, Norm: models.RunningStatistics, Record: true}
		norms := inforeg.SquaredGradientNorms(m, call, models.CrossEntropy(m.Forward(call, x).Logits, labels), false)
		list := []*Node{norms["a"], norms["b"]}
		for i := range samples {
			one := map[string]*Node{"a": Slice(in[0], AxisElem(i)), "b": Slice(in[1], AxisElem(i))}
			loss := ReduceAllSum(
				models.CrossEntropy(
					m.Forward(&models.Call{Vars: nodes, Norm: models.RunningStatistics}, one).Logits,
					Slice(labels, AxisElem(i)),
				),
			)
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
		}

		input := inforeg.StepInput{
			Vars: nodes, Momentum: map[string]*Node{}, Controls: map[string]*Node{}, X: x, Labels: labels,
			Settings: settings, State: map[string]*Node{},
		}
		grads = nil
		for _, v := range vars {
			if v.Trainable() {
				input.Momentum[v.Name] = ZerosLike(nodes[v.Name])
				grads = append(grads, v.Name)
			}
		}
		for _, c := range controlsOf(meth, inforeg.ModalityNames(m)) {
			input.Controls[c] = Const(labels.Graph(), float32(1))
		}
		for _, v := range carried {
			input.State[v.Name] = Zeros(labels.Graph(), shapes.Make(dtypes.Float32, v.Shape...))
		}
		input.State["target"] = OnesLike(input.State["target"]) // in the middle of a re-balancing
		for _, shares := range []bool{false, true} {
			input.Measures.Shares = shares
			step := inforeg.BuildStep(m, meth, input)
			for _, name := range grads {
				list = append(list, step.Grads[name])
			}
		}
		return list
	}, inputs...)
	for i := range samples {
		for j, mod := range m.Modalities {
			// float32 sums in another order
			if got, want := float64(out[j][i]), float64(out[2+2*i+j][0]); math.Abs(got-want) > 1e-4*want {
				t.Errorf("sample %d: squared gradient norm of %s %v, alone %v", i, mod.Name, got, want)
			}
		}
	}
	out = out[2+2*samples:]
	for i, name := range grads {
		size, apart := 0.0, 0.0
		for k, want := range out[i] {
			size, apart = size+float64(want*want), apart+math.Pow(float64(out[len(grads)+i][k]-want), 2)
		}
		if apart > 1e-8*size { // as above
			t.Errorf("gradient of %s: %v away with shares, of %v", name, math.Sqrt(apart), math.Sqrt(size))
		}
		if strings.Contains(name, ".excite.a.") != (size == 0) {
			t.Errorf("gradient of %s has the squared norm %v while a is re-balanced", name, size)
		}
	}
}
