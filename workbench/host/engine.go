package host

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/models"
)

// engine holds the graphs of one kind of run: one model, one method, one batch size. Runs that differ only in
// numbers share it. Its methods may be called from several goroutines; the backend runs one graph at a time.
type engine struct {
	backend   *Backend
	model     *models.Multimodal
	method    inforeg.Method
	settings  Settings // those that shape the graph
	vars      []models.Variable
	trainable []models.Variable
	controls  []string // scalar inputs of a step, in order

	mu      sync.Mutex // one graph at a time, and the fields below
	graphs  map[string]*Exec
	scalars []string            // what a step records, in order; known once its graph is built
	layers  map[string][]string // by graph: the layers it measures, likewise
	plain   bool                // whether the method leaves the loss alone, likewise
}

func newEngine(b *Backend, m *models.Multimodal, method inforeg.Method, settings Settings) *engine {
	e := &engine{backend: b, model: m, method: method, settings: settings, vars: m.Variables(), graphs: map[string]*Exec{}, layers: map[string][]string{}}
	e.trainable = slices.DeleteFunc(slices.Clone(e.vars), func(v models.Variable) bool { return !v.Trainable() })
	for _, s := range append(inforeg.OptimizerSettings(), method.Settings()...) {
		if _, text := s.Default.(string); s.Mutable && !text {
			e.controls = append(e.controls, s.Name)
		}
	}
	e.controls = append(e.controls, method.Controls(inforeg.ModalityNames(m))...)
	return e
}

// call runs a graph, which build makes at its first use. It is the one place where a panic of graph-building
// code becomes an error.
func (e *engine) call(name string, build func([]*Node) []*Node, args []any) (out []*tensors.Tensor, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	defer func() {
		if p := recover(); p != nil {
			delete(e.graphs, name) // a panic may leave it locked
			err = fmt.Errorf("graph %s: %v", name, p)
		}
	}()
	exec, ok := e.graphs[name]
	if !ok {
		if exec, err = e.backend.NewExec(build); err != nil {
			return nil, fmt.Errorf("graph %s: %s", name, firstLine(err))
		}
		e.graphs[name] = exec.SetMaxCache(8)
	}
	if out, err = exec.Call(args...); err != nil {
		return nil, fmt.Errorf("graph %s: %s", name, firstLine(err))
	}
	return out, nil
}

// compiled reports whether the graph has run before.
func (e *engine) compiled(name string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.graphs[name] != nil
}

// state is what the optimizer works on, in the order of the engine's variables. Its tensors never change:
// a step makes new ones.
type state struct {
	vars     []*tensors.Tensor // every variable
	momentum []*tensors.Tensor // trainable variables
	start    []*tensors.Tensor // trainable variables at the start of the epoch, if the method asks; may share tensors with vars
}

// drop frees the tensors of s that next does not hold. Without it, memory would wait for the garbage
// collector, which does not know how large tensors are.
func (s state) drop(next state) {
	kept := map[*tensors.Tensor]bool{}
	for _, list := range [][]*tensors.Tensor{next.vars, next.momentum, next.start} {
		for _, t := range list {
			kept[t] = true
		}
	}
	for _, list := range [][]*tensors.Tensor{s.vars, s.momentum, s.start} {
		for _, t := range list {
			if !kept[t] {
				kept[t] = true
				free(t)
			}
		}
	}
}

func free(list ...*tensors.Tensor) {
	for _, t := range list {
		_ = t.FinalizeAll() // an error would say that it was freed before
	}
}

// initial draws the first weights.
func (e *engine) initial(seed uint64) state {
	values := e.model.Init(seed)
	var s state
	for _, v := range e.vars {
		s.vars = append(s.vars, tensors.FromFlatDataAndDimensions(values[v.Name], v.Shape...))
	}
	for _, v := range e.trainable {
		s.momentum = append(s.momentum, tensors.FromFlatDataAndDimensions(make([]float32, v.Size()), v.Shape...))
	}
	return s
}

// epochStart notes the weights at the start of an epoch, if the method needs them.
func (e *engine) epochStart(s state) state {
	if !e.method.Start() {
		return s
	}
	next := s
	next.start = make([]*tensors.Tensor, 0, len(e.trainable))
	for i, v := range e.vars {
		if v.Trainable() {
			next.start = append(next.start, s.vars[i])
		}
	}
	return next
}

// outcome is what a step gives beside the next state.
type outcome struct {
	scalars       []float32            // in the order of engine.scalars
	gradSquares   []float32            // by trainable variable
	updateSquares []float32            // likewise
	valueSquares  []float32            // by variable
	sketches      map[string][]float32 // by modality
	measured      map[string]measured  // by modality
}

// step takes one optimizer step and measures what it is asked to; chances are its random inputs. It frees nothing of
// s: the caller decides which state lives on.
func (e *engine) step(s state, batch *data.Batch, controls []float32, m inforeg.Measures, chances []*tensors.Tensor) (state, outcome, error) {
	args := make([]any, 0, len(s.vars)+len(s.momentum)+len(s.start)+len(e.model.Modalities)+4)
	for _, list := range [][]*tensors.Tensor{s.vars, s.momentum, s.start} {
		for _, t := range list {
			args = append(args, t)
		}
	}
	inputs := append(e.batchTensors(batch), chances...)
	defer free(inputs...)
	for _, t := range inputs {
		args = append(args, t)
	}
	out, err := e.call(stepName(m), func(in []*Node) []*Node { return e.buildStep(in, m) }, append(args, controls))
	if err != nil {
		return state{}, outcome{}, err
	}
	next := state{vars: out[:len(s.vars)], momentum: out[len(s.vars):][:len(s.momentum)], start: s.start}
	rest := out[len(s.vars)+len(s.momentum):]
	defer free(rest...)
	o := outcome{sketches: map[string][]float32{}, measured: map[string]measured{}}
	for _, dst := range []*[]float32{&o.scalars, &o.gradSquares, &o.updateSquares, &o.valueSquares} {
		if *dst, err = tensors.CopyFlatData[float32](rest[0]); err != nil {
			return state{}, outcome{}, err
		}
		rest = rest[1:]
	}
	for _, mod := range e.model.Modalities {
		if o.sketches[mod.Name], err = tensors.CopyFlatData[float32](rest[0]); err != nil {
			return state{}, outcome{}, err
		}
		rest = rest[1:]
	}
	if m == (inforeg.Measures{}) {
		return next, o, nil
	}
	for _, mod := range e.model.Modalities {
		values, err := tensors.CopyFlatData[float32](rest[0])
		if err != nil {
			return state{}, outcome{}, err
		}
		rest = rest[1:]
		all := make([]float64, len(values))
		for i, v := range values {
			all[i] = float64(v)
		}
		shares := 0
		if m.Shares {
			shares = len(batch.Labels)
		}
		o.measured[mod.Name] = measured{
			shares: all[:shares], signs: all[shares:][:m.Signs], labels: all[shares+m.Signs:][:m.Labels], mean: all[len(all)-1],
		}
	}
	return next, o, nil
}

// buildStep builds the graph of a step; its inputs and outputs are in the order of step.
func (e *engine) buildStep(in []*Node, m inforeg.Measures) []*Node {
	take := func(n int) []*Node { head := in[:n]; in = in[n:]; return head }
	input := inforeg.StepInput{
		Vars: e.byName(e.vars, take(len(e.vars))), Momentum: e.byName(e.trainable, take(len(e.trainable))),
		Controls: map[string]*Node{}, Settings: e.settings, Measures: m,
	}
	if e.method.Start() {
		input.Start = e.byName(e.trainable, take(len(e.trainable)))
	}
	input.X, input.Labels = e.inputs(take(len(e.model.Modalities) + 1))
	if m.Signs > 0 {
		input.Signs = take(1)[0]
	}
	if m.Labels > 0 {
		input.Draws = take(1)[0]
	}
	for i, name := range e.controls {
		input.Controls[name] = Reshape(Slice(in[0], AxisElem(i)))
	}
	r := inforeg.BuildStep(e.model, e.method, input)
	var out []*Node
	for _, v := range e.vars {
		out = append(out, r.Vars[v.Name])
	}
	for _, v := range e.trainable {
		out = append(out, r.Momentum[v.Name])
	}
	e.scalars, e.plain = nil, r.Plain
	values := make([]*Node, len(r.Scalars))
	for i, s := range r.Scalars {
		e.scalars = append(e.scalars, s.Name)
		values[i] = ConvertDType(s.Value, dtypes.Float32)
	}
	out = append(out, Stack(values, 0), r.GradSquares, r.UpdateSquares, r.ValueSquares)
	for _, mod := range e.model.Modalities {
		out = append(out, r.Sketches[mod.Name])
	}
	if m == (inforeg.Measures{}) {
		return out
	}
	for _, mod := range e.model.Modalities {
		got := r.Measured[mod.Name]
		var parts []*Node
		for _, part := range []*Node{got.Shares, got.Signs, got.Labels} {
			if part != nil {
				parts = append(parts, part)
			}
		}
		mean := ScalarZero(input.Labels.Graph(), dtypes.Float32)
		if got.Mean != nil {
			mean = got.Mean
		}
		out = append(out, Concatenate(append(parts, Reshape(mean, 1)), 0))
	}
	return out
}

// evaluate gives, for a batch in eval mode, the fused logits, each modality's logits, and each modality's
// features, as [B, ·] rows.
func (e *engine) evaluate(vars []*tensors.Tensor, batch *data.Batch) (logits []float32, unimodal, features map[string][]float32, err error) {
	out, err := e.withBatch("evaluate", e.buildEvaluate, vars, batch)
	if err != nil {
		return nil, nil, nil, err
	}
	defer free(out...)
	if logits, err = tensors.CopyFlatData[float32](out[0]); err != nil {
		return nil, nil, nil, err
	}
	unimodal, features = map[string][]float32{}, map[string][]float32{}
	for i, m := range e.model.Modalities {
		if unimodal[m.Name], err = tensors.CopyFlatData[float32](out[1+2*i]); err != nil {
			return nil, nil, nil, err
		}
		if features[m.Name], err = tensors.CopyFlatData[float32](out[2+2*i]); err != nil {
			return nil, nil, nil, err
		}
	}
	return logits, unimodal, features, nil
}

func (e *engine) buildEvaluate(in []*Node) []*Node {
	x, _ := e.inputs(in[len(e.vars):])
	call := &models.Call{Vars: e.byName(e.vars, in[:len(e.vars)]), Norm: models.RunningStatistics}
	o := e.model.Forward(call, x)
	out := []*Node{o.Logits}
	for _, m := range e.model.Modalities {
		out = append(out, o.Unimodal[m.Name], o.Features[m.Name])
	}
	return out
}

// recalibrated returns the variables with batch-norm averages that are the batch's own statistics. It shares
// the other tensors with vars; fresh lists the new ones, for the caller to free.
func (e *engine) recalibrated(vars []*tensors.Tensor, batch *data.Batch) (all, fresh []*tensors.Tensor, err error) {
	if len(e.trainable) == len(e.vars) { // no batch norm: there is nothing to re-estimate
		return vars, nil, nil
	}
	if fresh, err = e.withBatch("recalibrate", func(in []*Node) []*Node {
		x, _ := e.inputs(in[len(e.vars):])
		averages := inforeg.Recalibrated(e.model, e.byName(e.vars, in[:len(e.vars)]), x)
		var out []*Node
		for _, v := range e.vars {
			if !v.Trainable() {
				out = append(out, averages[v.Name])
			}
		}
		return out
	}, vars, batch); err != nil {
		return nil, nil, err
	}
	all = slices.Clone(vars)
	next := 0
	for i, v := range e.vars {
		if !v.Trainable() {
			all[i] = fresh[next]
			next++
		}
	}
	return all, fresh, nil
}

func (e *engine) withBatch(name string, build func([]*Node) []*Node, vars []*tensors.Tensor, batch *data.Batch) ([]*tensors.Tensor, error) {
	inputs := e.batchTensors(batch)
	defer free(inputs...)
	args := make([]any, 0, len(vars)+len(inputs))
	for _, t := range slices.Concat(vars, inputs) {
		args = append(args, t)
	}
	return e.call(name, build, args)
}

// batchTensors makes tensors of a batch: each modality in the model's order, then the labels.
func (e *engine) batchTensors(b *data.Batch) []*tensors.Tensor {
	list := make([]*tensors.Tensor, 0, len(e.model.Modalities)+1)
	for _, m := range e.model.Modalities {
		list = append(list, tensors.FromFlatDataAndDimensions(b.X[m.Name], append([]int{len(b.Labels)}, m.Shape...)...))
	}
	return append(list, tensors.FromFlatDataAndDimensions(b.Labels, len(b.Labels)))
}

// inputs reads nodes in the order of batchTensors.
func (e *engine) inputs(in []*Node) (x map[string]*Node, labels *Node) {
	x = map[string]*Node{}
	for i, m := range e.model.Modalities {
		x[m.Name] = in[i]
	}
	return x, in[len(e.model.Modalities)]
}

func (e *engine) byName(vars []models.Variable, nodes []*Node) map[string]*Node {
	m := make(map[string]*Node, len(vars))
	for i, v := range vars {
		m[v.Name] = nodes[i]
	}
	return m
}

// engines shares compiled graphs between runs.
type engines struct {
	mu   sync.Mutex
	list map[string]*engine
}

// shaping are the settings that change a graph beside the model's and a method's own immutable ones.
var shaping = []string{"method", "batch", "fusion", "modalities", "data"}

// find returns the engine for a run's settings, shared with all runs whose graphs are the same.
func (l *engines) find(b *Backend, m *models.Multimodal, method inforeg.Method, settings Settings) *engine {
	own := Settings{}
	for _, name := range shaping {
		own[name] = settings[name]
	}
	for _, s := range method.Settings() {
		if !s.Mutable {
			own[s.Name] = settings[s.Name]
		}
	}
	var key strings.Builder
	for _, mod := range m.Modalities {
		own[encoderPrefix+mod.Name] = settings[encoderPrefix+mod.Name]
		fmt.Fprint(&key, mod.Name, mod.Shape, " ")
	}
	fmt.Fprint(&key, m.Classes, own.hash())
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, ok := l.list[key.String()]; ok {
		return e
	}
	if l.list == nil {
		l.list = map[string]*engine{}
	}
	e := newEngine(b, m, method, maps.Clone(own))
	l.list[key.String()] = e
	return e
}
