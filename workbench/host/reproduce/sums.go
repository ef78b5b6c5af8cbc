package reproduce

import (
	"fmt"
	"slices"

	"github.com/primewindow/primewindow/internal/holm"
	"github.com/primewindow/primewindow/internal/stats"
	"github.com/primewindow/primewindow/internal/tune"
	"github.com/primewindow/primewindow/internal/wire"
)

// sumUp sums the arms up, and compares them with the baseline, as a comparison does. A record of schema 1 is corrected
// as it was then. For each readout an arm gets the mean over its seeds, and differences paired by seed: to the
// baseline, or where the table has columns to joint training of the same column, and besides to the arm of Against. The
// former are corrected in two families over the whole table: the fused accuracy by the head, and everything else. The
// latter answer a question about two arms and are in no family. Records are summed up here when they are made and when
// they are checked.
func sumUp(r *wire.Reproduction) {
	base := slices.IndexFunc(r.Arms, func(a wire.ReproducedArm) bool { return a.Name == r.Baseline })
	var compared []*wire.Difference
	for i := range r.Arms {
		arm := &r.Arms[i]
		if r.Schema >= wire.FamilySchema {
			sumTrials(arm, r.ValSamples)
		}
		// One that says what it is compared with in its column comes before the table's baseline.
		from := base
		// a joint one of the same column, where there is
		if j := slices.IndexFunc(r.Arms, func(a wire.ReproducedArm) bool {
			return a.Column == arm.Column && arm.Column != "" && a.Method == "joint"
		}); j >= 0 {
			from = j
		}
		against := slices.IndexFunc(r.Arms, func(a wire.ReproducedArm) bool { return a.Name == arm.Against })
		for _, q := range quantitiesOf(*arm) {
			own := seedValues(*arm, q)
			arm.Accuracies = append(arm.Accuracies, stats.Summarise(q, stats.Values(own)))
			if from >= 0 && from != i {
				if apart := stats.Pairs(own, seedValues(r.Arms[from], q)); len(apart) > 0 {
					arm.Differences = append(arm.Differences, stats.Difference(q, apart))
				}
			}
			if against < 0 {
				continue
			}
			if apart := stats.Pairs(own, seedValues(r.Arms[against], q)); len(apart) > 0 {
				d := stats.Difference(q, apart)
				if r.Schema >= wire.FamilySchema {
					d.Family, d.FamilySize = wire.FamilyNone, 1
				}
				arm.Apart = append(arm.Apart, d)
			}
		}
		r.Comparisons += len(arm.Differences)
	}
	for i := range r.Arms {
		for j := range r.Arms[i].Differences {
			compared = append(compared, &r.Arms[i].Differences[j])
		}
	}
	if r.Schema < wire.FamilySchema {
		holm.CorrectTogether(compared)
		return
	}
	holm.Correct(compared)
}

// sumTrials says how sure an arm's learning rate is, once it is chosen. The rate is that which the trials are marked
// with, so that the margin is of the rate that the runs had.
func sumTrials(arm *wire.ReproducedArm, samples int) {
	rates := tune.Rates(arm.Trials)
	chosen := func(r tune.Rate) bool {
		return slices.ContainsFunc(arm.Trials, func(t wire.Trial) bool { return t.Chosen && t.LR == r.LR })
	}
	best := slices.IndexFunc(rates, chosen)
	if best < 0 {
		return
	}
	arm.Edge = tune.Edge(rates, best)
	if arm.MarginSamples, arm.Saturated = tune.Margin(rates, best, samples); arm.MarginSamples != nil {
		*arm.MarginSamples = stats.FiveFigures(*arm.MarginSamples)
	}
}

// quantitiesOf are the accuracies that any of an arm's runs has.
func quantitiesOf(a wire.ReproducedArm) []wire.Quantity {
	var all []wire.Quantity
	for _, run := range a.Runs {
		for _, v := range run.Accuracies {
			if !slices.Contains(all, v.Quantity) {
				all = append(all, v.Quantity)
			}
		}
	}
	return all
}

// seedValues are an accuracy of an arm's runs, by seed.
func seedValues(a wire.ReproducedArm, q wire.Quantity) map[int]float64 {
	values := map[int]float64{}
	for _, run := range a.Runs {
		for _, v := range run.Accuracies {
			if v.Quantity == q {
				values[run.Seed] = v.Value
			}
		}
	}
	return values
}

// checkSums wants a record's means, differences, intervals and p to be those of its runs. It needs neither the samples
// nor any training, so that every record can be checked on every machine. They are compared with the tolerance for
// sums, since processors may round them otherwise.
func checkSums(path string, rec *wire.Reproduction) error {
	again := unsummed(*rec)
	sumUp(&again)
	if rec.Comparisons != again.Comparisons {
		return sumProblem(
			path, rec, Apart{"number of comparisons", fmt.Sprint(rec.Comparisons), fmt.Sprint(again.Comparisons)},
		)
	}
	for i, a := range rec.Arms {
		if v := compareFigures(sumFigures(a), sumFigures(again.Arms[i]), false, 0); len(v.Apart) > 0 {
			f := v.Apart[0]
			f.Name = a.Name + ": " + f.Name
			return sumProblem(path, rec, f)
		}
	}
	return nil
}

// unsummed is a record as it was before [sumUp]. rec is a copy, and so is each arm: the record that was read keeps
// its sums.
func unsummed(rec wire.Reproduction) wire.Reproduction {
	arms := rec.Arms
	rec.Arms, rec.Comparisons = nil, 0
	for _, a := range arms {
		a.Accuracies, a.Differences, a.Apart = nil, nil, nil
		a.MarginSamples, a.Saturated, a.Edge = nil, false, ""
		rec.Arms = append(rec.Arms, a)
	}
	return rec
}

func sumProblem(path string, rec *wire.Reproduction, f Apart) error {
	return &wire.Problem{
		Message: fmt.Sprintf("%s: %s is %s on record, by the runs on record %s", path, f.Name, f.Recorded, f.Here),
		Hint:    "the file was changed after it was made; make it anew: " + commandOf(rec),
	}
}

// sumFigures are all that a record sums up of an arm.
func sumFigures(a wire.ReproducedArm) (list []figure) {
	optional := func(name string, v *float64) {
		if v != nil {
			list = append(list, figure{name: name, kind: summedFigure, value: *v})
		}
	}
	choice := fmt.Sprintf("saturated: %v, edge: %q", a.Saturated, a.Edge)
	list = append(list, figure{name: "choice of the learning rate", text: choice})
	optional("margin of the learning rate", a.MarginSamples)
	for _, s := range a.Accuracies {
		of := s.Encoder + " " + s.Readout
		list = append(
			list, figure{name: "mean of " + of, kind: summedFigure, value: s.Mean},
			figure{name: "number of seeds of " + of, value: float64(s.Seeds)},
		)
		optional("standard deviation of "+of, s.SD)
	}
	for _, part := range []struct {
		to   string
		list []wire.Difference
	}{{"the baseline", a.Differences}, {a.Against, a.Apart}} {
		for _, d := range part.list {
			of := fmt.Sprintf("difference of %s %s to %s", d.Encoder, d.Readout, part.to)
			list = append(list, figure{name: "mean " + of, kind: summedFigure, value: d.Mean}, figure{
				name: "number of pairs of the " + of, value: float64(d.Seeds),
			},
				figure{name: "sign of the " + of, text: fmt.Sprintf("excludes 0: %v", d.Excludes0)},
				figure{name: "family of the " + of, text: fmt.Sprintf("%q, of %d", d.Family, d.FamilySize)})
			optional("lower end of the "+of, d.Low)
			optional("upper end of the "+of, d.High)
			optional("p of the "+of, d.P)
			optional("p after Holm of the "+of, d.Holm)
		}
	}
	return list
}

// checkTogether wants records of one machine that share a run to say the same of it, as far as both say something. Runs
// are the same where name, choice of the epoch and machine are. Only figures that both records have are compared.
// Trials are left out: their figures have other names.
func (v *Verification) checkTogether() error {
	type said struct {
		file string
		fig  figure
	}
	first := map[string]said{}
	for _, f := range v.files {
		for _, r := range f.runs {
			if r.trial {
				continue
			}
			for _, fig := range unworded(r.recorded()) {
				key := fmt.Sprint(r.Run, "\x00", f.rec.Select, "\x00", f.rec.Machine, "\x00", fig.name)
				before, ok := first[key]
				if !ok {
					first[key] = said{f.path, fig}
					continue
				}
				if before.fig.value != fig.value || before.fig.text != fig.text {
					return &wire.Problem{
						Message: fmt.Sprintf(
							"%s, %s, seed %d: %s is %s, but %s has the same run %s with %s", f.path, r.Arm, r.Seed,
							fig.name, fig, before.file, r.Run, before.fig,
						),
						Hint: "one of the two files was changed after it was made; make them anew: " + commandOf(f.rec),
					}
				}
			}
		}
	}
	return nil
}
