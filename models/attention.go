package models

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// attention lets every position of a sample attend to those in present, [B, T], or to all. qkv, [B, T, 3D], holds
// queries, keys and values; the result is [B, T, D], heads side by side.
func attention(qkv, present *Node, heads int) *Node {
	dims := qkv.Shape().Dimensions
	batch, length, width := dims[0], dims[1], dims[2]/3/heads
	parts := Reshape(qkv, batch, length, 3, heads, width)
	part := func(i int) *Node { return Squeeze(Slice(parts, AxisRange(), AxisRange(), AxisElem(i)), 2) } // [B, T, H, d]
	scores := DotGeneral(part(0), []int{3}, []int{0, 2}, part(1), []int{3}, []int{0, 2})
	scores = MulScalar(scores, 1/math.Sqrt(float64(width)))
	scores.AssertDims(batch, heads, length, length)
	if present != nil {
		keys := BroadcastToDims(Reshape(present, batch, 1, 1, length), scores.Shape().Dimensions...)
		scores = Where(keys, scores, Scalar(scores.Graph(), scores.DType(), hidden))
	}
	y := DotGeneral(Softmax(scores, -1), []int{3}, []int{0, 1}, part(2), []int{1}, []int{0, 2}) // [B, H, T, d]
	return Reshape(TransposeAllDims(y, 0, 2, 1, 3), batch, length, heads*width)
}

// hidden is the score of padding: its weight beside any other score is exactly 0. It is finite so that a sample of
// padding alone has finite weights, which the mean then leaves out.
const hidden = -1e30

// meanWhere averages x, [B, T, D], over the positions at which present, [B, T], holds: [B, D], 0 where there are none.
func meanWhere(present, x *Node) *Node {
	weights := ConvertDType(present, x.DType())
	count := MaxScalar(ReduceAndKeep(weights, ReduceSum, 1), 1)
	weights = Div(weights, BroadcastToDims(count, weights.Shape().Dimensions...))
	return DotGeneral(weights, []int{1}, []int{0}, x, []int{1}, []int{0})
}

// realRows tells where the rows of x, [B, T, F], are none of padding, [B, T]: from the first to the last that is not
// all zeros. Rows of zeros between them are real.
func realRows(x *Node) *Node {
	dims := x.Shape().Dimensions
	x = StopGradient(x)
	steps := shapes.Make(dtypes.Int32, dims[0], dims[1])
	nonzero := ConvertDType(NotEqual(x, ZerosLike(x)), dtypes.Int32) // NaN is not zero: it stays in sight
	full := GreaterThan(ReduceMax(nonzero, 2), Zeros(x.Graph(), steps))
	at := Iota(x.Graph(), steps, 1)
	first := ReduceAndKeep(Where(full, at, AddScalar(ZerosLike(at), float64(dims[1]))), ReduceMin, 1)
	last := ReduceAndKeep(Where(full, at, AddScalar(ZerosLike(at), -1)), ReduceMax, 1)
	spread := func(bound *Node) *Node { return BroadcastToDims(bound, dims[0], dims[1]) }
	return LogicalAnd(GreaterOrEqual(at, spread(first)), LessOrEqual(at, spread(last)))
}
