package host

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/models"
)

// ProbeWith measures a probe of the Fisher family now, in any of its definitions, and puts it on record; other
// kinds are those of [Run.Probe]. Random signs and labels are keyed by seed and step, so that the same probe at
// the same step gives the same number.
func (r *Run) ProbeWith(ctx context.Context, ask wire.Probe) (list []wire.Record, err error) {
	if ask.Kind != inforeg.KindFisherEmp && ask.Kind != inforeg.KindFisherTrue || ask == (wire.Probe{Kind: inforeg.KindFisherEmp}) {
		if ask != (wire.Probe{Kind: ask.Kind}) {
			return nil, &wire.Problem{Message: fmt.Sprintf("probe %s: it has no loss, labels, statistics or draws to choose", ask.Kind), Hint: "those belong to fisher_emp and fisher_true"}
		}
		return r.Probe(ctx, ask.Kind)
	}
	p, err := inforeg.Probe{Kind: ask.Kind, Loss: ask.Loss, Labels: ask.Labels, BN: ask.BN, Estimator: ask.Estimator, Weights: ask.Weights, Draws: ask.Draws}.Complete()
	if err != nil {
		return nil, &wire.Problem{Message: firstLine(err), Hint: "for example kind fisher_true, labels sampled, draws 16"}
	}
	err = r.with(ctx, func() error {
		if list, err = r.family(ctx, p, ask.Samples); err != nil {
			return err
		}
		return r.record(list...)
	})
	return list, err
}

// scheduled reports whether a record is of the definition that the run measures by itself. Others of the same kind
// were asked for: they are on record, and no trace may mix them in.
func scheduled(rec wire.Record, base Settings, changes []wire.Change) bool {
	if rec.Kind != inforeg.KindFisherEmp {
		return true
	}
	s := settingsAt(base, changes, rec.Step-1)
	weights := s.text("probe_params") == paramsWeights
	return rec.Loss == inforeg.LossFused && rec.Way == "" && rec.BN == s.text("probe_bn") && (rec.Params == paramsWeights) == weights
}

// Scheduled reports whether a record is of the definition that the run measures by itself.
func (rec Recorded) Scheduled(p wire.Record) bool {
	return scheduled(p, rec.Declared, rec.History.Events)
}

// family measures a probe on samples of the training split.
func (r *Run) family(ctx context.Context, p inforeg.Probe, samples int) ([]wire.Record, error) {
	have := r.set.Len(data.Train)
	usual := min(r.base.whole("probe_samples"), have)
	if samples == 0 {
		samples = usual
	}
	if samples < 2 || samples > have {
		return nil, &wire.Problem{Message: fmt.Sprintf("probe of %d samples, want 2 to %d", samples, have), Hint: "a standard error needs two, and there are no more training samples"}
	}
	together := p.BN == inforeg.BNConstant || p.BN == inforeg.BNCoupled || p.Estimator != inforeg.Exact
	chunk := r.base.whole("probe_chunk")
	if together { // samples whose statistics or signs belong together: as many as in a step
		chunk = min(samples, r.base.whole("batch"))
		samples -= samples % chunk
		if p.Estimator == inforeg.Balanced && chunk%2 != 0 {
			return nil, &wire.Problem{Message: fmt.Sprintf("balanced signs for %d samples, want an even number", chunk), Hint: "ask for an even number of samples, no more than the batch size"}
		}
	}
	batch, err := r.set.Read(data.Train, spread(have, samples), 0)
	if err != nil {
		return nil, err
	}
	vars := r.st.vars
	if p.BN == inforeg.BNRecalibrated {
		all, fresh, err := r.eng.recalibrated(vars, batch)
		if err != nil {
			return nil, err
		}
		defer free(fresh...)
		vars = all
	}
	random := rand.New(rand.NewPCG(uint64(r.base.whole("seed")), uint64(r.at)))
	values := map[string][]float64{} // by modality: of every sample, or of every draw the mean over the samples
	for from := 0; from < samples; from += chunk {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		part := r.slice(batch, from, min(from+chunk, samples))
		each, err := r.measurePart(vars, part, p, random)
		if err != nil {
			return nil, err
		}
		for m, list := range each {
			if p.Estimator == inforeg.Exact {
				values[m] = append(values[m], list...)
				continue
			}
			if values[m] == nil {
				values[m] = make([]float64, len(list))
			}
			for k, v := range list {
				values[m][k] += v * float64(len(part.Labels)) / float64(samples)
			}
		}
	}
	var records []wire.Record
	for _, m := range r.eng.model.Modalities {
		rec := r.blank(p.Kind, m.Name)
		mean, se := inforeg.MeanError(values[m.Name])
		rec.Value, rec.Loss, rec.Labels, rec.BN, rec.N = mean, p.Loss, p.Labels, p.BN, samples
		if !math.IsNaN(se) {
			rec.SE = &se
		}
		if p.Weights {
			rec.Params = paramsWeights
		}
		rec.Way = way(p, samples, usual)
		records = append(records, rec)
	}
	return records, nil
}

// way says in what a measurement differs from the run's own: estimator, draws, other samples.
func way(p inforeg.Probe, samples, usual int) string {
	var parts []string
	if p.Estimator != inforeg.Exact {
		parts = append(parts, p.Estimator)
	}
	if p.Draws > 0 {
		parts = append(parts, fmt.Sprintf("%d draws", p.Draws))
	}
	if samples != usual {
		parts = append(parts, fmt.Sprintf("%d samples", samples))
	}
	return strings.Join(parts, ", ")
}

// measurePart measures samples together: with exact probes a value for each sample, else one for each draw.
func (r *Run) measurePart(vars []*tensors.Tensor, part *data.Batch, p inforeg.Probe, random *rand.Rand) (map[string][]float64, error) {
	n := len(part.Labels)
	if p.Estimator == inforeg.Exact && p.BN != inforeg.BNCoupled {
		draws := make([]float32, n*max(1, p.Draws))
		for i := range draws {
			draws[i] = random.Float32()
		}
		return r.eng.sampleNorms(vars, part, p, draws)
	}
	rows := make([][]float32, n) // exact and coupled: every sample alone
	for i := range rows {
		rows[i] = make([]float32, n)
		rows[i][i] = 1
	}
	if p.Estimator != inforeg.Exact {
		var err error
		if rows, err = inforeg.Signs(p.Estimator, n, p.Draws, random); err != nil {
			return nil, err
		}
	}
	sums := map[string][]float64{}
	for len(rows) > 0 { // four backward passes share a forward pass; more would take long to compile
		k := 4
		if len(rows) < k {
			k = 1
		}
		got, err := r.eng.sumNorms(vars, part, p, rows[:k])
		if err != nil {
			return nil, err
		}
		rows = rows[k:]
		for m, list := range got {
			sums[m] = append(sums[m], list...)
		}
	}
	if p.Estimator != inforeg.Exact {
		for m, list := range sums {
			sums[m] = inforeg.PerDraw(p.Estimator, list, n)
		}
	}
	return sums, nil
}

// sampleNorms gives every sample's contribution to a probe, by modality. draws are its random numbers, [B, draws].
func (e *engine) sampleNorms(vars []*tensors.Tensor, batch *data.Batch, p inforeg.Probe, draws []float32) (map[string][]float64, error) {
	t := tensors.FromFlatDataAndDimensions(draws, len(batch.Labels), max(1, p.Draws))
	return e.norms(fmt.Sprint("probe ", p), vars, batch, t, func(call *models.Call, x map[string]*Node, labels, draws *Node) map[string]*Node {
		call.Norm, call.Record = p.Norm(), true
		return p.Norms(e.model, call, e.model.Forward(call, x), labels, draws)
	})
}

// sumNorms gives, by modality, the squared norm of the gradients' sum with each row of signs.
func (e *engine) sumNorms(vars []*tensors.Tensor, batch *data.Batch, p inforeg.Probe, rows [][]float32) (map[string][]float64, error) {
	var flat []float32
	for _, row := range rows {
		flat = append(flat, row...)
	}
	t := tensors.FromFlatDataAndDimensions(flat, len(rows), len(rows[0]))
	p.Draws = 0 // the graph does not depend on it
	return e.norms(fmt.Sprint("sums ", p), vars, batch, t, func(call *models.Call, x map[string]*Node, labels, signs *Node) map[string]*Node {
		call.Norm = p.Norm()
		return inforeg.SumNorms(e.model, call, p.Losses(e.model.Forward(call, x), labels), signs, p.Weights)
	})
}

// norms runs a graph over a batch and one further input that gives a list for each modality.
func (e *engine) norms(name string, vars []*tensors.Tensor, batch *data.Batch, more *tensors.Tensor, build func(call *models.Call, x map[string]*Node, labels, more *Node) map[string]*Node) (map[string][]float64, error) {
	inputs := append(e.batchTensors(batch), more)
	defer free(inputs...)
	args := make([]any, 0, len(vars)+len(inputs))
	for _, t := range vars {
		args = append(args, t)
	}
	for _, t := range inputs {
		args = append(args, t)
	}
	out, err := e.call(name, func(in []*Node) []*Node {
		rest := in[len(e.vars):]
		x, labels := e.inputs(rest)
		got := build(&models.Call{Vars: e.byName(e.vars, in)}, x, labels, rest[len(rest)-1])
		var list []*Node
		for _, m := range e.model.Modalities {
			list = append(list, got[m.Name])
		}
		return list
	}, args)
	if err != nil {
		return nil, err
	}
	defer free(out...)
	norms := map[string][]float64{}
	for i, m := range e.model.Modalities {
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
