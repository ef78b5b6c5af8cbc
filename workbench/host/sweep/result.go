package sweep

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/primewindow/primewindow/internal/holm"
	"github.com/primewindow/primewindow/internal/stats"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// outcome reads what a trained run came to; nil as long as not all is on record. The accuracies are those of the
// reported split at the chosen step; of a run that chooses a setting it is the fused one of the validation split alone.
// Where this is nil, Train opens the run and measures the rest.
func (s *Sweep) outcome(r *Run, rec record.Recorded) (*wire.RunOutcome, error) {
	if rec.Lost != "" { // opened, the run computes it again
		return nil, nil
	}
	epoch := Choose(s.selection(r), rec.History.Probes, r.arm.perEpoch, r.arm.Epochs(), r.arm.Due)
	o := &wire.RunOutcome{Run: r.Name, Method: r.Method, Seed: r.Seed, Epoch: epoch, Step: epoch * r.arm.perEpoch}
	switch {
	case epoch == 0:
		return nil, nil
	case r.tuning:
		o.Accuracies = record.FusedOnly(rec.History.Probes, o.Step)
	default:
		o.Accuracies = record.Accuracies(rec.History.Probes, rec.Status.Modalities, s.Split, o.Step)
	}
	if o.Accuracies == nil || !r.tuning && r.extra.Lacks(rec, s.Split, o.Step, r.arm.perEpoch) {
		return nil, nil
	}
	if list := record.FusedOnly(rec.History.Probes, o.Step); list != nil {
		o.Val = &list[0].Value
	}
	// The last one is told, though several steps may differ.
	for _, c := range rec.History.Events {
		if c.Event == wire.EventDiffers {
			o.Warning = fmt.Sprintf("step %d: %s", c.Step, c.Text)
		}
	}
	man, err := record.ReadManifest(r.Dir)
	if err != nil {
		return nil, err
	}
	o.Backend, o.Versions = man.Backend, map[string]string{}
	for name, text := range man.Versions {
		o.Versions[name] = folders.ReplaceAllString(text, "")
	}
	return o, nil
}

// folders are those before a file's name, which say where a plugin lay and not what it was: a comparison may be
// published. Versions hold the path of the backend's plugin.
var folders = regexp.MustCompile(`/[^()]*/`)

// Result is what the comparison has come to so far. A mean is over the seeds that have a value. A difference is over
// the seeds that have one under both methods: a seed fixes the initial weights and the order of samples of both, so
// that runs are compared in pairs. p are corrected by Holm's rule in two families: the fused accuracy by the head of
// all methods, and all other readouts of all methods. What has no value yet is left out, so that a comparison which
// goes on can be read at any time.
func (s *Sweep) Result() wire.Compared {
	c := wire.Compared{
		Schema: wire.CompareSchema, Data: s.Desc.Name, SplitHash: s.Desc.Provenance.SplitHash, Split: string(s.Split),
		Samples: s.Samples,
		Select:  s.Ask.Select, Seeds: s.Ask.Seeds, ValSamples: s.Validation, Unfit: s.Desc.Unfit,
		Baseline: s.Ask.baseline(),
	}
	type place struct {
		method string
		wire.Quantity
	}
	values := map[place]map[int]float64{} // by seed
	var all []wire.Quantity
	for _, r := range s.Runs {
		o, ok := r.Outcome()
		if !ok {
			o = wire.RunOutcome{Run: r.Name, Method: r.Method, Seed: r.Seed, Missing: wire.NotTrained}
		}
		c.Runs = append(c.Runs, o)
		for _, a := range o.Accuracies {
			at := place{r.Method, a.Quantity}
			if values[at] == nil {
				values[at] = map[int]float64{}
			}
			// all has the order in which readouts are met first, so that the file is the same each time.
			if values[at][r.Seed] = a.Value; !slices.Contains(all, a.Quantity) {
				all = append(all, a.Quantity)
			}
		}
	}
	var compared []*wire.Difference
	for _, a := range s.arms {
		result := wire.MethodResult{Method: a.method, Epochs: a.Epochs(), LR: a.settings.LR(), Settings: a.changed}
		for _, q := range all {
			own := values[place{a.method, q}]
			if len(own) > 0 {
				result.Accuracies = append(result.Accuracies, stats.Summarise(q, stats.Values(own)))
			}
			if a.method == c.Baseline {
				continue
			}
			if apart := stats.Pairs(own, values[place{c.Baseline, q}]); len(apart) > 0 {
				result.Differences = append(result.Differences, stats.Difference(q, apart))
			}
		}
		for i := range result.Differences {
			compared = append(compared, &result.Differences[i])
		}
		c.Methods = append(c.Methods, result)
	}
	c.Comparisons = len(compared)
	holm.Correct(compared)
	return c
}
