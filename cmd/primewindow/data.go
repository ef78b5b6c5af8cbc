package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/primewindow/primewindow/data/catalog"
	"github.com/primewindow/primewindow/internal/wire"
)

// dataCommand lists, checks, shows or fetches sets. They have their flags in common, because flags may stand before
// the verb.
func dataCommand(ctx context.Context, env *environ, args []string) error {
	f := newFlags("data")
	dir := f.String("dir", catalog.FetchFolder(env.project), "`folder` that fetched files go to")
	mirrors := mirrorFlags(f)
	set := assignments{}
	f.Var(set, "set", "`name=value` of a setting of the set, for check and show; may be repeated")
	set.skipBroken(f, "")
	count := f.Int("n", 8, "`number` of samples to show")
	out := f.String("out", "", "`file` that show writes, a PNG; by default SET.png")
	operands, err := parse(env, f, args, 1, 3)
	if err != nil {
		return err
	}
	verb := operands[0]
	// check and show take a folder as well.
	if most, ok := map[string]int{"list": 1, "fetch": 2}[verb]; ok && len(operands) > most {
		return &wire.Problem{
			Message: fmt.Sprintf("data %s: unexpected %q", verb, operands[most]),
			Hint:    "`primewindow data -h` lists the flags",
		}
	}
	switch {
	case (verb == "check" || verb == "show") && len(operands) > 1:
		where := ""
		if len(operands) == 3 {
			where = operands[2]
		}
		if verb == "check" {
			return checkData(ctx, env, operands[1], where, set)
		}
		return showData(env, operands[1], where, set, *count, cmp.Or(*out, operands[1]+".png"))
	case verb == "check" || verb == "show":
		return &wire.Problem{
			Message: "data " + verb + ": no set", Hint: "for example primewindow data " + verb + " folder DIR",
		}
	case verb == "list" && len(operands) == 1:
		for _, s := range catalog.Sets(env.project) {
			fmt.Fprintf(env.out, "%-14s %s (%s)\n", s.Name, s.Doc, s.State())
		}
		return nil
	case verb == "fetch" && len(operands) == 2:
		return fetch(ctx, env, operands[1], *dir, mirrors)
	case verb == "fetch":
		return &wire.Problem{Message: "data fetch: no set", Hint: "for example primewindow data fetch " + fetched()[0]}
	default:
		return &wire.Problem{
			Message: fmt.Sprintf("data: unknown %q", verb),
			Hint:    "primewindow data list, check SET [DIR], show SET [DIR], or fetch SET",
		}
	}
}

// mirrorFlags are one flag for each address that a set is fetched from. They are added before the verb is read, so that
// all sets have theirs, under names of their own.
func mirrorFlags(f *flag.FlagSet) map[string]*string {
	mirrors := map[string]*string{}
	for _, s := range catalog.All() {
		if s.Fetch == nil {
			continue
		}
		for _, m := range s.Fetch.Mirrors {
			mirrors[m.Name] = f.String(m.Name, m.Address, "`address` "+m.Doc+", for a mirror")
		}
	}
	return mirrors
}

// fetched names the sets that a program may fetch.
func fetched() (names []string) {
	for _, s := range catalog.All() {
		if s.Fetch != nil {
			names = append(names, s.Name)
		}
	}
	return names
}

// fetch downloads a set. What is whole stays, so that an interrupted download goes on; on a terminal it says how far it
// is, elsewhere only which file it has begun.
func fetch(ctx context.Context, env *environ, name, dir string, mirrors map[string]*string) error {
	set, there := catalog.Find(name)
	if !there || set.Fetch == nil {
		hint := "only " + strings.Join(fetched(), ", ") + " can be downloaded"
		switch {
		case there && set.Own:
			hint = name + " is your own, and read from where -dir says"
		case there && set.Made():
			hint = name + " is made, not downloaded"
		case set.Ask != "":
			hint = set.Ask
		}
		return &wire.Problem{Message: fmt.Sprintf("data fetch: cannot fetch %q", name), Hint: hint}
	}
	from := map[string]string{}
	// Every mirror has a value: its flag's default is its usual address.
	flags := make([]string, len(set.Fetch.Mirrors))
	for i, m := range set.Fetch.Mirrors {
		from[m.Name], flags[i] = *mirrors[m.Name], "-"+m.Name
	}
	tty := isTerminal(env.errOut)
	var shown time.Time
	last := ""
	err := set.Fetch.Run(ctx, dir, from, func(file string, done, total int64) {
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
	if err != nil && ctx.Err() == nil {
		hint := placeHint(err)
		if hint == "" {
			hint = "what was fetched is kept, the same command goes on; " + strings.Join(
				flags, " and ",
			) + " name mirrors"
		}
		return &wire.Problem{Message: err.Error(), Hint: hint}
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(env.out, "%s is in %s\n", name, dir)
	return nil
}
