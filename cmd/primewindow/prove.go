package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/workbench/host"
	"github.com/primewindow/primewindow/workbench/host/run"
)

// checkCommand proves runs and comparisons, or says what in them cannot be trusted. Nothing is changed. Without -deep
// it opens no run and takes no lock for longer than a moment, so that runs may be in training. With it, runs whose
// files are proved are computed again, in a copy; those that are not need to be mended first.
func checkCommand(ctx context.Context, env *environ, args []string) (err error) {
	f := newFlags("check")
	deep := f.Bool("deep", false, "compute every step again, from each snapshot to the next; takes as long as training")
	operands, err := parse(env, f, args, 0, math.MaxInt)
	if err != nil {
		return err
	}
	if len(operands) == 0 {
		operands = []string{run.RunsFolder(env.project)}
	}
	var shop *run.Shop
	if *deep {
		if err := xla.Reexec(env.project); err != nil {
			return err
		}
		shop = run.NewShop(env.project)
		defer func() { err = errors.Join(err, shop.Close()) }()
	}
	faults, places := 0, 0
	for _, operand := range operands {
		list, err := host.Prove(ctx, folder(env, operand), nil)
		if err != nil {
			return err
		}
		for _, p := range list {
			places++
			faults += len(p.Faults)
			tellProof(env, p)
			// A comparison's steps are its runs', which are in the list themselves.
			if !*deep || len(p.Faults) > 0 || !isRun(p.Dir) {
				continue
			}
			count := newCounter(env.errOut, "steps computed again")
			again, err := host.ProveSteps(ctx, shop, p.Dir, count.show)
			count.clear()
			if err != nil {
				return err
			}
			faults += len(again.Faults)
			tellProof(env, again)
		}
	}
	if faults > 0 {
		return &wire.Problem{
			Message: fmt.Sprintf("check: %d of what is on disk cannot be trusted", faults),
			Hint: "opening a run (train it, or `primewindow probe RUN`) sets damaged files aside and computes " +
				"lost lines again; or bring the files back from a copy",
		}
	}
	return nil
}

// isRun reports whether the folder is a run's. A comparison has no steps of its own.
func isRun(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "manifest.json"))
	return err == nil
}

// tellProof prints what a look at a folder came to, faults first.
func tellProof(env *environ, p host.Proof) {
	verdict := "proved"
	if len(p.Faults) > 0 {
		verdict = fmt.Sprintf("%d cannot be trusted", len(p.Faults))
	}
	fmt.Fprintf(env.out, "%s: %s: %s\n", p.Dir, p.Summary, verdict)
	for _, text := range p.Faults {
		fmt.Fprintf(env.out, "  fault: %s\n", wire.OneLine(text))
	}
	for _, text := range p.Remarks {
		fmt.Fprintf(env.out, "  remark: %s\n", wire.OneLine(text))
	}
}
