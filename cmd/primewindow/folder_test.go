package main

import (
	"fmt"
	"strings"
	"testing"
)

// makeFolder writes a set of one's own: two numbers and a short recording a sample, two classes.
func makeFolder(t *testing.T, s *stage, dir string) {
	t.Helper()
	labels, table := "id,label,split\n", "id,a,b\n"
	for i := range 16 {
		split, class := "train", i%2
		if i >= 12 {
			split = "test"
		}
		labels += fmt.Sprintf("s%d,%s,%s\n", i, []string{"low", "high"}[class], split)
		table += fmt.Sprintf("s%d,%d,%d\n", i, class, i)
		s.write(t, fmt.Sprintf("%s/sound/s%d.wav", dir, i), wav(8000, class, 2000))
	}
	s.write(t, dir+"/labels.csv", []byte(labels))
	s.write(t, dir+"/body.csv", []byte(table))
}

// TestFolder looks over a set of one's own, trains on it, and leaves out what is broken where that is asked for.
func TestFolder(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	makeFolder(t, s, "mine")
	run := func(more ...string) []string {
		return append([]string{
			"run", "-data", "folder", "-dir", s.path("mine"), "-epochs", "1", "-set", "batch=4", "-set",
			"probe_samples=8", "-set", "linear_samples=16",
			"-set", "encoder.sound=cnn2d:4", "-set", "encoder.body=mlp:4",
		}, more...)
	}
	if p := s.must(t, "data", "check", "folder", s.path("mine")); !strings.Contains(
		p.out, "train      10 samples, high 5, low 5\n",
	) {
		t.Errorf("data check says\n%s", p.out)
	}
	s.must(t, run("-out", "whole")...)

	s.write(t, "mine/sound/s3.wav", []byte("RIFF"))
	checkProblem(t, s.play(t, run("-out", "stopped")...), "s3.wav: 4 bytes", "-skip-broken")
	p := s.play(t, "data", "check", "folder", s.path("mine"))
	checkProblem(t, p, "s3.wav: 4 bytes", "-skip-broken")
	if p := s.must(
		t, "data", "check", "-skip-broken", "folder", s.path("mine"),
	); !strings.Contains(p.out, "left out: 1 samples") || !strings.Contains(p.out, "s3.wav: 4 bytes") {
		t.Errorf("data check -skip-broken says\n%s\nwant what was left out counted and listed", p.out)
	}
	s.must(t, run("-skip-broken", "-out", "part")...)
	if manifest := s.read(t, "part", "manifest.json"); !strings.Contains(manifest, `"skipped"`) ||
		!strings.Contains(manifest, "s3.wav: 4 bytes") {
		t.Errorf("the manifest does not list what was left out:\n%s", manifest)
	}
	checkProblem(t, s.play(t, "data", "check", "-skip-broken", "synth"), `unknown setting "skip_broken"`, "data list")
}
