package viz_test

import (
	"fmt"
	"math"

	"github.com/primewindow/primewindow/viz"
)

// curve is a series of y at from, from+1 and so on up to to.
func curve(name, run, modality string, from, to int, y func(x float64) float64) viz.Series {
	s := viz.Series{Name: name, Run: run, Modality: modality}
	for x := from; x <= to; x++ {
		s.Points = append(s.Points, viz.Point{X: float64(x), Y: y(float64(x))})
	}
	return s
}

// rise is a trace that rises to peak at an epoch and falls again.
func rise(peak, at float64) func(float64) float64 {
	return func(x float64) float64 { return peak * x / at * math.Exp(1-x/at) }
}

// overview is five panels of two runs: gaps between the modalities (figure 3 of the paper), and how far a run goes.
func overview() viz.PanelsFigure {
	of := func(scale, rate float64) []viz.Series {
		var list []viz.Series
		for i, run := range []string{"joint", "inforeg"} {
			list = append(list, curve(run, run, "fused", 1, 30, func(x float64) float64 {
				return scale * (0.4 + math.Exp(-x/rate)) * (1 - 0.4*float64(i)) * (1 + 0.1*math.Sin(x*float64(i+2)))
			}))
		}
		return list
	}
	gap := of(12, 8)
	for i := range gap {
		for j := range gap[i].Points {
			gap[i].Points[j].Y -= 5
			gap[i].Points[j].SE = 0.7
		}
	}
	window := []viz.Window{{Run: "inforeg", Modality: "fused", From: 3, To: 9}}
	mark := []viz.Mark{{X: 16, Text: "learning_rate 0.0002"}}
	return viz.PanelsFigure{Title: "Two runs, epoch by epoch", Panels: []viz.LinePanel{
		{
			Title: "Gradient gap, audio less visual", XLabel: "epoch", YLabel: "gap (nats)", Series: gap,
			Rule: viz.Rule{Text: "no gap"},
		},
		{
			Title: "Trace gap, audio less visual", XLabel: "epoch", YLabel: "gap (nats²)", Series: of(300, 9),
			Windows: window, Marks: mark,
		},
		{
			Title: "Update size", XLabel: "epoch", YLabel: "norm of the update (1)", Series: of(0.02, 6), Log: true,
			Marks: mark,
		},
		{Title: "Distance from the start", XLabel: "epoch", YLabel: "distance (1)", Series: of(20, 30), Smooth: 5},
		{Title: "Gradient norm", XLabel: "epoch", YLabel: "norm (nats)", Series: of(3000, 4), Log: true},
	}}
}

// smoothings is one trace raw and smoothed in two ways, with the windows that each way finds.
func smoothings() viz.PanelsFigure {
	f := viz.PanelsFigure{Title: "One trace, smoothed in three ways", Columns: 1, ShareX: true}
	for _, way := range []struct {
		title  string
		from   int
		factor func(x float64) float64
		open   [2]float64
	}{
		{"raw", 1, func(x float64) float64 { return 1 + 0.15*math.Sin(9*x) }, [2]float64{2, 5}},
		{"mean of 10 epochs", 10, func(float64) float64 { return 0.9 }, [2]float64{10, 12}},
		{
			"mean of 10 epochs, before the first padded with zeros, as published", 1,
			func(x float64) float64 { return min(1, x/10) }, [2]float64{1, 11},
		},
	} {
		p := viz.LinePanel{Title: way.title, XLabel: "epoch", YLabel: "Tr(F) (nats²)", Log: true}
		for i, m := range []string{"audio", "visual"} {
			s := curve(m, "joint", m, way.from, 30, func(x float64) float64 {
				return way.factor(x) * rise(40/float64(1+2*i), float64(5+3*i))(x)
			})
			s.Definition = "fisher_emp, fused loss, recalibrated"
			p.Series = append(p.Series, s)
			p.Windows = append(
				p.Windows,
				viz.Window{
					Run: "joint", Modality: m, From: way.open[0], To: way.open[1] + float64(i), Uncertain: i > 0,
				},
			)
		}
		f.Panels = append(f.Panels, p)
	}
	return f
}

// scaling is the cost of a probe over the size of a batch and the width of a net, with the line of one exponent.
func scaling() viz.PanelsFigure {
	f := viz.PanelsFigure{Title: "Cost of the exact trace, two cores"}
	for _, over := range []struct {
		title, x string
		at       []float64
		power    float64
	}{
		{"Over the batch", "samples in a batch", []float64{8, 16, 32, 64}, 1},
		{"Over the width", "width of the net", []float64{0.25, 0.5, 1}, 1.8},
	} {
		measured := viz.Series{Name: "measured", Run: "measured", Modality: "time"}
		fitted := viz.Series{Name: "fitted line", Run: "fitted", Modality: "fit"}
		for i, x := range over.at {
			y := 30 * math.Pow(x/over.at[0], over.power)
			fitted.Points = append(fitted.Points, viz.Point{X: x, Y: y})
			measured.Points = append(
				measured.Points, viz.Point{X: x, Y: y * (1 + 0.12*math.Sin(float64(2*i+1))), SE: y / 20},
			)
		}
		fitted.Points = []viz.Point{fitted.Points[0], fitted.Points[len(fitted.Points)-1]}
		f.Panels = append(f.Panels, viz.LinePanel{
			Title: over.title, XLabel: over.x, YLabel: "time (ms)", Log: true, LogX: true,
			Series: []viz.Series{measured, fitted},
		})
	}
	return f
}

func ExamplePanels() {
	gap := viz.Series{
		Name: "joint", Run: "joint", Points: []viz.Point{{X: 1, Y: -0.5}, {X: 2, Y: 1.25}, {X: 3, Y: 0.75}},
	}
	norm := viz.Series{Name: "joint", Run: "joint", Points: []viz.Point{{X: 1, Y: 200}, {X: 2, Y: 20}, {X: 3, Y: 5}}}
	f, err := viz.Panels(viz.PanelsFigure{Title: "Joint", ShareX: true, Panels: []viz.LinePanel{
		{
			Title: "Gradient gap", XLabel: "epoch", YLabel: "gap (nats)", Series: []viz.Series{gap},
			Rule: viz.Rule{Text: "no gap"},
		},
		{Title: "Gradient norm", XLabel: "epoch", YLabel: "norm (nats)", Series: []viz.Series{norm}, Log: true},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Text)
	// Output:
	// Joint: Gradient gap, gap (nats) by epoch, joint goes from -0.5 at 1 to 0.75 at 3; no gap is 0; Gradient norm, norm (nats) by epoch on a log axis, joint goes from 200 at 1 to 5 at 3.
}
