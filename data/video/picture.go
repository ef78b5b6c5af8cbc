package video

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"path/filepath"

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
// errors. The package's rules say what becomes of transparency, animation, orientation and 16-bit values. A JPEG
// becomes what libjpeg makes of it, with colour interpolated between its samples. It returns a [data.FormatError] for
// what is broken, truncated or larger than the bounds, which is found before pixels are decoded, and a
// [data.UnsupportedError] for other formats, and for what a format allows and this reader does not know.
func (limit Bounds) DecodePicture(name string, b []byte) (Picture, error) {
	img, err := limit.decode(name, b)
	if err != nil {
		return Picture{}, err
	}
	return turn(FromImage(img), orientation(b)), nil
}

// Header is what the beginning of a picture's file says.
type Header struct {
	Height, Width int  // as the picture is shown
	Grey          bool // it has levels of grey alone, transparent or not
}

// DecodeHeader reads a picture's header and decodes no pixels, so that it finds no damage. Errors are those of
// [DecodePicture].
func DecodeHeader(name string, b []byte) (Header, error) {
	c, f, err := Bounds{}.header(name, b)
	if err != nil {
		return Header{}, err
	}
	h := Header{Height: c.Height, Width: c.Width, Grey: f.grey(c, b)}
	if sideways(orientation(b)) {
		h.Height, h.Width = h.Width, h.Height
	}
	return h, nil
}

// decode is DecodePicture with the image as the standard library has it, before it is turned.
func (limit Bounds) decode(name string, b []byte) (image.Image, error) {
	c, f, err := limit.header(name, b)
	if err != nil {
		return nil, err
	}
	if f.walk != nil {
		whole, err := f.walk(b)
		if err != nil {
			return nil, broken(name, b, err)
		}
		if whole { // so that nothing is left to forgive
			if img, ok := fastJPEG(b); ok {
				return img, nil
			}
		}
	}
	img, err := f.decode(bytes.NewReader(b))
	if errors.Is(err, io.ErrUnexpectedEOF) && f.complete != nil {
		// A cut file, unless it lacks nothing but the mark of its end.
		if whole := f.complete(b, f.decode); whole != nil {
			img, err = whole, nil
		}
	}
	if err != nil {
		return nil, broken(name, b, err)
	}
	// a GIF's first picture may be a part of it
	if canvas := image.Rect(0, 0, c.Width, c.Height); img.Bounds() != canvas {
		whole := image.NewNRGBA(canvas)
		draw.Draw(whole, img.Bounds(), img, img.Bounds().Min, draw.Src)
		return whole, nil
	}
	return img, nil
}

// broken says what is wrong with a file that a decoder refuses.
func broken(name string, b []byte, err error) error {
	_, odd := errors.AsType[jpeg.UnsupportedError](err)
	_, strange := errors.AsType[png.UnsupportedError](err)
	if odd || strange {
		return &data.UnsupportedError{File: name, Feature: err.Error(), Hint: convertHint(name)}
	}
	reason := fmt.Sprintf("%s: %v", count(len(b), "byte"), err)
	if endless(b) {
		reason += ", the file is cut off"
	}
	return &data.FormatError{File: name, Reason: reason}
}

// header reads a file's header, and wants its size within the bounds.
func (limit Bounds) header(name string, b []byte) (image.Config, format, error) {
	f, err := formatOf(name, b)
	if err != nil {
		return image.Config{}, f, err
	}
	c, err := f.config(bytes.NewReader(b))
	if err != nil {
		return c, f, broken(name, b, err)
	}
	if err := limit.check(c.Height, c.Width); err != nil {
		return c, f, &data.FormatError{File: name, Reason: err.Error()}
	}
	return c, f, nil
}

// readPicture reads a picture's file. Errors are those of [DecodePicture], or the file system's.
func readPicture(path string) (Picture, error) {
	b, err := data.ReadFile(path)
	if err != nil {
		return Picture{}, fmt.Errorf("video: %w", err)
	}
	return DecodePicture(path, b)
}

// format is a format of pictures. Its decoders are named, never looked up: see the package's rules.
type format struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	grey   func(image.Config, []byte) bool
	// see complete.go; nil for formats that need none
	complete func(b []byte, decode func(io.Reader) (image.Image, error)) image.Image
	walk     func(b []byte) (whole bool, err error) // looks for damage that decoding does not find; nil likewise
}

// formatOf tells by the first bytes how to read a file.
func formatOf(name string, b []byte) (format, error) {
	starts := func(s string) bool { return bytes.HasPrefix(b, []byte(s)) }
	switch {
	case len(b) == 0:
		return format{}, &data.FormatError{File: name, Reason: "empty, want a picture"}
	case starts("\x89PNG\r\n\x1a\n"):
		const kind, colour = 25, 2 // the place of the colour type in a PNG's header, and its bit for colours
		grey := func(_ image.Config, b []byte) bool { return b[kind]&colour == 0 }
		return format{png.DecodeConfig, png.Decode, grey, completePNG, nil}, nil
	case starts("\xff\xd8"):
		grey := func(c image.Config, _ []byte) bool { return c.ColorModel == color.GrayModel }
		return format{jpeg.DecodeConfig, jpeg.Decode, grey, completeJPEG, walk}, nil
	case starts("GIF8"):
		return format{gif.DecodeConfig, gif.Decode, func(image.Config, []byte) bool { return false }, nil, nil}, nil
	}
	if other := OtherPicture(b); other != "" {
		return format{}, &data.UnsupportedError{
			File: name, Feature: "pictures of format " + other, Hint: convertHint(name),
		}
	}
	if err := data.StandInBytes(name, b); err != nil {
		return format{}, err
	}
	return format{}, &data.FormatError{
		File: name, Reason: fmt.Sprintf("begins with %q, want a PNG, JPEG or GIF file", b[:min(len(b), 8)]),
	}
}

// convertHint says how other pictures become PNG files.
func convertHint(name string) string {
	ext := filepath.Ext(name)
	return fmt.Sprintf(
		"convert such files to PNG or JPEG, for example: mogrify -format png *%s, and take the old ones away", ext,
	)
}

// OtherPicture names the format of a picture that is known and not read, by its first bytes, and is empty for any other
// file.
func OtherPicture(b []byte) string {
	has := func(at int, s string) bool { return len(b) >= at+len(s) && string(b[at:at+len(s)]) == s }
	switch {
	case has(0, "RIFF") && has(8, "WEBP"):
		return "WebP"
	case has(0, "BM") && (len(b) < 10 || has(6, "\x00\x00\x00\x00")): // these four are reserved
		return "BMP"
	case has(0, "II*\x00"), has(0, "MM\x00*"), has(0, "II+\x00"), has(0, "MM\x00+"):
		return "TIFF"
	case has(4, "ftypavif"), has(4, "ftypavis"):
		return "AVIF"
	case has(4, "ftyphei"), has(4, "ftyphev"), has(4, "ftypmif1"), has(4, "ftypmsf1"):
		return "HEIC"
	case has(0, "\x00\x00\x00\x0cJXL "), has(0, "\xff\x0a"):
		return "JPEG XL"
	case has(0, "\x00\x00\x00\x0cjP  "), has(0, "\xff\x4f\xff\x51"):
		return "JPEG 2000"
	case has(0, "8BPS"):
		return "Photoshop"
	case has(0, "%PDF-"):
		return "PDF"
	}
	return ""
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
