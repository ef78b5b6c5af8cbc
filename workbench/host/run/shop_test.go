package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/primewindow/primewindow/inforeg"
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

// TestMeasureAtTwice: two that go back in one run at a time do not take each other's folder away.
func TestMeasureAtTwice(t *testing.T) {
	shop := newTestShop(t)
	r := trained(t, shop, "r", hosttest.Tiny("joint", nil), 8)
	inside := make(chan int, 2)
	errs := make(chan error, 2)
	for _, step := range []int{4, 5} {
		go func() {
			errs <- r.MeasureAt(t.Context(), step, "traces", func(fork *Run) ([]wire.Record, error) {
				inside <- step
				if len(inside) == 1 { // the first waits for the second, which must not come in
					for begun := time.Now(); len(inside) == 1 && time.Since(begun) < 2*time.Second; {
						time.Sleep(10 * time.Millisecond)
					}
					if len(inside) > 1 {
						return nil, fmt.Errorf("both at a time")
					}
				}
				return fork.Probe(t.Context(), inforeg.KindFisherEmp)
			})
		}()
	}
	for range 2 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	for _, step := range []int{4, 5} {
		if list, err := r.RecordsOf(step); err != nil || len(list) != 2 {
			t.Errorf("step %d: %v, %v, want the traces of two modalities", step, list, err)
		}
	}
	// a client that leaves does not wait
	r.back <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.MeasureAt(ctx, 4, "nothing", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the client that left", err)
	}
	<-r.back
}

// TestAttachOpen: a folder whose run is open is attached to as that run.
func TestAttachOpen(t *testing.T) {
	shop := newTestShop(t)
	r := trained(t, shop, "r", hosttest.Tiny("joint", nil), 2)
	again, err := shop.Attach(r.Dir)
	if err != nil || again != r {
		t.Fatalf("%p, %v, want the run that is open, %p", again, err, r)
	}
	dir := filepath.Join(t.TempDir(), "fork")
	for range 2 { // it is open by then
		fork, err := shop.ForkDir(dir, r.Dir, 1, nil)
		if err != nil || fork.Status().Step != 1 {
			t.Fatalf("fork of a run that is open: %v", err)
		}
	}
}

// TestFreshCloseFails: a run that cannot be closed properly when it is started over is there afterwards, and can be
// trained.
func TestFreshCloseFails(t *testing.T) {
	shop := newTestShop(t)
	settings := hosttest.Tiny("joint", nil)
	r := trained(t, shop, "r", settings, 3)
	r.saving = make(chan error, 1)
	r.saving <- errors.New("no space left")
	if _, err := shop.Fresh("r", nil); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Fatalf("error %v, want that of closing", err)
	}
	r, err := shop.Find("r")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // far longer than a step takes
	defer cancel()
	if err := r.To(ctx, 4, "test"); err != nil {
		t.Errorf("trained afterwards: %v", err)
	}
	if r, err = shop.Fresh("r", nil); err != nil || r.Status().Step != 0 {
		t.Errorf("started over: %v", err)
	}
}

// TestHistoryCloses: a history that cannot be read leaves no file open.
func TestHistoryCloses(t *testing.T) {
	shop := newTestShop(t)
	r := trained(t, shop, "r", hosttest.Tiny("joint", nil), 2)
	open := func() (n int) {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip("open files cannot be listed here")
		}
		for _, e := range entries {
			if to, err := os.Readlink(filepath.Join("/proc/self/fd", e.Name())); err == nil &&
				to == filepath.Join(r.Dir, record.MetricsFile) {
				n++
			}
		}
		return n
	}
	before := open()
	if before == 0 {
		t.Fatal("the journal is not among the open files")
	}
	path := filepath.Join(r.Dir, record.ProbesFile)
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.History(); err == nil {
		t.Error("no error of a file that is gone")
	}
	if after := open(); after != before {
		t.Errorf("%d open, before %d", after, before)
	}
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
}
