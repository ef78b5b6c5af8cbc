package viz

import (
	"fmt"
	"math"

	"github.com/primewindow/primewindow/viz/page"
)

// Measures of the rows under a matrix of cosines in CSS pixels.
const (
	stripHeight  = 22.0  // of a row
	stripGap     = 14.0  // under the matrix's axis
	widestStrip  = 110.0 // of a row's name
	maxStrips    = 8     // rows without the baseline
	stripSpreads = 2     // standard deviations on either side
)

// prediction is the colour of what noise alone predicts: one that no known modality has.
var prediction = page.Hues[3]

// given says whether a number was given.
func given(v float64) bool { return !math.IsNaN(v) }

// checkRows names the row, or baseline, that cannot be drawn.
func (p CosinePanel) checkRows(where string) error {
	if n := len(p.Rows); n > maxStrips {
		return fmt.Errorf("%s: %d rows of means, want at most %d", where, n, maxStrips)
	}
	seen := map[string]bool{p.Baseline.name(): p.Baseline.given()}
	for i, r := range p.Rows {
		at := fmt.Sprintf("%s: row %d %q of means", where, i, r.Name)
		switch {
		case r.Name == "" || seen[r.Name]:
			return fmt.Errorf("%s: name %q, want one of its own", at, r.Name)
		case !given(r.Mean) && !given(r.Expected):
			return fmt.Errorf("%s: neither mean nor expected value, want one", at)
		case given(r.Mean) && !isCosine(r.Mean):
			return fmt.Errorf("%s: mean %v, want -1 to 1 or NaN", at, r.Mean)
		case given(r.Expected) && !isCosine(r.Expected):
			return fmt.Errorf("%s: expected %v, want -1 to 1 or NaN", at, r.Expected)
		case r.SD < 0 || math.IsInf(r.SD, 1):
			return fmt.Errorf("%s: standard deviation %v, want a finite value of 0 or more, or NaN", at, r.SD)
		}
		seen[r.Name] = true
	}
	switch b := p.Baseline; {
	case b.SD < 0 || math.IsInf(b.SD, 1):
		return fmt.Errorf("%s: baseline: standard deviation %v, want a finite value of 0 or more, or NaN", where, b.SD)
	case b.given() && !isCosine(b.Mean):
		return fmt.Errorf("%s: baseline: mean %v, want -1 to 1", where, b.Mean)
	}
	return nil
}

func (b CosineBaseline) given() bool { return b.SD > 0 }

func (b CosineBaseline) name() string {
	if b.Name == "" {
		return "baseline"
	}
	return b.Name
}

// rows is how many rows stand under the matrix, the baseline last.
func (p CosinePanel) rows() int {
	n := len(p.Rows)
	if p.Baseline.given() {
		n++
	}
	return n
}

// spread is a mean plus and minus its standard deviations, within what cosines can be.
func spread(mean, sd float64) (low, high float64) {
	if !(sd > 0) {
		return mean, mean
	}
	return max(-1, mean-stripSpreads*sd), min(1, mean+stripSpreads*sd)
}

// verdict says how a mean compares with what noise alone predicts, empty where one of the two or the deviation is
// missing.
func (r CosineRow) verdict() string {
	low, high := r.Mean-stripSpreads*r.SD, r.Mean+stripSpreads*r.SD
	switch {
	case !(r.SD > 0) || !given(r.Mean) || !given(r.Expected):
		return ""
	case low > r.Expected:
		return "above what noise alone predicts"
	case high < r.Expected:
		return "below what noise alone predicts"
	}
	return "as noise alone predicts"
}

// rowWords are the rows in words.
func (p CosinePanel) rowWords() []string {
	var list []string
	for _, r := range p.Rows {
		s := r.Name + ":"
		if given(r.Mean) {
			s += fmt.Sprintf(" %.3f", r.Mean)
		}
		if r.SD > 0 && given(r.Mean) {
			s += fmt.Sprintf(" ± %.3f (%d sd)", stripSpreads*r.SD, stripSpreads)
		}
		switch v := r.verdict(); {
		case v != "":
			s += fmt.Sprintf(" %s (%.3f)", v, r.Expected)
		case given(r.Expected) && given(r.Mean):
			s += fmt.Sprintf(" where noise alone predicts %.3f", r.Expected)
		case given(r.Expected):
			s += fmt.Sprintf(" noise alone predicts %.3f", r.Expected)
		}
		list = append(list, s)
	}
	if b := p.Baseline; b.given() {
		lies := "within"
		if math.Abs(p.Mean-b.Mean) > stripSpreads*b.SD {
			lies = "outside"
		}
		list = append(
			list,
			fmt.Sprintf(
				"%s: %.3f ± %.3f (%d sd), the mean lies %s", b.name(), b.Mean, stripSpreads*b.SD, stripSpreads, lies,
			),
		)
	}
	return list
}

// rowLabelWidth is the room left of the rows.
func (p CosinePanel) rowLabelWidth() float64 {
	widest := 0.0
	for _, r := range p.Rows {
		widest = max(widest, page.WidthOf(page.SmallSize, r.Name))
	}
	if p.Baseline.given() {
		widest = max(widest, page.WidthOf(page.SmallSize, p.Baseline.name()))
	}
	return min(widest, widestStrip) + 8
}

// rowAxis is the axis of the rows: all that they show, and 0.
func (p CosinePanel) rowAxis(side float64) page.Axis {
	r := page.Nothing()
	r.Add(0)
	add := func(mean, sd float64) {
		if given(mean) {
			low, high := spread(mean, sd)
			r.Add(low)
			r.Add(high)
		}
	}
	for _, row := range p.Rows {
		add(row.Mean, row.SD)
		add(row.Expected, 0)
	}
	if p.Baseline.given() {
		add(p.Baseline.Mean, p.Baseline.SD)
	}
	r = r.Pad(0.06)
	label := "mean cosine off the diagonal"
	if page.WidthOf(page.LabelSize, label) > side {
		label = "mean cosine" // what of, the words of the figure say
	}
	a := page.Axis{Label: label, From: max(r.Low, -1-slack), To: min(r.High, 1+slack)}
	a.SetTicksAlong(side)
	return a
}

// rowLegend says what the marks of the rows are, empty where no panel has any.
func rowLegend(f CosineFigure) []page.Entry {
	var mean, sd, expected bool
	baseline := ""
	for _, p := range f.Panels {
		for _, r := range p.Rows {
			mean = mean || given(r.Mean)
			sd = sd || given(r.Mean) && r.SD > 0
			expected = expected || given(r.Expected)
		}
		if p.Baseline.given() {
			baseline = p.Baseline.name()
		}
	}
	var list []page.Entry
	if mean {
		text, mid, reach := "measured mean", page.SampleWidth/2, 0.0
		if sd {
			text, reach = fmt.Sprintf("measured mean ± %d standard deviations of it", stripSpreads), mid-3
		}
		list = append(list, page.Entry{Text: text, Vega: "dot", Sample: func(p *page.Pen, at page.Dot) {
			drawMeasured(p, page.At(at.X+mid-reach, at.Y), page.At(at.X+mid, at.Y), page.At(at.X+mid+reach, at.Y))
		}})
	}
	if expected {
		list = append(list,
			page.Entry{Text: "what noise alone predicts, 1/(1 + B_simple/B)", Vega: "tick",
				Sample: func(p *page.Pen, at page.Dot) {
					drawPredicted(p, page.At(at.X+page.SampleWidth/2, at.Y))
				}})
	}
	if baseline != "" {
		list = append(list, page.Entry{Text: fmt.Sprintf(
			"%s, mean ± %d standard deviations", baseline, stripSpreads,
		), Vega: "band", Sample: func(p *page.Pen, at page.Dot) {
			drawBaseline(
				p, page.At(at.X+3, at.Y), page.At(at.X+page.SampleWidth/2, at.Y),
				page.At(at.X+page.SampleWidth-3, at.Y),
			)
		}})
	}
	return list
}

// arrangeRows makes room for the rows under the matrices and for their legend under all.
func (at *heatmaps) arrangeRows(f CosineFigure) {
	most := 0
	for _, p := range f.Panels {
		most = max(most, p.rows())
	}
	strips := at.height - page.Margin/2 + stripGap
	for range f.Panels {
		at.strips = append(at.strips, strips)
	}
	at.legendAt = page.At(page.Margin, strips+float64(most)*stripHeight+page.UnderHeight+page.Margin/2)
	at.columns, at.legendWidth = page.Columns(at.legend, at.width-2*page.Margin)
	rows := (len(at.legend) + at.columns - 1) / at.columns
	at.height = at.legendAt.Y + float64(rows)*page.RowHeight + page.Margin
}

// drawMeasured draws a measured mean with its deviation.
func drawMeasured(p *page.Pen, low, mean, high page.Dot) {
	p.Line(page.Ink, 1.6, nil, low, high)
	p.Marker(page.Ink, "circle", mean, 7)
}

// drawPredicted draws a prediction: taller than the mark of a mean, so that neither hides the other.
func drawPredicted(p *page.Pen, at page.Dot) {
	p.Line(prediction, 2.4, nil, page.At(at.X, at.Y-8), page.At(at.X, at.Y+8))
}

// drawBaseline draws the band of a baseline, its mean as a line in it.
func drawBaseline(p *page.Pen, low, mean, high page.Dot) {
	p.Box(masked, page.At(low.X, low.Y-6), high.X-low.X, 12)
	p.Line(page.Grey, 1.2, nil, page.At(mean.X, mean.Y-6), page.At(mean.X, mean.Y+6))
}

// drawRows draws the rows of a panel, their upper left corner at a place.
func (p CosinePanel) drawRows(pn *page.Pen, at page.Dot, side float64) {
	n := p.rows()
	if n == 0 {
		return
	}
	a := p.rowAxis(side)
	foot := at.Y + float64(n)*stripHeight
	place := func(v float64, row int) page.Dot {
		return page.At(at.X+side*a.Place(v), at.Y+(float64(row)+0.5)*stripHeight)
	}
	for _, t := range a.Ticks {
		if t.Label == "" {
			continue
		}
		x := place(t.Value, 0).X
		pn.Line(page.Faint, 1, nil, page.At(x, at.Y), page.At(x, foot))
	}
	zero := place(0, 0).X
	pn.Line(page.Grey, 1, nil, page.At(zero, at.Y), page.At(zero, foot))
	pn.Line(page.Ink, 1, nil, page.At(at.X, foot), page.At(at.X+side, foot))
	pn.Axis(&a, page.At(at.X, foot), side, side)
	name := func(row int, s string) {
		pn.Write(
			page.Ink, page.SmallSize, page.At(at.X-6, place(0, row).Y), page.Right, page.Middle,
			page.Fit(page.SmallSize, widestStrip, s),
		)
	}
	for i, r := range p.Rows {
		name(i, r.Name)
		if given(r.Expected) {
			drawPredicted(pn, place(r.Expected, i))
		}
		if given(r.Mean) {
			low, high := spread(r.Mean, r.SD)
			drawMeasured(pn, place(low, i), place(r.Mean, i), place(high, i))
		}
	}
	if b := p.Baseline; b.given() {
		low, high := spread(b.Mean, b.SD)
		name(n-1, b.name())
		drawBaseline(pn, place(low, n-1), place(b.Mean, n-1), place(high, n-1))
	}
}
