package inforeg

import (
	"fmt"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/models"
)

// forms decides how a layer's per-sample norms are computed.
type forms struct {
	// gram reports whether the Gram form is to be taken: gramCost and cost are the multiplications of both.
	gram func(gramCost, cost int) bool
	// bound is how many numbers the unfolded arrays of one layer may hold at once; samples are taken in groups so
	// that they do. A single sample may exceed it.
	bound int
	// kernels says that package kernels makes them for convolutions, in graphs that ask for it.
	kernels bool
}

// cheapest are the forms that are used.
var cheapest = forms{gram: func(gramCost, cost int) bool { return gramCost < cost }, bound: 1 << 24, kernels: true}

// summed is how much of a layer's per-sample weight gradient has to be paid for where the batch gradient is made
// from it; the rest replaces the filter gradient of the step. From 0.15 to 0.5 a ResNet-18 takes the same time; nets
// of a few small layers are quickest at 0.5.
const summed = 0.5

// Supported reports the first layer of a model that the exact engine cannot treat, by name and kind.
func Supported(layers []models.Layer) error {
	for _, l := range layers {
		switch l.Kind {
		case models.ConvLayer, models.LinearLayer, models.NormLayer, models.EmbeddingLayer, models.PositionLayer:
		default:
			return fmt.Errorf("inforeg: layer %s: per-sample gradients of kind %q are not known", l.Name, l.Kind)
		}
	}
	return nil
}

// layer is one layer's part, [B], for the gradient delta of the summed loss at its output. With sum it also gives
// the weight's gradient, as the variable is shaped, where the form makes it; else nil.
func (f forms) layer(l models.Layer, delta *Node, batch int, sum bool) (norms LayerNorms, gradient *Node) {
	norms.Name = l.Name
	if err := Supported([]models.Layer{l}); err != nil {
		panic(err)
	}
	d := positions(delta, batch) // [B, T, out]
	switch l.Kind {
	case models.ConvLayer:
		norms.Weights, gradient = f.conv(l, delta, batch, sum)
	case models.LinearLayer:
		norms.Weights = f.linear(positions(l.Input, batch), d)
	case models.NormLayer:
		if l.Sums != nil {
			shift, slope := l.Sums(delta) // of rows, [B*frames, C]
			norms.Rest = Add(rowNorms(positionSums(slope, batch)), rowNorms(positionSums(shift, batch)))
			return norms, nil
		}
		norms.Rest = rowNorms(positionSums(Mul(delta, Reshape(l.Input, delta.Shape().Dimensions...)), batch))
	case models.EmbeddingLayer:
		norms.Rest = embeddingNorms(Reshape(l.Input, batch, -1), d)
	case models.PositionLayer:
		norms.Rest = rowNorms(ReduceSum(Reshape(delta, batch, l.Frames, -1), 1))
	}
	if l.Bias {
		bias := rowNorms(positionSums(delta, batch))
		if norms.Rest != nil {
			bias = Add(norms.Rest, bias)
		}
		norms.Rest = bias
	}
	return norms, gradient
}

// positions folds x, [B*frames, ..., C], into [B, T, C] with all positions and frames of a sample on one axis.
func positions(x *Node, batch int) *Node {
	dims := x.Shape().Dimensions
	return Reshape(x, batch, -1, dims[len(dims)-1])
}

// positionSums sums x, [B*frames, ..., C], over the positions and frames of a sample, [B, C]: row by row as a product
// with ones, which is how package models sums, so that the compiler makes both out of one product.
func positionSums(x *Node, batch int) *Node {
	dims := x.Shape().Dimensions
	rows, channels := dims[0], dims[len(dims)-1]
	if len(dims) > 2 {
		x = Reshape(x, rows, -1, channels)
		ones := Ones(x.Graph(), shapes.Make(x.DType(), rows, x.Shape().Dimensions[1]))
		x = DotGeneral(ones, []int{1}, []int{0}, x, []int{1}, []int{0})
	}
	y := ReduceSum(Reshape(x, batch, -1, channels), 1)
	y.AssertDims(batch, channels)
	return y
}

// rowNorms is the squared norm of each row of x, [B, ...]; [B].
func rowNorms(x *Node) *Node {
	batch := x.Shape().Dimensions[0]
	return ReduceSum(Square(Reshape(x, batch, -1)), 1)
}

// gramOf is the matrix of the inner products of a sample's rows: x is [B, T, C], the result [B, T, T].
func gramOf(x *Node) *Node { return perSample(x, x, 2) }

// perSample is a product of a and b, [B, T, C] each, for every sample, over the given axis.
func perSample(a, b *Node, axis int) *Node {
	return DotGeneral(a, []int{axis}, []int{0}, b, []int{axis}, []int{0})
}

// linear is a linear layer's part without bias for inputs a, [B, T, in], and output gradients d, [B, T, out]; [B].
func (f forms) linear(a, d *Node) *Node {
	t, in, out := a.Shape().Dimensions[1], a.Shape().Dimensions[2], d.Shape().Dimensions[2]
	if f.gram(t*t*(in+out), t*in*out) {
		return ReduceSum(Mul(gramOf(a), gramOf(d)), 1, 2)
	}
	return rowNorms(perSample(a, d, 1)) // of [B, in, out]
}

// embeddingNorms is an embedding's part for ids, [B, T], and output gradients d, [B, T, out]: positions that took the
// same row add up before squaring; [B].
func embeddingNorms(ids, d *Node) *Node {
	b, t := ids.Shape().Dimensions[0], ids.Shape().Dimensions[1]
	same := Equal(BroadcastToDims(Reshape(ids, b, t, 1), b, t, t), BroadcastToDims(Reshape(ids, b, 1, t), b, t, t))
	return ReduceSum(Where(same, gramOf(d), Zeros(d.Graph(), shapes.Make(d.DType(), b, t, t))), 1, 2)
}
