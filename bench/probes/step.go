package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/models"
)

// A small rate: the weights of the file are drawn, not trained, and losses must stay finite over all rounds.
const (
	rate     = 1e-4
	momentum = 0.9
	decay    = 1e-4
)

// contender takes one step after another on the same batch.
type contender struct {
	exec  *graph.Exec
	args  []any // x by modality and labels; then, from state on, all variables and all momentum buffers
	state int
	names []string // of the scalars that follow the state among the outputs
}

// contend builds the step that o.what names, with the weights and inputs of the file.
func contend(backend *xla.Backend, m *models.Multimodal, o options) (*contender, error) {
	vars := m.Variables()
	train := slices.DeleteFunc(slices.Clone(vars), func(v models.Variable) bool { return !v.Trainable() })
	c := &contender{state: len(m.Modalities) + 1, names: []string{"loss"}}
	switch o.what {
	case "step", "step-eval":
	case "exact", "running":
		for _, mod := range m.Modalities {
			c.names = append(c.names, mod.Name)
		}
	default:
		return nil, fmt.Errorf("what %q, want data, step, step-eval, exact, running or figure", o.what)
	}
	var err error
	c.exec, err = backend.NewExec(func(in []*graph.Node) []*graph.Node {
		x := map[string]*graph.Node{}
		for i, mod := range m.Modalities {
			x[mod.Name] = in[i]
		}
		values, buffers := byName(vars, in[c.state:]), byName(train, in[c.state+len(vars):])
		p := passes(m, o.what, values, x, in[c.state-1])
		constant := func(v float32) *graph.Node { return graph.Const(in[0].Graph(), v) }
		var moved []*graph.Node
		for i, v := range train {
			values[v.Name], buffers[v.Name] = models.SGD(
				values[v.Name], p.grads[i], buffers[v.Name], constant(rate), constant(momentum), constant(decay),
			)
			moved = append(moved, buffers[v.Name])
		}
		var out []*graph.Node
		for _, v := range vars {
			if average := p.averages[v.Name]; average != nil {
				values[v.Name] = average
			}
			out = append(out, values[v.Name])
		}
		return append(append(out, moved...), p.scalars...)
	})
	if err != nil {
		return nil, err
	}
	return c, c.read(m, o.file)
}

// passed is what the forward and backward passes of a step give.
type passed struct {
	grads    []*graph.Node          // of the mean loss, by trainable variable, in the model's order
	averages map[string]*graph.Node // batch norm's new running averages, in training mode
	scalars  []*graph.Node          // the loss and, of exact and running, the mean square of each encoder's samples
}

// passes adds the passes of one step to a graph: all that sets step, step-eval and exact apart.
func passes(m *models.Multimodal, what string, values, x map[string]*graph.Node, labels *graph.Node) passed {
	p := passed{averages: map[string]*graph.Node{}}
	call := &models.Call{Vars: values, Norm: models.RunningStatistics}
	if what != "step-eval" && what != "exact" {
		call.Norm, call.Updates = models.BatchStatistics, p.averages
	}
	var shares *inforeg.Shares
	if what == "exact" || what == "running" {
		shares = inforeg.NewShares(m, call, labels.Shape().Dimensions[0])
	}
	loss := graph.ReduceAllMean(models.CrossEntropy(m.Forward(call, x).Logits, labels))
	var train []*graph.Node
	for _, v := range m.Variables() {
		if v.Trainable() {
			train = append(train, values[v.Name])
		}
	}
	p.grads, p.scalars = graph.Gradient(loss, train...), []*graph.Node{loss}
	if shares != nil {
		norms := shares.Norms(false)
		for _, mod := range m.Modalities {
			p.scalars = append(p.scalars, graph.ReduceAllMean(norms[mod.Name]))
		}
	}
	return p
}

// step takes the next step and gives its scalars by name.
func (c *contender) step() (map[string]float64, error) {
	out, err := c.exec.Call(c.args...)
	if err != nil {
		return nil, err
	}
	kept := len(c.args) - c.state
	for i := range kept { // the next step begins where this one ended
		if err := c.args[c.state+i].(*tensors.Tensor).FinalizeAll(); err != nil {
			return nil, err
		}
		c.args[c.state+i] = out[i]
	}
	values := map[string]float64{}
	for i, name := range c.names {
		values[name] = float64(out[kept+i].Value().(float32))
	}
	return values, nil
}

// read fills the arguments of the first step from the file.
func (c *contender) read(m *models.Multimodal, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	list, _, err := models.ReadSafetensors(f)
	if err != nil {
		return err
	}
	stored := map[string]models.Tensor{}
	for _, t := range list {
		stored[t.Name] = t
	}
	for _, mod := range m.Modalities {
		x := stored["x."+mod.Name]
		c.args = append(c.args, tensors.FromFlatDataAndDimensions(x.Values, x.Shape...))
	}
	labels := make([]int32, len(stored["y"].Values))
	for i, v := range stored["y"].Values {
		labels[i] = int32(v)
	}
	c.args = append(c.args, tensors.FromFlatDataAndDimensions(labels, len(labels)))
	var buffers []any
	for _, v := range m.Variables() {
		values, err := models.FromTorch(v, stored[v.Name])
		if err != nil {
			return err
		}
		c.args = append(c.args, tensors.FromFlatDataAndDimensions(values, v.Shape...))
		if v.Trainable() {
			buffers = append(buffers, tensors.FromFlatDataAndDimensions(make([]float32, v.Size()), v.Shape...))
		}
	}
	c.args = append(c.args, buffers...)
	runtime.GC()
	return nil
}

// write draws inputs and weights, brings batch norm's running averages to what these inputs give, so that eval mode
// works on values of ordinary size, and writes all to the file, weights in PyTorch's names and layouts.
func write(backend compute.Backend, m *models.Multimodal, o options) error {
	r := rand.New(rand.NewPCG(1, 1))
	var list []models.Tensor
	var args []any
	for _, mod := range m.Modalities {
		x := models.Tensor{
			Name: "x." + mod.Name, Shape: append([]int{o.batch}, mod.Shape...),
			Values: make([]float32, o.batch*mod.Size()),
		}
		for i := range x.Values {
			x.Values[i] = float32(r.NormFloat64())
		}
		list = append(list, x)
		args = append(args, tensors.FromFlatDataAndDimensions(x.Values, x.Shape...))
	}
	y := models.Tensor{Name: "y", Shape: []int{o.batch}, Values: make([]float32, o.batch)}
	for i := range y.Values {
		y.Values[i] = float32(i % m.Classes)
	}
	list = append(list, y)

	vars, values := m.Variables(), m.Init(1)
	for _, v := range vars {
		args = append(args, tensors.FromFlatDataAndDimensions(values[v.Name], v.Shape...))
	}
	averages := slices.DeleteFunc(slices.Clone(vars), models.Variable.Trainable)
	exec, err := graph.NewExec(backend, func(in []*graph.Node) []*graph.Node {
		x := map[string]*graph.Node{}
		for i, mod := range m.Modalities {
			x[mod.Name] = in[i]
		}
		found := inforeg.Recalibrated(m, byName(vars, in[len(m.Modalities):]), x)
		var out []*graph.Node
		for _, v := range averages {
			out = append(out, found[v.Name])
		}
		return out
	})
	if err != nil {
		return err
	}
	found, err := exec.Call(args...)
	if err != nil {
		return err
	}
	for i, v := range averages {
		values[v.Name] = found[i].Value().([]float32)
	}
	for _, v := range vars {
		list = append(list, models.ToTorch(v, values[v.Name]))
	}
	f, err := os.Create(o.file)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := models.WriteSafetensors(f, list, nil); err != nil {
		return err
	}
	return f.Close()
}

func byName(vars []models.Variable, nodes []*graph.Node) map[string]*graph.Node {
	all := map[string]*graph.Node{}
	for i, v := range vars {
		all[v.Name] = nodes[i]
	}
	return all
}
