package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/internal/shared"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/workbench/host/run"
	"github.com/primewindow/primewindow/workbench/host/sweep"
)

// epochChoices are those of -select.
const epochChoices = "val, by the validation split; last; test-best, by the test split itself, as the paper does; " +
	"auto, val, or last where the set says that its validation split is unfit"

// compareCommand trains every method from every seed, or goes on where it left off, and prints what they came to. The
// table is printed at the end, of all runs; compare.json is kept up to date on the way. Closing comes before the result
// is told, whatever happened, and of several errors the first one counts. After an interrupt nothing is printed but
// where the comparison stands.
func compareCommand(ctx context.Context, env *environ, args []string) error {
	f := newFlags("compare")
	trains := newRunFlags(
		f, " of all runs, METHOD.NAME=VALUE of one method's alone", "synth", ": see primewindow data list", "the set",
	)
	methods := f.String(
		"methods", "joint,inforeg",
		"training `methods`, joined by commas; differences are to joint, without it to the first",
	)
	seeds := f.Int("seeds", 5, "`number` of runs of each method, seeds 0, 1 and so on")
	out := f.String("out", "", "`folder` of the comparison; without it compare- and the set's name")
	choice := f.String("select", sweep.SelectAuto, "`choice` of the epoch that counts: "+epochChoices)
	curves := f.String(
		"curves", "",
		"`file` that also takes, as CSV, what was measured from epoch to epoch: accuracies on the validation split, "+
			"traces, how often a method acted",
	)
	executor := f.String("executor", executorHere, executorDoc)
	jobs := f.Int(
		"jobs", 0, "`number` of workers at once; of local as many as there are cores without it, of slurm no limit",
	)
	slurm := sbatchOptions{}
	f.Var(
		slurm, "slurm",
		"an `option=value` of sbatch, for example partition=gpu; several, joined by commas or one flag each",
	)
	format := f.String("format", "text", "`format` of the table: "+strings.Join(formats, ", "))
	if _, err := parse(env, f, args, 0, 0); err != nil {
		return err
	}
	if !slices.Contains(formats, *format) {
		return &wire.Problem{
			Message: fmt.Sprintf("unknown format %q", *format), Hint: "the formats are " + strings.Join(formats, ", "),
		}
	}
	if err := checkExecutor(*executor, *jobs, given(f, "jobs"), slurm); err != nil {
		return err
	}
	if st, err := os.Stat(*curves); err == nil && st.IsDir() { // known before hours of training
		return &wire.Problem{
			Message: *curves + " is a folder",
			Hint:    "-curves names a file, for example " + filepath.Join(*curves, "curves.csv"),
		}
	}
	// Without -out the set's name decides the folder, so that the same command finds its comparison again.
	asked := trains.asked()
	if *out == "" {
		*out = "compare-" + f.Lookup("data").Value.String()
		if v, ok := trains.set["data"]; ok {
			*out = fmt.Sprint("compare-", v)
		}
	}
	if err := xla.Reexec(env.project); err != nil {
		return err
	}
	shop := run.NewShop(env.project)
	names := strings.FieldsFunc(*methods, func(r rune) bool { return r == ',' || r == ' ' })
	asking := sweep.Comparison{Dir: *out, Methods: names, Seeds: *seeds, Select: *choice, Set: asked}
	var s *sweep.Sweep
	var err error
	if *executor == executorHere && !shared.Exists(*out) {
		if s, err = sweep.Open(shop, asking); err != nil {
			return errors.Join(err, shop.Close())
		}
		err = trainAll(ctx, env, s)
	} else {
		var ended bool
		if ended, err = byWorkers(ctx, env, shop, asking, *executor, *jobs, slurm); err == nil && ended {
			s, err = finishShared(shop, asking)
		}
		if err != nil || !ended {
			if ctx.Err() != nil {
				err = ctx.Err()
			}
			return errors.Join(err, shop.Close())
		}
	}
	if err == nil && *curves != "" {
		err = s.WriteCurvesFile(*curves)
	}
	if closeErr := errors.Join(s.Close(), shop.Close()); err == nil {
		err = closeErr
	}
	// Whatever error came with the interrupt is of the interrupt.
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return err
	}
	result := s.Result()
	if err := printComparison(env.out, *format, result); err != nil {
		return err
	}
	return holes(result, *out)
}

// trainAll trains the runs one after the other and says how far they are. A run without a result is told and passed
// over, and the command fails at the end, see holes.
func trainAll(ctx context.Context, env *environ, s *sweep.Sweep) error {
	p := newPace(env.errOut, s.Runs)
	p.begin()
	for i, r := range s.Runs {
		if _, done := r.Outcome(); done {
			continue
		}
		// The steps that were done before are no work of this process, and no measure of its pace.
		p.now, p.step = i, r.Done
		err := s.Train(ctx, r, p.follow)
		if ctx.Err() != nil {
			fmt.Fprintf(env.errOut, "interrupted: %s\nhint: the same command goes on from there\n", p.where())
			return ctx.Err()
		}
		if err != nil {
			return err
		}
		p.ended()
	}
	return nil
}

// holes reports the runs that have no accuracies. It is an error, so that a script sees it, although the table is
// complete as far as it goes.
func holes(c wire.Compared, dir string) error {
	var missing []wire.RunOutcome
	for _, r := range c.Runs {
		if r.Missing != "" {
			missing = append(missing, r)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return &wire.Problem{
		Message: fmt.Sprintf(
			"compare: %d of %d runs have no result, the first is %s: %s", len(missing), len(c.Runs), missing[0].Run,
			missing[0].Missing,
		),
		Hint: "the same command tries them again; with other settings, for example a smaller lr, it needs another " +
			"folder than " + dir,
	}
}
