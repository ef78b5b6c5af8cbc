package workbench

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/wire"
)

// hosts finds the processes that play the host of a project.
func hosts(t *testing.T, project string) []int {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	var found []int
	for _, e := range entries {
		var pid int
		if _, err := fmt.Sscan(e.Name(), &pid); err != nil {
			continue
		}
		env, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "environ"))
		args, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		if strings.Contains(string(env), wire.ProjectVariable+"="+project+"\x00") &&
			strings.HasSuffix(string(args), "\x00host\x00") {
			found = append(found, pid)
		}
	}
	return found
}

// endHosts ends what the test's cells have started.
func endHosts(t *testing.T, project string) {
	t.Helper()
	for _, pid := range hosts(t, project) {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Log(err)
		}
	}
}

func TestFirstVerbStartsHost(t *testing.T) {
	project := fakeProject(t)
	t.Cleanup(func() { endHosts(t, project) })
	t.Setenv("GONB_TMP_DIR", "here")
	// A pipe of whoever started the cell, not marked close-on-exec: the host must not hold it open.
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := cellCommand(t, "show")
	cmd.ExtraFiles = []*os.File{write}
	out, err := cmd.CombinedOutput() // would hang if the host had inherited stdout or stderr
	if err != nil || !strings.Contains(string(out), "first: data synth") {
		t.Fatalf("%v\n%s", err, out)
	}
	write.Close()
	if err := read.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := read.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the host holds a pipe open that it inherited through the cell")
	}
	pids := hosts(t, project)
	if len(pids) != 1 {
		t.Fatalf("hosts %v, want one", pids)
	}
	pid := pids[0]
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	if fields := strings.Fields(after); fields[3] != fmt.Sprint(pid) { // state, parent, group, session
		t.Errorf("session %s, want the host's own, %d", fields[3], pid)
	}
	for fd, want := range map[int]string{0: "/dev/null", 1: logPath(project), 2: logPath(project)} {
		if got, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", pid, fd)); err != nil || got != want {
			t.Errorf("file %d of the host is %s, %v, want %s", fd, got, err, want)
		}
	}
	env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil || strings.Contains(string(env), "GONB_") {
		t.Errorf("the host's environment has variables of the cell's: %v", err)
	}
	if text, err := os.ReadFile(logPath(project)); err != nil || !strings.Contains(string(text), "project "+project) {
		t.Errorf("log %q, %v, want what the host printed", text, err)
	}
	if _, stderr, status := runCell(t, "to 3"); status != 0 || len(hosts(t, project)) != 1 {
		t.Errorf(
			"second cell: status %d, %d hosts, want 0 and the same one\n%s", status, len(hosts(t, project)), stderr,
		)
	}
}

func TestRacingStartersMakeOneHost(t *testing.T) {
	project := fakeProject(t)
	t.Cleanup(func() { endHosts(t, project) })
	var wait sync.WaitGroup
	var mu sync.Mutex
	var failed []string
	for range 6 {
		cmd := cellCommand(t, "show")
		wait.Go(func() {
			if out, err := cmd.CombinedOutput(); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed = append(failed, string(out))
			}
		})
	}
	wait.Wait()
	if len(failed) > 0 {
		t.Errorf("%d cells, the first:\n%s", len(failed), failed[0])
	}
	if n := len(hosts(t, project)); n != 1 {
		t.Errorf("%d hosts, want 1", n)
	}
	text, err := os.ReadFile(logPath(project))
	if n := strings.Count(string(text), "fake host"); err != nil || n != 1 {
		t.Errorf("%d hosts were launched, want 1: %v", n, err)
	}
}

// TestStartWaitsForLeavingHost has a host that answers no longer but still saves: its lock is held.
func TestStartWaitsForLeavingHost(t *testing.T) {
	project := fakeProject(t)
	t.Cleanup(func() { endHosts(t, project) })
	dir := filepath.Dir(wire.SocketPath(project))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	lock, err := os.Create(filepath.Join(dir, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	launchedEarly := make(chan bool, 1)
	go func() {
		time.Sleep(200 * time.Millisecond)
		_, err := os.Stat(logPath(project))
		launchedEarly <- err == nil
		lock.Close()
	}()
	if _, stderr, status := runCell(t, "show"); status != 0 {
		t.Errorf("status %d\n%s", status, stderr)
	}
	if <-launchedEarly {
		t.Error("a host was launched while the old one still held the project")
	}
}

func TestHostProblems(t *testing.T) {
	notProgram := func(project string) error {
		return os.WriteFile(filepath.Join(project, "text"), []byte{0, 1, 2}, 0o755)
	}
	fileForSockets := func(project string) error {
		return os.WriteFile(filepath.Dir(wire.SocketPath(project)), nil, 0o600)
	}
	fileForRuns := func(project string) error {
		return os.WriteFile(filepath.Join(project, "runs"), nil, 0o600)
	}
	for _, tt := range []struct {
		name   string
		env    []string // names and values
		make   func(project string) error
		want   []string
		reason string
	}{
		{
			name: "variable names nothing", env: []string{hostVariable, "/nowhere/primewindow"},
			want: []string{
				"primewindow: error: PRIMEWINDOW_HOST names /nowhere/primewindow: no such file or directory\nhint: " +
					"unset it, or name the primewindow binary\n",
			},
			reason: "a typing mistake is not worked around",
		},
		{
			name: "no binary", env: []string{hostVariable, "", "PATH", "/nowhere"},
			want: []string{
				"primewindow: error: no primewindow binary in ",
				"or on PATH\nhint: `make lab` builds it; or name it in PRIMEWINDOW_HOST\n",
			},
			reason: "not set up yet",
		},
		{
			name:   "host says why",
			env:    []string{lastWordsVariable, "primewindow: error: no XLA plugin\nhint: make lab"},
			want:   []string{"primewindow: error: the host ended at once: no XLA plugin\nhint: make lab\n"},
			reason: "its last words, from its log",
		},
		{
			name: "host says nothing of use", env: []string{lastWordsVariable, "hm"},
			want:   []string{"primewindow: error: the host ended at once\nhint: see runs/host.log\n"},
			reason: "then the log's place",
		},
		{
			name: "not a program", env: []string{hostVariable, "PROJECT/text"}, make: notProgram,
			want: []string{
				"primewindow: error: host: ",
				"exec format error\nhint: `make lab` builds it again; or name it in PRIMEWINDOW_HOST\n",
			},
			reason: "a broken build",
		},
		{
			name: "socket folder", make: fileForSockets,
			want: []string{
				"primewindow: error: socket folder: ", "hint: set XDG_RUNTIME_DIR to a folder of your own",
			},
			reason: "a file is in its place: no folder can be made, as root either",
		},
		{
			name: "project folder", make: fileForRuns,
			want: []string{
				"primewindow: error: host: mkdir ",
				"hint: the project's folder has to be writable, or name another in PRIMEWINDOW_PROJECT\n",
			},
			reason: "the log cannot be written",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			project := fakeProject(t)
			t.Cleanup(func() { endHosts(t, project) })
			for i := 0; i+1 < len(tt.env); i += 2 {
				t.Setenv(tt.env[i], strings.Replace(tt.env[i+1], "PROJECT", project, 1))
			}
			if tt.make != nil {
				if err := tt.make(project); err != nil {
					t.Fatal(err)
				}
			}
			_, stderr, status := runCell(t, "show")
			rest := stderr
			for _, want := range tt.want {
				var ok bool
				if _, rest, ok = strings.Cut(rest, want); !ok {
					t.Errorf("stderr %q lacks %q\nreason: %s", stderr, want, tt.reason)
				}
			}
			if status != 1 || strings.Count(stderr, "\n") != 2 {
				t.Errorf("status %d and %d lines, want 1 and 2\n%s", status, strings.Count(stderr, "\n"), stderr)
			}
		})
	}
}

func TestOtherBuildWarns(t *testing.T) {
	f := startFake(t)
	f.behave(func(p *plan) { p.host.Build = "0123456789ab" })
	stdout, stderr, status := runCell(t, "to 3 twice")
	if status != 0 || !strings.Contains(stdout, "first: step 3") {
		t.Errorf("status %d, want 0: a warning is no error\n%s", status, stdout)
	}
	if strings.Count(stderr, "primewindow: warning: the host runs build 0123456789ab, but ") != 1 ||
		!strings.Contains(stderr, "hint: `primewindow stop`") {
		t.Errorf("stderr %q, want one warning for the cell and what to do", stderr)
	}
}

func TestExecutable(t *testing.T) {
	project := fakeProject(t)
	own := filepath.Join(project, ".venv", "bin", "primewindow")
	onPath := filepath.Join(t.TempDir(), "primewindow")
	for _, path := range []string{own, onPath} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", filepath.Dir(onPath))
	check := func(want, reason string) {
		t.Helper()
		if got, err := executable(project); err != nil || got != want {
			t.Errorf("executable: %q, %v, want %q\nreason: %s", got, err, want, reason)
		}
	}
	check(os.Getenv(hostVariable), "the variable comes first")
	t.Setenv(hostVariable, "")
	check(own, "then the project's environment")
	if err := os.Chmod(own, 0o644); err != nil {
		t.Fatal(err)
	}
	check(onPath, "what cannot be executed is not it; then PATH")
}

func TestHostEnviron(t *testing.T) {
	got := hostEnviron(
		[]string{"A=1", "GONB_PIPE=x", "JPY_PARENT_PID=3", wire.ProjectVariable + "=old", "GONBISH=1"}, "/p",
	)
	if diff := cmp.Diff([]string{"A=1", "GONBISH=1", wire.ProjectVariable + "=/p"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestCaller(t *testing.T) {
	for _, tt := range []struct {
		session, dir, want, reason string
	}{
		{"/p/notebooks/01.ipynb", "/p/notebooks", "notebooks/01.ipynb", "JupyterLab tells the path"},
		{"/q/01.ipynb", "", "/q/01.ipynb", "a notebook outside the project"},
		{"a\nb.ipynb", "", "ab.ipynb", "a header's value is one line"},
		{"", "/p/notebooks", "a notebook in notebooks", "a headless kernel tells the folder"},
	} {
		t.Setenv("JPY_SESSION_NAME", tt.session)
		t.Setenv("GONB_DIR", tt.dir)
		if got := caller("/p"); got != tt.want {
			t.Errorf("caller: %q, want %q\nreason: %s", got, tt.want, tt.reason)
		}
	}
	t.Setenv("JPY_SESSION_NAME", "")
	t.Setenv("GONB_DIR", "")
	if got := caller("/p"); !strings.HasPrefix(got, filepath.Base(os.Args[0])) {
		t.Errorf("caller: %q, want the program's name", got)
	}
}

// TestLinksLight holds the package to what a cell may link.
func TestLinksLight(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	var foreign []string
	for name := range strings.FieldsSeq(string(out)) {
		if name == "net/http" || strings.Contains(
			strings.Split(name, "/")[0], ".",
		) && !strings.HasPrefix(name, wire.ModulePath) {
			foreign = append(foreign, name)
		}
	}
	if want := []string{"github.com/janpfeifer/gonb/gonbui/protocol"}; !slices.Equal(foreign, want) {
		t.Errorf("links %v from outside, want only %v: every cell links it anew", foreign, want)
	}
}
