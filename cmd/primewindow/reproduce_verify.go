package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/primewindow/primewindow/internal/report"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/workbench/host/reproduce"
	"github.com/primewindow/primewindow/workbench/host/run"
	"github.com/primewindow/primewindow/workbench/host/sweep"
)

// verifyFlags are those of reproduce that only -verify knows.
type verifyFlags struct {
	path, runs, pick *string
	within           *time.Duration
}

func newVerifyFlags(f *flag.FlagSet) verifyFlags {
	return verifyFlags{
		path: f.String(
			"verify", "",
			"`record`, or folder with records: check them, train some of their runs again exactly as they say, and "+
				"compare; targets, -data, -dir, -plan and -out narrow it",
		),
		runs: f.String(
			"runs", "1",
			"with -verify, `which` runs are trained again: so many, chosen at random; all; or the beginnings of "+
				"their names, joined by commas",
		),
		pick: f.String(
			"pick", "",
			"with -verify, `text` that the choice is drawn from, so that it can be repeated; without it the day, as "+
				"2006-01-02 in UTC",
		),
		within: f.Duration(
			"within", 0,
			"with -verify, choose only runs that take no `longer`, by measured step times: 60s, 5m; 0: no limit",
		),
	}
}

// verifyUses are the flags that mean something beside -verify; of the others the record decides.
var verifyUses = []string{"verify", "runs", "pick", "within", "data", "dir", "out", "plan"}

// check refuses flags that do not go together.
func (v verifyFlags) check(f *flag.FlagSet) error {
	var wrong string
	f.Visit(func(named *flag.Flag) {
		// The first of verifyUses after -verify itself mean nothing without it; the others do.
		if alone := *v.path == "" && slices.Contains(
			verifyUses[1:4], named.Name,
		); wrong == "" && (alone || *v.path != "" && !slices.Contains(verifyUses, named.Name)) {
			wrong = named.Name
		}
	})
	switch {
	case wrong == "":
		return nil
	case *v.path == "":
		return &wire.Problem{
			Message: fmt.Sprintf("reproduce: -%s without -verify", wrong),
			Hint:    "-verify names the record, or the folder, whose runs are trained again",
		}
	}
	return &wire.Problem{
		Message: fmt.Sprintf("reproduce: -%s with -verify: the record decides it", wrong),
		Hint:    "a run is trained again exactly as its record says; leave the flag out",
	}
}

// verify trains runs of records again and compares. The runs are trained in a folder of their own, a temporary one
// unless -out names another: a run that lies somewhere would be found done, and prove nothing. The temporary one is
// removed at the end; after a kill it stays where the system keeps such folders. All chosen runs are trained even if
// the first disagrees, and the error at the end counts them.
func verify(ctx context.Context, env *environ, f *flag.FlagSet, flags verifyFlags, targets []string, plan bool) error {
	ask := reproduce.Verify{
		Path: *flags.path, Targets: targets, Runs: *flags.runs, Pick: *flags.pick, Within: flags.within.Seconds(),
	}
	out := ""
	f.Visit(func(named *flag.Flag) {
		switch named.Name {
		case "data":
			ask.Data = named.Value.String()
		case "dir":
			ask.Dir = named.Value.String()
		case "out":
			out = named.Value.String()
		}
	})
	// Everybody who verifies on one day draws the same runs, and other days draw others.
	if ask.Pick == "" {
		ask.Pick = time.Now().UTC().Format(time.DateOnly)
	}
	if !plan {
		if err := xla.Reexec(env.project); err != nil {
			return err
		}
	}
	if ask.Out = out; out == "" {
		dir, err := os.MkdirTemp("", "primewindow-verify-")
		if err != nil {
			return &wire.Problem{
				Message: err.Error(),
				Hint: "runs that are trained again lie in TMPDIR, or where -out says: name a folder that you can " +
					"write to",
			}
		}
		defer os.RemoveAll(dir) //nolint:errcheck // nothing is left to do about it
		ask.Out = dir
	}
	shop := run.NewShop(env.project)
	defer shop.Close() //nolint:errcheck // its runs are closed one by one, where an error is told
	v, err := reproduce.OpenVerification(shop, ask)
	if err != nil {
		return err
	}
	announce(env, v, ask)
	if plan {
		return nil
	}
	var first *reproduce.Rerun
	bad, what := 0, ""
	for i, r := range v.Chosen {
		got, took, err := rerun(ctx, env, v, i)
		if err != nil {
			return err
		}
		fmt.Fprintf(env.out, "%s: %s (%s)\n", r, verdict(got), lasting(took))
		for _, a := range got.Apart[:min(len(got.Apart), mostApart)] {
			fmt.Fprintf(env.out, "  %s\n", a)
		}
		if len(got.Apart) == 0 {
			continue
		}
		if bad++; first == nil {
			first, what = r, got.Apart[0].String()
		}
	}
	if first == nil {
		return nil
	}
	return &wire.Problem{
		Message: fmt.Sprintf(
			"reproduce: %d of %s came out otherwise than recorded, the first is %s: %s", bad,
			report.Counted(len(v.Chosen), "run", "runs"), first, what,
		),
		Hint: fmt.Sprintf(
			"primewindow reproduce -verify %s -runs %s -out DIR trains it once more and keeps it; where numbers "+
				"moved on purpose the record has to be made anew: %s",
			first.File, first.Run, first.Command(),
		),
	}
}

// mostApart is how many figures that disagree are listed of a run. Training carries one difference on to all later
// figures: more of them tell nothing new.
const mostApart = 8

// announce says what holds already, what is chosen, and how the choice can be repeated. What follows may take hours, so
// that what holds already is said before, and the text from which the runs were drawn.
func announce(env *environ, v *reproduce.Verification, ask reproduce.Verify) {
	text := fmt.Sprintf(
		"%s of %s: means, intervals and p are those of the runs", report.Counted(v.Records, "record", "records"),
		report.Counted(v.Total, "run", "runs"),
	)
	if v.Named > 0 {
		text += fmt.Sprintf(
			"; settings and samples here give %s the name on record", report.Counted(v.Named, "run", "runs"),
		)
	}
	if len(v.Absent) > 0 {
		text += "; not here and not trained: " + strings.Join(v.Absent, ", ")
	}
	fmt.Fprintln(env.errOut, text)
	total, told := 0.0, map[string]bool{xla.Machine(): true}
	for _, r := range v.Chosen {
		s := v.Seconds(r)
		total += s
		if len(v.Chosen) <= mostApart {
			fmt.Fprintf(
				env.errOut, "chosen: %s, run %s, %d steps, about %s\n", r, r.Run, r.Steps(), lasting(seconds(s)),
			)
		}
		if said := r.Machine(); !told[said] {
			told[said] = true
			fmt.Fprintf(
				env.errOut, "%s was made on %s, here is %s: what training carries on may differ\n", r.File, said,
				xla.Machine(),
			)
		}
	}
	if _, err := strconv.Atoi(ask.Runs); err == nil && len(v.Chosen) > 0 {
		fmt.Fprintf(
			env.errOut, "%d of %s, drawn from %q: -pick %s draws them again, about %s in all\n", len(v.Chosen),
			report.Counted(v.Total, "run", "runs"), ask.Pick, ask.Pick, lasting(seconds(total)),
		)
	}
}

// rerun trains one of the runs again, and says on the way how far it is. took is the time of training and measuring it;
// the time that is left includes estimates of those after it.
func rerun(
	ctx context.Context, env *environ, v *reproduce.Verification, i int,
) (got reproduce.Verified, took time.Duration, err error) {
	r, began := v.Chosen[i], time.Now()
	one := newPace(env.errOut, []*sweep.Run{r.Sweep()})
	one.quiet = true
	one.lead = func() string { return fmt.Sprintf("run %d of %d, %s: ", i+1, len(v.Chosen), r) }
	one.after = func() (s float64) {
		for _, later := range v.Chosen[i+1:] {
			s += v.Seconds(later)
		}
		return s
	}
	got, err = v.Train(ctx, r, one.follow)
	if ctx.Err() != nil {
		fmt.Fprintf(env.errOut, "interrupted: %sstep %d of %d\n", one.lead(), one.step, r.Sweep().Steps)
		return got, 0, ctx.Err()
	}
	return got, time.Since(began), err
}

// verdict is what a run that was trained again says of its record. There is a third answer between equal and wrong: on
// another kind of machine figures may differ as far as its tolerance.
func verdict(v reproduce.Verified) string {
	switch {
	case len(v.Apart) > 0 && v.Exact:
		return fmt.Sprintf(
			"%d of %d figures DISAGREE, on the kind of machine that made the record", len(v.Apart), v.Figures,
		)
	case len(v.Apart) > 0:
		return fmt.Sprintf(
			"%d of %d figures DISAGREE, beyond what another kind of machine explains", len(v.Apart), v.Figures,
		)
	case v.Equal == v.Figures:
		return fmt.Sprintf("all %d figures as recorded, to the last digit", v.Figures)
	}
	return fmt.Sprintf(
		"as near as another kind of machine comes: of %d figures %d to the last digit, %d within the tolerance, %d "+
			"not compared",
		v.Figures, v.Equal, v.Near, v.Free,
	)
}
