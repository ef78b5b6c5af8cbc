package viz

import (
	"fmt"
	"math"
	"strings"

	"github.com/primewindow/primewindow/viz/page"
)

// CosineFigure is one matrix of cosines for each encoder, side by side.
type CosineFigure struct {
	Title  string
	Panels []CosinePanel
	Notes  []string // sentences beneath, for example why a mean is far from what noise predicts
	Width  Width
}

// CosinePanel is one matrix of cosines between gradients, at most 200 wide. Labels name its rows and columns, each
// once. Mean is the mean cosine off the diagonal; Expected is what it should be, NaN where that is not known.
//
// Gradients that are nearly orthogonal may only be noisy. NoiseScale is B_simple in samples, +Inf where no gradient
// stands out from the noise, 0 or NaN where it is not known. Rows, up to eight, and Baseline say what the mean is
// compared with.
type CosinePanel struct {
	Name           string
	Matrix         [][]float64
	Labels         []string
	Mean, Expected float64
	NoiseScale     float64
	Rows           []CosineRow
	Baseline       CosineBaseline
}

// CosineRow compares the mean cosine of batches of one size B, for example "B = 64", with Expected, which is what noise
// alone predicts: 1/(1 + B_simple/B). SD is the standard deviation of Mean were the batches drawn anew, not that of the
// cosines; the verdict of the figure is that Expected lies within two of them. NaN stands for not known; of Mean and
// Expected one is.
type CosineRow struct {
	Name               string
	Mean, SD, Expected float64
}

// CosineBaseline is the mean cosine of gradients that have nothing in common, such as permuted ones, and its standard
// deviation over draws. An SD of 0 or NaN stands for none.
type CosineBaseline struct {
	Name     string
	Mean, SD float64
}

// slack is how far a cosine may lie beyond ±1 by rounding in single precision.
const slack = 0.001

// maxCells is the most rows of a matrix, maxPanels the most panels of a figure.
const (
	maxCells  = 200
	maxPanels = 12
)

// Cosine draws a CosineFigure: cells on a scale from blue at -1 over white at 0 to red at 1, the first row on top, and
// the diagonal grey, since it is 1 whatever the gradients are. Of a matrix of up to eight rows the values are written
// into the cells where they have room. Rows and Baseline stand under their matrix, on an axis of their own that holds
// 0. Cosine returns an error that names the panel that is not a square matrix of cosines, or the row that holds no
// number.
func Cosine(f CosineFigure) (*Figure, error) {
	if len(f.Panels) == 0 {
		return nil, fmt.Errorf("viz: cosine: no panels, want at least one")
	}
	if len(f.Panels) > maxPanels {
		return nil, fmt.Errorf("viz: cosine: %d panels, want at most %d", len(f.Panels), maxPanels)
	}
	if err := f.Width.Check("cosine"); err != nil {
		return nil, err
	}
	for _, p := range f.Panels {
		if err := p.check(); err != nil {
			return nil, err
		}
	}
	at := arrangeCosine(f)
	fig, err := page.Picture(
		page.Canvas{Width: at.width, Height: at.height, Print: f.Width}, func(p *page.Pen) { drawCosine(p, f, at) },
	)
	if err != nil {
		return nil, err
	}
	fig.Spec, fig.Text = cosineSpec(f, at), cosineSentence(f)
	return fig, nil
}

func (p CosinePanel) check() error {
	n := len(p.Matrix)
	where := fmt.Sprintf("viz: cosine: panel %q", p.Name)
	if n == 0 || n > maxCells {
		return fmt.Errorf("%s: %d rows, want 1 to %d", where, n, maxCells)
	}
	if len(p.Labels) != n {
		return fmt.Errorf("%s: %d labels, want %d, one for each row", where, len(p.Labels), n)
	}
	seen := make(map[string]bool, n)
	for _, l := range p.Labels {
		if seen[l] {
			return fmt.Errorf("%s: label %q twice, want one of each", where, l)
		}
		seen[l] = true
	}
	for i, row := range p.Matrix {
		if len(row) != n {
			return fmt.Errorf("%s: row %d: %d values, want %d as the matrix has rows", where, i, len(row), n)
		}
		for j, v := range row {
			if !isCosine(v) {
				return fmt.Errorf("%s: row %d, column %d: %v, want -1 to 1", where, i, j, v)
			}
		}
	}
	if !isCosine(p.Mean) {
		return fmt.Errorf("%s: mean %v, want -1 to 1", where, p.Mean)
	}
	if !math.IsNaN(p.Expected) && !isCosine(p.Expected) {
		return fmt.Errorf("%s: expected %v, want -1 to 1 or NaN", where, p.Expected)
	}
	if p.NoiseScale < 0 {
		return fmt.Errorf("%s: noise scale %v, want above 0, +Inf, or NaN", where, p.NoiseScale)
	}
	return p.checkRows(where)
}

func isCosine(v float64) bool { return math.Abs(v) <= 1+slack } // false for NaN

// captionParts is what stands under a panel's name.
func (p CosinePanel) captionParts() []string {
	list := []string{fmt.Sprintf("mean %.3f", p.Mean)}
	if !math.IsNaN(p.Expected) {
		list = append(list, fmt.Sprintf("expected %.3f", p.Expected))
	}
	switch {
	case math.IsInf(p.NoiseScale, 1):
		list = append(list, "no gradient above the noise")
	case p.NoiseScale > 0:
		list = append(list, "noise scale "+page.Number(p.NoiseScale)+" samples")
	}
	return list
}

// caption is that in one line.
func (p CosinePanel) caption() string { return strings.Join(p.captionParts(), ", ") }

func cosineSentence(f CosineFigure) string {
	var s strings.Builder
	for i, p := range f.Panels {
		if i > 0 {
			s.WriteString("; ")
		}
		off := page.Nothing()
		for r, row := range p.Matrix {
			for c, v := range row {
				if r != c {
					off.Add(v)
				}
			}
		}
		fmt.Fprintf(&s, "%s, %d × %d, %s", p.Name, len(p.Matrix), len(p.Matrix), p.caption())
		if len(p.Matrix) > 1 {
			fmt.Fprintf(&s, ", off the diagonal %.3f to %.3f", off.Low, off.High)
		}
		for _, w := range p.rowWords() {
			s.WriteString(", " + w)
		}
	}
	title := f.Title
	if title == "" {
		title = "Cosines"
	}
	return strings.Join(append([]string{title + ": " + s.String() + "."}, f.Notes...), " ")
}
