package viz_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/viz"
)

func TestSweepErrors(t *testing.T) {
	nan := math.NaN()
	twice := viz.Series{Name: "ours", Points: []viz.Point{{X: 1, Y: 1}, {X: 1, Y: 2}}}
	for _, tt := range []struct {
		name   string
		figure viz.SweepFigure
		want   string
		reason string
	}{
		{"nothing", viz.SweepFigure{}, "viz: sweep: no series, want at least one", "an empty panel says nothing"},
		{
			"NaN", viz.SweepFigure{Series: []viz.Series{line("ours", 1, nan)}},
			`viz: sweep: series "ours": point 1: y = NaN, want a finite value`,
			"a run that failed is a hole, not a point",
		},
		{
			"twice", viz.SweepFigure{Series: []viz.Series{twice}},
			`viz: sweep: series "ours": two points at 1, want one for each value of the setting`,
			"seeds are in the band",
		},
		{
			"log", viz.SweepFigure{LogX: true, Series: []viz.Series{{Name: "ours", Points: []viz.Point{{Y: 1}}}}},
			`viz: sweep: series "ours": point 0: x = 0 on a log axis, want above 0`, "no logarithm",
		},
		{
			"chosen",
			viz.SweepFigure{Series: []viz.Series{line("ours", 1)}, Chosen: &viz.Mark{X: nan, Text: "default"}},
			`viz: sweep: mark 0 "default": x = NaN, want a finite value`, "has no place",
		},
		{
			"width", viz.SweepFigure{Series: []viz.Series{line("ours", 1)}, Width: -1},
			"viz: sweep: width -1, want Screen, Column or Page", "no such width",
		},
	} {
		if f, err := viz.Sweep(tt.figure); err == nil || err.Error() != tt.want || f != nil {
			t.Errorf("%s: error\n%v, want\n%s\nreason: %s", tt.name, err, tt.want, tt.reason)
		}
	}
}

// TestSweepLabels holds the axis to the values of the setting, in a column too, and to round numbers where they are too
// close.
func TestSweepLabels(t *testing.T) {
	crowded := viz.SweepFigure{Series: []viz.Series{{Name: "ours"}}, Width: viz.Column}
	for i := range 60 {
		crowded.Series[0].Points = append(crowded.Series[0].Points, viz.Point{X: float64(i) * 1.25})
	}
	column := overK()
	column.Width = viz.Column
	values := []any{0.01, 0.02, 0.04, 0.06, 0.08, 0.1}
	for _, tt := range []struct {
		name   string
		figure viz.SweepFigure
		want   []any
		reason string
	}{
		{"screen", overK(), values, "each value"},
		{"column", column, values, "labels 21 pixels wide at least 32 apart"},
		{"crowded", crowded, []any{0.0, 20.0, 40.0, 60.0}, "the labels would touch"},
	} {
		f, err := viz.Sweep(tt.figure)
		if err != nil {
			t.Fatal(err)
		}
		var got []any
		walk(f.Spec, func(o map[string]any) {
			if x := object(object(o["encoding"])["x"]); x["field"] == "x" && got == nil {
				got = array(object(x["axis"])["values"])
			}
		})
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s\nreason: %s", tt.name, diff, tt.reason)
		}
	}
}

// TestHollow holds values from elsewhere to markers without a line, in the spec too.
func TestHollow(t *testing.T) {
	f, err := viz.Sweep(overK())
	if err != nil {
		t.Fatal(err)
	}
	lines, points := 0, 0
	walk(f.Spec, func(o map[string]any) {
		filter := ""
		if list := array(o["transform"]); len(list) > 0 {
			filter, _ = object(list[0])["filter"].(string)
		}
		switch kind := object(o["mark"])["type"]; {
		case kind == "line" && filter == "datum.hollow !== true":
			lines++
		case kind == "line":
			t.Error("a line of hollow markers")
		case kind == "point" && filter == "datum.hollow === true":
			points++
		}
	})
	if lines != 1 || points != 1 {
		t.Errorf("%d layers of lines and %d of hollow markers, want one each", lines, points)
	}
}
