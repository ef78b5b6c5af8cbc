package draw

import (
	"fmt"
	"slices"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/viz"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// Recorded draws a figure of records. The records may be of runs that train meanwhile: they were read before, and
// nothing is read here.
func Recorded(kind string, runs []record.Recorded) (*wire.Figure, error) {
	if len(runs) == 0 {
		return nil, &wire.Problem{Message: "draw: no run", Hint: "name at least one"}
	}
	figure, ok := figures.Find(kind)
	if !ok {
		return nil, wire.Unknown("figure", kind, Figures(), "")
	}
	f, err := figure.Draw(runs)
	if err != nil {
		return nil, err
	}
	out := WireFigure(f)
	return &out, nil
}

// WireFigure is a figure as it crosses the socket.
func WireFigure(f *viz.Figure) wire.Figure {
	return wire.Figure{PNG: f.PNG, Spec: f.Spec, Text: f.Text, Width: f.Width, Height: f.Height}
}

// PointsOf collects the records that pick chooses, one for each step: the last that was measured. Only records of the
// run's own definition count. Records lie in the order in which they were measured, and some are of earlier steps than
// those before them, hence the sorting.
func PointsOf(rec record.Recorded, pick func(wire.Record) bool) []viz.Point {
	var list []viz.Point
	for _, p := range rec.History.Probes {
		if !pick(p) || !rec.Scheduled(p) {
			continue
		}
		point := viz.Point{X: rec.Epochs(p.Step), Y: p.Value}
		if p.SE != nil {
			point.SE = *p.SE
		}
		if n := len(list); n > 0 && list[n-1].X == point.X {
			list[n-1] = point
			continue
		}
		list = append(list, point)
	}
	slices.SortStableFunc(list, func(a, b viz.Point) int {
		switch {
		case a.X < b.X:
			return -1
		case a.X > b.X:
			return 1
		}
		return 0
	})
	return list
}

// labelOf is the name of a series: what it shows, and of several runs also of which.
func labelOf(rec record.Recorded, what string, runs []record.Recorded) string {
	if len(runs) == 1 {
		return what
	}
	return rec.Status.Name + ": " + what
}

// Marks are the changes of settings and of code, forks, and steps that were not taken because a number was not finite:
// what a reader of a curve should know of. Reopenings change nothing in a curve and have no mark.
func Marks(runs []record.Recorded) []viz.Mark {
	var list []viz.Mark
	for _, rec := range runs {
		for _, c := range rec.History.Events {
			text := ""
			switch c.Event {
			case wire.EventSet:
				text = fmt.Sprintf("%s %v", c.Name, c.New)
			case wire.EventFork:
				text = rec.Status.Name
			case wire.EventCode:
				text = c.Name + " changed"
			case wire.EventDiverged:
				text = "not finite"
			default:
				continue
			}
			list = append(list, viz.Mark{X: rec.Epochs(c.Step), Text: text})
		}
	}
	return list
}

// needs is the error of a record that lacks what a figure shows; the hint says how to measure it.
func needs(what string, runs []record.Recorded, hint string) error {
	return &wire.Problem{Message: fmt.Sprintf("%s of %s: nothing on record yet", what, runs[0].Status.Name), Hint: hint}
}

// drawTrace draws the trace of every encoder, and where the window test of the run opens. The axis is logarithmic, so a
// trace of 0 has no point. Each series has the definition of its own records: runs that measured in two ways cannot be
// drawn together.
func drawTrace(kind string, runs []record.Recorded) (*viz.Figure, error) {
	f := viz.TraceFigure{
		Title: "Fisher trace of each encoder", XLabel: "epoch", YLabel: "Tr(F) (nats²)", Marks: Marks(runs),
	}
	switch kind {
	case inforeg.KindReleased:
		f.Title, f.YLabel = "Accumulator of the published code", "released (nats²)"
	case inforeg.KindFisherTrue:
		f.Title = "Trace of the Fisher information at the model's own labels"
	}
	for _, rec := range runs {
		for _, m := range rec.Status.Modalities {
			def := ""
			points := PointsOf(rec, func(p wire.Record) bool {
				own := p.Kind == kind && p.Encoder == m && p.Value > 0
				if own && rec.Scheduled(p) {
					def = record.Definition(p)
				}
				return own
			})
			if len(points) == 0 {
				continue
			}
			f.Series = append(
				f.Series,
				viz.Series{
					Name: labelOf(rec, m, runs), Run: rec.Status.Name, Modality: m, Points: points, Definition: def,
				},
			)
		}
		windows, err := WindowsOf(rec, kind)
		if err != nil {
			return nil, err
		}
		f.Windows = append(f.Windows, windows...)
	}
	if len(f.Series) == 0 {
		hint := "train to the end of an epoch, or measure now with Probe"
		if kind == inforeg.KindFisherTrue { // of the presets only full measures it
			hint = "measure it now with Probe, or train an epoch with every.fisher_true at epoch"
		}
		return nil, needs("trace", runs, hint)
	}
	return viz.Trace(f)
}

// WindowsOf are the prime learning windows of a run's traces. A modality without such a trace has none.
func WindowsOf(rec record.Recorded, kind string) ([]viz.Window, error) {
	var list []viz.Window
	for _, m := range rec.Status.Modalities {
		t := rec.Trace(kind, m)
		windows, err := windowsOfTrace(rec, rec.Rule(), m, t.Values, t.RiseErrors)
		if err != nil {
			return nil, err
		}
		list = append(list, windows...)
	}
	return list, nil
}

// windowsOfTrace are the windows of one trace by eq. 11, by a test such as the run's own, which of a run without one,
// such as a joint one, is the paper's. Intervals whose rise is within two standard errors of K are uncertain; without
// errors none is. The test says for each interval whether the window is open in it, the one after the last measured
// trace included: that one is cut off, since the run has not taken it. A span is divided where its certainty changes,
// since uncertain parts are drawn hatched.
func windowsOfTrace(
	rec record.Recorded, rule inforeg.WindowRule, modality string, trace, riseErrors []float64,
) ([]viz.Window, error) {
	if riseErrors == nil {
		rule.Z = 0
	}
	w, err := inforeg.DetectPrimeLearningWindow(trace, riseErrors, rule)
	if err != nil {
		return nil, err
	}
	var list []viz.Window
	// Two standard errors: a rise that is further from K than that is taken for no noise.
	uncertain := w.Uncertain(riseErrors, rule, 2)
	last := rec.Status.Step / rec.Interval()
	for _, span := range w.Intervals() {
		to := min(span[1], last)
		// A span becomes one window for each stretch of equal certainty.
		for from := span[0]; from < to; {
			end := from + 1
			for end < to && uncertain[end] == uncertain[from] {
				end++
			}
			list = append(list, viz.Window{
				Run: rec.Status.Name, Modality: modality, From: rec.Epochs(from * rec.Interval()),
				To: rec.Epochs(end * rec.Interval()), Uncertain: uncertain[from],
			})
			from = end
		}
	}
	return list, nil
}

// drawAccuracy draws validation accuracies: fused, and of each modality by split logits and by a fresh linear probe on
// its frozen features. All readouts share the axis, since each is a share of the same samples that is right.
func drawAccuracy(runs []record.Recorded) (*viz.Figure, error) {
	f := viz.AccuracyFigure{Title: "Validation accuracy", XLabel: "epoch", Marks: Marks(runs)}
	for _, rec := range runs {
		add := func(encoder, readout, name string) {
			points := PointsOf(rec, func(p wire.Record) bool {
				return p.Kind == inforeg.KindAccuracy && p.Split == "val" && p.Encoder == encoder &&
					p.Readout == readout
			})
			if len(points) > 0 {
				f.Series = append(
					f.Series,
					viz.Series{
						Name: labelOf(rec, name, runs), Run: rec.Status.Name + readoutSuffix[readout],
						Modality: encoder, Points: points,
					},
				)
			}
		}
		add(wire.Fused, wire.ReadoutHead, wire.Fused)
		for _, m := range rec.Status.Modalities {
			add(m, wire.ReadoutSplit, m+" (split)")
			add(m, wire.ReadoutLinear, m+" (linear)")
		}
	}
	if len(f.Series) == 0 {
		return nil, needs("accuracy", runs, "train to the end of an epoch, or measure now with Evaluate")
	}
	return viz.Accuracy(f)
}

// readoutSuffix sets the readouts of one run apart in dash and marker. Styles go by run and modality, and a readout is
// part of neither.
var readoutSuffix = map[string]string{wire.ReadoutLinear: " (linear)"}

// perStep are the values of a name in the lines of steps. x is how many steps are done.
func perStep(rec record.Recorded, name string) []viz.Point {
	var list []viz.Point
	for i, m := range rec.History.Metrics {
		if v, ok := m[name]; ok { // not where the step's line is lost
			list = append(list, viz.Point{X: float64(i + 1), Y: v})
		}
	}
	return list
}

// lossSeries are the training losses, of each run that has taken a step.
func lossSeries(runs []record.Recorded) []viz.Series {
	var list []viz.Series
	for _, rec := range runs {
		if len(rec.History.Metrics) > 0 {
			list = append(
				list,
				viz.Series{
					Name: labelOf(rec, "loss", runs), Run: rec.Status.Name, Modality: wire.Fused,
					Points: perStep(rec, "loss"),
				},
			)
		}
	}
	return list
}

// drawLoss draws the loss of each training step, on an axis of steps: a mean over an epoch is not on record.
func drawLoss(runs []record.Recorded) (*viz.Figure, error) {
	f := viz.LossFigure{
		Title: "Training loss", XLabel: "step", YLabel: "cross entropy (nats)", Series: lossSeries(runs),
	}
	if len(f.Series) == 0 {
		return nil, needs("loss", runs, "take a step first")
	}
	return viz.Loss(f)
}

// drawLive draws what a reader wants to see while a run trains. It is drawn again and again while a run trains, so
// parts that have nothing yet are left out, and only a run without a step is an error.
func drawLive(runs []record.Recorded) (*viz.Figure, error) {
	f := viz.LiveFigure{Loss: lossSeries(runs)}
	for _, rec := range runs {
		for _, m := range rec.Status.Modalities {
			for _, part := range []struct {
				list *[]viz.Series
				pick func(wire.Record) bool
			}{
				{&f.Trace, func(p wire.Record) bool { return p.Kind == inforeg.KindFisherEmp && p.Value > 0 }},
				{&f.Accuracy, func(p wire.Record) bool {
					return p.Kind == inforeg.KindAccuracy && p.Split == "val" && p.Readout == wire.ReadoutSplit
				}},
			} {
				points := PointsOf(rec, func(p wire.Record) bool { return p.Encoder == m && part.pick(p) })
				if len(points) > 0 {
					*part.list = append(
						*part.list,
						viz.Series{Name: labelOf(rec, m, runs), Run: rec.Status.Name, Modality: m, Points: points},
					)
				}
			}
		}
		points := PointsOf(rec, func(p wire.Record) bool {
			return p.Kind == inforeg.KindAccuracy && p.Split == "val" && p.Readout == wire.ReadoutHead
		})
		if len(points) > 0 {
			f.Accuracy = append(
				f.Accuracy,
				viz.Series{
					Name: labelOf(rec, wire.Fused, runs), Run: rec.Status.Name, Modality: wire.Fused, Points: points,
				},
			)
		}
		windows, err := WindowsOf(rec, inforeg.KindFisherEmp)
		if err != nil {
			return nil, err
		}
		f.Windows = append(f.Windows, windows...)
	}
	if len(f.Loss) == 0 {
		return nil, needs("loss", runs, "take a step first")
	}
	return viz.Live(f)
}
