package reproduce

import (
	"errors"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data/catalog"
	"github.com/primewindow/primewindow/data/digits"
	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/run"
	"github.com/primewindow/primewindow/workbench/host/setting"
	"github.com/primewindow/primewindow/workbench/host/sweep"
)

// smallReproduction asks for targets on made data of the smallest size, and for no backend.
func smallReproduction(t *testing.T, change func(*Ask)) Ask {
	t.Helper()
	ask := Ask{Dir: filepath.Join(t.TempDir(), "r"), Targets: []string{"table7"}, Data: "synth", Seeds: 2,
		Scale: ScaleDemo, Select: sweep.SelectVal, Tune: true, Set: map[string]any{
			"epochs": "2", "batch": "16", "data.train": "48", "data.val": "24", "data.test": "24",
		}}
	change(&ask)
	return ask
}

// TestTargets: every target of the issue is there once, each arm's method exists, and what one arm takes from another
// is there, on two modalities and on three.
func TestTargets(t *testing.T) {
	want := []string{
		"table1", "table2", "table3", "table4", "table5", "table6", "table7", "fig1", "fig3", "fig4", "fig5", "fig6",
		"fig7", "fig8", "fig9", "fig10", "prime", "rate", "window", "fisher", "when",
	}
	if diff := cmp.Diff(want, Targets()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, target := range targets.All() {
		for _, names := range [][]string{{"audio", "visual"}, {"text", "audio", "video"}} {
			seen := map[string]bool{}
			for _, r := range target.arms(names) {
				if _, ok := method.Find(r.method); !ok || seen[r.name] {
					t.Errorf("%s: arm %q, method %q: unknown, or named twice", target.name, r.name, r.method)
				}
				seen[r.name] = true
			}
			for _, r := range target.arms(names) {
				for _, other := range []string{r.like, r.against} {
					if other != "" && !seen[other] {
						t.Errorf("%s: arm %q refers to %q, which is not there", target.name, r.name, other)
					}
				}
				if r.rateOf != "" && !seen[r.rateOf] && r.rateOf != wire.ArmInfoReg {
					t.Errorf("%s: arm %q has the rate of %q, which is not there", target.name, r.name, r.rateOf)
				}
			}
			if !seen[target.baseline] {
				t.Errorf("%s: no arm %q to compare with", target.name, target.baseline)
			}
		}
	}
}

// TestReproducePlan: a plan counts shared runs once, and neither needs a backend nor writes anything.
func TestReproducePlan(t *testing.T) {
	ask := smallReproduction(t, func(r *Ask) { r.Targets = []string{"table7", "fig3", "fisher", "fig4"} })
	p, err := Open(run.NewShop(t.TempDir()), ask)
	if err != nil {
		t.Fatal(err)
	}
	lines, all, err := p.Plan()
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, l := range lines {
		got = append(got, l.Left)
	}
	// Two arms, three learning rates with three seeds each, among them seeds 0 and 1: 18. Fisher: three arms of 9, and
	// four controls, which act in the epochs of seeds 0 and 1, of 3 times 2. Figure 4: one arm, of one seed, that is
	// tuned alike. Three further rates each may come.
	if diff := cmp.Diff([]int{18, 18, 51, 9}, got); diff != "" || all.Left != 51 || all.Further != 51 ||
		all.Steps != 51*6 || !all.Estimated || !(all.Seconds > 0) {
		t.Errorf(
			"all %+v, by target (-want +got)\n%s\nreason: figure 3 and 4 and table 7 share all their runs with fisher",
			all, diff,
		)
	}
	if _, err := os.Stat(ask.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a plan made %s: %v", ask.Dir, err)
	}
}

// TestReproduceRefuses: each slip costs one line and a hint, before anything is written.
func TestReproduceRefuses(t *testing.T) {
	t.Setenv(catalog.DataVariable, t.TempDir())
	other, file := t.TempDir(), filepath.Join(t.TempDir(), "file")
	for _, path := range []string{file, filepath.Join(other, "notes.txt")} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name          string
		change        func(*Ask)
		message, hint string
		reason        string
	}{
		{"no target", func(r *Ask) { r.Targets = nil }, "no target", "table1", "nothing to do"},
		{
			"target", func(r *Ask) { r.Targets[0] = "tabel2" }, `unknown target "tabel2"`, "did you mean table2",
			"letters exchanged",
		},
		{
			"figure 2", func(r *Ask) { r.Targets[0] = "fig2" }, `unknown target "fig2"`, "did you mean",
			"the paper's overview has nothing to measure",
		},
		{"data", func(r *Ask) { r.Data = "digit" }, `unknown data "digit"`, "digits", "a letter left out"},
		{
			"data that is not there", func(r *Ask) { r.Data = "digits" }, "data digits is not present", "synth",
			"no files",
		},
		{"paper scale without its sets", func(r *Ask) {
			r.Data, r.Scale, r.Targets[0] = "", ScalePaper,
				"table2"
		}, "not present: CREMA-D (cremad), Kinetics Sounds (kineticssounds)", "-scale demo",
			"no stand-in is taken in silence"},
		{"seeds", func(r *Ask) { r.Seeds = -1 }, "seeds: got -1", "interval needs two", "less than nothing"},
		{"selection", func(r *Ask) { r.Select = "best" }, `unknown selection "best"`, "test-best", "there are three"},
		{"scale", func(r *Ask) { r.Scale = "full" }, `unknown scale "full"`, "demo, paper", "there are two"},
		{"setting", func(r *Ask) { r.Set["lr_stop"] = "3" }, `unknown setting "lr_stop"`, "lr_step", "one letter"},
		{
			"setting of the target", func(r *Ask) { r.Set["method"] = "ogm" }, "setting method: the target decides it",
			"compare", "what it is about",
		},
		{"file for a folder", func(r *Ask) { r.Dir = file }, "not a folder", "-out", "never overwritten"},
		{
			"folder of something else", func(r *Ask) { r.Dir = other }, "it holds notes.txt", "empty folder",
			"never mixed with other files",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Open(run.NewShop(t.TempDir()), smallReproduction(t, tt.change))
			p, ok := errors.AsType[*wire.Problem](err)
			if !ok || !strings.Contains(p.Message, tt.message) || !strings.Contains(p.Hint, tt.hint) {
				t.Errorf("error %v, want %q and the hint %q\nreason: %s", err, tt.message, tt.hint, tt.reason)
			}
		})
	}
}

// TestReproduceHole: a method that the set does not allow is a hole with the reason, and the others are planned.
func TestReproduceHole(t *testing.T) {
	ask := smallReproduction(t, func(r *Ask) {
		r.Targets, r.Tune, r.Seeds = []string{"table2"}, false, 1
		r.Set["modalities"] = "audio"
	})
	p, err := Open(run.NewShop(t.TempDir()), ask)
	if err != nil {
		t.Fatal(err)
	}
	lines, _, err := p.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(lines[0].Refused, func(s string) bool { return strings.HasPrefix(s, "PMR: ") }) ||
		lines[0].Left == 0 {
		t.Errorf("refused %v, %d runs left", lines[0].Refused, lines[0].Left)
	}
	rec, err := p.parts[0].record()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range rec.Arms {
		if a.Name == "PMR" && (a.Missing == "" || len(a.Runs) > 0) ||
			a.Name == "Joint" && (len(a.Runs) != 1 || a.Runs[0].Missing != notTrained) {
			t.Errorf("%+v", a)
		}
	}
}

// TestSpecName: a run has the name of what decides its numbers, and of nothing else.
func TestSpecName(t *testing.T) {
	base, err := setting.Resolve(map[string]any{"data": "synth", "method": "joint", "encoder.audio": "cnn2d:4"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	name := func(split string, change map[string]any) string {
		s := maps.Clone(base)
		maps.Copy(s, change)
		got, err := specName(s, split)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	want := name("x", nil)
	later := maps.Clone(base)
	delete(later, "shuffle_labels") // as if a version before had no such setting
	if got, err := specName(later, "x"); err != nil || got != want {
		t.Errorf("with a setting less, at its default: %s, want %s (error %v)", got, want, err)
	}
	for _, same := range []map[string]any{{"dir": "/data"}, {"snapshot_gib": 0.5}} {
		if got := name("x", same); got != want {
			t.Errorf("%v: %s, want %s", same, got, want)
		}
	}
	for _, other := range []map[string]any{
		{"seed": 1.0}, {"lr": 0.5}, {"epochs": 3.0}, {"encoder.audio": "cnn2d:8"}, {"data.train": 96.0},
	} {
		if got := name("x", other); got == want {
			t.Errorf("%v: the same name", other)
		}
	}
	if got := name("y", nil); got == want {
		t.Error("other samples: the same name")
	}
}

func TestActedIn(t *testing.T) {
	rec := record.Recorded{
		Status: wire.Status{Modalities: []string{"audio", "visual"}, StepsPerEpoch: 3, StepsPerTest: 2},
	}
	// window tests every two steps, and the run's end cuts the last
	for _, on := range []struct{ audio, visual float64 }{
		{0, 0}, {0, 0}, {1, 0}, {0, 0}, {0, 0}, {1, 0}, {0, 0}, {0, 0}, {1, 1},
	} {
		rec.History.Metrics = append(
			rec.History.Metrics, map[string]float64{"on.audio": on.audio, "on.visual": on.visual},
		)
	}
	if got, want := actedIn(rec), "audio 1:3 4:5, visual 4:5"; got != want {
		t.Errorf("%q, want %q\nreason: in some step of intervals 1 and 2, and in the one that the end cuts", got, want)
	}
	if got := actedIn(record.Recorded{Status: rec.Status}); got != "none" {
		t.Errorf("of a run that never did: %q", got)
	}
}

// TestCosts: the time left is by the method's own steps on this machine, else by others of the set here, else by those
// of another machine, as estimates, else by the table.
func TestCosts(t *testing.T) {
	c := costs{}
	near := func(what, method string, steps int, want float64, here bool) {
		t.Helper()
		if s, measured := c.seconds("digits", method, steps); measured != here || math.Abs(s-want) > 1e-9*want {
			t.Errorf("%s: %v, measured here %v, want %v, %v", what, s, measured, want, here)
		}
	}
	near("by the table", "joint", 100, 100*digits.Source.StepMillis/1000, false)
	near("by the table and a factor", "agm", 100, 100*digits.Source.StepMillis/1000*2.2, false)
	c.add(cost{Data: "digits", Method: "ogm", Steps: 10, Seconds: 10, Machine: "another"})
	near("by another machine's", "ogm", 5, 5, false)
	near("by another machine's, of another method", "joint", 11, 10, false)
	here := xla.Machine()
	c.add(cost{Data: "digits", Method: "joint", Steps: 10, Seconds: 20, Machine: here})
	c.add(cost{Data: "digits", Method: "agm", Steps: 10, Seconds: 44, Machine: here})
	near("by its own steps", "agm", 5, 22, true)
	// Both took two seconds a step of joint training: AGM's takes 2.2 times as long.
	near("by the set's steps and its factor", "redreg", 10, 10*2*2.8, true)
	near("by the set's steps here, before its own elsewhere", "ogm", 10, 10*2*1.1, true)
}

// TestCostOfMachine: a run that was taken up on another machine has the times of that one alone.
func TestCostOfMachine(t *testing.T) {
	ask := smallReproduction(t, func(*Ask) {})
	p, err := Open(run.NewShop(t.TempDir()), ask)
	if err != nil {
		t.Fatal(err)
	}
	r, ok, err := p.Next()
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if err := os.MkdirAll(r.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	before := cost{Data: "synth", Method: r.Method, Steps: 100, Seconds: 1000, Machine: "another"}
	if err := record.WriteJSON(filepath.Join(r.Dir, CostFile), before); err != nil {
		t.Fatal(err)
	}
	for i := 1; i <= 2; i++ {
		if err := p.note(r, "synth", 10, 5); err != nil {
			t.Fatal(err)
		}
		want := cost{
			Data: "synth", Method: r.Method, Steps: 10 * i, Seconds: 5 * float64(i), Machine: xla.Machine(),
		}
		if got, ok := readCost(r.Dir); !ok || got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}
