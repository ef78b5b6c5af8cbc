package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCheck: an untouched folder is proved; whatever is changed in it is named with its file and the status is 1; and a
// run that was opened after that is proved again.
func TestCheck(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	s.must(t, small("-method", "joint", "-epochs", "2", "-out", "p/runs/r")...)
	dir := filepath.Join("p", "runs", "r")
	if got := s.must(t, "check", dir, "-deep"); strings.Count(got.out, ": proved\n") != 2 {
		t.Errorf("check -deep: %s", got.out)
	}
	if got := s.must(t, "check"); !strings.Contains(got.out, ": proved\n") {
		t.Errorf("check of the project's runs: %s", got.out)
	}
	path := func(name string) string { return filepath.Join(s.dir, dir, name) }
	for _, name := range []string{
		"manifest.json", "metrics.jsonl", "probes.jsonl", "metrics.jsonl.sums", "probes.jsonl.sums",
		"snapshots/00000000.safetensors",
	} {
		t.Run(name, func(t *testing.T) {
			whole, err := os.ReadFile(path(name))
			if err != nil {
				t.Fatal(err)
			}
			b := bytes.Clone(whole)
			b[len(b)/2] ^= 4
			if err := os.WriteFile(path(name), b, 0o644); err != nil {
				t.Fatal(err)
			}
			got := s.play(t, "check", dir)
			if got.code != 1 || !strings.Contains(got.out, "fault: "+name) || !strings.Contains(got.err, "hint:") {
				t.Errorf("status %d\n%s%s", got.code, got.out, got.err)
			}
			if err := os.WriteFile(path(name), whole, 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
	text, err := os.ReadFile(path("metrics.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(
		path("metrics.jsonl"), bytes.Replace(text, []byte(`"loss":`), []byte(`"loss":1`), 1), 0o644,
	); err != nil {
		t.Fatal(err)
	}
	if got := s.must(t, "show", dir, "-csv"); !strings.Contains(got.err, "warning: r: 1 line") ||
		strings.Contains(got.out, "NaN") {
		t.Errorf("show of a damaged run says %q", got.err)
	}
	s.must(t, small("-method", "joint", "-epochs", "2", "-out", "p/runs/r")...)
	if got := s.must(t, "check", dir); !strings.Contains(got.out, ": proved\n") ||
		!strings.Contains(got.out, "set aside") {
		t.Errorf("check after the run was opened: %s", got.out)
	}
	if again, err := os.ReadFile(path("metrics.jsonl")); err != nil || !bytes.Equal(again, text) {
		t.Errorf("the line was not computed again as it was: %v", err)
	}
	if got := s.play(t, "check", "p"); got.code != 0 {
		t.Errorf("check of a folder of folders: %s", got.err)
	}
	for _, args := range [][]string{{"check", "nowhere"}, {"check", "p/runs/r/figures"}} {
		if got := s.play(t, args...); got.code != 1 || !strings.Contains(got.err, "hint:") {
			t.Errorf("%v: status %d, %s", args, got.code, got.err)
		}
	}
}
