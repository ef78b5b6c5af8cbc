package viz

import (
	"github.com/primewindow/primewindow/viz/page"
)

// LiveFigure is what a reader watches while runs train: losses by step, and traces and accuracies by epoch.
type LiveFigure struct {
	Loss, Trace, Accuracy []Series
	Windows               []Window
}

// Live draws up to three panels side by side with one legend below. Loss is needed; Trace and Accuracy have no panel
// until they have series. Windows are shaded in the panel of the traces. A series of more than 200 losses is pale with
// its centred moving average bold, as in [Loss]. Series of one name in several panels share an entry of the legend and
// must be of one run and modality. The picture is compressed for speed, not for size.
func Live(f LiveFigure) (*Figure, error) {
	if err := page.CheckSeries("live: loss", f.Loss, false); err != nil {
		return nil, err
	}
	if len(f.Trace) > 0 {
		if err := page.CheckSeries("live: trace", f.Trace, true); err != nil {
			return nil, err
		}
	}
	if len(f.Accuracy) > 0 {
		if err := checkAccuracies("live: accuracy", f.Accuracy); err != nil {
			return nil, err
		}
	}
	if err := page.CheckWindows("live", f.Windows); err != nil {
		return nil, err
	}
	if err := page.CheckShared("live", f.Loss, f.Trace, f.Accuracy); err != nil {
		return nil, err
	}
	st := page.NewStyles(f.Windows, f.Trace, f.Accuracy, f.Loss)
	loss := LinePanel{Title: "Training loss", XLabel: "step", YLabel: "loss (nats)", Series: f.Loss}
	panels := []*page.Panel{loss.panel(st, lossWidth)}
	if len(f.Trace) > 0 {
		p := LinePanel{
			Title: "Fisher trace", XLabel: "epoch", YLabel: "Tr(F) (nats²)", Series: f.Trace, Windows: f.Windows,
			Log: true,
		}
		panels = append(panels, p.panel(st, p.width))
	}
	if len(f.Accuracy) > 0 {
		p := LinePanel{
			Title: "Validation accuracy", XLabel: "epoch", YLabel: "accuracy (%)", Series: f.Accuracy, Percent: true,
		}
		panels = append(panels, p.panel(st, p.width))
	}
	notes := page.NotesOf(panels)
	if widestMean(f.Loss) > 1 {
		notes = append(notes, meanNote(f.Loss))
	}
	pg := &page.Layout{
		Panels: panels, Legend: page.LegendOf(panels, notes...), Width: 960, Height: 200, Below: true, Fast: true,
	}
	return pg.Figure(page.Sentence("", panels...))
}
