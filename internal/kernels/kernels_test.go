package kernels_test

import (
	"fmt"
	"math"
	"os"
	"slices"
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
	wrong := IotaFull(x.Graph(), float(l.dims[0]/l.frames))
	return kernels.Compute(kernels.NormsName(l.strides, l.before, l.frames), func(p []*Node) []*Node {
		return []*Node{Neg(p[2]), Neg(p[3])}
	}, x, delta, w, wrong)
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

// function calls one of the library's functions by its name. Its body gives what is as long and wrong: zeros, which
// come in behind the arguments.
func function(name string, results []shapes.Shape) func([]*Node) []*Node {
	return func(in []*Node) []*Node {
		g := in[0].Graph()
		in = slices.Clone(in)
		for _, s := range results {
			in = append(in, Zeros(g, s))
		}
		return kernels.Compute(name, func(p []*Node) []*Node {
			var list []*Node
			for _, zero := range p[len(p)-len(results):] {
				list = append(list, Add(zero, zero))
			}
			return list
		}, in...)
	}
}

func float(dims ...int) shapes.Shape { return shapes.Make(dtypes.Float32, dims...) }

func tensor(seed string, shift float32, dims ...int) *tensors.Tensor {
	values := xlatest.Made(seed, size(dims), 1)
	for i := range values {
		values[i] += shift
	}
	return tensors.FromFlatDataAndDimensions(values, dims...)
}

// TestColumns compares batch norm's sums with sums in double.
func TestColumns(t *testing.T) {
	with, _ := backends(t)
	for _, tt := range []struct {
		n, p, c int
		shift   float32
		reason  string
	}{
		{4, 49, 64, 0, "as wide as sums are kept side by side"},
		{3, 35, 5, 0, "columns that divide nothing"},
		{1, 1, 3, 0, "one row"},
		{2, 1, 2049, 0, "a row that is half a block"},
		{2, 3, 5000, 0, "a row that is more than a block"},
		{7, 300, 1, 0, "one column"},
		{9, 784, 48, 0, "groups of two sizes, and a last block that is shorter"},
		{3, 400, 16, 1e4, "a mean that is ten thousand times the deviation"},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			x, delta := tensor("x", tt.shift, tt.n, tt.p, tt.c), tensor("delta", 0.3, tt.n, tt.p, tt.c)
			xs, ds := tensors.MustCopyFlatData[float32](x), tensors.MustCopyFlatData[float32](delta)
			means, variances := make([]float64, tt.c), make([]float64, tt.c)
			rows := tt.n * tt.p
			for i, v := range xs {
				means[i%tt.c] += float64(v) / float64(rows)
			}
			for i, v := range xs {
				variances[i%tt.c] += math.Pow(float64(v)-means[i%tt.c], 2) / float64(rows)
			}
			got := run(t, with, function(kernels.MomentsName, []shapes.Shape{float(tt.c), float(tt.c)}), x)
			for c := range tt.c {
				// Sums are of float32 within blocks of 4,096 numbers alone, and of differences from a mean: a few half
				// units, which are 6e-8.
				if d := math.Abs(float64(got[0][c])-means[c]) / (1 + math.Abs(means[c])); !(d < 1e-6) {
					t.Errorf("mean of column %d is %v, want %v", c, got[0][c], means[c])
				}
				if d := math.Abs(float64(got[1][c])/max(variances[c], 1e-30) - 1); rows > 1 && !(d < 1e-5) {
					t.Errorf("variance of column %d is %v, want %v", c, got[1][c], variances[c])
				}
			}
			if rows == 1 && got[1][0] != 0 {
				t.Errorf("variance of one row is %v", got[1][0])
			}

			mean, scale := make([]float32, tt.c), make([]float32, tt.c)
			for c := range mean {
				mean[c], scale[c] = tt.shift+0.1*float32(c%7), 1+0.5*float32(c%3)
			}
			shifts, slopes, sizes := make([]float64, tt.n*tt.c), make([]float64, tt.n*tt.c), make([]float64, tt.n*tt.c)
			for i := range xs {
				to, c := i/(tt.p*tt.c)*tt.c+i%tt.c, i%tt.c
				term := float64(ds[i]) * (float64(xs[i]) - float64(mean[c])) * float64(scale[c])
				shifts[to] += float64(ds[i])
				slopes[to] += term
				sizes[to] += math.Abs(term) + math.Abs(float64(ds[i]))
			}
			each := []shapes.Shape{float(tt.n, tt.c), float(tt.n, tt.c)}
			got = run(t, with, function(kernels.SlopesName, each), delta, x, mean, scale)
			for i := range shifts {
				for k, want := range [][]float64{shifts, slopes} {
					// As above, of the sum of the terms' sizes.
					if d := math.Abs(float64(got[k][i])-want[i]) / sizes[i]; !(d < 1e-6) {
						t.Fatalf("sum %d of row and column %d is %v, want %v", k, i, got[k][i], want[i])
					}
				}
			}
		})
	}
}

// TestPool compares pooling and its gradient with a loop over windows, bit for bit: nothing is added but at most four
// numbers in order.
func TestPool(t *testing.T) {
	with, _ := backends(t)
	for _, tt := range []struct {
		n, h, w, c int
		reason     string
	}{
		{2, 8, 6, 16, "even sizes"},
		{3, 9, 7, 5, "odd sizes, odd channels"},
		{1, 1, 1, 4, "one position"},
		{1, 2, 1, 3, "two rows, one window"},
		{5, 40, 33, 64, "groups of two sizes"},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			oh, ow := (tt.h-1)/2+1, (tt.w-1)/2+1
			xs := xlatest.Made("x", tt.n*tt.h*tt.w*tt.c, 1)
			for i := range xs {
				xs[i] = float32(math.Round(float64(2 * xs[i]))) // many are equal: the first is chosen
			}
			ds := xlatest.Made("delta", tt.n*oh*ow*tt.c, 1)
			best, place := make([]float32, len(ds)), make([]uint8, len(ds))
			gradient := make([]float32, len(xs))
			for i := range ds {
				c, j, r, n := i%tt.c, i/tt.c%ow, i/tt.c/ow%oh, i/tt.c/ow/oh
				best[i] = float32(math.Inf(-1))
				at := 0
				for k := range 9 {
					h, w := 2*r-1+k/3, 2*j-1+k%3
					if h < 0 || w < 0 || h >= tt.h || w >= tt.w {
						continue
					}
					if from := ((n*tt.h+h)*tt.w+w)*tt.c + c; xs[from] > best[i] {
						best[i], place[i], at = xs[from], uint8(k), from
					}
				}
				gradient[at] += ds[i]
			}
			windows := shapes.Make(dtypes.Float32, tt.n, oh, ow, tt.c)
			places := shapes.Make(dtypes.Uint8, tt.n, oh, ow, tt.c)
			pool := function(kernels.PoolName, []shapes.Shape{windows, places})
			unpool := function(kernels.UnpoolName, []shapes.Shape{float(tt.n, tt.h, tt.w, tt.c)})
			got := run(t, with, func(in []*Node) []*Node {
				out := pool(in[:1])
				return append([]*Node{out[0], ConvertDType(out[1], dtypes.Float32)}, unpool([]*Node{in[1], out[1]})...)
			}, tensors.FromFlatDataAndDimensions(xs, tt.n, tt.h, tt.w, tt.c),
				tensors.FromFlatDataAndDimensions(ds, tt.n, oh, ow, tt.c))
			for i := range ds {
				if got[0][i] != best[i] || got[1][i] != float32(place[i]) {
					t.Fatalf("window %d: %v at %v, want %v at %d", i, got[0][i], got[1][i], best[i], place[i])
				}
			}
			for i := range xs {
				if got[2][i] != gradient[i] {
					t.Fatalf("gradient at %d is %v, want %v", i, got[2][i], gradient[i])
				}
			}
		})
	}
}
