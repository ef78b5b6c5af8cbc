package video

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"

	"github.com/primewindow/primewindow/data"
)

// Picture is H rows of W pixels of red, green and blue.
type Picture struct {
	Height, Width int
	Pix           []byte // [H, W, 3]
}

// Bounds limits the size of a picture. Zero fields stand for the defaults.
type Bounds struct {
	MaxSide   int // longest side in pixels; 0: 16384
	MaxPixels int // of the picture; 0: 2^26, about 67 million
}

func (limit Bounds) maxSide() int   { return cmp.Or(limit.MaxSide, 1<<14) }
func (limit Bounds) maxPixels() int { return cmp.Or(limit.MaxPixels, 1<<26) }

func (limit Bounds) check(height, width int) error {
	switch {
	case height < 1 || width < 1:
		return fmt.Errorf("%dx%d pixels, want at least 1x1", width, height)
	case height > limit.maxSide() || width > limit.maxSide():
		return fmt.Errorf("%dx%d pixels, want sides of at most %d", width, height, limit.maxSide())
	case int64(height)*int64(width) > int64(limit.maxPixels()):
		return fmt.Errorf("%dx%d pixels, want at most %d in all", width, height, limit.maxPixels())
	}
	return nil
}

// DecodePicture decodes the bytes of a PNG, JPEG or GIF file within the default [Bounds]. See [Bounds.DecodePicture].
func DecodePicture(name string, b []byte) (Picture, error) { return Bounds{}.DecodePicture(name, b) }

// DecodePicture decodes the bytes of a PNG, JPEG or GIF file, told apart by their beginning; name is the file's, for
// errors. The package's rules say what becomes of transparency, animation and 16-bit values. A JPEG becomes what libjpeg
// makes of it, with colour interpolated between its samples. It returns a [data.FormatError] for what is broken,
// truncated or larger than the bounds, which is found before pixels are decoded, and a [data.UnsupportedError] for other
// formats.
func (limit Bounds) DecodePicture(name string, b []byte) (Picture, error) {
	img, err := limit.decode(name, b)
	if err != nil {
		return Picture{}, err
	}
	return FromImage(img), nil
}

// decode is DecodePicture with the image as the standard library has it.
func (limit Bounds) decode(name string, b []byte) (image.Image, error) {
	if _, _, err := limit.fileSize(name, b); err != nil {
		return nil, err
	}
	_, decode, err := format(name, b)
	if err != nil {
		return nil, err
	}
	broken := func(err error) (image.Image, error) {
		return nil, &data.FormatError{File: name, Reason: err.Error()}
	}
	img, err := decode(bytes.NewReader(b))
	if err != nil {
		return broken(fmt.Errorf("%s: %w", count(len(b), "byte"), err))
	}
	if err := limit.check(img.Bounds().Dy(), img.Bounds().Dx()); err != nil {
		return broken(err) // a GIF's first picture has a size of its own
	}
	return img, nil
}

// fileSize reads the size in a file's header, and wants it within the bounds.
func (limit Bounds) fileSize(name string, b []byte) (height, width int, err error) {
	config, _, err := format(name, b)
	if err != nil {
		return 0, 0, err
	}
	c, err := config(bytes.NewReader(b))
	if err != nil {
		err = fmt.Errorf("%s: %w", count(len(b), "byte"), err)
	} else {
		err = limit.check(c.Height, c.Width)
	}
	if err != nil {
		return 0, 0, &data.FormatError{File: name, Reason: err.Error()}
	}
	return c.Height, c.Width, nil
}

// readPicture reads a picture's file. Errors are those of [DecodePicture], or the file system's.
func readPicture(path string) (Picture, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Picture{}, fmt.Errorf("video: %w", err)
	}
	return DecodePicture(path, b)
}

// format tells by the first bytes how to read a file.
func format(name string, b []byte) (config func(io.Reader) (image.Config, error), decode func(io.Reader) (image.Image, error), err error) {
	starts := func(s string) bool { return bytes.HasPrefix(b, []byte(s)) }
	unsupported := func(what string) error {
		return &data.UnsupportedError{File: name, Feature: "pictures of format " + what}
	}
	switch {
	case len(b) == 0:
		err = &data.FormatError{File: name, Reason: "empty, want a picture"}
	case starts("\x89PNG\r\n\x1a\n"):
		config, decode = png.DecodeConfig, png.Decode
	case starts("\xff\xd8"):
		config, decode = jpeg.DecodeConfig, jpeg.Decode
	case starts("GIF8"):
		config, decode = gif.DecodeConfig, gif.Decode
	case starts("RIFF") && len(b) >= 12 && string(b[8:12]) == "WEBP":
		err = unsupported("WebP")
	case starts("BM"):
		err = unsupported("BMP")
	case starts("II*\x00"), starts("MM\x00*"):
		err = unsupported("TIFF")
	default:
		err = &data.FormatError{File: name, Reason: fmt.Sprintf("begins with %q, want a PNG, JPEG or GIF file", b[:min(len(b), 8)])}
	}
	return config, decode, err
}

// FromImage copies any image of at least one pixel.
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

// fromFour copies pixels of four bytes, the last of which is left out.
func (p Picture) fromFour(pix []byte, stride int) {
	for y := range p.Height {
		row, from := p.row(y), pix[y*stride:][:p.Width*4]
		for len(row) >= 3 && len(from) >= 4 {
			row[0], row[1], row[2] = from[0], from[1], from[2]
			row, from = row[3:], from[4:]
		}
	}
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

// colour is a pixel's, whatever its transparency. 16-bit values keep their upper half.
func colour(c color.Color) [3]byte {
	switch c := c.(type) {
	case color.NRGBA64:
		return [3]byte{byte(c.R >> 8), byte(c.G >> 8), byte(c.B >> 8)}
	case color.CMYK:
		// The two steps of libjpeg's users: ink by black, each rounded.
		scale := func(ink byte) byte {
			light := 255 - int(c.K)
			return byte(light - (int(ink)*light+127)/255)
		}
		return [3]byte{scale(c.C), scale(c.M), scale(c.Y)}
	}
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return [3]byte{n.R, n.G, n.B}
}

// Image is a copy of the picture for the standard library's encoders.
func (p Picture) Image() *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, p.Width, p.Height))
	for i := range p.Height * p.Width {
		copy(img.Pix[4*i:], p.Pix[3*i:3*i+3])
		img.Pix[4*i+3] = 0xff
	}
	return img
}
