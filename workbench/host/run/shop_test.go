package run

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// TestForkFails: a fork whose files cannot all be taken over is not made, and is made by the next attempt.
func TestForkFails(t *testing.T) {
	shop := newTestShop(t)
	r := trained(t, shop, "r", hosttest.Tiny("joint", nil), 20)
	first := record.SnapshotPath(r.Dir, 0)
	if err := errors.Join(os.Rename(first, first+".kept"), os.Mkdir(first, 0o755)); err != nil { // no link of a folder
		t.Fatal(err)
	}
	at := 10
	fork := wire.Declaration{Fork: &wire.Fork{Run: "r", Step: &at}}
	for range 2 {
		if _, err := shop.Open("fork", fork); err == nil {
			t.Fatal("a fork was made whose first snapshot could not be linked")
		}
		if list, err := filepath.Glob(filepath.Join(filepath.Dir(r.Dir), "*fork*")); err != nil || len(list) > 0 {
			t.Fatalf("left behind: %q, %v", list, err)
		}
	}
	if err := errors.Join(os.Remove(first), os.Rename(first+".kept", first)); err != nil {
		t.Fatal(err)
	}
	f, err := shop.Open("fork", fork)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.To(t.Context(), 20, "test"); err != nil {
		t.Fatal(err)
	}
	hosttest.SameWeights(t, weightsOf(t, r), weightsOf(t, f))
}
