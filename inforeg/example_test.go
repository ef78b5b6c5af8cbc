package inforeg_test

import (
	"fmt"
	"math"
	"strings"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend" // the backend "go"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/models"
)

// half halves the gradients of one modality's encoder: a method is the hooks that it needs.
type half struct {
	inforeg.Plain
	modality string
}

func (h half) Gradients(s *inforeg.Step) {
	for _, v := range inforeg.EncoderVariables(s.Model, h.modality) {
		s.Grads[v.Name] = MulScalar(s.Grads[v.Name], 0.5)
	}
}

// The published code averages a trace over ten epochs and takes zeros before the first. This mean is over three.
func ExampleSmooth() {
	trace := []float64{9, 3, 6, 12}
	for _, padded := range []bool{false, true} {
		mean, err := inforeg.Smooth(trace, 3, padded)
		fmt.Println(mean, err)
	}
	// Output:
	// [9 6 6 7] <nil>
	// [3 4 6 7] <nil>
}

// A step under a method is a graph of the variables, the batch and the controls. Here method half halves one encoder's
// gradients: compared with joint training that encoder moves half as far, and the other one as far.
func ExampleBuildStep() {
	backend, err := compute.NewWithConfig("go")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer backend.Finalize()
	vectors := []data.Modality{
		{Name: "a", Kind: data.Vector, Shape: []int{3}}, {Name: "b", Kind: data.Vector, Shape: []int{3}},
	}
	model := &models.Multimodal{
		Modalities: vectors, Fusion: models.ConcatFusion, Classes: 2, Encoders: map[string]models.Encoder{},
	}
	for _, m := range vectors {
		if model.Encoders[m.Name], err = models.ParseEncoder("mlp:4", m); err != nil {
			fmt.Println(err)
			return
		}
	}
	values := model.Init(1)
	moved := func(method inforeg.Method) []*tensors.Tensor {
		exec, err := NewExec(backend, func(g *Graph) []*Node {
			in := inforeg.StepInput{
				Vars: map[string]*Node{}, Momentum: map[string]*Node{}, Controls: map[string]*Node{},
			}
			for _, v := range model.Variables() {
				in.Vars[v.Name] = Reshape(Const(g, values[v.Name]), v.Shape...)
				in.Momentum[v.Name] = ZerosLike(in.Vars[v.Name])
			}
			for name, value := range map[string]float32{"lr": 0.1, "momentum": 0.9, "weight_decay": 0} {
				in.Controls[name] = Const(g, value)
			}
			x := Const(g, [][]float32{{1, 2, 3}, {3, 1, 2}})
			in.X, in.Labels = map[string]*Node{"a": x, "b": x}, Const(g, []int32{0, 1})
			return []*Node{inforeg.BuildStep(model, method, in).UpdateSquares}
		})
		if err != nil {
			panic(err)
		}
		return exec.MustCall()
	}
	plain, halved := moved(inforeg.Plain{}), moved(half{modality: "a"})
	was, now := tensors.MustCopyFlatData[float32](plain[0]), tensors.MustCopyFlatData[float32](halved[0])
	for i, v := range model.Variables() {
		if strings.HasSuffix(v.Name, "weight") && was[i] > 0 {
			fmt.Printf("%s moves by %.2f of what it did\n", v.Name, math.Sqrt(float64(now[i]/was[i])))
		}
	}
	// Output:
	// enc.a.fc0.weight moves by 0.50 of what it did
	// enc.b.fc0.weight moves by 1.00 of what it did
	// head.weight moves by 1.00 of what it did
}
