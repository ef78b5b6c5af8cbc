package run

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/internal/xlatest"
	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// childVariable makes the test binary train a run instead of testing: "DIR STEPS WAIT". The other variable has the
// run's settings, as JSON.
const (
	childVariable    = "PRIMEWINDOW_TEST_CHILD"
	settingsVariable = "PRIMEWINDOW_TEST_SETTINGS"
)

func TestMain(m *testing.M) {
	if text := os.Getenv(childVariable); text != "" {
		os.Exit(child(text))
	}
	os.Exit(m.Run())
}

func newTestShop(t *testing.T) *Shop {
	t.Helper()
	xlatest.Backend(t) // skips or fails without the plugin
	shop := NewShop(hosttest.Project(t))
	folder := t.TempDir()
	shop.Project = folder
	b, err := xla.OpenBackend(hosttest.Project(t))
	if err != nil {
		t.Fatal(err)
	}
	shop.backend = b
	t.Cleanup(func() {
		if err := shop.Close(); err != nil {
			t.Errorf("closing the shop: %v", err)
		}
	})
	return shop
}

// child trains a run to a step and ends, or, with WAIT, prints a line at every step until it is killed.
func child(text string) int {
	fields := strings.Fields(text)
	dir, wait := fields[0], fields[2] == "wait"
	var settings map[string]any
	steps, err := strconv.Atoi(fields[1])
	if err == nil {
		err = json.Unmarshal([]byte(os.Getenv(settingsVariable)), &settings)
	}
	if err == nil {
		shop := NewShop(os.Getenv(wire.ProjectVariable))
		var r *Run
		if r, err = shop.OpenDir(dir, settings); err == nil {
			fmt.Println("opened at", r.Status().Step)
			if !wait {
				err = r.To(context.Background(), r.Status().Step+1, "child")
				fmt.Println("moving")
			}
			if err != nil {
				return 1
			}
			if err = r.To(context.Background(), steps, "child"); err == nil {
				fmt.Println("done at", r.Status().Step)
				if wait {
					select {}
				}
				err = shop.Close()
			}
		}
	}
	if err != nil {
		fmt.Println("error:", err)
		return 1
	}
	return 0
}

func childCommand(t *testing.T, settings map[string]any, dir string, steps int, mode string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(
		os.Environ(), fmt.Sprintf("%s=%s %d %s", childVariable, dir, steps, mode), settingsVariable+"="+string(text),
		wire.ProjectVariable+"="+hosttest.Project(t),
	)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// trained opens a run in a new folder and trains it.
func trained(t *testing.T, shop *Shop, name string, settings map[string]any, steps int) *Run {
	t.Helper()
	r, err := shop.Open(name, wire.Declaration{Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.To(t.Context(), steps, "test"); err != nil {
		t.Fatal(err)
	}
	return r
}

// onRecord is what a run has on record, whose files are there.
func onRecord(r *Run) wire.History {
	h, err := r.History()
	if err != nil {
		panic(err)
	}
	return h
}

// seriesOf are the values that each step has on record.
func seriesOf(r *Run, name string) (list []float64) {
	for _, m := range onRecord(r).Metrics {
		list = append(list, m[name])
	}
	return list
}

// sameRecords compares the lines of metrics.jsonl and probes.jsonl up to a step, byte for byte.
func sameRecords(t *testing.T, want, got string, steps int) {
	t.Helper()
	w, g := hosttest.Lines(t, want, record.MetricsFile), hosttest.Lines(t, got, record.MetricsFile)
	if len(w) < steps || len(g) < steps {
		t.Fatalf("%d and %d lines of metrics, want %d", len(w), len(g), steps)
	}
	for i := range steps {
		if w[i] != g[i] {
			t.Fatalf("step %d\n%s: %s\n%s: %s", i, want, w[i], got, g[i])
		}
	}
	w, g = probesUpTo(t, want, steps), probesUpTo(t, got, steps)
	if len(w) == 0 || strings.Join(w, "\n") != strings.Join(g, "\n") {
		t.Fatalf("probes\n%s:\n%s\n%s:\n%s", want, strings.Join(w, "\n"), got, strings.Join(g, "\n"))
	}
}

func probesUpTo(t *testing.T, dir string, steps int) []string {
	t.Helper()
	rec, err := record.ReadRecorded(dir)
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for i, line := range hosttest.Lines(t, dir, record.ProbesFile) {
		if rec.History.Probes[i].Step <= steps {
			kept = append(kept, line)
		}
	}
	return kept
}

// weightsOf are all variables and momentum buffers of a run at its present step.
func weightsOf(t *testing.T, r *Run) []models.Tensor {
	t.Helper()
	var list []models.Tensor
	if err := r.with(t.Context(), func() (err error) {
		list, err = r.eng.Collect(r.st)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return list
}
