package main

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"

	"github.com/primewindow/primewindow/data"
)

// Measures of a contact sheet in pixels.
const (
	tileHeight = 96 // of the largest picture at most
	tileWidth  = 256
	tileGap    = 6
	stripParts = 4 // frames, or channels that are no colours, shown of a sample
)

// contactSheet draws samples below each other, their modalities side by side: images as they are, spectrograms with
// low frequencies at the bottom, sequences with time from left to right, vectors as one row. Clips, and images whose
// channels are no colours, show a few frames. Each modality runs from black, the least value on the sheet, to white.
func contactSheet(modalities []data.Modality, samples []data.Sample) image.Image {
	pictures := make([][]image.Image, len(samples))
	widths, height := make([]int, len(modalities)), make([]int, len(samples))
	for m, mod := range modalities {
		least, most := math.Inf(1), math.Inf(-1)
		for _, s := range samples {
			for _, v := range s.X[mod.Name] {
				least, most = min(least, float64(v)), max(most, float64(v))
			}
		}
		for i, s := range samples {
			p := enlarge(picture(mod, s.X[mod.Name], func(v float32) uint8 {
				return uint8(math.Round(255 * (float64(v) - least) / max(most-least, 1e-12)))
			}))
			pictures[i] = append(pictures[i], p)
			widths[m], height[i] = max(widths[m], p.Bounds().Dx()), max(height[i], p.Bounds().Dy())
		}
	}
	sum := func(list []int) int {
		n := tileGap
		for _, v := range list {
			n += v + tileGap
		}
		return n
	}
	sheet := image.NewNRGBA(image.Rect(0, 0, sum(widths), sum(height)))
	draw.Draw(sheet, sheet.Rect, image.White, image.Point{}, draw.Src)
	for i, y := 0, tileGap; i < len(samples); i++ {
		for m, x := 0, tileGap; m < len(modalities); m++ {
			p := pictures[i][m]
			draw.Draw(sheet, p.Bounds().Add(image.Pt(x, y)), p, image.Point{}, draw.Src)
			x += widths[m] + tileGap
		}
		y += height[i] + tileGap
	}
	return sheet
}

// picture is one modality of a sample, a pixel a value.
func picture(m data.Modality, x []float32, shade func(float32) uint8) *image.NRGBA {
	paint := func(width, height int, at func(column, row int) (r, g, b float32)) *image.NRGBA {
		img := image.NewNRGBA(image.Rect(0, 0, width, height))
		for row := range height {
			for column := range width {
				r, g, b := at(column, row)
				img.SetNRGBA(column, row, color.NRGBA{shade(r), shade(g), shade(b), 0xff})
			}
		}
		return img
	}
	grey := func(i int) (r, g, b float32) { return x[i], x[i], x[i] }
	switch n := len(m.Shape); {
	case m.Kind == data.Spectrogram:
		return paint(m.Shape[1], m.Shape[0], func(c, r int) (_, _, _ float32) { return grey((m.Shape[0]-1-r)*m.Shape[1] + c) })
	case n == 1:
		return paint(m.Shape[0], 1, func(c, _ int) (_, _, _ float32) { return grey(c) })
	case n == 2:
		return paint(m.Shape[0], m.Shape[1], func(c, r int) (_, _, _ float32) { return grey(c*m.Shape[1] + r) })
	case n == 3 && m.Shape[2] == 3, n == 4 && m.Shape[3] == 3:
		frames, height, width := 1, m.Shape[n-3], m.Shape[n-2]
		if n == 4 {
			frames = m.Shape[0]
		}
		parts := min(frames, stripParts)
		return paint(parts*width, height, func(c, r int) (_, _, _ float32) {
			i := ((spaced(c/width, parts, frames)*height+r)*width + c%width) * 3
			return x[i], x[i+1], x[i+2]
		})
	default: // grey frames, or channels
		height, width, channels := m.Shape[n-3], m.Shape[n-2], m.Shape[n-1]
		frames := channels
		if n == 4 {
			frames = m.Shape[0]
		}
		parts := min(frames, stripParts)
		return paint(parts*width, height, func(c, r int) (_, _, _ float32) {
			part := spaced(c/width, parts, frames)
			if n == 4 {
				return grey(((part*height+r)*width + c%width) * channels)
			}
			return grey((r*width+c%width)*channels + part)
		})
	}
}

// spaced is the i-th of some places evenly spread over n, the first and the last among them.
func spaced(i, places, n int) int {
	if places < 2 {
		return 0
	}
	return i * (n - 1) / (places - 1)
}

// enlarge repeats pixels by the largest whole number that keeps a picture within a tile. One that is larger stays; a
// single row becomes a band.
func enlarge(p *image.NRGBA) image.Image {
	width, height := p.Rect.Dx(), p.Rect.Dy()
	across := max(1, min(tileWidth/width, tileHeight/height))
	down := across
	if height == 1 {
		across, down = max(1, tileWidth/width), tileHeight/4
	}
	out := image.NewNRGBA(image.Rect(0, 0, width*across, height*down))
	for y := range height * down {
		for x := range width * across {
			out.SetNRGBA(x, y, p.NRGBAAt(x/across, y/down))
		}
	}
	return out
}

// describeSample names a sample in one line.
func describeSample(set data.Description, place int, s data.Sample) string {
	return fmt.Sprintf("%3d  %s  %s", place, set.Classes[s.Label], s.ID)
}
