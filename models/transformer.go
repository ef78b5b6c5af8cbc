package models

import (
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/data"
)

// Roles of the variables that only a [Transformer] or a [Bag] has. They are not among the weights of a probe that
// leaves out biases and norm layers, which are those of convolution and linear layers alone.
const (
	EmbeddingWeight Role = "embedding" // [tokens, D]
	PositionWeight  Role = "position"  // [T, D]
	ClassWeight     Role = "class"     // [1, D]
)

// Transformer is an encoder for sequences of features and for texts of token ids: a vector for each position, to
// which one of the position is added; pre-norm blocks of multi-head self-attention and of two linear layers with an
// exact GELU between them; a layer norm, and the mean over positions. Variables are called pos, cls, embed.*,
// block<i>_{ln1,qkv,proj,ln2,fc1,fc2}.*, i from 0, and ln.*. The rows of qkv are those of queries, keys and values one
// after the other, in each the heads one after the other.
//
// With Class a learnt vector, cls, stands before the first position, attends and is attended to as any other, and what
// has become of it takes the place of the mean. It has position 0 then, and the others follow.
//
// With Pad some positions are padding: those of token 0, wherever they stand; of a sequence of features those before
// the first and behind the last row that is not all zeros. No position attends to them and the mean leaves them out, so
// that what is added at the ends does not matter. (A sequence must come here as it was padded: where features have been
// shifted, as [data.Standardize] does, its padding is no longer zero.) Of padding alone the mean is 0, and the class
// token attends to itself.
//
// The weights of attention are B*Heads*T² numbers in each block, and the gradient needs them all: with 32 samples and 4
// heads 128 MiB for 512 positions, and four times that for twice as many. A pass of one such block and its gradient
// took half a GiB. Longer inputs want fewer steps, or a CNN before.
//
// There is no dropout. An id that is not a whole number from 0 to Vocab-1 makes its sample's features NaN.
type Transformer struct {
	In        int    // features of each position of the input, [B, T, F]; 0 with tokens
	Vocab     int    // the input are ids of so many tokens, [B, T] or [B, T, 1]; 0 for features
	Pad       bool   // token 0, or rows of zeros at both ends, are padding
	Length    int    // T
	Dim       int    // of a position's vector: Heads divides it
	Heads     int    //
	Layers    int    // blocks
	MLP       int    // fc1 has MLP*Dim outputs
	Positions string // one of the kinds of positions; empty: learnt
	Class     bool   // the features are the class token's, not the mean over positions
}

// Variables lists the encoder's variables in PyTorch's order.
func (e Transformer) Variables(prefix string) []Variable {
	var vars []Variable
	if e.learnt() {
		vars = append(vars, Variable{Name: prefix + "pos", Shape: []int{e.rows(), e.Dim}, Role: PositionWeight})
	}
	if e.Class {
		vars = append(vars, Variable{Name: prefix + "cls", Shape: []int{1, e.Dim}, Role: ClassWeight})
	}
	if e.Vocab > 0 {
		vars = append(vars, embeddingVariable(prefix+"embed", e.Vocab, e.Dim))
	} else {
		vars = append(vars, linearVariables(prefix+"embed", e.Dim, e.In)...)
	}
	for i := range e.Layers {
		name := fmt.Sprintf("%sblock%d_", prefix, i)
		vars = slices.Concat(vars,
			affineVariables(name+"ln1", e.Dim), linearVariables(name+"qkv", 3*e.Dim, e.Dim),
			linearVariables(name+"proj", e.Dim, e.Dim),
			affineVariables(name+"ln2", e.Dim), linearVariables(name+"fc1", e.MLP*e.Dim, e.Dim),
			linearVariables(name+"fc2", e.Dim, e.MLP*e.Dim))
	}
	return append(vars, affineVariables(prefix+"ln", e.Dim)...)
}

// rows is how many positions attend to each other: T, and one for the class token.
func (e Transformer) rows() int {
	if e.Class {
		return e.Length + 1
	}
	return e.Length
}

// Forward encodes x, [B, T, F] or token ids, into [B, Features()].
func (e Transformer) Forward(c *Call, prefix string, x *Node) *Node {
	p := pass{c, 1}
	batch := x.Shape().Dimensions[0]
	x, present := e.embed(p, prefix, x)
	if e.Class {
		token := p.position(prefix+"cls", Zeros(x.Graph(), shapeOf(x, batch, 1, e.Dim)))
		x = Concatenate([]*Node{token, x}, 1)
		if present != nil {
			always := BroadcastToDims(Const(x.Graph(), true), batch, 1)
			present = Concatenate([]*Node{always, present}, 1)
		}
	}
	switch {
	case e.learnt():
		x = p.position(prefix+"pos", x)
	case e.Positions == SinusoidalPositions:
		waves := ConvertDType(ConstTensor(x.Graph(), sinusoids(e.rows(), e.Dim)), x.DType())
		x = Add(x, BroadcastToDims(InsertAxes(waves, 0), x.Shape().Dimensions...))
	}
	x.AssertDims(batch, e.rows(), e.Dim) // [B, T, D]
	for i := range e.Layers {
		name := fmt.Sprintf("%sblock%d_", prefix, i)
		y := p.linear(name+"qkv", p.layerNorm(name+"ln1", x))
		x = Add(x, p.linear(name+"proj", attention(y, present, e.Heads)))
		y = gelu(p.linear(name+"fc1", p.layerNorm(name+"ln2", x)))
		x = Add(x, p.linear(name+"fc2", y))
	}
	if e.Class {
		return Squeeze(p.layerNorm(prefix+"ln", Slice(x, AxisRange(), AxisRange(0, 1))), 1)
	}
	x = p.layerNorm(prefix+"ln", x)
	if present == nil {
		return p.meanOfPositions(x)
	}
	return meanWhere(present, x)
}

// embed gives a vector for each position of x, [B, T, D], and where it is none of padding, [B, T]; nil without padding.
func (e Transformer) embed(p pass, prefix string, x *Node) (vectors, present *Node) {
	if e.Vocab == 0 {
		x.AssertDims(x.Shape().Dimensions[0], e.Length, e.In)
		if e.Pad {
			present = realRows(x)
		}
		return p.linear(prefix+"embed", x), present
	}
	x = checkedIDs(x, e.Length)
	if e.Pad {
		present = NotEqual(x, ZerosLike(x))
	}
	vectors = p.tokens(prefix+"embed", x)
	if e.Positions == SinusoidalPositions { // whose waves have amplitude 1, while vectors of tokens start small
		vectors = MulScalar(vectors, math.Sqrt(float64(e.Dim)))
	}
	return vectors, present
}

// Features is the length of a position's vector.
func (e Transformer) Features() int { return e.Dim }

// layerNorm normalises the last axis of x, [B, T, D], then scales and shifts it.
func (p pass) layerNorm(name string, x *Node) *Node {
	centred := Sub(x, ReduceAndKeep(x, ReduceMean, -1))
	variance := ReduceAndKeep(Square(centred), ReduceMean, -1)
	normal := Div(centred, Sqrt(AddScalar(variance, NormEpsilon)))
	return p.affine(name, normal, x.Shape().Dimensions, &tap{}, p.columnSumsOf(func() *Node { return normal }))
}

// gelu is x Φ(x), with the exact Φ.
func gelu(x *Node) *Node {
	return Mul(x, MulScalar(AddScalar(Erf(MulScalar(x, 1/math.Sqrt2)), 1), 0.5))
}

// maxBlocks bounds the blocks or layers of any encoder.
const maxBlocks = 64

func parseTransformer(_ string, m data.Modality, take func(name, def string) string) (Encoder, error) {
	var e Transformer
	for _, o := range []struct {
		name, def string
		to        *int
		max       int
	}{
		{"dim", "32", &e.Dim, maxChannels}, {"heads", "4", &e.Heads, maxChannels},
		{"layers", "2", &e.Layers, maxBlocks}, {"mlp", "2", &e.MLP, 64},
	} {
		var err error
		if *o.to, err = parseWhole(o.name, take(o.name, o.def), 1, o.max); err != nil {
			return nil, err
		}
	}
	if e.Dim%e.Heads != 0 {
		return nil, fmt.Errorf("models: %d heads, want a divisor of dim %d", e.Heads, e.Dim)
	}
	var err error
	if e.Pad, err = parseSwitch("pad", take); err != nil {
		return nil, err
	}
	switch e.Positions = take("pos", LearntPositions); e.Positions {
	case LearntPositions:
		e.Positions = ""
	case SinusoidalPositions, NoPositions:
	default:
		return nil, fmt.Errorf("models: pos %q, want learned, sinusoidal or none", e.Positions)
	}
	switch pool := take("pool", "mean"); pool {
	case "mean", "class":
		e.Class = pool == "class"
	default:
		return nil, fmt.Errorf("models: pool %q, want mean or class", pool)
	}
	vocab := take("vocab", "")
	if vocab != "" {
		e.Vocab, e.Length, err = parseTokens(vocab, m)
		return e, err
	}
	if len(m.Shape) != 2 {
		return nil, fmt.Errorf(
			"models: %s of shape %v, want a sequence [T, F] for a transformer, or vocab= for token ids [T]", m.Kind,
			m.Shape,
		)
	}
	e.Length, e.In = m.Shape[0], m.Shape[1]
	return e, nil
}
