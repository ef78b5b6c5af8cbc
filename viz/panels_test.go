package viz_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/viz"
)

// defined is a series with a definition.
func defined(name, definition string) viz.Series {
	s := line(name, 1, 2)
	s.Definition = definition
	return s
}

// row are panels that hold one series each.
func row(n int) []viz.LinePanel {
	list := make([]viz.LinePanel, n)
	for i := range list {
		list[i] = viz.LinePanel{
			Title: fmt.Sprint("panel ", i), XLabel: "epoch", YLabel: "y (1)",
			Series: []viz.Series{line("audio", 1, 2, 3)},
		}
	}
	return list
}

func TestPanelsErrors(t *testing.T) {
	good := line("audio", 1, 2)
	one := func(p viz.LinePanel) viz.PanelsFigure {
		p.Title = "gap"
		if p.Series == nil {
			p.Series = []viz.Series{good}
		}
		return viz.PanelsFigure{Panels: []viz.LinePanel{p}}
	}
	mixed := row(2)
	mixed[1].LogX = true
	other := row(2)
	other[1].Series[0].Run = "another"
	many := row(2)
	for i := range many {
		for j := range 60 {
			many[i].Series = append(many[i].Series, line(fmt.Sprint(i, j), 1))
		}
	}
	for _, tt := range []struct {
		name   string
		figure viz.PanelsFigure
		want   string
		reason string
	}{
		{"nothing", viz.PanelsFigure{}, "viz: panels: 0 panels, want 1 to 12", "an empty figure says nothing"},
		{"many panels", viz.PanelsFigure{Panels: row(13)}, "viz: panels: 13 panels, want 1 to 12", "a page has an end"},
		{
			"columns", viz.PanelsFigure{Panels: row(4), Columns: 4}, "viz: panels: 4 columns, want 1 to 3, or 0",
			"a fourth would have no room",
		},
		{
			"negative columns", viz.PanelsFigure{Panels: row(4), Columns: -1},
			"viz: panels: -1 columns, want 1 to 3, or 0", "a count",
		},
		{
			"empty panel", viz.PanelsFigure{Panels: []viz.LinePanel{{}}},
			"viz: panels: panel 0: no series, want at least one", "missing data is never an empty panel",
		},
		{
			"NaN", one(viz.LinePanel{Series: []viz.Series{line("a", math.NaN())}}),
			`viz: panels: panel 0 "gap": series "a": point 0: y = NaN, want a finite value`, "has no place",
		},
		{
			"log", one(viz.LinePanel{Series: []viz.Series{line("a", 0)}, Log: true}),
			`viz: panels: panel 0 "gap": series "a": point 0: y = 0 on a log axis, want above 0`, "no logarithm",
		},
		{
			"log x",
			one(viz.LinePanel{Series: []viz.Series{{Name: "a", Points: []viz.Point{{X: 0, Y: 1}}}}, LogX: true}),
			`viz: panels: panel 0 "gap": series "a": point 0: x = 0 on a log axis, want above 0`, "no logarithm",
		},
		{
			"log x of a window",
			one(viz.LinePanel{LogX: true, Windows: []viz.Window{{Modality: "a", From: -1, To: 2}}}),
			`viz: panels: panel 0 "gap": window 0 of "a": from -1 on a log axis, want above 0`, "no logarithm",
		},
		{
			"log x of a mark", one(viz.LinePanel{LogX: true, Marks: []viz.Mark{{X: 0, Text: "k"}}}),
			`viz: panels: panel 0 "gap": mark 0 "k": x = 0 on a log axis, want above 0`, "no logarithm",
		},
		{
			"window", one(viz.LinePanel{Windows: []viz.Window{{Modality: "a", From: 2, To: 2}}}),
			`viz: panels: panel 0 "gap": window 0 of "a": from 2 to 2, want finite ends in ascending order`,
			"a window has a width",
		},
		{
			"mark", one(viz.LinePanel{Marks: []viz.Mark{{X: math.NaN()}}}),
			`viz: panels: panel 0 "gap": mark 0 "": x = NaN, want a finite value`, "has no place",
		},
		{
			"rule", one(viz.LinePanel{Rule: viz.Rule{Y: 3}}),
			`viz: panels: panel 0 "gap": rule at 3 without a text, want one for the legend`, "it could not be told",
		},
		{
			"rule NaN", one(viz.LinePanel{Rule: viz.Rule{Y: math.NaN(), Text: "k"}}),
			`viz: panels: panel 0 "gap": rule "k": y = NaN, want a finite value`, "has no place",
		},
		{
			"rule log", one(viz.LinePanel{Rule: viz.Rule{Text: "k"}, Log: true}),
			`viz: panels: panel 0 "gap": rule "k": y = 0 on a log axis, want above 0`, "no logarithm",
		},
		{
			"smooth", one(viz.LinePanel{Smooth: -2}),
			`viz: panels: panel 0 "gap": smoothing over -2 points, want 0 or more`, "a count",
		},
		{
			"log percent", one(viz.LinePanel{Log: true, Percent: true}),
			`viz: panels: panel 0 "gap": a log axis of percentages, want one or the other`,
			"its labels would not be percentages",
		},
		{
			"two kinds of x", viz.PanelsFigure{Panels: mixed, ShareX: true},
			`viz: panels: panel 1 "panel 1": a log x axis here or in panel 0 only, want one kind where panels share x`,
			"one span of x is of one kind",
		},
		{
			"shared name", viz.PanelsFigure{Panels: other},
			`viz: panels: series "audio": "audio" of run "r" in one panel, "audio" of run "another" in another, want one`,
			"one entry of the legend is one look",
		},
		{
			"legend", viz.PanelsFigure{Panels: many}, "viz: panels: legend of 121 entries, want at most 100",
			"it would not fit",
		},
		{
			"definitions",
			one(viz.LinePanel{Series: []viz.Series{defined("a", "fisher_emp, fused loss"), defined("b", "released")}}),
			`viz: panels: panel 0 "gap": series "a" is fisher_emp, fused loss and series "b" is released: two definitions on one axis, want one`,
			"their numbers differ by orders of magnitude for one network",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if f, err := viz.Panels(tt.figure); err == nil || err.Error() != tt.want || f != nil {
				t.Errorf("Panels: error\n%v, want\n%s\nreason: %s", err, tt.want, tt.reason)
			}
		})
	}
}

// TestDefinitions holds every figure to one definition on an axis, and lets panels differ.
func TestDefinitions(t *testing.T) {
	emp, released, unnamed := defined("a", "fisher_emp"), defined("b", "released"), defined("c", "")
	clash := `series "a" is fisher_emp and series "b" is released: two definitions on one axis, want one`
	for _, tt := range []struct {
		name   string
		draw   func() (*viz.Figure, error)
		want   string // of the error, or of the sentence where it is drawn
		reason string
	}{
		{"trace", func() (*viz.Figure, error) {
			return viz.Trace(viz.TraceFigure{Series: []viz.Series{emp, unnamed, released}})
		}, "viz: trace: " + clash, "an order of the two would say nothing"},
		{"live", func() (*viz.Figure, error) {
			return viz.Live(viz.LiveFigure{Loss: []viz.Series{unnamed}, Trace: []viz.Series{emp, released}})
		}, "viz: live: trace: " + clash, "the same axis while training"},
		{"one", func() (*viz.Figure, error) {
			return viz.Trace(viz.TraceFigure{YLabel: "trace", Series: []viz.Series{unnamed, emp}})
		}, "trace on a log axis (fisher_emp), c goes from 1 at 1 to 2 at 2, a goes from 1 at 1 to 2 at 2.",
			"the other is not known to differ"},
		{"one in each panel", func() (*viz.Figure, error) {
			return viz.Panels(viz.PanelsFigure{Panels: []viz.LinePanel{
				{YLabel: "trace", Series: []viz.Series{emp}}, {YLabel: "trace", Series: []viz.Series{released}},
			}})
		}, "trace (fisher_emp), a goes from 1 at 1 to 2 at 2; trace (released), b goes from 1 at 1 to 2 at 2.",
			"each panel has an axis of its own"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := tt.draw()
			got := fmt.Sprint(err)
			if err == nil {
				got = f.Text
			}
			if got != tt.want {
				t.Errorf("got\n%s, want\n%s\nreason: %s", got, tt.want, tt.reason)
			}
		})
	}
}

// TestPanelsDraws draws what is unusual and may be drawn.
func TestPanelsDraws(t *testing.T) {
	at := func(points ...viz.Point) []viz.Series { return []viz.Series{{Name: "a", Points: points}} }
	long := strings.Repeat("a name that goes on ", 20)
	for _, tt := range []struct {
		name   string
		panel  viz.LinePanel
		reason string
	}{
		{"one point", viz.LinePanel{Series: at(viz.Point{X: 8, Y: 1}), Log: true, LogX: true}, "the axes need a width"},
		{
			"extremes",
			viz.LinePanel{
				Series: at(viz.Point{X: 1e-300, Y: 1e-300}, viz.Point{X: 1e300, Y: 1e300}), Log: true, LogX: true,
			},
			"600 decades either way",
		},
		{
			"linear extremes",
			viz.LinePanel{Series: at(viz.Point{X: -1e300, Y: -1e300}, viz.Point{X: 1e300, Y: 1e300})},
			"the ranges are near the greatest number",
		},
		{
			"window on a log axis",
			viz.LinePanel{
				Series: at(viz.Point{X: 1, Y: 1}, viz.Point{X: 2, Y: 1}), LogX: true,
				Windows: []viz.Window{{Modality: "a", From: 1e-9, To: 1e9}},
			},
			"wider than the series",
		},
		{
			"rule far off", viz.LinePanel{Series: at(viz.Point{X: 1, Y: 1}), Rule: viz.Rule{Y: -1e6, Text: "k"}},
			"the axis reaches it",
		},
		{
			"beyond percent",
			viz.LinePanel{
				Series: at(viz.Point{X: 1, Y: -0.5}, viz.Point{X: 2, Y: 3}), Percent: true,
				Rule: viz.Rule{Y: 1, Text: "all"},
			},
			"a gap of shares may be negative",
		},
		{
			"long names",
			viz.LinePanel{
				Title: long, XLabel: long, YLabel: long, Series: []viz.Series{defined(long, long)},
				Rule: viz.Rule{Y: 1, Text: long}, Marks: []viz.Mark{{X: 1, Text: long}},
			},
			"texts are shortened to fit",
		},
	} {
		for _, columns := range []int{1, 2} {
			f, err := viz.Panels(
				viz.PanelsFigure{Panels: []viz.LinePanel{tt.panel, tt.panel, tt.panel}, Columns: columns},
			)
			if err != nil {
				t.Fatalf("%s: %v; reason to draw: %s", tt.name, err, tt.reason)
			}
			checkSpec(t, f.Spec)
		}
	}
}

// TestPanelsGrid holds panels to rows and columns that line up, apart from each other and from the legend.
func TestPanelsGrid(t *testing.T) {
	for _, tt := range []struct {
		panels, columns int
		across          float64 // in the spec, 0 where all stand in one row
		width           int
		reason          string
	}{
		{1, 0, 0, 760, "one panel has its legend beside it"},
		{2, 0, 0, 960, "side by side"},
		{3, 0, 0, 960, "three in a row"},
		{4, 0, 2, 960, "two by two, not three and one"},
		{12, 0, 3, 960, "the most"},
		{5, 2, 2, 960, "as asked"},
		{3, 1, 1, 760, "below each other"},
		{2, 3, 0, 960, "no empty column"},
	} {
		t.Run(fmt.Sprint(tt.panels, " in ", tt.columns), func(t *testing.T) {
			f, err := viz.Panels(viz.PanelsFigure{Panels: row(tt.panels), Columns: tt.columns})
			if err != nil {
				t.Fatal(err)
			}
			checkSpec(t, f.Spec)
			across, _ := f.Spec["columns"].(float64)
			if across != tt.across || f.Width != tt.width {
				t.Errorf(
					"%v columns in %d pixels, want %v in %d; reason: %s", across, f.Width, tt.across, tt.width,
					tt.reason,
				)
			}
			if views := array(f.Spec["concat"]); across > 0 && len(views) != tt.panels {
				t.Errorf("%d views, want %d", len(views), tt.panels)
			}
		})
	}
}

// domains are the ends of x in each panel of a figure.
func domains(t *testing.T, f viz.PanelsFigure) []any {
	t.Helper()
	fig, err := viz.Panels(f)
	if err != nil {
		t.Fatal(err)
	}
	var list []any
	for _, v := range append(array(fig.Spec["concat"]), array(fig.Spec["hconcat"])...) {
		var ends any
		walk(v, func(o map[string]any) {
			if x := object(object(o["encoding"])["x"]); x["field"] == "x" {
				ends = object(x["scale"])["domain"]
			}
		})
		list = append(list, ends)
	}
	return list
}

func TestShareX(t *testing.T) {
	f := viz.PanelsFigure{Panels: row(2), Columns: 1}
	f.Panels[1].Series = []viz.Series{line("audio", 1, 2, 3, 4, 5)}
	if own := domains(t, f); cmp.Equal(own[0], own[1]) {
		t.Errorf("x spans %v in both panels, want each its own data", own[0])
	}
	f.ShareX = true
	// Three points span 1 to 3 and five 1 to 5; a fiftieth is added either side, and the widest ends serve both.
	if diff := cmp.Diff([]any{[]any{0.92, 5.08}, []any{0.92, 5.08}}, domains(t, f)); diff != "" {
		t.Errorf("shared x: (-want +got)\n%s", diff)
	}
}

// TestPanelsNotes holds the legend to saying what is drawn: once where panels agree, by their titles where they do not.
func TestPanelsNotes(t *testing.T) {
	f := viz.PanelsFigure{Title: "t", Panels: row(3)}
	for i, d := range []string{"fisher_emp", "released", "fisher_emp"} {
		f.Panels[i].Series[0].Definition = d
		f.Panels[i].Rule = viz.Rule{Y: 2, Text: "bound"}
	}
	f.Panels[1].Smooth = 3
	fig, err := viz.Panels(f)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(array(object(fig.Spec["title"])["subtitle"])...)
	want := "dashed line: bound, 2 · definition in panel 0, panel 2: fisher_emp · definition in panel 1: released · " +
		"bold: centred mean of 3 points"
	if got != want {
		t.Errorf(
			"notes\n%s, want\n%s\nreason: one line of one kind of rule, each definition with its panels, one mean", got,
			want,
		)
	}
	for _, say := range []string{"panel 0, y (1) by epoch (fisher_emp), audio", "bound is 2"} {
		if !strings.Contains(fig.Text, say) {
			t.Errorf("%q does not say %q", fig.Text, say)
		}
	}
}
