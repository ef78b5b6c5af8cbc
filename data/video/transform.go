package video

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Box is a part of a picture.
type Box struct{ Top, Left, Height, Width int }

// check panics for a part that leaves the picture: boxes are computed, not read.
func (b Box) check(p Picture) {
	if b.Top < 0 || b.Left < 0 || b.Height < 1 || b.Width < 1 || b.Top+b.Height > p.Height || b.Left+b.Width > p.Width {
		panic(fmt.Errorf("video: part %+v of a picture of %dx%d pixels, want one within it", b, p.Width, p.Height))
	}
}

func sizeError(what string, height, width int) error {
	return fmt.Errorf("video: %s to %dx%d pixels, want at least 1x1", what, width, height)
}

// ResizeShort brings the shorter side to so many pixels, and the other in proportion, its fraction cut off, as
// torchvision's Resize of one number.
func ResizeShort(p Picture, short int) Picture {
	if p.Height <= p.Width {
		return Resize(p, short, short*p.Width/p.Height)
	}
	return Resize(p, short*p.Height/p.Width, short)
}

// CentreCrop takes the middle of a picture, as torchvision's CenterCrop: half rows and columns are rounded to even, and
// what the picture lacks is black.
func CentreCrop(p Picture, height, width int) Picture {
	if height < 1 || width < 1 {
		panic(sizeError("CentreCrop", height, width))
	}
	out := Picture{height, width, make([]byte, 3*height*width)}
	to, from := middle(p.Height, p.Width, height, width)
	for y := range from.Height {
		row := p.row(from.Top + y)[3*from.Left:][:3*from.Width]
		copy(out.row(to.Top + y)[3*to.Left:], row)
	}
	return out
}

// middle says which part of a picture comes to which place of the crop.
func middle(pictureHeight, pictureWidth, height, width int) (to, from Box) {
	line := func(have, want int) (to, from, n int) {
		to = max(0, want-have) / 2 // black in front, before what is cut
		padded := max(have, want)
		from = int(math.RoundToEven(float64(padded-want) / 2))
		return to, from, min(have, want)
	}
	to.Top, from.Top, to.Height = line(pictureHeight, height)
	to.Left, from.Left, to.Width = line(pictureWidth, width)
	from.Height, from.Width = to.Height, to.Width
	return to, from
}

// Bounds of a random crop: its share of the picture's area, and its width over its height.
const (
	leastShare = 0.08
	leastRatio = 3. / 4
	mostRatio  = 4. / 3
	cropTries  = 10
)

// RandomBox draws a part of a picture, as torchvision's RandomResizedCrop with its usual bounds: a share of the area,
// even from 0.08 to 1, a ratio of the sides, even in its logarithm from 3/4 to 4/3, and a place. Where none of ten
// draws lies within the picture, it is the middle, as large as the ratios allow.
func RandomBox(height, width int, draw *rand.Rand) Box {
	area := float64(height) * float64(width)
	for range cropTries {
		target := area * (leastShare + (1-leastShare)*draw.Float64())
		ratio := math.Exp(math.Log(leastRatio) + (math.Log(mostRatio)-math.Log(leastRatio))*draw.Float64())
		b := Box{
			Width:  int(math.RoundToEven(math.Sqrt(target * ratio))),
			Height: int(math.RoundToEven(math.Sqrt(target / ratio))),
		}
		if b.Width > 0 && b.Width <= width && b.Height > 0 && b.Height <= height {
			b.Top, b.Left = draw.IntN(height-b.Height+1), draw.IntN(width-b.Width+1)
			return b
		}
	}
	b := Box{Height: height, Width: width}
	switch ratio := float64(width) / float64(height); {
	case ratio < leastRatio:
		b.Height = max(1, int(math.RoundToEven(float64(width)/leastRatio)))
	case ratio > mostRatio:
		b.Width = max(1, int(math.RoundToEven(float64(height)*mostRatio)))
	}
	b.Top, b.Left = (height-b.Height)/2, (width-b.Width)/2
	return b
}

// RandomResizedCrop resizes a part that [RandomBox] draws to a square.
func RandomResizedCrop(p Picture, side int, draw *rand.Rand) Picture {
	return CropResize(p, RandomBox(p.Height, p.Width, draw), side, side)
}

// Flip exchanges left and right, in place.
func Flip(p Picture) {
	for y := range p.Height {
		row := p.row(y)
		for a, b := 0, 3*(p.Width-1); a < b; a, b = a+3, b-3 {
			row[a], row[a+1], row[a+2], row[b], row[b+1], row[b+2] = row[b], row[b+1], row[b+2], row[a], row[a+1],
				row[a+2]
		}
	}
}

// Normalize writes a picture's values, divided by 255, shifted by ImageNet's mean and divided by its deviation of each
// colour, into to, which must have room for [H, W, 3].
func Normalize(p Picture, to []float32) {
	red, green, blue := &normalized[0], &normalized[1], &normalized[2]
	from := p.Pix
	to = to[:len(from)]
	for len(from) >= 3 && len(to) >= 3 {
		to[0], to[1], to[2] = red[from[0]], green[from[1]], blue[from[2]]
		from, to = from[3:], to[3:]
	}
}

// normalized are the values of each colour's bytes.
var normalized = func() (tables [3][256]float32) {
	mean, deviation := [3]float64{0.485, 0.456, 0.406}, [3]float64{0.229, 0.224, 0.225}
	for c := range tables {
		for v := range tables[c] {
			tables[c][v] = float32((float64(v)/255 - mean[c]) / deviation[c])
		}
	}
	return tables
}()
