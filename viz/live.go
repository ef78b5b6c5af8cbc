package viz

// LiveFigure is what a reader watches while runs train: losses by step, and traces and accuracies by epoch.
type LiveFigure struct {
	Loss, Trace, Accuracy []Series
	Windows               []Window
}

// Live draws up to three panels side by side with one legend below. Loss is needed; Trace and Accuracy have no panel
// until they have series. Windows are shaded in the panel of the traces. A series of more than 200 losses is pale with its
// centred moving average bold, as in [Loss]. Series of one name in several panels share an entry of the legend and must be
// of one run and modality. The picture is compressed for speed, not for size.
func Live(f LiveFigure) (*Figure, error) {
	if err := checkSeries("live: loss", f.Loss, false); err != nil {
		return nil, err
	}
	if len(f.Trace) > 0 {
		if err := checkSeries("live: trace", f.Trace, true); err != nil {
			return nil, err
		}
	}
	if len(f.Accuracy) > 0 {
		if err := checkAccuracies("live: accuracy", f.Accuracy); err != nil {
			return nil, err
		}
	}
	if err := checkWindows("live", f.Windows); err != nil {
		return nil, err
	}
	if err := checkShared("live", f.Loss, f.Trace, f.Accuracy); err != nil {
		return nil, err
	}
	st := newStyles(f.Windows, f.Trace, f.Accuracy, f.Loss)
	raw := func(Series) int { return 0 }
	loss := &panel{title: "Training loss", x: axis{label: "step"}, y: axis{label: "loss (nats)"}}
	loss.add(st, f.Loss, lossWidth)
	panels := []*panel{loss}
	if len(f.Trace) > 0 {
		p := &panel{title: "Fisher trace", x: axis{label: "epoch"}, y: axis{label: "Tr(F) (nats²)", log: true}}
		p.add(st, f.Trace, raw)
		p.addWindows(st, f.Windows, f.Trace)
		panels = append(panels, p)
	}
	if len(f.Accuracy) > 0 {
		p := &panel{title: "Validation accuracy", x: axis{label: "epoch"}, y: axis{label: "accuracy (%)", percent: true}}
		p.add(st, f.Accuracy, raw)
		panels = append(panels, p)
	}
	notes := notesOf(panels)
	if widestMean(f.Loss) > 1 {
		notes = append(notes, meanNote(f.Loss))
	}
	pg := &page{panels: panels, legend: legendOf(panels, notes...), width: 960, height: 200, below: true, fast: true}
	return pg.figure(sentence("", panels...))
}
