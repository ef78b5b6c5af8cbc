package sweep

import (
	"fmt"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
)

// How the epoch is chosen at which a run counts.
const (
	SelectAuto = "auto" // val; last where the set says that its validation split is unfit
	SelectVal  = "val"  // the best fused accuracy on the validation split, the first of equal ones
	SelectLast = "last" // the last one
	// SelectTestBest takes the best fused accuracy on the test split itself, as papers without a validation split do.
	SelectTestBest = "test-best"
)

// Selections lists them, the default first.
var Selections = []string{SelectAuto, SelectVal, SelectLast, SelectTestBest}

// SelectionOn is what a selection comes to on a set.
func SelectionOn(selection string, desc data.Description) string {
	switch {
	case selection != SelectAuto:
		return selection
	case desc.Unfit != "":
		return SelectLast
	}
	return SelectVal
}

// reported is the split whose accuracies are compared: the test split, or where a set has none the validation split.
func reported(set data.Dataset) data.Split {
	if set.Len(data.Test) > 0 {
		return data.Test
	}
	return data.Validation
}

// checkSelection refuses a choice for which there will be no numbers. This is known before anything is trained.
func checkSelection(selection string, a Arm, set data.Dataset) error {
	name := set.Describe().Name
	ends := 0 // epochs whose validation accuracy will be on record
	for epoch := range a.Epochs() {
		if a.Due((epoch + 1) * a.perEpoch) {
			ends++
		}
	}
	switch {
	case set.Len(reported(set)) == 0:
		return &wire.Problem{
			Message: fmt.Sprintf("data %s has neither a test nor a validation split", name),
			Hint:    "accuracies are measured on samples that were not trained on",
		}
	case set.Len(data.Validation) == 0 && selection == SelectVal:
		return &wire.Problem{
			Message: fmt.Sprintf("data %s has no validation split to choose the epoch by", name),
			Hint:    "take the last epoch: -select last",
		}
	case selection == SelectVal && ends == 0:
		return &wire.Problem{
			Message: fmt.Sprintf("%s: no epoch ends with a validation accuracy to choose by", a.method),
			Hint:    "-set every.accuracy=epoch measures it, -select last needs none",
		}
	case selection == SelectTestBest && set.Len(data.Test) == 0:
		return &wire.Problem{
			Message: fmt.Sprintf("data %s has no test split to choose the epoch by", name),
			Hint:    "choose by the validation split: -select val",
		}
	}
	return nil
}

// Choose is the epoch at which a run counts, as the number of epochs done, among the first so many. It is 0 as long as
// the accuracies to choose by are not on record, for then another epoch might be the best: on the validation split
// those that are due, on the test split all. due says whether the schedule has one at a step. Of equal accuracies the
// earliest counts. One that was measured again counts as it was measured last, and one that the schedule did not ask
// for counts too.
func Choose(selection string, records []wire.Record, perEpoch, epochs int, due func(step int) bool) int {
	if selection == SelectLast {
		return epochs
	}
	split := data.Validation
	if selection == SelectTestBest {
		split = data.Test
	}
	values := map[int]float64{} // by step
	for _, rec := range records {
		if rec.Kind == inforeg.KindAccuracy && rec.Split == string(split) && rec.Readout == wire.ReadoutHead {
			values[rec.Step] = rec.Value
		}
	}
	best, most := 0, -1.0
	for epoch := 1; epoch <= epochs; epoch++ {
		switch v, ok := values[epoch*perEpoch]; {
		case !ok && (selection == SelectTestBest || due(epoch*perEpoch)):
			return 0
		case ok && v > most:
			best, most = epoch, v
		}
	}
	return best
}
