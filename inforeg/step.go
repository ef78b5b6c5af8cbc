package inforeg

import (
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/models"
)

// OptimizerSettings are the settings of the optimizer, PyTorch's SGD: its semantics, and the paper's values
// where it has them. They are controls of every step's graph.
func OptimizerSettings() []data.Setting {
	return []data.Setting{
		{Name: "lr", Default: 2e-3, Min: 0, Max: 100, Mutable: true, Doc: "learning rate at epoch 0"},
		{Name: "momentum", Default: 0.9, Min: 0, Max: 0.9999, Mutable: true, Doc: "momentum of SGD, as PyTorch's, without dampening"},
		{Name: "weight_decay", Default: 1e-4, Min: 0, Max: 10, Mutable: true, Doc: "added to every gradient, times the weight"},
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
}

// StepResult is what the graph of a step gives, as nodes.
type StepResult struct {
	Vars     map[string]*Node // every variable after the update
	Momentum map[string]*Node // by trainable variable
	Scalars  []NamedScalar    // "loss", "acc", "score.<modality>", and the method's
	// GradSquares has shape [trainable variables], in the model's order: the squared norm of the gradient
	// handed to the optimizer. ValueSquares has shape [variables]: the squared norm after the update.
	GradSquares, ValueSquares *Node
	// Sketches has, by modality, the encoder's gradient handed to the optimizer, folded to at most
	// [SketchSize] values.
	Sketches map[string]*Node
}

// SketchSize is how many numbers a batch gradient is folded into. A smaller encoder's gradient is kept as it
// is; of a larger one, cosines carry an error of about 1/√SketchSize = 0.004.
const SketchSize = 1 << 16

// BuildStep adds one training step to a graph: forward, the method's loss, gradients, the method's changes to
// them, and the optimizer's update. It is the only place where a step is defined; every method is hooks on it.
func BuildStep(model *models.Multimodal, method Method, in StepInput) StepResult {
	call := &models.Call{Vars: in.Vars, Norm: models.BatchStatistics, Updates: map[string]*Node{}}
	s := &Step{
		Model: model, Settings: in.Settings, Vars: in.Vars, StartAt: in.Start, Controls: in.Controls, Labels: in.Labels,
		Out: model.Forward(call, in.X),
	}
	s.Losses = models.CrossEntropy(s.Out.Logits, s.Labels)
	s.Loss = ReduceAllMean(s.Losses)
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
	method.Gradients(s)

	r := StepResult{Vars: map[string]*Node{}, Momentum: map[string]*Node{}, Sketches: map[string]*Node{}}
	lr, momentum, decay := s.Control("lr"), s.Control("momentum"), s.Control("weight_decay")
	gradSquares := make([]*Node, len(trainable))
	for i, v := range trainable {
		grad := s.Grads[v.Name]
		if !grad.Shape().Equal(in.Vars[v.Name].Shape()) {
			panic(fmt.Errorf("inforeg: gradient of %s: got %v, want %v", v.Name, grad.Shape(), in.Vars[v.Name].Shape()))
		}
		r.Vars[v.Name], r.Momentum[v.Name] = models.SGD(in.Vars[v.Name], grad, in.Momentum[v.Name], lr, momentum, decay)
		gradSquares[i] = SquaredNorm(grad)
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
	r.GradSquares, r.ValueSquares = Stack(gradSquares, 0), Stack(valueSquares, 0)
	for i, m := range model.Modalities {
		var flat []*Node
		for _, v := range EncoderVariables(model, m.Name) {
			flat = append(flat, Reshape(s.Grads[v.Name], -1))
		}
		r.Sketches[m.Name] = Sketch(Concatenate(flat, 0), SketchSize, uint64(i))
	}
	if s.Total != nil {
		s.Record("total", s.Total)
	}
	r.Scalars = s.scalars
	return r
}

// Accuracy is the share of rows of logits, [B, C], whose largest entry is at the label, [B]; a scalar.
func Accuracy(logits, labels *Node) *Node {
	return ReduceAllMean(ConvertDType(Equal(ArgMax(logits, -1, labels.DType()), labels), logits.DType()))
}

// SquaredNorm is the sum of the squares of all elements; a scalar.
func SquaredNorm(x *Node) *Node { return ReduceAllSum(Square(x)) }
