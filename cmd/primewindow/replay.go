package main

import (
	"context"
	"fmt"

	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/workbench/host/replay"
)

// replayCommand applies a method to weights and batches from files. Everything is read and checked by replay.Run before
// the first step.
func replayCommand(ctx context.Context, env *environ, args []string) error {
	f := newFlags("replay")
	operands, err := parse(env, f, args, 2, 2)
	if err != nil {
		return err
	}
	if err := xla.Reexec(env.project); err != nil {
		return err
	}
	steps, progress := 0, newCounter(env.errOut, "steps")
	err = replay.Run(ctx, env.project, operands[0], operands[1], func(step, of int) {
		steps = of
		progress.show(step, of)
	})
	progress.clear()
	if err != nil {
		return err
	}
	fmt.Fprintf(env.out, "%d steps in %s\n", steps, operands[1])
	return nil
}
