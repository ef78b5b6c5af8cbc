package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/internal/programs"
)

// TestPrograms: what is kept is shown and dropped, and where it cannot be kept that is told.
func TestPrograms(t *testing.T) {
	s := newStage(t)
	dir := s.path("kept")
	s.env = []string{programs.DirVariable + "=" + dir}
	show := func(want string, args ...string) {
		t.Helper()
		if p := s.must(t, append([]string{"programs"}, args...)...); p.out != want || p.err != "" {
			t.Errorf("primewindow programs %v: %q, %q, want %q", args, p.out, p.err, want)
		}
	}
	show(dir + ": 0 entries, 0.0 MiB of at most 2 GiB\n")
	store, err := programs.Open(dir, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		store.Put(programs.Key{byte(i)}, make([]byte, 1<<20))
	}
	show(dir + ": 3 entries, 3.0 MiB of at most 2 GiB\n")
	show(dir+": 3 entries, 3.0 MiB of at most 2 GiB dropped\n", "-empty")
	show(dir + ": 0 entries, 0.0 MiB of at most 2 GiB\n")

	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	checkProblem(t, s.play(t, "programs"), dir+": may be written to by others (mode 0777)", programs.DirVariable)
	s.env = []string{programs.DirVariable + "=off"}
	show("none are kept: PRIMEWINDOW_PROGRAMS is off, or there is no folder for caches\n")
	s.env = []string{programs.LimitVariable + "=much"}
	checkProblem(t, s.play(t, "programs"), `PRIMEWINDOW_PROGRAMS_GIB is "much"`, "correct the variable")
}

// TestProgramsWarning: a run whose programs cannot be kept does its work, and says so once. Its numbers are those of
// the run that keeps them and of the one that loads them.
func TestProgramsWarning(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	s.write(t, "file", nil)
	lines := map[string]string{}
	for _, tt := range []struct{ name, dir, warning string }{
		{"unwritable", s.path(
			"file", "below",
		), "primewindow: warning: programs: " + s.path(
			"file", "below",
		) + ": not a directory: compiled programs are not kept, and are compiled anew each time\n" +
			"hint: name a folder of your own in PRIMEWINDOW_PROGRAMS, or set it to off\n"},
		{"first", s.path("kept"), ""},
		{"second", s.path("kept"), ""},
		{"off", "off", ""},
	} {
		s.env = []string{programs.DirVariable + "=" + tt.dir}
		p := s.must(t, small("-epochs", "1", "-out", filepath.Join("p", "runs", tt.name))...)
		if got := strings.Count(p.err, "warning: programs"); !strings.HasSuffix(p.err, tt.warning) ||
			(got == 1) != (tt.warning != "") {
			t.Errorf("%s: %q, want %q at its end", tt.name, p.err, tt.warning)
		}
		lines[tt.name] = s.read(
			t, "p", "runs", tt.name, "metrics.jsonl",
		) + s.read(t, "p", "runs", tt.name, "probes.jsonl")
	}
	for name, text := range lines {
		if text != lines["off"] {
			t.Errorf("%s: other numbers than without a store", name)
		}
	}
	if n, err := filepath.Glob(s.path("kept", "*.program")); err != nil || len(n) < 3 {
		t.Errorf("%d programs are kept, %v", len(n), err)
	}
}
