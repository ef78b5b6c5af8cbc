package draw

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/viz"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// single is the run of a figure that is of one: of several a picture of the first would pass for one of all.
func single(kind string, runs []record.Recorded) (record.Recorded, error) {
	if len(runs) == 1 {
		return runs[0], nil
	}
	names := make([]string, len(runs))
	for i, rec := range runs {
		names[i] = rec.Status.Name
	}
	return record.Recorded{}, &wire.Problem{
		Message: fmt.Sprintf("%s of %s: the figure is of one run", kind, strings.Join(names, ", ")),
		Hint:    "draw one run at a time",
	}
}

// drawSmooth draws a run's trace as measured, under a mean over ten tests of the window, and under that of the
// published code, which pads with zeros: each with the windows that it would open.
func drawSmooth(runs []record.Recorded) (*viz.Figure, error) {
	rec, err := single("smooth", runs)
	if err != nil {
		return nil, err
	}
	f, err := smoothPanels(rec)
	if err != nil {
		return nil, err
	}
	return viz.Panels(f)
}

// smoothPanels are the panels of [drawSmooth]. They share epochs, so that the windows below each other can be compared.
// Each modality needs a value at the end of every interval: a mean over gaps would be of other epochs than it says.
func smoothPanels(rec record.Recorded) (viz.PanelsFigure, error) {
	f := viz.PanelsFigure{Title: "One trace, three windows: " + rec.Status.Name, ShareX: true, Columns: 1}
	over := fmt.Sprintf("mean over %d epochs", inforeg.ReleasedSmoothing)
	if every := rec.Epochs(rec.Interval()); every != 1 {
		over = fmt.Sprintf("mean over %d tests, one every %.3g epochs", inforeg.ReleasedSmoothing, every)
	}
	for _, way := range []struct {
		title  string
		width  int
		padded bool
	}{
		{"as measured", 1, false},
		{over, inforeg.ReleasedSmoothing, false},
		{over + ", zeros before the first (published code)", inforeg.ReleasedSmoothing, true},
	} {
		p := viz.LinePanel{Title: way.title, XLabel: "epoch", YLabel: "Tr(F) (nats²)"}
		for _, m := range rec.Status.Modalities {
			t := rec.Trace(inforeg.KindFisherEmp, m)
			if slices.ContainsFunc(t.Values, math.IsNaN) || len(t.Values) == 0 {
				continue
			}
			smooth, riseErrors, rule := t.Values, t.RiseErrors, rec.Rule()
			if way.width > 1 {
				var err error
				if smooth, err = inforeg.Smooth(t.Values, way.width, way.padded); err != nil {
					return f, err
				}
				riseErrors, rule = nil, ruleOfMeans(rule)
			}
			s := viz.Series{Name: m, Run: rec.Status.Name, Modality: m}
			for i, v := range smooth {
				point := viz.Point{X: rec.Epochs((i + 1) * rec.Interval()), Y: v}
				// A mean over epochs has no standard error that is known: its values are not independent.
				if way.width == 1 && t.SE[i] > 0 {
					point.SE = t.SE[i]
				}
				s.Points = append(s.Points, point)
			}
			windows, err := windowsOfTrace(rec, rule, m, smooth, riseErrors)
			if err != nil {
				return f, err
			}
			p.Series, p.Windows = append(p.Series, s), append(p.Windows, windows...)
		}
		if len(p.Series) == 0 {
			return f, needs(
				"trace at the end of every interval of window_every", []record.Recorded{rec},
				"train some epochs with every.fisher_emp at window",
			)
		}
		f.Panels = append(f.Panels, p)
	}
	return f, nil
}

// drawRunning draws what steps measured out of their own passes, each definition in a panel of its own, beside the
// exact trace at the ends of epochs. Several definitions are to be compared here, so each has a panel with an axis of
// its own, and only epochs are shared. Records are collected by definition first, since a run may have any number
// of them.
func drawRunning(runs []record.Recorded) (*viz.Figure, error) {
	f := viz.PanelsFigure{Title: "Traces by definition", Columns: 1, ShareX: true}
	panels := map[string]*viz.LinePanel{}
	for _, rec := range runs {
		for _, m := range rec.Status.Modalities {
			all := map[string][]viz.Point{}
			for _, p := range rec.History.Probes {
				// Single steps are drawn, and not their means over an interval, which are of the same numbers.
				own := (p.Kind == inforeg.KindFisherEmp || p.Kind == inforeg.KindFisherTrue) &&
					(rec.Scheduled(p) || strings.HasSuffix(p.Way, wire.InStep))
				if p.Encoder != m || !own || p.Value <= 0 {
					continue
				}
				point := viz.Point{X: rec.Epochs(p.Step), Y: p.Value}
				if p.SE != nil {
					point.SE = *p.SE
				}
				all[record.Definition(p)] = append(all[record.Definition(p)], point)
			}
			for def, points := range all {
				if panels[def] == nil {
					panels[def] = &viz.LinePanel{Title: def, XLabel: "epoch", YLabel: "nats²", Log: true}
				}
				slices.SortStableFunc(points, func(a, b viz.Point) int { return int(math.Copysign(1, a.X-b.X)) })
				panels[def].Series = append(
					panels[def].Series,
					viz.Series{Name: labelOf(rec, m, runs), Run: rec.Status.Name, Modality: m, Points: points},
				)
			}
		}
	}
	if len(panels) == 0 {
		return nil, needs("traces", runs, "train to the end of an epoch, or with every.share at 8 steps")
	}
	for _, def := range slices.Sorted(maps.Keys(panels)) {
		f.Panels = append(f.Panels, *panels[def])
	}
	return viz.Panels(f)
}

// gapPart is a panel of figure 3, and how what is on record becomes what is drawn in it.
type gapPart struct {
	kind, title, label string
	value              func(float64) float64
}

var gapParts = []gapPart{
	{inforeg.KindBatchSquare, "gradient norm, root of the epoch's mean square", "gap (nats)", math.Sqrt},
	{inforeg.KindFisherEmp, "Fisher trace at the epoch's end", "gap (nats²)", func(v float64) float64 { return v }},
}

// panel is the part without lines yet.
func (p gapPart) panel() viz.LinePanel {
	return viz.LinePanel{Title: p.title, XLabel: "epoch", YLabel: p.label, Rule: viz.Rule{Text: "no gap"}}
}

// drawGap draws how far apart the modalities are (paper figure 3): the largest less the least, of the gradient's norm
// over an epoch and of the trace at its end. Gaps of different runs share a panel. Of more than two modalities the gap
// has no sign.
func drawGap(runs []record.Recorded) (*viz.Figure, error) {
	f := viz.PanelsFigure{Title: "Gap between the modalities", Columns: 2}
	for _, part := range gapParts {
		p := part.panel()
		for _, rec := range runs {
			if len(rec.Status.Modalities) < 2 {
				return nil, &wire.Problem{
					Message: fmt.Sprintf("gap of %s: it has one modality", rec.Status.Name),
					Hint:    "a gap is between two or more",
				}
			}
			var points []viz.Point
			traces := make([][]float64, len(rec.Status.Modalities))
			for i, m := range rec.Status.Modalities {
				traces[i] = rec.Trace(part.kind, m).Values
			}
			// A gap ends with the shorter of the traces.
			for e := range slices.MinFunc(traces, func(a, b []float64) int { return len(a) - len(b) }) {
				low, high := math.Inf(1), math.Inf(-1)
				for _, t := range traces {
					low, high = min(low, part.value(t[e])), max(high, part.value(t[e]))
				}
				if gap := high - low; len(traces) == 2 && !math.IsNaN(gap) { // with two, the sign says who leads
					points = append(
						points,
						viz.Point{
							X: rec.Epochs((e + 1) * rec.Interval()),
							Y: part.value(traces[0][e]) - part.value(traces[1][e]),
						},
					)
				} else if !math.IsNaN(gap) {
					points = append(points, viz.Point{X: rec.Epochs((e + 1) * rec.Interval()), Y: gap})
				}
			}
			if len(points) == 0 {
				continue
			}
			name := rec.Status.Name
			if len(traces) == 2 {
				name += fmt.Sprintf(": %s less %s", rec.Status.Modalities[0], rec.Status.Modalities[1])
			} else {
				name += ": largest less least"
			}
			p.Series = append(
				p.Series, viz.Series{Name: name, Run: rec.Status.Name, Modality: wire.Fused, Points: points},
			)
		}
		if len(p.Series) == 0 {
			return nil, needs("gap", runs, "train to the end of an epoch")
		}
		f.Panels = append(f.Panels, p)
	}
	return viz.Panels(f)
}

// drawMotion draws how fast and how far each encoder moves. The three norms are of different things and share no axis.
func drawMotion(runs []record.Recorded) (*viz.Figure, error) {
	f := viz.PanelsFigure{Title: "How each encoder moves", Columns: 3}
	for _, part := range []struct{ kind, title, label string }{
		{wire.KindGradNorm, "gradient of the last step", "norm (nats)"},
		{wire.KindUpdate, "update of the last step", "norm"},
		{wire.KindDistance, "distance from the start", "norm"},
	} {
		p := viz.LinePanel{Title: part.title, XLabel: "epoch", YLabel: part.label}
		for _, rec := range runs {
			for _, m := range rec.Status.Modalities {
				points := PointsOf(rec, func(p wire.Record) bool { return p.Kind == part.kind && p.Encoder == m })
				if len(points) > 0 {
					p.Series = append(
						p.Series,
						viz.Series{Name: labelOf(rec, m, runs), Run: rec.Status.Name, Modality: m, Points: points},
					)
				}
			}
		}
		if len(p.Series) == 0 {
			return nil, needs("motion", runs, "train to the end of an epoch, or measure now with Probe")
		}
		f.Panels = append(f.Panels, p)
	}
	return viz.Panels(f)
}

// maxBars is the most layers of a figure. They are shared out evenly among modalities.
const maxBars = 60

// drawLayers draws which layers carry the last trace on record of a run. The axis is logarithmic: layers of one
// encoder are orders of magnitude apart, and parts of 0 have no bar.
func drawLayers(runs []record.Recorded) (*viz.Figure, error) {
	rec, err := single("layers", runs)
	if err != nil {
		return nil, err
	}
	f := viz.BarsFigure{
		Title: fmt.Sprintf("Trace by layer, %s", rec.Status.Name), Label: "part of Tr(F) (nats²)", Log: true,
	}
	for _, m := range rec.Status.Modalities {
		for _, p := range slices.Backward(rec.History.Probes) {
			if p.Kind != inforeg.KindFisherEmp || p.Encoder != m || !rec.Scheduled(p) || len(p.Parts) == 0 {
				continue
			}
			names := slices.Sorted(maps.Keys(p.Parts))
			if most := maxBars / len(rec.Status.Modalities); len(names) > most { // those that carry most
				slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(p.Parts[b], p.Parts[a]) })
				names = names[:most]
				slices.Sort(names)
			}
			for _, name := range names {
				if p.Parts[name] > 0 {
					f.Bars = append(
						f.Bars,
						viz.Bar{
							Name: strings.TrimPrefix(name, "enc."), Modality: m, Value: p.Parts[name],
							Definition: record.Definition(p),
						},
					)
				}
			}
			f.Title = fmt.Sprintf("Trace by layer, %s, after step %d", rec.Status.Name, p.Step)
			break
		}
	}
	if len(f.Bars) == 0 {
		return nil, needs("trace by layer", runs, "train to the end of an epoch, or measure now with Probe")
	}
	return viz.Bars(f)
}

// drawCosine draws the last cosine matrix of each encoder of a run, and what noise and chance make of it. What
// is set beside a matrix has to be of the same step, and where gradients were chosen, of the same gradients. The noise
// scale is the ratio of noise and signal, both measured at the matrix's step; from it follows the mean cosine that
// noise alone would give, for a batch and for one twice as large.
func drawCosine(runs []record.Recorded) (*viz.Figure, error) {
	rec, err := single("cosine", runs)
	if err != nil {
		return nil, err
	}
	batch := rec.Status.Settings["batch"].(float64)
	f := viz.CosineFigure{Title: fmt.Sprintf("Cosine between batch gradients, %s", rec.Status.Name)}
	for _, m := range rec.Status.Modalities {
		last := func(kind string, fits func(wire.Record) bool) (wire.Record, bool) {
			for _, p := range slices.Backward(rec.History.Probes) {
				if p.Kind == kind && p.Encoder == m && fits(p) {
					return p, true
				}
			}
			return wire.Record{}, false
		}
		p, ok := last(inforeg.KindCosine, func(wire.Record) bool { return true })
		if !ok {
			continue
		}
		then := func(q wire.Record) bool { return q.Step == p.Step }
		// of the same gradients
		same := func(q wire.Record) bool { return then(q) && record.LastOf(q.Way) == record.LastOf(p.Way) }
		labels := make([]string, p.N)
		for i := range labels {
			// The matrix is of the gradients of the N steps before it.
			labels[i] = fmt.Sprint(p.Step - p.N + i)
		}
		panel := viz.CosinePanel{
			Name: m, Matrix: p.Matrix, Labels: labels, Mean: p.Value, Expected: math.NaN(), NoiseScale: math.NaN(),
		}
		if s, ok := last(wire.KindNoise, then); ok {
			if g, ok := last(wire.KindSignal, then); ok {
				panel.NoiseScale = inforeg.NoiseScale(max(0, s.Value), g.Value)
				panel.Expected = inforeg.ExpectedCosine(panel.NoiseScale, int(batch))
			}
		}
		panel.Rows = append(
			panel.Rows,
			viz.CosineRow{
				Name: fmt.Sprintf("B = %g", batch), Mean: p.Value, SD: inforeg.CosineError(p.Matrix),
				Expected: panel.Expected,
			},
		)
		if twice, ok := last(wire.KindTwice, same); ok {
			row := viz.CosineRow{
				Name: fmt.Sprintf("B = %g", 2*batch), Mean: twice.Value, SD: inforeg.CosineError(twice.Matrix),
				Expected: math.NaN(),
			}
			if !math.IsNaN(panel.NoiseScale) {
				row.Expected = inforeg.ExpectedCosine(panel.NoiseScale, int(2*batch))
			}
			panel.Rows = append(panel.Rows, row)
		}
		if chance, ok := last(wire.KindPermuted, same); ok && chance.SE != nil {
			panel.Baseline = viz.CosineBaseline{Name: "permuted", Mean: chance.Value, SD: *chance.SE}
		}
		f.Panels = append(f.Panels, panel)
	}
	if len(f.Panels) == 0 {
		return nil, needs("cosine matrix", runs, "train to the end of an epoch, or measure now with Probe")
	}
	return viz.Cosine(f)
}
