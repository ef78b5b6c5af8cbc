// Cell is what GoNB makes of a cell that defines a method and an encoder. The test of the host builds it, some of its
// text replaced, and says in its arguments what the main part does.
package main

import (
	"fmt"
	"os"
	"strconv"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/models"
	wb "github.com/primewindow/primewindow/workbench"
	"github.com/primewindow/primewindow/workbench/host"
)

// Half scales the gradient of the audio encoder.
type Half struct{ inforeg.Plain }

// Gradients scales it.
func (Half) Gradients(s *inforeg.Step) {
	for _, v := range inforeg.EncoderVariables(s.Model, "audio") {
		s.Grads[v.Name] = MulScalar(s.Grads[v.Name], 0.5)
	}
}

// Flat is an MLP on all numbers of an input.
type Flat struct{ models.MLP }

// Forward folds the input into a vector first.
func (f Flat) Forward(c *models.Call, prefix string, x *Node) *Node {
	return f.MLP.Forward(c, prefix, Reshape(x, x.Shape().Dimensions[0], -1))
}

func parseFlat(_ string, m data.Modality, option func(name, def string) string) (models.Encoder, error) {
	width, err := strconv.Atoi(option("width", "8"))
	return Flat{models.MLP{In: m.Size(), Widths: []int{width}}}, err
}

func init() { method.Register("half", Half{}) }

func init() { models.RegisterEncoder("flat", parseFlat) }

var run = wb.Open("mine", wb.Data("synth"), wb.Method("half"), wb.Seed(3), wb.Batch(16), wb.LR(0.05), wb.Probes("none"),
	wb.With("data.train", 96), wb.With("data.val", 36), wb.With("data.test", 36),
	wb.Encoder("audio", "flat,width=6"), wb.Encoder("visual", "flat"))

func main() {
	// what a verb above the next line does in the host
	if os.Getenv("PRIMEWINDOW_CELL") != "" && os.Getenv("VERB_FIRST") != "" {
		run.Show()
	}
	host.InThisCell()
	fmt.Println("the cell's main part")
	n, err := strconv.Atoi(os.Args[1])
	if err != nil {
		run.Show()
		return
	}
	run.To(n)
}
