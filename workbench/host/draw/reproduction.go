package draw

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/stats"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/viz"
	"github.com/primewindow/primewindow/viz/tsne"
)

// Save draws a record's figures into a folder under names that begin with base, each as PNG, SVG, PDF and Vega-Lite,
// and gives their paths without a suffix. A record without any result has none. Each file is replaced as a whole, one
// after the other: after an error the first ones are new and the others old.
func Save(rec *wire.Reproduction, dir, base string) ([]string, error) {
	list, err := Reproduction(rec)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, f := range list {
		path := filepath.Join(dir, base+f.Part)
		if err := viz.Save(f.Figure, path); err != nil {
			return nil, &wire.Problem{Message: err.Error(), Hint: "name another folder with -draw"}
		}
		names = append(names, path)
	}
	return names, nil
}

// NamedFigure is one figure of a record.
type NamedFigure struct {
	Part string // what a file's name ends in that tells it from the record's other figures
	*viz.Figure
}

// part is one figure of a record, and what a file's name ends in that tells it from the others.
type part struct {
	name string
	draw func(drawing) (*viz.Figure, error)
}

// ofTable are the figures of a table: its bars and its differences.
var ofTable = []part{{"", drawing.bars}, {"-difference", drawing.forest}}

// ofTarget are those of the other targets of reproduce: one row for each. A target that has no row is drawn as a table.
var ofTarget = map[string][]part{
	"fig1":   {{"", drawing.alone}},
	"fig3":   {{"", drawing.gaps}},
	"fig4":   {{"", drawing.cosines}},
	"fig5":   {{"", drawing.acquisition}},
	"fig6":   {{"", drawing.maps}},
	"fig7":   {{"", drawing.sweep}},
	"fig8":   {{"", drawing.sweep}},
	"fig9":   {{"", drawing.maps}},
	"fig10":  {{"", drawing.traces}},
	"window": {{"", drawing.nulls}},
	"prime":  {{"", drawing.prime}, {"-difference", drawing.forest}},
	"rate":   {{"", drawing.rates}},
}

// Reproduction draws a record: what the paper's figure shows, or of a table its bars and its differences. A figure
// without anything to draw is nil and left out, since records are drawn before all runs are done. An error is of the
// record: what a run did not measure is no error.
func Reproduction(rec *wire.Reproduction) ([]NamedFigure, error) {
	d := drawing{rec}
	parts, ok := ofTarget[rec.Target]
	if !ok {
		parts = ofTable
	}
	var list []NamedFigure
	for _, p := range parts {
		f, err := p.draw(d)
		if err != nil {
			return nil, &wire.Problem{
				Message: fmt.Sprintf("%s on %s cannot be drawn: %s", rec.Target, rec.Data, wire.OneLine(err.Error())),
				Hint:    "primewindow reproduce writes the record anew from the runs",
			}
		}
		if f != nil {
			list = append(list, NamedFigure{p.name, f})
		}
	}
	return list, nil
}

// ActingNotes say when InfoReg acted, for records with maps.
func ActingNotes(rec *wire.Reproduction) []string { return drawing{rec}.actingNotes() }

// WindowNotes say by which test windows were found, and in how many of the seeds they are open.
func WindowNotes(rec *wire.Reproduction) []string { return drawing{rec}.windowNotes() }

// drawing draws one record. Its methods are the figures and what they have in common.
type drawing struct{ *wire.Reproduction }

// title says on which data, and that it is not the paper's.
func (d drawing) title(what string) string {
	title := what + ", " + d.Data
	if strings.HasSuffix(what, "?") {
		title = what + " On " + d.Data
	}
	if len(d.PaperSets) > 0 {
		title += " in the place of " + strings.Join(d.PaperSets, " and ")
	}
	return title
}

func (d drawing) arm(name string) (wire.ReproducedArm, bool) {
	i := slices.IndexFunc(d.Arms, func(a wire.ReproducedArm) bool { return a.Name == name })
	if i < 0 {
		return wire.ReproducedArm{}, false
	}
	return d.Arms[i], true
}

// band says what lies around a line.
func (d drawing) band() string {
	if d.Seeds < 2 {
		return ""
	}
	return fmt.Sprintf("± 1 sd over %d seeds", d.Seeds)
}

// series is the mean of a quantity over an arm's seeds, with their standard deviation; of one seed with the standard
// error of each value. On a logarithmic axis a band that would reach 0 ends above it. A point is drawn only where all
// runs that have the quantity have a value: with fewer, means along a line would be over different seeds.
func (d drawing) series(a wire.ReproducedArm, quantity, name, modality string, log bool) (viz.Series, bool) {
	s := viz.Series{Name: name, Run: a.Name, Modality: modality}
	values, errs := map[float64][]float64{}, map[float64]float64{}
	runs := 0
	for _, run := range a.Runs {
		c, ok := run.Curve(quantity)
		if !ok {
			continue
		}
		runs++
		// All runs of an arm have the same settings, and so one definition.
		s.Definition = c.Definition
		for i, x := range c.Epochs {
			values[x] = append(values[x], c.Values[i])
			if i < len(c.SE) && c.SE[i] != nil {
				errs[x] = *c.SE[i]
			}
		}
	}
	for x, list := range values {
		if len(list) < runs {
			continue
		}
		sum := stats.Summarise(wire.Quantity{}, list)
		p := viz.Point{X: x, Y: sum.Mean, SE: errs[x]}
		if d.Seeds > 1 {
			p.SE = 0
			if sum.SD != nil {
				p.SE = *sum.SD
			}
		}
		if log {
			if p.Y <= 0 {
				continue
			}
			p.SE = min(p.SE, 0.9*p.Y)
		}
		s.Points = append(s.Points, p)
	}
	slices.SortFunc(s.Points, func(a, b viz.Point) int {
		if a.X < b.X {
			return -1
		}
		return 1
	})
	return s, len(s.Points) > 0
}

// windows are an arm's windows of a trace, with how many of its runs have them open.
func (d drawing) windows(
	a wire.ReproducedArm, quantity, modality string, smooth int, padded bool,
) ([]viz.Window, error) {
	seeds, err := d.seedIntervals(a, quantity, smooth, padded)
	if err != nil {
		return nil, err
	}
	return seedWindows(a.Name, modality, seeds), nil
}

// alone draws the whole model's trace and each modality's in joint training, and each modality's alone (figure 1). Both
// axes are shared: what is compared is the height and the time of the same trace, with the others and without.
func (d drawing) alone() (*viz.Figure, error) {
	f := viz.PanelsFigure{
		Title: d.title("Tr(F) in joint training and alone"), Columns: 2, ShareX: true, ShareY: true, Band: d.band(),
		Width: viz.Page,
	}
	together := viz.LinePanel{Title: "joint training", XLabel: "epoch", YLabel: "Tr(F) (nats²)", Log: true}
	apart := viz.LinePanel{Title: "each modality alone", XLabel: "epoch", YLabel: "Tr(F) (nats²)", Log: true}
	a, _ := d.arm(wire.ArmJoint)
	if s, ok := d.series(
		a, inforeg.KindFisherEmp+" "+wire.WholeModel, "whole model, "+wire.ArmJoint, wire.Fused, true,
	); ok {
		together.Series = append(together.Series, s)
	} else { // of a record that was made before it was measured
		together.Title += " (whole model: not on record)"
	}
	for _, m := range d.Modalities {
		for _, part := range []struct {
			panel *viz.LinePanel
			arm   string
		}{{&together, wire.ArmJoint}, {&apart, m + " alone"}} {
			a, ok := d.arm(part.arm)
			if !ok {
				continue
			}
			if err := d.addTrace(part.panel, a, m, m+", "+panelWord(part.arm)); err != nil {
				return nil, err
			}
		}
	}
	f.Panels = keepDrawn(together, apart)
	return panelsOf(f)
}

// panelWord is how an arm is called within its panel.
func panelWord(arm string) string {
	if strings.HasSuffix(arm, " alone") {
		return "alone"
	}
	return arm
}

// addTrace adds an arm's trace of a modality and its windows to a panel.
func (d drawing) addTrace(p *viz.LinePanel, a wire.ReproducedArm, modality, name string) error {
	quantity := inforeg.KindFisherEmp + " " + modality
	s, ok := d.series(a, quantity, name, modality, true)
	if !ok {
		return nil
	}
	w, err := d.windows(a, quantity, modality, 1, false)
	p.Series, p.Windows = append(p.Series, s), append(p.Windows, w...)
	return err
}

// keepDrawn leaves out panels without a line. It works in the list that it gets.
func keepDrawn(list ...viz.LinePanel) []viz.LinePanel {
	return slices.DeleteFunc(list, func(p viz.LinePanel) bool { return len(p.Series) == 0 })
}

// panelsOf draws panels; none where there is nothing to draw, which the table says.
func panelsOf(f viz.PanelsFigure) (*viz.Figure, error) {
	if len(f.Panels) == 0 {
		return nil, nil
	}
	return viz.Panels(f)
}

// traces draws joint training's trace of each modality (figure 10).
func (d drawing) traces() (*viz.Figure, error) {
	p := viz.LinePanel{XLabel: "epoch", YLabel: "Tr(F) (nats²)", Log: true}
	a, _ := d.arm(wire.ArmJoint)
	for _, m := range d.Modalities {
		if err := d.addTrace(&p, a, m, m); err != nil {
			return nil, err
		}
	}
	if len(p.Series) == 0 {
		return nil, nil
	}
	return viz.Trace(
		viz.TraceFigure{
			Title: d.title("Tr(F) in joint training"), XLabel: p.XLabel, YLabel: p.YLabel, Series: p.Series,
			Windows: p.Windows, Band: d.band(), Width: viz.Column,
		},
	)
}

// maps draws the maps of the last modality's features (figures 6 and 9).
func (d drawing) maps() (*viz.Figure, error) {
	f := viz.EmbeddingFigure{
		Title: d.title("Features of " + d.Modalities[len(d.Modalities)-1]), Classes: d.Classes, Notes: d.actingNotes(),
		Width: viz.Page,
	}
	for _, a := range d.Arms {
		for _, run := range a.Runs {
			for _, m := range run.Maps {
				if m.Missing != "" { // the notes say why
					continue
				}
				q := m.Quality
				f.Panels = append(f.Panels, viz.EmbeddingPanel{
					Name: a.Name, Points: m.Points, Labels: m.Labels, Perplexity: m.Perplexity,
					Quality: tsne.Quality{
						Points: q.Points, Neighbors: q.Neighbors, KL: q.KL, Trustworthiness: q.Trustworthiness,
						Continuity:   q.Continuity,
						Preservation: q.Preservation, AccuracyFeatures: q.AccuracyFeatures, AccuracyMap: q.AccuracyMap,
					},
				})
			}
		}
	}
	if len(f.Panels) == 0 {
		return nil, nil
	}
	return viz.Embedding(f)
}
