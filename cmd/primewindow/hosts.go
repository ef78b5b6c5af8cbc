package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/workbench"
	"github.com/primewindow/primewindow/workbench/host"
	"github.com/primewindow/primewindow/workbench/host/run"
)

// hostCommand serves cells until it is stopped, interrupted or idle. Cells start it with its output in a log, and read
// the two lines of an error there.
func hostCommand(ctx context.Context, env *environ, args []string) error {
	f := newFlags("host")
	idle := f.Duration("idle", host.IdleTime, "leave after so `long` without a client and without training")
	if _, err := parse(env, f, args, 0, 0); err != nil {
		return err
	}
	if *idle <= 0 {
		return &wire.Problem{
			Message: fmt.Sprintf("host: -idle %v, want a positive duration", *idle), Hint: "for example -idle 2h",
		}
	}
	if err := xla.Reexec(env.project); err != nil {
		return err
	}
	return host.ServeLogged(ctx, env.project, *idle, env.errOut)
}

// psCommand never starts a host: without one the runs are read from their folders. With one it asks the host, which has
// the runs open and knows who trains them. A run that cannot be read has a line like the others, and its reason below.
func psCommand(ctx context.Context, env *environ, args []string) error {
	if _, err := parse(env, newFlags("ps"), args, 0, 0); err != nil {
		return err
	}
	fmt.Fprintf(env.out, "project  %s\nsocket   %s\n", env.project, wire.SocketPath(env.project))
	if note := wire.SocketNote(env.project); note != "" {
		fmt.Fprintln(env.out, "         "+note)
	}
	h, err := workbench.HostContext(ctx)
	var runs []wire.Status
	switch {
	case errors.Is(err, workbench.ErrNoHost):
		fmt.Fprintln(env.out, "host     none is running")
		runs = run.NewShop(env.project).Statuses()
	case err != nil:
		return err
	default:
		// The host opens its backend with the first run.
		backend := h.Backend
		if backend == "" {
			backend = "no backend opened yet"
		}
		fmt.Fprintf(
			env.out, "host     process %d, build %s, since %s, %s\n", h.PID, h.Build,
			h.Started.Local().Format("2006-01-02 15:04"), backend,
		)
		if h.Cell != nil {
			fmt.Fprintf(
				env.out, "         a cell's own binary, of %s: %s\n", h.Cell.From,
				strings.Join(slices.Sorted(maps.Keys(h.Cell.Defines)), ", "),
			)
		}
		if runs, err = workbench.RunsContext(ctx); err != nil {
			return err
		}
	}
	if len(runs) == 0 {
		fmt.Fprintln(env.out, "runs     none")
		return nil
	}
	fmt.Fprintln(env.out)
	t := tabwriter.NewWriter(env.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "RUN\tDATA\tMETHOD\tSEED\tEPOCH\tSTEP\tSTATE\tBY")
	for _, s := range runs {
		fmt.Fprintf(
			t, "%s\t%s\t%s\t%d\t%d\t%d\t%s\t%s\n", s.Name, s.Data, s.Method, s.Seed, s.Epoch, s.Step, s.State,
			s.Stepper,
		)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, s := range runs {
		if s.Problem != nil {
			fmt.Fprintf(env.out, "%s: %s\n", s.Name, wire.OneLine(s.Problem.Message))
		}
	}
	return nil
}

// stopCommand pauses a run, or ends the host and waits until it has left: then its runs can be trained by
// other commands.
func stopCommand(ctx context.Context, env *environ, args []string) error {
	operands, err := parse(env, newFlags("stop"), args, 0, 1)
	if err != nil {
		return err
	}
	if len(operands) == 1 {
		s, err := workbench.PauseNamedContext(ctx, operands[0])
		if err != nil {
			return err
		}
		fmt.Fprintf(env.out, "paused: %s\n", where(s))
		return nil
	}
	switch err := workbench.StopHostContext(ctx); {
	case errors.Is(err, workbench.ErrNoHost):
		fmt.Fprintf(env.out, "no host is running for %s\n", filepath.Base(env.project))
	case err != nil:
		return err
	default:
		fmt.Fprintln(env.out, "the host has saved its runs and left")
	}
	return nil
}
