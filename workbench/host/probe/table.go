package probe

import (
	"context"
	"fmt"
	"slices"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/registry"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// Probe is what a run can measure: by itself where it has a schedule, and when it is asked for where it has a kind. It
// measures, and puts nothing on record: that is the run's.
type Probe struct {
	Schedule string // setting behind "every."; empty: not by itself
	Kind     string // under which it is asked for; empty: not by itself to be had
	Start    bool   // before the first step too
	Records  string // kind of the records by which one sees that it was measured
	Readout  string // of these
	Measure  func(*Moment) ([]wire.Record, error)
}

// table has all probes, in the order in which they are measured after a step. It is the order of the lines in a run's
// file: changed, it would change the files of runs that are computed again. A schedule and a kind are names of their
// own: what has both may also be two rows. What is accumulated has no schedule: the run puts it on record at the end of
// each interval.
var table = registry.New(func(p Probe) string {
	if p.Schedule != "" {
		return setting.EveryPrefix + p.Schedule
	}
	return p.Kind
},
	Probe{setting.ProbeCosine, "", false, inforeg.KindCosine, "", (*Moment).cosine},
	Probe{setting.ProbeNoise, setting.ProbeNoise, false, wire.KindNoise, "", (*Moment).noise},
	Probe{setting.ProbeMotion, wire.KindMotion, false, wire.KindDistance, "", (*Moment).motion},
	Probe{setting.ProbeEmp, inforeg.KindFisherEmp, true, inforeg.KindFisherEmp, "", (*Moment).fisher},
	Probe{setting.ProbeTrue, "", true, inforeg.KindFisherTrue, "", (*Moment).fisherTrue},
	Probe{
		setting.ProbeAccuracy, inforeg.KindAccuracy, false, inforeg.KindAccuracy, wire.ReadoutHead,
		onValidation((*Moment).evaluate),
	},
	Probe{
		setting.ProbeLinear, setting.ProbeLinear, false, inforeg.KindAccuracy, wire.ReadoutLinear,
		onValidation((*Moment).linear),
	},
	Probe{Kind: inforeg.KindCosine, Measure: (*Moment).cosineNow},
	Probe{Kind: inforeg.KindReleased, Measure: accumulatedBefore(inforeg.KindReleased)},
	Probe{Kind: inforeg.KindBatchSquare, Measure: accumulatedBefore(inforeg.KindBatchSquare)},
)

// Table is a copy of all probes, in the order in which they are measured after a step.
func Table() []Probe { return table.All() }

// Register adds a probe that a run measures by itself, as its schedule and its presets say, and that can be asked for
// where it has a kind; remove takes it out again. A scheduled probe gives a record for each modality, by which one sees
// that it was measured, or, of a readout of the head, at least one.
func Register(p Probe, when setting.Probe) (remove func(), err error) {
	switch {
	case p.Measure == nil || p.Records == "":
		return nil, fmt.Errorf("probe %q: want a function that measures, and the kind of its records", when.Name)
	case p.Kind != "" && slices.Contains(Kinds(), p.Kind):
		return nil, fmt.Errorf("probe: kind %q is there already", p.Kind)
	}
	p.Schedule = when.Name
	removeSchedule, err := setting.RegisterProbe(when)
	if err != nil {
		return nil, fmt.Errorf("probe: %w", err)
	}
	removeRow, err := table.Add(p)
	if err != nil {
		removeSchedule()
		return nil, fmt.Errorf("probe: %w", err)
	}
	return func() { removeRow(); removeSchedule() }, nil
}

// onValidation measures on the validation split. A schedule never reads the test split.
func onValidation(measure func(*Moment, data.Split) ([]wire.Record, error)) func(*Moment) ([]wire.Record, error) {
	return func(now *Moment) ([]wire.Record, error) { return measure(now, data.Validation) }
}

// Kinds are the measurements that can be asked for, by name.
func Kinds() []string {
	names := []string{inforeg.KindFisherTrue} // in any definition, by ProbeWith
	for _, p := range table.All() {
		if p.Kind != "" {
			names = append(names, p.Kind)
		}
	}
	slices.Sort(names)
	return names
}

// Measure measures a kind of probe at the present step. It is asked for by a person: where there is nothing to measure
// it is an error, and says why.
func (now *Moment) Measure(kind string) ([]wire.Record, error) {
	rows := Table()
	i := slices.IndexFunc(rows, func(p Probe) bool { return p.Kind == kind && kind != "" })
	if i < 0 {
		return nil, wire.Unknown("probe", kind, Kinds(), "")
	}
	return rows[i].Measure(now)
}

// cosineNow is cosine, and says what is missing where there is none.
func (now *Moment) cosineNow() ([]wire.Record, error) {
	list, err := now.Cosines(0)
	if err == nil && list == nil {
		err = &wire.Problem{
			Message: fmt.Sprintf(
				"cosine: %d batch gradients so far, want at least 2",
				len(now.Ring[now.Engine.Model.Modalities[0].Name]),
			),
			Hint: "take more steps first",
		}
	}
	return list, err
}

// accumulatedBefore gives what was accumulated over the interval that ended last. It is read from the record, of the
// step at which that interval ended.
func accumulatedBefore(kind string) func(*Moment) ([]wire.Record, error) {
	return func(now *Moment) ([]wire.Record, error) {
		have, err := now.Recorded(now.Step / now.Clock.Interval * now.Clock.Interval)
		if err != nil {
			return nil, err
		}
		at := slices.DeleteFunc(have, func(x wire.Record) bool { return x.Kind != kind })
		if len(at) == 0 {
			return nil, &wire.Problem{
				Message: kind +
					" is accumulated over an interval of window_every, usually an epoch: none has ended yet",
				Hint: "train to the end of the epoch first",
			}
		}
		return at, nil
	}
}

// fisher measures the exact Fisher trace of every encoder (paper eq. 7) on the probe samples, in the definition that
// the settings choose. No context ends it: it is a part of a step, which is finished once it was begun.
func (now *Moment) fisher() ([]wire.Record, error) {
	p, err := inforeg.Probe{
		Kind: inforeg.KindFisherEmp, BN: now.Settings.Text("probe_bn"),
		Weights: now.Settings.Text("probe_params") == setting.ParamsWeights,
	}.Complete()
	if err != nil {
		return nil, err
	}
	return now.Family(context.Background(), p, 0)
}

// fisherTrue measures the exact trace of the Fisher information itself in the same way.
func (now *Moment) fisherTrue() ([]wire.Record, error) {
	p, err := inforeg.Probe{
		Kind: inforeg.KindFisherTrue, BN: now.Settings.Text("probe_bn"),
		Weights: now.Settings.Text("probe_params") == setting.ParamsWeights,
	}.Complete()
	if err != nil {
		return nil, err
	}
	return now.Family(context.Background(), p, 0)
}
