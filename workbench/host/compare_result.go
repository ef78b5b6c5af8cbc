package host

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/primewindow/primewindow/internal/wire"
)

// The types of compare.json; what each field means stands beside them.
type (
	// Compared is what a comparison came to.
	Compared = wire.Compared
	// MethodResult is what a method came to over its seeds.
	MethodResult = wire.MethodResult
	// RunOutcome is what one run came to.
	RunOutcome = wire.RunOutcome
	// Quantity names an accuracy.
	Quantity = wire.Quantity
	// Accuracy is one accuracy of a run.
	Accuracy = wire.NamedAccuracy
	// Summary is an accuracy of a method over its seeds.
	Summary = wire.Summary
	// Difference is that of an accuracy to the baseline's, paired by seed.
	Difference = wire.Difference
)

// outcome reads what a trained run came to; nil as long as not all is on record.
func (s *Sweep) outcome(r *SweepRun, rec Recorded) (*RunOutcome, error) {
	if rec.Lost != "" { // opened, the run computes it again
		return nil, nil
	}
	epoch := choose(s.selection(r), rec.History.Probes, r.arm.perEpoch, r.arm.epochs(), r.arm.due)
	o := &RunOutcome{Run: r.Name, Method: r.Method, Seed: r.Seed, Epoch: epoch, Step: epoch * r.arm.perEpoch}
	switch {
	case epoch == 0:
		return nil, nil
	case r.beside.tuning:
		o.Accuracies = fusedOnly(rec.History.Probes, o.Step)
	default:
		o.Accuracies = accuracies(rec.History.Probes, rec.Status.Modalities, s.split, o.Step)
	}
	if o.Accuracies == nil || r.beside.lacks(rec, s.split, o.Step, r.arm.perEpoch) {
		return nil, nil
	}
	for _, c := range rec.History.Events {
		if c.Event == eventDiffers {
			o.Warning = fmt.Sprintf("step %d: %s", c.Step, c.Text)
		}
	}
	man, err := readManifest(r.Dir)
	if err != nil {
		return nil, err
	}
	o.Backend, o.Versions = man.Backend, map[string]string{}
	for name, text := range man.Versions {
		o.Versions[name] = folders.ReplaceAllString(text, "")
	}
	return o, nil
}

// folders are those before a file's name, which say where a plugin lay and not what it was: a comparison may be published.
var folders = regexp.MustCompile(`/[^()]*/`)

// Result is what the comparison has come to so far.
func (s *Sweep) Result() Compared {
	c := Compared{
		Schema: wire.CompareSchema, Data: s.desc.Name, SplitHash: s.desc.Provenance.SplitHash, Split: string(s.split), Samples: s.samples,
		Select: s.ask.Select, Seeds: s.ask.Seeds, Baseline: s.ask.baseline(),
	}
	type place struct {
		method string
		seed   int
		Quantity
	}
	values := map[place]float64{}
	var all []Quantity
	for _, r := range s.Runs {
		o, ok := r.Outcome()
		if !ok {
			o = RunOutcome{Run: r.Name, Method: r.Method, Seed: r.Seed, Missing: "not trained to its end yet"}
		}
		c.Runs = append(c.Runs, o)
		for _, a := range o.Accuracies {
			values[place{r.Method, r.Seed, a.Quantity}] = a.Value
			if !slices.Contains(all, a.Quantity) {
				all = append(all, a.Quantity)
			}
		}
	}
	for _, a := range s.arms {
		result := MethodResult{Method: a.method, Epochs: a.epochs(), Settings: a.changed}
		for _, q := range all {
			var own, apart []float64
			for seed := range s.ask.Seeds { // not in the order of a map: sums are to be the same each time
				v, ok := values[place{a.method, seed, q}]
				if !ok {
					continue
				}
				own = append(own, v)
				if base, ok := values[place{c.Baseline, seed, q}]; ok && a.method != c.Baseline {
					apart = append(apart, v-base)
				}
			}
			if len(own) > 0 {
				result.Accuracies = append(result.Accuracies, summarise(q, own))
			}
			if len(apart) > 0 {
				result.Differences = append(result.Differences, difference(q, apart))
			}
		}
		c.Methods = append(c.Methods, result)
	}
	correct(&c)
	return c
}

// correct counts the comparisons and corrects their p for that number.
func correct(c *Compared) {
	var p []float64
	var of []*Difference
	for i := range c.Methods {
		c.Comparisons += len(c.Methods[i].Differences)
		for j := range c.Methods[i].Differences {
			if d := &c.Methods[i].Differences[j]; d.P != nil {
				p, of = append(p, *d.P), append(of, d)
			}
		}
	}
	for i, v := range holm(p, c.Comparisons) {
		of[i].Holm = &v
	}
}
