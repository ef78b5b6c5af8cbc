package probe

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/workbench/host/engine"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// Family measures a probe on samples of the training split: of every encoder, or, of the whole model, of the head and
// of all together. The whole model's standard error is that of each sample's sum over all layers. samples 0 are as many
// as the run's settings say. Every sample's value is kept in the record where a window test may read it, which pairs
// the samples of two of them; elsewhere it would only make the line long.
func (now *Moment) Family(ctx context.Context, p inforeg.Probe, samples int) ([]wire.Record, error) {
	have := now.Set.Len(data.Train)
	usual := min(now.Base.Whole("probe_samples"), have)
	if samples == 0 {
		samples = usual
	}
	if samples < 2 || samples > have {
		return nil, &wire.Problem{
			Message: fmt.Sprintf("probe of %d samples, want 2 to %d", samples, have),
			Hint:    "a standard error needs two, and there are no more training samples",
		}
	}
	sum, batch, err := now.read(ctx, p, samples)
	if err != nil {
		return nil, err
	}
	samples = len(batch.Labels)
	names, params := inforeg.ModalityNames(now.Engine.Model), []string{}
	if p.Weights {
		params = append(params, setting.ParamsWeights)
	}
	if p.Whole {
		// under names of their own, so that they are in no encoder's trace
		names, params = []string{wire.HeadAlone, wire.WholeModel}, append(params, wire.ParamsWhole)
	}
	var records []wire.Record
	for _, m := range names {
		rec := now.blank(p.Kind, m)
		mean, se := inforeg.MeanError(sum[m].values)
		rec.Value, rec.SE, rec.Loss, rec.Labels, rec.BN = mean, record.Known(se), p.Loss, p.Labels, p.BN
		rec.N, rec.Parts, rec.Params = samples, sum[m].parts, strings.Join(params, ", ")
		// before what follows, which asks whether the record is of the run's own definition
		rec.Way = way(p, samples, usual)
		if now.Each && now.Step > 0 && now.Step%now.Clock.Interval == 0 && p.Estimator == inforeg.Exact &&
			record.Scheduled(rec, now.Base, now.Changes) {
			for _, v := range sum[m].values {
				rec.Each = append(rec.Each, float32(v))
			}
		}
		records = append(records, rec)
	}
	return records, nil
}

// read measures samples of the training split, the same in every run on the same data. Where they are taken a batch at
// a time, it takes whole batches only. Random numbers are drawn part after part from one generator, so that a part's
// depend on how many come before it: the size of the parts belongs to the definition of what is drawn. What is exact
// does not depend on it but for rounding.
func (now *Moment) read(ctx context.Context, p inforeg.Probe, samples int) (tally, *data.Batch, error) {
	have := now.Set.Len(data.Train)
	chunk := now.Base.Whole("probe_chunk")
	if together(p) { // samples whose statistics or signs belong together: as many as in a step
		chunk = min(samples, now.Base.Batch())
		// what fills no batch is left out, rather than measured with other statistics
		samples -= samples % chunk
		if p.Estimator == inforeg.Balanced && chunk%2 != 0 {
			return nil, nil, &wire.Problem{
				Message: fmt.Sprintf("balanced signs for %d samples, want an even number", chunk),
				Hint:    "ask for an even number of samples, no more than the batch size",
			}
		}
	}
	// all samples are read at once, and treated in parts, which bounds the memory of the gradients
	batch, err := now.Set.Read(data.Train, data.Spread(have, samples), 0)
	if err != nil {
		return nil, nil, err
	}
	vars := now.State.Vars
	if p.BN == inforeg.BNRecalibrated {
		all, fresh, err := now.Engine.Recalibrated(vars, batch)
		if err != nil {
			return nil, nil, err
		}
		defer engine.Free(fresh...)
		vars = all
	}
	// a generator for each measurement: it begins anew with each, and no measurement changes what another draws
	random := rand.New(rand.NewPCG(uint64(now.Base.Seed()), uint64(now.Step)))
	sum := tally{}
	for from := 0; from < samples; from += chunk {
		if ctx.Err() != nil {
			return nil, nil, context.Cause(ctx)
		}
		part := now.Slice(batch, from, min(from+chunk, samples))
		if err := now.measurePart(sum, vars, part, p, random, float64(len(part.Labels))/float64(samples)); err != nil {
			return nil, nil, err
		}
	}
	return sum, batch, nil
}

// SampleNorms gives, by modality, what a probe finds of each of so many samples of the training split, and the samples.
func (now *Moment) SampleNorms(
	ctx context.Context, p inforeg.Probe, samples int,
) (map[string][]float64, *data.Batch, error) {
	sum, batch, err := now.read(ctx, p, samples)
	if err != nil {
		return nil, nil, err
	}
	return sum.values(), batch, nil
}

// OnBatch is [Moment.SampleNorms] of a batch that the caller has, all at once: what a step measured of its batch can be
// compared with it.
func (now *Moment) OnBatch(b *data.Batch, p inforeg.Probe) (map[string][]float64, error) {
	sum := tally{}
	random := rand.New(rand.NewPCG(uint64(now.Base.Seed()), uint64(now.Step)))
	if err := now.measurePart(sum, now.State.Vars, b, p, random, 1); err != nil {
		return nil, err
	}
	return sum.values(), nil
}

// together reports whether a probe's samples are measured a batch at a time. Statistics of a batch and sums with signs
// are of all its samples, so that a part is a batch of the run's size and the number is that of such batches.
func together(p inforeg.Probe) bool {
	return p.Estimator != inforeg.Exact || p.BN == inforeg.BNConstant || p.BN == inforeg.BNCoupled ||
		p.BN == inforeg.BNShare
}

// reading is what a probe found of one encoder, over parts of its samples.
type reading struct {
	values []float64          // of every sample, or of every draw the mean over the samples
	parts  map[string]float64 // by layer, mean over the samples; nil where it is not known
}

// tally holds readings by modality. The head and the whole model stand in it as modalities do.
type tally map[string]*reading

// of is the reading of a modality, which is made when it is first asked for.
func (t tally) of(modality string) *reading {
	if t[modality] == nil {
		t[modality] = &reading{}
	}
	return t[modality]
}

// values are those of every sample or draw, by modality.
func (t tally) values() map[string][]float64 {
	all := map[string][]float64{}
	for m, one := range t {
		all[m] = one.values
	}
	return all
}

// each adds values of samples. They follow those of the parts before, in the order of the samples.
func (t tally) each(values map[string][]float64) {
	for m, list := range values {
		t.of(m).values = append(t.of(m).values, list...)
	}
}

// draws adds means over a share of the samples, one for each draw. The same draw of each part is added up, weighted by
// the part: a draw is one of the signs of all samples.
func (t tally) draws(values map[string][]float64, share float64) {
	for m, list := range values {
		if t.of(m).values == nil {
			t.of(m).values = make([]float64, len(list))
		}
		for k, v := range list {
			t.of(m).values[k] += v * share
		}
	}
}

// way says in what a measurement differs from the run's own: estimator, draws, other samples. It is empty of the run's
// own, by which record.Scheduled knows it.
func way(p inforeg.Probe, samples, usual int) string {
	var parts []string
	if p.Estimator != inforeg.Exact {
		parts = append(parts, p.Estimator)
	}
	if p.Draws > 0 {
		parts = append(parts, counted(p.Draws))
	}
	if samples != usual {
		parts = append(parts, fmt.Sprintf("%d samples", samples))
	}
	return strings.Join(parts, ", ")
}

// measurePart adds what some of the samples, a share of them all, give. There are four ways:
//
//   - Labels drawn from the model, with statistics of the batch: for each draw the gradient of the sum of all losses.
//   - Exact values at the observed labels: one pass gives every sample's squared norm, layer by layer.
//   - Exact values over the model's own labels, where samples do not mix: a backward pass for each class or draw.
//   - All else as sums with signs: a backward pass for each row of signs. Exact values with statistics of the batch
//     are of this kind too, with rows that have a single sample each.
func (now *Moment) measurePart(
	sum tally, vars []*tensors.Tensor, part *data.Batch, p inforeg.Probe, random *rand.Rand, share float64,
) error {
	n := len(part.Labels)
	// numbers in [0, 1), sample by sample, which choose labels
	draws := func() []float32 {
		list := make([]float32, n*max(1, p.Draws))
		for i := range list {
			list[i] = random.Float32()
		}
		return list
	}
	switch {
	case p.Labels == inforeg.LabelsSampled && p.BN == inforeg.BNCoupled:
		got, err := now.Engine.LabelSums(vars, part, p, draws())
		if err != nil {
			return err
		}
		for m, list := range got {
			got[m] = inforeg.PerDraw(inforeg.Rademacher, list, n) // no signs, the same division
		}
		sum.draws(got, share)
		return nil
	case p.Estimator == inforeg.Exact && p.BN != inforeg.BNCoupled && p.Labels == inforeg.LabelsObserved:
		got, err := now.Engine.LayerNorms(vars, part, p)
		if err != nil {
			return err
		}
		if p.Whole {
			sum.each(map[string][]float64{
				wire.HeadAlone: got.Sum(models.HeadLayer), wire.WholeModel: got.Sum(func(string) bool { return true }),
			})
			return nil
		}
		for _, m := range now.Engine.Model.Modalities {
			sum.each(map[string][]float64{m.Name: got.Samples(m.Name)})
			one := sum.of(m.Name)
			if one.parts == nil {
				one.parts = map[string]float64{}
			}
			for i, name := range got.Names {
				if strings.HasPrefix(name, models.EncoderPrefix(m.Name)) {
					mean, _ := inforeg.MeanError(got.Values[i])
					one.parts[name] += mean * share
				}
			}
		}
		return nil
	case p.Estimator == inforeg.Exact && p.BN != inforeg.BNCoupled:
		got, err := now.Engine.SampleNorms(vars, part, p, draws())
		sum.each(got)
		return err
	}
	rows := make([][]float32, n) // exact and coupled: every sample alone
	for i := range rows {
		rows[i] = make([]float32, n)
		rows[i][i] = 1
	}
	if p.Estimator != inforeg.Exact {
		var err error
		if rows, err = inforeg.Signs(p.Estimator, n, p.Draws, random); err != nil {
			return err
		}
	}
	sums := map[string][]float64{}
	// Rows come in fours, and what is left over one by one: two graphs then serve any number of rows.
	for len(rows) > 0 { // four backward passes share a forward pass; more would take long to compile
		k := 4
		if len(rows) < k {
			k = 1
		}
		got, err := now.Engine.SumNorms(vars, part, p, rows[:k])
		if err != nil {
			return err
		}
		rows = rows[k:]
		for m, list := range got {
			sums[m] = append(sums[m], list...)
		}
	}
	if p.Estimator == inforeg.Exact {
		sum.each(sums)
		return nil
	}
	for m, list := range sums {
		sums[m] = inforeg.PerDraw(p.Estimator, list, n)
	}
	sum.draws(sums, share)
	return nil
}
