package method_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/internal/xlatest"
	"github.com/primewindow/primewindow/models"
)

// bench is one step of a method on a small model without batch norm, so that a sample's pass is the same in every mode.
type bench struct {
	method   inforeg.Method
	settings map[string]any
	model    *models.Multimodal
	values   map[string][]float32 // of variables
	state    map[string][]float32
	start    map[string][]float32 // weights at the epoch's start; nil where they are the present ones
}

func newBench(t *testing.T, name string, modalities int, changed map[string]any) *bench {
	t.Helper()
	b := &bench{
		method: find(t, name),
		model:  &models.Multimodal{Encoders: map[string]models.Encoder{}, Fusion: models.ConcatFusion, Classes: 3},
	}
	for i := range modalities {
		mod := data.Modality{Name: string(rune('a' + i)), Kind: data.Sequence, Shape: []int{9, 2 + i}}
		e, err := models.ParseEncoder("cnn1d:4-5,norm=none", mod)
		if err != nil {
			t.Fatal(err)
		}
		b.model.Modalities = append(b.model.Modalities, mod)
		b.model.Encoders[mod.Name] = e
	}
	b.settings = settingsOf(b.method, changed)
	if err := b.method.Prepare(b.model, b.settings); err != nil {
		t.Fatal(err)
	}
	b.values, b.state = b.model.Init(3), map[string][]float32{}
	for _, v := range b.method.State(b.model) {
		b.state[v.Name] = make([]float32, v.Size())
	}
	return b
}

// vars are the variables as constants of a graph.
func (b *bench) vars(g *Graph) map[string]*Node {
	all := map[string]*Node{}
	for _, v := range b.model.Variables() {
		all[v.Name] = Const(g, tensors.FromFlatDataAndDimensions(b.values[v.Name], v.Shape...))
	}
	return all
}

func (b *bench) inputs(g *Graph) (x map[string]*Node, labels *Node) {
	x = map[string]*Node{}
	for _, m := range b.model.Modalities {
		x[m.Name] = Const(
			g,
			tensors.FromFlatDataAndDimensions(
				xlatest.Made("x"+m.Name, batch*m.Size(), 1.7), append([]int{batch}, m.Shape...)...,
			),
		)
	}
	return x, Const(g, []int32{0, 1, 2, 0, 1, 2})
}

// step gives a step's scalars by name, and the gradients handed to the optimizer.
func (b *bench) step(t *testing.T) (scalars map[string]float64, grads map[string][]float32) {
	t.Helper()
	modalities := inforeg.ModalityNames(b.model)
	decided, err := b.method.EpochStart(inforeg.Epoch{
		Modalities: modalities, Settings: b.settings, State: b.state, Features: madeFeatures(b.model, 0),
		Trial: madeTrial,
	})
	if err != nil {
		t.Fatal(err)
	}
	var names, vars []string
	out := xlatest.Run(t, func(in []*Node) []*Node {
		g := in[0].Graph()
		values := b.vars(g)
		start := values
		if b.start != nil {
			now := b.values
			b.values = b.start
			start = b.vars(g)
			b.values = now
		}
		input := inforeg.StepInput{
			Vars: values, Start: start, Momentum: map[string]*Node{}, Controls: map[string]*Node{},
			State: map[string]*Node{}, Settings: b.settings, Key: Const(g, []uint64{1, 2, 3}),
		}
		for name, v := range values {
			input.Momentum[name] = ZerosLike(v)
		}
		for _, v := range b.method.State(b.model) {
			input.State[v.Name] = Const(g, tensors.FromFlatDataAndDimensions(b.state[v.Name], v.Shape...))
		}
		for _, c := range controlsOf(b.method, modalities) {
			v, ok := decided[c]
			if !ok {
				v = float64(number(b.settings[c]))
			}
			input.Controls[c] = Const(g, float32(v))
		}
		input.X, input.Labels = b.inputs(g)
		r := inforeg.BuildStep(b.model, b.method, input)
		var list []*Node
		for _, s := range r.Scalars {
			names, list = append(names, s.Name), append(list, s.Value)
		}
		for _, v := range b.model.Variables() {
			vars, list = append(vars, v.Name), append(list, r.Grads[v.Name])
		}
		return list
	}, []float32{0})
	scalars, grads = map[string]float64{}, map[string][]float32{}
	for i, name := range names {
		scalars[name] = float64(out[i][0])
	}
	for i, name := range vars {
		grads[name] = out[len(names)+i]
	}
	return scalars, grads
}

// encoderOf picks the gradients of an encoder.
func encoderOf(grads map[string][]float32, modality string) map[string][]float32 {
	part := maps.Clone(grads)
	maps.DeleteFunc(part, func(name string, _ []float32) bool {
		return len(name) < 6 || name[:6] != "enc."+modality+"."
	})
	return part
}

// TestAGMScalesBranches: with a linear head over features side by side, AGM is the gradient of each branch times its κ,
// and (κ' - κ)/2 times what goes through the pass without input.
func TestAGMScalesBranches(t *testing.T) {
	b := newBench(t, "agm", 2, map[string]any{"alpha": 2.0, "clip": false})
	copy(b.state["mean"], []float32{0.4, 1.3}) // so that τ is not 1
	b.state["steps"][0] = 7
	scalars, grads := b.step(t)
	kappa := []float64{scalars["kappa.a"], scalars["kappa.b"]}
	if math.Abs(kappa[0]-kappa[1]) < 0.1 {
		t.Fatalf("κ %v, want two that differ", kappa)
	}
	for i, m := range []string{"a", "b"} {
		vars := inforeg.EncoderVariables(b.model, m)
		out := xlatest.Run(t, func(in []*Node) []*Node {
			g := in[0].Graph()
			values := b.vars(g)
			x, labels := b.inputs(g)
			o := b.model.Forward(&models.Call{Vars: values, Norm: models.RunningStatistics}, x)
			delta := StopGradient(Gradient(ReduceAllMean(models.CrossEntropy(o.Logits, labels)), o.Logits)[0])
			x[m] = ZerosLike(x[m])
			empty := b.model.Forward(&models.Call{Vars: values, Norm: models.RunningStatistics}, x)
			sum := Add(MulScalar(o.Unimodal[m], kappa[i]), MulScalar(empty.Unimodal[m], (kappa[1-i]-kappa[i])/2))
			var nodes []*Node
			for _, v := range vars {
				nodes = append(nodes, values[v.Name])
			}
			return Gradient(ReduceAllSum(Mul(delta, sum)), nodes...)
		}, []float32{0})
		want := map[string][]float32{}
		for j, v := range vars {
			want[v.Name] = out[j]
		}
		if d := distance(want, encoderOf(grads, m)); d > 1e-5 { // float32, sums in another order
			t.Errorf("%s: the gradient is %v from that of the scaled branch, relative to its size", m, d)
		}
	}
}

// TestShapleyEfficiency: the responses add up to the logits, whatever the passes give, for two and for three
// modalities.
func TestShapleyEfficiency(t *testing.T) {
	for _, n := range []int{2, 3} {
		b := newBench(t, "agm", n, map[string]any{"alpha": 0.0, "clip": false})
		joint := newBench(t, "joint", n, nil)
		_, got := b.step(t)
		_, want := joint.step(t)
		// At α = 0 all κ are 1, and the gradient that arrives at the sum of the responses is that at the logits.
		if d := distance(want, got); d > 1e-6 {
			t.Errorf("%d modalities: gradients are %v from those of joint training", n, d)
		}
	}
}

// TestLeastNorm holds MMPareto's weights to a search over all points of the line.
func TestLeastNorm(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		var g, h [3]float64
		for i := range g {
			g[i], h[i] = r.NormFloat64(), 3*r.NormFloat64()
		}
		var gg, hh, gh float64
		for i := range g {
			gg, hh, gh = gg+g[i]*g[i], hh+h[i]*h[i], gh+g[i]*h[i]
		}
		out := xlatest.Run(t, func(in []*Node) []*Node {
			cosine, weight := method.LeastNorm(in[0], in[1], in[2])
			return []*Node{cosine, weight}
		}, float32(gg), float32(hh), float32(gh))
		cosine, weight := float64(out[0][0]), float64(out[1][0])
		if want := gh / math.Sqrt(gg*hh); math.Abs(cosine-want) > 1e-5 {
			t.Fatalf("cosine %v, want %v", cosine, want)
		}
		want := 0.5
		if gh <= 0 {
			least := math.Inf(1)
			for step := range 10001 {
				w := float64(step) / 10000
				if norm := w*w*gg + (1-w)*(1-w)*hh + 2*w*(1-w)*gh; norm < least {
					least, want = norm, w
				}
			}
		}
		if math.Abs(weight-want) > 2e-4 { // the search's grid, and float32
			t.Errorf("g·g %v, h·h %v, g·h %v: weight %v, want %v", gg, hh, gh, weight, want)
		}
	}
}

// TestMMParetoNorm: after rescaling, no encoder's gradient is shorter than γ times the sum of both.
func TestMMParetoNorm(t *testing.T) {
	b := newBench(t, "mmpareto", 2, map[string]any{"gamma": 1.5})
	_, got := b.step(t)
	star := newBench(t, "joint_star", 2, nil)
	star.values = b.values
	_, sum := star.step(t)
	for _, m := range []string{"a", "b"} {
		if n, least := norm(encoderOf(got, m)), 1.5*norm(encoderOf(sum, m)); n < least*(1-1e-5) {
			t.Errorf("%s: norm %v, want at least %v", m, n, least)
		}
	}
	for _, name := range []string{"head.weight", "aux.a.weight", "aux.b.bias"} {
		if d := distance(map[string][]float32{name: sum[name]}, got); d > 1e-6 {
			t.Errorf("%s: %v from the gradient of the sum", name, d)
		}
	}
}

func norm(grads map[string][]float32) float64 {
	sum := 0.0
	for _, values := range grads {
		for _, v := range values {
			sum += float64(v) * float64(v)
		}
	}
	return math.Sqrt(sum)
}

// TestOGMIdentity: the modality that is not ahead keeps its gradient to the last bit, the other's is k times it.
func TestOGMIdentity(t *testing.T) {
	b := newBench(t, "ogm", 2, nil)
	scalars, got := b.step(t)
	joint := newBench(t, "joint", 2, nil)
	_, want := joint.step(t)
	ahead, behind := "a", "b"
	if scalars["rho.a"] <= 1 {
		ahead, behind = "b", "a"
	}
	if scalars["k."+behind] != 1 || distance(encoderOf(want, behind), encoderOf(got, behind)) != 0 {
		t.Errorf(
			"%s is behind (ρ %v), k %v, and its gradient changed", behind, scalars["rho."+behind], scalars["k."+behind],
		)
	}
	k := 1 - math.Tanh(0.8*scalars["rho."+ahead])
	if math.Abs(scalars["k."+ahead]-k) > 1e-6 {
		t.Errorf("k %v, want %v", scalars["k."+ahead], k)
	}
	scaled := encoderOf(want, ahead)
	for name, values := range scaled {
		scaled[name] = slices.Clone(values)
		for i := range values {
			scaled[name][i] *= float32(scalars["k."+ahead])
		}
	}
	if d := distance(scaled, encoderOf(got, ahead)); d > 1e-6 {
		t.Errorf("%s: %v from the scaled gradient", ahead, d)
	}
}

// TestOGMNoise: GE adds noise of the tensor's own standard deviation, anew in every step, the same for the same key.
func TestOGMNoise(t *testing.T) {
	b := newBench(t, "ogm_ge", 2, map[string]any{"alpha": 0.0}) // nothing is scaled: what is left is noise
	_, got := b.step(t)
	_, again := b.step(t)
	_, plain := newBench(t, "joint", 2, nil).step(t)
	const name = "enc.b.conv1.weight"
	if distance(got, again) != 0 {
		t.Error("the same key gives other noise")
	}
	var noise []float64
	mean, own := 0.0, plain[name]
	for i, v := range got[name] {
		noise = append(noise, float64(v-own[i]))
		mean += float64(own[i]) / float64(len(own))
	}
	var spread, want float64
	for i, v := range own {
		want += (float64(v) - mean) * (float64(v) - mean) / float64(len(own)-1)
		spread += noise[i] * noise[i] / float64(len(own))
	}
	// 60 numbers: their variance is within 4 standard errors, 4·√(2/60), of that of the gradient.
	if ratio := spread / want; math.Abs(ratio-1) > 0.73 {
		t.Errorf("variance of the noise is %v of the gradient's", ratio)
	}
	if want := "head.weight"; distance(map[string][]float32{want: plain[want]}, got) != 0 {
		t.Errorf("%s has noise", want)
	}
}

// TestInfoRegWithoutLead: where no modality is ahead, InfoReg is joint training to the last bit, at any β.
func TestInfoRegWithoutLead(t *testing.T) {
	for _, beta := range []float64{0, 0.9, 50} {
		b := newBench(t, "inforeg", 2, map[string]any{"window": "all", "first_epoch": 0.0, "beta": beta})
		joint := newBench(t, "joint", 2, nil)
		for _, v := range []*bench{b, joint} {
			clear(v.values["head.weight"]) // so that both modalities say the same
		}
		scalars, got := b.step(t)
		_, want := joint.step(t)
		if scalars["alpha.a"] != 0 || scalars["on.b"] != 0 || distance(want, got) != 0 {
			t.Errorf("β %v: α %v, on %v, distance %v", beta, scalars["alpha.a"], scalars["on.b"], distance(want, got))
		}
	}
}

// TestBlendWeights: the weights minimise the squared overfitting per generalisation, Σ w²O² / (Σ w G)².
func TestBlendWeights(t *testing.T) {
	g, o := []float64{0.5, 0.2, 0.7}, []float64{0.3, 0.1, 0.9}
	rate := func(w []float64) float64 {
		var over, gain float64
		for i := range w {
			over, gain = over+w[i]*w[i]*o[i]*o[i], gain+w[i]*g[i]
		}
		return over / (gain * gain)
	}
	best := method.BlendWeights(g, o)
	if sum := best[0] + best[1] + best[2]; math.Abs(sum-1) > 1e-12 {
		t.Errorf("weights %v add up to %v", best, sum)
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		other := slices.Clone(best)
		for i := range other {
			other[i] = max(0, other[i]+0.1*r.NormFloat64())
		}
		if rate(other) < rate(best)-1e-12 {
			t.Fatalf("%v has rate %v, below that of %v, %v", other, rate(other), best, rate(best))
		}
	}
	for _, tt := range []struct {
		g, o, want []float64
		reason     string
	}{
		{[]float64{-1, -2}, []float64{1, 1}, []float64{0.5, 0.5}, "every validation loss rose"},
		{[]float64{-1, 2}, []float64{1, 1}, []float64{0, 1}, "one rose"},
		{[]float64{1, 1}, []float64{0, 0}, []float64{0.5, 0.5}, "none overfits: the floor, not a division by zero"},
		{[]float64{1, 1}, []float64{-2, 1}, []float64{0.2, 0.8}, "O is squared"},
	} {
		if got := method.BlendWeights(tt.g, tt.o); fmt.Sprintf("%.6f", got) != fmt.Sprintf("%.6f", tt.want) {
			t.Errorf("BlendWeights(%v, %v) = %v, want %v: %s", tt.g, tt.o, got, tt.want, tt.reason)
		}
	}
}

// TestSlowAndFreeze: the leader's gradient is scaled; a frozen encoder stays where it is while the other moves.
func TestSlowAndFreeze(t *testing.T) {
	_, want := newBench(t, "joint", 2, nil).step(t)
	scalars, got := newBench(t, "slow", 2, map[string]any{"factor": 0.25}).step(t)
	leader := []string{"a", "b"}[int(scalars["leader"])]
	if scalars["score."+leader] < max(scalars["score.a"], scalars["score.b"]) {
		t.Errorf("%s leads with scores %v and %v", leader, scalars["score.a"], scalars["score.b"])
	}
	if n, all := norm(encoderOf(got, leader)), norm(encoderOf(want, leader)); math.Abs(n-0.25*all) > 1e-6*all {
		t.Errorf("norm %v, want a quarter of %v", n, all)
	}
	before := must(t, "freeze", map[string]any{"leader": "a"}, 1).weights
	after := must(t, "freeze", map[string]any{"leader": "a"}, perEpoch+1).weights
	moved := func(m string) float64 { return distance(trainableOf(t, before, m), after) }
	if moved("a") != 0 || moved("v") < 1e-4 {
		t.Errorf("the frozen encoder moved by %v, the other by %v", moved("a"), moved("v"))
	}
}

// trainableOf picks the trainable variables of duo's encoder.
func trainableOf(t *testing.T, weights map[string][]float32, modality string) map[string][]float32 {
	t.Helper()
	part := map[string][]float32{}
	for _, v := range inforeg.EncoderVariables(duo(t), modality) {
		part[v.Name] = weights[v.Name]
	}
	return part
}

// TestRedReg: what is added to the encoder that is ahead is α (w - w₀) without its component along the gradient.
func TestRedReg(t *testing.T) {
	b := newBench(t, "redreg", 2, map[string]any{"agree_from": -1.0, "trigger": -100.0})
	b.start = map[string][]float32{}
	for name, values := range b.values {
		b.start[name] = slices.Clone(values)
		for i, noise := range xlatest.Made("start"+name, len(values), 0.2) {
			b.start[name][i] += noise
		}
	}
	scalars, got := b.step(t)
	star := newBench(t, "joint_star", 2, nil)
	_, plain := star.step(t)
	ahead, behind := "a", "b"
	if scalars["score.b"] > scalars["score.a"] {
		ahead, behind = "b", "a"
	}
	gap := math.Abs(scalars["score.a"] - scalars["score.b"])
	alpha := math.Exp(0.9 * math.Tanh(gap))
	if math.Abs(scalars["alpha."+ahead]-alpha) > 1e-5 || scalars["alpha."+behind] != 0 {
		t.Errorf("α %v and %v, want %v and 0", scalars["alpha."+ahead], scalars["alpha."+behind], alpha)
	}
	want := map[string][]float32{}
	for name, g := range encoderOf(plain, ahead) {
		var along, square float64
		for i := range g {
			along += float64(b.values[name][i]-b.start[name][i]) * float64(g[i])
			square += float64(g[i]) * float64(g[i])
		}
		for i := range g {
			moved := float64(b.values[name][i] - b.start[name][i])
			want[name] = append(want[name], float32(float64(g[i])+alpha*(moved-along/square*float64(g[i]))))
		}
	}
	if d := distance(want, got); d > 1e-5 { // float32, sums in another order
		t.Errorf("%s: %v from what is wanted, relative to its size", ahead, d)
	}
	if d := distance(encoderOf(plain, behind), got); d > 1e-6 {
		t.Errorf("%s is behind, and its gradient changed by %v", behind, d)
	}
}

// TestPrototypes: means by class, blended with the old ones; a class without a sample keeps its own.
func TestPrototypes(t *testing.T) {
	m := duo(t)
	pmr := method.PMR{}
	state := madeState(t, pmr)
	epoch := inforeg.Epoch{
		Modalities: []string{"a", "v"}, Settings: settingsOf(pmr, map[string]any{"e": 0.25}), State: state,
	}
	widths := map[string]int{"a": m.Encoders["a"].Features(), "v": m.Encoders["v"].Features()}
	rows := func(values ...float32) func(float64) (inforeg.Features, error) {
		return func(float64) (inforeg.Features, error) {
			f := inforeg.Features{Rows: map[string][]float32{}, Labels: []int32{0, 0, 2}}
			for name, w := range widths {
				for _, v := range values {
					f.Rows[name] = append(f.Rows[name], slices.Repeat([]float32{v}, w)...)
				}
			}
			return f, nil
		}
	}
	epoch.Features = rows(1, 3, 5)
	if _, err := pmr.EpochStart(epoch); err != nil {
		t.Fatal(err)
	}
	first := func(class int) float32 { return state["prototypes.v"][class*widths["v"]] }
	if first(0) != 2 || first(1) != 0 || first(2) != 5 {
		t.Errorf(
			"prototypes %v, %v, %v, want 2, 0, 5: the first are not mixed with zeros", first(0), first(1), first(2),
		)
	}
	epoch.Index, epoch.Features = 1, rows(6, 6, 1)
	if _, err := pmr.EpochStart(epoch); err != nil {
		t.Fatal(err)
	}
	if first(0) != 0.75*6+0.25*2 || first(2) != 0.75*1+0.25*5 {
		t.Errorf("prototypes %v and %v, want 5 and 2", first(0), first(2))
	}
}
