package main

import (
	"strings"
	"testing"
)

// TestSettings lists settings without a backend.
func TestSettings(t *testing.T) {
	s := newStage(t)
	all := s.must(t, "settings", "-method", "inforeg").out
	for _, want := range []string{
		"\nbatch ", "\nbeta ", "\nwindow_every ", "\ndata.train ", "\nencoder.audio ", "whole number from 2 to 65536",
		"mid-run",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("primewindow settings lacks %q:\n%s", want, all)
		}
	}
	one := s.must(t, "settings", "beta", "-method", "inforeg").out
	if lines := strings.Split(strings.TrimSpace(one), "\n"); len(lines) < 4 ||
		!strings.HasPrefix(lines[0], "1 setting") || !strings.Contains(one, "eq. 16") {
		t.Errorf("primewindow settings beta:\n%s", one)
	}
	checkProblem(t, s.play(t, "settings", "bta", "-method", "inforeg"), `unknown setting "bta"`, "did you mean beta")
	checkProblem(t, s.play(t, "settings", "beta"), `method joint has none of that name`, "it belongs to inforeg")
	unread := s.must(t, "settings", "batch", "-data", "cremad", "-dir", t.TempDir()).out
	for _, want := range []string{"\nbatch ", "The set cannot be read: ", "without its recipe", "Hint: "} {
		if !strings.Contains(unread, want) {
			t.Errorf("settings of a set that is not there lack %q:\n%s", want, unread)
		}
	}
	checkProblem(t, s.play(t, "settings", "-data", "synht"), `unknown data "synht"`, "did you mean synth?")
}
