package page

import (
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Density is the number of the PNG's pixels in a CSS pixel, each way.
const Density = 2

// Sizes of letters in CSS pixels.
const (
	TitleSize = 14
	LabelSize = 12
	SmallSize = 11 // ticks, legend, marks
)

// Where a text stands relative to its point.
const (
	Left, Center, Right = text.XLeft, text.XCenter, text.XRight
	Top, Middle, bottom = text.YTop, text.YCenter, text.YBottom
)

// lengthOf is a length in CSS pixels, of which 96 are an inch.
func lengthOf(px float64) vg.Length { return vg.Length(px) * vg.Inch / 96 }

// Dot is a place on the page in CSS pixels: x to the right, y down from the upper edge.
type Dot struct{ X, Y float64 }

// At is the place x to the right of the left edge and y below the upper one.
func At(x, y float64) Dot { return Dot{x, y} }

// stroke is one thing drawn. It is drawn on a canvas of any format; raster says that this one is made of pixels.
type stroke func(c *draw.Canvas, raster bool)

// Pen draws on a page whose units are CSS pixels. It keeps what it draws, so that one drawing serves every format.
type Pen struct {
	strokes []stroke
	height  float64
}

// Add draws a stroke above those before it.
func (p *Pen) Add(s stroke) { p.strokes = append(p.strokes, s) }

// Point is a place in the lengths of the picture.
func (p *Pen) Point(d Dot) vg.Point {
	return vg.Point{X: lengthOf(d.X), Y: lengthOf(p.height - d.Y)}
}

func (p *Pen) points(list []Dot) []vg.Point {
	pts := make([]vg.Point, len(list))
	for i, d := range list {
		pts[i] = p.Point(d)
	}
	return pts
}

// stretch is how many points of a solid line are stroked at once where there are pixels: the rasterizer's time grows
// with the square of how often one path crosses a row of them, and a noisy loss crosses it at every point.
const stretch = 64

// Line draws a polyline.
func (p *Pen) Line(c color.NRGBA, width float64, dash []float64, list ...Dot) {
	style := draw.LineStyle{Color: c, Width: lengthOf(width)}
	for _, d := range dash {
		style.Dashes = append(style.Dashes, lengthOf(d))
	}
	pts := p.points(list)
	p.Add(func(c *draw.Canvas, raster bool) {
		rest := pts
		for raster && len(dash) == 0 && len(rest) > stretch {
			c.StrokeLines(style, rest[:stretch])
			rest = rest[stretch-1:]
		}
		c.StrokeLines(style, rest)
	})
}

// Fill fills a polygon.
func (p *Pen) Fill(c color.NRGBA, list ...Dot) {
	pts := p.points(list)
	p.Add(func(to *draw.Canvas, _ bool) { to.FillPolygon(c, pts) })
}

// Box fills a rectangle from its upper left corner.
func (p *Pen) Box(c color.NRGBA, at Dot, width, height float64) {
	p.Fill(c, at, Dot{at.X + width, at.Y}, Dot{at.X + width, at.Y + height}, Dot{at.X, at.Y + height})
}

// hatch draws rising diagonals in a rectangle, gap apart.
func (p *Pen) hatch(c color.NRGBA, at Dot, width, height, gap float64) {
	for x := at.X - height + gap/2; x < at.X+width; x += gap {
		from, to := max(x, at.X), min(x+height, at.X+width) // on the line y = at.y + height - (its x - x)
		if from < to {
			p.Line(c, 1, nil, Dot{from, at.Y + height - (from - x)}, Dot{to, at.Y + height - (to - x)})
		}
	}
}

// Marker draws a filled marker about size wide, with a white rim that parts it from lines.
func (p *Pen) Marker(c color.NRGBA, name string, at Dot, size float64) {
	for _, layer := range []struct {
		c color.NRGBA
		r float64
	}{{White, size/2 + 1}, {c, size / 2}} {
		var outline []Dot
		for _, d := range MarkerOutline(name) {
			outline = append(outline, Dot{at.X + layer.r*d.X, at.Y + layer.r*d.Y})
		}
		p.Fill(layer.c, outline...)
	}
}

// Hollow draws the outline of a marker, with white inside.
func (p *Pen) Hollow(c color.NRGBA, name string, at Dot, size float64) {
	var outline []Dot
	for _, d := range MarkerOutline(name) {
		outline = append(outline, Dot{at.X + size/2*d.X, at.Y + size/2*d.Y})
	}
	p.Fill(White, outline...)
	p.Line(c, 1.6, nil, append(outline, outline[0], outline[1])...)
}

// MarkerOutline is the outline of a marker of about radius 1.
func MarkerOutline(name string) []Dot {
	switch name {
	case "square":
		return []Dot{{-0.9, -0.9}, {0.9, -0.9}, {0.9, 0.9}, {-0.9, 0.9}}
	case "triangle-up":
		return []Dot{{0, -1.15}, {1.1, 0.85}, {-1.1, 0.85}}
	case "triangle-down":
		return []Dot{{0, 1.15}, {1.1, -0.85}, {-1.1, -0.85}}
	case "diamond":
		return []Dot{{0, -1.3}, {1.1, 0}, {0, 1.3}, {-1.1, 0}}
	case "cross":
		const a, b = 0.4, 1.15
		return []Dot{
			{-a, -b}, {a, -b}, {a, -a}, {b, -a}, {b, a}, {a, a}, {a, b}, {-a, b}, {-a, a}, {-b, a}, {-b, -a}, {-a, -a},
		}
	}
	var circle []Dot
	for i := range 24 {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / 24)
		circle = append(circle, Dot{cos, sin})
	}
	return circle
}

func letters(size float64, c color.NRGBA) text.Style {
	return text.Style{
		Color:   c,
		Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Size: lengthOf(size)},
		Handler: plot.DefaultTextHandler,
	}
}

// Write writes one line of text.
func (p *Pen) Write(c color.NRGBA, size float64, at Dot, x text.XAlignment, y text.YAlignment, s string) {
	style := letters(size, c)
	style.XAlign, style.YAlign = x, y
	if y == Middle {
		at.Y -= 0.1 * size // the middle of small letters, not of the line with its descenders
	}
	p.text(style, at, s)
}

func (p *Pen) text(style text.Style, at Dot, s string) {
	pt := p.Point(at)
	p.Add(func(c *draw.Canvas, _ bool) { c.FillText(style, pt, s) })
}

// Title writes the title of a page of a width.
func (p *Pen) Title(w Width, s string, width float64) {
	for i, line := range w.title(s, width) {
		p.Write(Ink, TitleSize, Dot{Margin, Margin + 2 + float64(i)*titleLine}, Left, Top, line)
	}
}

// Notes write lines of text beneath each other.
func (p *Pen) Notes(lines []string, at Dot) {
	for i, s := range lines {
		p.Write(Grey, SmallSize, Dot{at.X, at.Y + (float64(i)+0.5)*NoteLine}, Left, Middle, s)
	}
}

// WriteUp writes one line of text that reads upwards, its middle at a point.
func (p *Pen) WriteUp(c color.NRGBA, size float64, at Dot, s string) {
	style := letters(size, c)
	style.Rotation = math.Pi / 2
	style.XAlign, style.YAlign = Center, Middle
	p.text(style, at, s)
}

// WidthOf is how wide a text is, in CSS pixels.
func WidthOf(size float64, s string) float64 {
	return float64(letters(size, Ink).Width(s) / lengthOf(1))
}

// Fit shortens a text to a width, in CSS pixels, and says so with three dots.
func Fit(size, width float64, s string) string {
	if WidthOf(size, s) <= width {
		return s
	}
	runes := []rune(s)
	runes = runes[:min(len(runes), 300)]
	for n := len(runes); n > 0; n-- {
		if short := string(runes[:n]) + "…"; WidthOf(size, short) <= width {
			return short
		}
	}
	return "…"
}

// Wrapped breaks a text between words into lines of at most a width, in CSS pixels. A longer word is shortened.
func Wrapped(size, width float64, s string) []string {
	var lines []string
	for word := range strings.FieldsSeq(s) {
		if n := len(lines); n > 0 && WidthOf(size, lines[n-1]+" "+word) <= width {
			lines[n-1] += " " + word
			continue
		}
		lines = append(lines, Fit(size, width, word))
	}
	return lines
}

// FitMiddle shortens a text to a width in its middle, for names of which both ends tell.
func FitMiddle(size, width float64, s string) string {
	runes := []rune(s)
	if len(runes) > 300 {
		runes = append(runes[:150], runes[len(runes)-150:]...)
	}
	if WidthOf(size, s) <= width {
		return s
	}
	for n := len(runes) - 1; n > 0; n-- {
		head, tail := string(runes[:n/2]), string(runes[len(runes)-(n+1)/2:])
		if short := head + "…" + tail; WidthOf(size, short) <= width {
			return short
		}
	}
	return "…"
}
