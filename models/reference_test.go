package models_test

import (
	"math"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
	"github.com/primewindow/primewindow/internal/xlatest"
	"github.com/primewindow/primewindow/models"
)

// reference is testdata/reference.json, written by reference.py beside it with PyTorch.
type reference struct {
	Cases []struct {
		Spec             string
		Shape            []int
		Names            []string
		Features         []float64
		TrainingFeatures []float64 `json:"training_features"`
		Averages         map[string][]float64
		Gradients        map[string]struct{ Norm, Along float64 }
	}
}

func readReference(t *testing.T) reference {
	t.Helper()
	var r reference
	datatest.Reference(t, "reference.json", &r)
	return r
}

// modality describes a sample of that shape.
func modality(name string, shape []int) data.Modality {
	kinds := map[int]data.Kind{1: data.Vector, 2: data.Sequence, 3: data.Image, 4: data.Clip}
	return data.Modality{Name: name, Kind: kinds[len(shape)], Shape: shape}
}

// TestPyTorch compares features, running averages and gradients of every encoder with PyTorch's.
func TestPyTorch(t *testing.T) {
	for _, c := range readReference(t).Cases {
		t.Run(c.Spec, func(t *testing.T) {
			mod := modality("m", c.Shape[1:])
			e, err := models.ParseEncoder(c.Spec, mod)
			if err != nil {
				t.Fatal(err)
			}
			prefix := models.EncoderPrefix("m")
			vars := e.Variables(prefix)
			var names []string
			inputs := []any{
				tensors.FromFlatDataAndDimensions(xlatest.Made("x", c.Shape[0]*mod.Size(), 1.7), c.Shape...),
			}
			values := xlatest.Filled(t, vars)
			for _, v := range vars {
				names = append(names, v.Name[len(prefix):])
				inputs = append(inputs, tensors.FromFlatDataAndDimensions(values[v.Name], v.Shape...))
			}
			if diff := cmp.Diff(c.Names, names); diff != "" {
				t.Fatalf("variables (-PyTorch +got)\n%s", diff)
			}
			var trained []models.Variable
			out := xlatest.Run(t, func(in []*Node) []*Node {
				trained = nil
				byName := map[string]*Node{}
				for i, v := range vars {
					byName[v.Name] = in[i+1]
				}
				eval := e.Forward(&models.Call{Vars: byName, Norm: models.RunningStatistics}, prefix, in[0])
				call := &models.Call{Vars: byName, Norm: models.BatchStatistics, Updates: map[string]*Node{}}
				z := e.Forward(call, prefix, in[0])
				target := ConstTensor(
					z.Graph(),
					tensors.FromFlatDataAndDimensions(
						xlatest.Made("target", z.Shape().Size(), 1), z.Shape().Dimensions...,
					),
				)
				var nodes []*Node
				for _, v := range vars {
					if v.Trainable() {
						trained = append(trained, v)
						nodes = append(nodes, byName[v.Name])
					}
				}
				list := append([]*Node{eval, z}, Gradient(ReduceAllSum(Mul(z, target)), nodes...)...)
				for _, v := range vars {
					if !v.Trainable() {
						list = append(list, call.Updates[v.Name])
					}
				}
				return list
			}, inputs...)

			// Features are of size 1; float32 against float64 through up to 20 layers.
			near(t, "features", out[0], c.Features, 1e-4)
			near(t, "training features", out[1], c.TrainingFeatures, 1e-4)
			for i, v := range trained {
				want := c.Gradients[v.Name[len(prefix):]]
				got := models.ToTorch(v, out[2+i])
				along := xlatest.Made("along."+v.Name[len(prefix):], v.Size(), 1)
				// A ReLU at a value within rounding of 0 may switch, which moves a gradient of the
				// deep nets by more than rounding: relative to the norm, in two independent sums.
				if n := norm(got.Values); math.Abs(n-want.Norm) > 2e-3*want.Norm+1e-5 {
					t.Errorf("gradient of %s: norm %v, want %v", v.Name, n, want.Norm)
				}
				if a := dot(got.Values, along); math.Abs(a-want.Along) > 2e-3*want.Norm+1e-5 {
					t.Errorf("gradient of %s: along a fixed vector %v, want %v", v.Name, a, want.Along)
				}
			}
			i := 2 + len(trained)
			for _, v := range vars {
				if !v.Trainable() {
					near(t, v.Name, out[i], c.Averages[v.Name[len(prefix):]], 1e-4)
					i++
				}
			}
		})
	}
}

// near compares each value with its reference, relative to the largest.
func near(t *testing.T, what string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	largest := 0.0
	for _, w := range want {
		largest = max(largest, math.Abs(w))
	}
	for i, w := range want {
		if math.Abs(float64(got[i])-w) > tolerance*largest {
			t.Errorf("%s[%d]: %v, want %v (largest %v)", what, i, got[i], w, largest)
			return
		}
	}
}

func norm(x []float32) float64 { return math.Sqrt(dot(x, x)) }

func dot(a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

// TestNormModes compares the gradients of batch norm's modes with finite differences: with batch statistics
// the loss includes their change, with constant ones it does not.
func TestNormModes(t *testing.T) {
	for _, tt := range []struct {
		name   string
		mode   models.NormMode
		solo   bool // whether the statistics are those at the unmoved input
		reason string
	}{
		{"batch", models.BatchStatistics, false, "the gradient goes through mean and variance"},
		{"constant", models.ConstantStatistics, true, "statistics of the batch, held where they were"},
		{"running", models.RunningStatistics, false, "statistics do not depend on the input"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			const n, positions, channels = 4, 3, 2
			e := models.CNN{Axes: 1, In: channels, Channels: []int{2}, Kernel: 1, Norm: models.BatchNorm}
			vars := e.Variables("")
			values := xlatest.Filled(t, vars)
			x := xlatest.Made("x", n*positions*channels, 1)
			exec, err := xlatest.NewExec(t, func(in []*Node) []*Node {
				byName := map[string]*Node{}
				for i, v := range vars {
					byName[v.Name] = in[i+2]
				}
				c := &models.Call{Vars: byName, Norm: tt.mode}
				loss := func(c *models.Call) *Node {
					z := e.Forward(c, "", in[0])
					return ReduceAllSum(
						Mul(
							z,
							ConstTensor(
								z.Graph(), tensors.FromFlatDataAndDimensions(xlatest.Made("target", n*2, 1), n, 2),
							),
						),
					)
				}
				moving := loss(c)
				grad := Gradient(moving, in[0])[0]
				if tt.solo { // the statistics of the unmoved input, as running ones
					u := &models.Call{
						Vars: byName, Norm: models.BatchStatistics, Updates: map[string]*Node{}, Recalibrate: true,
					}
					e.Forward(u, "", in[1])
					rows := float64(n * 2) // two positions are left after the stride
					byName["norm0.running_mean"] = u.Updates["norm0.running_mean"]
					byName["norm0.running_var"] = MulScalar(u.Updates["norm0.running_var"], (rows-1)/rows)
					moving = loss(&models.Call{Vars: byName, Norm: models.RunningStatistics})
				}
				return []*Node{moving, grad}
			})
			if err != nil {
				t.Fatal(err)
			}
			at := func(moved []float32) (loss float64, grad []float32) {
				list := []any{
					tensors.FromFlatDataAndDimensions(moved, n, positions, channels),
					tensors.FromFlatDataAndDimensions(x, n, positions, channels),
				}
				for _, v := range vars {
					list = append(list, tensors.FromFlatDataAndDimensions(values[v.Name], v.Shape...))
				}
				out, err := exec.Call(list...)
				if err != nil {
					t.Fatal(err)
				}
				if grad, err = tensors.CopyFlatData[float32](out[1]); err != nil {
					t.Fatal(err)
				}
				return float64(out[0].Value().(float32)), grad
			}
			_, grad := at(x)
			const h = 1e-2
			for i := range x {
				var side [2]float64
				for s, d := range []float32{h, -h} {
					moved := slices.Clone(x)
					moved[i] += d
					side[s], _ = at(moved)
				}
				want := (side[0] - side[1]) / (2 * h)
				// float32 differences over 2h: rounding 1e-7/h, and curvature h² where no ReLU switches
				if math.Abs(float64(grad[i])-want) > 3e-3 {
					t.Errorf("gradient[%d] = %v, want %v\nreason: %s", i, grad[i], want, tt.reason)
				}
			}
		})
	}
}
