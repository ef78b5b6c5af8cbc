package inforeg

import (
	"fmt"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/models"
)

// SquaredGradientNorms gives, for each modality, the squared norm of every sample's own gradient of its loss
// with respect to the modality's encoder, [B], in nats². Their mean is the Fisher trace of the encoder (paper
// eq. 7, at the observed labels). losses, [B], must come from call, which must have recorded its layers and
// must not mix samples: running or constant statistics. weightsOnly leaves out biases and norm layers.
//
// Each layer takes the cheaper of two exact forms: the per-sample weight gradient, or the product of the Gram
// matrices of inputs and output gradients. Positions and frames of a sample are summed before squaring. It
// panics, naming the layer, where it meets one that it cannot treat.
func SquaredGradientNorms(model *models.Multimodal, call *models.Call, losses *Node, weightsOnly bool) map[string]*Node {
	return cheapest.norms(model, call, losses, weightsOnly)
}

// forms decides in which of the exact forms a layer's per-sample norms are computed.
type forms struct {
	// gram compares, for t positions, width inputs and out outputs, the Gram form with the gradients themselves.
	gram func(t, width, out int) bool
	// large is the number of multiplications from which each sample's filter gradient is a convolution of its
	// own, and unrolled the most samples for which a graph holds so many.
	large, unrolled int
}

// cheapest are the forms that are used. On the CPU, a convolution for each sample halves the time of a full
// ResNet-18, while small layers are faster as products over all samples at once. Many convolutions take long to
// compile: a large model is best probed in chunks of at most cheapest.unrolled samples. (In a loop instead, XLA's
// CPU backend runs convolutions ten times slower.)
var cheapest = forms{gram: gramIsCheaper, large: 1 << 24, unrolled: 16}

func (f forms) norms(model *models.Multimodal, call *models.Call, losses *Node, weightsOnly bool) map[string]*Node {
	if call.Norm == models.BatchStatistics {
		panic(fmt.Errorf("inforeg: per-sample gradients with batch statistics: samples mix; use running or constant ones"))
	}
	if !call.Record || len(call.Layers) == 0 {
		panic(fmt.Errorf("inforeg: the pass recorded no layers"))
	}
	checkCovered(model, call.Layers)
	outputs := make([]*Node, len(call.Layers))
	for i, l := range call.Layers {
		outputs[i] = l.Output
	}
	deltas := Gradient(ReduceAllSum(losses), outputs...)
	batch := losses.Shape().Dimensions[0]
	norms := make(map[string]*Node, len(model.Modalities))
	for _, m := range model.Modalities {
		total := ZerosLike(losses)
		for i, l := range call.Layers {
			if strings.HasPrefix(l.Name, models.EncoderPrefix(m.Name)) {
				total = Add(total, f.layer(l, deltas[i], batch, weightsOnly))
			}
		}
		total.AssertDims(batch)
		norms[m.Name] = total
	}
	return norms
}

// checkCovered panics when a trainable variable of an encoder belongs to no recorded layer: its gradient would
// be missing from the sum without a word.
func checkCovered(model *models.Multimodal, layers []models.Layer) {
	covered := map[string]bool{}
	for _, l := range layers {
		covered[l.Name+".weight"] = true
		covered[l.Name+".bias"] = l.Bias
	}
	for _, m := range model.Modalities {
		for _, v := range EncoderVariables(model, m.Name) {
			if !covered[v.Name] {
				panic(fmt.Errorf("inforeg: no recorded layer has variable %s, so that its gradient per sample is unknown", v.Name))
			}
		}
	}
}

// layer is one layer's part: delta is the gradient of the summed loss at the layer's output; [B].
func (f forms) layer(l models.Layer, delta *Node, batch int, weightsOnly bool) *Node {
	d := positions(delta, batch) // [B, T, out]
	var squares *Node
	switch l.Kind {
	case models.ConvLayer:
		squares = f.conv(l, delta, batch)
	case models.LinearLayer:
		squares = f.product([]*Node{positions(l.Input, batch)}, d)
	case models.NormLayer:
		if weightsOnly {
			return Zeros(delta.Graph(), ReduceSum(d, 1, 2).Shape())
		}
		squares = rowNorms(positionSums(Mul(positions(l.Input, batch), d)))
	default:
		panic(fmt.Errorf("inforeg: layer %s: per-sample gradients of kind %q are not known", l.Name, l.Kind))
	}
	if l.Bias && !weightsOnly {
		squares = Add(squares, rowNorms(positionSums(d)))
	}
	return squares
}

// positions folds x, [B*frames, ..., C], into [B, T, C] with all positions and frames of a sample on one axis.
func positions(x *Node, batch int) *Node {
	dims := x.Shape().Dimensions
	return Reshape(x, batch, -1, dims[len(dims)-1])
}

// positionSums sums x, [B, T, C], over positions, as a product with ones: see the norms of package models.
func positionSums(x *Node) *Node {
	dims := x.Shape().Dimensions
	ones := Ones(x.Graph(), ReduceSum(x, 2).Shape()) // [B, T]
	y := DotGeneral(ones, []int{1}, []int{0}, x, []int{1}, []int{0})
	y.AssertDims(dims[0], dims[2])
	return y
}

// rowNorms is the squared norm of each row of x, [B, ...]; [B].
func rowNorms(x *Node) *Node {
	batch := x.Shape().Dimensions[0]
	return ReduceSum(Square(Reshape(x, batch, -1)), 1)
}

// conv is a convolution's part without bias; [B].
func (f forms) conv(l models.Layer, delta *Node, batch int) *Node {
	d := positions(delta, batch)
	t, out := d.Shape().Dimensions[1], d.Shape().Dimensions[2]
	width := l.Input.Shape().Dimensions[l.Input.Rank()-1]
	for _, k := range l.Kernel {
		width *= k
	}
	if f.gram(t, width, out) || t*width*out < f.large || batch > f.unrolled {
		return f.product(taps(l, delta, batch), d)
	}
	squares := make([]*Node, batch)
	for i := range squares {
		rows := AxisRange(i*l.Frames, (i+1)*l.Frames)
		squares[i] = SquaredNorm(filterGradient(l, Slice(l.Input, rows), Slice(delta, rows)))
	}
	return Stack(squares, 0)
}

// filterGradient is the gradient of a convolution's kernel, [k..., in, out], for inputs x, [N, spatial..., in],
// and output gradients d, [N, spatial..., out]: a convolution of x with d in which rows and channels change
// places and strides become dilations.
func filterGradient(l models.Layer, x, d *Node) *Node {
	spatial := x.Rank() - 2
	axes := ConvolveAxesConfig{
		InputBatch: spatial + 1, InputChannels: 0, KernelInputChannels: 0, KernelOutputChannels: spatial + 1,
		OutputBatch: spatial, OutputChannels: spatial + 1,
	}
	padding := make([][2]int, spatial)
	used := make([]SliceAxisSpec, x.Rank())
	used[0], used[spatial+1] = AxisRange(), AxisRange()
	for i := range spatial {
		axes.InputSpatial = append(axes.InputSpatial, i+1)
		axes.KernelSpatial = append(axes.KernelSpatial, i+1)
		axes.OutputSpatial = append(axes.OutputSpatial, i)
		size := x.Shape().Dimensions[i+1]
		reach := (d.Shape().Dimensions[i+1]-1)*l.Strides[i] + l.Kernel[i] // positions, padding included, that the kernel sees
		end := min(size, reach-l.Padding[i][0])
		used[i+1] = AxisRange(0, end)
		padding[i] = [2]int{l.Padding[i][0], reach - l.Padding[i][0] - end}
	}
	w := Convolve(Slice(x, used...), d).AxesConfig(axes).DilationPerAxis(l.Strides...).PaddingPerDim(padding).Done()
	w.AssertDims(append(slices.Clone(l.Kernel), x.Shape().Dimensions[spatial+1], d.Shape().Dimensions[spatial+1])...)
	return w
}

// narrow is the number of channels up to which all taps of a kernel are put side by side: products of so few
// columns are slow.
const narrow = 16

// taps are a convolution's inputs as its kernel sees them: for each kernel position [B, T, in], T the output
// positions of all frames; for few input channels one array with all positions side by side.
func taps(l models.Layer, delta *Node, batch int) []*Node {
	x := l.Input
	in := x.Shape().Dimensions[x.Rank()-1]
	spatial := x.Rank() - 2
	pads := make([]PadAxis, x.Rank())
	for i := range spatial {
		pads[i+1] = PadAxis{Start: l.Padding[i][0], End: l.Padding[i][1]}
	}
	padded := Pad(x, ScalarZero(x.Graph(), x.DType()), pads...)
	var list []*Node
	offset := make([]int, spatial)
	for {
		specs := make([]SliceAxisSpec, x.Rank())
		specs[0], specs[x.Rank()-1] = AxisRange(), AxisRange()
		for i := range spatial {
			n := delta.Shape().Dimensions[i+1]
			specs[i+1] = AxisRange(offset[i], offset[i]+(n-1)*l.Strides[i]+1).Stride(l.Strides[i])
		}
		list = append(list, positions(Slice(padded, specs...), batch))
		axis := spatial - 1
		for ; axis >= 0; axis-- {
			if offset[axis]++; offset[axis] < l.Kernel[axis] {
				break
			}
			offset[axis] = 0
		}
		if axis < 0 {
			break
		}
	}
	if in <= narrow && len(list) > 1 {
		return []*Node{Concatenate(list, 2)}
	}
	return list
}

// product is, for each sample, the squared norm of the weight gradient Σ_t δ_t a_tᵀ, where a is the
// concatenation of inputs, each [B, T, ·], and d is [B, T, out]; [B].
func (f forms) product(inputs []*Node, d *Node) *Node {
	t, out := d.Shape().Dimensions[1], d.Shape().Dimensions[2]
	width := 0
	for _, a := range inputs {
		width += a.Shape().Dimensions[2]
	}
	if f.gram(t, width, out) {
		gram := func(a *Node) *Node { return DotGeneral(a, []int{2}, []int{0}, a, []int{2}, []int{0}) } // [B, T, T]
		sum := gram(inputs[0])
		for _, a := range inputs[1:] {
			sum = Add(sum, gram(a))
		}
		return ReduceSum(Mul(sum, gram(d)), 1, 2)
	}
	var squares *Node
	for _, a := range inputs {
		part := rowNorms(DotGeneral(a, []int{1}, []int{0}, d, []int{1}, []int{0})) // of [B, ·, out]
		if squares == nil {
			squares = part
		} else {
			squares = Add(squares, part)
		}
	}
	return squares
}

// gramIsCheaper compares the multiplications of both forms for t positions, width inputs and out outputs.
func gramIsCheaper(t, width, out int) bool { return t*(width+out) < width*out }
