package engine

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/models"
)

// Rows are what a batch in eval mode gives, row by row.
type Rows struct {
	Logits []float32 // [B, classes], of the fused prediction
	// by modality: the head's readout, the own classifier's if there are any, and [B, D]
	Unimodal, Separate, Features map[string][]float32
}

// Evaluate runs a batch in eval mode. Running statistics of batch norm make a row independent of the others, so that a
// batch may be filled up with any sample.
func (e *Engine) Evaluate(vars []*tensors.Tensor, batch *data.Batch) (Rows, error) {
	out, err := e.WithBatch("evaluate", e.buildEvaluate, vars, batch)
	if err != nil {
		return Rows{}, err
	}
	r := Rows{Unimodal: map[string][]float32{}, Features: map[string][]float32{}, Separate: map[string][]float32{}}
	// after an error the rest is passed over; all tensors are freed together at the end
	take := func() (values []float32) {
		if err == nil {
			values, err = tensors.CopyFlatData[float32](out[0])
		}
		out = out[1:]
		return values
	}
	all := out
	defer Free(all...)
	r.Logits = take()
	for _, m := range e.Model.Modalities {
		r.Unimodal[m.Name], r.Features[m.Name] = take(), take()
		if e.Model.Separate {
			r.Separate[m.Name] = take()
		}
	}
	return r, err
}

// buildEvaluate builds the graph; its outputs are in the order in which Evaluate takes them.
func (e *Engine) buildEvaluate(in []*Node) []*Node {
	x, _ := e.Inputs(in[len(e.Vars):])
	call := &models.Call{Vars: ByName(e.Vars, in[:len(e.Vars)]), Norm: models.RunningStatistics}
	o := e.Model.Forward(call, x)
	out := []*Node{o.Logits}
	for _, m := range e.Model.Modalities {
		out = append(out, o.ByHead[m.Name], o.Features[m.Name])
		if e.Model.Separate {
			out = append(out, o.Separate[m.Name])
		}
	}
	return out
}

// Recalibrated returns the variables with batch-norm averages that are the batch's own statistics. It shares the other
// tensors with vars; fresh lists the new ones, for the caller to free. vars stay the caller's, and are not to be freed
// before all has been used.
func (e *Engine) Recalibrated(vars []*tensors.Tensor, batch *data.Batch) (all, fresh []*tensors.Tensor, err error) {
	if len(e.Trainable) == len(e.Vars) { // no batch norm: there is nothing to re-estimate
		return vars, nil, nil
	}
	if fresh, err = e.WithBatch("recalibrate", func(in []*Node) []*Node {
		x, _ := e.Inputs(in[len(e.Vars):])
		averages := inforeg.Recalibrated(e.Model, ByName(e.Vars, in[:len(e.Vars)]), x)
		var out []*Node
		for _, v := range e.Vars {
			if !v.Trainable() {
				out = append(out, averages[v.Name])
			}
		}
		return out
	}, vars, batch); err != nil {
		return nil, nil, err
	}
	all = slices.Clone(vars)
	next := 0
	for i, v := range e.Vars {
		if !v.Trainable() {
			all[i] = fresh[next]
			next++
		}
	}
	return all, fresh, nil
}
