package page

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"

	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// Format is a kind of file that a figure is written as.
type Format string

// Formats of a figure. SVG and PDF keep lines as lines and letters as letters, with the letters they use embedded.
// VegaLite is Vega-Lite v5 as JSON, with the data.
const (
	PNG      Format = "png"
	SVG      Format = "svg"
	PDF      Format = "pdf"
	VegaLite Format = "vl.json"
)

// Formats are all formats, in the order in which viz.Save writes them.
func Formats() []Format { return []Format{PNG, SVG, PDF, VegaLite} }

// Suffix is how the name of such a file ends, with its dot.
func (f Format) Suffix() string { return "." + string(f) }

// Encode is a figure in a format. A figure gives the same bytes each time: they hold no date and no chance. On paper,
// in a PDF and an SVG, a figure for a [Column] or a [Page] is as wide as that.
func (f *Figure) Encode(format Format) ([]byte, error) {
	if f == nil || f.PNG == nil {
		return nil, fmt.Errorf("viz: encode: no figure, want one that was drawn")
	}
	switch format {
	case PNG:
		return f.PNG, nil
	case VegaLite:
		var buf bytes.Buffer
		encoder := json.NewEncoder(&buf)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(f.Spec); err != nil {
			return nil, fmt.Errorf("viz: encode spec: %w", err)
		}
		return buf.Bytes(), nil
	case SVG, PDF:
		if f.strokes == nil {
			return nil, fmt.Errorf("viz: encode: no lines for a %s, want a figure as viz drew it", format)
		}
		if format == PDF {
			return f.pdf()
		}
		return f.svg()
	}
	return nil, fmt.Errorf("viz: encode: format %q, want one of %q", format, Formats())
}

// Canvas is what a figure is drawn on.
type Canvas struct {
	Width, Height float64 // CSS pixels
	fast          bool    // a larger file in less time
	few           bool    // few hues, and a smaller file in more time
	Print         Width
}

// Picture makes a figure of what paint draws, with its PNG.
func Picture(on Canvas, paint func(*Pen)) (*Figure, error) {
	p := &Pen{height: on.Height}
	paint(p)
	c := vgimg.NewWith(vgimg.UseWH(lengthOf(on.Width), lengthOf(on.Height)), vgimg.UseDPI(Density*96))
	to := draw.New(c)
	for _, s := range p.strokes {
		s(&to, true)
	}
	encoder := png.Encoder{CompressionLevel: png.DefaultCompression}
	if on.fast {
		encoder.CompressionLevel = png.BestSpeed
	}
	var img image.Image = c.Image()
	if full, ok := img.(*image.RGBA); ok && on.few {
		img, encoder.CompressionLevel = paletted(full), png.BestCompression
	}
	var buf bytes.Buffer
	if err := encoder.Encode(&buf, img); err != nil {
		return nil, fmt.Errorf("viz: encode picture: %w", err)
	}
	return &Figure{PNG: buf.Bytes(), Width: int(on.Width), Height: int(on.Height), strokes: p.strokes, print: on.Print},
		nil
}

// replay draws a figure again, on a canvas of another format.
func (f *Figure) replay(c *draw.Canvas) {
	for _, s := range f.strokes {
		s(c, false)
	}
}
