package viz_test

import (
	"math"
	"testing"

	"github.com/primewindow/primewindow/viz"
)

func TestLossErrors(t *testing.T) {
	for _, tt := range []struct {
		name   string
		series []viz.Series
		want   string
		reason string
	}{
		{"nothing", nil, "viz: loss: no series, want at least one", "an empty panel says nothing"},
		{
			"diverged", []viz.Series{line("loss", 1, math.Inf(1))},
			`viz: loss: series "loss": point 1: y = +Inf, want a finite value`, "has no place",
		},
	} {
		if _, err := viz.Loss(viz.LossFigure{Series: tt.series}); err == nil || err.Error() != tt.want {
			t.Errorf("%s: error\n%v, want\n%s\nreason: %s", tt.name, err, tt.want, tt.reason)
		}
	}
}

// TestLossSmooths holds the moving average to long series.
func TestLossSmooths(t *testing.T) {
	for _, tt := range []struct {
		points int
		want   bool
		reason string
	}{
		{200, false, "each step can be seen"},
		{201, true, "the steps run together"},
	} {
		f, err := viz.Loss(viz.LossFigure{Series: []viz.Series{line("loss", make([]float64, tt.points)...)}})
		if err != nil {
			t.Fatal(err)
		}
		got := false
		walk(f.Spec, func(o map[string]any) {
			_, ok := o["mean"].(float64)
			got = got || ok
		})
		if got != tt.want {
			t.Errorf("%d points: moving average %v, want %v; reason: %s", tt.points, got, tt.want, tt.reason)
		}
	}
}
