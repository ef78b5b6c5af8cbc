package page

import (
	"cmp"
	"image"
	"image/color"
	"maps"
	"slices"
)

// mostColors is what the palette of a PNG holds.
const mostColors = 256

// paletted is a picture with a palette, which takes a third of the room in a file. Where it has more colours than that,
// the most frequent ones stay as they are: areas and lines; the others, at the edges of letters and lines, become the
// nearest of these.
func paletted(img *image.RGBA) *image.Paletted {
	count := make(map[color.RGBA]int)
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			count[img.RGBAAt(x, y)]++
		}
	}
	order := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int {
		return cmp.Or(
			cmp.Compare(count[b], count[a]), cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B),
			cmp.Compare(a.A, b.A),
		)
	})
	out := image.NewPaletted(b, nil)
	index := make(map[color.RGBA]uint8, len(order))
	for i, c := range order {
		if i < mostColors {
			out.Palette = append(out.Palette, c)
			index[c] = uint8(i)
			continue
		}
		index[c] = uint8(out.Palette.Index(c))
	}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			out.SetColorIndex(x, y, index[img.RGBAAt(x, y)])
		}
	}
	return out
}
