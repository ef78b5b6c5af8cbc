package probe

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/engine"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// Measures are what the step after so many measures beside training. They are a function of settings and step, as the
// step itself is: where they are on, a graph is another one, and its sums may be rounded otherwise. So a replay has
// to measure what was measured, whether or not it is on record. An odd batch has no balanced signs, and none are
// drawn. Weights is set only where something is measured, so that the graph of a step that measures nothing is one
// and the same.
func Measures(settings setting.Values, clock inforeg.Clock, step int) inforeg.Measures {
	due := func(name string) bool { return settings.Schedule(name).Due(step, clock) }
	m := inforeg.Measures{Shares: due(setting.ProbeShare)}
	draws := settings.Whole("probe_draws")
	if due(setting.ProbeSigns) && settings.Batch()%2 == 0 {
		m.Signs = draws
	}
	if due(setting.ProbeLabels) {
		m.Labels = draws
	}
	m.Weights = m != inforeg.Measures{} && settings.Text("probe_params") == setting.ParamsWeights
	return m
}

// Chances are the random inputs of a step that measures, keyed by seed and step; signs are drawn before labels, in the
// order of the step's inputs. Signs come as [draws, B], labels' numbers in [0, 1) as [B, draws]. The step frees them.
func Chances(base setting.Values, m inforeg.Measures, step int) ([]*tensors.Tensor, error) {
	random := rand.New(rand.NewPCG(uint64(base.Seed()), uint64(step)|1<<63))
	batch := base.Batch()
	var list []*tensors.Tensor
	if m.Signs > 0 {
		rows, err := inforeg.Signs(inforeg.Balanced, batch, m.Signs, random)
		if err != nil {
			return nil, err
		}
		// the last row, of ones, is left out: its sum is the batch's gradient, which the step has anyway
		list = append(list, tensors.FromFlatDataAndDimensions(slices.Concat(rows[:m.Signs]...), m.Signs, batch))
	}
	if m.Labels > 0 {
		draws := make([]float32, batch*m.Labels)
		for i := range draws {
			draws[i] = random.Float32()
		}
		list = append(list, tensors.FromFlatDataAndDimensions(draws, batch, m.Labels))
	}
	return list, nil
}

// InStep makes records of what a step measured. It is called before the step is counted: the numbers are of the weights
// that the step began with. A record has the steps taken before as its step, and the epoch of this step; one that is
// made between two steps has the epoch of the last one. got is by modality, in nats².
func (now *Moment) InStep(m inforeg.Measures, got map[string]engine.Measured) []wire.Record {
	n := now.Base.Batch()
	var list []wire.Record
	for _, mod := range now.Engine.Model.Modalities {
		one := got[mod.Name]
		add := func(kind, loss, labels, bn string, values []float64, batch *float64, way ...string) {
			rec := now.blank(kind, mod.Name)
			rec.Epoch = now.Step / now.PerEpoch
			mean, se := inforeg.MeanError(values)
			rec.Value, rec.SE, rec.Loss, rec.Labels, rec.BN, rec.N, rec.Batch = mean, record.Known(se), loss, labels,
				bn, n, batch
			if m.Weights {
				rec.Params = setting.ParamsWeights
			}
			rec.Way = strings.Join(append(way, wire.InStep), ", ")
			list = append(list, rec)
		}
		if m.Shares {
			// shares are parts of the gradient that was taken: of the total where the method adds to the fused loss
			loss := inforeg.LossFused
			if !now.Engine.Plain {
				loss = "total"
			}
			add(inforeg.KindFisherEmp, loss, inforeg.LabelsObserved, inforeg.BNShare, one.Shares, &one.Mean)
		}
		if m.Signs > 0 {
			// In place of the row of ones: the squared norm of the sum is that of the mean times n squared. A clone, as
			// got stays.
			sums := append(slices.Clone(one.Signs), one.Mean*float64(n)*float64(n))
			values := inforeg.PerDraw(inforeg.Balanced, sums, n)
			add(
				inforeg.KindFisherEmp, inforeg.LossFused, inforeg.LabelsObserved, inforeg.BNCoupled, values, &one.Mean,
				inforeg.Balanced, counted(m.Signs),
			)
		}
		if m.Labels > 0 {
			values := inforeg.PerDraw(inforeg.Rademacher, one.Labels, n) // no signs, the same division
			add(
				inforeg.KindFisherTrue, inforeg.LossFused, inforeg.LabelsSampled, inforeg.BNCoupled, values, nil,
				counted(m.Labels),
			)
		}
	}
	return list
}

// counted is a number of draws in words.
func counted(draws int) string {
	if draws == 1 {
		return "1 draw"
	}
	return fmt.Sprintf("%d draws", draws)
}

// Running averages what the steps of an interval measured: one record for each definition and encoder. Its standard
// error is that of a mean over the steps; it covers the drift of the weights over the interval as well. They are read
// back from the record, so that it does not matter whether the process took all of the interval's steps.
func (now *Moment) Running() ([]wire.Record, error) {
	var steps, list []wire.Record
	for step := now.Step - now.Clock.Interval; step < now.Step; step++ {
		of, err := now.Recorded(step)
		if err != nil {
			return nil, err
		}
		steps = append(
			steps,
			slices.DeleteFunc(of, func(rec wire.Record) bool { return !strings.HasSuffix(rec.Way, wire.InStep) })...,
		)
	}
	key := func(rec wire.Record) string {
		return fmt.Sprint(rec.Kind, rec.Encoder, rec.Loss, rec.BN, rec.Way, rec.Params)
	}
	values := map[string][]float64{}
	// newest first: the order means nothing, and has to stay as it is for records that are computed again
	for _, rec := range slices.Backward(steps) { // sums in another order have other last digits
		values[key(rec)] = append(values[key(rec)], rec.Value)
	}
	// one mean for each definition, in the order in which they first come
	for _, rec := range steps {
		key := key(rec)
		if len(values[key]) == 0 {
			continue
		}
		mean, se := inforeg.MeanError(values[key])
		sum := now.blank(rec.Kind, rec.Encoder)
		sum.Value, sum.SE, sum.Loss, sum.Labels, sum.BN = mean, record.Known(se), rec.Loss, rec.Labels, rec.BN
		sum.N, sum.Params = rec.N*len(values[key]), rec.Params
		sum.Way = strings.TrimSuffix(rec.Way, wire.InStep) + wire.OfSteps
		delete(values, key)
		list = append(list, sum)
	}
	return list, nil
}
