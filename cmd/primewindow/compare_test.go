package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// smallComparison are flags of a comparison of two methods over two seeds, whose runs are small.
func smallComparison(more ...string) []string {
	few := small("-set", "probes=none", "-set", "every.accuracy=epoch", "-set", "inforeg.window=all")
	return append([]string{"compare", "-methods", "joint,inforeg", "-seeds", "2"}, append(few[1:], more...)...)
}

// compared reads a comparison's file.
func (s *stage) compared(t *testing.T, dir string) wire.Compared {
	t.Helper()
	var c wire.Compared
	if err := json.Unmarshal([]byte(s.read(t, dir, "compare.json")), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCompare follows one comparison: what it prints is what the runs have on record, runs that are done are not
// touched again, and going back to epochs of the past gives what was measured when they ended.
func TestCompare(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	args := smallComparison("-epochs", "3", "-set", "inforeg.beta=0.5", "-out", "c")
	first := s.must(t, args...)
	c := s.compared(t, "c")
	if c.Data != "synth" || len(c.SplitHash) != 64 || c.Split != "test" || c.Samples != 24 || c.Select != "val" ||
		c.Baseline != "joint" || c.Comparisons != 5 || len(c.Runs) != 4 {
		t.Errorf("compare.json: %+v", c)
	}
	if got := c.Methods[1].Settings; got["beta"] != 0.5 || got["batch"] != 16.0 || len(got) != 14 {
		t.Errorf("settings of inforeg that are not the default: %v", got)
	}
	for _, r := range c.Runs {
		checkChosen(t, s, "c", r)
	}
	for _, want := range []string{
		"Accuracy in percent on the test split of synth (24 samples)", "best fused accuracy on the validation split",
		"method   seeds  epoch", "\njoint    2      ",
		"Difference to joint in percentage points", "\ninforeg  audio linear ",
		"Primary, the fused accuracy: 1 comparison.", "Secondary, all other readouts: 4 comparisons.",
		"Settings of inforeg alone: beta=0.5, window=all.",
	} {
		if !strings.Contains(first.out, want) {
			t.Errorf("no %q in\n%s", want, first.out)
		}
	}
	if !strings.Contains(first.err, "4 runs, 0 of them done, 36 steps to go\n") ||
		!strings.Contains(first.err, "run 4 of 4, inforeg-seed1: epoch ") {
		t.Errorf("on the way: %s", first.err)
	}

	before := fingerprint(t, s.path("c"))
	if again := s.must(t, args...); again.out != first.out || fingerprint(t, s.path("c")) != before ||
		!strings.Contains(again.err, "4 of them done, 0 steps to go") {
		t.Errorf("again: %s%s\nwant the same, and no file changed", again.err, again.out)
	}
	if p := s.must(t, append(args, "-format", "md")...); !strings.Contains(
		p.out, "| method | seeds | epoch | fused | audio | visual | audio linear | visual linear |\n|---|",
	) {
		t.Errorf("Markdown:\n%s", p.out)
	}
	if p := s.must(t, append(args, "-format", "json")...); p.out != s.read(t, "c", "compare.json") {
		t.Errorf("json:\n%s", p.out)
	}
	rows, err := csv.NewReader(strings.NewReader(s.must(t, append(args, "-format", "csv")...).out)).ReadAll()
	if err != nil || len(rows) != 1+2*5 || rows[6][3] != "inforeg" || rows[6][4] != "fused" || rows[6][10] == "" ||
		rows[1][10] != "" {
		t.Errorf("csv, error %v: %v", err, rows)
	}

	last := s.must(t, append(args, "-select", "last")...)
	for _, r := range s.compared(t, "c").Runs {
		checkChosen(t, s, "c", r)
		if r.Epoch != 3 {
			t.Errorf("-select last: %s at epoch %d", r.Run, r.Epoch)
		}
	}
	if !strings.Contains(last.out, "each run at its last epoch") {
		t.Errorf("-select last:\n%s", last.out)
	}
	back := s.must(t, append(args, "-select", "test-best")...)
	s.must(t, smallComparison("-epochs", "3", "-set", "inforeg.beta=0.5", "-out", "d", "-select", "test-best")...)
	if diff := cmp.Diff(s.compared(t, "d"), s.compared(t, "c")); diff != "" ||
		!strings.Contains(back.out, "on the test split itself, as in the paper, which flatters") {
		t.Errorf("test-best (-measured as epochs end +going back)\n%s\n%s", diff, back.out)
	}
	if p := s.must(t, "show", filepath.Join("c", "joint-seed1")); !strings.Contains(
		p.out, "joint-seed1: synth, joint, seed 1, epoch 3, step 9",
	) {
		t.Errorf("a run of the comparison:\n%s", p.out)
	}
}

// checkChosen finds a run's accuracies in its own records.
func checkChosen(t *testing.T, s *stage, dir string, r wire.RunOutcome) {
	t.Helper()
	rec, err := record.ReadRecorded(s.path(dir, r.Run))
	if err != nil {
		t.Fatal(err)
	}
	if r.Missing != "" || r.Step != r.Epoch*smallEpoch || len(r.Accuracies) != 5 || r.Versions["primewindow"] == "" {
		t.Fatalf("outcome %+v", r)
	}
	for _, a := range r.Accuracies {
		found := false
		for _, p := range rec.History.Probes {
			found = found ||
				p.Kind == "accuracy" && p.Split == "test" && p.Step == r.Step && p.Encoder == a.Encoder &&
					p.Readout == a.Readout && p.Value == a.Value
		}
		if !found {
			t.Errorf("%s: %s %v is not on record", r.Run, a.Quantity, a.Value)
		}
	}
}

// TestCompareGoesOn interrupts a comparison, tries a second one beside it, kills it, and finds the same table in the
// end.
func TestCompareGoesOn(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	const epochs = "40"
	args := func(dir string) []string {
		return smallComparison("-epochs", epochs, "-out", dir)
	}
	whole := s.must(t, args("whole")...)
	for _, signal := range []os.Signal{os.Interrupt, os.Kill} {
		cmd := s.command(t, args("cut")...)
		var said bytes.Buffer
		cmd.Stderr = &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		run, least := "joint-seed0", 5
		if signal == os.Kill {
			run, least = "inforeg-seed0", 50
		}
		for steps := 0; steps < least; {
			select {
			case err := <-ended:
				t.Fatalf("ended too soon: %v\n%s", err, said.String())
			case <-time.After(time.Millisecond):
			}
			text, err := os.ReadFile(s.path("cut", run, "metrics.jsonl"))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			steps = bytes.Count(text, []byte("\n"))
		}
		if signal == os.Interrupt {
			checkProblem(t, s.play(t, args("cut")...), "comparison cut is in use by another process", "-out")
		}
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; err == nil {
			t.Fatalf("it came to its end before the %v", signal)
		}
		if signal == os.Interrupt {
			if code := cmd.ProcessState.ExitCode(); code != 130 ||
				!strings.Contains(said.String(), "interrupted: run 1 of 4, joint-seed0: step ") {
				t.Errorf("exit status %d, want 130\n%s", code, said.String())
			}
			if c := s.compared(t, "cut"); len(c.Runs) != 4 || c.Runs[0].Missing != "not trained to its end yet" {
				t.Errorf("compare.json after an interrupt: %+v", c)
			}
		}
	}
	p := s.must(t, args("cut")...)
	if p.out != whole.out || s.read(t, "cut", "compare.json") != s.read(t, "whole", "compare.json") {
		t.Errorf("in three goes\n%s\nin one\n%s", p.out, whole.out)
	}
	if !strings.Contains(p.err, "4 runs, 1 of them done, ") ||
		!strings.Contains(p.err, "inforeg-seed0: taken up at step ") {
		t.Errorf("on the way: %s", p.err)
	}
}

// TestCompareHole: a run that diverges is a hole with its reason; the others go on. Without a test split the validation
// split is reported, and said to be.
func TestCompareHole(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	args := smallComparison("-seeds", "1", "-epochs", "40", "-set", "data.test=0",
		"-set", "inforeg.lr=100", "-set", "inforeg.weight_decay=10", "-set", "inforeg.window=none", "-out", "c")
	p := s.play(t, args...)
	checkProblem(t, p, "1 of 2 runs have no result, the first is inforeg-seed0: step ", "another folder than c")
	for _, want := range []string{
		"on the validation split, for want of a test split, of synth (24 samples)", "itself, which flatters",
		"\ninforeg  0 of 1  -", "With one seed a difference has no interval",
		"inforeg-seed0 has no result: step ", "would be NaN or Inf.",
	} {
		if !strings.Contains(p.out, want) {
			t.Errorf("no %q in\n%s", want, p.out)
		}
	}
	if again := s.play(t, args...); again.out != p.out || again.code != 1 {
		t.Errorf("again, exit status %d:\n%s", again.code, again.out)
	}
	rows, err := csv.NewReader(strings.NewReader(s.play(t, append(args, "-format", "csv")...).out)).ReadAll()
	if err != nil || !strings.HasPrefix(rows[len(rows)-1][18], "inforeg-seed0: step ") {
		t.Errorf("csv, error %v: %v", err, rows)
	}
}

// TestBadComparison: each slip costs one line and a hint, before anything is written.
func TestBadComparison(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	s.write(t, "other/notes.txt", []byte("mine"))
	s.write(t, "broken/compare.json", []byte("{"))
	s.write(t, "newer/compare.json", []byte(`{"schema": 99}`))
	s.write(t, "file", []byte("a file"))
	before := fingerprint(t, s.dir)
	for _, tt := range []struct {
		name    string
		args    []string
		message string
		hint    string
		reason  string
	}{
		{
			"method", []string{"-methods", "joint,infreg"}, `unknown method "infreg"`, "did you mean inforeg?",
			"a letter left out",
		},
		{
			"twice", []string{"-methods", "joint,joint"}, "method joint is named twice", "once",
			"its runs would be the same",
		},
		{"no methods", []string{"-methods", ","}, "no methods", "joint", "nothing to compare"},
		{"seeds", []string{"-seeds", "0"}, "seeds: got 0", "interval needs two", "nothing would be trained"},
		{"setting", []string{"-set", "lr_stop=3"}, `unknown setting "lr_stop"`, "did you mean lr_step", "one letter"},
		{
			"setting of another method", []string{"-methods", "joint", "-set", "inforeg.beta=1"},
			"inforeg is not compared", "joint", "it would do nothing",
		},
		{
			"setting of one of them", []string{"-set", "beta=1"}, "joint has no such setting", "-set inforeg.beta=1",
			"whose is it",
		},
		{"epochs", []string{"-epochs", "-1"}, "epochs: got -1", "epochs:", "less than nothing"},
		{"select", []string{"-select", "best"}, `unknown selection "best"`, "or test-best?", "there are three"},
		{"format", []string{"-format", "html"}, `unknown format "html"`, "text, md, csv, json", "there are four"},
		{"operand", []string{"joint"}, `unexpected "joint"`, "-methods", "flags only"},
		{"file for a folder", []string{"-out", "file"}, "not a folder", "-out", "never overwritten"},
		{"below a file", []string{"-out", "file/new"}, "not a folder", "-out", "it cannot be made"},
		{
			"folder of something else", []string{"-out", "other"}, "not a comparison: it holds notes.txt",
			"empty folder", "never mixed with other files",
		},
		{
			"broken", []string{"-out", "broken"}, "broken/compare.json is not a comparison's", "another folder",
			"not ours, or damaged",
		},
		{"newer", []string{"-out", "newer"}, "schema 99", "update", "made by a later version"},
		{
			"folder that cannot be made", []string{"-out", "/proc/new"}, "/proc/new", "cannot be made",
			"not even by root",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := s.play(t, append(smallComparison("-epochs", "1", "-out", "new"), tt.args...)...)
			checkProblem(t, p, tt.message, tt.hint)
			if n := strings.Count(p.err, "\n"); n != 2 {
				t.Errorf("%d lines, want the error and the hint alone:\n%s", n, p.err)
			}
			if after := fingerprint(t, s.dir); after != before {
				t.Error("files have changed")
				before = after
			}
			if t.Failed() {
				t.Log("reason:", tt.reason)
			}
		})
	}
}
