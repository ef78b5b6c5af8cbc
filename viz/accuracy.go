package viz

import (
	"fmt"

	"github.com/primewindow/primewindow/viz/page"
)

// AccuracyFigure is one curve of accuracies for each readout.
type AccuracyFigure struct {
	Title, XLabel string
	Series        []Series // fractions from 0 to 1
	Chance        float64  // accuracy of guessing, 0 where it is not known
	Marks         []Mark
	Band          string // what an SE is where it is no standard error, for example "± 1 sd over 5 seeds"
	Width         Width
}

// Accuracy draws an AccuracyFigure, with its y axis in percent and the chance line dashed. It returns an error that
// names the series that cannot be drawn, or the point outside 0 to 1.
func Accuracy(f AccuracyFigure) (*Figure, error) {
	if err := checkAccuracies("accuracy", f.Series); err != nil {
		return nil, err
	}
	if err := page.CheckMarks("accuracy", f.Marks); err != nil {
		return nil, err
	}
	if err := f.Width.Check("accuracy"); err != nil {
		return nil, err
	}
	if !(f.Chance >= 0 && f.Chance <= 1) {
		return nil, fmt.Errorf("viz: accuracy: chance %v, want 0 to 1", f.Chance)
	}
	one := LinePanel{XLabel: f.XLabel, YLabel: "accuracy (%)", Series: f.Series, Marks: f.Marks, Percent: true}
	if f.Chance > 0 {
		one.Rule = Rule{Y: f.Chance, Text: "chance"}
	}
	p := one.panel(page.NewStyles(nil, f.Series), one.width)
	p.Band = f.Band
	pg := onePanel(f.Title, p)
	pg.On(f.Width)
	return pg.Figure(page.Sentence(f.Title, p))
}

func checkAccuracies(figure string, list []Series) error {
	if err := page.CheckSeries(figure, list, false); err != nil {
		return err
	}
	for _, s := range list {
		for i, p := range s.Points {
			if p.Y < 0 || p.Y > 1 {
				return fmt.Errorf("viz: %s: series %q: point %d: accuracy %v, want 0 to 1", figure, s.Name, i, p.Y)
			}
		}
	}
	return nil
}
