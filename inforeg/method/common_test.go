package method_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
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
		Modalities: []data.Modality{{Name: "a", Kind: data.Sequence, Shape: []int{9, 2}}, {Name: "v", Kind: data.Image, Shape: []int{8, 7, 1}}},
		Encoders:   map[string]models.Encoder{}, Fusion: models.ConcatFusion, Classes: 3,
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
func trainBy(t *testing.T, meth inforeg.Method, changed map[string]any, steps int, without ...string) (r result, err error) {
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
	controls := slices.DeleteFunc(controlsOf(meth, modalities), func(c string) bool { return slices.Contains(without, c) })
	byName := func(vars []models.Variable, nodes []*Node) map[string]*Node {
		all := map[string]*Node{}
		for i, v := range vars {
			all[v.Name] = nodes[i]
		}
		return all
	}
	exec, err := NewExec(xlatest.Backend(t), func(in []*Node) []*Node {
		take := func(n int) []*Node { head := in[:n]; in = in[n:]; return head }
		input := inforeg.StepInput{Vars: byName(vars, take(len(vars))), Momentum: byName(trainable, take(len(trainable))), Controls: map[string]*Node{}, Settings: settings}
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
			epoch := inforeg.Epoch{Index: step / perEpoch, Interval: step / perEpoch, Modalities: modalities, Settings: settings, Traces: traces(modalities, step/perEpoch), State: own, Features: madeFeatures(m, step), Trial: madeTrial}
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
			f.Rows[mod.Name] = xlatest.Made(fmt.Sprint("features", mod.Name, step), 5*m.Encoders[mod.Name].Features(), 1)
		}
		return f, nil
	}
}

// madeTrial stands for what a loop gives: a loss on which a copy learns and overfits a little.
func madeTrial(controls map[string]float64, epochs int) (inforeg.Trial, error) {
	t := inforeg.Trial{TrainBefore: map[string]float64{}, TrainAfter: map[string]float64{}, ValBefore: map[string]float64{}, ValAfter: map[string]float64{}}
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
					t.Errorf("with %v the weights are %v from those of joint training, relative to their size", changed, d)
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

// TestControls: what EpochStart decides is what Controls declares, and each control and setting is used: without
// it, the graph cannot be built or the epoch cannot begin, or another value gives other weights.
func TestControls(t *testing.T) {
	const steps = 3*perEpoch + 1
	modalities := inforeg.ModalityNames(duo(t))
	for _, name := range method.Names() {
		t.Run(name, func(t *testing.T) {
			m := find(t, name)
			for epoch := range 4 {
				e := inforeg.Epoch{Index: epoch, Interval: epoch, Modalities: modalities, Settings: settingsOf(m, nil), Traces: traces(modalities, epoch), State: madeState(t, m), Features: madeFeatures(duo(t), 0), Trial: madeTrial}
				decided, err := m.EpochStart(e)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(slices.Sorted(slices.Values(m.Controls(modalities))), slices.Sorted(maps.Keys(decided))); diff != "" {
					t.Errorf("epoch %d (-declared +decided)\n%s", epoch, diff)
				}
				own := map[string][]float32{}
				for name, v := range e.State {
					own[name] = slices.Clone(v)
				}
				within, err := m.IntervalStart(e)
				for name, v := range within {
					if was, ok := decided[name]; !ok || was != v {
						t.Errorf("epoch %d: %s is %v at an interval's start, %v at the epoch's, from the same traces", epoch, name, v, was)
					}
				}
				if diff := cmp.Diff(own, e.State); err != nil || diff != "" {
					t.Errorf("epoch %d: IntervalStart: error %v, state changed (-before +after)\n%s", epoch, err, diff)
				}
				e.State = madeState(t, m)
				if again, err := m.EpochStart(e); err != nil || !maps.Equal(again, decided) {
					t.Errorf("epoch %d: decided %v, then %v, error %v: a method keeps nothing between calls", epoch, decided, again, err)
				}
			}
			for _, c := range m.Controls(modalities) {
				if _, err := train(t, name, on[name], 1, c); err == nil || !strings.Contains(err.Error(), "no control "+c) {
					t.Errorf("without control %s: error %v, want that it is missing", c, err)
				}
			}
			var with result
			for _, s := range m.Settings() {
				if s.Mutable && readAtEpochStart(t, m, modalities, s.Name) {
					continue
				}
				if s.Mutable {
					if _, err := train(t, name, formsOf(m, s.Name, on[name]), 1, s.Name); err == nil || !strings.Contains(err.Error(), "no control "+s.Name) {
						t.Errorf("without mutable setting %s: error %v, want that it is missing", s.Name, err)
					}
					continue
				}
				if with.weights == nil {
					with = must(t, name, on[name], steps)
				}
				for _, choice := range s.Choices {
					if choice == s.Default {
						continue
					}
					changed := map[string]any{s.Name: choice}
					maps.Copy(changed, on[name])
					if d := distance(with.weights, must(t, name, changed, steps).weights); d == 0 {
						t.Errorf("%s=%s gives the weights of %v", s.Name, choice, s.Default)
					}
				}
			}
		})
	}
}

// formsOf adds, for a setting that only one form of another reads, that form.
func formsOf(m inforeg.Method, setting string, changed map[string]any) map[string]any {
	all := map[string]any{}
	maps.Copy(all, changed)
	for _, s := range m.Settings() {
		switch {
		case s.Name != "strength":
		case setting == "beta":
			all[s.Name] = "paper"
		case setting == "c_first", setting == "c_others":
			all[s.Name] = "released"
		}
	}
	return all
}

// readAtEpochStart reports whether a method cannot do without a setting at the start of an epoch, in any of its forms.
func readAtEpochStart(t *testing.T, m inforeg.Method, modalities []string, name string) bool {
	t.Helper()
	for _, form := range []map[string]any{{}, {"window": "auto", "first_epoch": 0.0}, {"super_epoch": 0.0}} {
		for index := range 3 {
			settings := settingsOf(m, nil)
			maps.Copy(settings, form)
			delete(settings, name)
			if epochFails(t, m, inforeg.Epoch{Index: index, Interval: index, Modalities: modalities, Settings: settings, Traces: traces(modalities, index)}) {
				return true
			}
		}
	}
	return false
}

func epochFails(t *testing.T, m inforeg.Method, e inforeg.Epoch) (failed bool) {
	t.Helper()
	defer func() { failed = failed || recover() != nil }()
	e.State, e.Features, e.Trial = madeState(t, m), madeFeatures(duo(t), 0), madeTrial
	_, err := m.EpochStart(e)
	return err != nil
}

// madeState is a method's state before the first step.
func madeState(t *testing.T, m inforeg.Method) map[string][]float32 {
	t.Helper()
	state, model := map[string][]float32{}, duo(t)
	if err := m.Prepare(model, settingsOf(m, nil)); err != nil {
		t.Fatal(err)
	}
	for _, v := range m.State(model) {
		state[v.Name] = make([]float32, v.Size())
	}
	return state
}

// TestNames: methods are known by the names on record, in their order.
func TestNames(t *testing.T) {
	names := method.Names()
	if !slices.IsSorted(names) || !slices.Contains(names, "joint") || !slices.Contains(names, "inforeg") {
		t.Errorf("Names() = %v, want joint and inforeg among them, in order", names)
	}
	for _, name := range []string{"", "Joint", "info"} {
		if m, ok := method.Find(name); ok {
			t.Errorf("Find(%q) = %T, want nothing", name, m)
		}
	}
}

// TestInfoRegEpochStart applies the window test to traces worked out by hand.
func TestInfoRegEpochStart(t *testing.T) {
	nan := math.NaN()
	trace := func(a, v []float64) map[string]map[string][]float64 {
		return map[string]map[string][]float64{inforeg.KindFisherEmp: {"a": a, "v": v}}
	}
	for _, tt := range []struct {
		name     string
		epoch    int
		settings map[string]any
		traces   map[string]map[string][]float64
		a, v     float64 // whether the windows are open
		wantErr  error
		reason   string
	}{
		{"first epoch", 0, nil, nil, 0, 0, nil, "eq. 11 reads two traces: nothing is open, and nothing missing"},
		{"second epoch", 1, nil, trace([]float64{1}, []float64{1}), 0, 0, nil, "one trace is not two"},
		{"rise and fall", 2, nil, trace([]float64{1, 2}, []float64{2, 1}), 1, 0, nil, "(2-1)/2 = 0.5 > 0.04; (1-2)/1 = -1"},
		{"at the threshold", 2, map[string]any{"k": 0.5}, trace([]float64{1, 2}, []float64{0.9, 2}), 0, 1, nil, "0.5 is not above 0.5; 0.55 is"},
		{"negative threshold", 2, map[string]any{"k": -2.0}, trace([]float64{2, 1}, []float64{4, 1}), 1, 0, nil, "-1 > -2; -3 is not"},
		{"only the last two", 3, nil, trace([]float64{9, 1, 2}, []float64{1, 9, 2}), 1, 0, nil, "what was before does not count"},
		{"longer trace", 2, nil, trace([]float64{1, 2, 9}, []float64{2, 1, 9}), 1, 0, nil, "what came later is not read when a step is computed again"},
		{"first_epoch", 2, map[string]any{"first_epoch": 3.0}, trace([]float64{1, 2}, []float64{1, 2}), 0, 0, nil, "not before epoch 3"},
		{"first_epoch reached", 3, map[string]any{"first_epoch": 3.0}, trace([]float64{1, 1, 2}, []float64{1, 2, 2}), 1, 0, nil, "from epoch 3 on; a trace that stays is not a rise"},
		{"first_epoch 0", 1, map[string]any{"first_epoch": 0.0}, trace([]float64{1}, []float64{1}), 0, 0, nil, "by eq. 11 never before 2"},
		{"floor", 3, map[string]any{"floor": 0.5}, trace([]float64{8, 1, 2}, []float64{8, 3, 4}), 0, 1, nil, "2 < 0.5·8; 4 is not below"},
		{"dead encoder", 2, nil, trace([]float64{0, 0}, []float64{1, 0}), 0, 0, nil, "no division by zero"},
		{"not measured", 2, nil, nil, 0, 0, inforeg.ErrNotMeasured, "no trace at all"},
		{"one is missing", 2, nil, trace([]float64{1, 2}, []float64{1}), 0, 0, inforeg.ErrNotMeasured, "v lacks the last"},
		{"last not measured", 2, nil, trace([]float64{1, nan}, []float64{1, 2}), 0, 0, inforeg.ErrNotMeasured, "its schedule skipped it"},
		{"last but one not measured", 2, nil, trace([]float64{nan, 1}, []float64{1, 2}), 0, 0, inforeg.ErrNotMeasured, "both are read"},
		{"older not measured", 3, nil, trace([]float64{nan, 1, 2}, []float64{nan, 2, 1}), 1, 0, nil, "it is not read"},
		{"not measured, not yet due", 2, map[string]any{"first_epoch": 5.0}, nil, 0, 0, nil, "nothing is read before first_epoch"},
		{"other trace", 2, map[string]any{"window_trace": inforeg.KindReleased}, map[string]map[string][]float64{
			inforeg.KindFisherEmp: {"a": {2, 1}, "v": {1, 2}}, inforeg.KindReleased: {"a": {1, 2}, "v": {2, 1}},
		}, 1, 0, nil, "the trace that the setting names"},
		{"other trace not measured", 2, map[string]any{"window_trace": inforeg.KindReleased}, trace([]float64{1, 2}, []float64{1, 2}), 0, 0, inforeg.ErrNotMeasured, "no other takes its place"},
		{"all", 2, map[string]any{"window": "all"}, nil, 1, 1, nil, "no trace is needed"},
		{"all, too early", 1, map[string]any{"window": "all"}, nil, 0, 0, nil, "first_epoch is 2"},
		{"all from the start", 0, map[string]any{"window": "all", "first_epoch": 0.0}, nil, 1, 1, nil, "eq. 11 has no say"},
		{"none", 9, map[string]any{"window": "none"}, nil, 0, 0, nil, "no trace is needed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := method.InfoReg{}.EpochStart(inforeg.Epoch{
				Index: tt.epoch, Interval: tt.epoch, Modalities: []string{"a", "v"}, Settings: settingsOf(method.InfoReg{}, tt.settings), Traces: tt.traces,
			})
			if !errors.Is(err, tt.wantErr) {
				t.Fatalf("error %v, want %v\nreason: %s", err, tt.wantErr, tt.reason)
			}
			if err != nil {
				return
			}
			if diff := cmp.Diff(map[string]float64{"window.a": tt.a, "window.v": tt.v}, got); diff != "" {
				t.Errorf("(-want +got)\n%s\nreason: %s", diff, tt.reason)
			}
		})
	}
	_, err := method.InfoReg{}.EpochStart(inforeg.Epoch{
		Index: 2, Interval: 2, Modalities: []string{"a"}, Settings: settingsOf(method.InfoReg{}, nil), Traces: trace([]float64{-1, 2}, nil),
	})
	if err == nil || errors.Is(err, inforeg.ErrNotMeasured) || !strings.HasPrefix(err.Error(), "a: ") {
		t.Errorf("a negative trace: error %v, want one that names the modality", err)
	}
}
