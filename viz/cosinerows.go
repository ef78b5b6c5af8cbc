package viz

import (
	"fmt"
	"math"
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
var prediction = hues[3]

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

// verdict says how a mean compares with what noise alone predicts, empty where one of the two or the deviation is missing.
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
		list = append(list, fmt.Sprintf("%s: %.3f ± %.3f (%d sd), the mean lies %s", b.name(), b.Mean, stripSpreads*b.SD, stripSpreads, lies))
	}
	return list
}

// rowLabelWidth is the room left of the rows.
func (p CosinePanel) rowLabelWidth() float64 {
	widest := 0.0
	for _, r := range p.Rows {
		widest = max(widest, widthOf(smallSize, r.Name))
	}
	if p.Baseline.given() {
		widest = max(widest, widthOf(smallSize, p.Baseline.name()))
	}
	return min(widest, widestStrip) + 8
}

// rowAxis is the axis of the rows: all that they show, and 0.
func (p CosinePanel) rowAxis(side float64) axis {
	r := nothing()
	r.add(0)
	add := func(mean, sd float64) {
		if given(mean) {
			low, high := spread(mean, sd)
			r.add(low)
			r.add(high)
		}
	}
	for _, row := range p.Rows {
		add(row.Mean, row.SD)
		add(row.Expected, 0)
	}
	if p.Baseline.given() {
		add(p.Baseline.Mean, p.Baseline.SD)
	}
	r = r.pad(0.06)
	label := "mean cosine off the diagonal"
	if widthOf(labelSize, label) > side {
		label = "mean cosine" // what of, the words of the figure say
	}
	a := axis{label: label, from: max(r.low, -1-slack), to: min(r.high, 1+slack)}
	a.setTicksAlong(side)
	return a
}

// rowLegend says what the marks of the rows are, empty where no panel has any.
func rowLegend(f CosineFigure) []entry {
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
	var list []entry
	if mean {
		text, mid, reach := "measured mean", sampleWidth/2, 0.0
		if sd {
			text, reach = fmt.Sprintf("measured mean ± %d standard deviations of it", stripSpreads), mid-3
		}
		list = append(list, entry{text: text, vega: "dot", sample: func(p *pen, at dot) {
			drawMeasured(p, dot{at.x + mid - reach, at.y}, dot{at.x + mid, at.y}, dot{at.x + mid + reach, at.y})
		}})
	}
	if expected {
		list = append(list, entry{text: "what noise alone predicts, 1/(1 + B_simple/B)", vega: "tick", sample: func(p *pen, at dot) {
			drawPredicted(p, dot{at.x + sampleWidth/2, at.y})
		}})
	}
	if baseline != "" {
		list = append(list, entry{text: fmt.Sprintf("%s, mean ± %d standard deviations", baseline, stripSpreads), vega: "band", sample: func(p *pen, at dot) {
			drawBaseline(p, dot{at.x + 3, at.y}, dot{at.x + sampleWidth/2, at.y}, dot{at.x + sampleWidth - 3, at.y})
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
	strips := at.height - margin/2 + stripGap
	for range f.Panels {
		at.strips = append(at.strips, strips)
	}
	at.legendAt = dot{margin, strips + float64(most)*stripHeight + underHeight + margin/2}
	at.columns, at.legendWidth = columns(at.legend, at.width-2*margin)
	rows := (len(at.legend) + at.columns - 1) / at.columns
	at.height = at.legendAt.y + float64(rows)*rowHeight + margin
}

// drawMeasured draws a measured mean with its deviation.
func drawMeasured(p *pen, low, mean, high dot) {
	p.line(ink, 1.6, nil, low, high)
	p.marker(ink, "circle", mean, 7)
}

// drawPredicted draws a prediction: taller than the mark of a mean, so that neither hides the other.
func drawPredicted(p *pen, at dot) {
	p.line(prediction, 2.4, nil, dot{at.x, at.y - 8}, dot{at.x, at.y + 8})
}

// drawBaseline draws the band of a baseline, its mean as a line in it.
func drawBaseline(p *pen, low, mean, high dot) {
	p.box(masked, dot{low.x, low.y - 6}, high.x-low.x, 12)
	p.line(grey, 1.2, nil, dot{mean.x, mean.y - 6}, dot{mean.x, mean.y + 6})
}

// drawRows draws the rows of a panel, their upper left corner at a place.
func (p CosinePanel) drawRows(pn *pen, at dot, side float64) {
	n := p.rows()
	if n == 0 {
		return
	}
	a := p.rowAxis(side)
	foot := at.y + float64(n)*stripHeight
	place := func(v float64, row int) dot {
		return dot{at.x + side*a.place(v), at.y + (float64(row)+0.5)*stripHeight}
	}
	for _, t := range a.ticks {
		if t.label == "" {
			continue
		}
		x := place(t.value, 0).x
		pn.line(faint, 1, nil, dot{x, at.y}, dot{x, foot})
	}
	zero := place(0, 0).x
	pn.line(grey, 1, nil, dot{zero, at.y}, dot{zero, foot})
	pn.line(ink, 1, nil, dot{at.x, foot}, dot{at.x + side, foot})
	pn.axis(&a, dot{at.x, foot}, side, side)
	name := func(row int, s string) {
		pn.write(ink, smallSize, dot{at.x - 6, place(0, row).y}, right, middle, fit(smallSize, widestStrip, s))
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
