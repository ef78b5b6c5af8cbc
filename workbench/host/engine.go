package host

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// engine holds the graphs of one kind of run: one model, one method, one batch size. Runs that differ only in
// numbers share it. Its methods may be called from several goroutines; the backend runs one graph at a time.
type engine struct {
	backend   *xla.Backend
	model     *models.Multimodal
	method    inforeg.Method
	settings  setting.Values // those that shape the graph
	vars      []models.Variable
	trainable []models.Variable
	carried   []inforeg.StateVariable // of the method
	controls  []string                // scalar inputs of a step, in order
	noised    []models.Variable       // whose noise is given to a step; none unless in a replay
	gradients bool                    // whether a step gives the gradients; only in a replay

	mu      sync.Mutex // one graph at a time, and the fields below
	graphs  map[string]*Exec
	scalars []string            // what a step records, in order; known once its graph is built
	layers  map[string][]string // by graph: the layers it measures, likewise
	plain   bool                // whether the method leaves the loss alone, likewise
}

func newEngine(b *xla.Backend, m *models.Multimodal, method inforeg.Method, settings setting.Values) *engine {
	e := &engine{backend: b, model: m, method: method, settings: settings, vars: m.Variables(), carried: method.State(m), graphs: map[string]*Exec{}, layers: map[string][]string{}}
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
			return nil, fmt.Errorf("graph %s: %s", name, wire.FirstLine(err))
		}
		e.graphs[name] = exec.SetMaxCache(8)
	}
	if out, err = exec.Call(args...); err != nil {
		return nil, fmt.Errorf("graph %s: %s", name, wire.FirstLine(err))
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
	carried  []*tensors.Tensor // of the method
}

// lists are all tensors of a state; start may repeat some of vars.
func (s state) lists() [4][]*tensors.Tensor {
	return [4][]*tensors.Tensor{s.vars, s.momentum, s.start, s.carried}
}

// drop frees the tensors of s that none of the others holds. Without it, memory would wait for the garbage
// collector, which does not know how large tensors are.
func (s state) drop(others ...state) {
	kept := map[*tensors.Tensor]bool{}
	for _, other := range others {
		for _, list := range other.lists() {
			for _, t := range list {
				kept[t] = true
			}
		}
	}
	for _, list := range s.lists() {
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
	for _, v := range e.carried {
		s.carried = append(s.carried, tensors.FromFlatDataAndDimensions(make([]float32, v.Size()), v.Shape...))
	}
	return s
}

// decide lets the method decide about an epoch from what e holds beside the method's own tensors: the controls, and what
// is carried from there on.
func (e *engine) decide(s state, epoch inforeg.Epoch) (controls map[string]float64, carried []*tensors.Tensor, err error) {
	if controls, err = e.ask("EpochStart", e.method.EpochStart, s, &epoch); err != nil {
		return nil, nil, err
	}
	for _, v := range e.carried {
		carried = append(carried, tensors.FromFlatDataAndDimensions(epoch.State[v.Name], v.Shape...))
	}
	return controls, carried, nil
}

// decideInterval lets the method decide about an interval of the window test that begins within an epoch.
func (e *engine) decideInterval(s state, epoch inforeg.Epoch) (map[string]float64, error) {
	return e.ask("IntervalStart", e.method.IntervalStart, s, &epoch)
}

// ask gives the method's own tensors to one of its hooks, as epoch.State. A method that a cell defines may panic: that is
// an error.
func (e *engine) ask(name string, hook func(inforeg.Epoch) (map[string]float64, error), s state, epoch *inforeg.Epoch) (controls map[string]float64, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &wire.Problem{
				Message: fmt.Sprintf("method %v: %s of epoch %d: %v", e.settings["method"], name, epoch.Index, p),
				Hint:    "the run stands before it; mend the method and go on",
			}
		}
	}()
	epoch.Modalities, epoch.State = inforeg.ModalityNames(e.model), map[string][]float32{}
	for i, v := range e.carried {
		if epoch.State[v.Name], err = tensors.CopyFlatData[float32](s.carried[i]); err != nil {
			return nil, err
		}
	}
	return hook(*epoch)
}

// intervalStart notes the weights at the start of an interval of the window test, if the method needs them.
func (e *engine) intervalStart(s state) state {
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
	gradients     []*tensors.Tensor    // by trainable variable, if the engine gives them; the caller frees them
}

// stepInput is what a step takes beside the state.
type stepInput struct {
	batch    *data.Batch
	controls []float32
	measures inforeg.Measures
	chances  []*tensors.Tensor // the random inputs of what it measures
	key      [3]uint64         // of the noise that a method may draw
	noise    []*tensors.Tensor // by engine.noised, in its place
}

// step takes one optimizer step and measures what it is asked to. It frees nothing of s: the caller decides which
// state lives on.
func (e *engine) step(s state, in stepInput) (state, outcome, error) {
	m := in.measures
	var args []any
	for _, list := range s.lists() {
		for _, t := range list {
			args = append(args, t)
		}
	}
	inputs := append(e.batchTensors(in.batch), in.chances...)
	inputs = append(append(inputs, in.noise...), tensors.FromValue(in.key[:]))
	defer free(inputs...)
	for _, t := range inputs {
		args = append(args, t)
	}
	out, err := e.call(stepName(m), func(in []*Node) []*Node { return e.buildStep(in, m) }, append(args, in.controls))
	if err != nil {
		return state{}, outcome{}, err
	}
	take := func(n int) []*tensors.Tensor { head := out[:n]; out = out[n:]; return head }
	next := state{vars: take(len(s.vars)), momentum: take(len(s.momentum)), start: s.start, carried: take(len(s.carried))}
	var grads []*tensors.Tensor
	if e.gradients {
		grads = take(len(e.trainable))
	}
	rest := out
	defer free(rest...)
	o := outcome{gradients: grads, sketches: map[string][]float32{}, measured: map[string]measured{}}
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
			shares = len(in.batch.Labels)
		}
		o.measured[mod.Name] = measured{
			shares: all[:shares], signs: all[shares:][:m.Signs], labels: all[shares+m.Signs:][:m.Labels], mean: all[len(all)-1],
		}
	}
	return next, o, nil
}

// firstBad names the first number of a step that is not finite: a variable, or the loss.
func (e *engine) firstBad(o outcome) string {
	finite := func(x float32) bool { return !math.IsNaN(float64(x)) && !math.IsInf(float64(x), 0) }
	for i, v := range o.gradSquares {
		if !finite(v) {
			return "the gradient of " + e.trainable[i].Name
		}
	}
	for i, v := range o.valueSquares {
		if !finite(v) {
			return e.vars[i].Name
		}
	}
	for i, v := range o.scalars {
		if !finite(v) {
			return e.scalars[i]
		}
	}
	return ""
}

// controlVector has a step's scalar inputs in the engine's order: what the method decided for the epoch, else settings.
func (e *engine) controlVector(settings setting.Values, decided map[string]float64, epoch int) []float32 {
	list := make([]float32, len(e.controls))
	for i, name := range e.controls {
		v, ok := decided[name]
		if !ok {
			switch s := settings[name].(type) {
			case float64:
				v = s
			case bool:
				if s {
					v = 1
				}
			}
		}
		if name == "lr" {
			v = scheduledRate(settings, epoch)
		}
		list[i] = float32(v)
	}
	return list
}

// scheduledRate is the learning rate of an epoch.
func scheduledRate(settings setting.Values, epoch int) float64 {
	rate := settings.LR()
	if every := settings.Whole("lr_step"); every > 0 {
		rate *= math.Pow(settings.Number("lr_gamma"), float64(epoch/every))
	}
	return rate
}

// buildStep builds the graph of a step; its inputs and outputs are in the order of step.
func (e *engine) buildStep(in []*Node, m inforeg.Measures) []*Node {
	take := func(n int) []*Node { head := in[:n]; in = in[n:]; return head }
	input := inforeg.StepInput{
		Vars: byName(e.vars, take(len(e.vars))), Momentum: byName(e.trainable, take(len(e.trainable))),
		State: map[string]*Node{}, Noise: map[string]*Node{}, Controls: map[string]*Node{}, Settings: e.settings, Measures: m,
	}
	dtype := input.Vars[e.vars[0].Name].DType()
	if e.method.Start() {
		input.Start = byName(e.trainable, take(len(e.trainable)))
	}
	for _, v := range e.carried {
		input.State[v.Name] = take(1)[0]
	}
	input.X, input.Labels = e.inputs(take(len(e.model.Modalities) + 1))
	for name, x := range input.X {
		input.X[name] = ConvertDType(x, dtype)
	}
	if m.Signs > 0 {
		input.Signs = take(1)[0]
	}
	if m.Labels > 0 {
		input.Draws = take(1)[0]
	}
	for i, x := range take(len(e.noised)) {
		input.Noise[e.noised[i].Name] = ConvertDType(x, dtype)
	}
	input.Key = take(1)[0]
	controls := ConvertDType(in[0], dtype)
	for i, name := range e.controls {
		input.Controls[name] = Reshape(Slice(controls, AxisElem(i)))
	}
	r := inforeg.BuildStep(e.model, e.method, input)
	var out []*Node
	for _, v := range e.vars {
		out = append(out, r.Vars[v.Name])
	}
	for _, v := range e.trainable {
		out = append(out, r.Momentum[v.Name])
	}
	for _, v := range e.carried {
		out = append(out, r.State[v.Name])
	}
	if e.gradients {
		for _, v := range e.trainable {
			out = append(out, r.Grads[v.Name])
		}
	}
	first := len(out)
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
		return asFloat32(out, first)
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
	return asFloat32(out, first)
}

// asFloat32 converts the nodes from the given one on.
func asFloat32(nodes []*Node, from int) []*Node {
	for i := from; i < len(nodes); i++ {
		nodes[i] = ConvertDType(nodes[i], dtypes.Float32)
	}
	return nodes
}

// rows are what a batch in eval mode gives, row by row.
type rows struct {
	logits                       []float32            // [B, classes]
	unimodal, separate, features map[string][]float32 // by modality: the head's readout, the own classifier's if there are any, and [B, D]
}

// evaluate runs a batch in eval mode.
func (e *engine) evaluate(vars []*tensors.Tensor, batch *data.Batch) (rows, error) {
	out, err := e.withBatch("evaluate", e.buildEvaluate, vars, batch)
	if err != nil {
		return rows{}, err
	}
	r := rows{unimodal: map[string][]float32{}, features: map[string][]float32{}, separate: map[string][]float32{}}
	take := func() (values []float32) {
		if err == nil {
			values, err = tensors.CopyFlatData[float32](out[0])
		}
		out = out[1:]
		return values
	}
	all := out
	defer free(all...)
	r.logits = take()
	for _, m := range e.model.Modalities {
		r.unimodal[m.Name], r.features[m.Name] = take(), take()
		if e.model.Separate {
			r.separate[m.Name] = take()
		}
	}
	return r, err
}

func (e *engine) buildEvaluate(in []*Node) []*Node {
	x, _ := e.inputs(in[len(e.vars):])
	call := &models.Call{Vars: byName(e.vars, in[:len(e.vars)]), Norm: models.RunningStatistics}
	o := e.model.Forward(call, x)
	out := []*Node{o.Logits}
	for _, m := range e.model.Modalities {
		out = append(out, o.ByHead[m.Name], o.Features[m.Name])
		if e.model.Separate {
			out = append(out, o.Separate[m.Name])
		}
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
		averages := inforeg.Recalibrated(e.model, byName(e.vars, in[:len(e.vars)]), x)
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

// byName gives the nodes of variables by their names.
func byName(vars []models.Variable, nodes []*Node) map[string]*Node {
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
func (l *engines) find(b *xla.Backend, m *models.Multimodal, method inforeg.Method, settings setting.Values) *engine {
	own := setting.Values{}
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
		own[setting.EncoderPrefix+mod.Name] = settings[setting.EncoderPrefix+mod.Name]
		fmt.Fprint(&key, mod.Name, mod.Shape, " ")
	}
	fmt.Fprint(&key, m.Classes, own.Hash())
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
