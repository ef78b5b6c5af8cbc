package draw

import (
	"math"
	"slices"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/stats"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/viz"
)

// prime draws what the prime learning window is: the leading modality's trace in joint training with the window of eq.
// 11 and the weakest one's, each beside InfoReg's. Each modality has a panel with a scale of its own, since their
// traces may lie orders of magnitude apart. Only joint training's leading trace has its windows drawn: it is what the
// figure is about.
func (d drawing) prime() (*viz.Figure, error) {
	f := viz.PanelsFigure{Title: d.title("The prime learning window"), Columns: 2, Band: d.band(), Width: viz.Page}
	lead, weak := d.leading(), d.weakest()
	for _, m := range slices.Compact([]string{lead, weak}) {
		p := viz.LinePanel{Title: "trace of " + m, XLabel: "epoch", YLabel: "Tr(F) (nats²)", Log: true}
		for _, a := range d.Arms {
			switch {
			case a.Name == wire.ArmJoint && m == lead:
				if err := d.addTrace(&p, a, m, a.Name+": "+m); err != nil {
					return nil, err
				}
			case a.Name == wire.ArmJoint || a.Name == wire.ArmInfoReg:
				if s, ok := d.series(a, inforeg.KindFisherEmp+" "+m, a.Name+": "+m, m, true); ok {
					p.Series = append(p.Series, s)
				}
			}
		}
		f.Panels = append(f.Panels, p)
	}
	f.Panels = keepDrawn(f.Panels...)
	return panelsOf(f)
}

// rates draws, against the learning rate, the fused accuracy of joint training and InfoReg, the gain of InfoReg over
// joint training at the same rate, and the rise, as a ratio, of the leading modality's trace at the first window test
// in joint training. The horizontal axis is logarithmic in all three, as the rates are a constant factor apart. The
// vertical ones have three units.
func (d drawing) rates() (*viz.Figure, error) {
	f := viz.PanelsFigure{
		Title: d.title("Gain and rise against the learning rate"), Columns: 3, Band: d.band(), Width: viz.Page,
	}
	panel := func(title, label string) viz.LinePanel {
		return viz.LinePanel{
			Title: title, XLabel: "learning rate", YLabel: label, LogX: true, AtPoints: true, Percent: true,
		}
	}
	accuracy := panel("fused accuracy", "accuracy (%)")
	gain := panel("InfoReg less joint training, 95 % interval", "points")
	gain.Rule = viz.Rule{Text: "no difference"}
	lead := d.leading()
	rise := panel("trace of "+lead+" at the first test over the one before, joint training", "ratio")
	rise.Percent, rise.Log = false, true
	of := map[string]*viz.Series{}
	for _, name := range []string{wire.ArmJoint, wire.ArmInfoReg} {
		of[name] = &viz.Series{Name: name, Run: name, Modality: wire.Fused}
	}
	gained := viz.Series{Name: "gain", Modality: wire.Fused}
	rose := viz.Series{Name: "rise of " + lead, Modality: lead}
	for _, a := range d.Arms {
		if a.X == nil {
			continue
		}
		s := of[wire.ArmInfoReg]
		if a.Method == "joint" {
			s = of[wire.ArmJoint]
			if p, rule, ok := d.firstRise(a, lead); ok {
				rose.Points, rise.Rule = append(rose.Points, p), viz.Rule{Y: rule, Text: "K"}
			}
		} else if p, ok := gainOf(a); ok {
			gained.Points = append(gained.Points, p)
		}
		if i := slices.IndexFunc(a.Accuracies, isFused); i >= 0 {
			s.Points = append(s.Points, meanPoint(*a.X, a.Accuracies[i]))
		}
	}
	for _, part := range []struct {
		panel  *viz.LinePanel
		series []viz.Series
	}{
		{&accuracy, []viz.Series{*of[wire.ArmJoint], *of[wire.ArmInfoReg]}}, {&gain, []viz.Series{gained}},
		{&rise, []viz.Series{rose}},
	} {
		for _, s := range part.series {
			if len(s.Points) > 0 {
				slices.SortFunc(s.Points, func(a, b viz.Point) int { return int(math.Copysign(1, a.X-b.X)) })
				part.panel.Series = append(part.panel.Series, s)
			}
		}
	}
	f.Panels = keepDrawn(accuracy, gain, rise)
	return panelsOf(f)
}

// gainOf is the mean difference of an arm's fused accuracy to that of the arm that it stands against, the baseline
// where none is named, with half the width of its interval. The band is the interval of the paired difference and no
// standard deviation; the panel's title says so.
func gainOf(a wire.ReproducedArm) (viz.Point, bool) {
	list := a.Differences
	if a.Against != "" {
		list = a.Apart
	}
	i := slices.IndexFunc(
		list, func(x wire.Difference) bool { return x.Encoder == wire.Fused && x.Readout == wire.ReadoutHead },
	)
	if i < 0 || a.X == nil {
		return viz.Point{}, false
	}
	p := viz.Point{X: *a.X, Y: list[i].Mean}
	if list[i].High != nil {
		p.SE = *list[i].High - list[i].Mean
	}
	return p, true
}

// firstRise is the mean over an arm's runs of the ratio between the two traces that the first window test reads,
// 1/(1-x) of the left side x of eq. 11, with its standard deviation, and what K makes of it.
func (d drawing) firstRise(a wire.ReproducedArm, modality string) (p viz.Point, k float64, ok bool) {
	var ratios []float64
	for _, run := range a.Runs {
		c, found := run.Curve(inforeg.KindFisherEmp + " " + modality)
		if !found {
			continue
		}
		rule, _ := ruleOf(c)
		k = rule.K
		w, err := inforeg.DetectPrimeLearningWindow(traceOf(c), riseErrorsOf(c), rule)
		// The first test is that of interval 2, which reads the traces at the ends of intervals 0 and 1.
		if err == nil && len(w.Rise) > 2 && !math.IsNaN(w.Rise[2]) {
			ratios = append(ratios, 1/(1-w.Rise[2]))
		}
	}
	if len(ratios) == 0 || a.X == nil {
		return p, 0, false
	}
	p = meanPoint(*a.X, stats.Summarise(wire.Quantity{}, ratios))
	p.SE = min(p.SE, 0.9*p.Y) // the axis is logarithmic
	return p, 1 / (1 - k), true
}
