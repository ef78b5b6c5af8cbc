package viz

import (
	"bytes"
	"fmt"
	"image"
	"image/png"

	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// Figure is a drawn figure. Width and Height are CSS pixels; the PNG has twice as many of its own each way.
type Figure struct {
	PNG           []byte
	Spec          map[string]any // Vega-Lite v5, with its data
	Text          string         // one sentence: what is drawn, first and last values, windows
	Width, Height int
}

// Point is one measured value. SE is its standard error, 0 where there is none.
type Point struct {
	X, Y, SE float64
}

// Series is one line of a figure. Points ascend in X. Modality picks the colour; Run picks dash and marker; Name stands in the
// legend and is given to one series of a figure only. Definition says what was measured and how, for example "fisher_emp,
// fused loss, recalibrated"; it may be empty. Series of two definitions are never drawn on one axis.
type Series struct {
	Name, Run, Modality string
	Points              []Point
	Definition          string
}

// Window is a span of x in which a modality of a run is in its prime learning window. Uncertain ones are hatched.
type Window struct {
	Run, Modality string
	From, To      float64
	Uncertain     bool
}

// Mark is a thin vertical line with a text above it, such as the change of a setting.
type Mark struct {
	X    float64
	Text string
}

// Rule is a dashed horizontal line at Y. Text says what it is, in the legend before its value; without a Text there is none.
type Rule struct {
	Y    float64
	Text string
}

// page is a figure before it is drawn: panels in rows, and one legend.
type page struct {
	title  string
	panels []*panel
	legend []entry
	width  float64 // CSS pixels
	height float64 // of the data area of each panel
	across int     // panels in a row, 0 for all
	shareX bool    // one span of x for all panels
	shareY bool    // one span of y, with more labels
	below  bool    // legend below, even where it would fit beside
	fast   bool    // a larger file in less time
	few    bool    // few hues, and a smaller file in more time
}

// figure draws a page and writes its spec.
func (pg *page) figure(text string) (*Figure, error) {
	at := pg.arrange()
	f, err := encoded(at.width, at.height, pg.fast, pg.few, func(p *pen) { pg.draw(p, at) })
	if err != nil {
		return nil, err
	}
	f.Spec, f.Text = pg.spec(at), text
	return f, nil
}

// picture makes the PNG of what paint draws.
func picture(width, height float64, fast bool, paint func(*pen)) (*Figure, error) {
	return encoded(width, height, fast, false, paint)
}

func encoded(width, height float64, fast, few bool, paint func(*pen)) (*Figure, error) {
	c := vgimg.NewWith(vgimg.UseWH(lengthOf(width), lengthOf(height)), vgimg.UseDPI(density*96))
	paint(&pen{c: draw.New(c), height: height})
	encoder := png.Encoder{CompressionLevel: png.DefaultCompression}
	if fast {
		encoder.CompressionLevel = png.BestSpeed
	}
	var img image.Image = c.Image()
	if full, ok := img.(*image.RGBA); ok && few {
		img, encoder.CompressionLevel = paletted(full), png.BestCompression
	}
	var buf bytes.Buffer
	if err := encoder.Encode(&buf, img); err != nil {
		return nil, fmt.Errorf("viz: encode picture: %w", err)
	}
	return &Figure{PNG: buf.Bytes(), Width: int(width), Height: int(height)}, nil
}
