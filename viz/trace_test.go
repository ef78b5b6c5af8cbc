package viz_test

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/primewindow/primewindow/viz"
)

// smoothTraces are two runs of one modality, smoothed, on a linear axis, with marks that stand close.
func smoothTraces() viz.TraceFigure {
	f := viz.TraceFigure{
		Title: "Accumulator of the published code", XLabel: "epoch", YLabel: "released (nats²)", Smooth: 5,
		Linear: true,
		Windows: []viz.Window{
			{Run: "a", Modality: "video", From: 3, To: 8}, {Run: "b", Modality: "video", From: 6, To: 12},
		},
		Marks: []viz.Mark{
			{X: 10, Text: "beta 0.9"}, {X: 11, Text: "beta 0.5"}, {X: 12, Text: "alpha 1"}, {X: 12, Text: "k 0.04"},
			{X: 39, Text: "not finite"},
		},
	}
	noisy := noisyLosses()
	for i, run := range []string{"a", "b"} {
		s := viz.Series{Name: run + ": video", Run: run, Modality: "video"}
		for e := range 40 {
			s.Points = append(s.Points, viz.Point{X: float64(e), Y: noisy.Series[i].Points[e*60].Y})
		}
		f.Series = append(f.Series, s)
	}
	return f
}

// line is a series of the given values at 1, 2, 3 and so on.
func line(name string, ys ...float64) viz.Series {
	s := viz.Series{Name: name, Run: "r", Modality: name}
	for i, y := range ys {
		s.Points = append(s.Points, viz.Point{X: float64(i + 1), Y: y})
	}
	return s
}

func TestTraceErrors(t *testing.T) {
	good := []viz.Series{line("audio", 1, 2, 3)}
	many := make([]viz.Series, 101)
	for i := range many {
		many[i] = line(fmt.Sprint(i), 1)
	}
	at := func(points ...viz.Point) []viz.Series { return []viz.Series{{Name: "audio", Points: points}} }
	for _, tt := range []struct {
		name   string
		figure viz.TraceFigure
		want   string
		reason string
	}{
		{"nothing", viz.TraceFigure{}, "viz: trace: no series, want at least one", "an empty panel says nothing"},
		{
			"empty series", viz.TraceFigure{Series: at()}, `viz: trace: series "audio": no points, want at least one`,
			"nor does an empty line",
		},
		{
			"no name", viz.TraceFigure{Series: []viz.Series{line("", 1)}},
			"viz: trace: series 0: no name, want one for the legend", "it could not be told",
		},
		{
			"same name", viz.TraceFigure{Series: []viz.Series{good[0], good[0]}},
			`viz: trace: series "audio": two of that name, want one`, "one entry of the legend each",
		},
		{"many", viz.TraceFigure{Series: many}, "viz: trace: 101 series, want at most 100", "the legend would not fit"},
		{
			"NaN", viz.TraceFigure{Series: []viz.Series{line("audio", 1, math.NaN())}},
			`viz: trace: series "audio": point 1: y = NaN, want a finite value`, "has no place",
		},
		{
			"infinite", viz.TraceFigure{Series: []viz.Series{line("audio", math.Inf(1))}, Linear: true},
			`viz: trace: series "audio": point 0: y = +Inf, want a finite value`, "has no place",
		},
		{
			"infinite x", viz.TraceFigure{Series: at(viz.Point{X: math.Inf(-1), Y: 1})},
			`viz: trace: series "audio": point 0: x = -Inf, want a finite value`, "has no place",
		},
		{
			"huge", viz.TraceFigure{Series: at(viz.Point{X: 1, Y: 1e301})},
			`viz: trace: series "audio": point 0: y = 1e+301, want a finite value`, "sums would overflow",
		},
		{
			"zero", viz.TraceFigure{Series: []viz.Series{line("audio", 1, 0)}},
			`viz: trace: series "audio": point 1: y = 0 on a log axis, want above 0`, "no logarithm",
		},
		{
			"negative", viz.TraceFigure{Series: []viz.Series{line("audio", -1)}},
			`viz: trace: series "audio": point 0: y = -1 on a log axis, want above 0`, "no logarithm",
		},
		{
			"back", viz.TraceFigure{Series: at(viz.Point{X: 2, Y: 1}, viz.Point{X: 1, Y: 1})},
			`viz: trace: series "audio": point 1: x = 1 after 2, want ascending x`, "the line would double back",
		},
		{
			"error bar", viz.TraceFigure{Series: at(viz.Point{X: 1, Y: 1, SE: -1})},
			`viz: trace: series "audio": point 0: standard error -1, want a finite value of 0 or more`, "a width",
		},
		{
			"NaN error bar", viz.TraceFigure{Series: at(viz.Point{X: 1, Y: 1, SE: math.NaN()})},
			`viz: trace: series "audio": point 0: standard error NaN, want a finite value of 0 or more`, "a width",
		},
		{
			"window", viz.TraceFigure{Series: good, Windows: []viz.Window{{Modality: "audio", From: 3, To: 3}}},
			`viz: trace: window 0 of "audio": from 3 to 3, want finite ends in ascending order`, "a window has a width",
		},
		{
			"window NaN",
			viz.TraceFigure{Series: good, Windows: []viz.Window{{Modality: "audio", From: math.NaN(), To: 3}}},
			`viz: trace: window 0 of "audio": from NaN to 3, want finite ends in ascending order`, "has no place",
		},
		{
			"mark", viz.TraceFigure{Series: good, Marks: []viz.Mark{{X: math.NaN(), Text: "k"}}},
			`viz: trace: mark 0 "k": x = NaN, want a finite value`, "has no place",
		},
		{
			"smooth", viz.TraceFigure{Series: good, Smooth: -1}, "viz: trace: smoothing over -1 points, want 0 or more",
			"a count",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := viz.Trace(tt.figure)
			if err == nil || err.Error() != tt.want || f != nil {
				t.Errorf("Trace: %v, error\n%v, want\n%s\nreason: %s", f, err, tt.want, tt.reason)
			}
		})
	}
}

// TestTraceDraws draws what is unusual and may be drawn.
func TestTraceDraws(t *testing.T) {
	long := strings.Repeat("a name that goes on ", 20)
	for _, tt := range []struct {
		name   string
		figure viz.TraceFigure
		reason string
	}{
		{"one point", viz.TraceFigure{Series: []viz.Series{line("audio", 1)}}, "the axes need a width"},
		{
			"one point with an error",
			viz.TraceFigure{Series: []viz.Series{{Name: "a", Points: []viz.Point{{X: 1, Y: 2, SE: 0.5}}}}},
			"a bar, not a band",
		},
		{"constant zero", viz.TraceFigure{Series: []viz.Series{line("audio", 0, 0, 0)}, Linear: true}, "no range"},
		{"extremes", viz.TraceFigure{Series: []viz.Series{line("audio", 1e-300, 1e300)}}, "600 decades"},
		{
			"linear extremes", viz.TraceFigure{Series: []viz.Series{line("audio", -1e300, 1e300)}, Linear: true},
			"the range is near the greatest number",
		},
		{
			"wide error",
			viz.TraceFigure{
				Series: []viz.Series{{Name: "a", Points: []viz.Point{{X: 1, Y: 2, SE: 5}, {X: 2, Y: 2, SE: 5}}}},
			},
			"the band reaches below 0 on a log axis",
		},
		{
			"equal x",
			viz.TraceFigure{Series: []viz.Series{{Name: "a", Points: []viz.Point{{X: 1, Y: 2}, {X: 1, Y: 3}}}}},
			"measured twice",
		},
		{
			"long names",
			viz.TraceFigure{
				Title: long, XLabel: long, YLabel: long, Series: []viz.Series{line(long, 1, 2)},
				Marks: []viz.Mark{{X: 1, Text: long}},
			},
			"texts are shortened to fit",
		},
		{
			"other letters", viz.TraceFigure{Title: "痕跡 \xff", Series: []viz.Series{line("声\n音", 1, 2)}},
			"letters the fonts lack",
		},
		{
			"smoothed beyond", viz.TraceFigure{Series: []viz.Series{line("audio", 1, 2)}, Smooth: 1 << 40},
			"wider than the series",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := viz.Trace(tt.figure)
			if err != nil {
				t.Fatalf("%v; reason to draw: %s", err, tt.reason)
			}
			checkSpec(t, f.Spec)
			if size := decode(t, f.PNG).Bounds().Size(); size.X != 2*f.Width || f.Width > 800 {
				t.Errorf("picture is %v for a width of %d, want twice that and at most 800", size, f.Width)
			}
		})
	}
}

// TestUnchanged holds a figure to leaving its arguments as they were, and to the same picture each time.
func TestUnchanged(t *testing.T) {
	f, same := smoothTraces(), smoothTraces()
	first, err := viz.Trace(f)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(same, f); diff != "" {
		t.Errorf("Trace changed its figure: (-was +is)\n%s", diff)
	}
	second, err := viz.Trace(f)
	if diff := cmp.Diff(first, second, cmpopts.IgnoreUnexported(viz.Figure{})); err != nil || diff != "" {
		t.Errorf("drawn again: err %v, (-first +second)\n%s", err, diff)
	}
}

func TestAtTheSameTime(t *testing.T) {
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if _, err := viz.Trace(twoTraces()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func FuzzTrace(f *testing.F) {
	f.Add(1.0, 2.0, 0.1, 3.0, 5.0, 2.0, true, 3)
	f.Add(0.0, 5e-324, 0.0, -1e300, 1e300, 0.0, false, 0)
	f.Fuzz(func(t *testing.T, x, y, se, from, to, mark float64, linear bool, smooth int) {
		fig, err := viz.Trace(viz.TraceFigure{
			Series: []viz.Series{
				{Name: "a", Run: "r", Modality: "a", Points: []viz.Point{{X: 1, Y: 1, SE: se}, {X: x, Y: y}}},
			},
			Windows: []viz.Window{{Run: "r", Modality: "a", From: from, To: to, Uncertain: true}},
			Marks:   []viz.Mark{{X: mark, Text: "m"}}, Smooth: smooth, Linear: linear,
		})
		if err != nil {
			return
		}
		checkSpec(t, fig.Spec)
	})
}
