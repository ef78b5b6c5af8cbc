package viz

import (
	"fmt"

	"github.com/primewindow/primewindow/viz/page"
)

// LossFigure is one curve of losses for each run.
type LossFigure struct {
	Title, XLabel, YLabel string // labels with units, for example "step" and "cross entropy (nats)"
	Series                []Series
	Width                 Width
}

// Loss draws a LossFigure on linear axes. A series of more than 200 points is drawn pale, with the centred moving
// average over a fortieth of its points bold; the legend says over how many of the longest one. It returns an error
// that names the series that cannot be drawn.
func Loss(f LossFigure) (*Figure, error) {
	if err := page.CheckSeries("loss", f.Series, false); err != nil {
		return nil, err
	}
	if err := f.Width.Check("loss"); err != nil {
		return nil, err
	}
	p := LinePanel{XLabel: f.XLabel, YLabel: f.YLabel, Series: f.Series}.panel(page.NewStyles(nil, f.Series), lossWidth)
	pg := onePanel(f.Title, p)
	if widestMean(f.Series) > 1 {
		pg.Legend = append(pg.Legend, page.Entry{Text: meanNote(f.Series)})
	}
	pg.On(f.Width)
	return pg.Figure(page.Sentence(f.Title, p))
}

// lossWidth is the width of the moving average of a loss, odd, or 0 for a short series.
func lossWidth(s Series) int {
	if len(s.Points) <= 200 {
		return 0
	}
	return len(s.Points)/40 | 1
}

func widestMean(list []Series) int {
	n := 0
	for _, s := range list {
		n = max(n, lossWidth(s))
	}
	return n
}

// meanNote says what the bold line of a loss is.
func meanNote(list []Series) string {
	return fmt.Sprintf("bold: centred mean of %d steps", widestMean(list))
}
