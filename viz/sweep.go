package viz

import (
	"fmt"

	"github.com/primewindow/primewindow/viz/page"
)

// SweepFigure is what a measure comes to over the values of one setting, such as accuracies over K or β: a line for
// each series, with a band, and each value of the setting labelled.
type SweepFigure struct {
	Title, XLabel, YLabel string
	Series                []Series // Hollow ones are values from elsewhere
	Chosen                *Mark    // the value that is used elsewhere
	Rule                  Rule     // what is compared with, such as the run without the method
	Band                  string   // what an SE is where it is no standard error, for example "± 1 sd over 5 seeds"
	LogX                  bool     // a logarithmic axis of the setting: values must be above 0
	Percent               bool     // y are fractions, written as percentages
	Width                 Width
}

// Sweep draws a SweepFigure. Where the labels of the values would touch, the axis has round numbers in their place.
// Each series holds every point at a value of its own. Sweep returns an error that names the series that cannot be
// drawn.
func Sweep(f SweepFigure) (*Figure, error) {
	one := LinePanel{
		XLabel: f.XLabel, YLabel: f.YLabel, Series: f.Series, Rule: f.Rule, LogX: f.LogX, Percent: f.Percent,
	}
	if f.Chosen != nil {
		one.Marks = []Mark{*f.Chosen}
	}
	if err := one.check("sweep"); err != nil {
		return nil, err
	}
	if err := f.Width.Check("sweep"); err != nil {
		return nil, err
	}
	for _, s := range f.Series {
		for i, p := range s.Points[1:] {
			if p.X == s.Points[i].X {
				return nil, fmt.Errorf(
					"viz: sweep: series %q: two points at %v, want one for each value of the setting", s.Name, p.X,
				)
			}
		}
	}
	p := one.panel(page.NewStyles(nil, f.Series), one.width)
	p.Band, p.Every = f.Band, true
	pg := onePanel(f.Title, p)
	pg.On(f.Width)
	return pg.Figure(page.Sentence(f.Title, p))
}
