package viz

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

// density is the number of the PNG's pixels in a CSS pixel, each way.
const density = 2

// Sizes of letters in CSS pixels.
const (
	titleSize = 14
	labelSize = 12
	smallSize = 11 // ticks, legend, marks
)

// Where a text stands relative to its point.
const (
	left, center, right = text.XLeft, text.XCenter, text.XRight
	top, middle, bottom = text.YTop, text.YCenter, text.YBottom
)

// lengthOf is a length in CSS pixels, of which 96 are an inch.
func lengthOf(px float64) vg.Length { return vg.Length(px) * vg.Inch / 96 }

// dot is a place on the page in CSS pixels: x to the right, y down from the upper edge.
type dot struct{ x, y float64 }

// stroke is one thing drawn. It is drawn on a canvas of any format; raster says that this one is made of pixels.
type stroke func(c *draw.Canvas, raster bool)

// pen draws on a page whose units are CSS pixels. It keeps what it draws, so that one drawing serves every format.
type pen struct {
	strokes []stroke
	height  float64
}

func (p *pen) add(s stroke) { p.strokes = append(p.strokes, s) }

func (p *pen) point(d dot) vg.Point {
	return vg.Point{X: lengthOf(d.x), Y: lengthOf(p.height - d.y)}
}

func (p *pen) points(list []dot) []vg.Point {
	pts := make([]vg.Point, len(list))
	for i, d := range list {
		pts[i] = p.point(d)
	}
	return pts
}

// stretch is how many points of a solid line are stroked at once where there are pixels: the rasterizer's time grows with the
// square of how often one path crosses a row of them, and a noisy loss crosses it at every point.
const stretch = 64

// line draws a polyline.
func (p *pen) line(c color.NRGBA, width float64, dash []float64, list ...dot) {
	style := draw.LineStyle{Color: c, Width: lengthOf(width)}
	for _, d := range dash {
		style.Dashes = append(style.Dashes, lengthOf(d))
	}
	pts := p.points(list)
	p.add(func(c *draw.Canvas, raster bool) {
		rest := pts
		for raster && len(dash) == 0 && len(rest) > stretch {
			c.StrokeLines(style, rest[:stretch])
			rest = rest[stretch-1:]
		}
		c.StrokeLines(style, rest)
	})
}

// fill fills a polygon.
func (p *pen) fill(c color.NRGBA, list ...dot) {
	pts := p.points(list)
	p.add(func(to *draw.Canvas, _ bool) { to.FillPolygon(c, pts) })
}

// box fills a rectangle from its upper left corner.
func (p *pen) box(c color.NRGBA, at dot, width, height float64) {
	p.fill(c, at, dot{at.x + width, at.y}, dot{at.x + width, at.y + height}, dot{at.x, at.y + height})
}

// hatch draws rising diagonals in a rectangle, gap apart.
func (p *pen) hatch(c color.NRGBA, at dot, width, height, gap float64) {
	for x := at.x - height + gap/2; x < at.x+width; x += gap {
		from, to := max(x, at.x), min(x+height, at.x+width) // on the line y = at.y + height - (its x - x)
		if from < to {
			p.line(c, 1, nil, dot{from, at.y + height - (from - x)}, dot{to, at.y + height - (to - x)})
		}
	}
}

// marker draws a filled marker about size wide, with a white rim that parts it from lines.
func (p *pen) marker(c color.NRGBA, name string, at dot, size float64) {
	for _, layer := range []struct {
		c color.NRGBA
		r float64
	}{{white, size/2 + 1}, {c, size / 2}} {
		var outline []dot
		for _, d := range markerOutline(name) {
			outline = append(outline, dot{at.x + layer.r*d.x, at.y + layer.r*d.y})
		}
		p.fill(layer.c, outline...)
	}
}

// hollow draws the outline of a marker, with white inside.
func (p *pen) hollow(c color.NRGBA, name string, at dot, size float64) {
	var outline []dot
	for _, d := range markerOutline(name) {
		outline = append(outline, dot{at.x + size/2*d.x, at.y + size/2*d.y})
	}
	p.fill(white, outline...)
	p.line(c, 1.6, nil, append(outline, outline[0], outline[1])...)
}

// markerOutline is the outline of a marker of about radius 1.
func markerOutline(name string) []dot {
	switch name {
	case "square":
		return []dot{{-0.9, -0.9}, {0.9, -0.9}, {0.9, 0.9}, {-0.9, 0.9}}
	case "triangle-up":
		return []dot{{0, -1.15}, {1.1, 0.85}, {-1.1, 0.85}}
	case "triangle-down":
		return []dot{{0, 1.15}, {1.1, -0.85}, {-1.1, -0.85}}
	case "diamond":
		return []dot{{0, -1.3}, {1.1, 0}, {0, 1.3}, {-1.1, 0}}
	case "cross":
		const a, b = 0.4, 1.15
		return []dot{{-a, -b}, {a, -b}, {a, -a}, {b, -a}, {b, a}, {a, a}, {a, b}, {-a, b}, {-a, a}, {-b, a}, {-b, -a}, {-a, -a}}
	}
	var circle []dot
	for i := range 24 {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / 24)
		circle = append(circle, dot{cos, sin})
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

// write writes one line of text.
func (p *pen) write(c color.NRGBA, size float64, at dot, x text.XAlignment, y text.YAlignment, s string) {
	style := letters(size, c)
	style.XAlign, style.YAlign = x, y
	if y == middle {
		at.y -= 0.1 * size // the middle of small letters, not of the line with its descenders
	}
	p.text(style, at, s)
}

func (p *pen) text(style text.Style, at dot, s string) {
	pt := p.point(at)
	p.add(func(c *draw.Canvas, _ bool) { c.FillText(style, pt, s) })
}

// title writes the title of a page of a width.
func (p *pen) title(w Width, s string, width float64) {
	for i, line := range w.title(s, width) {
		p.write(ink, titleSize, dot{margin, margin + 2 + float64(i)*titleLine}, left, top, line)
	}
}

// notes write lines of text beneath each other.
func (p *pen) notes(lines []string, at dot) {
	for i, s := range lines {
		p.write(grey, smallSize, dot{at.x, at.y + (float64(i)+0.5)*noteLine}, left, middle, s)
	}
}

// writeUp writes one line of text that reads upwards, its middle at a point.
func (p *pen) writeUp(c color.NRGBA, size float64, at dot, s string) {
	style := letters(size, c)
	style.Rotation = math.Pi / 2
	style.XAlign, style.YAlign = center, middle
	p.text(style, at, s)
}

// widthOf is how wide a text is, in CSS pixels.
func widthOf(size float64, s string) float64 {
	return float64(letters(size, ink).Width(s) / lengthOf(1))
}

// fit shortens a text to a width, in CSS pixels, and says so with three dots.
func fit(size, width float64, s string) string {
	if widthOf(size, s) <= width {
		return s
	}
	runes := []rune(s)
	runes = runes[:min(len(runes), 300)]
	for n := len(runes); n > 0; n-- {
		if short := string(runes[:n]) + "…"; widthOf(size, short) <= width {
			return short
		}
	}
	return "…"
}

// wrapped breaks a text between words into lines of at most a width, in CSS pixels. A longer word is shortened.
func wrapped(size, width float64, s string) []string {
	var lines []string
	for word := range strings.FieldsSeq(s) {
		if n := len(lines); n > 0 && widthOf(size, lines[n-1]+" "+word) <= width {
			lines[n-1] += " " + word
			continue
		}
		lines = append(lines, fit(size, width, word))
	}
	return lines
}

// fitMiddle shortens a text to a width in its middle, for names of which both ends tell.
func fitMiddle(size, width float64, s string) string {
	runes := []rune(s)
	if len(runes) > 300 {
		runes = append(runes[:150], runes[len(runes)-150:]...)
	}
	if widthOf(size, s) <= width {
		return s
	}
	for n := len(runes) - 1; n > 0; n-- {
		head, tail := string(runes[:n/2]), string(runes[len(runes)-(n+1)/2:])
		if short := head + "…" + tail; widthOf(size, short) <= width {
			return short
		}
	}
	return "…"
}
