package kernels_test

import (
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/internal/kernels"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/internal/xlatest"
)

// backends are XLA's CPU backend with kernels and without. Without a library the test skips.
func backends(tb testing.TB) (with, without *xla.Backend) {
	tb.Helper()
	b := xlatest.Opened(tb)
	without, err := b.As("", "")
	if err != nil {
		tb.Fatal(err)
	}
	if with, err = b.WithKernels(); err != nil {
		if os.Getenv("CI") == "true" && os.Getenv(xla.KernelsVariable) != "off" {
			tb.Fatal(err)
		}
		tb.Skip(err)
	}
	return with, without
}

// layer is one convolution.
type layer struct {
	dims            []int // of the input, [N, spatial..., in]
	kernel          []int
	strides, before []int
	out, frames     int
	reason          string
}

func (l layer) String() string {
	return fmt.Sprintf("%v by %v to %d, strides %v, padding %v, frames %d",
		l.dims, l.kernel, l.out, l.strides, l.before, l.frames)
}

var layers = []layer{
	{[]int{8, 14, 14, 16}, []int{3, 3}, []int{1, 1}, []int{1, 1}, 32, 1, "the usual one"},
	{[]int{4, 15, 13, 16}, []int{3, 3}, []int{2, 2}, []int{1, 1}, 32, 1, "stride 2, odd sizes"},
	{[]int{4, 14, 16, 16}, []int{3, 3}, []int{2, 2}, []int{1, 1}, 24, 1, "stride 2, even sizes"},
	{[]int{6, 9, 9, 8}, []int{1, 1}, []int{1, 1}, []int{0, 0}, 16, 3, "1x1, three frames"},
	{[]int{6, 10, 9, 8}, []int{1, 1}, []int{2, 2}, []int{0, 0}, 16, 1, "1x1 with stride 2: positions that nobody sees"},
	{[]int{3, 33, 30, 3}, []int{7, 7}, []int{2, 2}, []int{3, 3}, 16, 3, "a stem of three channels, three frames"},
	{[]int{2, 31, 29, 1}, []int{7, 7}, []int{2, 2}, []int{3, 3}, 8, 1, "a stem of one channel"},
	{[]int{1, 7, 7, 5}, []int{3, 3}, []int{1, 1}, []int{1, 1}, 7, 1, "batch 1, odd channels"},
	{[]int{7, 8, 9, 6}, []int{3, 3}, []int{1, 1}, []int{1, 1}, 10, 1, "odd batch"},
	{[]int{13, 40, 40, 8}, []int{3, 3}, []int{1, 1}, []int{1, 1}, 16, 1, "groups of two sizes"},
	{[]int{21, 24, 24, 8}, []int{3, 3}, []int{1, 1}, []int{1, 1}, 16, 3, "seven samples of three frames"},
	{[]int{2, 7, 7, 512}, []int{3, 3}, []int{1, 1}, []int{1, 1}, 512, 1, "many channels"},
	{[]int{4, 9, 6, 3}, []int{5, 3}, []int{2, 1}, []int{2, 0}, 4, 2, "axes that differ"},
	{[]int{3, 2, 3, 2}, []int{5, 5}, []int{1, 1}, []int{2, 2}, 4, 1, "a kernel larger than the input"},
	{[]int{5, 12, 3}, []int{3}, []int{1}, []int{1}, 8, 1, "one axis"},
	{[]int{4, 13, 3}, []int{7}, []int{2}, []int{3}, 8, 2, "one axis, stride 2, two frames"},
	{[]int{2, 11, 5}, []int{1}, []int{2}, []int{0}, 6, 1, "one axis, 1 with stride 2"},
}

// pass computes a layer's output, its gradients, and each sample's squared norm, from x, the kernel and delta.
func (l layer) pass(in []*Node) []*Node {
	x, w, delta := in[0], in[1], in[2]
	var pads [][2]int
	for _, p := range l.before {
		pads = append(pads, [2]int{p, p})
	}
	y := Convolve(x, w).StridePerAxis(l.strides...).PaddingPerDim(pads).Done()
	return append([]*Node{y}, Gradient(ReduceAllSum(Mul(y, delta)), x, w)...)
}

// norms computes the filter's gradient and the norms through a function of [kernels.NormsName], whose body gives what
// is as long and wrong, so that nobody takes the one for the other.
func (l layer) norms(in []*Node) []*Node {
	x, w, delta := in[0], in[1], in[2]
	samples := l.dims[0] / l.frames
	name := x.Graph().UniqueName(kernels.NormsName(l.strides, l.before, l.frames))
	return NewFunction(x.Graph(), name, func(g *Graph) []*Node {
		a := Parameter(g, "a", x.Shape())
		Parameter(g, "b", delta.Shape())
		k, n := Parameter(g, "kernel", w.Shape()), Parameter(g, "norms", shapes.Make(dtypes.Float32, samples))
		_ = a
		return []*Node{Neg(k), Neg(n)}
	}).Call(x, delta, w, IotaFull(x.Graph(), shapes.Make(dtypes.Float32, samples)))
}

func (l layer) output() []int {
	dims := []int{l.dims[0]}
	for i, k := range l.kernel {
		dims = append(dims, (l.dims[i+1]+2*l.before[i]-k)/l.strides[i]+1)
	}
	return append(dims, l.out)
}

func (l layer) inputs() []any {
	shape := append(append([]int{}, l.kernel...), l.dims[len(l.dims)-1], l.out)
	var list []any
	for i, dims := range [][]int{l.dims, shape, l.output()} {
		list = append(list, tensors.FromFlatDataAndDimensions(xlatest.Made(fmt.Sprint(l, i), size(dims), 1), dims...))
	}
	return list
}

func size(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

func run(tb testing.TB, b *xla.Backend, build func([]*Node) []*Node, inputs ...any) [][]float32 {
	tb.Helper()
	exec, err := b.NewExec(build)
	if err != nil {
		tb.Fatal(err)
	}
	defer exec.Finalize()
	out, err := exec.Call(inputs...)
	if err != nil {
		tb.Fatal(err)
	}
	var list [][]float32
	for _, o := range out {
		list = append(list, tensors.MustCopyFlatData[float32](o))
	}
	return list
}

// worst is the largest difference, relative to the largest value.
func worst(got, want []float32) float64 {
	d, size := 0.0, 0.0
	if len(got) != len(want) {
		return math.Inf(1)
	}
	for i, w := range want {
		d, size = max(d, math.Abs(float64(got[i]-w))), max(size, math.Abs(float64(w)))
	}
	if math.IsNaN(d) {
		return math.Inf(1)
	}
	return d / max(size, 1e-30)
}

// TestAgainstXLA compares each kind of convolution with XLA's own.
func TestAgainstXLA(t *testing.T) {
	with, without := backends(t)
	for _, l := range layers {
		t.Run(l.reason, func(t *testing.T) {
			inputs := l.inputs()
			before := with.KernelCalls()
			want, got := run(t, without, l.pass, inputs...), run(t, with, l.pass, inputs...)
			if n := with.KernelCalls() - before; n != 3 { // a new version of GoMLX may write them otherwise
				t.Fatalf("%d of the three convolutions that GoMLX wrote were computed by kernels", n)
			}
			for i, what := range []string{"output", "input gradient", "filter gradient"} {
				// Sums of up to some thousand products in other orders: float32's 6e-8 times the root of so many terms.
				if d := worst(got[i], want[i]); d > 1e-5 {
					t.Errorf("%v: %s differs by %.2g of its largest value", l, what, d)
				}
			}
			// One sample at a time through XLA's own gives the norms, in double.
			samples, rows := l.dims[0]/l.frames, l.dims[0]
			var norms []float32
			for s := range samples {
				one := l
				one.dims = append([]int{l.frames}, l.dims[1:]...)
				var part []any
				for i, in := range inputs {
					all := tensors.MustCopyFlatData[float32](in.(*tensors.Tensor))
					dims := in.(*tensors.Tensor).Shape().Dimensions
					if i != 1 {
						n := len(all) / rows * l.frames
						all, dims = all[s*n:(s+1)*n], append([]int{l.frames}, dims[1:]...)
					}
					part = append(part, tensors.FromFlatDataAndDimensions(append([]float32{}, all...), dims...))
				}
				total := 0.0
				for _, v := range run(t, without, one.pass, part...)[2] {
					total += float64(v) * float64(v)
				}
				norms = append(norms, float32(total))
			}
			fused := run(t, with, l.norms, inputs...)
			if d := worst(fused[0], want[2]); d > 1e-5 { // as above
				t.Errorf("%v: filter gradient with norms differs by %.2g of its largest value", l, d)
			}
			for i := range norms {
				if d := math.Abs(float64(fused[1][i]/norms[i] - 1)); !(d < 1e-5) { // as above, each norm by itself
					t.Errorf("%v: norm of sample %d is %v, want %v", l, i, fused[1][i], norms[i])
				}
			}
		})
	}
}
