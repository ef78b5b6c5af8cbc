package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/run"
	"github.com/primewindow/primewindow/workbench/host/run/runtest"
)

// TestSwapped: files of another run of the same settings are known as such, in records and in snapshots.
func TestSwapped(t *testing.T) {
	shop := runtest.NewShop(t)
	train := func(name string, seed float64) *run.Run {
		settings := hosttest.Small("joint")
		settings["seed"] = seed
		r := runtest.Trained(t, shop, name, settings, 40)
		if err := errors.Join(shop.Keep(), shop.Leave(r)); err != nil {
			t.Fatal(err)
		}
		return r
	}
	mine, other := train("mine", 3), train("other", 4)
	for i, file := range []string{record.MetricsFile, record.ProbesFile, record.EventsFile} {
		dir := runtest.Copied(t, shop, mine, fmt.Sprint("swapped", i))
		for _, name := range []string{file, record.SumsPath(file)} {
			text, err := os.ReadFile(filepath.Join(other.Dir, name))
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, name), text, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		_, err := shop.Attach(dir)
		if p := wire.AsProblem(err); err == nil || !strings.Contains(p.Message, file+" is another run's") ||
			p.Hint == "" {
			t.Errorf("%s of another run: %v", file, err)
		}
		if list, err := Prove(t.Context(), dir, nil); err != nil || len(list[0].Faults) == 0 {
			t.Errorf("%s of another run: %v, %v", file, list, err)
		}
	}
	dir := runtest.Copied(t, shop, mine, "swapped3")
	text, err := os.ReadFile(record.StopPath(other.Dir, 40))
	if err == nil {
		err = os.WriteFile(record.StopPath(dir, 40), text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	if list, err := Prove(t.Context(), dir, nil); err != nil || len(list[0].Faults) != 1 {
		t.Errorf("a stop of another run: %v, %v", list, err)
	}
	again, err := shop.Attach(mine.Dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := shop.Attach(dir)
	if err != nil {
		t.Fatal(err)
	}
	hosttest.SameWeights(t, runtest.Weights(t, again), runtest.Weights(t, r))
	var told []string
	for _, c := range runtest.OnRecord(t, r).Events {
		if c.Event == wire.EventUnreadable {
			told = append(told, c.Text)
		}
	}
	if len(told) != 1 || !strings.Contains(told[0], "of another run") {
		t.Errorf("events %q, want that the stop is of another run", told)
	}
}
