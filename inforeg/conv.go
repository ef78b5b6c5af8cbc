package inforeg

import (
	"slices"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/internal/kernels"
	"github.com/primewindow/primewindow/models"
)

// conv is a convolution's part, [B], and with sum the kernel's gradient where the form makes it.
func (f forms) conv(l models.Layer, delta *Node, batch int, sum bool) (squares, gradient *Node) {
	spatial := len(l.Kernel)
	in, out := l.Input.Shape().Dimensions[spatial+1], delta.Shape().Dimensions[spatial+1]
	seen, t := l.Frames, l.Frames // positions of the padded input, and of the output, of one sample
	taps := 1
	for i, k := range l.Kernel {
		taps *= k
		seen *= l.Input.Shape().Dimensions[i+1] + l.Padding[i][0] + l.Padding[i][1]
		t *= delta.Shape().Dimensions[i+1]
	}
	cost := t * taps * in * out
	if f.kernels && kernels.Marked(delta.Graph().Name()) {
		return byKernel(l, delta, batch)
	}
	if sum {
		cost = int(summed * float64(cost))
	}
	unfoldedGram, pixelGram := t*t*(taps*in+out), seen*seen*in+t*t*out
	dense := !slices.ContainsFunc(l.Strides, func(s int) bool { return s != 1 })
	switch {
	case dense && f.gram(pixelGram, min(cost, unfoldedGram)):
		return inGroups(f, l, delta, batch, seen*seen+2*t*t, func(part models.Layer, d *Node, n int) (*Node, *Node) {
			return Mul(windowGram(part, d, n), gramOf(positions(d, n))), nil
		})
	case f.gram(unfoldedGram, cost):
		return inGroups(f, l, delta, batch, t*taps*in+2*t*t, func(part models.Layer, d *Node, n int) (*Node, *Node) {
			return Mul(gramOf(unfold(part, d, n, zeroOf(d))), gramOf(positions(d, n))), nil
		})
	case dense && taps > 1 && spatial == 2 && sameSize(l, delta):
		width := l.Kernel[1]*in + l.Kernel[0]*out
		return inGroups(f, l, delta, batch, t*width, func(part models.Layer, d *Node, n int) (*Node, *Node) {
			a, b := bothSides(part, d, n)
			g := perSample(a, b, 1) // [n, k1*in, k0*out]
			w := Reshape(ReduceSum(g, 0), l.Kernel[1], in, l.Kernel[0], out)
			return Square(g), TransposeAllAxes(w, 2, 0, 1, 3)
		})
	}
	return inGroups(f, l, delta, batch, t*(taps*in+out), func(part models.Layer, d *Node, n int) (*Node, *Node) {
		g := perSample(unfold(part, d, n, zeroOf(d)), positions(d, n), 1) // [n, taps*in, out]
		return Square(g), Reshape(ReduceSum(g, 0), append(slices.Clone(l.Kernel), in, out)...)
	})
}

// byKernel has package kernels compute a convolution's part and its kernel's gradient, as one function of the graph.
func byKernel(l models.Layer, delta *Node, batch int) (squares, gradient *Node) {
	g := delta.Graph()
	spatial := len(l.Kernel)
	in, out := l.Input.Shape().Dimensions[spatial+1], delta.Shape().Dimensions[spatial+1]
	var before []int
	for _, p := range l.Padding {
		before = append(before, p[0])
	}
	results := kernels.Compute(kernels.NormsName(l.Strides, before, l.Frames), func(p []*Node) []*Node {
		part := l
		part.Input = p[0]
		d, zero, ones := p[1], p[2], p[3]
		each := perSample(unfold(part, d, batch, zero), positions(d, batch), 1) // [batch, taps*in, out]
		each = Reshape(each, batch, -1)
		sum := DotGeneral(ones, []int{0}, nil, each, []int{0}, nil)
		return []*Node{
			Reshape(sum, append(slices.Clone(l.Kernel), in, out)...),
			DotGeneral(each, []int{1}, []int{0}, each, []int{1}, []int{0}),
		}
	}, l.Input, delta, Scalar(g, delta.DType(), 0), Ones(g, shapes.Make(delta.DType(), batch)))
	return results[1], results[0]
}

func sameSize(l models.Layer, delta *Node) bool {
	for i := range l.Kernel {
		if l.Input.Shape().Dimensions[i+1] != delta.Shape().Dimensions[i+1] ||
			l.Padding[i][0]+l.Padding[i][1] != l.Kernel[i]-1 {
			return false
		}
	}
	return true
}

// inGroups treats so many samples at a time that arrays of size numbers a sample stay within the bound. treat gives,
// for n samples, an array, [n, ...], whose sums over all but the first axis are the squared norms, and the gradient
// that they add to the kernel, or nil.
func inGroups(
	f forms, l models.Layer, delta *Node, batch, size int,
	treat func(part models.Layer, delta *Node, n int) (terms, gradient *Node),
) (squares, gradient *Node) {
	group := max(1, min(batch, f.bound/max(1, size)))
	var list []*Node
	for from := 0; from < batch; from += group {
		n := min(group, batch-from)
		part, d := l, delta
		if n < batch {
			rows := AxisRange(from*l.Frames, (from+n)*l.Frames)
			part.Input, d = Slice(l.Input, rows), Slice(delta, rows)
		}
		terms, g := treat(part, d, n)
		list = append(list, ReduceSum(Reshape(terms, n, -1), 1))
		switch {
		case g == nil:
		case gradient == nil:
			gradient = g
		default:
			gradient = Add(gradient, g)
		}
	}
	if len(list) == 1 {
		return list[0], gradient
	}
	return Concatenate(list, 0), gradient
}

func zeroOf(x *Node) *Node { return ScalarZero(x.Graph(), x.DType()) }

// padded is a layer's input with its padding of zeros.
func padded(l models.Layer, zero *Node) *Node {
	pads := make([]PadAxis, l.Input.Rank())
	for i, p := range l.Padding {
		pads[i+1] = PadAxis{Start: p[0], End: p[1]}
	}
	return Pad(l.Input, zero, pads...)
}

// offsets calls use for every position of a kernel, the last axis fastest.
func offsets(kernel []int, use func(offset []int)) {
	offset := make([]int, len(kernel))
	for {
		use(offset)
		axis := len(kernel) - 1
		for ; axis >= 0; axis-- {
			if offset[axis]++; offset[axis] < kernel[axis] {
				break
			}
			offset[axis] = 0
		}
		if axis < 0 {
			return
		}
	}
}

// unfold gives a convolution's inputs as its kernel sees them, [n, T, taps*in]: T the output positions of all frames
// of a sample, and for each the kernel's positions side by side.
func unfold(l models.Layer, delta *Node, n int, zero *Node) *Node {
	x := padded(l, zero)
	var list []*Node
	offsets(l.Kernel, func(offset []int) {
		specs := []SliceAxisSpec{AxisRange()}
		for i, o := range offset {
			size := delta.Shape().Dimensions[i+1]
			specs = append(specs, AxisRange(o, o+(size-1)*l.Strides[i]+1).Stride(l.Strides[i]))
		}
		list = append(list, Slice(x, append(specs, AxisRange())...))
	})
	if len(list) == 1 {
		return positions(list[0], n)
	}
	return positions(Concatenate(list, x.Rank()-1), n)
}

// bothSides unfolds the inputs of a convolution over two axes with stride 1 along the second of them, [n, T, k1*in],
// and the output gradients along the first, [n, T, k0*out]: their product over T holds the kernel's gradient. That
// is a third of the numbers that [unfold] gives for a kernel of 3 by 3.
func bothSides(l models.Layer, delta *Node, n int) (a, b *Node) {
	zero := ScalarZero(delta.Graph(), delta.DType())
	rows, columns := l.Input.Shape().Dimensions[1], l.Input.Shape().Dimensions[2]
	x := Pad(l.Input, zero, PadAxis{}, PadAxis{}, PadAxis{Start: l.Padding[1][0], End: l.Padding[1][1]}, PadAxis{})
	d := Pad(delta, zero, PadAxis{}, PadAxis{Start: l.Padding[0][1], End: l.Padding[0][0]}, PadAxis{}, PadAxis{})
	var xs, ds []*Node
	for k := range l.Kernel[1] {
		xs = append(xs, Slice(x, AxisRange(), AxisRange(), AxisRange(k, k+columns), AxisRange()))
	}
	for k := l.Kernel[0] - 1; k >= 0; k-- { // input row r meets tap k in output row r - k + padding
		ds = append(ds, Slice(d, AxisRange(), AxisRange(k, k+rows), AxisRange(), AxisRange()))
	}
	return positions(Concatenate(xs, 3), n), positions(Concatenate(ds, 3), n)
}

// windowGram is the Gram matrix of what [unfold] gives, [n, T, T], for stride 1, out of that of the input's positions:
// the inner product of two windows is the sum over the kernel of those of the positions under it.
func windowGram(l models.Layer, delta *Node, n int) *Node {
	x := padded(l, zeroOf(delta))
	spatial := len(l.Kernel)
	grid := append([]int{l.Frames}, x.Shape().Dimensions[1:spatial+1]...)
	pixels := Reshape(gramOf(positions(x, n)), slices.Concat([]int{n}, grid, grid)...)
	var sum *Node
	offsets(l.Kernel, func(offset []int) {
		specs := []SliceAxisSpec{AxisRange(), AxisRange()}
		for i, o := range offset {
			specs = append(specs, AxisRange(o, o+delta.Shape().Dimensions[i+1]))
		}
		specs = append(specs, specs[1:]...)
		if part := Slice(pixels, specs...); sum == nil {
			sum = part
		} else {
			sum = Add(sum, part)
		}
	})
	t := 1
	for _, size := range delta.Shape().Dimensions[1 : spatial+1] {
		t *= size
	}
	return Reshape(sum, n, l.Frames*t, l.Frames*t)
}
