package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/internal/wire"
)

// caption says what the numbers are.
func (r reproduction) caption() string {
	seeds := fmt.Sprintf("seed %d alone", r.seed())
	if r.Seeds > 1 {
		seeds = overSeeds(r.Seeds)
	}
	title := r.Title
	if !strings.HasSuffix(title, "?") {
		title += "."
	}
	text := fmt.Sprintf(
		"%s Accuracy in percent on the %s of %s (%d samples), %s; %s.", title, splitName(r.Split), r.Data, r.Samples,
		seeds, Epoch(r.Select, r.Split, r.Unfit),
	)
	if len(r.PaperSets) > 0 {
		text += fmt.Sprintf(
			" %s stands in the place of %s: the paper's numbers are of other samples and other networks, and stand "+
				"beside as printed.",
			r.Data, strings.Join(r.PaperSets, " and "),
		)
	}
	if len(r.PaperSets) == 0 && len(r.sets()) > 0 && r.Scale != "paper" {
		text += " The samples are the paper's set, the networks are small ones: the paper's numbers stand beside as " +
			"printed."
	}
	return text
}

// sentences are what has to be said below the table.
func (r reproduction) sentences() []string {
	var list []string
	if len(r.Arms) > 1 {
		list = append(list, Legend(r.baselineName(), r.differences()))
		if r.Schema < wire.FamilySchema {
			list = append(list, OldFamilies)
		}
	}
	if len(r.sets()) > 0 {
		list = append(list, "The paper's numbers rest on one seed and the best epoch on the test set.")
	}
	if slices.ContainsFunc(r.Arms, func(a wire.ReproducedArm) bool { return a.Control }) {
		list = append(list, "†: not in the paper's table.")
	}
	list = append(list, r.disagreements()...)
	list = append(list, r.alike()...)
	list = append(list, r.pairs()...)
	for _, a := range r.Arms {
		if a.Missing != "" {
			list = append(
				list, fmt.Sprintf("%s has no number: %s.", a.Name, strings.TrimSuffix(wire.JoinLines(a.Missing), ".")),
			)
		}
		for _, run := range a.Runs {
			if run.Missing != "" {
				list = append(
					list,
					fmt.Sprintf(
						"%s, seed %d, has no result: %s.", a.Name, run.Seed,
						strings.TrimSuffix(wire.JoinLines(run.Missing), "."),
					),
				)
			}
			if run.Warning != "" {
				list = append(list, fmt.Sprintf("%s, seed %d: %s.", a.Name, run.Seed, wire.JoinLines(run.Warning)))
			}
		}
	}
	list = append(list, ReproducedRates(r.Reproduction)...)
	if text := SaturatedEpochs(r.Select, r.ValSamples, r.outcomes()); text != "" {
		list = append(list, text)
	}
	return append(list, r.Notes...)
}

// differences are all of the record's to the baseline.
func (r reproduction) differences() []wire.Difference {
	var list []wire.Difference
	for _, a := range r.Arms {
		list = append(list, a.Differences...)
	}
	return list
}

// outcomes are those of all the record's runs.
func (r reproduction) outcomes() []wire.RunOutcome {
	var list []wire.RunOutcome
	for _, a := range r.Arms {
		for _, run := range a.Runs {
			list = append(list, run.RunOutcome)
		}
	}
	return list
}

// baselineName is what the differences are to: of fusion heads joint training under the same one.
func (r reproduction) baselineName() string {
	joints := 0
	for _, a := range r.Arms {
		if a.Method == "joint" && a.Column != "" {
			joints++
		}
	}
	if joints > 1 {
		return r.Baseline + " in the same column"
	}
	return r.Baseline
}

// disagreements are sentences on where the paper's order is not ours: against the baseline, and who is best.
func (r reproduction) disagreements() []string {
	var list []string
	for _, set := range r.sets() {
		base, ok := r.printed(r.Baseline, set)
		if !ok {
			continue
		}
		bestPaper, bestOurs := "", ""
		var equal []string
		var topPaper, topOurs float64
		for _, a := range r.Arms {
			ours, have := fusedOf(a)
			theirs, ok := r.printed(a.Name, set)
			if !ok || !have {
				continue
			}
			if bestPaper == "" || theirs > topPaper {
				bestPaper, topPaper = a.Name, theirs
			}
			if bestOurs == "" || ours > topOurs {
				bestOurs, topOurs = a.Name, ours
			}
			if a.Name == r.Baseline {
				continue
			}
			d, ok := differenceOf(a)
			if !ok || (d.Mean > 0) == (theirs > base) && d.Mean != 0 {
				continue
			}
			if d.Mean == 0 {
				equal = append(equal, fmt.Sprintf("%s (%s)", a.Name, strings.TrimSuffix(apart(theirs-base), " above")))
				continue
			}
			list = append(
				list,
				fmt.Sprintf(
					"Ours disagrees in sign: the paper has %s %s %s (%s), here it is %s.", a.Name, apart(theirs-base),
					r.Baseline, set, r.here(d),
				),
			)
		}
		if len(equal) > 0 {
			list = append(
				list,
				fmt.Sprintf(
					"The paper has a difference to %s (%s) where ours is 0: %s.", r.Baseline, set,
					strings.Join(equal, ", "),
				),
			)
		}
		if bestPaper != bestOurs && bestOurs != "" {
			text := fmt.Sprintf(
				"Ours disagrees in order: of the rows that the paper has (%s), %s is best there and %s here.", set,
				bestPaper, bestOurs,
			)
			if top := r.best(); top != bestOurs {
				text += fmt.Sprintf(" Of all rows %s is best here.", top)
			}
			list = append(list, text)
		}
	}
	return list
}

// best is the arm of the highest fused accuracy among all rows, controls too; the first of equal ones.
func (r reproduction) best() (name string) {
	top := -1.0
	for _, a := range r.Arms {
		if v, ok := fusedOf(a); ok && v > top {
			name, top = a.Name, v
		}
	}
	return name
}

func apart(points float64) string {
	if points < 0 {
		return fmt.Sprintf("%.1f points below", -points)
	}
	return fmt.Sprintf("%.1f points above", points)
}

// here says a difference in words.
func (r reproduction) here(d wire.Difference) string {
	if d.Mean == 0 {
		return "the same"
	}
	text := apart(100 * d.Mean)
	if d.Low != nil {
		text += fmt.Sprintf(" (%s to %s)", Signed(*d.Low, 1), Signed(*d.High, 1))
	} else if d.Seeds == 1 {
		text += ", with one seed"
	}
	return text
}

// alike says which arms equal the baseline: mostly methods that never acted.
func (r reproduction) alike() []string {
	var names []string
	for _, a := range r.Arms {
		if a.Name == r.Baseline || len(a.Differences) == 0 || len(done(a)) == 0 {
			continue
		}
		if !slices.ContainsFunc(a.Differences, func(d wire.Difference) bool { return d.Mean != 0 || d.P != nil }) {
			names = append(names, a.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return []string{
		fmt.Sprintf("Equal to %s in every accuracy with every seed: %s.", r.baselineName(), strings.Join(names, "; ")),
	}
}

// pairs are sentences on two arms of which the question is.
func (r reproduction) pairs() []string {
	var list []string
	for _, a := range r.Arms {
		if len(a.Apart) == 0 {
			continue
		}
		var parts []string
		for _, d := range a.Apart {
			text := QuantityName(d.Quantity) + " " + Signed(d.Mean, 1)
			switch {
			case d.Low != nil:
				text += fmt.Sprintf(" (%s to %s)", Signed(*d.Low, 1), Signed(*d.High, 1))
			case d.Mean == 0:
				text = QuantityName(d.Quantity) + " equal"
			}
			parts = append(parts, text)
		}
		list = append(
			list,
			fmt.Sprintf(
				"%s less %s, paired by seed, intervals of 95 %% without correction: %s.", a.Name, a.Against,
				strings.Join(parts, "; "),
			),
		)
	}
	return list
}

// sets are those of the paper that have a number here.
func (r reproduction) sets() []string {
	var list []string
	for _, a := range r.Arms {
		for _, p := range a.Paper {
			if !slices.Contains(list, p.Set) {
				list = append(list, p.Set)
			}
		}
	}
	return list
}

// printed is the paper's accuracy of an arm on a set.
func (r reproduction) printed(arm, set string) (float64, bool) {
	for _, a := range r.Arms {
		for _, p := range a.Paper {
			if a.Name == arm && p.Set == set && p.Quantity == "accuracy" {
				return p.Value, true
			}
		}
	}
	return 0, false
}

func fusedOf(a wire.ReproducedArm) (float64, bool) {
	for _, s := range a.Accuracies {
		if s.Encoder == "fused" && s.Readout == "head" {
			return s.Mean, true
		}
	}
	return 0, false
}

func differenceOf(a wire.ReproducedArm) (wire.Difference, bool) {
	for _, d := range a.Differences {
		if d.Encoder == "fused" && d.Readout == "head" {
			return d, true
		}
	}
	return wire.Difference{}, false
}
