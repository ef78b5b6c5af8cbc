package models

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/data"
)

// Roles of the variables that only a [Transformer] has. They are not among the weights of a probe that leaves out
// biases and norm layers, which are those of convolution and linear layers alone.
const (
	EmbeddingWeight Role = "embedding" // [tokens, D]
	PositionWeight  Role = "position"  // [T, D]
)

// Transformer is an encoder for sequences of features and for texts of token ids: a vector for each position, to
// which a learnt one of the position is added; pre-norm blocks of multi-head self-attention and of two linear
// layers with an exact GELU between them; a layer norm, and the mean over positions. Variables are called pos,
// embed.*, block<i>_{ln1,qkv,proj,ln2,fc1,fc2}.*, i from 0, and ln.*. The rows of qkv are those of queries, keys
// and values one after the other, in each the heads one after the other.
//
// With Pad, positions of token 0 are padding, wherever they stand: no position attends to them and the mean leaves
// them out, so that what follows a text's end does not matter. The features of a text of padding alone are 0.
//
// There is no dropout. An id that is not a whole number from 0 to Vocab-1 makes its sample's features NaN.
type Transformer struct {
	In     int  // features of each position of the input, [B, T, F]; 0 with tokens
	Vocab  int  // the input are ids of so many tokens, [B, T] or [B, T, 1]; 0 for features
	Pad    bool // token 0 is padding
	Length int  // T
	Dim    int  // of a position's vector: Heads divides it
	Heads  int
	Layers int // blocks
	MLP    int // fc1 has MLP*Dim outputs
}

// Variables lists the encoder's variables in PyTorch's order.
func (e Transformer) Variables(prefix string) []Variable {
	vars := []Variable{{Name: prefix + "pos", Shape: []int{e.Length, e.Dim}, Role: PositionWeight}}
	if e.Vocab > 0 {
		vars = append(vars, Variable{Name: prefix + "embed.weight", Shape: []int{e.Vocab, e.Dim}, Role: EmbeddingWeight})
	} else {
		vars = append(vars, linearVariables(prefix+"embed", e.Dim, e.In)...)
	}
	for i := range e.Layers {
		name := fmt.Sprintf("%sblock%d_", prefix, i)
		vars = slices.Concat(vars,
			affineVariables(name+"ln1", e.Dim), linearVariables(name+"qkv", 3*e.Dim, e.Dim), linearVariables(name+"proj", e.Dim, e.Dim),
			affineVariables(name+"ln2", e.Dim), linearVariables(name+"fc1", e.MLP*e.Dim, e.Dim), linearVariables(name+"fc2", e.Dim, e.MLP*e.Dim))
	}
	return append(vars, affineVariables(prefix+"ln", e.Dim)...)
}

// Forward encodes x, [B, T, F] or token ids, into [B, Features()].
func (e Transformer) Forward(c *Call, prefix string, x *Node) *Node {
	p := pass{c, 1}
	batch := x.Shape().Dimensions[0]
	var text *Node // [B, T], false at padding; nil without padding
	if e.Vocab > 0 {
		if x.Rank() == 3 {
			x.AssertDims(batch, e.Length, 1)
			x = Squeeze(x, 2)
		}
		x.AssertDims(batch, e.Length)
		if e.Pad {
			text = NotEqual(x, ZerosLike(x))
		}
		x = p.tokens(prefix+"embed", x)
	} else {
		x.AssertDims(batch, e.Length, e.In)
		x = p.linear(prefix+"embed", x)
	}
	x = p.position(prefix+"pos", x)
	x.AssertDims(batch, e.Length, e.Dim) // [B, T, D]
	for i := range e.Layers {
		name := fmt.Sprintf("%sblock%d_", prefix, i)
		y := p.linear(name+"qkv", p.layerNorm(name+"ln1", x))
		x = Add(x, p.linear(name+"proj", attention(y, text, e.Heads)))
		y = gelu(p.linear(name+"fc1", p.layerNorm(name+"ln2", x)))
		x = Add(x, p.linear(name+"fc2", y))
	}
	x = p.layerNorm(prefix+"ln", x)
	if text == nil {
		return p.meanOfPositions(x)
	}
	return meanWhere(text, x)
}

// Features is the length of a position's vector.
func (e Transformer) Features() int { return e.Dim }

// tokens looks ids, [B, T], up in the table name.weight, [vocab, D]: [B, T, D].
func (p pass) tokens(name string, ids *Node) *Node {
	table := p.Var(name + ".weight")
	rows := ConvertDType(ClipScalar(ids, 0, float64(table.Shape().Dimensions[0]-1)), dtypes.Int32)
	l := Layer{Kind: EmbeddingLayer, Name: name, Input: rows, Frames: p.frames}
	var t tap
	l.Output = t.watch(Gather(p.weight(l, table, &t, nil), InsertAxes(rows, -1)))
	p.layer(l)
	known := Equal(ConvertDType(rows, ids.DType()), ids)
	return Where(known, l.Output, Scalar(ids.Graph(), ids.DType(), math.NaN()))
}

// position adds the variable name, [T, D], to each sample of x, [B, T, D].
func (p pass) position(name string, x *Node) *Node {
	l := Layer{Kind: PositionLayer, Name: name, Frames: p.frames}
	var t tap
	each := BroadcastToDims(InsertAxes(p.weight(l, p.Var(name), &t, nil), 0), x.Shape().Dimensions...)
	l.Output = t.watch(Add(x, each))
	p.layer(l)
	return l.Output
}

// layerNorm normalises the last axis of x, [B, T, D], then scales and shifts it.
func (p pass) layerNorm(name string, x *Node) *Node {
	centred := Sub(x, ReduceAndKeep(x, ReduceMean, -1))
	variance := ReduceAndKeep(Square(centred), ReduceMean, -1)
	normal := Div(centred, Sqrt(AddScalar(variance, NormEpsilon)))
	return p.affine(name, normal, x.Shape().Dimensions, &tap{})
}

// attention lets every position of a sample attend to those in text, [B, T], or to all. qkv, [B, T, 3D], holds
// queries, keys and values; the result is [B, T, D], heads side by side.
func attention(qkv, text *Node, heads int) *Node {
	dims := qkv.Shape().Dimensions
	batch, length, width := dims[0], dims[1], dims[2]/3/heads
	parts := Reshape(qkv, batch, length, 3, heads, width)
	part := func(i int) *Node { return Squeeze(Slice(parts, AxisRange(), AxisRange(), AxisElem(i)), 2) } // [B, T, H, d]
	scores := DotGeneral(part(0), []int{3}, []int{0, 2}, part(1), []int{3}, []int{0, 2})
	scores = MulScalar(scores, 1/math.Sqrt(float64(width)))
	scores.AssertDims(batch, heads, length, length)
	if text != nil {
		keys := BroadcastToDims(Reshape(text, batch, 1, 1, length), scores.Shape().Dimensions...)
		scores = Where(keys, scores, Scalar(scores.Graph(), scores.DType(), hidden))
	}
	y := DotGeneral(Softmax(scores, -1), []int{3}, []int{0, 1}, part(2), []int{1}, []int{0, 2}) // [B, H, T, d]
	return Reshape(TransposeAllDims(y, 0, 2, 1, 3), batch, length, heads*width)
}

// hidden is the score of padding: its weight beside any other score is exactly 0. It is finite so that a text of
// padding alone has finite weights, which the mean then leaves out.
const hidden = -1e30

// meanWhere averages x, [B, T, D], over the positions at which text, [B, T], holds: [B, D], 0 where there are none.
func meanWhere(text, x *Node) *Node {
	weights := ConvertDType(text, x.DType())
	count := MaxScalar(ReduceAndKeep(weights, ReduceSum, 1), 1)
	weights = Div(weights, BroadcastToDims(count, weights.Shape().Dimensions...))
	return DotGeneral(weights, []int{1}, []int{0}, x, []int{1}, []int{0})
}

// gelu is x Φ(x), with the exact Φ.
func gelu(x *Node) *Node {
	return Mul(x, MulScalar(AddScalar(Erf(MulScalar(x, 1/math.Sqrt2)), 1), 0.5))
}

const (
	maxBlocks = 64
	maxVocab  = 1 << 24 // up to here float32 holds every whole number
)

func parseTransformer(m data.Modality, take func(name, def string) string) (Encoder, error) {
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
	vocab, pad := take("vocab", ""), take("pad", "")
	n := len(m.Shape)
	if vocab == "" {
		if pad != "" {
			return nil, fmt.Errorf("models: pad=%s without vocab=, want it with token ids only", pad)
		}
		if n != 2 {
			return nil, fmt.Errorf("models: %s of shape %v, want a sequence [T, F] for a transformer, or vocab= for token ids [T]", m.Kind, m.Shape)
		}
		e.Length, e.In = m.Shape[0], m.Shape[1]
		return e, nil
	}
	var err error
	if e.Vocab, err = parseWhole("vocab", vocab, 2, maxVocab); err != nil {
		return nil, err
	}
	if pad != "" && pad != "0" && pad != "1" {
		return nil, fmt.Errorf("models: pad %q, want 0 or 1", pad)
	}
	e.Pad = pad == "1"
	if n != 1 && (n != 2 || m.Shape[1] != 1) {
		return nil, fmt.Errorf("models: %s of shape %v, want token ids [T] or [T, 1] with vocab=", m.Kind, m.Shape)
	}
	e.Length = m.Shape[0]
	return e, nil
}
