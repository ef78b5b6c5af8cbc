package host

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/workbench/host/draw"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/reproduce"
	"github.com/primewindow/primewindow/workbench/host/run"
	"github.com/primewindow/primewindow/workbench/host/run/runtest"
	"github.com/primewindow/primewindow/workbench/host/sweep"
)

// vectorFolder makes a set of two vectors a sample, 16 samples to train on and so many in each of the other splits.
func vectorFolder(t *testing.T, others int) string {
	t.Helper()
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(uint64(others), 1))
	labels, first, second := "id,label,split\n", "id,x,y,z\n", "id,x,y\n"
	add := func(i int, split string) {
		id, class := fmt.Sprintf("%s%02d", split, i), i%2
		labels += fmt.Sprintf("%s,%s,%s\n", id, []string{"a", "b"}[class], split)
		v := func() float64 { return float64(class) + random.NormFloat64() }
		first += fmt.Sprintf("%s,%g,%g,%g\n", id, v(), v(), v())
		second += fmt.Sprintf("%s,%g,%g\n", id, v(), v())
	}
	for i := range 16 {
		add(i, "train")
	}
	for i := range others {
		add(i, "val")
		add(i, "test")
	}
	for name, text := range map[string]string{"labels.csv": labels, "first.csv": first, "second.csv": second} {
		hosttest.WriteFile(t, filepath.Join(dir, name), []byte(text))
	}
	return dir
}

// TestFewSamples: validation and test splits of one and two samples go through training, every probe, figure and
// export, a comparison, a reproduction and its verification. Everything on the way is JSON, and what is of one sample
// alone has no standard error on record: neither NaN, which ended a run for ever, nor 0, which would pass for
// certainty.
func TestFewSamples(t *testing.T) {
	t.Setenv(xla.BackendVariable, "go:ops_sequential") // small steps, and no compilation
	for _, n := range []int{1, 2} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			dir := vectorFolder(t, n)
			shop := runtest.NewShop(t)
			settings := func() map[string]any {
				return map[string]any{
					"dir": dir, "batch": 4.0, "epochs": 2.0, "encoder.first": "mlp:4", "encoder.second": "mlp:4",
					"probe_samples": 4.0, "linear_samples": 16.0,
				}
			}
			t.Run("run", func(t *testing.T) {
				s := settings()
				s["data"], s["probes"] = "folder", "full"
				r, err := shop.OpenDir(filepath.Join(t.TempDir(), "r"), s)
				if err != nil {
					t.Fatal(err)
				}
				defer func() {
					if err := shop.Leave(r); err != nil {
						t.Error(err)
					}
				}()
				if err := useAll(t, r); err != nil {
					t.Fatal(err)
				}
				for _, format := range record.ExportFormats {
					if err := r.Export(t.Context(), format, filepath.Join(t.TempDir(), "out")); err != nil {
						t.Errorf("export %s: %v", format, err)
					}
				}
				checkErrors(t, r.Dir, n)
			})
			t.Run("compare", func(t *testing.T) { compareFew(t, shop, settings(), n) })
			t.Run("reproduce", func(t *testing.T) { reproduceFew(t, shop, settings(), n) })
		})
	}
}

// checkErrors reads a run's measurements from its file: those of one sample have no standard error, accuracies and
// cross entropies of several have one.
func checkErrors(t *testing.T, dir string, n int) {
	t.Helper()
	seen := map[string]int{}
	for _, line := range hosttest.Lines(t, dir, record.ProbesFile) {
		var rec wire.Record
		if err := json.Unmarshal([]byte(line), &rec); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if rec.Split == "" || rec.Split == string(data.Train) {
			continue
		}
		seen[rec.Kind+" "+rec.Split]++
		if of := rec.Kind != wire.MacroF1 && n > 1; rec.N != n || (rec.SE != nil) != of {
			t.Errorf("%s: want %d samples, and a standard error: %v", line, n, of)
		}
	}
	for _, kind := range []string{inforeg.KindAccuracy, "cross_entropy", wire.MacroF1} {
		for _, split := range []data.Split{data.Validation, data.Test} {
			if seen[kind+" "+string(split)] == 0 && (kind != wire.MacroF1 || split == data.Test) {
				t.Errorf("no %s on the %s split was measured", kind, split)
			}
		}
	}
}

// compareFew compares two methods with two seeds.
func compareFew(t *testing.T, shop *run.Shop, settings map[string]any, n int) {
	t.Helper()
	settings["data"] = "folder"
	s, err := sweep.Open(shop, sweep.Comparison{
		Dir: filepath.Join(t.TempDir(), "c"), Methods: []string{"joint", "inforeg"}, Seeds: 2, Select: sweep.SelectVal,
		Set: settings,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range s.Runs {
		if err := s.Train(t.Context(), r, noWatch); err != nil {
			t.Fatal(err)
		}
		if o, ok := r.Outcome(); !ok || o.Missing != "" || len(o.Accuracies) == 0 {
			t.Errorf("%s: outcome %+v, %v", r.Name, o, ok)
		}
	}
	got := s.Result()
	if _, err := record.Encode("comparison", got); err != nil || got.Samples != n || got.Comparisons == 0 {
		t.Errorf("%d samples, %d comparisons, error %v", got.Samples, got.Comparisons, err)
	}
	var curves strings.Builder
	if err := s.WriteCurves(&curves); err != nil || strings.Contains(curves.String(), "NaN") {
		t.Errorf("curves %s: error %v", curves.String(), err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// reproduceFew reproduces a table with macro F1, the window with its standard errors and a map, and trains some of the
// runs again.
func reproduceFew(t *testing.T, shop *run.Shop, settings map[string]any, n int) {
	t.Helper()
	out, set := t.TempDir(), settings["dir"].(string)
	p, err := reproduce.Open(shop, reproduce.Ask{
		Dir: filepath.Join(out, "r"), Targets: []string{"table6", "window", "fig4", "fig6"}, Data: "folder", Seeds: 2,
		Scale: reproduce.ScaleDemo, Select: sweep.SelectVal, Tune: false, Set: settings,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Open(); err != nil {
		t.Fatal(err)
	}
	for {
		r, more, err := p.Next()
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			break
		}
		if err := p.Train(t.Context(), r, noWatch); err != nil {
			t.Fatal(err)
		}
	}
	records, err := p.Write()
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range records {
		if rec.Samples != n {
			t.Errorf("%s: %d samples, want %d", rec.Target, rec.Samples, n)
		}
		for _, a := range rec.Arms {
			for _, run := range a.Runs {
				if run.Missing != "" {
					t.Errorf("%s, %s, seed %d: %s", rec.Target, a.Name, run.Seed, run.Missing)
				}
				for _, m := range run.Maps {
					if want := fmt.Sprintf("%d samples in split test, want at least 4", n); m.Missing != want ||
						len(m.Points) > 0 {
						t.Errorf("%s, %s: map %+v, want none: %s", rec.Target, a.Name, m, want)
					}
				}
				if (rec.Target == "fig6") != (len(run.Maps) == 1) {
					t.Errorf("%s, %s: %d maps", rec.Target, a.Name, len(run.Maps))
				}
			}
		}
		if said := strings.Contains(
			strings.Join(rec.Notes, "\n"), "has no map of second",
		); said != (rec.Target == "fig6") {
			t.Errorf("%s: notes %q", rec.Target, rec.Notes)
		}
		if _, err := draw.Reproduction(rec); err != nil {
			t.Errorf("%s: %v", rec.Target, err)
		}
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	again, err := wire.ReadReproduction(p.Files()[slices.Index([]string{"table6", "window", "fig4", "fig6"}, "window")])
	if err != nil {
		t.Fatal(err)
	}
	if i := slices.IndexFunc(again.Arms[0].Runs[0].Curves, func(c wire.ReproducedCurve) bool {
		return len(c.SE) > 0 &&
			c.SE[0] != nil
	}); i < 0 {
		t.Errorf("no curve of the window has standard errors: %+v", again.Arms[0].Runs[0].Curves)
	}
	v, err := reproduce.OpenVerification(
		shop, reproduce.Verify{Path: p.Files()[0], Dir: set, Runs: "2", Pick: "a", Out: filepath.Join(out, "again")},
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range v.Chosen {
		if got, err := v.Train(t.Context(), r, noWatch); err != nil || got.Equal != got.Figures || got.Figures == 0 {
			t.Errorf("%s again: %+v, error %v", r, got, err)
		}
	}
	if _, err := os.Stat(filepath.Join(out, "again", reproduce.RunsDir)); err != nil {
		t.Error(err)
	}
}

func noWatch(*run.Run) func() { return func() {} }
