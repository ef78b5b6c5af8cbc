package models

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/internal/kernels"
)

// The stem's pooling of an ImageNet ResNet: windows of 3 by 3, stride 2, padding 1.
const poolWindow, poolStride = 3, 2

// maxPool takes the greatest value of each window of x, [N, H, W, C]. Of equal ones the first, row by row, has the
// gradient, as in PyTorch.
func (p pass) maxPool(x *Node) *Node {
	if !p.Forms.own(x.Graph()) {
		return MaxPool(x).WindowPerAxis(poolWindow, poolWindow).StridePerAxis(poolStride, poolStride).PaddingPerDim(
			[][2]int{{1, 1}, {1, 1}},
		).Done()
	}
	// The greatest is taken of a constant, and the gradient goes from y to x by poolGradient: autodiff through the
	// comparisons would go over every window nine times. The choice that is never taken is the way to x.
	var t tap
	g := x.Graph()
	constant, zero, lowest := StopGradient(x), ScalarZero(g, x.DType()), Const(g, x.DType().LowestValue())
	places := IotaFull(g, shapes.Make(dtypes.Uint8, poolWindow*poolWindow))
	best, place := firstGreatest(windows(constant, lowest), places)
	gradient := func(_, _ *Node) *Node { return poolGradient(x, t.delta, place, places, zero) }
	if p.byKernel(x) {
		out := kernels.Compute(kernels.PoolName, func(in []*Node) []*Node {
			best, place := firstGreatest(windows(in[0], in[1]), in[2])
			return []*Node{best, place}
		}, constant, lowest, places)
		best, place = out[0], out[1]
		gradient = func(_, _ *Node) *Node {
			return kernels.Compute(kernels.UnpoolName, func(in []*Node) []*Node {
				return []*Node{poolGradient(x, in[0], in[1], in[2], in[3])}
			}, t.delta, place, places, zero)[0]
		}
	}
	source := IdentityWithCustomGradient(x, gradient)
	never := Equal(ZerosLike(best), OnesLike(best))
	every := Slice(source, AxisRange(), AxisRange().Stride(poolStride), AxisRange().Stride(poolStride), AxisRange())
	return t.watch(Where(never, every, best))
}

// windows gives the values of all windows, tap by tap: nine arrays of the pooled shape. Beyond the edge they are
// the lowest number there is.
func windows(x, lowest *Node) []*Node {
	dims := x.Shape().Dimensions
	pads := make([]PadAxis, 4)
	out := make([]int, 2)
	for i := range out {
		out[i] = pooled(dims[i+1])
		pads[i+1] = PadAxis{Start: 1, End: (out[i]-1)*poolStride + poolWindow - 1 - dims[i+1]}
	}
	padded := Pad(x, lowest, pads...)
	var list []*Node
	for i := range poolWindow {
		for j := range poolWindow {
			rows := AxisRange(i, i+(out[0]-1)*poolStride+1).Stride(poolStride)
			columns := AxisRange(j, j+(out[1]-1)*poolStride+1).Stride(poolStride)
			list = append(list, Slice(padded, AxisRange(), rows, columns, AxisRange()))
		}
	}
	return list
}

// pooled is the number of windows along an axis.
func pooled(size int) int { return (size-1)/poolStride + 1 }

// firstGreatest gives, element by element, the greatest of a list, and the place of the first that is so great, out of
// places, which are one for each of the list.
func firstGreatest(list []*Node, places *Node) (best, place *Node) {
	at := func(k int) *Node { return spread(Slice(places, AxisRange(k, k+1)), list[0]) }
	best, place = list[0], at(0)
	for k, v := range list[1:] {
		greater := GreaterThan(v, best)
		best = Where(greater, v, best)
		place = Where(greater, at(k+1), place)
	}
	return best, place
}

// poolGradient is the gradient of maxPool at x for delta, [N, H', W', C], at its output, place being what
// [firstGreatest] gave. A position with an even row lies in one row of windows, as their middle; one with an odd row in
// two, as the last of one and the first of the next. So the four kinds of positions are four sums, woven together.
func poolGradient(x, delta, place, places, zero *Node) *Node {
	dims, out := x.Shape().Dimensions, delta.Shape().Dimensions
	nothing := spread(zero, delta)
	from := func(i, j int) *Node { // what the windows give to their tap i, j
		k := i*poolWindow + j
		return Where(Equal(place, spread(Slice(places, AxisRange(k, k+1)), delta)), delta, nothing)
	}
	next := func(v *Node, axis int) *Node { // of the following window
		if out[axis] == 1 {
			return BroadcastToDims(zero, v.Shape().Dimensions...)
		}
		seen := []SliceAxisSpec{AxisRange(), AxisRange(), AxisRange(), AxisRange()}
		seen[axis] = AxisRange(1)
		pads := make([]PadAxis, 4)
		pads[axis].End = 1
		return Pad(Slice(v, seen...), zero, pads...)
	}
	row := func(i int) *Node { // tap row i, columns woven: [N, H', 2 W', C]
		odd := Add(from(i, 2), next(from(i, 0), 2))
		return Reshape(Stack([]*Node{from(i, 1), odd}, 3), out[0], out[1], 2*out[2], out[3])
	}
	odd := Add(row(2), next(row(0), 1))
	all := Reshape(Stack([]*Node{row(1), odd}, 2), out[0], 2*out[1], 2*out[2], out[3])
	return Slice(all, AxisRange(), AxisRange(0, dims[1]), AxisRange(0, dims[2]), AxisRange())
}
