package engine

import (
	"fmt"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/models"
)

// LayerNorms are squared gradient norms of samples, layer by layer.
type LayerNorms struct {
	Names  []string    // of the layers, as prefixes of their variables
	Values [][]float64 // by layer, of every sample, nats²
}

// Samples are the squared norms of a modality's whole encoder, of every sample.
func (n LayerNorms) Samples(modality string) []float64 {
	return n.Sum(func(layer string) bool { return strings.HasPrefix(layer, models.EncoderPrefix(modality)) })
}

// Sum adds up the squared norms of the layers that belong, of every sample. Squared norms of different variables add
// up; nil where no layer belongs.
func (n LayerNorms) Sum(belongs func(layer string) bool) []float64 {
	var sum []float64
	for i, name := range n.Names {
		if !belongs(name) {
			continue
		}
		if sum == nil {
			sum = make([]float64, len(n.Values[i]))
		}
		for k, v := range n.Values[i] {
			sum[k] += v
		}
	}
	return sum
}

// LayerNorms measures samples at their observed labels. Which layers there are is known when the graph is built, and
// kept by its name for the calls after it. The probe is part of the name, as the graph depends on it.
func (e *Engine) LayerNorms(vars []*tensors.Tensor, batch *data.Batch, p inforeg.Probe) (LayerNorms, error) {
	name := fmt.Sprint("layers ", p)
	out, err := e.WithBatch(name, func(in []*Node) []*Node {
		x, labels := e.Inputs(in[len(e.Vars):])
		layers, mean := p.Layers(e.Model, ByName(e.Vars, in), x, labels)
		var names []string
		var list []*Node
		for _, l := range layers {
			part := l.Weights
			if !p.Weights {
				part = l.All()
			}
			if part != nil {
				names, list = append(names, l.Name), append(list, part)
			}
		}
		if mean != nil {
			for _, m := range e.Model.Modalities {
				list = append(list, mean[m.Name])
			}
		}
		e.layers[name] = names
		return list
	}, vars, batch)
	if err != nil {
		return LayerNorms{}, err
	}
	defer Free(out...)
	e.mu.Lock()
	// the map is locked, as another run may be building a graph
	n := LayerNorms{Names: e.layers[name]}
	e.mu.Unlock()
	// Behind the layers stand the squared norms of mean gradients, of shares. They are not read; without them the graph
	// would be another, and might sum in another order.
	for _, t := range out[:len(n.Names)] {
		values, err := tensors.CopyFlatData[float32](t)
		if err != nil {
			return LayerNorms{}, err
		}
		all := make([]float64, len(values))
		for k, v := range values {
			all[k] = float64(v)
		}
		n.Values = append(n.Values, all)
	}
	return n, nil
}

// LabelSums gives, by modality, the squared norm of the gradients' sum at each draw of labels from the model.
func (e *Engine) LabelSums(
	vars []*tensors.Tensor, batch *data.Batch, p inforeg.Probe, draws []float32,
) (map[string][]float64, error) {
	t := tensors.FromFlatDataAndDimensions(draws, len(batch.Labels), p.Draws)
	return e.norms(fmt.Sprint("labels ", p), vars, batch, t, func(
		call *models.Call, x map[string]*Node, _, draws *Node,
	) map[string]*Node {
		call.Norm = p.Norm()
		return p.LabelSums(e.Model, call, e.Model.Forward(call, x), draws)
	})
}

// SampleNorms gives every sample's contribution to a probe, by modality. draws are its random numbers, [B, draws].
// Where the probe draws nothing they are an input that is not read, so that all probes have the same inputs.
func (e *Engine) SampleNorms(
	vars []*tensors.Tensor, batch *data.Batch, p inforeg.Probe, draws []float32,
) (map[string][]float64, error) {
	t := tensors.FromFlatDataAndDimensions(draws, len(batch.Labels), max(1, p.Draws))
	return e.norms(fmt.Sprint("probe ", p), vars, batch, t, func(
		call *models.Call, x map[string]*Node, labels, draws *Node,
	) map[string]*Node {
		call.Norm, call.Record = p.Norm(), true
		return p.Norms(e.Model, call, e.Model.Forward(call, x), labels, draws)
	})
}

// SumNorms gives, by modality, the squared norm of the gradients' sum with each row of signs.
func (e *Engine) SumNorms(
	vars []*tensors.Tensor, batch *data.Batch, p inforeg.Probe, rows [][]float32,
) (map[string][]float64, error) {
	var flat []float32
	for _, row := range rows {
		flat = append(flat, row...)
	}
	// norms frees it with the batch's tensors
	t := tensors.FromFlatDataAndDimensions(flat, len(rows), len(rows[0]))
	p.Draws = 0 // the graph does not depend on it
	return e.norms(fmt.Sprint("sums ", p), vars, batch, t, func(
		call *models.Call, x map[string]*Node, labels, signs *Node,
	) map[string]*Node {
		call.Norm = p.Norm()
		return inforeg.SumNorms(e.Model, call, p.Losses(e.Model.Forward(call, x), labels), signs, p.Weights)
	})
}

// norms runs a graph over a batch and one further input that gives a list for each modality. It frees more with
// the batch.
func (e *Engine) norms(
	name string, vars []*tensors.Tensor, batch *data.Batch, more *tensors.Tensor,
	build func(call *models.Call, x map[string]*Node, labels, more *Node) map[string]*Node,
) (map[string][]float64, error) {
	inputs := append(e.batchTensors(batch), more)
	defer Free(inputs...)
	args := make([]any, 0, len(vars)+len(inputs))
	for _, t := range vars {
		args = append(args, t)
	}
	for _, t := range inputs {
		args = append(args, t)
	}
	out, err := e.Call(name, func(in []*Node) []*Node {
		rest := in[len(e.Vars):]
		x, labels := e.Inputs(rest)
		got := build(&models.Call{Vars: ByName(e.Vars, in)}, x, labels, rest[len(rest)-1])
		var list []*Node
		for _, m := range e.Model.Modalities {
			list = append(list, got[m.Name])
		}
		return list
	}, args)
	if err != nil {
		return nil, err
	}
	defer Free(out...)
	norms := map[string][]float64{}
	for i, m := range e.Model.Modalities {
		values, err := tensors.CopyFlatData[float32](out[i])
		if err != nil {
			return nil, err
		}
		for _, v := range values {
			norms[m.Name] = append(norms[m.Name], float64(v))
		}
	}
	return norms, nil
}
