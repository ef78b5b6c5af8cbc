package viz_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/viz"
)

func TestBarsErrors(t *testing.T) {
	bar := viz.Bar{Name: "conv1", Modality: "audio", Value: 1}
	with := func(change func(b *viz.Bar)) []viz.Bar {
		b := bar
		change(&b)
		return []viz.Bar{b}
	}
	two := []viz.Bar{bar, {Name: "conv1", Modality: "visual", Value: 1, Definition: "released"}}
	two[0].Definition = "fisher_emp"
	for _, tt := range []struct {
		name   string
		figure viz.BarsFigure
		want   string
		reason string
	}{
		{"nothing", viz.BarsFigure{}, "viz: bars: 0 bars, want 1 to 60", "an empty figure says nothing"},
		{"many", viz.BarsFigure{Bars: make([]viz.Bar, 61)}, "viz: bars: 61 bars, want 1 to 60", "a page has an end"},
		{
			"no name", viz.BarsFigure{Bars: []viz.Bar{{Value: 1}}}, `viz: bars: bar 0 "": no name, want one`,
			"it could not be told",
		},
		{
			"twice", viz.BarsFigure{Bars: []viz.Bar{bar, bar}},
			`viz: bars: bar 1 "conv1 audio": two of that name and modality, want one`, "which is it?",
		},
		{
			"NaN", viz.BarsFigure{Bars: with(func(b *viz.Bar) { b.Value = math.NaN() })},
			`viz: bars: bar 0 "conv1 audio": value NaN, want a finite value`, "has no length",
		},
		{
			"infinite", viz.BarsFigure{Bars: with(func(b *viz.Bar) { b.Value = math.Inf(1) })},
			`viz: bars: bar 0 "conv1 audio": value +Inf, want a finite value`, "has no length",
		},
		{
			"error", viz.BarsFigure{Bars: with(func(b *viz.Bar) { b.SE = -1 })},
			`viz: bars: bar 0 "conv1 audio": standard error -1, want a finite value of 0 or more`, "a width",
		},
		{
			"NaN error", viz.BarsFigure{Bars: with(func(b *viz.Bar) { b.SE = math.NaN() })},
			`viz: bars: bar 0 "conv1 audio": standard error NaN, want a finite value of 0 or more`, "a width",
		},
		{
			"log", viz.BarsFigure{Bars: with(func(b *viz.Bar) { b.Value = 0 }), Log: true},
			`viz: bars: bar 0 "conv1 audio": value 0 on a log axis, want above 0`, "no logarithm",
		},
		{
			"log percent", viz.BarsFigure{Bars: []viz.Bar{bar}, Log: true, Percent: true},
			"viz: bars: a log axis of percentages, want one or the other", "its labels would not be percentages",
		},
		{
			"definitions", viz.BarsFigure{Bars: two},
			`viz: bars: bar "conv1 audio" is fisher_emp and bar "conv1 visual" is released: two definitions on one axis, want one`,
			"a bar longer than another would say nothing",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if f, err := viz.Bars(tt.figure); err == nil || err.Error() != tt.want || f != nil {
				t.Errorf("Bars: error\n%v, want\n%s\nreason: %s", err, tt.want, tt.reason)
			}
		})
	}
}

// TestBarsDraws draws what is unusual and may be drawn.
func TestBarsDraws(t *testing.T) {
	most := viz.BarsFigure{Title: "sixty", Label: "y (1)"}
	for i := range 60 {
		most.Bars = append(
			most.Bars,
			viz.Bar{Name: fmt.Sprint("layer", i%30), Modality: []string{"audio", "visual"}[i/30], Value: float64(i)},
		)
	}
	for _, tt := range []struct {
		name   string
		figure viz.BarsFigure
		zero   bool // the axis holds 0
		reason string
	}{
		{"sixty", most, true, "the most"},
		{"zero", viz.BarsFigure{Bars: []viz.Bar{{Name: "a"}}}, true, "no range"},
		{
			"both signs", viz.BarsFigure{Bars: []viz.Bar{{Name: "a", Value: -2, SE: 1}, {Name: "b", Value: 3}}}, true,
			"bars to either side of 0",
		},
		{"below zero", viz.BarsFigure{Bars: []viz.Bar{{Name: "a", Value: -2}}}, true, "0 on the right"},
		{
			"wide error", viz.BarsFigure{Bars: []viz.Bar{{Name: "a", Value: 2, SE: 5}}, Log: true}, false,
			"reaches below 0 on a log axis",
		},
		{
			"extremes",
			viz.BarsFigure{
				Bars: []viz.Bar{{Name: "a", Value: 1e-300}, {Name: "b", Value: 1e300, SE: 1e299}}, Log: true,
			},
			false, "600 decades",
		},
		{
			"linear extremes", viz.BarsFigure{Bars: []viz.Bar{{Name: "a", Value: -1e300}, {Name: "b", Value: 1e300}}},
			true, "the range is near the greatest number",
		},
		{
			"long names",
			viz.BarsFigure{
				Title: strings.Repeat("long ", 60),
				Bars:  []viz.Bar{{Name: strings.Repeat("long ", 60), Modality: strings.Repeat("long ", 60), Value: 1}},
			},
			true, "texts are shortened to fit",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := viz.Bars(tt.figure)
			if err != nil {
				t.Fatalf("%v; reason to draw: %s", err, tt.reason)
			}
			checkSpec(t, f.Spec)
			if size := decode(t, f.PNG).Bounds().Size(); size.X != 2*f.Width || f.Width != 760 {
				t.Errorf("picture is %v for a width of %d, want twice that and 760", size, f.Width)
			}
			values := 0
			walk(f.Spec, func(o map[string]any) {
				if _, ok := o["value"].(float64); ok && o["name"] != nil {
					values++
				}
				x := object(object(o["encoding"])["x"])
				if ends := array(object(x["scale"])["domain"]); tt.zero && x != nil &&
					(ends[0].(float64) > 0 || ends[1].(float64) < 0) {
					t.Errorf("axis spans %v, want 0 in it: bars begin there; reason: %s", ends, tt.reason)
				}
			})
			if values != len(tt.figure.Bars) {
				t.Errorf("%d values in the spec, want %d", values, len(tt.figure.Bars))
			}
		})
	}
}

// TestBarsColours holds bars to the colours that their modalities have in every figure, in the picture too.
func TestBarsColours(t *testing.T) {
	f, err := viz.Bars(shares())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(
		map[string]string{"audio": "#0072b2", "visual": "#d55e00"}, scales(f.Spec, "color"),
	); diff != "" {
		t.Errorf("colours: (-want +got)\n%s", diff)
	}
	// At an opacity of 0.75, 0 of a colour is 64 on white, and blue's 0x72 and 0xb2 are 149 and 197; each within the 2
	// that are lost in rounding.
	img, blue := decode(t, f.PNG), 0
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			r, g, b, _ := img.At(x, y).RGBA()
			off := max(math.Abs(float64(r>>8)-64), math.Abs(float64(g>>8)-149), math.Abs(float64(b>>8)-197))
			if off <= 2 {
				blue++
			}
		}
	}
	// The longest of the blue bars is some 450 CSS pixels by 12, four pixels each, and all are together 3.9 times as
	// long.
	if least := 450 * 12 * 4 * 3; blue < least {
		t.Errorf("%d blue pixels, want at least %d", blue, least)
	}
}
