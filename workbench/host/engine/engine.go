package engine

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/timing"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// Engine holds the graphs of one kind of run: one model, one method, one batch size. Runs that differ only in numbers
// share it: a setting that may change in the middle of a run is an input of the graph, so that changing it compiles
// nothing. Its methods may be called from several goroutines; it runs one graph at a time, and runs that share it take
// turns step by step.
type Engine struct {
	Backend   *xla.Backend
	Model     *models.Multimodal
	Method    inforeg.Method
	settings  setting.Values          // those that shape the graph
	Vars      []models.Variable       // all variables of the model, in its order
	Trainable []models.Variable       // those of them that have a gradient, in the same order
	Carried   []inforeg.StateVariable // of the method
	controls  []string                // scalar inputs of a step, in order
	Noised    []models.Variable       // whose noise is given to a step; none unless in a replay
	Gradients bool                    // whether a step gives the gradients; only in a replay

	mu      sync.Mutex          // one graph at a time, and the fields below
	Graphs  []*graph            // at most mostGraphs, the one that was called last at the end
	Scalars []string            // what a step records, in order; known once its graph is built, and never changed then
	layers  map[string][]string // by graph: the layers it measures, likewise
	Plain   bool                // whether the method leaves the loss alone, likewise
	timing  *timing.Account     // nil keeps none
}

// New prepares the graphs of a model under a method; each is compiled when it is first called. Settings are those that
// shape the graphs, see [Engines.Find]. The backend may be set later, before the first call.
func New(b *xla.Backend, m *models.Multimodal, method inforeg.Method, settings setting.Values) *Engine {
	e := &Engine{
		Backend: b, Model: m, Method: method, settings: settings, Vars: m.Variables(), Carried: method.State(m),
		layers: map[string][]string{},
	}
	e.Trainable = slices.DeleteFunc(slices.Clone(e.Vars), func(v models.Variable) bool { return !v.Trainable() })
	// Numbers and switches that may change in the middle of a run come first, then what the method decides. A text
	// cannot be an input: a mutable one is for EpochStart, which reads it outside of graphs.
	for _, s := range append(inforeg.OptimizerSettings(), method.Settings()...) {
		if _, text := s.Default.(string); s.Mutable && !text {
			e.controls = append(e.controls, s.Name)
		}
	}
	e.controls = append(e.controls, method.Controls(inforeg.ModalityNames(m))...)
	return e
}

// Initial draws the first weights. Each variable is drawn by seed and name, so that a model with one more keeps the
// others' values. Momentum and what the method carries begin at zero. There are no weights of an interval's start:
// [Engine.IntervalStart] notes them.
func (e *Engine) Initial(seed uint64) State {
	values := e.Model.Init(seed)
	var s State
	for _, v := range e.Vars {
		s.Vars = append(s.Vars, tensors.FromFlatDataAndDimensions(values[v.Name], v.Shape...))
	}
	for _, v := range e.Trainable {
		s.Momentum = append(s.Momentum, tensors.FromFlatDataAndDimensions(make([]float32, v.Size()), v.Shape...))
	}
	for _, v := range e.Carried {
		s.Carried = append(s.Carried, tensors.FromFlatDataAndDimensions(make([]float32, v.Size()), v.Shape...))
	}
	return s
}

// Measured are the numbers of one encoder that a step gave beside training, in nats²: see inforeg.Measured, whose order
// they have.
type Measured struct {
	// by sample, by draw of signs, by draw of labels; empty where not asked for
	Shares, Signs, Labels []float64
	Mean                  float64 // squared norm of the gradient of the batch's mean loss
}

// Outcome is what a step gives beside the next state. All but Gradients are copies in Go's heap.
type Outcome struct {
	Scalars       []float32            // in the order of Engine.Scalars
	GradSquares   []float32            // by trainable variable: squared norm of the gradient that the optimizer got
	UpdateSquares []float32            // by trainable variable: squared norm of the update
	valueSquares  []float32            // by variable: squared norm after the update
	Sketches      map[string][]float32 // by modality: the folded gradient of its encoder
	Measured      map[string]Measured  // by modality
	Gradients     []*tensors.Tensor    // by trainable variable, if the engine gives them; the caller frees them
}

// StepInput is what a step takes beside the state. The step frees Chances and Noise; the batch stays as it is, for its
// values are copied.
type StepInput struct {
	Batch    *data.Batch
	Controls []float32 // see [Engine.ControlVector]
	Measures inforeg.Measures
	Chances  []*tensors.Tensor // the random inputs of what it measures
	Key      [3]uint64         // of the noise that a method may draw
	Noise    []*tensors.Tensor // by Engine.Noised, in its place
}

// StepName names the graph of a step that measures so much. Each combination of measures is a graph of its own: in a
// single one every step would pay for what few steps measure.
func StepName(m inforeg.Measures) string {
	if m == (inforeg.Measures{}) {
		return "step"
	}
	return fmt.Sprintf("step %+v", m)
}

// Step takes one optimizer step and measures what it is asked to. It frees nothing of s: the caller decides which
// state lives on, and a step that turns out bad leaves s as it was. The next state shares Start with s; all else of it
// is new.
func (e *Engine) Step(s State, in StepInput) (State, Outcome, error) {
	m := in.Measures
	var args []any
	// The order of buildStep: state, batch, chances, noise, key, controls. There are as many inputs as the state has
	// tensors: one without Start does not fit a method that asks for it.
	for _, list := range s.Lists() {
		for _, t := range list {
			args = append(args, t)
		}
	}
	// all that is made for this step alone, and freed when the call is over
	inputs := append(e.batchTensors(in.Batch), in.Chances...)
	inputs = append(append(inputs, in.Noise...), tensors.FromValue(in.Key[:]))
	defer Free(inputs...)
	for _, t := range inputs {
		args = append(args, t)
	}
	out, err := e.Call(StepName(m), func(in []*Node) []*Node { return e.buildStep(in, m) }, append(args, in.Controls))
	if err != nil {
		return State{}, Outcome{}, err
	}
	// outputs are taken from the front: the next state, gradients, and what is read here
	take := func(n int) []*tensors.Tensor { head := out[:n]; out = out[n:]; return head }
	next := State{
		Vars: take(len(s.Vars)), Momentum: take(len(s.Momentum)), Start: s.Start, Carried: take(len(s.Carried)),
	}
	var grads []*tensors.Tensor
	if e.Gradients {
		grads = take(len(e.Trainable))
	}
	rest := out // the tensors of numbers, freed when they have been copied
	defer Free(rest...)
	whole := false
	defer func() {
		if !whole { // numbers that cannot be read: nobody gets the rest either
			next.Drop(s)
			Free(grads...)
		}
	}()
	o := Outcome{Gradients: grads, Sketches: map[string][]float32{}, Measured: map[string]Measured{}}
	for _, dst := range []*[]float32{&o.Scalars, &o.GradSquares, &o.UpdateSquares, &o.valueSquares} {
		if *dst, err = tensors.CopyFlatData[float32](rest[0]); err != nil {
			return State{}, Outcome{}, err
		}
		rest = rest[1:]
	}
	for _, mod := range e.Model.Modalities {
		if o.Sketches[mod.Name], err = tensors.CopyFlatData[float32](rest[0]); err != nil {
			return State{}, Outcome{}, err
		}
		rest = rest[1:]
	}
	// the name of the graph says whether it has the outputs below
	if m == (inforeg.Measures{}) {
		whole = true
		return next, o, nil
	}
	for _, mod := range e.Model.Modalities {
		values, err := tensors.CopyFlatData[float32](rest[0])
		if err != nil {
			return State{}, Outcome{}, err
		}
		rest = rest[1:]
		// one list for each encoder: shares, signs, labels, and the mean last
		all := make([]float64, len(values))
		for i, v := range values {
			all[i] = float64(v)
		}
		shares := 0
		if m.Shares {
			shares = len(in.Batch.Labels)
		}
		o.Measured[mod.Name] = Measured{
			Shares: all[:shares], Signs: all[shares:][:m.Signs], Labels: all[shares+m.Signs:][:m.Labels],
			Mean: all[len(all)-1],
		}
	}
	whole = true
	return next, o, nil
}

// FirstBad names the first number of a step that is not finite: a variable, or the loss. One squared norm tells of all
// elements of a variable: any that is not finite makes it so. It is not finite either where
// the squares overflow float32, at a norm of about 2e19.
func (e *Engine) FirstBad(o Outcome) string {
	finite := func(x float32) bool { return !math.IsNaN(float64(x)) && !math.IsInf(float64(x), 0) }
	for i, v := range o.GradSquares {
		if !finite(v) {
			return "the gradient of " + e.Trainable[i].Name
		}
	}
	for i, v := range o.valueSquares {
		if !finite(v) {
			return e.Vars[i].Name
		}
	}
	for i, v := range o.Scalars {
		if !finite(v) {
			return e.Scalars[i]
		}
	}
	return ""
}

// buildStep builds the graph of a step; its inputs and outputs are in the order of Step. It runs within Call and notes
// what Step and its callers need to read the results. Scalars and Plain come out the same for each graph of a step,
// since what is measured adds no scalar and changes no loss. They are noted once: whoever has taken a step reads them
// without the lock, while another run's next graph is built. Variables may be float64, in a replay; what comes as
// float32 is converted.
func (e *Engine) buildStep(in []*Node, m inforeg.Measures) []*Node {
	take := func(n int) []*Node { head := in[:n]; in = in[n:]; return head }
	input := inforeg.StepInput{
		Vars: ByName(e.Vars, take(len(e.Vars))), Momentum: ByName(e.Trainable, take(len(e.Trainable))),
		State: map[string]*Node{}, Noise: map[string]*Node{}, Controls: map[string]*Node{}, Settings: e.settings,
		Measures: m,
	}
	dtype := input.Vars[e.Vars[0].Name].DType()
	if e.Method.Start() {
		input.Start = ByName(e.Trainable, take(len(e.Trainable)))
	}
	for _, v := range e.Carried {
		input.State[v.Name] = take(1)[0]
	}
	input.X, input.Labels = e.Inputs(take(len(e.Model.Modalities) + 1))
	for _, mod := range e.Model.Modalities { // in their order, so that the graph is the same in every process
		input.X[mod.Name] = ConvertDType(input.X[mod.Name], dtype)
	}
	if m.Signs > 0 {
		input.Signs = take(1)[0]
	}
	if m.Labels > 0 {
		input.Draws = take(1)[0]
	}
	for i, x := range take(len(e.Noised)) {
		input.Noise[e.Noised[i].Name] = ConvertDType(x, dtype)
	}
	input.Key = take(1)[0]
	// all scalars are one input, cut here into one node for each
	controls := ConvertDType(in[0], dtype)
	for i, name := range e.controls {
		input.Controls[name] = Reshape(Slice(controls, AxisElem(i)))
	}
	r := inforeg.BuildStep(e.Model, e.Method, input)
	var out []*Node
	for _, v := range e.Vars {
		out = append(out, r.Vars[v.Name])
	}
	for _, v := range e.Trainable {
		out = append(out, r.Momentum[v.Name])
	}
	for _, v := range e.Carried {
		out = append(out, r.State[v.Name])
	}
	if e.Gradients {
		for _, v := range e.Trainable {
			out = append(out, r.Grads[v.Name])
		}
	}
	first := len(out)
	var names []string
	values := make([]*Node, len(r.Scalars))
	for i, s := range r.Scalars {
		names = append(names, s.Name)
		values[i] = ConvertDType(s.Value, dtypes.Float32)
	}
	if e.Scalars == nil {
		e.Scalars, e.Plain = names, r.Plain
	}
	out = append(out, Stack(values, 0), r.GradSquares, r.UpdateSquares, r.ValueSquares)
	for _, mod := range e.Model.Modalities {
		out = append(out, r.Sketches[mod.Name])
	}
	if m == (inforeg.Measures{}) {
		return asFloat32(out, first)
	}
	for _, mod := range e.Model.Modalities {
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

// asFloat32 converts the nodes from the given one on. The state before it keeps its type.
func asFloat32(nodes []*Node, from int) []*Node {
	for i := from; i < len(nodes); i++ {
		nodes[i] = ConvertDType(nodes[i], dtypes.Float32)
	}
	return nodes
}

// WithBatch calls a graph on variables and a batch: the variables first, then the modalities in their order, then the
// labels. The batch's tensors are made for the call and freed after it; vars and the results are the caller's.
func (e *Engine) WithBatch(
	name string, build func([]*Node) []*Node, vars []*tensors.Tensor, batch *data.Batch,
) ([]*tensors.Tensor, error) {
	inputs := e.batchTensors(batch)
	defer Free(inputs...)
	args := make([]any, 0, len(vars)+len(inputs))
	for _, t := range slices.Concat(vars, inputs) {
		args = append(args, t)
	}
	return e.Call(name, build, args)
}

// batchTensors makes tensors of a batch: each modality in the model's order, then the labels. Values are copied.
func (e *Engine) batchTensors(b *data.Batch) []*tensors.Tensor {
	list := make([]*tensors.Tensor, 0, len(e.Model.Modalities)+1)
	for _, m := range e.Model.Modalities {
		list = append(list, tensors.FromFlatDataAndDimensions(b.X[m.Name], append([]int{len(b.Labels)}, m.Shape...)...))
	}
	return append(list, tensors.FromFlatDataAndDimensions(b.Labels, len(b.Labels)))
}

// Inputs reads nodes in the order of batchTensors.
func (e *Engine) Inputs(in []*Node) (x map[string]*Node, labels *Node) {
	x = map[string]*Node{}
	for i, m := range e.Model.Modalities {
		x[m.Name] = in[i]
	}
	return x, in[len(e.Model.Modalities)]
}

// ByName gives the nodes of variables by their names.
func ByName(vars []models.Variable, nodes []*Node) map[string]*Node {
	m := make(map[string]*Node, len(vars))
	for i, v := range vars {
		m[v.Name] = nodes[i]
	}
	return m
}
