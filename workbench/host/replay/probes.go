package replay

import (
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/workbench/host/engine"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// single gives the variables in float32, in which probes are measured, and what frees them. In float32 they are the
// state's own tensors and are not freed; in float64 they are copies, which done frees.
func (r *replay) single() ([]*tensors.Tensor, func(), error) {
	if r.spec.DType == "float32" {
		return r.st.Vars, func() {}, nil
	}
	list := make([]*tensors.Tensor, len(r.st.Vars))
	for i, t := range r.st.Vars {
		values, err := floats(t)
		if err != nil {
			return nil, nil, err
		}
		list[i] = tensors.FromFlatDataAndDimensions(values, r.eng.Vars[i].Shape...)
	}
	return list, func() { engine.Free(list...) }, nil
}

// norms measures the probe set with the running averages: what each sample adds, by modality. Running averages are a
// part of the weights that were given, so both sides have the same. Statistics that are estimated anew would compare
// the estimates as well.
func (r *replay) norms(p inforeg.Probe) (map[string][]float64, error) {
	p, err := p.Complete()
	if err != nil {
		return nil, err
	}
	vars, done, err := r.single()
	if err != nil {
		return nil, err
	}
	defer done()
	return r.eng.SampleNorms(vars, r.probe, p, make([]float32, len(r.probe.Labels)))
}

// writeProbes writes probes.json for the initial weights. They are of the given weights, so that a difference here is
// of the model or of the measurement, and not of a step.
func (r *replay) writeProbes(o *replayOut) error {
	vars, done, err := r.single()
	if err != nil {
		return err
	}
	defer done()
	got, err := r.eng.Evaluate(vars, r.probe)
	if err != nil {
		return err
	}
	n := len(r.probe.Labels)
	all := map[string]any{"fused": table2(got.Logits, n)}
	uni, features, cosines := map[string]any{}, map[string]any{}, map[string]any{}
	// A modality is read out by its own head where there is one, else by its part of the fusion head.
	readout := got.Unimodal
	if r.eng.Model.Separate {
		readout = got.Separate
	}
	for _, m := range r.spec.Model.Modalities {
		uni[m], features[m] = table2(readout[m], n), table2(got.Features[m], n)
	}
	all["uni"], all["features"] = uni, features
	for name, p := range map[string]inforeg.Probe{
		// The names are those of the format: all variables, weights of convolutions and linear layers alone, the
		// modality's loss.
		"fisher_emp_all":          {},
		"fisher_emp_weights_only": {Weights: true},
		"fisher_emp_uni":          {Loss: inforeg.LossUnimodal},
	} {
		p.BN = inforeg.BNRunning
		if all[name], err = r.norms(p); err != nil {
			return err
		}
	}
	labels, err := r.norms(inforeg.Probe{Kind: inforeg.KindFisherTrue, BN: inforeg.BNRunning})
	if err != nil {
		return err
	}
	means := map[string]float64{}
	for m, values := range labels {
		means[m], _ = inforeg.MeanError(values)
	}
	all[inforeg.KindFisherTrue] = means
	// One number is enough to see that gradients of two batches agree on both sides.
	if len(r.batches) > 1 {
		first, err := r.encoderGradients(vars, r.batches[0])
		if err != nil {
			return err
		}
		second, err := r.encoderGradients(vars, r.batches[1])
		if err != nil {
			return err
		}
		for i, m := range r.spec.Model.Modalities {
			c := cosineOf(first[i], second[i])
			cosines[m] = [][]float64{{1, c}, {c, 1}}
		}
		all["cosine_train_mode"] = cosines
	}
	f, err := o.create(probesFile)
	if err != nil {
		return record.DiskProblem(err)
	}
	text, err := record.Encode("replay: probes", all)
	if err == nil {
		_, err = f.Write(append(text, '\n'))
	}
	return err
}

// encoderGradients are the gradients of a batch's mean fused loss in training mode, flat, by modality in order. Batch
// statistics are those of the batch, as in a training step.
func (r *replay) encoderGradients(vars []*tensors.Tensor, batch *data.Batch) ([][]float32, error) {
	out, err := r.eng.WithBatch("encoder gradients", func(in []*Node) []*Node {
		x, labels := r.eng.Inputs(in[len(r.eng.Vars):])
		values := engine.ByName(r.eng.Vars, in)
		o := r.eng.Model.Forward(&models.Call{Vars: values, Norm: models.BatchStatistics}, x)
		loss := ReduceAllMean(models.CrossEntropy(o.Logits, labels))
		var list []*Node
		for _, m := range r.spec.Model.Modalities {
			var nodes []*Node
			for _, v := range inforeg.EncoderVariables(r.eng.Model, m) {
				nodes = append(nodes, values[v.Name])
			}
			flat := Gradient(loss, nodes...)
			for i, g := range flat {
				flat[i] = Reshape(g, -1)
			}
			list = append(list, Concatenate(flat, 0))
		}
		return list
	}, vars, batch)
	if err != nil {
		return nil, err
	}
	defer engine.Free(out...)
	var list [][]float32
	for _, t := range out {
		values, err := tensors.CopyFlatData[float32](t)
		if err != nil {
			return nil, err
		}
		list = append(list, values)
	}
	return list, nil
}

// cosineOf is the cosine between two vectors; 0 where one has no direction, as in [inforeg.CosineMatrix]. It sums in
// float64, however long the vectors are.
func cosineOf(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}

// table2 cuts flat values into n rows.
func table2(values []float32, n int) [][]float32 {
	return slices.Collect(slices.Chunk(values, len(values)/n))
}
