package main

import (
	"context"
	"fmt"

	"github.com/primewindow/primewindow/internal/report"
	"github.com/primewindow/primewindow/workbench/host/run"
)

// settingsCommand lists settings. Defaults are under the set's recipe where the set can be read; else a note says why
// it cannot.
func settingsCommand(_ context.Context, env *environ, args []string) error {
	f := newFlags("settings")
	on := f.String("data", "synth", "`set` of samples: see primewindow data list")
	dir := f.String("dir", "", "`folder` of the set")
	method := f.String("method", "joint", "training `method`")
	operands, err := parse(env, f, args, 0, 1)
	if err != nil {
		return err
	}
	name := ""
	if len(operands) == 1 {
		name = operands[0]
	}
	list, err := run.NewShop(env.project).Settings(map[string]any{"data": *on, "dir": *dir, "method": *method}, name)
	if err != nil {
		return err
	}
	fmt.Fprint(env.out, report.Settings(list).Text())
	return nil
}
