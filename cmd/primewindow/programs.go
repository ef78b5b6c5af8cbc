package main

import (
	"context"
	"fmt"

	"github.com/primewindow/primewindow/internal/programs"
	"github.com/primewindow/primewindow/internal/wire"
)

// programsCommand shows the store of compiled programs, or empties it.
func programsCommand(_ context.Context, env *environ, args []string) error {
	flags := newFlags("programs")
	empty := flags.Bool("empty", false, "drop all that are kept; a run compiles its own again")
	if _, err := parse(env, flags, args, 0, 0); err != nil {
		return err
	}
	store, err := programs.Default()
	if err != nil {
		return &wire.Problem{Message: err.Error(), Hint: "correct the variable, or leave it unset"}
	}
	if store == nil {
		fmt.Fprintf(env.out, "none are kept: %s is off, or there is no folder for caches\n", programs.DirVariable)
		return nil
	}
	count, verb := store.Usage, ""
	if *empty {
		count, verb = store.Empty, " dropped"
	}
	n, size, err := count()
	if err != nil {
		return &wire.Problem{
			Message: fmt.Sprintf("programs: %s: %s", store.Dir(), wire.FirstLine(err)),
			Hint:    "name a folder of your own in " + programs.DirVariable + ", or remove this one",
		}
	}
	fmt.Fprintln(env.out, storeLine(store, n, size)+verb)
	return nil
}

// storeLine says what a store of programs holds.
func storeLine(store *programs.Store, n int, size int64) string {
	return fmt.Sprintf(
		"%s: %d entries, %.1f MiB of at most %.4g GiB", store.Dir(), n, float64(size)/(1<<20),
		float64(store.Limit())/(1<<30),
	)
}
