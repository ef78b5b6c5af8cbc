package draw

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/viz"
)

// acquisition draws InfoReg beside joint training (figure 5): (a) accuracies from epoch to epoch on the validation
// split, and those that count as hollow markers; (b) the trace of each modality under InfoReg; (c) the weakest
// modality's trace under both. The panels share no axis: (a) has shares, and (b) and (c) have traces of other
// modalities, which may lie orders of magnitude apart. Methods are compared, so each has one marker in all panels.
func (d drawing) acquisition() (*viz.Figure, error) {
	f := viz.PanelsFigure{
		Title: d.title("InfoReg beside joint training"), Columns: 3, Band: d.band(), ByRun: true, Width: viz.Page,
		Hollow: fmt.Sprintf("accuracy on the %s split, at the mean of the chosen epochs", splitWord(d.Split)),
	}
	acc := viz.LinePanel{
		Title: "(a) accuracy, validation split", XLabel: "epoch", YLabel: "accuracy (%)", Percent: true,
	}
	var counts []viz.Series
	for _, a := range d.Arms {
		for _, m := range slices.Concat([]string{wire.Fused}, d.Modalities) {
			readout := wire.ReadoutSplit
			if m == wire.Fused {
				readout = wire.ReadoutHead
			}
			s, ok := d.series(a, inforeg.KindAccuracy+" "+m+" "+readout, a.Name+": "+m, m, false)
			if !ok {
				continue
			}
			s.Definition = "" // the panel's title says it
			acc.Series = append(acc.Series, s)
			// What counts was measured on another split, so it is a point of its own beside the curve.
			if p, ok := countedAt(a, m, readout); ok {
				counts = append(counts, viz.Series{
					Name: a.Name + ": " + m + ", " + splitWord(d.Split), Run: a.Name, Modality: m,
					Points: []viz.Point{p}, Hollow: true,
				})
			}
		}
	}
	acc.Series = append(acc.Series, counts...)
	weak := d.weakest()
	inside := viz.LinePanel{
		Title: "(b) trace under " + wire.ArmInfoReg, XLabel: "epoch", YLabel: "Tr(F) (nats²)", Log: true,
	}
	beside := viz.LinePanel{Title: "(c) trace of " + weak, XLabel: "epoch", YLabel: "Tr(F) (nats²)", Log: true}
	for _, a := range d.Arms {
		if a.Name == wire.ArmInfoReg {
			for _, m := range d.Modalities {
				if err := d.addTrace(&inside, a, m, a.Name+": "+m); err != nil {
					return nil, err
				}
			}
		}
		if err := d.addTrace(&beside, a, weak, a.Name+": "+weak); err != nil {
			return nil, err
		}
	}
	f.Panels = keepDrawn(acc, inside, beside)
	return panelsOf(f)
}

// splitWord is a split's name in a figure.
func splitWord(split string) string {
	if split == "val" {
		return "validation"
	}
	return split
}

// countedAt is an arm's accuracy on the split that counts, at the mean of the epochs that were chosen. Seeds may have
// chosen different epochs: the point lies at their mean.
func countedAt(a wire.ReproducedArm, encoder, readout string) (viz.Point, bool) {
	i := slices.IndexFunc(
		a.Accuracies, func(s wire.Summary) bool { return s.Encoder == encoder && s.Readout == readout },
	)
	epochs, n := 0, 0
	for _, run := range a.Runs {
		if run.Missing == "" {
			epochs, n = epochs+run.Epoch, n+1
		}
	}
	if i < 0 || n == 0 {
		return viz.Point{}, false
	}
	return meanPoint(float64(epochs)/float64(n), a.Accuracies[i]), true
}

// weakest is the modality that joint training's head predicts worst from alone; the last one where that is not on
// record.
func (d drawing) weakest() string { return d.byHead(-1, d.Modalities[len(d.Modalities)-1]) }

// leading is the modality that joint training's head predicts best from alone; the first one where that is not on
// record.
func (d drawing) leading() string { return d.byHead(1, d.Modalities[0]) }

// byHead is the modality with the largest accuracy, times sign, by joint training's head alone. Accuracies are those of
// the reported split, over all seeds. Of equal ones the first modality is taken.
func (d drawing) byHead(sign float64, otherwise string) string {
	found, most := otherwise, math.Inf(-1)
	a, _ := d.arm(wire.ArmJoint)
	for _, s := range a.Accuracies {
		if s.Readout == wire.ReadoutSplit && slices.Contains(d.Modalities, s.Encoder) && sign*s.Mean > most {
			found, most = s.Encoder, sign*s.Mean
		}
	}
	return found
}

// isFused reports whether a summary is of the fused accuracy by the head.
func isFused(s wire.Summary) bool { return s.Encoder == wire.Fused && s.Readout == wire.ReadoutHead }

// meanPoint is a mean over seeds with their standard deviation, where there is one.
func meanPoint(x float64, s wire.Summary) viz.Point {
	p := viz.Point{X: x, Y: s.Mean}
	if s.SD != nil {
		p.SE = *s.SD
	}
	return p
}

// sweptSettings are the settings of figures 7 and 8, with the paper's values.
var sweptSettings = map[string]struct {
	name   string
	chosen float64
}{"fig7": {"β", 0.9}, "fig8": {"K", 0.04}}

// sweep draws the figure of one set.
func (d drawing) sweep() (*viz.Figure, error) { return sweeps(d.Reproduction) }

// mostSets is the most sets of one figure: each has two panels of at most twelve.
const mostSets = 6

// sweeps draws accuracies over a setting (figures 7 and 8), of each set a panel with the fused prediction, on a scale
// of its own, and one with each modality; joint training is the line to compare with. The records are of one target. On
// the modalities' scale the fused accuracy, which moves by a few points, would look flat.
func sweeps(recs ...*wire.Reproduction) (*viz.Figure, error) {
	if len(recs) > mostSets {
		return nil, fmt.Errorf("figure of %d sets, want at most %d", len(recs), mostSets)
	}
	setting := sweptSettings[recs[0].Target]
	first := drawing{recs[0]}
	f := viz.PanelsFigure{
		Title: first.title("Accuracy against " + setting.name), Columns: 2, Band: first.band(), Width: viz.Page,
	}
	if len(recs) > 1 {
		f.Title = "Accuracy against " + setting.name
	}
	for _, rec := range recs {
		d := drawing{rec}
		// The legend has one text for all panels.
		if d.Seeds != first.Seeds {
			f.Band = "± 1 sd over seeds"
		}
		where := ""
		if len(recs) > 1 {
			where = ", " + d.Data
		}
		panel := func(title string) viz.LinePanel {
			return viz.LinePanel{
				Title: title + where, XLabel: setting.name, YLabel: "accuracy (%)", Percent: true, AtPoints: true,
				Marks: []viz.Mark{{X: setting.chosen, Text: "the paper's"}},
			}
		}
		whole, each := panel("fused"), panel("each modality")
		if s, ok := d.swept(wire.Fused); ok {
			whole.Series = append(whole.Series, s)
		}
		a, _ := d.arm(wire.ArmJoint)
		if i := slices.IndexFunc(a.Accuracies, isFused); i >= 0 {
			whole.Rule = viz.Rule{Y: a.Accuracies[i].Mean, Text: "joint training, fused" + where}
		}
		for _, m := range d.Modalities {
			if s, ok := d.swept(m); ok {
				each.Series = append(each.Series, s)
			}
		}
		f.Panels = append(f.Panels, keepDrawn(whole, each)...)
	}
	return panelsOf(f)
}

// swept are an encoder's accuracies over the setting. They are at the settings' values, in the order of the arms,
// which ascends.
func (d drawing) swept(encoder string) (viz.Series, bool) {
	s := viz.Series{Name: encoder, Run: wire.ArmInfoReg, Modality: encoder}
	for _, a := range d.Arms {
		for _, sum := range a.Accuracies {
			if a.X == nil || sum.Encoder != encoder ||
				sum.Readout != wire.ReadoutHead && sum.Readout != wire.ReadoutSplit {
				continue
			}
			s.Points = append(s.Points, meanPoint(*a.X, sum))
		}
	}
	return s, len(s.Points) > 0
}

// SaveSets draws records of several sets of figure 7 or 8 in one figure, with panels for each set, and saves it in a
// folder as TARGET-sets. It gives the path without a suffix, and none where the records are of one set, of other
// targets or of several. Records of one set twice, as of two choices of the epoch, count once.
func SaveSets(recs []*wire.Reproduction, dir string) (string, error) {
	var list []*wire.Reproduction
	for _, rec := range recs {
		_, ok := sweptSettings[rec.Target]
		if !ok || rec.Target != recs[0].Target {
			return "", nil
		}
		if !slices.ContainsFunc(list, func(other *wire.Reproduction) bool { return other.Data == rec.Data }) {
			list = append(list, rec)
		}
	}
	if len(list) < 2 {
		return "", nil
	}
	var names []string
	for _, rec := range list {
		names = append(names, rec.Data)
	}
	f, err := sweeps(list...)
	if err != nil {
		return "", &wire.Problem{
			Message: fmt.Sprintf(
				"%s on %s cannot be drawn together: %s", list[0].Target, strings.Join(names, ", "),
				wire.OneLine(err.Error()),
			),
			Hint: "name fewer records with -from",
		}
	}
	if f == nil {
		return "", nil
	}
	path := filepath.Join(dir, list[0].Target+"-sets")
	if err := viz.Save(f, path); err != nil {
		return "", &wire.Problem{Message: err.Error(), Hint: "name another folder with -draw"}
	}
	return path, nil
}
