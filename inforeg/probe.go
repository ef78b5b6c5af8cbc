package inforeg

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/models"
)

// KindFisherTrue is the trace of the Fisher information itself: the labels are the model's own, not the
// observed ones. It is not in the paper, which takes the observed labels for its eq. 7.
const KindFisherTrue = "fisher_true"

// Losses whose gradient a probe takes.
const (
	LossFused    = "fused"    // cross entropy of the fused logits
	LossUnimodal = "unimodal" // cross entropy of the modality's own readout, each encoder its own
	LossSum      = "sum"      // both added
)

// Labels of a probe.
const (
	LabelsObserved = "observed" // those of the set
	LabelsExact    = "exact"    // the model's: each class weighted with its probability
	LabelsSampled  = "sampled"  // the model's: drawn from its probabilities
)

// Batch-norm statistics of a probe.
const (
	BNRecalibrated = "recalibrated" // re-estimated on the probe samples, then constants
	BNRunning      = "eval"         // the running averages, which lag behind early in training
	BNConstant     = "const"        // of the samples measured together, as constants
	BNCoupled      = "coupled"      // of the batch, with the gradient through them: the gradients that SGD averages
	// BNShare is of the batch; not a sample's own gradient but its share of the batch's: see [Shares].
	BNShare = "share"
)

// Ways to the number.
const (
	Exact      = "exact"      // every sample's gradient
	Rademacher = "rademacher" // squared norm of a sum with random signs
	Balanced   = "balanced"   // the same with as many + as -, and the mean gradient beside it
)

// Probe says which number of the Fisher family is measured. Two probes with different fields measure different
// things and never share an axis.
type Probe struct {
	Kind      string // KindFisherEmp or KindFisherTrue
	Loss      string
	Labels    string
	BN        string
	Estimator string
	Weights   bool // convolution and linear weights alone, without biases and norm layers
	Whole     bool // the fusion head's layers too: the trace of the model as a whole is the sum over all layers
	Draws     int  // of signs or labels; 0 for exact numbers
}

// ErrProbe reports a probe whose parts do not fit together.
var ErrProbe = errors.New("inforeg: no such probe")

// Complete fills what was left empty with the default, and reports what does not fit.
func (p Probe) Complete() (Probe, error) {
	bad := func(format string, args ...any) (Probe, error) {
		return Probe{}, fmt.Errorf("%w: %s", ErrProbe, fmt.Sprintf(format, args...))
	}
	for _, field := range []struct {
		name  string
		value *string
		known []string
	}{
		{"kind", &p.Kind, []string{KindFisherEmp, KindFisherTrue}},
		{"loss", &p.Loss, []string{LossFused, LossUnimodal, LossSum}},
		{"estimator", &p.Estimator, []string{Exact, Rademacher, Balanced}},
		{"bn", &p.BN, []string{BNRecalibrated, BNRunning, BNConstant, BNCoupled, BNShare}},
	} {
		if *field.value == "" {
			*field.value = field.known[0]
		}
		if !slices.Contains(field.known, *field.value) {
			return bad("%s %q, want one of %v", field.name, *field.value, field.known)
		}
	}
	labels := []string{LabelsObserved}
	if p.Kind == KindFisherTrue {
		labels = []string{LabelsExact, LabelsSampled}
	}
	if p.Labels == "" {
		p.Labels = labels[0]
	}
	if !slices.Contains(labels, p.Labels) {
		return bad("labels %q with %s, want one of %v", p.Labels, p.Kind, labels)
	}
	switch {
	case p.Kind == KindFisherTrue && p.Loss == LossSum:
		return bad("%s with loss sum: the labels of two readouts would have to be the same", p.Kind)
	case p.Kind == KindFisherTrue && p.Estimator != Exact:
		return bad("%s with estimator %s: sampled labels need no signs", p.Kind, p.Estimator)
	case p.Kind == KindFisherTrue && p.Labels == LabelsExact && p.BN == BNCoupled:
		return bad(
			"%s over all classes with coupled statistics: that is a backward pass for each sample and class; take "+
				"labels sampled",
			p.Kind,
		)
	case p.BN == BNShare && (p.Kind == KindFisherTrue || p.Estimator != Exact):
		return bad(
			"shares of %s by %s with labels %s: they are exact and of the observed labels", p.Kind, p.Estimator,
			p.Labels,
		)
	case p.Whole &&
		(p.Kind != KindFisherEmp || p.Loss != LossFused || p.Estimator != Exact || p.BN == BNCoupled ||
			p.BN == BNShare):
		return bad("the whole model's trace of %s, loss %s, estimator %s, bn %s: it is exact, of fisher_emp and the "+
			"fused loss, "+
			"with statistics that do not mix samples", p.Kind, p.Loss, p.Estimator, p.BN)
	case p.Draws < 0:
		return bad("%d draws", p.Draws)
	}
	if random := p.Estimator != Exact || p.Labels == LabelsSampled; random && p.Draws == 0 {
		p.Draws = 8
	} else if !random {
		p.Draws = 0
	}
	return p, nil
}

// Norm is the batch-norm mode of the probe's pass.
func (p Probe) Norm() models.NormMode {
	switch p.BN {
	case BNConstant:
		return models.ConstantStatistics
	case BNCoupled, BNShare:
		return models.BatchStatistics
	}
	return models.RunningStatistics
}

// Layers gives each layer's part of every sample's squared gradient norm at the observed labels, in one forward and
// one backward pass over x, by modality [B, shape...]. For shares it also gives, by modality, the squared norm of the
// gradient of the mean loss. Of the whole model the head's layers come after the encoders'; it panics for a model with
// gates between its encoders, whose part is not known.
func (p Probe) Layers(
	model *models.Multimodal, vars, x map[string]*Node, labels *Node,
) (layers []LayerNorms, mean map[string]*Node) {
	call := &models.Call{Vars: vars, Norm: p.Norm(), Record: true, Head: p.Whole}
	if p.BN != BNShare {
		layers = LayerSquaredNorms(model, call, p.Losses(model.Forward(call, x), labels))
		if p.Whole {
			checkWhole(model, call.Layers)
		}
		return layers, nil
	}
	shares := NewShares(model, call, labels.Shape().Dimensions[0])
	losses := p.Losses(model.Forward(call, x), labels)
	grads := map[string]*Node{}
	mean = map[string]*Node{}
	nodes, _ := encoderNodes(model, call, false)
	list := Gradient(ReduceAllMean(losses), nodes...)
	for _, m := range model.Modalities {
		for _, v := range EncoderVariables(model, m.Name) {
			grads[v.Name], list = list[0], list[1:]
		}
		mean[m.Name] = squareOf(EncoderVariables(model, m.Name), grads, p.Weights)
	}
	return shares.Layers(), mean
}

// squareOf is the squared norm of the gradients of variables together, or of their weights alone; a scalar.
func squareOf(vars []models.Variable, grads map[string]*Node, weightsOnly bool) *Node {
	var squares []*Node
	for _, v := range vars {
		if !weightsOnly || weight(v) {
			squares = append(squares, SquaredNorm(grads[v.Name]))
		}
	}
	return ReduceAllSum(Stack(squares, 0))
}

// Losses gives every sample's loss for these labels, [B], such that its gradient with respect to a modality's
// encoder is that of the probe's loss for the modality: encoders share no variable, so the unimodal losses may
// be added.
func (p Probe) Losses(out models.Output, labels *Node) *Node {
	var sum *Node
	if p.Loss != LossUnimodal {
		sum = models.CrossEntropy(out.Logits, labels)
	}
	if p.Loss == LossFused {
		return sum
	}
	for _, name := range slices.Sorted(maps.Keys(out.Unimodal)) {
		loss := models.CrossEntropy(out.Unimodal[name], labels)
		if sum == nil {
			sum = loss
		} else {
			sum = Add(sum, loss)
		}
	}
	return sum
}

// readout are the logits from which the labels of fisher_true come, for one modality's encoder.
func (p Probe) readout(out models.Output, modality string) *Node {
	if p.Loss == LossUnimodal {
		return out.Unimodal[modality]
	}
	return out.Logits
}

// Norms gives, by modality, every sample's contribution to the trace, [B]: the squared norm of its gradient at
// the observed labels, or its mean over the model's own labels. draws, [B, Draws] of numbers in [0, 1), choose
// the sampled ones. call is the pass that gave out; it must have recorded its layers and must not mix samples.
func (p Probe) Norms(
	model *models.Multimodal, call *models.Call, out models.Output, labels, draws *Node,
) map[string]*Node {
	at := func(labels *Node) map[string]*Node {
		return SquaredGradientNorms(model, call, p.Losses(out, labels), p.Weights)
	}
	switch p.Labels {
	case LabelsExact:
		return p.overClasses(model, out, labels, at)
	case LabelsSampled:
		return p.overDraws(model, out, labels, draws, at)
	}
	return at(labels)
}

// overClasses adds the classes' squared norms, weighted with the model's probabilities. All share one forward pass.
func (p Probe) overClasses(
	model *models.Multimodal, out models.Output, labels *Node, at func(*Node) map[string]*Node,
) map[string]*Node {
	sums := map[string]*Node{}
	for c := range model.Classes {
		class := AddScalar(ZerosLike(labels), float64(c))
		got := at(class)
		for _, name := range slices.Sorted(maps.Keys(got)) { // the same graph in every process
			chance := StopGradient(Exp(Neg(models.CrossEntropy(p.readout(out, name), class))))
			if part := Mul(chance, got[name]); sums[name] == nil {
				sums[name] = part
			} else {
				sums[name] = Add(sums[name], part)
			}
		}
	}
	return sums
}

// overDraws averages the squared norms at labels drawn from the model. With unimodal losses each modality has
// labels of its own, by the same draws.
func (p Probe) overDraws(
	model *models.Multimodal, out models.Output, labels, draws *Node, at func(*Node) map[string]*Node,
) map[string]*Node {
	sums := map[string]*Node{}
	names := ModalityNames(model)
	for k := range p.Draws {
		u := Slice(draws, AxisRange(), AxisElem(k)) // [B, 1]
		for i, name := range names {
			if i > 0 && p.Loss != LossUnimodal {
				break // one drawing serves all
			}
			norms := at(drawn(p.readout(out, name), u, labels))
			for _, to := range names {
				if p.Loss == LossUnimodal && to != name {
					continue
				}
				if part := MulScalar(norms[to], 1/float64(p.Draws)); sums[to] == nil {
					sums[to] = part
				} else {
					sums[to] = Add(sums[to], part)
				}
			}
		}
	}
	return sums
}

// drawn are the labels that numbers u, [B, 1] in [0, 1), choose from softmax(logits), of the type of like.
func drawn(logits, u, like *Node) *Node {
	dims := logits.Shape().Dimensions
	p := StopGradient(Softmax(logits, -1)) // [B, C]
	reached := ZerosLike(u)
	count := ZerosLike(u)
	for c := range dims[1] - 1 {
		reached = Add(reached, Slice(p, AxisRange(), AxisElem(c)))
		count = Add(count, ConvertDType(GreaterOrEqual(u, reached), u.DType()))
	}
	return ConvertDType(Reshape(count, dims[0]), like.DType())
}

// SumNorms gives, for each row of signs, [K, B], and each modality the squared norm of the sum over the samples
// of sign times gradient; [K]. All rows share one forward pass, and call may have any batch-norm mode: with
// batch statistics the gradients are the coupled ones that SGD averages.
func SumNorms(model *models.Multimodal, call *models.Call, losses, signs *Node, weightsOnly bool) map[string]*Node {
	rows := signs.Shape().Dimensions[0]
	batch := losses.Shape().Dimensions[0]
	signs.AssertDims(rows, batch)
	nodes, count := encoderNodes(model, call, weightsOnly)
	parts := map[string][]*Node{}
	for k := range rows {
		row := StopGradient(Reshape(Slice(signs, AxisElem(k)), batch))
		addSquares(model, Gradient(ReduceAllSum(Mul(losses, row)), nodes...), count, parts)
	}
	return stacked(parts)
}

// addSquares appends, for each modality, the squared norm of its next count gradients.
func addSquares(model *models.Multimodal, grads []*Node, count map[string]int, parts map[string][]*Node) {
	for _, m := range model.Modalities {
		squares := make([]*Node, count[m.Name])
		for i := range squares {
			squares[i] = SquaredNorm(grads[i])
		}
		grads = grads[len(squares):]
		parts[m.Name] = append(parts[m.Name], ReduceAllSum(Stack(squares, 0)))
	}
}

func stacked(parts map[string][]*Node) map[string]*Node {
	norms := map[string]*Node{}
	for _, name := range slices.Sorted(maps.Keys(parts)) { // the same graph in every process
		norms[name] = Stack(parts[name], 0)
	}
	return norms
}

// LabelSums gives, for each draw of labels from the model by a column of draws, [B, K], and each modality the squared
// norm of the sum of the samples' gradients at these labels; [K]. Scores have mean zero, so that no signs are needed:
// its mean over the draws is the sum of the samples' traces, batch statistics included. call gave out.
func (p Probe) LabelSums(model *models.Multimodal, call *models.Call, out models.Output, draws *Node) map[string]*Node {
	nodes, count := encoderNodes(model, call, p.Weights)
	like := Zeros(draws.Graph(), shapes.Make(dtypes.Int32, draws.Shape().Dimensions[0]))
	readouts := []*Node{out.Logits}
	if p.Loss == LossUnimodal {
		readouts = nil
		for _, name := range ModalityNames(model) {
			readouts = append(readouts, out.Unimodal[name])
		}
	}
	parts := map[string][]*Node{}
	for k := range draws.Shape().Dimensions[1] {
		var loss *Node
		for _, logits := range readouts {
			labels := drawn(logits, Slice(draws, AxisRange(), AxisElem(k)), like)
			part := ReduceAllSum(models.CrossEntropy(logits, labels))
			if loss != nil {
				part = Add(loss, part)
			}
			loss = part
		}
		addSquares(model, Gradient(loss, nodes...), count, parts)
	}
	return stacked(parts)
}

// encoderNodes lists the variables that count, modality after modality, and how many each has.
func encoderNodes(model *models.Multimodal, call *models.Call, weightsOnly bool) (nodes []*Node, count map[string]int) {
	count = map[string]int{}
	for _, m := range model.Modalities {
		for _, v := range EncoderVariables(model, m.Name) {
			if !weightsOnly || weight(v) {
				nodes = append(nodes, call.Var(v.Name))
				count[m.Name]++
			}
		}
	}
	return nodes, count
}

// weight reports whether a variable counts where weights alone do.
func weight(v models.Variable) bool {
	return v.Role == models.ConvWeight || v.Role == models.LinearWeight
}
