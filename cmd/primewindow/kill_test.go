package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// killsVariable says how often the trial below kills; several times once, once in each test.
const killsVariable = "PRIMEWINDOW_TEST_KILLS"

// TestKilledAtTheEnd kills a comparison when the last step of a run is on disk and its last epoch is not measured yet.
// The same command then comes to the same table as one that nobody disturbed.
func TestKilledAtTheEnd(t *testing.T) {
	needPlugin(t)
	kills := 1
	if text := os.Getenv(killsVariable); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		kills = n
	}
	s := newStage(t)
	command := func(out string) []string {
		return []string{
			"compare", "-data", "synth", "-methods", "joint", "-seeds", "1", "-epochs", "3", "-set", "data.train=320",
			"-set", "data.val=96",
			"-set", "data.test=96", "-set", "batch=16", "-set", "lr=0.05", "-out", out,
		}
	}
	const steps = 60
	want := s.must(t, command("whole")...)
	compared := s.read(t, "whole", "compare.json")
	lines := func(path string) int {
		text, err := os.ReadFile(path)
		if err != nil {
			return 0 // not there yet
		}
		return bytes.Count(text, []byte{'\n'})
	}
	for i := range kills {
		out := "killed" + strconv.Itoa(i)
		cmd := s.command(t, command(out)...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		metrics := filepath.Join(s.dir, out, "joint-seed0", "metrics.jsonl")
		for deadline := time.Now().Add(3 * time.Minute); lines(metrics) < steps; {
			if time.Now().After(deadline) {
				t.Fatalf("%d steps after three minutes", lines(metrics))
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // killed
		t.Logf("killed with %d steps written and %d committed", lines(metrics), lines(metrics+".sums"))
		got := s.must(t, command(out)...)
		if got.out != want.out {
			t.Errorf("after a kill at the end:\n%s\nwant\n%s", got.out, want.out)
		}
		if text := s.read(t, out, "compare.json"); text != compared {
			t.Errorf("compare.json after a kill at the end:\n%s\nwant\n%s", text, compared)
		}
		s.must(t, "check", out)
	}
}
