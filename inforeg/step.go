package inforeg

import (
	"fmt"
	"maps"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/models"
)

// OptimizerSettings are the settings of the optimizer, PyTorch's SGD: its semantics, and the paper's values
// where it has them. They are controls of every step's graph.
func OptimizerSettings() []data.Setting {
	return []data.Setting{
		{Name: "lr", Default: 2e-3, Min: 0, Max: 100, Mutable: true, Doc: "learning rate at epoch 0"},
		{
			Name: "momentum", Default: 0.9, Min: 0, Max: 0.9999, Mutable: true,
			Doc: "momentum of SGD, as PyTorch's, without dampening",
		},
		{
			Name: "weight_decay", Default: 1e-4, Min: 0, Max: 10, Mutable: true,
			Doc: "added to every gradient, times the weight",
		},
	}
}

// StepInput is what the graph of a step takes, as nodes.
type StepInput struct {
	Vars     map[string]*Node // every variable of the model
	Momentum map[string]*Node // by trainable variable; zeros before the first step
	Start    map[string]*Node // by trainable variable, when the method asks for it
	Controls map[string]*Node // scalars: "lr", "momentum", "weight_decay", and the method's
	X        map[string]*Node // by modality, [B, shape...]
	Labels   *Node            // [B], int32
	Settings map[string]any   // those that shape the graph
	State    map[string]*Node // of the method
	Key      *Node            // [3], uint64, from which [Step.Noise] and [Step.Uniform] draw; nil where Noise is given
	Noise    map[string]*Node // by trainable variable; of a replay
	Measures Measures
	Signs    *Node // [Measures.Signs, B], rows of [Signs] for [Balanced]; only with Measures.Signs
	Draws    *Node // [B, Measures.Labels], numbers in [0, 1); only with Measures.Labels
}

// Measures says what a step measures beside training, out of its own forward pass and with the statistics of its
// batch. The zero value measures nothing.
type Measures struct {
	// every sample's share of the gradient, exactly: see [Shares]. The gradient is then summed in another order.
	Shares  bool
	Signs   int  // draws of balanced signs; each is one more backward pass, and all share one forward pass
	Labels  int  // draws of labels from the model, likewise
	Weights bool // shares and sums leave out all but weights of convolutions and linear layers
}

// StepResult is what the graph of a step gives, as nodes.
type StepResult struct {
	Vars     map[string]*Node // every variable after the update
	Momentum map[string]*Node // by trainable variable
	State    map[string]*Node // of the method, after the step
	Grads    map[string]*Node // by trainable variable, as handed to the optimizer
	Scalars  []NamedScalar    // "loss", "acc", "score.<modality>", and the method's
	// GradSquares has shape [trainable variables], in the model's order: the squared norm of the gradient
	// handed to the optimizer. UpdateSquares is of the same shape: the squared norm of the update. ValueSquares has
	// shape [variables]: the squared norm after the update.
	GradSquares, UpdateSquares, ValueSquares *Node
	// Sketches has, by modality, the encoder's gradient of the loss, before the method changes it, each variable
	// folded to at most [SketchSize] values: [total], in the order of [EncoderVariables].
	Sketches map[string]*Node
	// Plain reports whether the loss is the mean of the samples' fused losses: the method added nothing to it.
	Plain bool
	// Measured has, by modality, what [Measures] asked for.
	Measured map[string]Measured
}

// Measured are numbers of one encoder that a step gives beside training, in nats².
type Measured struct {
	Shares *Node // [B], squared norm of every sample's share
	// scalar, squared norm of the gradient of the mean of the losses of which the shares or signed sums are
	Mean *Node
	// [Signs], squared norm of the sum of the samples' gradients of the fused loss, with the signs of each row
	Signs  *Node
	Labels *Node // [labels], squared norm of the sum of the samples' gradients at drawn labels
}

// SketchSize is how many numbers the gradient of one variable is folded into. A smaller one is kept as it is; of a
// larger one, cosines carry an error of about 1/√SketchSize = 0.008.
const SketchSize = 1 << 14

// BuildStep adds one training step to a graph: the forward pass, as the method has it, the method's loss, gradients,
// the method's changes to them, and the optimizer's update. It is the only place where a step is defined; every method
// is hooks on it.
func BuildStep(model *models.Multimodal, method Method, in StepInput) StepResult {
	batch := in.Labels.Shape().Dimensions[0]
	call := &models.Call{Vars: in.Vars, Norm: models.BatchStatistics, Updates: map[string]*Node{}}
	var shares *Shares
	if in.Measures.Shares {
		shares = NewShares(model, call, batch)
	}
	s := &Step{
		Model: model, Settings: in.Settings, Vars: in.Vars, StartAt: in.Start, Controls: in.Controls, X: in.X,
		Labels:  in.Labels,
		Updates: call.Updates, State: maps.Clone(in.State), Held: map[string]*Node{},
	}
	s.noise, s.uniform = in.draws()
	method.Forward(s, call)
	s.Out = model.Forward(call, s.X)
	s.Losses = models.CrossEntropy(s.Out.Logits, s.Labels)
	mean := ReduceAllMean(s.Losses)
	s.Loss = mean
	s.Record("loss", s.Loss)
	s.Record("acc", Accuracy(s.Out.Logits, s.Labels))
	scores := s.Scores(ScoreMeanP)
	for _, m := range model.Modalities {
		s.Record("score."+m.Name, scores[m.Name])
	}

	method.Loss(s)
	vars := model.Variables()
	trainable := slices.DeleteFunc(slices.Clone(vars), func(v models.Variable) bool { return !v.Trainable() })
	nodes := make([]*Node, len(trainable))
	for i, v := range trainable {
		nodes[i] = in.Vars[v.Name]
	}
	s.Grads = make(map[string]*Node, len(trainable))
	for i, g := range Gradient(s.Loss, nodes...) {
		s.Grads[trainable[i].Name] = g
	}
	call.Backward = nil
	r := StepResult{
		Vars: map[string]*Node{}, Momentum: map[string]*Node{}, Sketches: map[string]*Node{},
		Measured: map[string]Measured{},
	}
	for _, m := range model.Modalities {
		r.Sketches[m.Name] = sketches(EncoderVariables(model, m.Name), s.Grads)
	}
	r.Plain = s.Loss == mean
	r.measure(s, call, in, shares)
	method.Gradients(s)

	lr, momentum, decay := s.Control("lr"), s.Control("momentum"), s.Control("weight_decay")
	gradSquares, updates := make([]*Node, len(trainable)), make([]*Node, len(trainable))
	for i, v := range trainable {
		grad := s.Grads[v.Name]
		if !grad.Shape().Equal(in.Vars[v.Name].Shape()) {
			panic(fmt.Errorf("inforeg: gradient of %s: got %v, want %v", v.Name, grad.Shape(), in.Vars[v.Name].Shape()))
		}
		r.Vars[v.Name], r.Momentum[v.Name] = models.SGD(in.Vars[v.Name], grad, in.Momentum[v.Name], lr, momentum, decay)
		update := Mul(r.Momentum[v.Name], lr)
		if held := s.Held[v.Name]; held != nil {
			keep := GreaterThan(held, ZerosLike(held))
			r.Vars[v.Name] = Where(keep, in.Vars[v.Name], r.Vars[v.Name])
			r.Momentum[v.Name] = Where(keep, in.Momentum[v.Name], r.Momentum[v.Name])
			update = Where(keep, ZerosLike(update), update)
		}
		gradSquares[i] = SquaredNorm(grad)
		updates[i] = SquaredNorm(update)
	}
	valueSquares := make([]*Node, len(vars))
	for i, v := range vars {
		if !v.Trainable() {
			r.Vars[v.Name] = call.Updates[v.Name]
			if r.Vars[v.Name] == nil {
				panic(fmt.Errorf("inforeg: the forward pass did not update %s", v.Name))
			}
		}
		valueSquares[i] = SquaredNorm(r.Vars[v.Name])
	}
	r.GradSquares, r.UpdateSquares, r.ValueSquares = Stack(gradSquares, 0), Stack(updates, 0), Stack(valueSquares, 0)
	if s.Total != nil {
		s.Record("total", s.Total)
	}
	r.Scalars, r.State, r.Grads = s.scalars, s.State, s.Grads
	for name, next := range s.State {
		if before := in.State[name]; before == nil || !next.Shape().Equal(before.Shape()) {
			panic(fmt.Errorf("inforeg: state %s: got %v, want what the method declares", name, next.Shape()))
		}
	}
	return r
}

// draws gives [Step.Noise] and [Step.Uniform], which take turns with the key.
func (in StepInput) draws() (noise func(models.Variable) *Node, uniform func() *Node) {
	key := in.Key
	noise = func(v models.Variable) *Node {
		if given := in.Noise[v.Name]; given != nil {
			return given
		}
		if key == nil {
			panic(fmt.Errorf("inforeg: no noise for %s", v.Name))
		}
		var drawn *Node
		key, drawn = RandomNormal(key, shapes.Make(in.Controls["lr"].DType(), v.Shape...))
		return drawn
	}
	uniform = func() *Node {
		if key == nil {
			panic(fmt.Errorf("inforeg: no key to draw a number from"))
		}
		var drawn *Node
		key, drawn = RandomUniform(key, shapes.Make(dtypes.Float32))
		return drawn
	}
	return noise, uniform
}

// measure fills Measured. The gradients of s are still those of its loss.
func (r *StepResult) measure(s *Step, call *models.Call, in StepInput, shares *Shares) {
	var norms map[string]*Node
	if shares != nil {
		norms = shares.Norms(in.Measures.Weights)
	}
	signs, labels := map[string]*Node{}, map[string]*Node{}
	if in.Measures.Signs > 0 {
		signs = SumNorms(s.Model, call, s.Losses, in.Signs, in.Measures.Weights)
	}
	if in.Measures.Labels > 0 {
		labels = Probe{Loss: LossFused, Weights: in.Measures.Weights}.LabelSums(s.Model, call, s.Out, in.Draws)
	}
	batch := in.Labels.Shape().Dimensions[0]
	ofMean := in.Measures.Signs > 0 && !r.Plain // the gradient at hand is of another loss
	var own map[string]*Node
	if ofMean {
		own = SumNorms(
			s.Model, call, s.Losses, Ones(s.Loss.Graph(), shapes.Make(s.Loss.DType(), 1, batch)), in.Measures.Weights,
		)
	}
	for _, m := range s.Model.Modalities {
		got := Measured{Shares: norms[m.Name], Signs: signs[m.Name], Labels: labels[m.Name]}
		switch {
		case ofMean:
			got.Mean = MulScalar(Reshape(own[m.Name]), 1/float64(batch*batch))
		case in.Measures.Signs > 0 || in.Measures.Shares:
			got.Mean = squareOf(EncoderVariables(s.Model, m.Name), s.Grads, in.Measures.Weights)
		}
		r.Measured[m.Name] = got
	}
}

// sketches folds the gradients of variables, one after the other.
func sketches(vars []models.Variable, grads map[string]*Node) *Node {
	list := make([]*Node, len(vars))
	for i, v := range vars {
		list[i] = Sketch(Reshape(grads[v.Name], -1), SketchSize, uint64(i))
	}
	return Concatenate(list, 0)
}

// SketchSpan is where the sketch of a variable stands.
type SketchSpan struct {
	Name     string // of the variable
	From, To int
	Folded   bool // whether it has more elements than SketchSize
}

// SketchSpans says where the sketches of an encoder's variables stand in [StepResult.Sketches].
func SketchSpans(model *models.Multimodal, modality string) []SketchSpan {
	var list []SketchSpan
	from := 0
	for _, v := range EncoderVariables(model, modality) {
		n := min(v.Size(), SketchSize)
		list = append(list, SketchSpan{v.Name, from, from + n, v.Size() > SketchSize})
		from += n
	}
	return list
}

// Accuracy is the share of rows of logits, [B, C], whose largest entry is at the label, [B]; a scalar.
func Accuracy(logits, labels *Node) *Node {
	return ReduceAllMean(ConvertDType(Equal(ArgMax(logits, -1, labels.DType()), labels), logits.DType()))
}

// SquaredNorm is the sum of the squares of all elements; a scalar.
func SquaredNorm(x *Node) *Node { return ReduceAllSum(Square(x)) }
