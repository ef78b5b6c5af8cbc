package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/primewindow/primewindow/internal/shared"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/run"
	"github.com/primewindow/primewindow/workbench/host/sweep"
	"github.com/primewindow/primewindow/workbench/host/work"
)

// Executors of compare.
const (
	executorHere  = "here"
	executorLocal = "local"
	executorSlurm = "slurm"
	executorPrint = "print"
)

var executors = []string{executorHere, executorLocal, executorSlurm, executorPrint}

// executorDoc is the text of the flag.
const executorDoc = "who trains the runs: here, this process, one after the other; local, -jobs processes of this " +
	"machine; slurm, tasks of an array; print, shows the script for Slurm and submits nothing"

// sbatchOptions are the values of a flag: options of sbatch, joined by commas. What has no = goes on with the value
// before it, since values have commas of their own.
type sbatchOptions map[string]string

func (o sbatchOptions) String() string { return "" }

func (o sbatchOptions) Set(text string) error {
	last := ""
	for part := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(part, "=")
		switch name = strings.TrimLeft(name, "-"); {
		case ok && name != "":
			o[name], last = value, name
		case last != "":
			o[last] += "," + part
		default:
			return fmt.Errorf("%q, want option=value", part)
		}
	}
	return nil
}

// byWorkers trains a comparison by workers. It returns false as long as runs are left to tasks of a scheduler.
func byWorkers(
	ctx context.Context, env *environ, shop *run.Shop, c sweep.Comparison, executor string, jobs int,
	slurm sbatchOptions,
) (ended bool, err error) {
	p, err := work.Make(shop, c)
	if err != nil {
		return false, err
	}
	s, err := p.Look()
	if err != nil {
		return false, err
	}
	fmt.Fprintln(env.errOut, s.Line())
	if s.Ended() {
		return true, nil
	}
	exe, err := os.Executable()
	if err != nil {
		return false, err
	}
	switch executor {
	case executorLocal:
		if jobs == 0 {
			jobs = runtime.NumCPU()
		}
		l := &work.Local{Jobs: min(jobs, len(p.Runs)), Command: []string{exe, "work"}}
		if err := l.Submit(p); err != nil {
			return false, err
		}
		err := l.Keep(ctx, followSweep(env, l.Held))
		if ctx.Err() != nil {
			fmt.Fprintf(env.errOut, "interrupted\nhint: %s\n", l.Hint())
		}
		return err == nil, err
	case executorHere: // a sweep that was begun with workers, and that this process goes on with
		w, err := work.Join(shop, c.Dir, work.SlurmJob(), env.errOut)
		if err != nil {
			return false, err
		}
		if _, err := w.Work(ctx, work.Limits{}); err != nil {
			return false, err
		}
		s, err := p.Look()
		return s.Ended(), err
	}
	q := &work.Slurm{Dir: c.Dir, Jobs: jobs, Command: []string{exe, "work"}, Options: slurm, Project: env.project}
	if executor == executorPrint {
		text, err := q.Script(p)
		fmt.Fprint(env.out, text)
		return false, err
	}
	if err := q.Submit(p); err != nil {
		return false, err
	}
	what := "submitted"
	if q.Submitted == 0 {
		what = "nothing to submit: each run that is left has its task"
	}
	fmt.Fprintf(env.errOut, "%s\nhint: %s\n", what, q.Hint())
	return false, nil
}

// followSweep shows where a sweep stands: on a terminal one line in place, elsewhere one now and then.
func followSweep(env *environ, held func() string) func(shared.Status) {
	tty, shown, last := isTerminal(env.errOut), time.Time{}, ""
	return func(s shared.Status) {
		line := s.Line()
		if why := held(); why != "" {
			line += "; " + why
		}
		switch {
		case tty && s.Ended():
			fmt.Fprint(env.errOut, "\r\x1b[K")
		case tty:
			fmt.Fprintf(env.errOut, "\r\x1b[K%s", line)
		case line != last && (time.Since(shown) >= lineEvery || s.Ended()):
			shown, last = time.Now(), line
			fmt.Fprintln(env.errOut, line)
		}
	}
}

// checkExecutor refuses flags that do not fit together, before anything is opened.
func checkExecutor(executor string, jobs int, jobsGiven bool, slurm sbatchOptions) error {
	switch {
	case !slices.Contains(executors, executor):
		return wire.Unknown("executor", executor, executors, "")
	case len(slurm) > 0 && executor != executorSlurm && executor != executorPrint:
		return &wire.Problem{
			Message: fmt.Sprintf("-slurm with the executor %s", executor),
			Hint:    "-executor slurm submits to Slurm, print shows the script",
		}
	case jobsGiven && executor == executorHere:
		return &wire.Problem{
			Message: "-jobs with the executor here, which is one process", Hint: "-executor local -jobs 2 has two",
		}
	case executor == executorLocal && jobs > runtime.NumCPU():
		return &wire.Problem{
			Message: fmt.Sprintf("-jobs %d: this machine has %d cores", jobs, runtime.NumCPU()),
			Hint:    "a worker keeps a core busy: more of them take turns and are no faster",
		}
	}
	return nil
}

// finishShared writes what a comparison came to, once its workers have ended.
func finishShared(shop *run.Shop, c sweep.Comparison) (*sweep.Sweep, error) {
	s, err := sweep.Share(shop, c)
	if err != nil {
		return nil, err
	}
	status, err := shared.Look(c.Dir)
	if err != nil {
		return nil, err
	}
	for i, r := range s.Runs {
		if err := s.Reopen(r); err != nil {
			return nil, err
		}
		if st := status.Runs[i]; st.State == shared.Failed {
			r.Fail(st.Why)
		}
	}
	return s, s.Write()
}
