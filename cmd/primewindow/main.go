// Primewindow trains multimodal models and shows how much each modality's encoder learns while it learns.
//
// Run it without arguments for the list of its commands. A run is a folder: `primewindow run` makes one in any
// place, and `primewindow host`, which a notebook starts by itself, keeps those of a project in its folder runs.
package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/primewindow/primewindow/data/cache"
	"github.com/primewindow/primewindow/internal/programs"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/workbench"
	"github.com/primewindow/primewindow/workbench/host/reproduce"
)

// command is one word after primewindow. Flags are checked, and settings as far as they can be, before the process is
// replaced by one with the environment that XLA wants, see xla.Reexec: nothing may be open at that moment, for what is
// deferred is not run then.
type command struct {
	name, operands, doc string // doc is one sentence of the list in help
	// args are those behind the command's word. Errors are printed by execute.
	run func(ctx context.Context, env *environ, args []string) error
}

// commands are all of them. The list is made when it is asked for, since what it names may be registered until then.
func commands() []command {
	return []command{
		{
			"run", "-data SET -method METHOD -epochs N -seed S -out DIR", "train, or go on where DIR left off",
			runCommand,
		},
		{"show", "DIR", "what a run has on record; with -figure, drawn", showCommand},
		{"probe", "DIR -at STEP -kind KIND", "measure a run at any step it has taken", probeCommand},
		{
			"compare", "-data SET -methods METHOD,METHOD -seeds N -out DIR",
			"methods on the same samples from the same seeds: a table, with what may be claimed", compareCommand,
		},
		{
			"work", "SWEEP", "be a worker of a sweep, which compare -executor began: train runs that nobody has",
			workCommand,
		},
		{
			"sweep", "SWEEP", "where a sweep stands: what runs where, what waits, what failed and why, time left",
			sweepCommand,
		},
		{
			"reproduce", "TARGET -data SET -seeds N -scale demo|paper -out DIR",
			"a table or figure of the paper, from its runs: " + strings.Join(reproduce.Targets(), ", ") +
				", all; -verify RECORD|FOLDER trains recorded runs again and compares",
			reproduceCommand,
		},
		{
			"replay", "SPECDIR OUT", "given weights and batches, every step of a method, to compare implementations",
			replayCommand,
		},
		{
			"export", "DIR -format FORMAT -out FILE", "a run for other programs: safetensors, csv, tensorboard",
			exportCommand,
		},
		{
			"check", "[RUN|FOLDER]",
			"is what is on disk what was written: records, snapshots, events, comparisons; with -deep every step is " +
				"computed again",
			checkCommand,
		},
		{"data", "list | check SET [DIR] | show SET [DIR] | fetch SET", "the sets of samples", dataCommand},
		{
			"settings", "[NAME] -data SET -method METHOD",
			"the settings of a run: default, range, whether it may change in the middle of a run", settingsCommand,
		},
		{"ps", "", "the project's host, its socket and its runs", psCommand},
		{"stop", "[RUN]", "pause a run; without one, save everything and end the host", stopCommand},
		{
			"programs", "",
			"compiled programs, which are kept so that a known run starts at once: where, how many, how large; with " +
				"-empty they are dropped",
			programsCommand,
		},
		{"doctor", "", "what is installed, and what to do about what is not", doctorCommand},
		{"host", "", "serve notebooks; they start it themselves", hostCommand},
		{
			"help", "[TOPIC]",
			"this list, or a topic: " + strings.Join(
				topics(), ", ",
			) + "; primewindow COMMAND -h lists a command's flags",
			helpCommand,
		},
	}
}

// environ is what a command works with. Tests give a command writers and a project of their own.
type environ struct {
	project     string // folder with the project's runs, see wire.Project
	out, errOut io.Writer
}

// main runs the command line. An interrupt, SIGTERM, or SIGUSR1 and SIGUSR2, by which schedulers tell that time is up,
// end ctx, and training ends after the step under way, which is on record then. A second one changes nothing, since
// signals are caught until main returns. SIGKILL cannot be caught: what was committed is on disk.
func main() {
	ctx, stop := signal.NotifyContext(
		context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2,
	)
	defer stop()
	os.Exit(execute(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// execute runs one command line and returns the exit status: 0, 1 after an error, 130 after an interrupt. A run that
// was interrupted is on record, so 130, which shells give for an interrupt, tells a script that the same command goes
// on. A panic becomes an error here, for commands; that of a graph is one before, see engine.Engine.Call.
func execute(ctx context.Context, args []string, out, errOut io.Writer) int {
	env := &environ{out: out, errOut: errOut}
	err := func() (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = &wire.Problem{
					Message: fmt.Sprint(p), Hint: "this is a defect of primewindow; what is on record is kept",
				}
			}
		}()
		if env.project, err = wire.Project(); err != nil {
			return err
		}
		if len(args) == 0 {
			return helpCommand(ctx, env, nil)
		}
		for _, c := range commands() {
			// So --help and -help are the command help.
			if c.name == strings.TrimLeft(args[0], "-") || args[0] == "-h" && c.name == "help" {
				return c.run(ctx, env, args[1:])
			}
		}
		var names []string
		for _, c := range commands() {
			names = append(names, c.name)
		}
		return &wire.Problem{
			Message: fmt.Sprintf("unknown command %q", args[0]), Hint: "the commands are " + strings.Join(names, ", "),
		}
	}()
	// After the command, whether it failed or not: without the cache its work is the same, and takes longer.
	warnCache(errOut)
	switch {
	case err == nil || errors.Is(err, errHelp):
		return 0
	case ctx.Err() != nil:
		return 130
	}
	reportProblem(errOut, err)
	return 1
}

// warnCache says that compiled programs or decoded samples could not be kept: the command did its work, but the next
// will take as long.
func warnCache(w io.Writer) {
	if why := xla.NotKept(); why != nil {
		fmt.Fprintf(
			w, "primewindow: warning: %s: compiled programs are not kept, and are compiled anew each time\n",
			wire.OneLine(why.Error()),
		)
		fmt.Fprintf(w, "hint: name a folder of your own in %s, or set it to off\n", programs.DirVariable)
	}
	c, err := cache.Default()
	if err != nil { // whoever wanted it has said so
		return
	}
	if why := c.Trouble(); why != nil {
		fmt.Fprintf(
			w, "primewindow: warning: %s: decoded samples are not kept, and are decoded anew each time\n",
			wire.OneLine(why.Error()),
		)
		fmt.Fprintf(w, "hint: name a folder that you can write to in %s, or set it to off\n", cache.DirVariable)
	}
}

// reportProblem prints an error as one line and a hint as another.
func reportProblem(w io.Writer, err error) {
	message, hint := wire.OneLine(err.Error()), ""
	var p *wire.Problem
	switch {
	case errors.As(err, &p):
		message, hint = wire.OneLine(p.Message), p.Hint
	case errors.Is(err, workbench.ErrNoHost):
		message, hint = "no host is running", "a notebook's first cell starts one; `primewindow run` needs none"
	}
	if hint == "" {
		hint = placeHint(err)
	}
	if hint == "" {
		hint = "`primewindow doctor` shows what is installed, `primewindow help` the commands"
	}
	// Each is one line, whatever is in it: a cell that starts a host finds them in its log by how they begin.
	fmt.Fprintf(w, "primewindow: error: %s\nhint: %s\n", message, wire.OneLine(hint))
}

// placeHint says what to do about a place that cannot be read or written, whoever met it; empty of other errors.
// Whoever opens a file need not know what to say about these.
func placeHint(err error) string {
	switch {
	case errors.Is(err, syscall.EROFS):
		return "that place is read-only: name another, or copy what is there to one of your own"
	case errors.Is(err, fs.ErrPermission):
		return "that place is not yours to use so: name another, or let its owner give you the right (chmod)"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "free some space there, or name another place"
	}
	return ""
}

//go:embed help/*.md
var help embed.FS

// topics are what help has more to say of than one command's flags.
func topics() []string {
	var names []string
	list, _ := help.ReadDir("help") // it is in the program
	for _, f := range list {
		names = append(names, strings.TrimSuffix(f.Name(), ".md"))
	}
	return names
}

// helpCommand writes a topic as it lies in the program, or the list of commands, which is their table.
func helpCommand(_ context.Context, env *environ, args []string) error {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		text, err := help.ReadFile("help/" + args[0] + ".md")
		if err != nil {
			return wire.Unknown(
				"topic", args[0], topics(),
				"the topics are "+strings.Join(topics(), ", ")+"; flags: primewindow COMMAND -h",
			)
		}
		_, err = env.out.Write(text)
		return err
	}
	fmt.Fprintln(
		env.out, "Primewindow trains multimodal models and shows how much each encoder learns while it learns.",
	)
	fmt.Fprintln(env.out)
	for _, c := range commands() {
		fmt.Fprintf(env.out, "  primewindow %s\n      %s\n", strings.TrimSpace(c.name+" "+c.operands), c.doc)
	}
	return nil
}
