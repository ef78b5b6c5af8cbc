package inforeg

import (
	"fmt"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/models"
)

// SquaredGradientNorms gives, for each modality, the squared norm of every sample's own gradient of its loss
// with respect to the modality's encoder, [B], in nats². Their mean is the Fisher trace of the encoder (paper
// eq. 7, at the observed labels). losses, [B], must come from call, which must have recorded its layers and
// must not mix samples: running or constant statistics. weightsOnly leaves out biases, norm layers, embeddings
// and positions.
//
// Each layer takes the cheaper of two exact forms: the per-sample weight gradient, or the product of the Gram
// matrices of inputs and output gradients. Positions and frames of a sample are summed before squaring. It
// panics, naming the layer, where it meets one that it cannot treat; [Supported] says so before anything runs.
func SquaredGradientNorms(
	model *models.Multimodal, call *models.Call, losses *Node, weightsOnly bool,
) map[string]*Node {
	return Total(model, cheapest.layers(model, call, losses), weightsOnly)
}

// LayerNorms are one layer's part of the squared gradient norms of B samples.
type LayerNorms struct {
	Name    string // prefix of the layer's variables, for example "enc.audio.conv0"
	Weights *Node  // [B], of a convolution's or linear layer's weight; nil for other kinds
	Rest    *Node  // [B], of biases and of all variables of other kinds; nil where there are none
}

// All is the whole part, [B].
func (l LayerNorms) All() *Node {
	switch {
	case l.Weights == nil:
		return l.Rest
	case l.Rest == nil:
		return l.Weights
	}
	return Add(l.Weights, l.Rest)
}

// LayerSquaredNorms is [SquaredGradientNorms] layer by layer, in the order of the pass.
func LayerSquaredNorms(model *models.Multimodal, call *models.Call, losses *Node) []LayerNorms {
	return cheapest.layers(model, call, losses)
}

// layers gives every recorded layer's part.
func (f forms) layers(model *models.Multimodal, call *models.Call, losses *Node) []LayerNorms {
	if call.Norm == models.BatchStatistics {
		panic(
			fmt.Errorf(
				"inforeg: per-sample gradients with batch statistics: samples mix; use running or constant ones",
			),
		)
	}
	if !call.Record || len(call.Layers) == 0 {
		panic(fmt.Errorf("inforeg: the pass recorded no layers"))
	}
	list := make([]LayerNorms, len(call.Layers))
	outputs := make([]*Node, len(call.Layers))
	for i, l := range call.Layers {
		outputs[i] = l.Output
		list[i].Name = l.Name
	}
	checkCovered(model, call.Layers)
	batch := losses.Shape().Dimensions[0]
	for i, delta := range Gradient(ReduceAllSum(losses), outputs...) {
		list[i], _ = f.layer(call.Layers[i], delta, batch, false)
	}
	return list
}

// Total adds the layers' parts by modality: [B] each. weightsOnly leaves out all but weights of convolutions and linear
// layers; it panics where an encoder has none.
func Total(model *models.Multimodal, layers []LayerNorms, weightsOnly bool) map[string]*Node {
	sums := map[string]*Node{}
	for _, m := range model.Modalities {
		prefix := models.EncoderPrefix(m.Name)
		for _, l := range layers {
			part := l.Weights
			if !weightsOnly {
				part = l.All()
			}
			if part == nil || !strings.HasPrefix(l.Name, prefix) {
				continue
			}
			if sums[m.Name] != nil {
				part = Add(sums[m.Name], part)
			}
			sums[m.Name] = part
		}
		if sums[m.Name] == nil {
			panic(fmt.Errorf("inforeg: encoder %s has no layer with a weight to measure", m.Name))
		}
	}
	return sums
}

// checkCovered panics when a trainable variable of an encoder belongs to no layer: its gradient would be missing
// from the sum without a word.
func checkCovered(model *models.Multimodal, layers []models.Layer) {
	var vars []models.Variable
	for _, m := range model.Modalities {
		vars = append(vars, EncoderVariables(model, m.Name)...)
	}
	checkVariables(vars, layers)
}

// checkWhole is checkCovered of the fusion head. Classifiers of single modalities beside it take no part in the fused
// loss.
func checkWhole(model *models.Multimodal, layers []models.Layer) {
	if model.Gates > 0 {
		panic(fmt.Errorf("inforeg: the whole model's trace: the gates between the encoders are in no recorded layer"))
	}
	var vars []models.Variable
	for _, v := range model.Variables() {
		if models.HeadLayer(v.Name) && v.Trainable() {
			vars = append(vars, v)
		}
	}
	checkVariables(vars, layers)
}

func checkVariables(vars []models.Variable, layers []models.Layer) {
	covered := map[string]bool{}
	for _, l := range layers {
		if l.Kind == models.PositionLayer {
			covered[l.Name] = true
			continue
		}
		covered[l.Name+".weight"] = true
		covered[l.Name+".bias"] = l.Bias
	}
	for _, v := range vars {
		if !covered[v.Name] {
			panic(
				fmt.Errorf(
					"inforeg: no recorded layer has variable %s, so that its gradient per sample is unknown", v.Name,
				),
			)
		}
	}
}

// Shares collects, while the gradient of a step is taken, each sample's share of it: the part of every layer's
// weight gradient that comes from the sample's own positions. The shares add up to the batch gradient, which is
// made from them, so that measuring replaces work of the step. Where samples do not mix, a share is the gradient
// of the sample's own loss, and the mean squared norm is the Fisher trace of eq. 7. Batch statistics mix them: then
// it is neither that nor a coupled gradient, but [BNShare], under its own name. Most of a share then cancels in the
// sum, as batch norm takes means away: its mean square came out four times that of the coupled gradients on synth.
// Not in the paper.
type Shares struct {
	model  *models.Multimodal
	batch  int
	layers []LayerNorms
	seen   []models.Layer
}

// NewShares prepares call, whose pass over B samples comes next, for collecting.
func NewShares(model *models.Multimodal, call *models.Call, batch int) *Shares {
	s := &Shares{model: model, batch: batch}
	call.Backward = func(l models.Layer, delta *Node) *Node {
		norms, gradient := cheapest.layer(l, delta, batch, true)
		s.seen = append(s.seen, l)
		s.layers = append(s.layers, norms)
		return gradient
	}
	return s
}

// Layers gives every layer's part, for a loss that was the mean over the batch; the gradient of every variable of
// the encoders must have been taken once. It panics where one is missing.
func (s *Shares) Layers() []LayerNorms {
	checkCovered(s.model, s.seen)
	list := make([]LayerNorms, len(s.layers))
	scale := func(x *Node) *Node { // of the mean's gradient to that of the sum
		if x == nil {
			return nil
		}
		return MulScalar(x, float64(s.batch)*float64(s.batch))
	}
	for i, l := range s.layers {
		list[i] = LayerNorms{l.Name, scale(l.Weights), scale(l.Rest)}
	}
	return list
}

// Norms gives every sample's squared norm by modality, [B].
func (s *Shares) Norms(weightsOnly bool) map[string]*Node {
	return Total(s.model, s.Layers(), weightsOnly)
}
