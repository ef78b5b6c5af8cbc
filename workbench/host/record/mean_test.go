package record_test

import (
	"testing"

	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// TestMean: a step whose line is lost makes the mean over it unknown, and not smaller.
func TestMean(t *testing.T) {
	rec := record.Recorded{History: wire.History{Metrics: []map[string]float64{
		{"step": 0, "loss": 1}, {"step": 1, "loss": 2}, {"step": 2}, {"step": 3, "loss": 4},
	}}}
	for _, tt := range []struct {
		from, to int
		want     float64
		known    bool
	}{{0, 2, 1.5, true}, {0, 3, 0, false}, {2, 4, 0, false}, {3, 4, 4, true}, {1, 1, 0, false}} {
		if got, known := rec.Mean("loss", tt.from, tt.to); known != tt.known || known && got != tt.want {
			t.Errorf("steps %d to %d: %v, known %v, want %v, %v", tt.from, tt.to, got, known, tt.want, tt.known)
		}
	}
}
