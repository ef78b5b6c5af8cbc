package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/primewindow/primewindow/internal/tune"
	"github.com/primewindow/primewindow/internal/wire"
)

// smallReproduction are flags of a reproduction whose runs are small.
func smallReproduction(targets string, more ...string) []string {
	args := append([]string{"reproduce"}, strings.Fields(targets)...)
	return append(append(args,
		"-data", "synth", "-seeds", "2", "-epochs", "2", "-tune=false", "-set", "batch=16", "-set", "data.train=48",
		"-set", "data.val=24", "-set", "data.test=24",
		"-set", "probe_samples=8", "-set", "linear_samples=24", "-set", "encoder.audio=cnn2d:4", "-set",
		"encoder.visual=cnn2d:4", "-out", "r"), more...)
}

// reproduced reads a record.
func (s *stage) reproduced(t *testing.T, path ...string) *wire.Reproduction {
	t.Helper()
	rec, err := wire.ReadReproduction(s.path(path...))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// TestReproduce follows targets that share their runs: the plan writes nothing, a second go trains nothing and changes
// no record, and a record alone draws the same table and figures.
func TestReproduce(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	args := smallReproduction("table7 fig3 fig4 fig6 window")
	plan := s.must(t, append(args, "-plan")...)
	if _, err := os.Stat(s.path("r")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the plan made a folder: %v", err)
	}
	// Two arms of two seeds; figure 6 takes one seed of a longer run more; the two nulls of the window are two arms
	// more.
	for _, want := range []string{
		"table7  synth             4     0     0       4 ", "all     shared runs once  9     0     0       9 ",
		"2 busy virtual cores",
	} {
		if !strings.Contains(plan.err, want) {
			t.Errorf("no %q in\n%s", want, plan.err)
		}
	}
	first := s.must(t, args...)
	entries, err := os.ReadDir(s.path("r", "runs"))
	if err != nil || len(entries) != 9 {
		t.Errorf("%d runs, want 9 (error %v)", len(entries), err)
	}
	if n := strings.Count(first.err, " left, about "); n != 9 ||
		!strings.Contains(
			first.out, "Table 7: two further sets. Accuracy in percent on the test split of synth (24 samples)",
		) {
		t.Errorf("%d lines of runs, want 9\n%s%s", n, first.err, first.out)
	}
	rec := s.reproduced(t, "r", "synth", "table7.json")
	for _, a := range rec.Arms {
		if len(a.Runs) != 2 || len(a.Accuracies) != 5 || a.Runs[1].Seed != 1 || a.LR != 0.015 ||
			a.Name == "InfoReg" && len(a.Differences) != 5 {
			t.Errorf("arm %+v", a)
		}
	}
	if maps := s.reproduced(t, "r", "synth", "fig6.json").Arms[0].Runs[0].Maps; len(maps) != 1 ||
		len(maps[0].Points) != 24 || maps[0].Encoder != "visual" {
		t.Errorf("maps %+v", maps)
	}
	if cosines := s.reproduced(t, "r", "synth", "fig4.json").Arms[0].Runs[0].Cosines; len(cosines) != 2 ||
		len(cosines[0].Matrix) != 6 {
		t.Errorf("cosines %+v", cosines)
	}
	if c, ok := s.reproduced(t, "r", "synth", "window.json").Arms[0].Runs[1].Curve("fisher_emp eval audio"); !ok ||
		len(c.Values) != 2 {
		t.Errorf("the trace under running statistics: %+v", c)
	}

	before := fingerprint(t, s.path("r"))
	again := s.must(t, args...)
	if again.out != first.out || fingerprint(t, s.path("r")) != before || strings.Contains(again.err, "run 1 of") {
		t.Errorf("again:\n%s%s\nwant the same, and no file changed", again.err, again.out)
	}
	s.must(t, "reproduce", "-from", s.path("r", "synth", "fig3.json"), "-draw", s.path("drawn"))
	for _, suffix := range []string{".md", ".csv", ".tex", ".png", ".svg", ".pdf"} {
		if a, b := s.read(t, "drawn", "fig3"+suffix), s.read(t, "r", "synth", "fig3"+suffix); a != b || len(a) == 0 {
			t.Errorf("fig3%s: drawn from the record it differs", suffix)
		}
	}
	best := s.must(t, append(args, "-select", "test-best")...)
	if !strings.Contains(best.out, "on the test split itself, as in the paper, which flatters") ||
		s.reproduced(t, "r", "synth", "table7-test-best.json").Select != "test-best" {
		t.Errorf("test-best:\n%s", best.out)
	}
}

// TestReproduceKilled: killed again and again, it repeats no run that was done, and comes to the same record. The
// learning rate is chosen on the way, and the controls act when InfoReg did.
func TestReproduceKilled(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	args := func(dir string) []string {
		return append(smallReproduction("fisher"), "-seeds", "1", "-tune", "-set", "epochs=6", "-out", dir)
	}
	s.must(t, args("whole")...)
	for range 3 {
		cmd := s.command(t, args("cut")...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// in the middle of some run, or it has ended
		timer := time.AfterFunc(4*time.Second, func() { _ = cmd.Process.Kill() })
		err := cmd.Wait()
		if timer.Stop() && err != nil {
			t.Fatal(err)
		}
	}
	done := map[string]string{}
	dirs, err := filepath.Glob(s.path("cut", "runs", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		if text, err := os.ReadFile(filepath.Join(dir, "metrics.jsonl")); err == nil &&
			strings.Count(string(text), "\n") == 6*3 {
			done[dir] = s.read(t, "cut", "runs", filepath.Base(dir), "metrics.jsonl")
		}
	}
	p := s.must(t, args("cut")...)
	for dir, text := range done {
		if s.read(t, "cut", "runs", filepath.Base(dir), "metrics.jsonl") != text {
			t.Errorf("%s was trained again", dir)
		}
	}
	if s.read(t, "cut", "synth", "fisher.json") != s.read(t, "whole", "synth", "fisher.json") {
		t.Errorf("in several goes another record than in one\n%s", p.err)
	}
	rec := s.reproduced(t, "cut", "synth", "fisher.json")
	for _, a := range rec.Arms {
		seeds := 3 // a control acts in the epochs of one seed alone: the others are not trained
		if a.Against != "" {
			seeds = 1
		}
		rates := tune.Rates(a.Trials)
		best, edge := tune.Choose(rates)
		if len(rates) < 3 || len(a.Trials) != seeds*len(rates) || rates[best].LR != a.LR || edge != a.Edge {
			t.Errorf("%s: learning rate %v, edge %q of %+v", a.Name, a.LR, a.Edge, a.Trials)
		}
		for _, trial := range a.Trials {
			if trial.Chosen != (trial.LR == a.LR) {
				t.Errorf("%s: %v was chosen, on record %+v", a.Name, a.LR, trial)
			}
		}
		if a.Against != "" && (a.Runs[0].Window == "" || len(a.Apart) == 0) {
			t.Errorf("%s: acts in %q, compared %v", a.Name, a.Runs[0].Window, a.Apart)
		}
	}
}

// TestReproduceHole: runs that diverge are holes with their reason and no number; they are not tried again.
func TestReproduceHole(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	args := append(
		smallReproduction("table7"), "-seeds", "1", "-set", "epochs=40", "-set", "lr=100", "-set", "weight_decay=10",
	)
	p := s.play(t, args...)
	checkProblem(t, p, "2 of 2 runs have no result, the first is synth, Joint, seed 0: step ", "holes")
	if !strings.Contains(p.out, "Joint, seed 0, has no result: step ") ||
		!strings.Contains(p.out, "Joint    0 of 1  -      100  -") {
		t.Errorf("table:\n%s", p.out)
	}
	again := s.play(t, append(args, "-plan")...)
	if !strings.Contains(again.err, "table7  synth  2     0     2       0 ") {
		t.Errorf("plan afterwards:\n%s", again.err)
	}
}

// TestBadReproduction: each slip costs one line and a hint, before anything is trained.
func TestBadReproduction(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	s.write(t, "file", nil)
	text, err := json.Marshal(map[string]any{"schema": 7, "target": "table1"})
	if err != nil {
		t.Fatal(err)
	}
	s.write(t, "newer.json", text)
	s.write(t, "nan.json", []byte(`{"schema":1,"target":"table1","seeds":NaN}`))
	s.write(
		t, "fig1.json",
		[]byte(`{"schema":1,"target":"fig1","data":"synth","modalities":["audio"],"arms":[{"name":"Joint"}]}`),
	)
	before := fingerprint(t, s.dir)
	for _, tt := range []struct {
		name          string
		args          []string
		message, hint string
		reason        string
	}{
		{"target", smallReproduction("tabel1"), `unknown target "tabel1"`, "did you mean table1", "letters exchanged"},
		{"no target", smallReproduction(""), "no target", "window", "nothing to do"},
		{
			"unwritable folder", smallReproduction("table1", "-out", "/proc/new"), "/proc/new", "-out",
			"not even by root",
		},
		{"file for a folder", smallReproduction("table1", "-out", "file"), "not a folder", "-out", "never overwritten"},
		{
			"record of another schema", []string{"reproduce", "-from", "newer.json"}, "newer.json: schema 7", "update",
			"made by a later version",
		},
		{
			"record with NaN", []string{"reproduce", "-from", "nan.json"}, "nan.json: damaged", "writes it anew",
			"no number",
		},
		{"record that is not there", []string{"reproduce", "-from", "none.json"}, "none.json", "writes it", "a slip"},
		{
			"record of another target", []string{"reproduce", "table2", "-from", "fig1.json"},
			"the record of fig1, not of table2", "name that target", "which of the two was meant",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := s.play(t, tt.args...)
			checkProblem(t, p, tt.message, tt.hint)
			if n := strings.Count(p.err, "\n"); n != 2 || fingerprint(t, s.dir) != before {
				t.Errorf(
					"%d lines, want the error and the hint alone, and no file changed:\n%s\nreason: %s", n, p.err,
					tt.reason,
				)
			}
		})
	}
}
