package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/internal/report"
	"github.com/primewindow/primewindow/internal/whole"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/workbench"
	"github.com/primewindow/primewindow/workbench/host/draw"
	"github.com/primewindow/primewindow/workbench/host/reproduce"
	"github.com/primewindow/primewindow/workbench/host/run"
	"github.com/primewindow/primewindow/workbench/host/sweep"
)

// reproduceCommand trains what tables and figures of the paper need, as far as it is not done, writes their records,
// and draws them. Three commands have one name: with -verify records are checked against this machine, with -from they
// are only drawn, and else they are made. A plan opens no backend and takes no lock, so that it can be asked for while
// another process trains.
func reproduceCommand(ctx context.Context, env *environ, args []string) error {
	f := newFlags("reproduce")
	trains := newRunFlags(
		f, " of all runs", "", "; without it the first present one of those that stand in the place of the paper's",
		"the set and the scale",
	)
	seeds := f.Int("seeds", 0, "`number` of runs of each method, seeds 0, 1 and so on; 0: five, of made data one")
	scale := f.String(
		"scale", reproduce.ScaleDemo,
		"`size`: demo, the sets' own small networks; paper, the paper's networks, optimizer and 50 epochs",
	)
	choice := f.String("select", sweep.SelectAuto, "`choice` of the epoch that counts: "+epochChoices)
	out := f.String(
		"out", "reproduction",
		"`folder` of runs and records: the runs of all targets in its folder runs, each record as SET/TARGET.json",
	)
	tune := f.Bool(
		"tune", true,
		"choose each method's learning rate by the validation split, unless the set says that it is unfit: "+
			reproduce.TuneRule()+"; -tune=false takes the set's own",
	)
	plan := f.Bool(
		"plan", false, "only say what is done, what is left and how long it will take: nothing is trained or written",
	)
	from := f.String("from", "", "`file` of a record, or several joined by commas: draw them again, without training")
	draw := f.String("draw", "", "`folder` that the tables and figures go to; without it where the record is")
	again := newVerifyFlags(f)
	names, err := parse(env, f, args, 0, len(reproduce.Targets()))
	if err != nil {
		return err
	}
	if err := again.check(f); err != nil {
		return err
	}
	if *again.path != "" {
		return verify(ctx, env, f, again, names, *plan)
	}
	if *from != "" {
		return redraw(env, names, strings.FieldsFunc(*from, func(r rune) bool { return r == ',' }), *draw)
	}
	asked := trains.asked()
	if trains.set["data"] == nil {
		// -set data=SET stays, so that Open refuses it by name.
		delete(asked, "data") // which Ask has a field for
	}
	ask := reproduce.Ask{
		Dir: *out, Targets: names, Data: f.Lookup("data").Value.String(), Seeds: *seeds, Scale: *scale, Select: *choice,
		Tune: *tune, Set: asked,
	}
	// Before anything is opened: the process is replaced.
	if !*plan { // which needs no backend
		if err := xla.Reexec(env.project); err != nil {
			return err
		}
	}
	shop := run.NewShop(env.project)
	p, err := reproduce.Open(shop, ask)
	if err != nil {
		return errors.Join(err, shop.Close())
	}
	if *plan {
		return errors.Join(printPlan(env, p), shop.Close())
	}
	records, err := reproduceTargets(ctx, env, p)
	if closeErr := errors.Join(p.Close(), shop.Close()); err == nil {
		err = closeErr
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return err
	}
	for i, rec := range records {
		if err := show(env, rec, p.Files()[i], *draw); err != nil {
			return err
		}
	}
	if len(records) > 0 {
		if err := showSets(env, records, cmp.Or(*draw, filepath.Dir(filepath.Dir(p.Files()[0])))); err != nil {
			return err
		}
	}
	return unfinished(records)
}

// unfinished reports the runs that have no result. A method that the set does not allow is none: its row says so. A run
// that several records share counts once.
func unfinished(records []*wire.Reproduction) error {
	missing, all, first := map[string]bool{}, map[string]bool{}, ""
	for _, rec := range records {
		for _, a := range rec.Arms {
			for _, run := range a.Runs {
				all[run.Run] = true
				if run.Missing == "" {
					continue
				}
				if missing[run.Run] = true; first == "" {
					first = fmt.Sprintf("%s, %s, seed %d: %s", rec.Data, a.Name, run.Seed, wire.OneLine(run.Missing))
				}
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return &wire.Problem{
		Message: fmt.Sprintf("reproduce: %d of %d runs have no result, the first is %s", len(missing), len(all), first),
		Hint:    "the tables show them as holes; other settings with -set are other runs",
	}
}

// reproduceTargets trains what is left and writes the records. The folders of the sets are locked first, so that the
// plan that is printed is the one that is trained. An interrupt still writes the records, of what is done.
func reproduceTargets(ctx context.Context, env *environ, p *reproduce.Reproduction) ([]*wire.Reproduction, error) {
	if err := p.Open(); err != nil {
		return nil, err
	}
	if err := printPlan(env, p); err != nil {
		return nil, err
	}
	if err := trainMissing(ctx, env, p); err != nil && ctx.Err() == nil {
		return nil, err
	}
	return p.Write() // also after an interrupt: what is missing is a hole there
}

// trainMissing trains the runs that are not done, one line for each. What comes next, and how much there is, is asked
// anew before each run: a run that ends may decide the rate of an arm, and so make other runs known. The time that is
// left is the estimate for all others, and the measured pace for this one.
func trainMissing(ctx context.Context, env *environ, p *reproduce.Reproduction) error {
	for {
		r, more, err := p.Next()
		if err != nil || !more {
			return err
		}
		_, all, err := p.Plan()
		if err != nil {
			return err
		}
		// The plan's time includes this run, whose time left the pace measures.
		own := p.Seconds(r)
		one := newPace(env.errOut, []*sweep.Run{r})
		one.step, one.quiet = r.Done, true
		one.lead = func() string {
			return fmt.Sprintf("run %d of %d, ", all.Done+all.Failed+1, all.Done+all.Failed+all.Left)
		}
		one.after = func() float64 { return max(0, all.Seconds-own) }
		err = p.Train(ctx, r, one.follow)
		if ctx.Err() != nil {
			fmt.Fprintf(env.errOut, "interrupted: %s\nhint: the same command goes on from there\n", one.where())
			return ctx.Err()
		}
		if err != nil {
			return err
		}
		line := fmt.Sprintf("%s%s: trained", one.lead(), r.Name)
		if o, ok := r.Outcome(); ok && o.Missing != "" {
			line = fmt.Sprintf("%s%s has no result: %s", one.lead(), r.Name, wire.OneLine(o.Missing))
		} else if ok {
			line = fmt.Sprintf("%s%s: epoch %d, fused %.1f %%", one.lead(), r.Name, o.Epoch, 100*o.Accuracies[0].Value)
			if r.Tuning() {
				line += " of the validation split"
			}
		}
		// The plan has changed with the run that has ended.
		if _, all, err = p.Plan(); err != nil {
			return err
		}
		one.say(fmt.Sprintf("%s; %d left, about %s", line, all.Left, lasting(seconds(all.Seconds))))
	}
}

// printPlan says what is done and what is left. A run that several targets share is in the line of each, and once in
// that of all. Plans go to the error output, so that what is printed can be redirected without them.
func printPlan(env *environ, p *reproduce.Reproduction) error {
	lines, all, err := p.Plan()
	if err != nil {
		return err
	}
	g := report.Rows{{"target", "data", "runs", "done", "failed", "left", "steps", "time"}}
	row := func(l reproduce.PlanLine) []string {
		return []string{
			l.Target, l.Data, fmt.Sprint(l.Done + l.Failed + l.Left), fmt.Sprint(l.Done), fmt.Sprint(l.Failed),
			fmt.Sprint(l.Left), fmt.Sprint(l.Steps), lasting(seconds(l.Seconds)),
		}
	}
	for _, l := range lines {
		g = append(g, row(l))
	}
	if len(lines) > 1 {
		all.Target, all.Data = "all", "shared runs once"
		g = append(g, row(all))
	}
	g.Text(env.errOut)
	switch {
	case all.Left == 0:
	case all.Estimated:
		fmt.Fprintln(
			env.errOut, "Times are by the steps of runs that are there, best of this machine; without any, by "+
				reproduce.StepTimes+
				".",
		)
	default:
		fmt.Fprintln(env.errOut, "Times are by the steps of runs that are there.")
	}
	if all.Further > 0 {
		fmt.Fprintf(env.errOut,
			"At most %s more, which are not counted: where the best learning rate is the lowest or the highest that "+
				"was tried, further ones are.\n",
			report.Counted(all.Further, "run", "runs"))
	}
	// The same arm may be refused in several targets.
	said := map[string]bool{}
	for _, l := range lines {
		for _, text := range l.Refused {
			if text = l.Data + ", " + text; !said[text] {
				said[text] = true
				fmt.Fprintln(env.errOut, text)
			}
		}
	}
	return nil
}

// redraw draws records without training, and those of figure 7 or 8 on several sets in one figure too. Records are read
// one after the other, and each is drawn before the next is read, so that an error leaves those before it drawn.
func redraw(env *environ, names, files []string, dir string) error {
	var recs []*wire.Reproduction
	for _, file := range files {
		rec, err := wire.ReadReproduction(file)
		if err != nil {
			return err
		}
		recs = append(recs, rec)
		if len(names) > 0 && !slices.Contains(names, rec.Target) {
			return &wire.Problem{
				Message: fmt.Sprintf("%s is the record of %s, not of %s", file, rec.Target, strings.Join(names, ", ")),
				Hint:    "name that target, or none",
			}
		}
		if err := show(env, rec, file, dir); err != nil {
			return err
		}
	}
	if len(files) == 0 {
		return nil
	}
	return showSets(env, recs, cmp.Or(dir, filepath.Dir(files[0])))
}

// showSets draws records on several sets in one figure, where their target has such a one. It draws nothing for targets
// that have no such figure, and for those with records of one set.
func showSets(env *environ, recs []*wire.Reproduction, dir string) error {
	of := map[string][]*wire.Reproduction{}
	for _, rec := range recs {
		of[rec.Target] = append(of[rec.Target], rec)
	}
	for _, target := range slices.Sorted(maps.Keys(of)) {
		path, err := draw.SaveSets(of[target], dir)
		if err != nil {
			return err
		}
		if path != "" {
			fmt.Fprintf(env.errOut, "%s on %s: %s\n", target, report.Counted(len(of[target]), "set", "sets"), path)
		}
	}
	return nil
}

// show draws a record beside its file, or in a folder: the table as Markdown, CSV and LaTeX, and the figures. The table
// is printed too. Files are replaced one by one, each as a whole.
func show(env *environ, rec *wire.Reproduction, file, dir string) error {
	if dir == "" {
		dir = filepath.Dir(file)
	}
	base := strings.TrimSuffix(filepath.Base(file), ".json")
	table := workbench.Reproduced(rec)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return &wire.Problem{Message: err.Error(), Hint: "name another folder with -draw"}
	}
	for suffix, text := range map[string]string{".md": table.Markdown(), ".csv": table.CSV(), ".tex": table.LaTeX()} {
		if err := whole.WriteFile(filepath.Join(dir, base+suffix), []byte(text)); err != nil {
			return &wire.Problem{Message: err.Error(), Hint: "name another folder with -draw"}
		}
	}
	names, err := draw.Save(rec, dir, base)
	if err != nil {
		return err
	}
	fmt.Fprintln(env.out, table.Text())
	fmt.Fprintf(
		env.errOut, "%s on %s: %s\n", rec.Target, rec.Data,
		strings.Join(append([]string{filepath.Join(dir, base) + ".md, .csv, .tex"}, names...), ", "),
	)
	return nil
}
