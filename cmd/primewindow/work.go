package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/primewindow/primewindow/internal/report"
	"github.com/primewindow/primewindow/internal/shared"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/workbench/host/run"
	"github.com/primewindow/primewindow/workbench/host/work"
)

// workCommand is a worker of a sweep: it trains runs that nobody has until none is left. Whoever starts workers, a
// scheduler or compare -executor local, starts this. A signal has it save, give its run back and end; SIGUSR1 and
// SIGUSR2, which schedulers send before the time is up, have a task of Slurm's queued again as well. (Slurm queues
// tasks that it preempts again by itself, and one that a user cancels must not come back: both get SIGTERM.)
func workCommand(ctx context.Context, env *environ, args []string) error {
	f := newFlags("work")
	shard := f.String(
		"shard", "",
		"`I/N`: of every N runs of the plan the I-th alone, counted from 1; without it any that nobody has",
	)
	most := f.Int("runs", 0, "train so `many` at most; 0: as long as there are some")
	operands, err := parse(env, f, args, 1, 1)
	if err != nil {
		return err
	}
	limits := work.Limits{Most: *most}
	if *shard != "" {
		if limits.Shard, limits.Shards, err = parseShard(*shard); err != nil {
			return err
		}
	}
	if err := xla.Reexec(env.project); err != nil {
		return err
	}
	early := make(chan os.Signal, 1)
	signal.Notify(early, syscall.SIGUSR1, syscall.SIGUSR2)
	defer signal.Stop(early)
	shop := run.NewShop(env.project)
	w, err := work.Join(shop, operands[0], work.SlurmJob(), env.out)
	if err != nil {
		return errors.Join(err, shop.Close())
	}
	n, err := w.Work(ctx, limits)
	err = errors.Join(err, shop.Close())
	if ctx.Err() != nil {
		fmt.Fprintf(env.out, "told to stop: %d runs trained, what was under way is saved and given back\n", n)
		select {
		case <-early:
			if requeueErr := requeue(ctx, work.SlurmJob()); requeueErr != nil {
				fmt.Fprintf(env.errOut, "primewindow: %v\n", requeueErr)
			}
		default:
		}
		return ctx.Err()
	}
	if err == nil {
		fmt.Fprintf(env.out, "%d runs trained, no more to take\n", n)
	}
	return err
}

// requeue has Slurm queue this task again, and no other of its array.
func requeue(ctx context.Context, job string) error {
	if job == "" {
		return nil
	}
	out, err := exec.CommandContext(context.WithoutCancel(ctx), "scontrol", "requeue", job).CombinedOutput()
	if err != nil {
		return fmt.Errorf("scontrol requeue %s: %w: %s", job, err, wire.OneLine(string(out)))
	}
	return nil
}

func parseShard(text string) (shard, shards int, err error) {
	a, b, ok := strings.Cut(text, "/")
	i, err1 := strconv.Atoi(a)
	n, err2 := strconv.Atoi(b)
	if !ok || err1 != nil || err2 != nil || i < 1 || n < i {
		return 0, 0, &wire.Problem{
			Message: fmt.Sprintf(
				"shard %q", text,
			), Hint: "-shard 2/5 is the second of five: of every five runs the second",
		}
	}
	return i - 1, n, nil
}

// sweepCommand shows where a sweep stands, or has what failed tried again.
func sweepCommand(ctx context.Context, env *environ, args []string) error {
	f := newFlags("sweep")
	watch := f.Bool("watch", false, "show it again and again until all runs have ended")
	retry := f.Bool("retry", false, "let runs that failed be tried again, by the workers there are or the next")
	cancel := f.Bool("cancel", false, "have Slurm end the sweep's tasks; they save first")
	all := f.Bool("all", false, "a line for every run, not only for those that run or failed")
	operands, err := parse(env, f, args, 1, 1)
	if err != nil {
		return err
	}
	dir := operands[0]
	if *retry {
		n, err := shared.Retry(dir)
		if err != nil {
			return err
		}
		fmt.Fprintf(env.out, "%d runs are to be tried again; the command that began the sweep brings workers\n", n)
	}
	if *cancel {
		s := work.Slurm{Dir: dir}
		if err := s.Cancel(); err != nil {
			return err
		}
		fmt.Fprintln(
			env.out, "Slurm was told to end the sweep's tasks; the command that began the sweep goes on with it",
		)
	}
	for {
		s, err := shared.Look(dir)
		if err != nil {
			return err
		}
		fmt.Fprint(env.out, report.Sweep(s, *all).Text())
		if !*watch || s.Ended() {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Second):
			fmt.Fprintln(env.out)
		}
	}
}
