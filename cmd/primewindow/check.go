package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/catalog"
	"github.com/primewindow/primewindow/internal/whole"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host"
)

// checkData prints what a set holds and everything that is wrong with it. Faults are an error. Faults of files come
// before samples that stand in two splits, since these are found by comparing all samples, which have to be readable.
func checkData(ctx context.Context, env *environ, name, dir string, set assignments) error {
	counter := newCounter(env.errOut, "samples read")
	d, faults := catalog.Check(ctx, env.project, name, dir, set, counter.show)
	counter.clear()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case len(faults) == 1 && d == nil:
		return faults[0]
	case len(faults) > 0:
		hint := cmp.Or(hints(faults), "mend them")
		if !slices.ContainsFunc(faults, ofAll) {
			hint += ", or leave such samples out with -skip-broken"
		}
		for _, f := range faults {
			fmt.Fprintln(env.out, wire.OneLine(f.Error()))
		}
		plural := "s"
		if len(faults) == 1 {
			plural = ""
		}
		return &wire.Problem{
			Message: strings.TrimSpace(fmt.Sprintf("data check: %d fault%s in %s %s", len(faults), plural, name, dir)),
			Hint:    hint,
		}
	}
	for _, line := range catalog.Survey(d) {
		fmt.Fprintln(env.out, line)
	}
	twins, example, err := catalog.Twins(ctx, d, counter.show)
	counter.clear()
	if err != nil {
		return err
	}
	if twins > 0 {
		return &wire.Problem{
			Message: fmt.Sprintf("data check: %d samples stand in two splits: %s in every value", twins, example),
			Hint:    "what is trained on must not be measured on: take them out of one split",
		}
	}
	return nil
}

// maxHints bounds how many causes a check names what to do about.
const maxHints = 3

// ofAll reports whether a fault is one that leaving samples out does not mend.
func ofAll(err error) bool {
	e, ok := errors.AsType[*data.FormatError](err)
	return ok && e.Whole
}

// hints joins what to do about faults, each cause once, the commonest first; empty where no cause is known.
func hints(faults []error) string {
	counts := map[string]int{}
	var list []string
	for _, f := range faults {
		hint := data.Hint(f)
		if p, ok := errors.AsType[*wire.Problem](f); ok {
			hint = p.Hint
		}
		if hint == "" {
			continue
		}
		if counts[hint]++; counts[hint] == 1 {
			list = append(list, hint)
		}
	}
	slices.SortStableFunc(list, func(a, b string) int { return counts[b] - counts[a] })
	return strings.Join(list[:min(len(list), maxHints)], "; ")
}

// counter shows how many samples are done and how long the others will take, on a terminal. One goroutine at a time
// calls it, as the catalogue promises of its progress.
type counter struct {
	w            io.Writer
	what         string // of which so many are done
	tty          bool
	began, shown time.Time
}

func newCounter(w io.Writer, what string) *counter {
	return &counter{w: w, what: what, tty: isTerminal(w), began: time.Now()}
}

// countEvery is how often a counter changes.
const countEvery = 200 * time.Millisecond

func (c *counter) show(done, total int) {
	if now := time.Now(); c.tty && now.Sub(c.shown) > countEvery {
		c.shown = now
		// As long for each sample that is left as for those that are done.
		left := now.Sub(c.began) * time.Duration(total-done) / time.Duration(max(1, done))
		fmt.Fprintf(c.w, "\r\x1b[K%d of %d %s, %v left", done, total, c.what, left.Round(time.Second))
	}
}

// clear takes the line away and begins anew.
func (c *counter) clear() {
	if c.tty && !c.shown.IsZero() {
		fmt.Fprint(c.w, "\r\x1b[K")
	}
	c.began, c.shown = time.Now(), time.Time{}
}

// showData draws some training samples, evenly spread, as a contact sheet.
func showData(env *environ, name, dir string, set assignments, n int, out string) error {
	if n < 1 {
		return &wire.Problem{Message: fmt.Sprintf("data show: %d samples", n), Hint: "-n takes a number from 1"}
	}
	d, err := catalog.Open(env.project, name, dir, set)
	if err != nil {
		return err
	}
	sheet, err := host.Sheet(d, n)
	if err != nil {
		return &wire.Problem{
			Message: wire.OneLine(err.Error()),
			Hint:    "-n takes a smaller number; `primewindow data check` names what is broken",
		}
	}
	if err := whole.WriteFile(out, sheet.PNG); err != nil {
		return &wire.Problem{Message: err.Error(), Hint: "name a file in a folder that is there and writable"}
	}
	fmt.Fprintf(env.out, "%s\n%s\n", sheet.Text, out)
	return nil
}
