package viz

import (
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/primewindow/primewindow/viz/page"
)

// stripParts is how many frames, or channels that are no colours, are shown of a sample.
const stripParts = 4

// raster is the values of a sample as a picture: a value for each column, row and channel, of which there are one or
// three.
type raster struct {
	width, height, channels int
	at                      func(column, row, channel int) float32
}

// raster lays a sample out.
func (s SampleTile) raster(sequence bool) raster {
	if n := len(s.Shape); n == 1 {
		return raster{s.Shape[0], 1, 1, func(c, _, _ int) float32 { return s.X[c] }}
	} else if n == 2 {
		high, wide := s.Shape[0], s.Shape[1]
		if sequence {
			return raster{high, wide, 1, func(c, r, _ int) float32 { return s.X[c*wide+r] }}
		}
		return raster{wide, high, 1, func(c, r, _ int) float32 { return s.X[r*wide+c] }}
	}
	frames, last := 1, len(s.Shape)-1
	high, wide, depth := s.Shape[last-2], s.Shape[last-1], s.Shape[last]
	if last == 3 {
		frames = s.Shape[0]
	}
	value := func(frame, row, column, channel int) float32 {
		return s.X[((frame*high+row)*wide+column)*depth+channel]
	}
	if frames == 1 && depth != 1 && depth != 3 {
		parts := min(depth, stripParts)
		return raster{
			parts * wide, high, 1,
			func(c, r, _ int) float32 { return value(0, r, c%wide, spaced(c/wide, parts, depth)) },
		}
	}
	parts, channels := min(frames, stripParts), 1
	if depth == 3 {
		channels = 3
	}
	return raster{parts * wide, high, channels, func(c, r, ch int) float32 {
		return value(spaced(c/wide, parts, frames), r, c%wide, ch)
	}}
}

// spaced is the i-th of some places evenly spread over n, the first and the last among them.
func spaced(i, places, n int) int {
	if places < 2 {
		return 0
	}
	return i * (n - 1) / (places - 1)
}

// pixels is a picture in pixels of the PNG, from the upper left corner on.
type pixels struct {
	width, height int
	shades        []color.NRGBA
}

// pixels scales a sample to a place of a width in CSS pixels, and shades it from black to white over a span of values.
func (s SampleTile) pixels(r SampleRow, span page.Reach, width float64) pixels {
	from := s.raster(r.Sequence)
	wide := int(width * page.Density)
	var to pixels
	switch {
	case from.height == 1:
		to.width, to.height = wide, vectorHeight*page.Density
	case r.Sequence || r.Flip:
		to.width, to.height = wide, int(stretchedTile*float64(wide))
	default:
		by := min(float64(wide)/float64(from.width), float64(wide)/float64(from.height))
		if by > 1 {
			by = math.Floor(by)
		}
		to.width, to.height = max(1, int(by*float64(from.width))), max(1, int(by*float64(from.height)))
	}
	if r.Flip {
		upright := from.at
		from.at = func(c, row, ch int) float32 { return upright(c, from.height-1-row, ch) }
	}
	columns, rows := shares(from.width, to.width), shares(from.height, to.height)
	to.shades = make([]color.NRGBA, 0, to.width*to.height)
	for _, row := range rows {
		for _, column := range columns {
			var c [3]uint8
			for ch := range from.channels {
				c[ch] = shadeOf(span, from.mean(column, row, ch))
			}
			if from.channels == 1 {
				c[1], c[2] = c[0], c[0]
			}
			to.shades = append(to.shades, color.NRGBA{c[0], c[1], c[2], 0xff})
		}
	}
	return to
}

// share is the cells that a pixel covers on one axis, and how much of each.
type share struct {
	first   int
	weights []float64 // their sum is 1
}

// shares divides cells among pixels, each of the same length.
func shares(cells, pixels int) []share {
	list := make([]share, pixels)
	for i := range list {
		from, to := float64(i)*float64(cells)/float64(pixels), float64(i+1)*float64(cells)/float64(pixels)
		first := min(int(from+1e-9), cells-1)
		for k := first; k < cells && float64(k) < to-1e-9; k++ {
			part := min(float64(k+1), to) - max(float64(k), from)
			list[i].weights = append(list[i].weights, part/(to-from))
		}
		list[i].first = first
	}
	return list
}

// mean is the mean value under a pixel.
func (r raster) mean(column, row share, channel int) float64 {
	sum := 0.0
	for j, v := range row.weights {
		for i, w := range column.weights {
			sum += v * w * float64(r.at(column.first+i, row.first+j, channel))
		}
	}
	return sum
}

// shadeOf is a value's grey between the ends of a reach; all are black where it has no width.
func shadeOf(r page.Reach, v float64) uint8 {
	if r.High <= r.Low {
		return 0
	}
	return uint8(math.Round(0xff * min(1, max(0, (v-r.Low)/(r.High-r.Low)))))
}

// drawPicture draws pixels with their upper left corner at a place, in a pale frame, since much of them may be white.
func drawPicture(p *page.Pen, px pixels, at page.Dot) {
	img := image.NewNRGBA(image.Rect(0, 0, px.width, px.height))
	for i, c := range px.shades {
		img.SetNRGBA(i%px.width, i/px.width, c)
	}
	wide, high := float64(px.width)/page.Density, float64(px.height)/page.Density
	p.Box(page.Faint, page.At(at.X-0.5, at.Y-0.5), wide+1, high+1)
	where := vg.Rectangle{Min: p.Point(page.At(at.X, at.Y+high)), Max: p.Point(page.At(at.X+wide, at.Y))}
	p.Add(func(c *draw.Canvas, _ bool) { c.DrawImage(where, img) })
}
