package workbench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/primewindow/primewindow/internal/whole"
	"github.com/primewindow/primewindow/internal/wire"
)

const (
	hostVariable = "PRIMEWINDOW_HOST"
	startTime    = 10 * time.Second // in which a host has to answer
)

// connections are the hosts that this process has spoken to, by project. The second verb of a cell finds the
// first one's connection, and a host is looked over once.
var connections struct {
	sync.Mutex
	m map[string]*client
}

// connect gives a client of the project's host, which it starts if none answers.
func connect(ctx context.Context) (*client, error) {
	project, err := wire.Project()
	if err != nil {
		return nil, &wire.Problem{
			Message: fmt.Sprintf("project folder: %v", err), Hint: "name it in " + wire.ProjectVariable,
		}
	}
	if os.Getenv(wire.CellVariable) != "" { // or a host would start a host, and so on
		return nil, &wire.Problem{
			Message: "a verb before host.InThisCell()",
			Hint:    "make host.InThisCell() the first line of the cell's main part, under %%",
		}
	}
	connections.Lock()
	defer connections.Unlock()
	if c := connections.m[project]; c != nil {
		if conn, err := c.dial(ctx); err == nil {
			_ = conn.Close()
			return c, nil
		}
	}
	c := newClient(project)
	var host wire.Host
	if err := c.call(ctx, "GET", "/host", nil, &host); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if isStranger(err) {
			return nil, err
		}
		if host, err = start(ctx, c); err != nil {
			return nil, err
		}
	}
	if otherCode(host) {
		if host, err = replace(ctx, c); err != nil {
			return nil, err
		}
	}
	if host.Protocol != wire.Version {
		return nil, &wire.Problem{
			Message: fmt.Sprintf("the host speaks protocol %d, this cell %d", host.Protocol, wire.Version),
			Hint: "`primewindow stop` ends it, and the next cell starts the present one; restart the kernel if " +
				"that is the older",
		}
	}
	if w := otherBuild(project, host); w != "" {
		fmt.Fprintln(os.Stderr, w)
	}
	if connections.m == nil {
		connections.m = map[string]*client{}
	}
	connections.m[project] = c
	return c, nil
}

// reach gives a client of the project's host without starting one: [ErrNoHost] where there is none.
func reach(ctx context.Context) (*client, error) {
	project, err := wire.Project()
	if err != nil {
		return nil, err
	}
	c := newClient(project)
	conn, err := c.dial(ctx)
	switch {
	case isStranger(err):
		return nil, err
	case err != nil:
		return nil, ErrNoHost
	}
	_ = conn.Close()
	return c, nil
}

// otherBuild warns of a host that is not of the build that lies on disk. One that is a cell's is neither.
func otherBuild(project string, host wire.Host) string {
	if host.Cell != nil {
		return ""
	}
	path, err := executable(project)
	if err != nil {
		return "" // the host was started in another way
	}
	build, err := wire.BuildID(path)
	if err != nil || build == host.Build {
		return ""
	}
	return fmt.Sprintf("primewindow: warning: the host runs build %s, but %s is build %s\nhint: `primewindow stop` "+
		"saves every run and ends it; the next cell starts the new one",
		host.Build, below(project, path), build)
}

// executable finds what to start as the host.
func executable(project string) (string, error) {
	if path := os.Getenv(hostVariable); path != "" {
		if _, err := exec.LookPath(path); err != nil {
			return "", &wire.Problem{
				Message: fmt.Sprintf("%s names %s: %s", hostVariable, path, innermost(err)),
				Hint:    "unset it, or name the primewindow binary",
			}
		}
		return path, nil
	}
	path := filepath.Join(project, ".venv", "bin", "primewindow")
	if _, err := exec.LookPath(path); err == nil {
		return path, nil
	}
	if found, err := exec.LookPath("primewindow"); err == nil {
		return found, nil
	}
	return "", &wire.Problem{
		Message: fmt.Sprintf("no primewindow binary in %s or on PATH", filepath.Join(project, ".venv", "bin")),
		Hint:    "`make lab` builds it; or name it in " + hostVariable,
	}
}

func logPath(project string) string { return filepath.Join(project, "runs", "host.log") }

// start starts the host of c's project and waits until it answers. Of several that start one at the same time
// the first does so and the others find it.
func start(ctx context.Context, c *client) (wire.Host, error) {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	lock, err := lockStart(ctx, c.project)
	if err != nil {
		return wire.Host{}, err
	}
	defer lock.Close()
	if note := wire.SocketNote(c.project); note != "" {
		fmt.Fprintln(os.Stderr, "primewindow: warning: "+note)
	}
	var host wire.Host
	if c.call(ctx, "GET", "/host", nil, &host) == nil {
		return host, nil
	}
	p, err := wanted(c)
	if err != nil {
		return wire.Host{}, err
	}
	return await(ctx, c, p)
}

// await starts a program as the host as soon as there is no other, and waits until a host answers.
func await(ctx context.Context, c *client, p program) (host wire.Host, err error) {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	var ended <-chan struct{} // nil until a host is launched
	var from int64
	for pause := 2 * time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		if c.call(ctx, "GET", "/host", nil, &host) == nil {
			return host, nil
		}
		if ended == nil && unclaimed(c.project) {
			if ended, from, err = launch(c.project, p); err != nil {
				return wire.Host{}, err
			}
		}
		select {
		case <-time.After(pause):
		case <-ended:
			if unclaimed(c.project) {
				return wire.Host{}, lastWords(c, from)
			}
			ended = nil // another one was first: it will answer, or leave
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return wire.Host{}, ctx.Err()
			}
			return wire.Host{}, &wire.Problem{
				Message: fmt.Sprintf("the host does not answer after %v", startTime),
				Hint:    c.show(logPath(c.project)) + " says what it does",
			}
		}
	}
}

// unclaimed reports whether no host holds the project's lock. One that no longer answers holds it while it saves
// its runs, and until it has left no other can take its place.
func unclaimed(project string) bool {
	m, err := wire.FindMeeting(project)
	if err != nil {
		return true // there has been no host
	}
	defer m.Close()
	f, err := m.Lock("lock", false)
	if err != nil {
		return true
	}
	defer f.Close()
	return !whole.InUse(f)
}

// lockStart takes the right to start a host. Closing the file gives it back.
func lockStart(ctx context.Context, project string) (*os.File, error) {
	m, err := wire.MakeMeeting(project)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	f, err := m.Lock("start.lock", true)
	if err != nil {
		return nil, wire.SocketProblem(err)
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			f.Close()
			return nil, wire.SocketProblem(err)
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			f.Close()
			if errors.Is(ctx.Err(), context.Canceled) {
				return nil, ctx.Err()
			}
			return nil, &wire.Problem{
				Message: "another cell has been starting the host for 10 s", Hint: "wait, or see runs/host.log",
			}
		}
	}
}

// launch starts the host in a session of its own, with nothing of this process but its environment. ended is
// closed when it ends while this process lives; from is where in the log its words begin.
func launch(project string, p program) (ended <-chan struct{}, from int64, err error) {
	name := logPath(project)
	problem := func(err error) error {
		return &wire.Problem{
			Message: fmt.Sprintf("host: %v", err),
			Hint:    "the project's folder has to be writable, or name another in " + wire.ProjectVariable,
		}
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, 0, problem(err)
	}
	log, err := whole.OpenPlain(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, 0, problem(err)
	}
	defer log.Close()
	if st, err := log.Stat(); err == nil {
		from = st.Size()
	}
	closeOnExec()
	cmd := exec.Command(p.path, "host")
	cmd.Dir = project
	cmd.Stdout, cmd.Stderr = log, log // files, so that no pipe ties the host to this process; stdin is /dev/null
	cmd.Env = hostEnviron(os.Environ(), project)
	if p.cell != nil {
		env, err := cellEnviron(p.cell)
		if err != nil {
			return nil, 0, err
		}
		cmd.Env = append(cmd.Env, env)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, 0, &wire.Problem{
			Message: fmt.Sprintf("host: %v", err), Hint: "`make lab` builds it again; or name it in " + hostVariable,
		}
	}
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ended stands in its log
		close(done)
	}()
	return done, from, nil
}

// hostEnviron is a cell's environment without what belongs to the cell alone.
func hostEnviron(env []string, project string) []string {
	var kept []string
	for _, e := range env {
		name, _, _ := strings.Cut(e, "=")
		if strings.HasPrefix(name, "GONB_") || strings.HasPrefix(name, "JPY_") || name == wire.ProjectVariable ||
			name == wire.CellVariable {
			continue
		}
		kept = append(kept, e)
	}
	return append(kept, wire.ProjectVariable+"="+project)
}

// closeOnExec sees to it that no file of whoever started this process reaches the host: a pipe that the host
// held open would never end.
func closeOnExec() {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return // then there is nothing to read them from
	}
	for _, e := range entries {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd > 2 {
			syscall.CloseOnExec(fd)
		}
	}
}

// lastWords makes an error of what a host that ended at once wrote to its log.
func lastWords(c *client, from int64) error {
	p := &wire.Problem{Message: "the host ended at once", Hint: "see " + c.show(logPath(c.project))}
	f, err := whole.OpenPlain(logPath(c.project), os.O_RDONLY, 0)
	if err != nil {
		return p
	}
	defer f.Close()
	text, err := io.ReadAll(io.NewSectionReader(f, from, 1<<20))
	if err != nil {
		return p
	}
	for line := range bytes.Lines(text) {
		said := strings.TrimSpace(string(line))
		if m, ok := strings.CutPrefix(said, "primewindow: error: "); ok {
			p.Message = "the host ended at once: " + m
		} else if h, ok := strings.CutPrefix(said, "hint: "); ok {
			p.Hint = h
		}
	}
	return p
}
