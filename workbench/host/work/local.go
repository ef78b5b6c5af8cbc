package work

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/primewindow/primewindow/internal/shared"
	"github.com/primewindow/primewindow/internal/timing"
	"github.com/primewindow/primewindow/internal/wire"
)

// logsDir is where workers of this machine say what they do, in the sweep's folder.
const logsDir = workDir + "/logs"

// spare is how much of the memory that a worker has needed another is given on top.
const spare = 1.2

// Local has workers as processes of this machine, each on cores of its own.
type Local struct {
	Jobs    int      // processes at once
	Command []string // of a worker, without the plan's folder
	Env     []string // nil: this process's

	mu    sync.Mutex
	plan  *shared.Plan
	tasks []*process
	held  string // why fewer than Jobs run
}

// process is a worker.
type process struct {
	Task
	slot  int // which share of the cores
	said  *words
	cmd   *exec.Cmd
	ended chan struct{}
}

// Submit starts the first worker. [Local.Keep] starts the others, as memory allows.
func (l *Local) Submit(p *shared.Plan) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.plan = p
	if err := os.MkdirAll(filepath.Join(p.Dir, logsDir), 0o777); err != nil {
		return err
	}
	return l.start()
}

// start starts a worker in a free share of the cores. Called with l.mu held.
func (l *Local) start() error {
	used := map[int]bool{}
	for _, t := range l.tasks {
		if t.State == shared.Running {
			used[t.slot] = true
		}
	}
	slot := 0
	for used[slot] {
		slot++
	}
	log := filepath.Join(l.plan.Dir, logsDir, fmt.Sprintf("worker-%d-%d.log", os.Getpid(), len(l.tasks)))
	file, err := os.Create(log)
	if err != nil {
		return err
	}
	t := &process{slot: slot, said: &words{log: file}, ended: make(chan struct{})}
	t.cmd = exec.Command(l.Command[0], append(append([]string{}, l.Command[1:]...), l.plan.Dir)...)
	t.cmd.Env, t.cmd.Stdout, t.cmd.Stderr = l.Env, t.said, t.said
	// An interrupt at the terminal is for this process, which tells the workers itself.
	t.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := startOn(t.cmd, slot, l.Jobs); err != nil {
		return errors.Join(err, file.Close())
	}
	t.Name, t.State = strconv.Itoa(t.cmd.Process.Pid), shared.Running
	l.tasks = append(l.tasks, t)
	go func() {
		err := t.cmd.Wait()
		_ = file.Close() // what could not be written is not missed: words has the end of it
		l.mu.Lock()
		defer l.mu.Unlock()
		if t.State = shared.Done; err != nil {
			t.State, t.Why = shared.Failed, err.Error()
		}
		close(t.ended)
	}()
	return nil
}

// startOn starts a process on a share of the cores that this one may use. A child takes over the cores of the thread
// that makes it: so the thread is narrowed for that moment.
func startOn(cmd *exec.Cmd, slot, slots int) error {
	var all, some unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil || all.Count() < slots {
		return cmd.Start() // fewer cores than processes: the system shares them out
	}
	place := 0
	for core, left := 0, all.Count(); left > 0; core++ {
		if all.IsSet(core) {
			if place*slots/all.Count() == slot {
				some.Set(core)
			}
			place++
			left--
		}
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// Pdeathsig is of the thread that made the child: it lives as long as the process, since it is not given up locked.
	if err := unix.SchedSetaffinity(0, &some); err != nil {
		return cmd.Start()
	}
	defer func() { _ = unix.SchedSetaffinity(0, &all) }()
	return cmd.Start()
}

// Keep keeps workers going until the plan has ended or ctx has, and calls watch with where it stands, now and then. A
// worker that died is followed by another, as long as they get anywhere. When ctx ends, the workers save and stop.
func (l *Local) Keep(ctx context.Context, watch func(shared.Status)) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	before, fruitless := -1, 0 // how far all runs were when a worker last failed, and failures since they got further
	counted := map[*process]bool{}
	for {
		s, err := l.plan.Look()
		if err != nil {
			return errors.Join(err, l.Cancel())
		}
		watch(s)
		running := 0
		l.mu.Lock()
		for _, t := range l.tasks {
			switch {
			case t.State == shared.Running:
				running++
			case t.State == shared.Failed && !counted[t]:
				counted[t] = true
				if n := s.Steps() + s.Count(shared.Done) + s.Count(shared.Failed); n > before {
					before, fruitless = n, 0
				}
				fruitless++
			}
		}
		open := s.Count(shared.Waiting)
		switch {
		case s.Ended() && running == 0:
			l.mu.Unlock()
			return nil
		case fruitless > mostDeaths && running == 0:
			why := l.lastWords()
			l.mu.Unlock()
			return &wire.Problem{
				Message: "workers end one after the other: " + why,
				Hint:    "their logs are in " + filepath.Join(l.plan.Dir, logsDir),
			}
		case running < l.Jobs && open > 0 && fruitless <= mostDeaths && ctx.Err() == nil:
			if l.held = l.lacking(s, running); l.held == "" {
				err = l.start()
			}
		}
		l.mu.Unlock()
		if err != nil {
			return errors.Join(err, l.Cancel())
		}
		select {
		case <-ctx.Done():
			return errors.Join(l.Cancel(), context.Cause(ctx))
		case <-tick.C:
		}
	}
}

// lacking says why no further worker is started now: memory that a worker has needed so far is not free. Of the first
// nobody knows what it needs.
func (l *Local) lacking(s shared.Status, running int) string {
	if running == 0 {
		return ""
	}
	need := 0
	for _, r := range s.Runs {
		need = max(need, r.Progress.MiB)
	}
	if need == 0 {
		return "what a worker needs is not known yet"
	}
	if free := timing.AvailableMiB(); free > 0 && free < spare*float64(need) {
		return fmt.Sprintf("a worker needs %d MiB, and %.0f are free", need, free)
	}
	return ""
}

// Held says why fewer workers run than were asked for; empty where nothing holds them.
func (l *Local) Held() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held
}

// lastWords are those of the last worker that failed.
func (l *Local) lastWords() string {
	for _, t := range slices.Backward(l.tasks) {
		if t.State == shared.Failed {
			text, err := l.Logs(t.Task)
			if lines := strings.Split(strings.TrimSpace(text), "\n"); err == nil && lines[0] != "" {
				for j, line := range lines { // the error, with its hint behind it
					if what, ok := strings.CutPrefix(line, "primewindow: error: "); ok {
						return strings.Join(append([]string{what}, lines[j+1:min(j+2, len(lines))]...), "; ")
					}
				}
				return lines[len(lines)-1]
			}
			return t.Why
		}
	}
	return ""
}

// List tells which workers this process has started.
func (l *Local) List() ([]Task, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []Task
	for _, t := range l.tasks {
		list = append(list, t.Task)
	}
	return list, nil
}

// Cancel tells the workers to save and stop, and waits until they have.
func (l *Local) Cancel() error {
	l.mu.Lock()
	var waits []*process
	for _, t := range l.tasks {
		if t.State == shared.Running {
			_ = t.cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
			waits = append(waits, t)
		}
	}
	l.mu.Unlock()
	for _, t := range waits {
		<-t.ended
	}
	return nil
}

// Logs is the end of what a worker has said.
func (l *Local) Logs(t Task) (string, error) {
	for _, p := range l.tasks {
		if p.Name == t.Name {
			return p.said.String(), nil
		}
	}
	return "", fmt.Errorf("work: no worker %s", t.Name)
}

// Hint says what a user does next.
func (l *Local) Hint() string {
	return fmt.Sprintf("`primewindow sweep %s` shows where it stands; the same command goes on", l.plan.Dir)
}

// most is how many bytes of what a worker says are kept at hand.
const most = 4096

// words writes what a worker says to its log, and keeps the end of it: on a full disk that alone tells why it ended.
type words struct {
	mu  sync.Mutex
	log io.Writer
	end []byte
}

// Write never fails: a worker must not end for want of a log.
func (w *words) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, _ = w.log.Write(text)
	w.end = append(w.end, text...)
	w.end = w.end[max(0, len(w.end)-most):]
	return len(text), nil
}

func (w *words) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(w.end)
}
