package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/primewindow/primewindow/internal/wire"
)

// awaitPath waits a minute until something is there.
func awaitPath(path string) bool {
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if _, err := os.Lstat(path); err == nil {
			return true
		}
	}
	return false
}

// TestHost starts a host, sees it with ps, and ends it with stop.
func TestHost(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	t.Setenv("XDG_RUNTIME_DIR", s.path("x"))
	socket := wire.SocketPath(s.path("p"))
	if p := s.must(t, "ps"); !strings.Contains(p.out, "none is running") || !strings.Contains(p.out, "runs     none") {
		t.Errorf("ps without a host:\n%s", p.out)
	}
	if p := s.must(t, "stop"); !strings.Contains(p.out, "no host is running") {
		t.Errorf("stop without a host:\n%s", p.out)
	}
	s.must(t, small("-epochs", "1", "-out", filepath.Join("p", "runs", "first"))...)
	if p := s.must(t, "ps"); !strings.Contains(p.out, "none is running") ||
		!strings.Contains(p.out, "\nfirst  synth  joint") {
		t.Errorf("ps without a host, with a run:\n%s", p.out)
	}

	host := s.command(t, "host", "-idle", "3m")
	var said bytes.Buffer
	host.Stderr = &said
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- host.Wait() }()
	if !awaitPath(socket) {
		t.Fatalf("no socket %s after a minute\n%s", socket, said.String())
	}
	p := s.must(t, "ps")
	for _, want := range []string{"socket   " + socket, "host     process ", "first  synth  joint", "idle"} {
		if !strings.Contains(p.out, want) {
			t.Errorf("ps: no %q in\n%s", want, p.out)
		}
	}
	if p := s.must(t, "host"); !strings.Contains(p.err, "there is another") {
		t.Errorf("a second host: %s", p.err)
	}
	if p := s.must(t, "stop", "first"); !strings.Contains(p.out, "paused: first") {
		t.Errorf("stop first: %s", p.out)
	}
	checkProblem(t, s.play(t, "stop", "fist"), `unknown run "fist"`, "did you mean first?")
	checkProblem(
		t, s.play(t, small("-epochs", "2", "-out", filepath.Join("p", "runs", "first"))...),
		"in use by another process", "primewindow stop",
	)
	if p := s.must(t, "stop"); !strings.Contains(p.out, "saved its runs and left") {
		t.Errorf("stop: %s", p.out)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the host ended with %v\n%s", err, said.String())
		}
	case <-time.After(time.Minute):
		t.Fatal("the host is there a minute after stop")
	}
	if _, err := os.Stat(socket); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
	s.must(t, small("-epochs", "2", "-out", filepath.Join("p", "runs", "first"))...)
}

// TestHelp: without a command, and with -h, the program says what there is.
func TestHelp(t *testing.T) {
	s := newStage(t)
	for _, args := range [][]string{nil, {"help"}, {"-h"}, {"--help"}, {"-help"}} {
		p := s.must(t, args...)
		for _, c := range commands() {
			if !strings.Contains(p.out, "\n  primewindow "+c.name) {
				t.Errorf("primewindow %v does not list %s", args, c.name)
			}
		}
	}
	for command, want := range map[string]string{
		"run": "-set name=value", "show": "-figure kind", "export": "-format format", "data": "-dir folder",
		"host": "-idle long", "ps": "", "stop": "", "doctor": "", "programs": "-empty",
	} {
		for _, args := range [][]string{{command, "-h"}, {command, "--help"}} {
			if p := s.must(t, args...); !strings.HasPrefix(p.out, "primewindow "+command+"\n") ||
				!strings.Contains(p.out, want) {
				t.Errorf("primewindow %v:\n%s\nwant %q", args, p.out, want)
			}
		}
	}
}

// TestHelpTopics: each topic is listed and has a text, and another one is answered with the nearest.
func TestHelpTopics(t *testing.T) {
	s := newStage(t)
	list := s.must(t, "help").out
	if len(topics()) < 5 {
		t.Fatalf("topics %v", topics())
	}
	for _, topic := range topics() {
		if text := s.must(t, "help", topic).out; !strings.HasPrefix(text, "# ") || len(text) < 300 ||
			!strings.Contains(list, topic) {
			t.Errorf("primewindow help %s:\n%s", topic, text)
		}
	}
	checkProblem(t, s.play(t, "help", "metods"), `unknown topic "metods"`, "did you mean methods?")
	checkProblem(t, s.play(t, "help", "run"), `unknown topic "run"`, "COMMAND -h")
}

// TestDoctor: each thing has a line, and what is missing says what to do.
func TestDoctor(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	p := s.play(t, "doctor") // of a project without an environment
	checkProblem(t, p, "things are missing", "begins with NO")
	marks := map[string]string{}
	for line := range strings.Lines(p.out) {
		mark, rest, _ := strings.Cut(line, "  ")
		name := strings.TrimSpace(rest[:13])
		marks[name] = mark
		if text := strings.TrimSpace(rest[13:]); mark != "ok" && mark != "--" && mark != "NO" || text == "" {
			t.Errorf("line %q, want ok, -- or NO, a name, and what was found or what to do", line)
		}
	}
	for name, want := range map[string]string{
		"Go": "ok", "C compiler": "ok", "Python": "NO", "XLA plugin": "ok", "programs": "ok", "kernel": "NO",
		"host": "ok", "data synth": "ok", "data digits": "--",
	} {
		if marks[name] != want {
			t.Errorf("%s is %q, want %q\n%s", name, marks[name], want, p.out)
		}
	}
	for _, name := range []string{"chromium", "ffmpeg"} {
		if m := marks[name]; m != "ok" && m != "--" {
			t.Errorf("%s is %q, want ok or --: few things need it", name, m)
		}
	}
	s.env = []string{"PJRT_PLUGIN_LIBRARY_PATH=" + s.path("x")}
	if p := s.play(t, "doctor"); !strings.Contains(p.out, "NO  XLA plugin   no XLA plugin \"cpu\"") {
		t.Errorf("without the plugin:\n%s", p.out)
	}
}
