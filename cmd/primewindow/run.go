package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/timing"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/workbench"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/run"
)

// runCommand trains a run in any folder, in this process: there is no host in it. The folder's lock keeps a host, or
// another command, from training it meanwhile. What is there already goes on from its last step.
func runCommand(ctx context.Context, env *environ, args []string) error {
	f := newFlags("run")
	trains := newRunFlags(f, "", "synth", ": see primewindow data list", "the set")
	change := assignments{}
	f.Var(
		change, "change",
		"`name=value` of a setting that may change in the middle of a run, from its present step on; may be repeated",
	)
	f.String("method", "joint", "training `method`")
	f.Int("seed", 0, "`number` that fixes weights and order")
	out := f.String("out", "", "`folder` of the run")
	fork := f.String(
		"fork", "", "`folder` of a run to branch off from, after the step -at; -set names what differs from there on",
	)
	at := f.Int("at", 0, "`number` of steps that -fork takes over")
	timed := f.Bool(
		"timing", false,
		"say where the time went: reading, compiling by graph, steps, probes, records; kept as an event too",
	)
	if _, err := parse(env, f, args, 0, 0); err != nil {
		return err
	}
	if *out == "" {
		return &wire.Problem{Message: "run: no folder", Hint: "say where to with -out, for example -out runs/first"}
	}
	if *fork == "" && given(f, "at") {
		return &wire.Problem{
			Message: "run: -at without -fork", Hint: "-fork names the run that is branched off from after the step -at",
		}
	}
	asked := trains.asked("method", "seed")
	if err := xla.Reexec(env.project); err != nil {
		return err
	}
	shop := run.NewShop(env.project)
	var account *timing.Account
	if *timed {
		account = shop.KeepTime()
	}
	opened := account.Begin("opening: set, model, backend")
	open := func(asked map[string]any) (*run.Run, error) { return shop.OpenDir(*out, asked) }
	if *fork != "" {
		open = func(asked map[string]any) (*run.Run, error) {
			return shop.ForkDir(*out, folder(env, *fork), *at, asked)
		}
	}
	r, err := openFolder(open, *out, asked)
	opened()
	if err != nil {
		return errors.Join(err, shop.Close())
	}
	// From the present step on, which is before any step of this command.
	if err = r.Set(change); err == nil {
		err = train(ctx, env, r)
	}
	if *timed {
		fmt.Fprintf(env.errOut, "\n%s", timing.Table(account.Parts()))
		err = errors.Join(err, r.NoteTime())
	}
	if closeErr := shop.Close(); err == nil {
		err = closeErr
	}
	if ctx.Err() != nil {
		fmt.Fprintf(env.errOut, "interrupted: %s\nhint: the same command goes on from there\n", where(r.Status()))
		return ctx.Err()
	}
	return err
}

// openFolder opens the run in a folder or makes it. The planned number of epochs may differ from the one it was made
// with: then it is changed. A run is found again by its settings, and the planned length would be one of them: it is
// set to what the run was made with, and changed after that. A fork takes its parent's.
func openFolder(open func(asked map[string]any) (*run.Run, error), dir string, asked map[string]any) (*run.Run, error) {
	epochs, given := asked["epochs"]
	if rec, err := record.ReadRecorded(dir); err == nil {
		if delete(asked, "epochs"); rec.Status.Parent == "" {
			asked["epochs"] = rec.Declared["epochs"]
		}
	}
	r, err := open(asked)
	if err != nil || !given {
		return r, err
	}
	return r, r.Set(map[string]any{"epochs": epochs})
}

// train trains a run up to its planned end, then measures the test split once. That is on record, so that the command
// can be given again.
func train(ctx context.Context, env *environ, r *run.Run) error {
	s := r.Status()
	goal := s.Epochs * s.StepsPerEpoch
	if s.Step >= goal && r.Recorded().Lost == "" {
		fmt.Fprintf(env.errOut, "%s is done: %s\n", s.Dir, where(s))
		if rec := r.Recorded(); len(testRecords(rec)) > 0 {
			return summary(env.out, rec)
		}
	} else {
		fmt.Fprintf(env.errOut, "%s: %d of %d steps to go, %d epochs\n", where(s), max(0, goal-s.Step), goal, s.Epochs)
		stop := follow(env.errOut, r)
		err := r.To(ctx, goal, "primewindow run")
		stop()
		if err != nil {
			return err
		}
	}
	if len(testRecords(r.Recorded())) == 0 {
		if _, err := r.Evaluate(ctx, data.Test); err != nil {
			return err
		}
	}
	return summary(env.out, r.Recorded())
}

// follow shows progress: on a terminal one line, ten times a second at most; elsewhere a line an epoch. The goroutine
// ends when unwatch closes the channel, and stop waits for that, so that no line of progress comes after the summary.
func follow(w interface{ Write([]byte) (int, error) }, r *run.Run) (stop func()) {
	events, unwatch := r.Watch()
	done := make(chan struct{})
	tty := isTerminal(w)
	go func() {
		defer close(done)
		began, state := time.Now(), ""
		var shown time.Time
		for e := range events {
			if e.Status.State != state {
				state, began = e.Status.State, time.Now()
			}
			switch line := workbench.ProgressLine(e.Status, began, time.Now()); {
			case e.Kind == wire.Notice && tty:
				fmt.Fprintf(w, "\r\x1b[K%s\n", e.Text)
			case e.Kind == wire.Notice:
				fmt.Fprintln(w, e.Text)
			// Ten a second are enough to read; a run may take thousands of steps in that time.
			case tty && time.Since(shown) >= 100*time.Millisecond:
				shown = time.Now()
				fmt.Fprintf(w, "\r\x1b[K%s", line)
			case !tty && e.Kind == wire.EpochEnd:
				fmt.Fprintln(w, line)
			}
		}
		if tty {
			fmt.Fprint(w, "\r\x1b[K")
		}
	}()
	return func() {
		unwatch()
		<-done
	}
}

// isTerminal reports whether lines can be replaced in place: w is a device of characters, and not one that TERM
// calls dumb.
func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}

// where says in one line where a run is.
func where(s wire.Status) string {
	return fmt.Sprintf(
		"%s: %s, %s, seed %d, epoch %d, step %d", filepath.Base(s.Dir), s.Data, s.Method, s.Seed, s.Epoch, s.Step,
	)
}
