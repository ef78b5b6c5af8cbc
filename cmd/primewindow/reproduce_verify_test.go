package main

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/primewindow/primewindow/internal/wire"
)

// committedRecords is the folder of this project's records.
func committedRecords(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", "notebooks", "results", "reproduce"))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestVerifyCommitted trains one run of one of this project's records again, exactly as the record says, and compares.
// Which one is drawn from PRIMEWINDOW_PICK, in continuous integration the commit, else from the day; made data is
// always among them, real sets where PRIMEWINDOW_DATA has them.
func TestVerifyCommitted(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	if dir := os.Getenv("PRIMEWINDOW_DATA"); dir != "" {
		s.env = append(s.env, "PRIMEWINDOW_DATA="+dir)
	}
	pick := cmp.Or(os.Getenv("PRIMEWINDOW_PICK"), time.Now().UTC().Format(time.DateOnly))
	t.Logf("primewindow reproduce -verify notebooks/results/reproduce -within 35s -pick %s repeats this", pick)
	// and compiling takes as long
	p := s.must(t, "reproduce", "-verify", committedRecords(t), "-within", "35s", "-pick", pick)
	if n := strings.Count(p.out, "\n"); n != 1 || !strings.Contains(p.out, "to the last digit") ||
		!strings.Contains(p.err, "1 of ") {
		t.Errorf("%d lines, want the verdict on one run:\n%s%s", n, p.err, p.out)
	}
}

// rewritten changes a record on the stage and gives its path.
func (s *stage) rewritten(t *testing.T, change func(*wire.Reproduction)) string {
	t.Helper()
	rec := s.reproduced(t, "r", "synth", "fig10.json")
	change(rec)
	text, err := json.Marshal(rec)
	if err != nil {
		t.Fatal(err)
	}
	s.write(t, "changed.json", text)
	return s.path("changed.json")
}

// TestVerify: a record that was just made is reproduced to the last digit; one that was changed is told, with what
// differs, and so is one of another machine where rounding does not explain it. Nothing stays behind but what -out
// keeps.
func TestVerify(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	s.env = append(s.env, "TMPDIR="+s.path("x"))
	s.must(t, append(smallReproduction("fig10 fig4"), "-seeds", "1")...)
	before := fingerprint(t, s.path("r"))

	plan := s.must(t, "reproduce", "-verify", s.path("r"), "-pick", "b", "-plan")
	if plan.out != "" || !strings.Contains(plan.err, "2 records of 1 run:") ||
		!strings.Contains(
			plan.err, "give 1 run the name on record",
		) || !strings.Contains(plan.err, `1 of 1 run, drawn from "b"`) {
		t.Errorf("plan:\n%s%s", plan.err, plan.out)
	}
	all := s.must(t, "reproduce", "-verify", s.path("r"), "-runs", "all", "-out", s.path("kept"))
	lines := strings.Split(strings.TrimSpace(all.out), "\n")
	// each record of the run that both have
	if len(lines) != 2 || strings.Count(all.out, "figures as recorded, to the last digit") != 2 {
		t.Errorf("%d lines, want 2 runs as recorded:\n%s%s", len(lines), all.out, all.err)
	}
	if kept, err := filepath.Glob(s.path("kept", "runs", "*", "manifest.json")); err != nil || len(kept) != 1 {
		t.Errorf("kept %v, want one run (error %v)", kept, err)
	}

	joint := s.reproduced(t, "r", "synth", "fig10.json").Arms[0].Runs[0].Run
	for _, tt := range []struct {
		name   string
		change func(*wire.Reproduction)
		told   string // empty: it passes
		say    string // in the line of the run
		reason string
	}{
		{"last trace", func(r *wire.Reproduction) { r.Arms[0].Runs[0].Curves[0].Values[2] *= 1.001 },
			"fisher_emp audio after 2 epochs is ",
			"1 of 28 figures DISAGREE, on the kind of machine that made the record",
			"on the same kind of machine all digits have to be the same"},
		{"last trace, elsewhere", func(r *wire.Reproduction) {
			r.Arms[0].Runs[0].Curves[0].Values[2] *= 1.001
			r.Machine = "another"
		}, "",
			"as near as another kind of machine comes: of 28 figures 27 to the last digit, 0 within the tolerance, 1 " +
				"not compared",
			"training carries rounding on"},
		{"an accuracy and its sums, elsewhere", func(r *wire.Reproduction) {
			a := &r.Arms[0].Runs[0].Accuracies[0]
			a.Value = 1 - a.Value
			r.Arms[0].Accuracies[0].Mean = a.Value
			r.Machine = "another"
		}, "accuracy fused head is ", "1 of 28 figures DISAGREE, beyond what another kind of machine explains",
			"forged so that every mean fits"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := s.play(t, "reproduce", "-verify", s.rewritten(t, tt.change), "-runs", joint)
			if !strings.Contains(p.out, "changed.json, Joint, seed 0: "+tt.say) {
				t.Errorf("said:\n%swant %q\nreason: %s", p.out, tt.say, tt.reason)
			}
			if tt.told == "" {
				if p.code != 0 {
					t.Errorf("exit status %d:\n%s\nreason: %s", p.code, p.err, tt.reason)
				}
				return
			}
			checkProblem(
				t, p,
				"1 of 1 run came out otherwise than recorded, the first is "+s.path(
					"changed.json",
				)+", Joint, seed 0: "+tt.told,
				"-runs "+joint+" -out DIR",
			)
		})
	}
	if left, err := filepath.Glob(s.path("x", "primewindow-verify-*")); err != nil || len(left) > 0 ||
		fingerprint(t, s.path("r")) != before {
		t.Errorf("left behind: %v (error %v), or a record was changed", left, err)
	}
}

// TestBadVerify: each slip costs one line and a hint, before anything is trained.
func TestBadVerify(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	for _, tt := range []struct {
		name          string
		args          []string
		message, hint string
		reason        string
	}{
		{
			"setting", []string{"-set", "lr=1"}, "-set with -verify: the record decides it",
			"exactly as its record says", "it would be another run",
		},
		{
			"seeds", []string{"-seeds", "3"}, "-seeds with -verify: the record decides it",
			"exactly as its record says", "-runs is what was meant",
		},
		{"drawing", []string{"-from", "x.json"}, "-from with -verify", "leave the flag out", "two things at once"},
		{"no folder", []string{"-verify", "none"}, "none: no such file", "notebooks/results/reproduce", "a slip"},
		{"run", []string{"-runs", "zz"}, `no run "zz"`, "joined by commas", "a slip"},
		{"time", []string{"-within", "soon"}, "within", "lists the flags", "no duration"},
		{"target", []string{"tabel2"}, `unknown target "tabel2"`, "did you mean table2", "letters exchanged"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := s.play(
				t, append([]string{"reproduce", "-verify", filepath.Join(committedRecords(t), "synth")}, tt.args...)...,
			)
			checkProblem(t, p, tt.message, tt.hint)
			if n := strings.Count(p.err, "\n"); n != 2 || p.out != "" {
				t.Errorf("%d lines, want the error and the hint alone:\n%s%s\nreason: %s", n, p.err, p.out, tt.reason)
			}
		})
	}
	checkProblem(
		t, s.play(t, "reproduce", "table1", "-runs", "all"), "-runs without -verify", "-verify names the record",
	)
}
