package models

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// pass is an encoder's part of a call: frames rows in a run belong to one sample.
type pass struct {
	*Call
	frames int
}

func (p pass) layer(l Layer) {
	if p.Record {
		l.Frames = p.frames
		p.Layers = append(p.Layers, l)
	}
}

// batchNorm normalises each channel of x, [N, spatial..., C], then scales and shifts it.
func (p pass) batchNorm(name string, x *Node) *Node {
	dims := x.Shape().Dimensions
	channels := dims[len(dims)-1]
	positions := x.Shape().Size() / dims[0] / channels
	flat := Reshape(x, dims[0], positions, channels) // [N, P, C]

	constant := StopGradient(flat)
	var mean, variance *Node // [C]
	switch p.Norm {
	case RunningStatistics:
		mean, variance = p.Var(name+".running_mean"), p.Var(name+".running_var")
	default:
		count := float64(dims[0] * positions)
		mean, variance = p.moments(constant)
		if p.Updates != nil {
			unbiased := MulScalar(variance, count/max(1, count-1))
			p.average(name+".running_mean", mean)
			p.average(name+".running_var", unbiased)
		}
	}
	mean, variance = StopGradient(mean), StopGradient(variance)
	scale := Reciprocal(Sqrt(AddScalar(variance, NormEpsilon)))

	var t tap
	var normal *Node
	sums := p.normSums(constant, mean, scale, func() *Node { return normal })
	if p.Norm == BatchStatistics { // the gradient goes through mean and variance as well
		flat = IdentityWithCustomGradient(flat, func(_, v *Node) *Node {
			count := 1 / float64(v.Shape().Dimensions[0]*v.Shape().Dimensions[1])
			gamma := p.Var(name + ".weight")
			shift := MulScalar(Mul(gamma, sums.shift(t.delta)), count)
			slope := MulScalar(Mul(gamma, sums.slope(t.delta)), count)
			through := Add(spread(Mul(shift, scale), v), Mul(normal, spread(Mul(slope, scale), v)))
			return Sub(v, through)
		})
	}
	normal = Mul(Sub(flat, spread(mean, flat)), spread(scale, flat))
	return p.affine(name, normal, dims, &t, sums)
}

// average moves a running average towards the present batch's statistics.
func (p pass) average(name string, present *Node) {
	if p.Recalibrate {
		p.Updates[name] = StopGradient(present)
		return
	}
	p.Updates[name] = StopGradient(Add(MulScalar(p.Var(name), 1-NormMomentum), MulScalar(present, NormMomentum)))
}

// affine scales and shifts normalised values, [N, P, C], and gives them the shape dims. t notes the gradient at
// [N, P, C], after scale and shift, of which sums makes the gradients of both.
func (p pass) affine(name string, normal *Node, dims []int, t *tap, sums normSums) *Node {
	l := Layer{
		Kind: NormLayer, Name: name, Bias: true, Input: Reshape(normal, dims...), Frames: p.frames, Sums: sums.rows,
	}
	scale := p.weight(l, p.Var(name+".weight"), t, sums.slope)
	shift := IdentityWithCustomGradient(p.Var(name+".bias"), func(_, _ *Node) *Node { return sums.shift(t.delta) })
	y := t.watch(Add(Mul(normal, spread(scale, normal)), spread(shift, normal)))
	l.Output = Reshape(y, dims...)
	p.layer(l)
	return l.Output
}

// groupNorm normalises groups of channels within each row of x, [N, spatial..., C], then scales and shifts.
func (p pass) groupNorm(name string, x *Node, groups int) *Node {
	dims := x.Shape().Dimensions
	channels := dims[len(dims)-1]
	positions := x.Shape().Size() / dims[0] / channels
	g := Reshape(x, dims[0], positions, groups, channels/groups)
	mean := ReduceAndKeep(g, ReduceMean, 1, 3)
	centred := Sub(g, mean)
	variance := ReduceAndKeep(Square(centred), ReduceMean, 1, 3)
	normal := Div(centred, Sqrt(AddScalar(variance, NormEpsilon)))
	normal = Reshape(normal, dims[0], positions, channels)
	return p.affine(name, normal, dims, &tap{}, p.columnSumsOf(func() *Node { return normal }))
}

// shapeOf is a shape of these dimensions with the type of like.
func shapeOf(like *Node, dims ...int) shapes.Shape { return shapes.Make(like.DType(), dims...) }

// spread gives v, [C], the shape of like, [..., C].
func spread(v, like *Node) *Node {
	dims := slices.Repeat([]int{1}, like.Rank())
	dims[len(dims)-1] = v.Shape().Size()
	return BroadcastToDims(Reshape(v, dims...), like.Shape().Dimensions...)
}

// meanOfPositions averages x, [B*frames, spatial..., C], over frames and positions: [B, C].
func (p pass) meanOfPositions(x *Node) *Node {
	dims := x.Shape().Dimensions
	batch, channels := dims[0]/p.frames, dims[len(dims)-1]
	y := ReduceMean(Reshape(x, batch, -1, channels), 1)
	y.AssertDims(batch, channels)
	return y
}

// relu is max(x, 0), with gradient 0 at 0 as PyTorch has it.
func relu(x *Node) *Node { return Where(GreaterThan(x, ZerosLike(x)), x, ZerosLike(x)) }

func convVariable(name string, out, in int, kernel ...int) Variable {
	return Variable{Name: name + ".weight", Shape: append(slices.Clone(kernel), in, out), Role: ConvWeight}
}

func linearVariables(name string, out, in int) []Variable {
	return []Variable{
		{Name: name + ".weight", Shape: []int{out, in}, Role: LinearWeight},
		{Name: name + ".bias", Shape: []int{out}, Role: Bias},
	}
}

func affineVariables(name string, channels int) []Variable {
	return []Variable{
		{Name: name + ".weight", Shape: []int{channels}, Role: NormScale},
		{Name: name + ".bias", Shape: []int{channels}, Role: NormShift},
	}
}

func batchNormVariables(name string, channels int) []Variable {
	return append(affineVariables(name, channels),
		Variable{Name: name + ".running_mean", Shape: []int{channels}, Role: RunningMean},
		Variable{Name: name + ".running_var", Shape: []int{channels}, Role: RunningVar})
}

func repeat[T any](n int, v T) []T { return slices.Repeat([]T{v}, n) }

// fold turns x, [B, T, rest...] of a clip, into [B*T, rest...]; other inputs, of rank want, stay.
func fold(x *Node, want int) (folded *Node, frames int) {
	dims := x.Shape().Dimensions
	switch len(dims) {
	case want:
		return x, 1
	case want + 1:
		return Reshape(x, append([]int{dims[0] * dims[1]}, dims[2:]...)...), dims[1]
	}
	panic(fmt.Errorf("models: input %v, want rank %d, or %d with frames", x.Shape(), want, want+1))
}
