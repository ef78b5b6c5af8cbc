package viz

import "fmt"

// TraceFigure is one curve for each encoder, with its windows shaded.
type TraceFigure struct {
	Title, XLabel, YLabel string // labels with units, for example "epoch" and "Tr(F) (nats²)"
	Series                []Series
	Windows               []Window
	Marks                 []Mark
	Smooth                int  // points of a centred moving average, drawn bold beside the pale values; 0 and 1 draw none
	Linear                bool // a linear y axis; else it is logarithmic, and values must be above 0
}

// Trace draws a TraceFigure. The moving average goes by points and is centred; near an end it is the mean of those
// of its points that exist. On a log axis a band's lower edge is drawn at a third of the value where it lies below that. Trace
// returns an error that names the series, window or mark that cannot be drawn, or the two series of different Definitions.
func Trace(f TraceFigure) (*Figure, error) {
	one := LinePanel{
		XLabel: f.XLabel, YLabel: f.YLabel, Series: f.Series, Windows: f.Windows, Marks: f.Marks, Smooth: f.Smooth, Log: !f.Linear,
	}
	if err := one.check("trace"); err != nil {
		return nil, err
	}
	p := one.panel(newStyles(f.Windows, f.Series), one.width)
	pg := onePanel(f.Title, p)
	if f.Smooth > 1 {
		pg.legend = append(pg.legend, entry{text: fmt.Sprintf("bold: centred mean of %d points", f.Smooth)})
	}
	return pg.figure(sentence(f.Title, p))
}

// onePanel is a page of one panel with its legend beside it.
func onePanel(title string, p *panel) *page {
	panels := []*panel{p}
	return &page{title: title, panels: panels, legend: legendOf(panels, notesOf(panels)...), width: 760, height: 280}
}
