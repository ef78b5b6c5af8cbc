package method_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/internal/xlatest"
	"github.com/primewindow/primewindow/models"
)

// off says how each method is switched off, after which it must be joint training; on, under which settings it acts
// from the first epoch on, where its defaults do not. Joint has nothing to switch.
var (
	never = map[string]any{"window": "none"}
	off   = map[string][]map[string]any{
		"joint":            {{}},
		"inforeg":          {{"regulate": false}, never},
		"inforeg_star":     {{"regulate": false, "unimodal": "off"}, {"window": "none", "unimodal": "off"}},
		"inforeg_released": {{"regulate": false, "unimodal": "off"}, {"window": "none", "unimodal": "off"}},
		"joint_star":       {never},
		"ogm":              {never, {"alpha": 0.0}},
		"ogm_ge":           {never},
		"pmr":              {never, {"alpha": 0.0, "mu": 0.0}},
		"agm":              {never, {"alpha": 0.0, "clip": false}},
		"gblend":           {never},
		"mmpareto":         {never},
		"redreg":           {{"window": "none", "unimodal": "off"}},
		"slow":             {never, {"factor": 1.0}},
		"freeze":           {never},
		"greedy":           {never, {"epsilon": 1000.0}},
	}
	// plain is what a method is when switched off, where that is not joint training.
	plain = map[string]inforeg.Method{"greedy": gatedJoint{}} // on a model of its own: joint training of that
	on    = map[string]map[string]any{
		"inforeg":      {"window": "all", "first_epoch": 0.0},
		"inforeg_star": {"window": "all", "first_epoch": 0.0},
		"agm":          {"alpha": 3.0},
		"redreg":       {"agree_from": -1.0, "agree_to": -1.0, "trigger": -100.0},
		"greedy":       {"first_epoch": 0.0},
	}
)

const (
	batch    = 6
	perEpoch = 3 // steps in an epoch
)

// duo is a tiny model of two modalities.
func duo(t *testing.T) *models.Multimodal {
	t.Helper()
	m := &models.Multimodal{
		Modalities: []data.Modality{
			{Name: "a", Kind: data.Sequence, Shape: []int{9, 2}}, {Name: "v", Kind: data.Image, Shape: []int{8, 7, 1}},
		},
		Encoders: map[string]models.Encoder{}, Fusion: models.ConcatFusion, Classes: 3,
	}
	for i, spec := range []string{"cnn1d:6", "cnn2d:4-6"} {
		e, err := models.ParseEncoder(spec, m.Modalities[i])
		if err != nil {
			t.Fatal(err)
		}
		m.Encoders[m.Modalities[i].Name] = e
	}
	return m
}

func find(t *testing.T, name string) inforeg.Method {
	t.Helper()
	m, ok := method.Find(name)
	if !ok {
		t.Fatalf("Find(%q) finds nothing", name)
	}
	return m
}

// settingsOf are a method's and the optimizer's defaults, and what is changed of them.
func settingsOf(m inforeg.Method, changed map[string]any) map[string]any {
	all := map[string]any{}
	for _, s := range append(inforeg.OptimizerSettings(), m.Settings()...) {
		all[s.Name] = s.Default
	}
	all["lr"] = 0.05
	maps.Copy(all, changed)
	return all
}

// controlsOf names the scalar inputs of a method's step, as the training loop gives them: mutable settings that are
// no text, and what the method decides at the start of an epoch.
func controlsOf(m inforeg.Method, modalities []string) []string {
	var names []string
	for _, s := range append(inforeg.OptimizerSettings(), m.Settings()...) {
		if _, text := s.Default.(string); s.Mutable && !text {
			names = append(names, s.Name)
		}
	}
	return append(names, m.Controls(modalities)...)
}

func number(v any) float32 {
	switch v := v.(type) {
	case float64:
		return float32(v)
	case bool:
		if v {
			return 1
		}
	}
	return 0
}

// result is what some steps of training give.
type result struct {
	names   []string    // of the scalars
	scalars [][]float32 // by step
	weights map[string][]float32
}

// train takes steps on made batches, in epochs of perEpoch steps: the training loop in small. The graph lacks the
// controls in without. A panic of graph code becomes an error.
func train(t *testing.T, name string, changed map[string]any, steps int, without ...string) (r result, err error) {
	t.Helper()
	return trainBy(t, find(t, name), changed, steps, without...)
}

// trainBy is train by a method that may have no name.
func trainBy(
	t *testing.T, meth inforeg.Method, changed map[string]any, steps int, without ...string,
) (r result, err error) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	m := duo(t)
	modalities := inforeg.ModalityNames(m)
	settings := settingsOf(meth, changed)
	if err := meth.Prepare(m, settings); err != nil {
		return r, err
	}
	vars, carried := m.Variables(), meth.State(m)
	var trainable []models.Variable
	for _, v := range vars {
		if v.Trainable() {
			trainable = append(trainable, v)
		}
	}
	controls := slices.DeleteFunc(
		controlsOf(meth, modalities), func(c string) bool { return slices.Contains(without, c) },
	)
	byName := func(vars []models.Variable, nodes []*Node) map[string]*Node {
		all := map[string]*Node{}
		for i, v := range vars {
			all[v.Name] = nodes[i]
		}
		return all
	}
	exec, err := xlatest.NewExec(t, func(in []*Node) []*Node {
		take := func(n int) []*Node { head := in[:n]; in = in[n:]; return head }
		input := inforeg.StepInput{
			Vars: byName(vars, take(len(vars))), Momentum: byName(trainable, take(len(trainable))),
			Controls: map[string]*Node{}, Settings: settings,
		}
		if meth.Start() {
			input.Start = byName(trainable, take(len(trainable)))
		}
		input.State = map[string]*Node{}
		for _, v := range carried {
			input.State[v.Name] = take(1)[0]
		}
		input.Key = take(1)[0]
		input.X = map[string]*Node{}
		for _, mod := range modalities {
			input.X[mod] = take(1)[0]
		}
		input.Labels = take(1)[0]
		for i, c := range controls {
			input.Controls[c] = Reshape(Slice(in[0], AxisElem(i)))
		}
		s := inforeg.BuildStep(m, meth, input)
		var out []*Node
		for _, v := range vars {
			out = append(out, s.Vars[v.Name])
		}
		for _, v := range trainable {
			out = append(out, s.Momentum[v.Name])
		}
		for _, v := range carried {
			out = append(out, s.State[v.Name])
		}
		r.names = nil
		for _, x := range s.Scalars {
			r.names = append(r.names, x.Name)
			out = append(out, x.Value)
		}
		return out
	})
	if err != nil {
		return r, err
	}
	values := m.Init(1)
	var state, start []any
	for _, v := range vars {
		state = append(state, tensors.FromFlatDataAndDimensions(values[v.Name], v.Shape...))
	}
	for _, v := range trainable {
		state = append(state, tensors.FromFlatDataAndDimensions(make([]float32, v.Size()), v.Shape...))
	}
	own := map[string][]float32{}
	for _, v := range carried {
		own[v.Name] = make([]float32, v.Size())
	}
	var decided map[string]float64
	for step := range steps {
		if step%perEpoch == 0 {
			epoch := inforeg.Epoch{
				Index: step / perEpoch, Interval: step / perEpoch, Modalities: modalities, Settings: settings,
				Traces: traces(modalities, step/perEpoch), State: own, Features: madeFeatures(m, step),
				Trial: madeTrial,
			}
			if decided, err = meth.EpochStart(epoch); err != nil {
				return r, err
			}
			start = nil
			for i, v := range vars {
				if v.Trainable() {
					start = append(start, state[i])
				}
			}
		}
		args := slices.Clone(state)
		if meth.Start() {
			args = append(args, start...)
		}
		for _, v := range carried {
			args = append(args, tensors.FromFlatDataAndDimensions(own[v.Name], v.Shape...))
		}
		args = append(args, []uint64{1, uint64(step), 0})
		for _, mod := range m.Modalities {
			x := xlatest.Made(fmt.Sprint(mod.Name, step), batch*mod.Size(), 1.7)
			args = append(args, tensors.FromFlatDataAndDimensions(x, append([]int{batch}, mod.Shape...)...))
		}
		labels := make([]int32, batch)
		for i := range labels {
			labels[i] = int32((7*i + step) % m.Classes)
		}
		vector := make([]float32, len(controls))
		for i, c := range controls {
			if v, ok := decided[c]; ok {
				vector[i] = float32(v)
			} else {
				vector[i] = number(settings[c])
			}
		}
		out, err := exec.Call(append(args, labels, vector)...)
		if err != nil {
			return r, err
		}
		for i := range state {
			state[i] = out[i]
		}
		out = out[len(state):]
		for i, v := range carried {
			own[v.Name] = tensors.MustCopyFlatData[float32](out[i])
		}
		var scalars []float32
		for _, x := range out[len(carried):] {
			scalars = append(scalars, tensors.MustCopyFlatData[float32](x)...)
		}
		r.scalars = append(r.scalars, scalars)
	}
	r.weights = map[string][]float32{}
	for i, v := range vars {
		r.weights[v.Name] = tensors.MustCopyFlatData[float32](state[i].(*tensors.Tensor))
	}
	exec.Finalize() // not after a panic, which may have left it locked
	return r, nil
}

// madeFeatures stand for what a loop gives.
func madeFeatures(m *models.Multimodal, step int) func(float64) (inforeg.Features, error) {
	return func(float64) (inforeg.Features, error) {
		f := inforeg.Features{Rows: map[string][]float32{}, Labels: []int32{0, 1, 2, 0, 1}}
		for _, mod := range m.Modalities {
			f.Rows[mod.Name] = xlatest.Made(
				fmt.Sprint("features", mod.Name, step), 5*m.Encoders[mod.Name].Features(), 1,
			)
		}
		return f, nil
	}
}

// madeTrial stands for what a loop gives: a loss on which a copy learns and overfits a little.
func madeTrial(controls map[string]float64, epochs int) (inforeg.Trial, error) {
	t := inforeg.Trial{
		TrainBefore: map[string]float64{}, TrainAfter: map[string]float64{}, ValBefore: map[string]float64{},
		ValAfter: map[string]float64{},
	}
	for _, name := range []string{"joint", "a", "v"} {
		learned := float64(len(name)) * controls["weight."+name] / float64(epochs)
		t.TrainBefore[name], t.ValBefore[name] = 1, 1
		t.TrainAfter[name], t.ValAfter[name] = 1-learned/10, 1-learned/20
	}
	return t, nil
}

// traces rise steeply for every modality and kind, so that windows that are read off them open.
func traces(modalities []string, epochs int) map[string]map[string][]float64 {
	all := map[string]map[string][]float64{}
	for _, kind := range []string{inforeg.KindFisherEmp, inforeg.KindReleased, inforeg.KindBatchSquare} {
		all[kind] = map[string][]float64{}
		for _, m := range modalities {
			for e := range epochs {
				all[kind][m] = append(all[kind][m], math.Exp2(float64(e)))
			}
		}
	}
	return all
}

// must is train where nothing may go wrong.
func must(t *testing.T, name string, changed map[string]any, steps int) result {
	t.Helper()
	r, err := train(t, name, changed, steps)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestCommon holds every method to what the training loop takes for granted.
func TestCommon(t *testing.T) {
	const steps = 3*perEpoch + 1 // epoch 2, the first that eq. 11 can open, and a step behind it
	joint := must(t, "joint", nil, steps)
	for _, name := range method.Names() {
		t.Run(name, func(t *testing.T) {
			first, again := must(t, name, on[name], steps), must(t, name, on[name], steps)
			if diff := cmp.Diff(first, again, cmp.AllowUnexported(result{})); diff != "" {
				t.Errorf("the same steps again (-first +again)\n%s", diff)
			}
			if want := []string{"loss", "acc", "score.a", "score.v"}; !slices.Equal(first.names[:len(want)], want) {
				t.Errorf("scalars %v, want them to begin with %v", first.names, want)
			}
			if unique := slices.Compact(slices.Sorted(slices.Values(first.names))); len(unique) != len(first.names) {
				t.Errorf("scalars %v, want no name twice", first.names)
			}
			for _, r := range []result{must(t, name, nil, steps), first} {
				checkFinite(t, r)
			}
			if len(off[name]) == 0 {
				t.Fatal("the table says nothing of how it is switched off")
			}
			joint := joint
			if m, ok := plain[name]; ok {
				var err error
				if joint, err = trainBy(t, m, nil, steps); err != nil {
					t.Fatal(err)
				}
			}
			for _, changed := range off[name] {
				if d := distance(joint.weights, must(t, name, changed, steps).weights); d > 0 {
					t.Errorf(
						"with %v the weights are %v from those of joint training, relative to their size", changed, d,
					)
				}
			}
			if changed, ok := on[name]; ok {
				if d := distance(joint.weights, first.weights); d < 1e-4 {
					t.Errorf("with %v the weights are %v from those of joint training: it does nothing", changed, d)
				}
			}
		})
	}
}

func checkFinite(t *testing.T, r result) {
	t.Helper()
	bad := func(x float32) bool { return math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) }
	for step, values := range r.scalars {
		for i, v := range values {
			if bad(v) {
				t.Errorf("step %d: %s is %v", step, r.names[i], v)
			}
		}
	}
	for name, values := range r.weights {
		if slices.ContainsFunc(values, bad) {
			t.Errorf("%s holds %v", name, values)
		}
	}
}

// distance is the norm of the difference, relative to the norm of a, over what both have.
func distance(a, b map[string][]float32) float64 {
	moved, size := 0.0, 0.0
	for name, values := range a {
		if b[name] == nil {
			continue
		}
		for i, v := range values {
			d := float64(v - b[name][i])
			moved += d * d
			size += float64(v) * float64(v)
		}
	}
	return math.Sqrt(moved / size)
}
