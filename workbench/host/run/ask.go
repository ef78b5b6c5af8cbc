package run

import (
	"context"
	"fmt"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
)

// ProbeWith measures a probe of the Fisher family now, in any of its definitions, and puts it on record; other
// kinds are those of [Run.Probe]. Random signs and labels are keyed by seed and step, so that the same probe at
// the same step gives the same number.
func (r *Run) ProbeWith(ctx context.Context, ask wire.Probe) (list []wire.Record, err error) {
	family := ask.Kind == inforeg.KindFisherEmp || ask.Kind == inforeg.KindFisherTrue
	// fields that were left out are empty, so that a comparison finds any that was set
	bare := ask == (wire.Probe{Kind: ask.Kind})
	switch {
	case ask == (wire.Probe{Kind: inforeg.KindCosine, Batches: ask.Batches}):
		err = r.with(ctx, func() error {
			now := r.now()
			if list, err = now.Cosines(ask.Batches); err != nil {
				return err
			}
			if list == nil {
				_, err = now.Measure(ask.Kind) // says what is missing
				return err
			}
			return r.record(list...)
		})
		return list, err
	case ask.Batches != 0:
		return nil, &wire.Problem{
			Message: fmt.Sprintf("probe %s: it has no number of batches to choose", ask.Kind),
			Hint:    "that belongs to cosine",
		}
	case !family && !bare:
		return nil, &wire.Problem{
			Message: fmt.Sprintf("probe %s: it has no loss, labels, statistics or draws to choose", ask.Kind),
			Hint:    "those belong to fisher_emp and fisher_true",
		}
	// without any choice it is in the definition of the run's settings, and so the same record as the scheduled one
	case !family || bare && ask.Kind == inforeg.KindFisherEmp:
		return r.Probe(ctx, ask.Kind)
	}
	p, err := inforeg.Probe{
		Kind: ask.Kind, Loss: ask.Loss, Labels: ask.Labels, BN: ask.BN, Estimator: ask.Estimator, Weights: ask.Weights,
		Whole: ask.Whole, Draws: ask.Draws,
	}.Complete()
	if err != nil {
		return nil, &wire.Problem{
			Message: wire.FirstLine(err), Hint: "for example kind fisher_true, labels sampled, draws 16",
		}
	}
	if r.eng.Model.Gates > 0 && p.Loss != inforeg.LossFused {
		return nil, &wire.Problem{
			Message: fmt.Sprintf(
				"probe of loss %s: the gates of %s carry each modality's own loss into the other's encoder", p.Loss,
				r.base.Method(),
			),
			Hint: "the fused loss can be measured",
		}
	}
	if r.eng.Model.Gates > 0 && p.Whole {
		return nil, &wire.Problem{
			Message: fmt.Sprintf("probe of the whole model: the part of the gates of %s is not known", r.base.Method()),
			Hint:    "each encoder's trace can be measured",
		}
	}
	err = r.with(ctx, func() error {
		if list, err = r.now().Family(ctx, p, ask.Samples); err != nil {
			return err
		}
		return r.record(list...)
	})
	return list, err
}

// MacroF1 measures the macro F1 of the fused prediction on a split now, and puts it on record.
func (r *Run) MacroF1(ctx context.Context, split data.Split) (rec wire.Record, err error) {
	err = r.with(ctx, func() error {
		if rec, err = r.now().MacroF1(split); err != nil {
			return err
		}
		return r.record(rec)
	})
	return rec, err
}
