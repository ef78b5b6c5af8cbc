package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/primewindow/primewindow/data/catalog"
	"github.com/primewindow/primewindow/internal/programs"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/workbench"
)

// finding is one line of the doctor's report. A finding that is not ok either has to be mended, or is optional.
type finding struct {
	what     string
	ok       bool
	optional bool
	text     string // what was found, or what to do
}

// doctorCommand looks at each thing that is needed or of use, and says what to do about what is not there. It looks at
// all of them, and fails at the end where one is missing that is needed.
func doctorCommand(ctx context.Context, env *environ, args []string) error {
	if _, err := parse(env, newFlags("doctor"), args, 0, 0); err != nil {
		return err
	}
	if err := xla.Reexec(env.project); err != nil {
		return err
	}
	list := []finding{
		program(ctx, "Go", "go", "version", "install Go 1.26.5 or newer and put it on PATH", false),
		program(ctx, "C compiler", "cc", "--version", "apt-get install gcc libc6-dev", false),
		program(
			ctx, "Python", filepath.Join(env.project, ".venv", "bin", "python"), "--version",
			"`make lab` makes the environment .venv", false,
		),
	}
	list = append(list, plugin(env.project)...)
	list = append(
		list,
		kept(),
		kernel(env.project),
		running(ctx, env.project),
		program(
			ctx, "chromium", "chromium", "--version", "apt-get install chromium; only the browser test needs it", true,
		),
		program(ctx, "ffmpeg", "ffmpeg", "-version", "apt-get install ffmpeg; only video files need it", true),
	)
	for _, s := range catalog.Sets(env.project) {
		f := finding{what: "data " + s.Name, ok: s.Present, optional: true, text: "made, needs no files"}
		switch {
		case s.Dir != "":
			f.text = s.Dir
		case !s.Present:
			f.text = fmt.Sprintf(
				"`primewindow data fetch %s`, or name its folder in %s (looked in %s)", s.Name, catalog.DataVariable,
				strings.Join(catalog.DataFolders(env.project), ", "),
			)
		}
		list = append(list, f)
	}
	bad := 0
	for _, f := range list {
		// NO is missing and needed, -- is missing and optional.
		mark := "ok"
		if !f.ok {
			mark = "--"
			if !f.optional {
				mark = "NO"
				bad++
			}
		}
		fmt.Fprintf(env.out, "%-2s  %-12s %s\n", mark, f.what, f.text)
	}
	if bad > 0 {
		return &wire.Problem{
			Message: fmt.Sprintf("%d things are missing", bad),
			Hint:    "each line above that begins with NO says what to do; `make lab` installs most",
		}
	}
	return nil
}

// program asks a program for its version. The time limit is for one that waits for something: then it is named as if it
// were missing.
func program(ctx context.Context, what, name, flag, advice string, optional bool) finding {
	f := finding{what: what, optional: optional, text: advice}
	path, err := exec.LookPath(name)
	if err != nil {
		return f
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	text, err := exec.CommandContext(ctx, path, flag).Output()
	if err != nil {
		f.text = fmt.Sprintf("%s %s: %v; %s", path, flag, err, advice)
		return f
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	f.ok, f.text = true, fmt.Sprintf("%s (%s)", line, path)
	return f
}

// plugin opens the backend, and says what computes its convolutions. It is really loaded, since a file that is there
// may be of another machine. The process was replaced before, as for any command that trains: go-xla reads where
// plugins are before main begins.
func plugin(project string) []finding {
	f := finding{what: "XLA plugin"}
	b, err := xla.OpenBackend(project)
	if err != nil {
		f.text = wire.OneLine(err.Error())
		if p, ok := errors.AsType[*wire.Problem](err); ok {
			f.text += "; " + p.Hint
		}
		return []finding{f}
	}
	defer b.Finalize()
	f.ok, f.text = true,
		fmt.Sprintf(
			"%s, %s, %d devices, on %s/%s", b.Plugin, b.Description(), b.NumDevices(), runtime.GOOS, runtime.GOARCH,
		)
	return []finding{f, {what: "convolutions", ok: true, optional: true, text: b.Convolutions()}}
}

// kept says where compiled programs are kept, or why they are not. The plugin has been opened.
func kept() finding {
	f := finding{what: "programs", optional: true}
	store, err := programs.Default()
	switch {
	case err != nil:
		f.text = err.Error()
	case store == nil:
		f.ok, f.text = true, "none are kept: "+programs.DirVariable+" is off, or there is no folder for caches"
	default:
		n, size, err := store.Usage()
		if err == nil {
			err = xla.NotKept()
		}
		if f.ok = err == nil; f.ok {
			f.text = storeLine(store, n, size)
		} else {
			f.text = fmt.Sprintf(
				"%s: %s; name a folder of your own in %s", store.Dir(), wire.FirstLine(err), programs.DirVariable,
			)
		}
	}
	return f
}

// kernel looks for the Go kernel of the project's own Python.
func kernel(project string) finding {
	path := filepath.Join(project, ".venv", "share", "jupyter", "kernels", "gonb", "kernel.json")
	if _, err := os.Stat(path); err != nil {
		return finding{what: "kernel", text: "`make lab` installs the Go kernel"}
	}
	return finding{what: "kernel", ok: true, text: path}
}

// running looks for the host. None is no fault. One of another build is marked, since cells would go on with older
// code; a cell's own binary is of another build by its nature.
func running(ctx context.Context, project string) finding {
	f := finding{what: "host", ok: true, optional: true, text: "none is running; the first cell starts one"}
	h, err := workbench.HostContext(ctx)
	if err != nil {
		if !errors.Is(err, workbench.ErrNoHost) {
			f.ok, f.text = false, wire.OneLine(err.Error())
		}
		return f
	}
	f.text = fmt.Sprintf("process %d on %s", h.PID, h.Socket)
	if h.Cell != nil {
		f.text += ", a cell's own binary, of " + h.Cell.From
	} else if build, err := wire.BuildID("/proc/self/exe"); err == nil && build != h.Build {
		f.ok, f.text = false, f.text+": of another build; `primewindow stop` ends it"
	}
	return f
}
