package workbench

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// keepSweep writes a sweep of three runs, of which the first is done, the second under way and the third waits.
func keepSweep(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	plan := `{"plan":1,"methods":["joint"],"seeds":3,"select":"last","data":"synth","split_hash":"s","computed":{}}` + "\n"
	for i := range 3 {
		plan += fmt.Sprintf(`{"hash":"h%d","run":"joint-seed%d","method":"joint","seed":%d,"steps":60}`+"\n", i, i, i)
	}
	for name, text := range map[string]string{
		"plan.jsonl":                plan,
		"claims/h0.1/owner.json":    `{"host":"node1","process":7}`,
		"claims/h0.1/progress.json": `{"step":60,"steps":60,"rate":10,"hours":0.5}`,
		"claims/h0.1/end.json":      `{"done":true}`,
		"claims/h1.1/owner.json":    `{"host":"node2","process":8,"job":"17_2"}`,
		"claims/h1.1/progress.json": `{"step":20,"steps":60,"rate":10,"hours":0.25}`,
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// sweepVariable names the sweep that a cell of its own process looks at.
const sweepVariable = "PRIMEWINDOW_TEST_SWEEP"

func init() {
	cellBodies["sweep"] = func() { OpenSweep(os.Getenv(sweepVariable)).Table() }
}

// TestSweep: a cell shows where a sweep stands from its files alone.
func TestSweep(t *testing.T) {
	t.Setenv(sweepVariable, keepSweep(t))
	stdout, stderr, status := runCell(t, "sweep")
	// 40 steps of the second run and 60 of the third at 10 a second, by one worker.
	for _, want := range []string{
		"1 of 3 runs done, 1 running, 1 waiting, about 10s left", "joint-seed1", "20 of 60",
		"node2, process 8, job 17_2",
		"0.75 hours of workers spent", "2 runs that are done or wait",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s%s", want, stdout, stderr)
		}
	}
	if status != 0 || strings.Contains(stdout, "joint-seed0") {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
	t.Setenv(sweepVariable, t.TempDir())
	stdout, stderr, status = runCell(t, "sweep")
	if status != 1 || !strings.Contains(stderr, "is no sweep") || !strings.Contains(stderr, "\nhint: ") {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
}
