package workbench

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/internal/report"
	"github.com/primewindow/primewindow/internal/wire"
)

// Epoch is how many epochs the run of an arm and a seed had done where the record measured it: what is to be trained to
// measure that point once more. With PRIMEWINDOW_SMOKE=1 it is 1.
//
//	again := rec.Run("Joint", 0)
//	again.ToEpoch(rec.Epoch("Joint", 0), wb.Live)
//	rec.Beside("Joint", 0, again)
func (r *Reproduction) Epoch(arm string, seed int) (epoch int) {
	cell(func(context.Context, *screen) error {
		run, err := r.pointOf(arm, seed)
		if epoch = run.Epoch; smoke() {
			epoch = 1
		}
		return err
	})
	return epoch
}

// Beside measures a run that [Reproduction.Run] declared on the record's split and shows its accuracies beside those
// that are on record of the arm and the seed.
func (r *Reproduction) Beside(arm string, seed int, run *Run) {
	cell(func(ctx context.Context, out *screen) error {
		then, err := r.pointOf(arm, seed)
		if err != nil {
			return err
		}
		list, err := run.EvaluateContext(ctx, Split(r.Split))
		if err != nil {
			return err
		}
		s, err := run.StatusContext(ctx)
		if err == nil {
			out.table(r.beside(arm, then, s, list))
		}
		return err
	})
}

// quantityOf is what a reproduction calls what a record has; nothing where it has no such number.
func quantityOf(p Record) wire.Quantity {
	switch p.Kind {
	case Accuracy:
		return wire.Quantity{Encoder: p.Encoder, Readout: p.Readout}
	case MacroF1:
		return wire.Quantity{Encoder: p.Encoder, Readout: MacroF1}
	}
	return wire.Quantity{}
}

// pointOf finds a run that has a result.
func (r *Reproduction) pointOf(arm string, seed int) (wire.ReproducedRun, error) {
	i := slices.IndexFunc(r.Arms, func(a wire.ReproducedArm) bool { return a.Name == arm })
	if i < 0 {
		return wire.ReproducedRun{}, &Problem{
			Message: fmt.Sprintf("%s: no arm %q", r.path, arm), Hint: "the arms are " + strings.Join(r.names(), ", "),
		}
	}
	for _, run := range r.Arms[i].Runs {
		switch {
		case run.Seed == seed && run.Missing != "":
			return run, &Problem{
				Message: fmt.Sprintf("%s: %s with seed %d has no result: %s", r.path, arm, seed, run.Missing),
				Hint:    "name another seed",
			}
		case run.Seed == seed:
			return run, nil
		}
	}
	return wire.ReproducedRun{}, &Problem{
		Message: fmt.Sprintf("%s: %s was not run with seed %d", r.path, arm, seed),
		Hint:    fmt.Sprintf("its runs: %d", len(r.Arms[i].Runs)),
	}
}

// beside is the table of what was measured now and what is on record, one row for each accuracy of either.
func (r *Reproduction) beside(arm string, then wire.ReproducedRun, s Status, now []Record) report.Grid {
	g := report.Grid{
		Caption: fmt.Sprintf(
			"%s, seed %d: accuracy in percent on the %s split of %s after %d epochs", arm, then.Seed, r.Split, r.Data,
			then.Epoch,
		),
		Head: []string{"accuracy", "now", "on record"},
	}
	if smoke() {
		g.Notes = []string{"Smoke size, on other samples: what is on record is not this run's."}
	} else if s.Epoch != then.Epoch {
		g.Notes = []string{fmt.Sprintf("Now after %d epochs: the record's point is another.", s.Epoch)}
	}
	show := func(v float64, ok bool) report.Entry {
		if !ok {
			return report.Entry{Text: "-"}
		}
		return report.Entry{Text: fmt.Sprintf("%.2f", 100*v)}
	}
	worst, both := 0.0, 0
	for _, a := range then.Accuracies {
		i := slices.IndexFunc(now, func(p Record) bool { return quantityOf(p) == a.Quantity })
		name := a.String()
		if a.Readout == MacroF1 {
			name = report.QuantityName(a.Quantity)
		}
		row := []report.Entry{{Text: name}, show(0, false), show(a.Value, true)}
		if i >= 0 {
			row[1] = show(now[i].Value, true)
			worst, both = max(worst, math.Abs(now[i].Value-a.Value)), both+1
		}
		g.Rows = append(g.Rows, row)
	}
	if both > 0 && len(g.Notes) == 0 {
		g.Notes = []string{fmt.Sprintf("Largest difference: %.2f percentage points.", 100*worst)}
	}
	return g
}
