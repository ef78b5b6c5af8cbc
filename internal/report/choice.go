package report

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/internal/tune"
	"github.com/primewindow/primewindow/internal/wire"
)

// Epoch says how the epoch was chosen at which each run counts: selection is val, last or test-best, split the one
// whose accuracies are reported, and unfit why the set says that its validation split chooses nothing, if it does.
func Epoch(selection, split, unfit string) string {
	how := map[string]string{
		"val":  "each run at the epoch of its best fused accuracy on the validation split",
		"last": "each run at its last epoch",
		"test-best": "each run at the epoch of its best fused accuracy on the test split itself, as in the paper, " +
			"which flatters",
	}[selection]
	if split == "val" && selection == "val" {
		how += " itself, which flatters"
	}
	switch {
	case unfit != "" && selection == "val":
		how += ", which is unfit for it: " + unfit
	case unfit != "" && selection == "last":
		how += ", since the validation split is unfit to choose one: " + unfit
	}
	return how
}

// Choices says below a comparison's table how rates were chosen, and where the choice of the epoch says little.
func Choices(c *wire.Compared) []string {
	list := []string{ComparedRates(c)}
	if text := SaturatedEpochs(c.Select, c.ValSamples, c.Runs); text != "" {
		list = append(list, text)
	}
	return list
}

// ComparedRates says which learning rates the methods of a comparison had, none of which is tuned.
func ComparedRates(c *wire.Compared) string {
	const untuned = "Learning rates were not tuned"
	var parts []string
	for _, m := range c.Methods {
		if m.LR == 0 && m.Settings["lr"] == nil { // of an older version, which did not say
			return untuned + "."
		}
		text := "the set's own"
		if m.Settings["lr"] != nil {
			text = "as given"
		}
		parts = append(parts, fmt.Sprintf("%g, %s", m.LR, text))
	}
	if len(slices.Compact(slices.Clone(parts))) == 1 {
		return fmt.Sprintf("%s: %s.", untuned, parts[0])
	}
	for i, m := range c.Methods {
		parts[i] = m.Method + " " + parts[i]
	}
	return fmt.Sprintf("%s: %s.", untuned, strings.Join(parts, "; "))
}

// ReproducedRates says how the learning rates of a record were chosen: which were tried, which were taken, which are at
// the edge of what was tried, and where so few samples decide that none was chosen.
func ReproducedRates(r *wire.Reproduction) []string {
	if !r.Tuned {
		return untuned(r)
	}
	how := "by the best fused accuracy on the validation split with seed 0"
	if r.TuneSeeds > 0 {
		epoch := "best"
		if r.Select == "last" {
			epoch = "last"
		}
		how = fmt.Sprintf("by the fused accuracy on the validation split, at each run's %s epoch, mean over seeds 0 "+
			"to %d, "+
			"equal ones by the cross entropy there", epoch, r.TuneSeeds-1)
	}
	if len(r.ChosenWith) > 0 {
		var with []string
		for _, name := range slices.Sorted(maps.Keys(r.ChosenWith)) {
			with = append(with, fmt.Sprintf("%s=%v", name, r.ChosenWith[name]))
		}
		how += ", in runs with " + strings.Join(with, ", ")
	}
	var parts, near []string
	for _, a := range r.Arms {
		if len(a.Trials) == 0 {
			continue
		}
		rates := tune.Rates(a.Trials)
		var tried []string
		for _, rate := range rates {
			text := strconv.FormatFloat(rate.LR, 'g', 3, 64)
			switch {
			case rate.Open:
				text += " (not trained)"
			case rate.Failed != "":
				text += " (no result)"
			}
			tried = append(tried, text)
		}
		text := fmt.Sprintf("%s %s of %s", a.Name, strconv.FormatFloat(a.LR, 'g', 3, 64), strings.Join(tried, ", "))
		at := slices.IndexFunc(rates, func(rate tune.Rate) bool { return rate.LR == a.LR && rate.Counts() })
		switch edge := tune.Edge(rates, at); {
		case at < 0 || len(rates) == 1 || !slices.ContainsFunc(a.Trials, func(t wire.Trial) bool { return t.Chosen }):
		case edge == tune.EdgeHigh:
			text += " (at the edge: a larger one might be better)"
		case edge == tune.EdgeLow:
			text += " (at the edge: a smaller one might be better)"
		}
		parts = append(parts, text)
		if a.Saturated {
			near = append(near, a.Name+" ("+decide(a.MarginSamples, r.ValSamples)+")")
		}
	}
	if len(parts) == 0 {
		return []string{
			fmt.Sprintf("Learning rates are those chosen for the methods with their usual settings, %s.", how),
		}
	}
	list := []string{fmt.Sprintf("Learning rates, %s: %s.", how, strings.Join(parts, "; "))}
	if len(near) > 0 {
		list = append(list, fmt.Sprintf("Validation is saturated, the choice of the learning rate says little: %s.",
			strings.Join(near, ", ")))
	}
	return list
}

// decide says how many samples are between the best rate and the second best.
func decide(margin *float64, samples int) string {
	switch {
	case margin == nil:
		return fmt.Sprintf("at most %d of %d samples are wrong", tune.Few, samples)
	case *margin == 0:
		return fmt.Sprintf("0 of %d samples decide, the cross entropy does", samples)
	}
	return fmt.Sprintf("%s of %d samples decide", strconv.FormatFloat(*margin, 'g', 2, 64), samples)
}

// untuned says which learning rates a record has whose rates were not chosen.
func untuned(r *wire.Reproduction) []string {
	if r.Schema < wire.FamilySchema {
		return nil // its notes say so
	}
	why := "Learning rates were not tuned"
	if r.OwnRates {
		var rates []string
		for _, a := range r.Arms {
			if text := strconv.FormatFloat(a.LR, 'g', 3, 64); len(a.Runs) > 0 && !slices.Contains(rates, text) {
				rates = append(rates, text)
			}
		}
		return []string{
			fmt.Sprintf("Learning rates belong to the question, none was chosen: %s.", strings.Join(rates, ", ")),
		}
	}
	switch {
	case r.AsGiven:
	case r.Unfit != "" && r.Select != "val":
		why += ", since the validation split is unfit to choose one"
	case r.ValSamples == 0:
		why += ", since there is no validation split"
	}
	whose := "the set's own"
	if r.Scale == "paper" {
		whose = "the paper's"
	}
	if _, given := r.Shared["lr"]; given && r.Scale != "paper" {
		whose = "as given"
	}
	for _, a := range r.Arms {
		if len(a.Runs) > 0 && a.Settings["lr"] == nil {
			return []string{fmt.Sprintf("%s: all are %s, %g.", why, whose, a.LR)}
		}
	}
	return []string{why + "."}
}

// SaturatedEpochs is said where so few samples of the validation split are wrong that the epoch at which a run counts
// hangs on them; empty where it is not so, and where it is not chosen by that split.
func SaturatedEpochs(selection string, samples int, runs []wire.RunOutcome) string {
	if selection != "val" {
		return ""
	}
	n, all := 0, 0
	for _, r := range runs {
		if r.Missing != "" || r.Val == nil {
			continue
		}
		if all++; tune.Saturated(*r.Val, samples) {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("Validation is saturated, the choice of the epoch says little: "+
		"of %s %d leave at most %d of its %d samples to get right.",
		Counted(all, "run", "runs"), n, tune.Few, samples)
}
