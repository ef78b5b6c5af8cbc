package viz_test

import (
	"math"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/viz"
)

func TestAccuracyErrors(t *testing.T) {
	good := []viz.Series{line("audio", 0.2, 0.5)}
	for _, tt := range []struct {
		name   string
		figure viz.AccuracyFigure
		want   string
		reason string
	}{
		{"nothing", viz.AccuracyFigure{}, "viz: accuracy: no series, want at least one", "an empty panel says nothing"},
		{
			"percent", viz.AccuracyFigure{Series: []viz.Series{line("audio", 66.6)}},
			`viz: accuracy: series "audio": point 0: accuracy 66.6, want 0 to 1`, "a fraction is asked for",
		},
		{
			"negative", viz.AccuracyFigure{Series: []viz.Series{line("audio", -0.1)}},
			`viz: accuracy: series "audio": point 0: accuracy -0.1, want 0 to 1`, "a fraction",
		},
		{
			"NaN", viz.AccuracyFigure{Series: []viz.Series{line("audio", math.NaN())}},
			`viz: accuracy: series "audio": point 0: y = NaN, want a finite value`, "has no place",
		},
		{"chance", viz.AccuracyFigure{Series: good, Chance: 6}, "viz: accuracy: chance 6, want 0 to 1", "a fraction"},
		{
			"chance NaN", viz.AccuracyFigure{Series: good, Chance: math.NaN()},
			"viz: accuracy: chance NaN, want 0 to 1", "0 stands for unknown",
		},
		{
			"mark", viz.AccuracyFigure{Series: good, Marks: []viz.Mark{{X: math.Inf(1)}}},
			`viz: accuracy: mark 0 "": x = +Inf, want a finite value`, "has no place",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := viz.Accuracy(tt.figure); err == nil || err.Error() != tt.want {
				t.Errorf("Accuracy: error\n%v, want\n%s\nreason: %s", err, tt.want, tt.reason)
			}
		})
	}
}

// TestChance holds the chance line to being drawn, and said, where it is known and only there.
func TestChance(t *testing.T) {
	for _, chance := range []float64{0, 0.25} {
		f, err := viz.Accuracy(viz.AccuracyFigure{Series: []viz.Series{line("audio", 0.2, 0.5)}, Chance: chance})
		if err != nil {
			t.Fatal(err)
		}
		rules := 0
		walk(f.Spec, func(o map[string]any) {
			if object(o["mark"])["type"] == "rule" {
				rules++
			}
		})
		if want := chance != 0; (rules == 1) != want || strings.Contains(f.Text, "chance is 25%") != want {
			t.Errorf("chance %v: %d rules and %q, want a line: %v", chance, rules, f.Text, want)
		}
	}
}
