package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// TestShowHole: an epoch with a step whose line is lost has no mean loss, and not one in which the step counts as 0.
func TestShowHole(t *testing.T) {
	rec := record.Recorded{
		Status: wire.Status{Name: "r", Step: 4, Epoch: 2, StepsPerEpoch: 2},
		History: wire.History{Metrics: []map[string]float64{
			{"step": 0, "loss": 2}, {"step": 1, "loss": 1}, {"step": 2}, {"step": 3, "loss": 1},
		}},
	}
	var out bytes.Buffer
	if err := summary(&out, rec); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var rows [][]string
	for _, line := range lines[len(lines)-2:] {
		rows = append(rows, strings.Fields(line)[:2])
	}
	if rows[0][1] != "1.5000" || rows[1][1] != "-" {
		t.Errorf("losses %v, want 1.5000 and a dash\n%s", rows, out.String())
	}
}
