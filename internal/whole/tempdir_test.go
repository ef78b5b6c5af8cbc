package whole_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/whole"
)

// TestTempDir: what a kill left is removed by the next of its kind, and nothing that is in use, young, or somebody's.
func TestTempDir(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "[runs]") // a pattern would not find it
	made := func(path ...string) string {
		t.Helper()
		dir := filepath.Join(append([]string{parent}, path...)...)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	locked := func(dir string, hold bool) {
		t.Helper()
		f, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if !hold {
			f.Close()
			return
		}
		t.Cleanup(func() { f.Close() })
		if err := whole.LockAlone(f); err != nil {
			t.Fatal(err)
		}
	}
	locked(made(".probe-1"), false)       // of a process that was killed
	made(".probe-2", "run")               // of an older version's
	locked(made(".probe-3"), true)        // in use
	locked(made(".probe-4", "run"), true) // in use by an older version
	made(".probe-5")                      // about to be used
	made(".probe-mine")                   // somebody's
	made(".probe-")                       // likewise
	made(".replay-1")                     // of another kind
	hourAgo := time.Now().Add(-time.Hour)
	for _, name := range []string{
		".probe-1", ".probe-2", ".probe-3", ".probe-4", ".probe-mine", ".probe-", ".replay-1",
	} {
		if err := os.Chtimes(filepath.Join(parent, name), hourAgo, hourAgo); err != nil {
			t.Fatal(err)
		}
	}
	dir, remove, err := whole.TempDir(parent, ".probe-")
	if err != nil {
		t.Fatal(err)
	}
	other, removeOther, err := whole.TempDir(parent, ".probe-")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Errorf("the second took the first one's folder away: %v", err)
	}
	for _, r := range []func() error{remove, removeOther} {
		if err := r(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(other); err == nil {
		t.Error("the folder stays")
	}
	entries, err := os.ReadDir(parent)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	want := []string{".probe-", ".probe-3", ".probe-4", ".probe-5", ".probe-mine", ".replay-1"}
	if diff := cmp.Diff(want, left); diff != "" {
		t.Errorf("(-want +left)\n%s", diff)
	}
}
