package viz

import "github.com/primewindow/primewindow/viz/page"

// What figures are made of. Package page, which puts them on paper, declares these; their fields and methods are
// described there: go doc ./viz/page Series.
type (
	// Figure is a drawn figure: PNG, Vega-Lite spec, a sentence, and its size in CSS pixels.
	Figure = page.Figure
	// Point is one measured value: X, Y, and SE, its standard error.
	Point = page.Point
	// Series is one line of a figure: Name, Run, Modality, Points, Definition, Hollow.
	Series = page.Series
	// Window is a span of x, From and To, in which a Modality of a Run is in its prime learning window.
	Window = page.Window
	// Mark is a thin vertical line at X with a Text above it.
	Mark = page.Mark
	// Rule is a dashed horizontal line at Y; Text says what it is.
	Rule = page.Rule
	// Width is what a figure is made for: [Screen], [Column] or [Page].
	Width = page.Width
	// Format is a kind of file that a figure is written as.
	Format = page.Format
)

// Widths of a figure.
const (
	Screen = page.Screen // as wide as a figure of its kind is in a notebook, 760 or 960 CSS pixels
	Column = page.Column // 8.5 cm on paper
	Page   = page.Page   // 17.5 cm on paper
)

// Formats of a figure.
const (
	PNG      = page.PNG
	SVG      = page.SVG
	PDF      = page.PDF
	VegaLite = page.VegaLite // Vega-Lite v5 as JSON, with the data
)

// Formats are all formats, in the order in which [Save] writes them.
func Formats() []Format { return page.Formats() }
