package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/primewindow/primewindow/internal/wire"
)

// errHelp reports that a command's flags were listed, which is all that was asked for.
var errHelp = errors.New("help was shown")

// newFlags makes a command's flags; parse reads them. What package flag would print itself is thrown away: errors come
// back from parse, and help goes to standard output.
func newFlags(name string) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	return f
}

// parse reads flags and operands in any order, and wants between least and most operands. Package flag stops at the
// first operand, so that it is called again behind each.
func parse(env *environ, f *flag.FlagSet, args []string, least, most int) ([]string, error) {
	var operands []string
	for {
		err := f.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprintf(env.out, "primewindow %s\n", f.Name())
			f.SetOutput(env.out)
			f.PrintDefaults()
			return nil, errHelp
		}
		if err != nil {
			return nil, &wire.Problem{
				Message: err.Error(), Hint: fmt.Sprintf("`primewindow %s -h` lists the flags", f.Name()),
			}
		}
		args = f.Args()
		if len(args) == 0 {
			break
		}
		operands = append(operands, args[0])
		args = args[1:]
	}
	if err := checkNumbers(f); err != nil {
		return nil, err
	}
	// The usage line is the command's row in the table, so that it cannot differ from help.
	usage := ""
	for _, c := range commands() {
		if c.name == f.Name() {
			usage = strings.TrimSpace("primewindow " + c.name + " " + c.operands)
		}
	}
	if len(operands) < least {
		return nil, &wire.Problem{
			Message: fmt.Sprintf("%s: %d operands, want %d", f.Name(), len(operands), least), Hint: usage,
		}
	}
	if len(operands) > most {
		return nil, &wire.Problem{Message: fmt.Sprintf("%s: unexpected %q", f.Name(), operands[most]), Hint: usage}
	}
	return operands, nil
}

// given reports whether a flag was named.
func given(f *flag.FlagSet, name string) (found bool) {
	f.Visit(func(named *flag.Flag) { found = found || named.Name == name })
	return found
}

// checkNumbers refuses numbers below 0: all that flags count or measure begins there. Only flags that were named are
// looked at: some have a default below 0, which stands for not named.
func checkNumbers(f *flag.FlagSet) (err error) {
	f.Visit(func(named *flag.Flag) {
		value, ok := named.Value.(flag.Getter)
		if !ok || err != nil {
			return
		}
		below := false
		switch n := value.Get().(type) {
		case int:
			below = n < 0
		case time.Duration:
			below = n < 0
		}
		if below {
			_, usage := flag.UnquoteUsage(named)
			err = &wire.Problem{
				Message: fmt.Sprintf("-%s: got %v, want 0 or more", named.Name, named.Value),
				Hint:    fmt.Sprintf("-%s: %s", named.Name, usage),
			}
		}
	})
	return err
}

// assignments are the values of a repeated flag name=value. Values are texts here; the settings' own table knows their
// types and checks them. Of a name given twice the last counts.
type assignments map[string]any

func (a assignments) String() string { return "" }

func (a assignments) Set(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return fmt.Errorf("%q, want name=value", text)
	}
	a[name] = value
	return nil
}

// skipBroken adds the flag -skip-broken, which is short for the set's own setting. It sets the same entry as -set
// would, so that the two cannot disagree.
func (a assignments) skipBroken(f *flag.FlagSet, prefix string) {
	f.BoolFunc("skip-broken", "leave out broken samples and list them, short for -set "+prefix+"skip_broken=true",
		func(value string) error {
			return a.Set(prefix + "skip_broken=" + value)
		})
}

// runFlags are those of all commands that train: which set, where it is, how long, and any setting.
type runFlags struct {
	flags *flag.FlagSet
	set   assignments
}

// newRunFlags adds them. whose says whose settings -set names, and data and epochs what is taken without these flags.
func newRunFlags(f *flag.FlagSet, whose, data, dataDoc, epochsDoc string) *runFlags {
	r := &runFlags{f, assignments{}}
	f.Var(r.set, "set", "`name=value` of any setting"+whose+"; may be repeated")
	r.set.skipBroken(f, "data.")
	f.String("data", data, "`set` of samples"+dataDoc)
	f.String("dir", "", "`folder` of the set")
	f.Int("epochs", 0, "`number` of epochs; 0: what suits "+epochsDoc)
	return r
}

// asked are the settings that were named: the rest is the default, or of a fork the parent's. Flags of these further
// names are settings too. What was not named is not in the result, so that a set's recipe, or a fork's parent, decides
// it. -set comes last: it overrides a flag of the same setting.
func (r *runFlags) asked(further ...string) map[string]any {
	names := append([]string{"data", "dir", "epochs"}, further...)
	asked := map[string]any{}
	r.flags.Visit(func(named *flag.Flag) {
		value := named.Value.String()
		// 0 is how a command line says that the recipe's number is wanted, and no value of the setting.
		if usual := named.Name == "epochs" && value == "0"; slices.Contains(names, named.Name) && !usual {
			asked[named.Name] = value
		}
	})
	maps.Copy(asked, r.set)
	return asked
}
