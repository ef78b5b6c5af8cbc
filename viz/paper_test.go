package viz_test

import (
	"math"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/viz"
)

// TestPrinted holds values from elsewhere and holes of bars to what can be read.
func TestPrinted(t *testing.T) {
	bars := []viz.Bar{{Name: "Joint", Value: 0.6}, {Name: "InfoReg", Value: 0.7}}
	for _, tt := range []struct {
		name   string
		figure viz.BarsFigure
		want   string
		reason string
	}{
		{
			"no name", viz.BarsFigure{Bars: bars, Printed: bars},
			"viz: bars: values from elsewhere without a name, want one for the legend", "whose are they?",
		},
		{
			"no bar", viz.BarsFigure{Bars: bars[:1], Printed: bars, PrintedName: "the paper"},
			`viz: bars: the paper 1 "InfoReg": no bar of that name and modality, want one`,
			"a mark with nothing beside it; a hole has a reason",
		},
		{
			"twice", viz.BarsFigure{Bars: bars, Printed: []viz.Bar{bars[0], bars[0]}, PrintedName: "the paper"},
			`viz: bars: the paper 1 "Joint": two of that name and modality, want one`, "which is it?",
		},
		{
			"NaN",
			viz.BarsFigure{
				Bars: bars, Printed: []viz.Bar{{Name: "Joint", Value: math.NaN()}}, PrintedName: "the paper",
			},
			`viz: bars: the paper 0 "Joint": value NaN, want a finite value`, "has no place",
		},
		{
			"both", viz.BarsFigure{Bars: []viz.Bar{{Name: "Joint", Value: 1, Missing: "no run"}}},
			`viz: bars: bar 0 "Joint": value 1 and a reason for none, want one`, "which is it?",
		},
		{
			"all missing", viz.BarsFigure{Bars: []viz.Bar{{Name: "Joint", Missing: "no run"}}},
			"viz: bars: every bar is missing, want at least one value", "an empty figure says nothing",
		},
	} {
		if f, err := viz.Bars(tt.figure); err == nil || err.Error() != tt.want || f != nil {
			t.Errorf("%s: error\n%v, want\n%s\nreason: %s", tt.name, err, tt.want, tt.reason)
		}
	}
}

func TestPanelsShareY(t *testing.T) {
	f := viz.PanelsFigure{ShareX: true, ShareY: true, Panels: []viz.LinePanel{
		{Series: []viz.Series{line("audio", 1, 2)}, Log: true},
		{Series: []viz.Series{line("audio", 50, 100)}, Log: true},
	}}
	fig, err := viz.Panels(f)
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[any]bool)
	walk(fig.Spec, func(o map[string]any) {
		if y := object(object(o["encoding"])["y"]); y["field"] == "y" {
			ends := array(object(y["scale"])["domain"])
			seen[[2]any{ends[0], ends[1]}] = true
			if low, high := ends[0].(float64), ends[1].(float64); low > 1 || high < 100 {
				t.Errorf("axis from %v to %v, want it to hold 1 and 100", low, high)
			}
		}
	})
	if len(seen) != 1 {
		t.Errorf("axes %v, want one for both panels", seen)
	}
	f.Panels[1].Log = false
	if _, err := viz.Panels(
		f,
	); err == nil ||
		err.Error() != "viz: panels: panel 1: a y axis of another kind than that of panel 0, want one kind where "+
			"panels share y" {
		t.Errorf("two kinds of axes: %v", err)
	}
}

// TestWindowsOverSeeds: a window over seeds says in how many it is open, in the sentence and in the spec, and a count
// that cannot be is an error.
func TestWindowsOverSeeds(t *testing.T) {
	figure := func(list ...viz.Window) viz.PanelsFigure {
		return viz.PanelsFigure{Panels: []viz.LinePanel{{Series: []viz.Series{line("audio", 1, 2, 3)}, Windows: list}}}
	}
	for _, tt := range []struct {
		window viz.Window
		want   string
		reason string
	}{
		{viz.Window{From: 1, To: 2, Of: 5}, "open in 0 of 5 seeds", "a span that no seed has open is none"},
		{viz.Window{From: 1, To: 2, Open: 6, Of: 5}, "open in 6 of 5 seeds", "more than there are"},
		{viz.Window{From: 1, To: 2, Open: 2}, "open in 2 of 0 seeds", "of how many?"},
		{viz.Window{From: 1, To: 2, Of: -1}, "open in 0 of -1 seeds", "a count"},
	} {
		if _, err := viz.Panels(figure(tt.window)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: error %v, want %q\nreason: %s", tt.window, err, tt.want, tt.reason)
		}
	}
	fig, err := viz.Panels(
		figure(
			viz.Window{Modality: "audio", From: 1, To: 2, Open: 2, Of: 5},
			viz.Window{Modality: "audio", From: 2, To: 3, Open: 5, Of: 5},
		),
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"audio window from 1 to 2 in 2 of 5 seeds", "audio window from 2 to 3 in 5 of 5 seeds",
	} {
		if !strings.Contains(fig.Text, want) {
			t.Errorf("text %q lacks %q", fig.Text, want)
		}
	}
	opacity := map[any]float64{}
	walk(fig.Spec, func(o map[string]any) {
		if v, ok := o["opacity"].(float64); ok && o["seeds"] != nil {
			opacity[o["seeds"]] = v
		}
	})
	if low, high := opacity["2 of 5"], opacity["5 of 5"]; len(opacity) != 2 || !(0 < low && low < high) {
		t.Errorf("opacities %v, want the window of more seeds darker", opacity)
	}
}

// TestHollowNote: hollow series that share a note have no entry in the legend, and the spec still gives them their
// look.
func TestHollowNote(t *testing.T) {
	counts := line("audio, test", 0.5)
	counts.Hollow, counts.Modality = true, "audio"
	f := viz.PanelsFigure{
		Hollow: "accuracy on the test split",
		Panels: []viz.LinePanel{{Series: []viz.Series{line("audio", 0.4, 0.6), counts}, AtPoints: true}},
	}
	fig, err := viz.Panels(f)
	if err != nil {
		t.Fatal(err)
	}
	scales := 0
	walk(fig.Spec, func(o map[string]any) {
		color := object(o["color"])
		if color["field"] != "series" {
			return
		}
		scales++
		listed, domain := array(object(color["legend"])["values"]), array(object(color["scale"])["domain"])
		if len(listed) != 1 || listed[0] != "audio" || len(domain) != 2 {
			t.Errorf("legend of %v with scale of %v, want audio alone with a scale of both", listed, domain)
		}
	})
	if scales == 0 {
		t.Error("no scale of colours by series")
	}
	walk(fig.Spec, func(o map[string]any) {
		if x := object(o["x"]); x["field"] == "x" && object(x["axis"])["values"] != nil {
			if ticks := array(object(x["axis"])["values"]); len(ticks) != 2 {
				t.Errorf("labels at %v, want one at each of two points", ticks)
			}
		}
	})
}

// TestTraceSettings names what is wrong with means, bands and the ends of windows, and says in words what they are.
func TestTraceSettings(t *testing.T) {
	ends := func(from, to [2]float64) viz.TraceFigure {
		return viz.TraceFigure{
			Series:  []viz.Series{line("audio", 1, 2, 3, 4)},
			Windows: []viz.Window{{Run: "r", Modality: "audio", From: 2, To: 3, FromEnds: from, ToEnds: to}},
		}
	}
	decay := func(d float64, smooth int) viz.TraceFigure {
		return viz.TraceFigure{Series: []viz.Series{line("audio", 1, 2)}, Decay: d, Smooth: smooth}
	}
	for _, tt := range []struct {
		name   string
		figure viz.TraceFigure
		want   string // of the error, or in the text
		reason string
	}{
		{
			"decay", decay(1, 0), "viz: trace: exponential mean of factor 1, want 0 to below 1",
			"the first value for ever",
		},
		{
			"decay NaN", decay(math.NaN(), 0), "viz: trace: exponential mean of factor NaN, want 0 to below 1",
			"no factor",
		},
		{
			"two means", decay(0.6, 3), "viz: trace: both a centred and an exponential mean, want one",
			"one line is bold",
		},
		{
			"ends", ends([2]float64{2.5, 3}, [2]float64{}),
			`viz: trace: window 0 of "audio": from 2 between 2.5 and 3, want finite values in ascending order about it`,
			"outside of its own interval",
		},
		{
			"ends NaN", ends([2]float64{}, [2]float64{2, math.NaN()}),
			`viz: trace: window 0 of "audio": to 3 between 2 and NaN, want finite values in ascending order about it`,
			"has no place",
		},
		{
			"three parts", ends([2]float64{1, 2}, [2]float64{3, 4}),
			"audio window from 2 to 3; audio window perhaps from 1 to 2; audio window perhaps from 3 to 4",
			"a sure middle",
		},
		{
			"one end", ends([2]float64{}, [2]float64{3, 4}),
			"audio window from 2 to 3; audio window perhaps from 3 to 4.", "one end is sure",
		},
		{
			"no middle", ends([2]float64{1, 3}, [2]float64{2, 4}), "audio window perhaps from 1 to 4.",
			"the ends may meet: nowhere is it open for sure",
		},
	} {
		f, err := viz.Trace(tt.figure)
		switch {
		case err == nil && !strings.Contains(f.Text, tt.want):
			t.Errorf("%s: text %q, want %q in it; reason: %s", tt.name, f.Text, tt.want, tt.reason)
		case err != nil && err.Error() != tt.want:
			t.Errorf("%s: error\n%v, want\n%s\nreason: %s", tt.name, err, tt.want, tt.reason)
		}
	}
	if f, err := viz.Trace(banded()); err != nil || !strings.HasSuffix(f.Text, "; band: ± 1 sd over 5 seeds.") {
		t.Errorf("text %v, err %v, want it to say what the band is", f.Text, err)
	}
}
