package workbench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/primewindow/primewindow/internal/wire"
)

// A cell whose main part begins with host.InThisCell offers its own binary as the host: see wire.OfferHost. Its first
// verb starts it, or lets it take the place of a host that is of other code.

// hostsFolder is where the binaries of cells lie that were started as hosts: a kernel removes its own.
func hostsFolder(project string) string { return filepath.Join(project, "runs", ".host") }

// program is an executable that can be started as the host.
type program struct {
	path string
	cell *wire.Cell // nil of the program primewindow
}

// wanted is the host that this process's verbs start.
func wanted(c *client) (program, error) {
	mine := wire.OfferedHost()
	if mine == nil {
		path, err := executable(c.project)
		return program{path: path}, err
	}
	cell := *mine
	cell.From = c.who
	path, err := copyBinary(hostsFolder(c.project))
	if err != nil {
		return program{}, &wire.Problem{
			Message: fmt.Sprintf("copy of this cell's binary: %v", err),
			Hint:    "the project's folder runs has to be writable, and there has to be space",
		}
	}
	return program{path, &cell}, nil
}

// copyBinary keeps this process's executable in a folder under the name of its build, and removes those of others: a
// host that runs needs its file no more.
func copyBinary(dir string) (string, error) {
	const self = "/proc/self/exe"
	build, err := wire.BuildID(self)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(dir, build)
	if copied, err := wire.BuildID(path); err != nil || copied != build {
		if err := copyFile(path, self); err != nil {
			return "", err
		}
	}
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if e.Name() != build {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	return path, err
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.CreateTemp(filepath.Dir(to), ".new-*") // a name that nobody can have put a link under
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	err = errors.Join(err, out.Chmod(0o755), out.Close())
	if err == nil {
		err = os.Rename(out.Name(), to)
	}
	if err != nil {
		_ = os.Remove(out.Name())
	}
	return err
}

// otherCode reports whether the host that answers is not the one that this cell's binary is.
func otherCode(host wire.Host) bool {
	mine := wire.OfferedHost()
	return mine != nil && (host.Cell == nil || host.Cell.Code != mine.Code)
}

// replace lets this cell's binary take the place of a host of other code, which saves its runs and leaves first.
func replace(ctx context.Context, c *client) (wire.Host, error) {
	began := time.Now()
	lock, err := lockStart(ctx, c.project)
	if err != nil {
		return wire.Host{}, err
	}
	defer lock.Close()
	var old wire.Host
	if c.call(ctx, "GET", "/host", nil, &old) == nil && !otherCode(old) {
		return old, nil // another cell of the same code was first
	}
	next, err := wanted(c)
	if err != nil {
		return wire.Host{}, err
	}
	n := news{began: began, defines: changedDefinitions(old.Cell, next.cell)}
	var runs []Status
	if c.call(ctx, "GET", "/runs", nil, &runs) == nil {
		for _, s := range runs {
			if s.Stepper != "" {
				n.paused = append(n.paused, s.Name)
			}
		}
	}
	if err := stop(ctx, c, c.who+" replaced the host by its own"); err != nil {
		return wire.Host{}, err
	}
	host, err := await(ctx, c, next)
	if err != nil {
		return wire.Host{}, err
	}
	n.put(ctx)
	return host, nil
}

// changedDefinitions names what is other code in the new host than in the old one, which may be the program.
func changedDefinitions(old, now *wire.Cell) []string {
	var names []string
	for what, hash := range now.Defines {
		if old == nil || old.Defines[what] != hash {
			_, name, _ := strings.Cut(what, " ")
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// news is what a verb tells a person about the host, before its own output.
type news struct {
	out     *screen
	defines []string // whose code has changed
	began   time.Time
	paused  []string // runs that were being trained
}

type newsKey struct{}

// withNews lets what happens to the host be told on a screen. Without it nothing is told.
func withNews(ctx context.Context, out *screen) context.Context {
	return context.WithValue(ctx, newsKey{}, &news{out: out})
}

// put leaves news for the verb under way.
func (n news) put(ctx context.Context) {
	if to, ok := ctx.Value(newsKey{}).(*news); ok {
		n.out = to.out
		*to = n
	}
}

// tell tells what there is to tell, once; of a run, also where it goes on. The time is all that the verb has waited for
// since it found the other host.
func tell(ctx context.Context, s *Status) {
	n, ok := ctx.Value(newsKey{}).(*news)
	if !ok || n.began.IsZero() {
		return
	}
	line := fmt.Sprintf("host restarted on this cell's code in %s", duration(time.Since(n.began)))
	if len(n.defines) > 0 {
		line = strings.Join(n.defines, ", ") + ": " + line
	}
	if s != nil {
		verb := "goes on"
		if s.Step == 0 {
			verb = "begins"
		}
		line += fmt.Sprintf("; run %s %s at step %d", s.Name, verb, s.Step)
	}
	paused := slices.DeleteFunc(n.paused, func(name string) bool { return s != nil && name == s.Name })
	if len(paused) > 0 {
		line += "; paused after the step under way: " + strings.Join(paused, ", ")
	}
	n.out.print(line)
	n.began = time.Time{}
}

// cellEnviron is the variable that makes a cell's binary serve.
func cellEnviron(cell *wire.Cell) (string, error) {
	text, err := json.Marshal(cell)
	return wire.CellVariable + "=" + string(text), err
}
