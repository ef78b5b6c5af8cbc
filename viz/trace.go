package viz

import (
	"github.com/primewindow/primewindow/viz/page"
)

// TraceFigure is one curve for each encoder, with its windows shaded.
type TraceFigure struct {
	Title, XLabel, YLabel string // labels with units, for example "epoch" and "Tr(F) (nats²)"
	Series                []Series
	Windows               []Window
	Marks                 []Mark
	// points of a centred moving average, drawn bold beside the pale values; 0 and 1 draw none
	Smooth int
	Decay  float64 // factor of an exponential mean, drawn so in place of it, from 0 to below 1; 0 draws none
	Band   string  // what an SE is where it is no standard error, for example "± 1 sd over 5 seeds"
	Ends   string  // over what the ends of windows differ, for example "95 % interval over 5 seeds"
	Linear bool    // a linear y axis; else it is logarithmic, and values must be above 0
	Width  Width
}

// Trace draws a TraceFigure. The moving average goes by points and is centred; near an end it is the mean of those of
// its points that exist. The exponential mean goes by points too, up to each, without a pull towards 0 at the start. On
// a log axis a band's lower edge is drawn at a third of the value where it lies below that. Trace returns an error that
// names the series, window or mark that cannot be drawn, or the two series of different Definitions.
func Trace(f TraceFigure) (*Figure, error) {
	one := LinePanel{
		XLabel: f.XLabel, YLabel: f.YLabel, Series: f.Series, Windows: f.Windows, Marks: f.Marks, Smooth: f.Smooth,
		Decay: f.Decay,
		Log:   !f.Linear,
	}
	if err := f.Width.Check("trace"); err != nil {
		return nil, err
	}
	if err := one.check("trace"); err != nil {
		return nil, err
	}
	p := one.panel(page.NewStyles(f.Windows, f.Series), one.width)
	p.Band, p.Ends = f.Band, f.Ends
	pg := onePanel(f.Title, p)
	if bold := one.bold(); bold != "" {
		pg.Legend = append(pg.Legend, page.Entry{Text: "bold: " + bold})
	}
	pg.On(f.Width)
	return pg.Figure(page.Sentence(f.Title, p))
}

// onePanel is a page of one panel with its legend beside it.
func onePanel(title string, p *page.Panel) *page.Layout {
	panels := []*page.Panel{p}
	return &page.Layout{
		Title: title, Panels: panels, Legend: page.LegendOf(panels, page.NotesOf(panels)...), Width: 760, Height: 280,
	}
}
