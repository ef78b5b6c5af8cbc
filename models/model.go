package models

import (
	"fmt"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/data"
)

// Role says what a variable is for. It decides how the variable is drawn at the start, whether the optimizer
// touches it, and which parameter set of a probe it belongs to.
type Role string

const (
	ConvWeight   Role = "conv"   // kept as [k..., in, out], PyTorch [out, in, k...]
	LinearWeight Role = "linear" // [out, in]
	Bias         Role = "bias"
	NormScale    Role = "scale"
	NormShift    Role = "shift"
	RunningMean  Role = "mean" // a batch-norm average, not trained
	RunningVar   Role = "var"  // likewise
)

// Variable declares one tensor of a model.
type Variable struct {
	Name  string // PyTorch's name, for example "enc.audio.layer1.0.conv1.weight"
	Shape []int  // as kept here; see [Variable.TorchShape]
	Role  Role
}

// Trainable reports whether the optimizer changes the variable.
func (v Variable) Trainable() bool { return v.Role != RunningMean && v.Role != RunningVar }

// Size is the number of elements.
func (v Variable) Size() int {
	n := 1
	for _, d := range v.Shape {
		n *= d
	}
	return n
}

// NormMode says which statistics batch norm uses.
type NormMode int

const (
	// BatchStatistics normalises by the batch's own mean and biased variance, lets gradients flow through
	// them, and reports the new running averages in [Call.Updates] (with the unbiased variance), as in training.
	BatchStatistics NormMode = iota
	// RunningStatistics normalises by the running averages as constants, so that samples do not mix.
	RunningStatistics
	// ConstantStatistics normalises by the batch's own statistics, treated as constants.
	ConstantStatistics
)

// NormMomentum is the weight of the present batch in the running averages, PyTorch's default.
const NormMomentum = 0.1

// NormEpsilon is added to the variance, PyTorch's default.
const NormEpsilon = 1e-5

// Call is one pass through a model while a graph is being built.
type Call struct {
	Vars    map[string]*Node // by variable name, shaped as [Variable.Shape]
	Norm    NormMode
	Updates map[string]*Node // filled by the pass where it is not nil: new running averages, by variable name
	// Recalibrate makes Updates the batch's own mean and unbiased variance instead of moving averages.
	Recalibrate bool
	Layers      []Layer // filled by the pass when Record is set: every encoder layer with trainable variables, in order
	Record      bool
	Head        bool // whether Layers has the fusion head's layers too, after the encoders'
	Forms       Forms
	// Backward, where it is set, is told of each layer whose weight's gradient is being taken, with the gradient
	// delta at its output, shaped like it up to how positions are folded. What it returns is the weight's gradient;
	// nil leaves that to the layer.
	Backward func(l Layer, delta *Node) *Node
	// Gate, where it is set, is given a modality's gates after a stage, [B, C], see [GatedStage], and returns those
	// that are taken in their place.
	Gate func(stage int, modality string, gates *Node) *Node
}

// Var returns the variable of that name and panics when the call lacks it.
func (c *Call) Var(name string) *Node {
	v, ok := c.Vars[name]
	if !ok {
		panic(fmt.Errorf("models: no variable %q in this call", name))
	}
	return v
}

// LayerKind tells the layers apart that a per-sample gradient has to treat differently.
type LayerKind string

const (
	ConvLayer   LayerKind = "conv"
	LinearLayer LayerKind = "linear"
	NormLayer   LayerKind = "norm"

	EmbeddingLayer LayerKind = "embedding" // a row of Name + ".weight" for each id
	PositionLayer  LayerKind = "position"  // adds the variable Name, without suffix, to every sample
)

// Layer is a layer with trainable variables, as it was used in one pass.
type Layer struct {
	Kind LayerKind
	Name string // prefix of its variables: Name + ".weight", Name + ".bias"; position: its one variable
	Bias bool   // whether it has Name + ".bias"
	// conv [N, spatial..., in]; linear [N, in] or [N, T, in]; norm: what is scaled and shifted; embedding: ids [N, T],
	// int32; position: nil
	Input   *Node
	Output  *Node    // what the layer returns, before any activation: [N, ...]
	Frames  int      // N = B*Frames: so many rows in a run belong to one sample
	Kernel  []int    // of a convolution, per spatial axis
	Strides []int    // likewise
	Padding [][2]int // likewise
	// Sums, of a norm, gives for delta, as Output is shaped, each row's sums over its positions of delta and of delta
	// times Input: [N, C] both. Nil where no kernel makes them at once.
	Sums func(delta *Node) (shift, slope *Node)
}

// Encoder turns one modality into a feature vector.
type Encoder interface {
	// Variables lists the encoder's variables in PyTorch's order, each name starting with prefix.
	Variables(prefix string) []Variable
	// Forward encodes x, [B, modality shape...], into [B, Features()].
	Forward(c *Call, prefix string, x *Node) *Node
	// Features is the length of the feature vector.
	Features() int
}

// Multimodal is a late-fusion classifier: an encoder for each modality and a head over their features.
type Multimodal struct {
	Modalities []data.Modality    // in the order in which the head sees them
	Encoders   map[string]Encoder // by modality name
	Fusion     string             // one of [Fusions]
	Hidden     int                // units of gated fusion; 0: as many as the first modality has features
	Separate   bool               // whether each modality has a linear classifier of its own beside the head
	Classes    int
	Gates      int     // the last so many stages of both encoders have gates between them, see [GatedStage]; 0: none
	GateScale  float64 // what a gate's sigmoid is multiplied by: 2 in the paper of MMTM; 0: nothing
}

// Output is what one pass of a [Multimodal] gives.
type Output struct {
	Logits *Node            // [B, classes], fused
	ByHead map[string]*Node // by modality, [B, classes]: what the head makes of that modality alone, see [Fusions]
	// by modality, [B, classes]: what its own classifier says; nil without [Multimodal.Separate]
	Separate map[string]*Node
	Unimodal map[string]*Node // by which a modality is read alone: Separate where there is one, else ByHead
	Features map[string]*Node // by modality, [B, D]
}

// HeadLayer reports whether a layer or variable of that name belongs to the fusion head.
func HeadLayer(name string) bool { return name == headName || strings.HasPrefix(name, headName+".") }

// EncoderPrefix is what the names of a modality's encoder variables start with.
func EncoderPrefix(modality string) string { return "enc." + modality + "." }
