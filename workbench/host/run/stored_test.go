package run

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/programs"
	"github.com/primewindow/primewindow/internal/xlatest"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// TestStoredPrograms: processes that compile their programs, load them, go on with loaded ones after a stop, or keep
// none write the same records, byte for byte.
func TestStoredPrograms(t *testing.T) {
	xlatest.Backend(t) // skips or fails without the plugin
	const steps = 20
	settings := hosttest.Tiny("inforeg", map[string]any{"window": "all"})
	kept := filepath.Join(t.TempDir(), "programs")
	train := func(name, store string, until ...int) string {
		t.Helper()
		dir := filepath.Join(t.TempDir(), name)
		for _, n := range until {
			cmd := childCommand(t, settings, dir, n, "end")
			cmd.Env = append(cmd.Env, programs.DirVariable+"="+store)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", name, err, out)
			}
		}
		lines := hosttest.Lines(t, dir, record.MetricsFile)
		if len(lines) != steps {
			t.Fatalf("%s: %d steps on record, want %d", name, len(lines), steps)
		}
		return strings.Join(lines, "\n")
	}
	want := train("none", "off", steps)
	if train("compiled", kept, steps) != want {
		t.Error("a run that keeps its programs has other numbers than one that does not")
	}
	entries := contents(t, kept)
	if len(entries) < 2 {
		t.Fatalf("%d entries were kept, want the step and the plugin's hash", len(entries))
	}
	if train("loaded", kept, steps) != want {
		t.Error("a run of loaded programs has other numbers than one of compiled programs")
	}
	if train("resumed", kept, 7, 13, steps) != want {
		t.Error("a run that goes on with loaded programs has other numbers")
	}
	after := contents(t, kept)
	if len(after) != len(entries) {
		t.Errorf(
			"%d entries at the end, want the first run's %d: a known run compiles nothing", len(after), len(entries),
		)
	}
	for name, st := range entries {
		if !os.SameFile(st, after[name]) {
			t.Errorf("%s was written again: a known run compiles nothing", name)
		}
	}
}

// contents are a folder's files by name, with what tells that one was replaced.
func contents(t *testing.T, dir string) map[string]os.FileInfo {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]os.FileInfo{}
	for _, e := range list {
		if all[e.Name()], err = e.Info(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}
