package run

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/workbench/host/engine"
	"github.com/primewindow/primewindow/workbench/host/probe"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// Gradient gives the gradient, in training mode, of the mean fused loss of the batch that the next step will take with
// respect to a variable, shaped as [Run.Var] gives it; before the method changes it, and without weight decay. Nothing
// is updated by it, running statistics included.
func (r *Run) Gradient(ctx context.Context, name string) (shape []int, values []float32, err error) {
	err = r.with(ctx, func() error {
		var names []string
		for _, v := range r.eng.Trainable {
			names = append(names, v.Name)
			if v.Name == name {
				shape = v.Shape
			}
		}
		if shape == nil {
			return wire.Unknown(
				"variable", name, names,
				fmt.Sprintf("%d are trained, from %s to %s", len(names), names[0], names[len(names)-1]),
			)
		}
		_, values, err = r.look("gradient "+name, func(vars, x map[string]*Node, labels *Node) *Node {
			call := &models.Call{Vars: vars, Norm: models.BatchStatistics}
			losses := models.CrossEntropy(r.eng.Model.Forward(call, x).Logits, labels)
			return Gradient(ReduceAllMean(losses), vars[name])[0]
		})
		return err
	})
	return shape, values, err
}

// Activation gives what a layer returns in eval mode for the batch that the next step will take, before the
// activation function: [B*frames, ..., C]. Layers go by the prefix of their variables.
func (r *Run) Activation(ctx context.Context, layer string) (shape []int, values []float32, err error) {
	err = r.with(ctx, func() error {
		names := r.layers()
		if !slices.Contains(names, layer) {
			return wire.Unknown(
				"layer", layer, names,
				fmt.Sprintf("there are %d, from %s to %s", len(names), names[0], names[len(names)-1]),
			)
		}
		shape, values, err = r.look("activation "+layer, func(vars, x map[string]*Node, _ *Node) *Node {
			call := &models.Call{Vars: vars, Norm: models.RunningStatistics, Record: true}
			r.eng.Model.Forward(call, x)
			for _, l := range call.Layers {
				if l.Name == layer {
					return l.Output
				}
			}
			panic(fmt.Errorf("host: layer %s left the model", layer))
		})
		return err
	})
	return shape, values, err
}

// layers names the layers of all encoders.
func (r *Run) layers() []string {
	var names []string
	seen := map[string]bool{}
	for _, m := range r.eng.Model.Modalities {
		for _, v := range inforeg.EncoderVariables(r.eng.Model, m.Name) {
			if name := probe.LayerOf(v.Name); !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

// look builds a graph over the batch that the next step will take, runs it once and forgets it: what one looks at once
// is not worth keeping compiled. Each name would otherwise stay in memory as a graph of its own. Outputs are copied
// and freed.
func (r *Run) look(
	name string, build func(vars, x map[string]*Node, labels *Node) *Node,
) (shape []int, values []float32, err error) {
	b, err := r.nextBatch()
	if err != nil {
		return nil, nil, err
	}
	defer r.eng.Forget(name)
	out, err := r.eng.WithBatch(name, func(in []*Node) []*Node {
		x, labels := r.eng.Inputs(in[len(r.eng.Vars):])
		return []*Node{build(engine.ByName(r.eng.Vars, in), x, labels)}
	}, r.st.Vars, b)
	if err != nil {
		return nil, nil, err
	}
	defer engine.Free(out...)
	values, err = tensors.CopyFlatData[float32](out[0])
	return out[0].Shape().Dimensions, values, err
}

// nextBatch is the batch that the next step will take. It is read again then: a batch is handed out once, and this one
// is taken.
func (r *Run) nextBatch() (*data.Batch, error) { return r.batch(r.recorded()) }

// SampleNorm is one training sample's part of the Fisher trace of one encoder.
type SampleNorm struct {
	Index int     // in the training split
	ID    string  // as its owners name it
	Label int     // its class, as the run is trained on it
	Norm  float64 // squared norm of the gradient of its own fused loss, nats²
}

// SampleNorms gives, by modality, the squared gradient norms of the probe samples at the present step, the largest
// first, with the run's own batch-norm statistics and variables of a probe. Their mean is the trace of eq. 7. Sorting
// is stable: equal norms stay in the order of the samples.
func (r *Run) SampleNorms(ctx context.Context) (all map[string][]SampleNorm, step int, err error) {
	all = map[string][]SampleNorm{}
	err = r.with(ctx, func() error {
		step = r.at
		settings := r.settingsAt(r.at)
		p, err := inforeg.Probe{
			BN: settings.Text("probe_bn"), Weights: settings.Text("probe_params") == setting.ParamsWeights,
		}.Complete()
		if err != nil {
			return err
		}
		values, batch, err := r.moment(settings).SampleNorms(
			ctx, p, min(r.base.Whole("probe_samples"), r.set.Len(data.Train)),
		)
		if err != nil {
			return err
		}
		for _, m := range r.eng.Model.Modalities {
			for i, v := range values[m.Name] {
				id, label := r.set.Identity(data.Train, batch.Indices[i])
				all[m.Name] = append(all[m.Name], SampleNorm{batch.Indices[i], id, label, v})
			}
			slices.SortStableFunc(all[m.Name], func(a, b SampleNorm) int { return cmp.Compare(b.Norm, a.Norm) })
		}
		return nil
	})
	return all, step, err
}

// Modalities are those that the run is trained on, in the model's order.
func (r *Run) Modalities() []data.Modality { return r.eng.Model.Modalities }

// PerSample gives, for the probe samples at the present step, rows of position in the training split and squared
// gradient norm, the largest first: [n, 2]. Positions are exact as float32 up to 2^24.
func (r *Run) PerSample(ctx context.Context, modality string) (shape []int, values []float32, err error) {
	if err := r.checkModality(modality); err != nil {
		return nil, nil, err
	}
	norms, _, err := r.SampleNorms(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range norms[modality] {
		values = append(values, float32(s.Index), float32(s.Norm))
	}
	return []int{len(norms[modality]), 2}, values, nil
}
