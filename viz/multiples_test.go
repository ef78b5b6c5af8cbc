package viz_test

import (
	"fmt"
	"image"
	"math"
	"testing"

	"github.com/primewindow/primewindow/viz"
)

func TestMultiplesErrors(t *testing.T) {
	good := viz.Curve{Name: "ogm", X: []float64{1, 2}, Y: []float64{0.2, 0.5}}
	curves := func(list ...viz.Curve) viz.MultiplesFigure { return viz.MultiplesFigure{Curves: list} }
	var many []viz.Curve
	for i := range 25 {
		c := good
		c.Name = string(rune('a' + i))
		many = append(many, c)
	}
	for _, tt := range []struct {
		name   string
		figure viz.MultiplesFigure
		want   string
		reason string
	}{
		{
			"nothing", curves(), "viz: multiples: 0 curves beside the reference, want 1 to 24",
			"an empty page says nothing",
		},
		{
			"reference alone", viz.MultiplesFigure{Curves: []viz.Curve{good}, Reference: "ogm"},
			"viz: multiples: 0 curves beside the reference, want 1 to 24", "no panel",
		},
		{
			"no reference", viz.MultiplesFigure{Curves: []viz.Curve{good}, Reference: "joint"},
			`viz: multiples: no curve of the reference "joint"`, "missing data is an error",
		},
		{
			"too many", curves(many...), "viz: multiples: 25 curves beside the reference, want 1 to 24",
			"a page ends somewhere",
		},
		{
			"columns", viz.MultiplesFigure{Curves: []viz.Curve{good}, Columns: 5},
			"viz: multiples: 5 columns, want 1 to 4, or 0", "labels would touch",
		},
		{
			"log of percent", viz.MultiplesFigure{Curves: []viz.Curve{good}, Log: true, Percent: true},
			"viz: multiples: a log axis of percentages, want one or the other", "as in panels",
		},
		{
			"lengths", curves(viz.Curve{Name: "ogm", X: []float64{1, 2}, Y: []float64{0.2}}),
			`viz: multiples: curve "ogm": 1 values and 0 deviations at 2 places, want as many`, "which place is it",
		},
		{
			"deviations", curves(viz.Curve{Name: "ogm", X: []float64{1}, Y: []float64{0.2}, SD: []float64{}}),
			`viz: multiples: curve "ogm": 1 values and 0 deviations at 1 places, want as many`, "nil stands for none",
		},
		{
			"unnamed band", curves(viz.Curve{Name: "ogm", X: []float64{1}, Y: []float64{0.2}, SD: []float64{0.1}}),
			`viz: multiples: curve "ogm": a band, and no word of what it is`,
			"a reader would take it for a standard error",
		},
		{"twice", curves(good, good), `viz: multiples: series "ogm": two of that name, want one`, "one panel each"},
		{
			"no points", curves(viz.Curve{Name: "ogm"}), `viz: multiples: series "ogm": no points, want at least one`,
			"never an empty panel",
		},
		{
			"NaN", curves(viz.Curve{Name: "ogm", X: []float64{1}, Y: []float64{math.NaN()}}),
			`viz: multiples: series "ogm": point 0: y = NaN, want a finite value`, "has no place",
		},
		{
			"order", curves(viz.Curve{Name: "ogm", X: []float64{2, 1}, Y: []float64{1, 1}}),
			`viz: multiples: series "ogm": point 1: x = 1 after 2, want ascending x`, "a line goes one way",
		},
		{
			"log", viz.MultiplesFigure{Curves: []viz.Curve{{Name: "ogm", X: []float64{1}, Y: []float64{0}}}, Log: true},
			`viz: multiples: series "ogm": point 0: y = 0 on a log axis, want above 0`, "has no place",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := viz.Multiples(tt.figure); err == nil || err.Error() != tt.want {
				t.Errorf("Multiples: error\n%v, want\n%s\nreason: %s", err, tt.want, tt.reason)
			}
		})
	}
}

// TestMultiplesAxes holds all panels to the same axes, whatever each shows, and the reference to being in each.
func TestMultiplesAxes(t *testing.T) {
	figure := methods()
	f, err := viz.Multiples(figure)
	if err != nil {
		t.Fatal(err)
	}
	panels, _ := f.Spec["concat"].([]any)
	if want := len(figure.Curves) - 1; len(panels) != want {
		t.Fatalf("%d panels, want %d", len(panels), want)
	}
	domains := map[string]bool{}
	for i, p := range panels {
		references, titles := 0, 0
		walk(object(p), func(o map[string]any) {
			if o["series"] == "joint" {
				references++
			}
			if y := object(o["y"]); y["field"] == "y" {
				domains[fmt.Sprint(object(y["scale"])["domain"])] = true
				if y["title"] != nil {
					titles++
				}
			}
		})
		if references != 30 || (titles > 0) != (i%3 == 0) {
			t.Errorf(
				"panel %d: %d points of joint, label of y %v; want all 30, and a label in the first column alone", i,
				references, titles > 0,
			)
		}
	}
	if len(domains) != 1 {
		t.Errorf("y axes span %v, want one span", domains)
	}
}

// TestMultiplesColors: the picture has a palette, so that a notebook of a dozen of them stays small, and white
// stays white.
func TestMultiplesColors(t *testing.T) {
	f, err := viz.Multiples(methods())
	if err != nil {
		t.Fatal(err)
	}
	img, ok := decode(t, f.PNG).(*image.Paletted)
	if !ok || len(img.Palette) > 256 {
		t.Fatalf("the picture is %T, want one with a palette", decode(t, f.PNG))
	}
	if r, g, b, _ := img.At(0, 0).RGBA(); r != 0xffff || g != 0xffff || b != 0xffff {
		t.Errorf("the background is %v, want white", img.At(0, 0))
	}
}
