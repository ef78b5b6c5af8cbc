package host

import (
	"fmt"
	"slices"
)

// Compared is what a comparison came to, and what compare.json holds. Accuracies are between 0 and 1. It is a
// function of the runs' folders alone: the same runs give the same file, however often they were interrupted.
type Compared struct {
	Schema      int            `json:"schema"`
	Data        string         `json:"data"`
	SplitHash   string         `json:"split_hash"`
	Split       string         `json:"split"`   // whose accuracies these are
	Samples     int            `json:"samples"` // in it
	Select      string         `json:"select"`  // how the epoch of each run was chosen, one of [Selections]
	Seeds       int            `json:"seeds"`   // 0 to Seeds-1
	Baseline    string         `json:"baseline"`
	Methods     []MethodResult `json:"methods"`
	Comparisons int            `json:"comparisons"` // all differences below, for whose number Holm's correction accounts
	Runs        []RunOutcome   `json:"runs"`
}

// MethodResult is what a method came to over its seeds.
type MethodResult struct {
	Method      string         `json:"method"`
	Epochs      int            `json:"epochs"`
	Settings    map[string]any `json:"settings"` // those that are not the default of data and method
	Accuracies  []Summary      `json:"accuracy"`
	Differences []Difference   `json:"difference,omitempty"` // to the baseline
}

// RunOutcome is what one run came to.
type RunOutcome struct {
	Run        string            `json:"run"` // folder below the comparison's
	Method     string            `json:"method"`
	Seed       int               `json:"seed"`
	Epoch      int               `json:"epoch,omitempty"` // chosen one: so many epochs were done
	Step       int               `json:"step,omitempty"`  // at its end
	Accuracies []Accuracy        `json:"accuracy,omitempty"`
	Missing    string            `json:"missing,omitempty"` // why it has no accuracies
	Warning    string            `json:"warning,omitempty"`
	Backend    string            `json:"backend,omitempty"`
	Versions   map[string]string `json:"versions,omitempty"` // of what made the run
}

// outcome reads what a trained run came to; nil as long as not all is on record.
func (s *Sweep) outcome(r *SweepRun, rec Recorded) (*RunOutcome, error) {
	epoch := choose(s.ask.Select, rec.History.Probes, r.arm.perEpoch, r.arm.epochs())
	o := &RunOutcome{Run: r.Name, Method: r.Method, Seed: r.Seed, Epoch: epoch, Step: epoch * r.arm.perEpoch}
	if o.Accuracies = accuracies(rec.History.Probes, rec.Status.Modalities, s.split, o.Step); epoch == 0 || o.Accuracies == nil {
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
	o.Backend, o.Versions = man.Backend, man.Versions
	return o, nil
}

// Result is what the comparison has come to so far.
func (s *Sweep) Result() Compared {
	c := Compared{
		Schema: compareSchema, Data: s.desc.Name, SplitHash: s.desc.Provenance.SplitHash, Split: string(s.split), Samples: s.samples,
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
	c.correct()
	return c
}

// correct counts the comparisons and corrects their p for that number.
func (c *Compared) correct() {
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
