package draw

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/viz"
)

// gaps draws how far apart the modalities are under each method (figure 3), of two the first less the second. The
// panels share the axis of epochs alone: one is of norms in nats, the other of traces in nats².
func (d drawing) gaps() (*viz.Figure, error) {
	f := viz.PanelsFigure{
		Title: d.title("Gap between the modalities"), Columns: 2, ShareX: true, Band: d.band(), Width: viz.Page,
	}
	for _, part := range gapParts {
		p := part.panel()
		for _, a := range d.Arms {
			// Each run's gap becomes a curve of its own, so that mean and deviation are of gaps over seeds, and not a
			// gap of means.
			gap := a
			gap.Runs = nil
			for _, run := range a.Runs {
				if c, ok := gapOf(run, part.kind, d.Modalities, part.value); ok {
					gap.Runs = append(
						gap.Runs, wire.ReproducedRun{RunOutcome: run.RunOutcome, Curves: []wire.ReproducedCurve{c}},
					)
				}
			}
			if s, ok := d.series(gap, "gap", a.Name+": "+gapName(d.Modalities), wire.Fused, false); ok {
				p.Series = append(p.Series, s)
			}
		}
		f.Panels = append(f.Panels, p)
	}
	f.Panels = keepDrawn(f.Panels...)
	return panelsOf(f)
}

// gapName says how modalities are taken apart: of two the sign says which leads.
func gapName(modalities []string) string {
	if len(modalities) == 2 {
		return modalities[0] + " less " + modalities[1]
	}
	return "largest less least"
}

// gapOf is the curve of a run's gap. A test at which any modality lacks its value has no gap. Values are every
// epochs apart.
func gapOf(
	run wire.ReproducedRun, kind string, modalities []string, value func(float64) float64,
) (wire.ReproducedCurve, bool) {
	out := wire.ReproducedCurve{Quantity: "gap"}
	every := 1.0
	var traces [][]float64
	for _, m := range modalities {
		c, ok := run.Curve(kind + " " + m)
		if !ok {
			return out, false
		}
		_, every = ruleOf(c)
		traces = append(traces, traceOf(c))
	}
	for e := range traces[0] {
		var at []float64
		for _, t := range traces {
			if e < len(t) && !math.IsNaN(t[e]) {
				at = append(at, value(t[e]))
			}
		}
		if len(at) < len(traces) || len(at) < 2 {
			continue
		}
		gap := slices.Max(at) - slices.Min(at)
		if len(at) == 2 {
			gap = at[0] - at[1]
		}
		out.Epochs, out.Values = append(out.Epochs, float64(e+1)*every), append(out.Values, gap)
	}
	return out, len(out.Epochs) > 0
}

// nulls draws the trace as it is measured in five ways, beside runs in which there is nothing to learn: if a window is
// open there, it is not the network's. Epochs are shared, so that windows can be compared down a column. The vertical
// axes are not: running and re-estimated statistics are two definitions, and a mean with zeros before it is a third.
func (d drawing) nulls() (*viz.Figure, error) {
	f := viz.PanelsFigure{
		Title: d.title("Whose is the window? Tr(F) at the observed labels"), ShareX: true, Band: d.band(),
		Width: viz.Page,
	}
	for _, a := range d.Arms {
		for _, way := range ways {
			p := viz.LinePanel{Title: a.Name + ": " + way.title, XLabel: "epoch", YLabel: "Tr(F) (nats²)", Log: true}
			for _, m := range d.Modalities {
				shown := a
				if way.padded {
					shown.Runs = smoothed(a.Runs, way.kind+" "+m, way.smooth)
				}
				s, ok := d.series(shown, way.kind+" "+m, m, m, true)
				if !ok {
					continue
				}
				w, err := d.windows(a, way.kind+" "+m, m, way.smooth, way.padded)
				if err != nil {
					return nil, err
				}
				s.Run, s.Definition = "", "" // the panel's title tells runs and definitions apart
				for i := range w {
					w[i].Run = ""
				}
				p.Series, p.Windows = append(p.Series, s), append(p.Windows, w...)
			}
			f.Panels = append(f.Panels, p)
		}
		// A row of panels is an arm; ways that a record has not measured take no column.
		f.Columns = max(f.Columns, len(keepDrawn(slices.Clone(f.Panels[len(f.Panels)-len(ways):])...)))
	}
	f.Panels = keepDrawn(f.Panels...)
	return panelsOf(f)
}

// ways are those in which a trace is looked at for its window.
var ways = []struct {
	title, kind string
	smooth      int
	padded      bool
}{
	{"re-estimated statistics", inforeg.KindFisherEmp, 1, false},
	{"running statistics", inforeg.KindFisherEmp + " eval", 1, false},
	{
		fmt.Sprintf("mean of %d, zeros before", inforeg.ReleasedSmoothing), inforeg.KindFisherEmp,
		inforeg.ReleasedSmoothing, true,
	},
}

// windowNotes say in words when eq. 11 opens the window, by each way of looking. The numbers are means over seeds:
// epochs with an open window, and of these the epochs beyond two standard errors. Under a smoothed trace no errors
// are known.
func (d drawing) windowNotes() []string {
	var list []string
	for _, a := range d.Arms {
		var parts []string
		for _, way := range ways {
			for _, m := range d.Modalities {
				seeds, err := d.seedIntervals(a, way.kind+" "+m, way.smooth, way.padded)
				if err != nil || len(seeds) == 0 {
					continue
				}
				total, certain := 0.0, 0.0
				spans := countSpans(seeds)
				for _, s := range spans {
					total, certain = total+float64(s.open)*(s.to-s.from), certain+float64(s.sure)*(s.to-s.from)
				}
				text := fmt.Sprintf("%s, %s: never", way.title, m)
				if total > 0 {
					runs := float64(len(seeds))
					text = fmt.Sprintf(
						"%s, %s: %.1f epochs a seed, between epochs %g and %g", way.title, m, total/runs, spans[0].from,
						spans[len(spans)-1].to-1,
					)
					if way.smooth == 1 {
						text += fmt.Sprintf(", %.1f of them beyond two standard errors", certain/runs)
					}
				}
				parts = append(parts, text)
			}
		}
		if len(parts) > 0 {
			list = append(
				list,
				fmt.Sprintf(
					"Open by eq. 11 with %s, %s: %s.", ruleWords(a, ways[0].kind+" "+d.Modalities[0]), a.Name,
					strings.Join(parts, "; "),
				),
			)
		}
	}
	return list
}

// smoothed are runs with a curve under the published code's mean.
func smoothed(runs []wire.ReproducedRun, quantity string, width int) []wire.ReproducedRun {
	var list []wire.ReproducedRun
	for _, run := range runs {
		c, ok := run.Curve(quantity)
		if !ok {
			continue
		}
		trace, err := inforeg.Smooth(traceOf(c), width, true)
		if err != nil {
			continue // the width is above 0
		}
		out := wire.ReproducedCurve{Quantity: quantity, Definition: c.Definition, Test: c.Test}
		_, every := ruleOf(c)
		for i, v := range trace {
			if !math.IsNaN(v) {
				out.Epochs, out.Values = append(out.Epochs, float64(i+1)*every), append(out.Values, v)
			}
		}
		list = append(list, wire.ReproducedRun{RunOutcome: run.RunOutcome, Curves: []wire.ReproducedCurve{out}})
	}
	return list
}

// bars draws a table's accuracies, with the paper's as hollow marks. The hollow marks are of the first of the paper's
// sets that the record stands for. A hole keeps its place, with its reason, in the fused row alone.
func (d drawing) bars() (*viz.Figure, error) {
	f := viz.BarsFigure{Title: d.title(d.Title), Label: "accuracy (%)", Percent: true, Band: d.band(), Width: d.width()}
	drawn := false
	for _, a := range d.Arms {
		for _, encoder := range slices.Concat([]string{wire.Fused}, d.Modalities) {
			i := slices.IndexFunc(a.Accuracies, func(s wire.Summary) bool {
				return s.Encoder == encoder && (s.Readout == wire.ReadoutHead || s.Readout == wire.ReadoutSplit)
			})
			bar := viz.Bar{Name: a.Name, Modality: encoder}
			if i < 0 {
				if bar.Missing = holeOf(a); encoder != wire.Fused || bar.Missing == "" {
					continue
				}
			} else {
				drawn = true
				bar.Value = a.Accuracies[i].Mean
				if sd := a.Accuracies[i].SD; sd != nil {
					bar.SE = *sd
				}
			}
			f.Bars = append(f.Bars, bar)
			for _, p := range a.Paper {
				if d.encoderOf(p) == encoder && p.Set == d.firstSet() {
					f.Printed = append(f.Printed, viz.Bar{Name: a.Name, Modality: encoder, Value: p.Value / 100})
					f.PrintedName = "the paper, " + p.Set
				}
			}
		}
	}
	if !drawn {
		return nil, nil
	}
	return viz.Bars(f)
}

// width is a page's where names would not fit beside a column.
func (d drawing) width() viz.Width {
	if slices.ContainsFunc(d.Arms, func(a wire.ReproducedArm) bool { return len(a.Name) > 16 }) {
		return viz.Page
	}
	return viz.Column
}

// firstSet is the paper's set whose numbers are shown: one bar has room for one mark.
func (d drawing) firstSet() string {
	for _, a := range d.Arms {
		if len(a.Paper) > 0 {
			return a.Paper[0].Set
		}
	}
	return ""
}

// encoderOf is the encoder that a number of the paper stands beside.
func (d drawing) encoderOf(p wire.PaperNumber) string {
	switch p.Quantity {
	case "accuracy":
		return wire.Fused
	case "audio":
		return d.Modalities[0]
	case "video":
		return d.Modalities[len(d.Modalities)-1]
	}
	return ""
}

// holeOf is why an arm has no number: its own reason, or that of its first run without a result.
func holeOf(a wire.ReproducedArm) string {
	if a.Missing != "" {
		return a.Missing
	}
	for _, run := range a.Runs {
		if run.Missing != "" {
			return run.Missing
		}
	}
	return ""
}

// forest draws the paired differences of the fused prediction, with their intervals. The intervals are those before
// Holm's correction, which changes p alone. Without an interval the row says why: of one seed, and of seeds that all
// differ by the same amount, no spread is known.
func (d drawing) forest() (*viz.Figure, error) {
	f := viz.ForestFigure{
		Title: d.title("Difference to " + d.Baseline), Label: "accuracy (points)",
		Interval: "95 % t interval, paired over seeds", Percent: true,
		Less: d.Baseline + " better", More: "better than " + d.Baseline, Width: d.width(),
	}
	drawn := false
	for _, a := range d.Arms {
		if a.Name == d.Baseline {
			continue
		}
		row := viz.ForestRow{Name: a.Name, Modality: wire.Fused}
		i := slices.IndexFunc(
			a.Differences,
			func(x wire.Difference) bool { return x.Encoder == wire.Fused && x.Readout == wire.ReadoutHead },
		)
		switch {
		case i < 0:
			row.Missing = holeOf(a)
		default:
			x := a.Differences[i]
			row.Diff, row.Pairs, drawn = x.Mean, x.Seeds, true
			switch {
			case x.Low != nil:
				row.Low, row.High = *x.Low, *x.High
			case x.Seeds < 2:
				row.NoInterval = "one seed"
			case x.Mean == 0:
				row.NoInterval = "equal with every seed"
			default:
				row.NoInterval = "the same with every seed"
			}
		}
		if i >= 0 || row.Missing != "" {
			f.Rows = append(f.Rows, row)
		}
	}
	if !drawn {
		return nil, nil
	}
	return viz.Forest(f)
}
