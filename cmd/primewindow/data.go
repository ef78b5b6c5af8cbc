package main

import (
	"context"
	"fmt"
	"time"

	"github.com/primewindow/primewindow/data/digits"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host"
)

func dataCommand(ctx context.Context, env *environ, args []string) error {
	f := newFlags("data")
	dir := f.String("dir", host.FetchFolder(env.project), "`folder` that fetched files go to")
	fsdd := f.String("fsdd", digits.DefaultSources.FSDD, "`address` of the spoken digits, for a mirror")
	mnist := f.String("mnist", digits.DefaultSources.MNIST, "`address` of the written digits, for a mirror")
	operands, err := parse(env, f, args, 1, 2)
	if err != nil {
		return err
	}
	switch verb := operands[0]; {
	case verb == "list" && len(operands) == 1:
		for _, s := range host.Sets(env.project) {
			state := "made, needs no files"
			switch {
			case s.Present && s.Dir != "":
				state = "in " + s.Dir
			case !s.Present:
				state = fmt.Sprintf("not here: `primewindow data fetch %s`", s.Name)
			}
			fmt.Fprintf(env.out, "%-8s %s (%s)\n", s.Name, s.Doc, state)
		}
		return nil
	case verb == "fetch" && len(operands) == 2:
		return fetch(ctx, env, operands[1], *dir, digits.Sources{FSDD: *fsdd, MNIST: *mnist})
	case verb == "fetch":
		return &wire.Problem{Message: "data fetch: no set", Hint: "for example primewindow data fetch digits"}
	default:
		return &wire.Problem{Message: fmt.Sprintf("data: unknown %q", verb), Hint: "primewindow data list, or primewindow data fetch digits"}
	}
}

func fetch(ctx context.Context, env *environ, name, dir string, from digits.Sources) error {
	if name != digits.Name {
		hint := "only digits is downloaded"
		for _, s := range host.Sets(env.project) {
			if s.Name == name {
				hint = name + " is made, not downloaded"
			}
		}
		return &wire.Problem{Message: fmt.Sprintf("data fetch: cannot fetch %q", name), Hint: hint}
	}
	tty := isTerminal(env.errOut)
	var shown time.Time
	last := ""
	err := digits.Fetch(ctx, dir, from, func(file string, done, total int64) {
		switch {
		case tty && (time.Since(shown) > 100*time.Millisecond || done == total):
			shown = time.Now()
			fmt.Fprintf(env.errOut, "\r\x1b[K%s %.1f", file, float64(done)/1e6)
			if total >= 0 {
				fmt.Fprintf(env.errOut, " of %.1f", float64(total)/1e6)
			}
			fmt.Fprint(env.errOut, " MB")
		case !tty && file != last:
			last = file
			fmt.Fprintln(env.errOut, file)
		}
	})
	if tty {
		fmt.Fprint(env.errOut, "\r\x1b[K")
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(env.out, "%s is in %s\n", name, dir)
	return nil
}
