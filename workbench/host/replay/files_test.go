package replay

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/hosttest"
)

// TestReplayOver: over an earlier result no file of it is left beside those of the new one, whatever else lies there; a
// replay that did not get to its end leaves the earlier one whole.
func TestReplayOver(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	names := func() (list []string) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			list = append(list, e.Name()+" "+string(hosttest.ReadFile(t, filepath.Join(dir, e.Name()))))
		}
		return list
	}
	write := func(text string, finish bool, files ...string) {
		t.Helper()
		o, err := newReplayOut(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer o.close()
		for _, name := range files {
			f, err := o.create(name)
			if err == nil {
				_, err = f.WriteString(text)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if !finish {
			return
		}
		if err := o.finish(); err != nil {
			t.Fatal(err)
		}
	}
	all := []string{probesFile, weightsFile, gradientsFile, scalarsFile}
	write("first", true, all...)
	hosttest.WriteFile(t, filepath.Join(dir, "notes.txt"), []byte("mine"))
	before := names()
	if len(before) != 5 {
		t.Fatalf("%v, want four files and the notes", before)
	}
	write("second", false, weightsFile, scalarsFile)
	if diff := cmp.Diff(before, names()); diff != "" {
		t.Errorf("after one that did not end (-want +got)\n%s", diff)
	}
	write("third", true, weightsFile, scalarsFile)
	want := []string{"notes.txt mine", "scalars.jsonl third", "weights.safetensors third"}
	if diff := cmp.Diff(want, names()); diff != "" {
		t.Errorf("over an earlier result (-want +got)\n%s", diff)
	}
	left, err := os.ReadDir(filepath.Dir(dir))
	if err != nil || slices.ContainsFunc(left, func(e os.DirEntry) bool { return e.Name() != "out" }) {
		t.Errorf("left beside it: %v, %v", left, err)
	}
}
