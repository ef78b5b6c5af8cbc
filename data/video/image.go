package video

import (
	"image"
	"image/color"
)

// FromImage copies any image of at least one pixel, on white where it is transparent.
func FromImage(img image.Image) Picture {
	r := img.Bounds()
	p := Picture{r.Dy(), r.Dx(), make([]byte, r.Dy()*r.Dx()*3)}
	switch img := img.(type) {
	case *image.YCbCr:
		p.fromYCbCr(img)
	case *image.NRGBA:
		p.fromFour(img.Pix[img.PixOffset(r.Min.X, r.Min.Y):], img.Stride)
	case *image.RGBA:
		if !img.Opaque() {
			p.fromAny(img)
			break
		}
		p.fromFour(img.Pix[img.PixOffset(r.Min.X, r.Min.Y):], img.Stride)
	case *image.Gray:
		for y := range p.Height {
			row := p.row(y)
			for x, v := range img.Pix[img.PixOffset(r.Min.X, r.Min.Y+y):][:p.Width] {
				row[3*x], row[3*x+1], row[3*x+2] = v, v, v
			}
		}
	case *image.Paletted:
		p.fromPalette(img)
	default:
		p.fromAny(img)
	}
	return p
}

func (p Picture) row(y int) []byte { return p.Pix[y*p.Width*3:][:p.Width*3] }

// fromFour copies pixels of four bytes, the last of which is how opaque they are.
func (p Picture) fromFour(pix []byte, stride int) {
	for y := range p.Height {
		row, from := p.row(y), pix[y*stride:][:p.Width*4]
		for len(row) >= 3 && len(from) >= 4 {
			row[0], row[1], row[2] = from[0], from[1], from[2]
			if a := from[3]; a != 0xff {
				row[0], row[1], row[2] = onWhite(row[0], a), onWhite(row[1], a), onWhite(row[2], a)
			}
			row, from = row[3:], from[4:]
		}
	}
}

// onWhite is what a level becomes that is so opaque, and white behind it; rounded.
func onWhite(level, opaque byte) byte {
	a := uint32(opaque)
	return byte((uint32(level)*a + 255*(255-a) + 127) / 255)
}

// fromPalette looks each pixel up. A place outside the palette is black, as Pillow has it.
func (p Picture) fromPalette(img *image.Paletted) {
	var palette [256][3]byte
	for i, c := range img.Palette {
		palette[i] = colour(c)
	}
	r := img.Bounds()
	for y := range p.Height {
		row := p.row(y)
		for x, i := range img.Pix[img.PixOffset(r.Min.X, r.Min.Y+y):][:p.Width] {
			copy(row[3*x:3*x+3], palette[i][:])
		}
	}
}

// fromAny copies pixel by pixel.
func (p Picture) fromAny(img image.Image) {
	r := img.Bounds()
	for y := range p.Height {
		row := p.row(y)
		for x := range p.Width {
			c := colour(img.At(r.Min.X+x, r.Min.Y+y))
			copy(row[3*x:3*x+3], c[:])
		}
	}
}

// colour is a pixel's, on white. 16-bit values keep their upper half.
func colour(c color.Color) [3]byte {
	switch c := c.(type) {
	case color.NRGBA64:
		const full = 0xffff
		a := uint64(c.A)
		onWhite := func(level uint16) byte { return byte((uint64(level)*a + full*(full-a) + full/2) / full >> 8) }
		return [3]byte{onWhite(c.R), onWhite(c.G), onWhite(c.B)}
	case color.CMYK:
		// The two steps of libjpeg's users: ink by black, each rounded.
		scale := func(ink byte) byte {
			light := 255 - int(c.K)
			return byte(light - (int(ink)*light+127)/255)
		}
		return [3]byte{scale(c.C), scale(c.M), scale(c.Y)}
	case color.NRGBA:
		return [3]byte{onWhite(c.R, c.A), onWhite(c.G, c.A), onWhite(c.B, c.A)}
	case color.RGBA: // scaled by how opaque it is already
		return [3]byte{c.R + 255 - c.A, c.G + 255 - c.A, c.B + 255 - c.A}
	}
	r, g, b, a := c.RGBA()
	return [3]byte{byte((r + 0xffff - a) >> 8), byte((g + 0xffff - a) >> 8), byte((b + 0xffff - a) >> 8)}
}
