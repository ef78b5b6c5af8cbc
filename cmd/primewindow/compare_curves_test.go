package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/workbench"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// TestCompareCurves follows a number from a run's own records through compare -curves to what a cell reads.
func TestCompareCurves(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	args := smallComparison(
		"-epochs", "2", "-set", "every.fisher_emp=epoch", "-out", "c", "-curves", "results/c/curves.csv",
	)
	s.must(t, args...)
	first := s.read(t, "results", "c", "curves.csv")
	if head := "method,seed,epoch,accuracy fused head,accuracy audio split,accuracy visual split,fisher_emp " +
		"audio,fisher_emp visual,acted audio,acted visual\n"; !strings.HasPrefix(first, head) {
		t.Errorf("columns %q, want %q", first[:strings.IndexByte(first, '\n')], head)
	}
	if n := strings.Count(first, "\n"); n != 1+4*3 {
		t.Errorf("%d lines, want the head, and of each of 4 runs the start and two epochs:\n%s", n, first)
	}
	if s.must(t, args...); s.read(t, "results", "c", "curves.csv") != first {
		t.Error("written again from the same runs, the curves are others")
	}
	if text := s.read(t, "c", "compare.json"); strings.Contains(text, s.dir) || strings.Contains(text, "/pjrt") ||
		!strings.Contains(text, "PJRT") {
		t.Errorf("compare.json: want the plugin's name and version, and not where it lies:\n%s", text)
	}

	s.write(t, "results/c/compare.json", []byte(s.read(t, "c", "compare.json")))
	c, err := workbench.ReadComparisonContext(t.Context(), s.path("results", "c"))
	if err != nil {
		t.Fatal(err)
	}
	curves := c.Curves("accuracy fused head")
	if len(curves) != 2 || len(curves[1].X) != 2 || len(curves[1].SD) != 2 || curves[1].Name != "inforeg" {
		t.Fatalf("curves of the fused accuracy: %+v", curves)
	}
	mean := 0.0
	for seed := range 2 {
		rec, err := record.ReadRecorded(s.path("c", fmt.Sprintf("inforeg-seed%d", seed)))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range rec.History.Probes {
			if p.Kind == "accuracy" && p.Split == "val" && p.Encoder == "fused" && p.Step == 2*smallEpoch {
				mean += p.Value / 2
			}
		}
	}
	if got := curves[1].Y[1]; mean == 0 || got < mean-1e-5 || got > mean+1e-5 { // five digits are kept
		t.Errorf("inforeg after epoch 2: %v, its runs have %v on record", got, mean)
	}
	if acted := c.Curves("acted audio"); len(acted) != 1 || acted[0].Name != "inforeg" {
		t.Errorf("who acted: %+v, want inforeg alone: joint does not", acted)
	}

	checkProblem(t, s.play(t, append(args, "-curves", "c")...), "c is a folder", "c/curves.csv")
}
