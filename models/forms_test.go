package models_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/internal/xlatest"
	"github.com/primewindow/primewindow/models"
)

// TestFormsPerLayer compares every layer's gradients in this package's forms with the backend's own, layer by layer
// on the same gradient at the layer's output: over a whole network, rounding flips ReLUs.
func TestFormsPerLayer(t *testing.T) {
	for _, tt := range []struct {
		spec   string
		shape  []int
		reason string
	}{
		{"cnn2d:6,kernel=1", []int{9, 8, 3}, "1x1 with stride 2, odd and even sizes"},
		{"cnn2d:6,kernel=3", []int{9, 8, 3}, "3x3 with stride 2"},
		{"cnn2d:6,kernel=5", []int{7, 10, 2}, "5x5: three taps on one remainder, two on the other"},
		{"cnn2d:6,kernel=5,norm=none", []int{2, 3, 2}, "a kernel larger than the input"},
		{"cnn1d:8,kernel=3,norm=group", []int{11, 3}, "one axis"},
		{"cnn1d:8,kernel=7", []int{12, 3}, "one axis, wide kernel"},
	} {
		t.Run(tt.spec, func(t *testing.T) {
			// Two blocks of the same kind: the second one's convolution has an input that needs a gradient.
			// float32 sums in other orders
			compareForms(t, strings.Replace(tt.spec, ":", ":4-", 1), tt.shape, 1e-5, tt.reason)
		})
	}
}

// TestPoolForms compares the stem's max pooling in both forms, with ties: they go to the first of the greatest.
func TestPoolForms(t *testing.T) {
	for _, size := range [][2]int{{8, 8}, {7, 9}, {5, 6}, {2, 2}, {1, 3}} {
		shape := []int{2, size[0], size[1], 3}
		n := shape[0] * size[0] * size[1] * shape[3]
		for _, ties := range []bool{false, true} {
			x := xlatest.Made(fmt.Sprint("pool", size), n, 1)
			if ties {
				for i := range x {
					x[i] = float32(math.Round(float64(2 * x[i])))
				}
			}
			out := [2]int{(size[0]-1)/2 + 1, (size[1]-1)/2 + 1}
			delta := xlatest.Made("delta", shape[0]*out[0]*out[1]*shape[3], 1)
			got := xlatest.Run(t, func(in []*Node) []*Node {
				var list []*Node
				for _, forms := range []models.Forms{models.OwnForms, models.StockForms} {
					y := models.Pool(&models.Call{Forms: forms}, in[0])
					list = append(list, y, Gradient(ReduceAllSum(Mul(y, in[1])), in[0])[0])
				}
				return list
			}, tensors.FromFlatDataAndDimensions(x, shape...),
				tensors.FromFlatDataAndDimensions(delta, shape[0], out[0], out[1], shape[3]))
			wantY, wantG := slowPool(x, delta, shape, out)
			for _, c := range []struct {
				what      string
				got, want []float32
			}{{"own values", got[0], wantY}, {"own gradient", got[1], wantG}, {"stock values", got[2], wantY}} {
				if d := worst(c.got, c.want); d > 1e-6 { // at most four terms are added
					t.Errorf("size %v, ties %v: %s differ by %v", size, ties, c.what, d)
				}
			}
			if d := worst(got[3], wantG); !ties && d > 1e-6 { // as above
				t.Errorf("size %v: stock gradient differs by %v", size, d)
			}
		}
	}
}

// TestPoolByKernel compares the pooling that package kernels computes with windows one at a time: in float32, and in
// double as the function's body has it.
func TestPoolByKernel(t *testing.T) {
	with, err := xlatest.Opened(t).WithKernels()
	if err != nil {
		t.Skip(err)
	}
	for _, size := range [][2]int{{8, 8}, {7, 9}, {1, 3}} {
		shape, out := []int{2, size[0], size[1], 3}, [2]int{(size[0]-1)/2 + 1, (size[1]-1)/2 + 1}
		x := xlatest.Made(fmt.Sprint("pool", size), shape[0]*size[0]*size[1]*shape[3], 1)
		for i := range x {
			x[i] = float32(math.Round(float64(2 * x[i]))) // with ties
		}
		delta := xlatest.Made("delta", shape[0]*out[0]*out[1]*shape[3], 1)
		wantY, wantG := slowPool(x, delta, shape, out)
		for _, of := range []dtypes.DType{dtypes.Float32, dtypes.Float64} {
			exec, err := with.NewExec(func(in []*Node) []*Node {
				x, delta := ConvertDType(in[0], of), ConvertDType(in[1], of)
				y := models.Pool(&models.Call{}, x)
				g := Gradient(ReduceAllSum(Mul(y, delta)), x)[0]
				return []*Node{ConvertDType(y, dtypes.Float32), ConvertDType(g, dtypes.Float32)}
			})
			if err != nil {
				t.Fatal(err)
			}
			before := with.KernelCalls()
			got, err := exec.Call(tensors.FromFlatDataAndDimensions(x, shape...),
				tensors.FromFlatDataAndDimensions(delta, shape[0], out[0], out[1], shape[3]))
			if err != nil {
				t.Fatal(err)
			}
			if n := with.KernelCalls() - before; n != map[dtypes.DType]int{dtypes.Float32: 2}[of] {
				t.Errorf("size %v, %v: %d calls of the library, want 2 in float32 alone", size, of, n)
			}
			for i, want := range [][]float32{wantY, wantG} {
				// At most four terms are added.
				if d := worst(tensors.MustCopyFlatData[float32](got[i]), want); d > 1e-6 {
					t.Errorf("size %v, %v: output %d differs by %v", size, of, i, d)
				}
			}
			exec.Finalize()
		}
	}
}

// slowPool is max pooling, and its gradient, one window at a time.
func slowPool(x, delta []float32, shape []int, out [2]int) (y, gradient []float32) {
	n, h, w, c := shape[0], shape[1], shape[2], shape[3]
	gradient = make([]float32, len(x))
	for b := range n {
		for i := range out[0] {
			for j := range out[1] {
				for k := range c {
					best := -1
					for r := max(0, 2*i-1); r < min(h, 2*i+2); r++ {
						for s := max(0, 2*j-1); s < min(w, 2*j+2); s++ {
							if at := ((b*h+r)*w+s)*c + k; best < 0 || x[at] > x[best] {
								best = at
							}
						}
					}
					gradient[best] += delta[len(y)]
					y = append(y, x[best])
				}
			}
		}
	}
	return y, gradient
}

// worst is the largest difference, relative to the largest value.
func worst(got, want []float32) float64 {
	d, size := 0.0, 0.0
	for i, w := range want {
		d, size = max(d, math.Abs(float64(got[i]-w))), max(size, math.Abs(float64(w)))
	}
	return d / max(size, 1e-30)
}

// compareForms compares the gradients of an encoder's variables, and of its input, in both forms, for a smooth loss
// whose ReLUs do not depend on rounding: both graphs share the forward pass's values.
func compareForms(t *testing.T, spec string, shape []int, tolerance float64, reason string) {
	t.Helper()
	const batch = 4
	mod := modality("v", shape)
	e, err := models.ParseEncoder(spec, mod)
	if err != nil {
		t.Fatal(err)
	}
	vars := e.Variables("")
	values := xlatest.Filled(t, vars)
	x := xlatest.Made("x", batch*mod.Size(), 1.5)
	inputs := []any{tensors.FromFlatDataAndDimensions(x, append([]int{batch}, shape...)...)}
	var names []string
	for _, v := range vars {
		inputs = append(inputs, tensors.FromFlatDataAndDimensions(values[v.Name], v.Shape...))
		if v.Trainable() {
			names = append(names, v.Name)
		}
	}
	along := xlatest.Made("along", batch*e.Features(), 1)
	inputs = append(inputs, tensors.FromFlatDataAndDimensions(along, batch, e.Features()))
	for _, mode := range []models.NormMode{
		models.BatchStatistics, models.RunningStatistics, models.ConstantStatistics,
	} {
		got := xlatest.Run(t, func(in []*Node) []*Node {
			nodes := map[string]*Node{}
			for i, v := range vars {
				nodes[v.Name] = in[i+1]
			}
			var list []*Node
			for _, forms := range []models.Forms{models.OwnForms, models.StockForms} {
				call := &models.Call{Vars: nodes, Norm: mode, Forms: forms}
				of := []*Node{in[0]}
				for _, name := range names {
					of = append(of, nodes[name])
				}
				loss := ReduceAllSum(Mul(e.Forward(call, "", in[0]), in[len(in)-1]))
				list = append(list, Gradient(loss, of...)...)
			}
			return list
		}, inputs...)
		n := len(names) + 1
		for i := range n {
			name := "input"
			if i > 0 {
				name = names[i-1]
			}
			if d := worst(got[i], got[n+i]); d > tolerance {
				t.Errorf(
					"%s, mode %v: gradient of %s differs by %v of its largest value, want %v\nreason: %s", spec, mode,
					name, d, tolerance, reason,
				)
			}
		}
	}
}
