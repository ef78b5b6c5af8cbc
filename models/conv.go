package models

import (
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/internal/kernels"
)

// Forms says how layers compute their gradients.
type Forms int

const (
	// ByBackend takes the forms of this package on XLA's CPU backend and the backend's own elsewhere.
	ByBackend Forms = iota
	// OwnForms are this package's: sums over positions as products, filter and input gradients of strided
	// convolutions and the gradient of max pooling out of slices. On XLA's CPU backend they save a third of the
	// step of a ResNet-18 pair.
	OwnForms
	// StockForms are the backend's.
	StockForms
)

// own reports whether a graph's gradients take the forms of this package.
func (f Forms) own(g *Graph) bool {
	if f != ByBackend {
		return f == OwnForms
	}
	b, ok := g.Backend().(interface{ PluginName() string })
	return ok && strings.Contains(b.PluginName(), "cpu")
}

// tap notes the gradient at a layer's output while a gradient is taken, so that the gradients of the layer's inputs
// can be made from it. Differentiation goes from the output to the inputs, so it is there when they need it.
type tap struct{ delta *Node }

// watch is y, whose gradient the tap notes.
func (t *tap) watch(y *Node) *Node {
	return IdentityWithCustomGradient(y, func(_, v *Node) *Node { t.delta = v; return v })
}

// weight is w, a layer's variable, whose gradient is what [Call.Backward] says, or else own, or else autodiff. (What
// autodiff makes in vain has no part in the result, and the compiler leaves it out.)
func (p pass) weight(l Layer, w *Node, t *tap, own func(delta *Node) *Node) *Node {
	return IdentityWithCustomGradient(w, func(_, v *Node) *Node {
		if p.Backward != nil {
			if g := p.Backward(l, t.delta); g != nil {
				return g
			}
		}
		if own != nil {
			return own(t.delta)
		}
		return v
	})
}

// conv convolves x, [N, spatial..., in], with the kernel name.weight, [k..., in, out], and zero padding.
func (p pass) conv(name string, x *Node, stride, padding int) *Node {
	spatial := x.Rank() - 2
	kernel := p.Var(name + ".weight")
	l := Layer{
		Kind: ConvLayer, Name: name, Input: x, Frames: p.frames, Kernel: kernel.Shape().Dimensions[:spatial],
		Strides: repeat(spatial, stride), Padding: repeat(spatial, [2]int{padding, padding}),
	}
	var t tap
	var filter func(*Node) *Node
	input := x
	// Kernels take the place of the backend's forms alone.
	if p.Forms.own(x.Graph()) && stride > 1 && !kernels.Marked(x.Graph().Name()) {
		if pointwise(l.Kernel) {
			filter = func(delta *Node) *Node { return pointwiseFilter(l, delta) }
		}
		input = IdentityWithCustomGradient(x, func(_, _ *Node) *Node { return inputGradient(l, kernel, t.delta) })
	}
	y := Convolve(input, p.weight(l, kernel, &t, filter)).StridePerAxis(l.Strides...).PaddingPerDim(l.Padding).Done()
	l.Output = t.watch(y)
	p.layer(l)
	return l.Output
}

func pointwise(kernel []int) bool {
	return !slices.ContainsFunc(kernel, func(k int) bool { return k != 1 })
}

// pointwiseFilter is the kernel's gradient, [1..., in, out], of a convolution that looks at one position: a product
// of the inputs that it saw with delta, [N, spatial..., out].
func pointwiseFilter(l Layer, delta *Node) *Node {
	dims := delta.Shape().Dimensions
	seen := make([]SliceAxisSpec, l.Input.Rank())
	for i := range seen {
		seen[i] = AxisRange()
	}
	for i, s := range l.Strides {
		seen[i+1] = AxisRange(0, (dims[i+1]-1)*s+1).Stride(s)
	}
	in, out := l.Input.Shape().Dimensions[l.Input.Rank()-1], dims[len(dims)-1]
	x, d := Reshape(Slice(l.Input, seen...), -1, in), Reshape(delta, -1, out)
	return Reshape(DotGeneral(x, []int{0}, nil, d, []int{0}, nil), append(slices.Clone(l.Kernel), in, out)...)
}

// inputGradient is the gradient at the input of a strided convolution for delta, [N, spatial..., out], at its
// output. Input positions with the same remainder modulo the stride see the same taps of the kernel: one small
// convolution for each remainder, woven together. (The usual form fills delta up with zeros between positions.)
func inputGradient(l Layer, kernel, delta *Node) *Node {
	dims := l.Input.Shape().Dimensions
	spatial := len(l.Strides)
	up := make([]int, spatial) // positions of each remainder, the last one perhaps beyond the input
	woven := []int{dims[0]}
	crop := []SliceAxisSpec{AxisRange()}
	for i, s := range l.Strides {
		up[i] = (dims[i+1] + s - 1) / s
		woven = append(woven, up[i]*s)
		crop = append(crop, AxisRange(0, dims[i+1]))
	}
	remainder := make([]int, spatial)
	// weave gives [N, up..., in] for the remainders chosen so far, with those of the axes from axis on woven in.
	var weave func(axis int) *Node
	weave = func(axis int) *Node {
		if axis == spatial {
			return remainderGradient(l, kernel, delta, remainder, up)
		}
		parts := make([]*Node, l.Strides[axis])
		for r := range parts {
			remainder[axis] = r
			parts[r] = weave(axis + 1)
		}
		shape := slices.Clone(parts[0].Shape().Dimensions)
		shape[axis+1] *= len(parts)
		return Reshape(Stack(parts, axis+2), shape...)
	}
	all := weave(0)
	all.AssertDims(append(woven, dims[spatial+1])...)
	return Slice(all, append(crop, AxisRange())...)
}

// remainderGradient is inputGradient at the positions s*i + r of each axis, [N, up..., in]. An output o reaches
// position h by tap t where s*o + t - padding = h, so that only taps with t = r + padding modulo s count.
func remainderGradient(l Layer, kernel, delta *Node, remainder, up []int) *Node {
	dims := l.Input.Shape().Dimensions
	spatial := len(remainder)
	taps := make([]SliceAxisSpec, spatial, spatial+2)
	seen := []SliceAxisSpec{AxisRange()}
	pads := make([][2]int, spatial)
	reversed := make([]int, spatial)
	for i, r := range remainder {
		s, outputs := l.Strides[i], delta.Shape().Dimensions[i+1]
		shift := r + l.Padding[i][0]
		first := shift % s
		if first >= l.Kernel[i] { // no tap reaches these positions
			shape := append([]int{dims[0]}, up...)
			return Zeros(delta.Graph(), shapeOf(delta, append(shape, dims[spatial+1])...))
		}
		n := (l.Kernel[i] - first + s - 1) / s
		taps[i] = AxisRange(first, first+(n-1)*s+1).Stride(s)
		reversed[i] = i
		before := n - 1 - shift/s
		after := up[i] + shift/s - outputs
		seen = append(seen, AxisRange(max(0, -before), outputs-max(0, -after)))
		pads[i] = [2]int{max(0, before), max(0, after)}
	}
	part := Reverse(Slice(kernel, append(taps, AxisRange(), AxisRange())...), reversed...)
	return Convolve(
		Slice(delta, append(seen, AxisRange())...), Transpose(part, spatial, spatial+1),
	).PaddingPerDim(pads).Done()
}
