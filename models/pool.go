package models

import . "github.com/gomlx/gomlx/core/graph"

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
	source := IdentityWithCustomGradient(x, func(_, _ *Node) *Node { return poolGradient(x, t.delta) })
	best, _ := firstGreatest(windows(StopGradient(x)))
	never := Equal(ZerosLike(best), OnesLike(best))
	every := Slice(source, AxisRange(), AxisRange().Stride(poolStride), AxisRange().Stride(poolStride), AxisRange())
	return t.watch(Where(never, every, best))
}

// windows gives the values of all windows, tap by tap: nine arrays of the pooled shape. Beyond the edge they are
// the lowest number there is.
func windows(x *Node) []*Node {
	dims := x.Shape().Dimensions
	lowest := Const(x.Graph(), x.DType().LowestValue())
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

// firstGreatest gives, element by element, the greatest of a list and the index of the first that is so great.
func firstGreatest(list []*Node) (best, index *Node) {
	best, index = list[0], ZerosLike(list[0])
	for k, v := range list[1:] {
		greater := GreaterThan(v, best)
		best = Where(greater, v, best)
		index = Where(greater, AddScalar(ZerosLike(v), float64(k+1)), index)
	}
	return best, index
}

// poolGradient is the gradient of maxPool at x for delta, [N, H', W', C], at its output. A position with an even
// row lies in one row of windows, as their middle; one with an odd row in two, as the last of one and the first of
// the next. So the four kinds of positions are four sums, woven together.
func poolGradient(x, delta *Node) *Node {
	dims, out := x.Shape().Dimensions, delta.Shape().Dimensions
	_, index := firstGreatest(windows(StopGradient(x)))
	from := func(i, j int) *Node { // what the windows give to their tap i, j
		chosen := Equal(index, AddScalar(ZerosLike(index), float64(i*poolWindow+j)))
		return Where(chosen, delta, ZerosLike(delta))
	}
	next := func(v *Node, axis int) *Node { // of the following window
		if out[axis] == 1 {
			return ZerosLike(v)
		}
		seen := []SliceAxisSpec{AxisRange(), AxisRange(), AxisRange(), AxisRange()}
		seen[axis] = AxisRange(1)
		pads := make([]PadAxis, 4)
		pads[axis].End = 1
		return Pad(Slice(v, seen...), ScalarZero(v.Graph(), v.DType()), pads...)
	}
	row := func(i int) *Node { // tap row i, columns woven: [N, H', 2 W', C]
		odd := Add(from(i, 2), next(from(i, 0), 2))
		return Reshape(Stack([]*Node{from(i, 1), odd}, 3), out[0], out[1], 2*out[2], out[3])
	}
	odd := Add(row(2), next(row(0), 1))
	all := Reshape(Stack([]*Node{row(1), odd}, 2), out[0], 2*out[1], 2*out[2], out[3])
	return Slice(all, AxisRange(), AxisRange(0, dims[1]), AxisRange(0, dims[2]), AxisRange())
}
