package video

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
)

// recorded are values of Pillow and torchvision, see testdata/reference.py.
type recorded struct {
	Draws, Height, Width int
	Pixels               []byte
	Boxes                []struct {
		Box    [6]int // top, left, height, width; height, width of the result
		Pixels []byte
	}
	Centres []sized
	Shorts  []struct {
		Short int
		sized
	}
	Flip       []byte
	Normalized []float64
	Files      map[string]struct {
		File []byte
		sized
	}
	Crops []struct {
		Size   [2]int
		Values map[string][2]float64 // mean and deviation
	}
	Fallbacks []struct {
		Size [2]int
		Box  [4]int
	}
}

type sized struct {
	Size   [2]int // height, width
	Pixels []byte
}

func reference(tb testing.TB) (recorded, Picture) {
	tb.Helper()
	var r recorded
	datatest.Reference(tb, "reference.json", &r)
	if len(r.Pixels) != 3*37*53 || len(r.Boxes) != 11 || len(r.Files) != 24 {
		tb.Fatalf(
			"testdata/reference.json holds %d bytes, %d boxes and %d files", len(r.Pixels), len(r.Boxes), len(r.Files),
		)
	}
	return r, Picture{r.Height, r.Width, r.Pixels}
}

// levels wants pictures to agree to so many steps of 255.
func levels(tb testing.TB, what string, got Picture, want sized, tolerance int) {
	tb.Helper()
	if got.Height != want.Size[0] || got.Width != want.Size[1] || len(got.Pix) != len(want.Pixels) {
		tb.Fatalf(
			"%s: %dx%d pixels in %d bytes, want %v in %d", what, got.Height, got.Width, len(got.Pix), want.Size,
			len(want.Pixels),
		)
	}
	worst, at := 0, 0
	for i, v := range got.Pix {
		if d := max(int(v)-int(want.Pixels[i]), int(want.Pixels[i])-int(v)); d > worst {
			worst, at = d, i
		}
	}
	if worst > tolerance {
		tb.Errorf("%s: byte %d is %d, want %d to %d steps", what, at, got.Pix[at], want.Pixels[at], tolerance)
	}
}

// TestDecodePictureReference reads what Pillow wrote and compares with what Pillow reads.
func TestDecodePictureReference(t *testing.T) {
	r, _ := reference(t)
	for name, file := range r.Files {
		t.Run(name, func(t *testing.T) {
			p, err := DecodePicture(name, file.File)
			if err != nil {
				t.Fatal(err)
			}
			tolerance := 0
			switch {
			case name == "jpeg CMYK":
				tolerance = 1 // Pillow rounds ink by black otherwise
			case strings.HasPrefix(name, "jpeg"):
				// Cosine transforms of libjpeg-turbo and Go round otherwise: a step of brightness and one of colour,
				// which counts 1.772 times in blue and is rounded.
				tolerance = 3
			}
			levels(t, name, p, file.sized, tolerance)
		})
	}
}

func encoded(tb testing.TB, img image.Image, as func(*bytes.Buffer, image.Image) error) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := as(&b, img); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(b *bytes.Buffer, img image.Image) error { return png.Encode(b, img) }
func asJPEG(b *bytes.Buffer, img image.Image) error {
	return jpeg.Encode(b, img, &jpeg.Options{Quality: 90})
}

// TestFromImage copies a pixel of each kind of image, out of a larger one.
func TestFromImage(t *testing.T) {
	r := image.Rect(-1, -2, 4, 5)
	palette := image.NewPaletted(r, color.Palette{color.Black, color.NRGBA{1, 2, 3, 0}, color.RGBA{9, 8, 7, 255}})
	palette.SetColorIndex(2, 1, 2)
	outside := image.NewPaletted(r, color.Palette{color.White})
	outside.SetColorIndex(2, 1, 7)
	type settable interface {
		image.Image
		Set(x, y int, c color.Color)
		SubImage(image.Rectangle) image.Image
	}
	for _, tt := range []struct {
		name   string
		img    settable
		set    color.Color
		want   [3]byte
		reason string
	}{
		{"grey", image.NewGray(r), color.Gray{77}, [3]byte{77, 77, 77}, "three equal bytes"},
		{"grey of 16 bits", image.NewGray16(r), color.Gray16{0x4dff}, [3]byte{77, 77, 77}, "the upper eight"},
		{
			"transparent", image.NewNRGBA(r), color.NRGBA{200, 100, 50, 128}, [3]byte{227, 177, 152},
			"200·128/255 + 255·127/255 and so on, rounded",
		},
		{"invisible", image.NewNRGBA(r), color.NRGBA{200, 100, 50, 0}, [3]byte{255, 255, 255}, "white alone"},
		{
			"transparent of 16 bits", image.NewNRGBA64(r), color.NRGBA64{0xc8ff, 0x6400, 0x32ff, 0x8000},
			[3]byte{228, 177, 153}, "the upper eight of (51455·32768 + 65535·32767)/65535 = 58495 and so on",
		},
		{
			"opaque of 16 bits", image.NewNRGBA64(r), color.NRGBA64{0xc8ff, 0x6400, 0x32ff, 0xffff},
			[3]byte{200, 100, 50}, "the upper eight",
		},
		{"opaque", image.NewRGBA(r), color.RGBA{200, 100, 50, 255}, [3]byte{200, 100, 50}, "copied"},
		{
			"scaled by its transparency", image.NewRGBA(r), color.RGBA{100, 50, 25, 128}, [3]byte{227, 177, 152},
			"100 + 127 of white and so on",
		},
		{
			"16 bits", image.NewRGBA64(r), color.RGBA64{0xc8c8, 0x6464, 0x3232, 0xffff}, [3]byte{200, 100, 50},
			"the upper eight",
		},
		{
			"ink", image.NewCMYK(r), color.CMYK{0, 128, 255, 51}, [3]byte{204, 102, 0},
			"204 is left by black, half of it by ink",
		},
		{"palette", palette, nil, [3]byte{9, 8, 7}, "the palette's colour"},
		{"outside of the palette", outside, nil, [3]byte{}, "black instead of a panic"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.set != nil {
				tt.img.Set(2, 1, tt.set)
			}
			p := FromImage(tt.img.SubImage(image.Rect(2, 1, 4, 3)))
			if p.Height != 2 || p.Width != 2 || [3]byte(p.Pix) != tt.want {
				t.Errorf(
					"%dx%d pixels, the first %v, want 2x2 and %v\nreason: %s", p.Width, p.Height, p.Pix[:3], tt.want,
					tt.reason,
				)
			}
		})
	}
	// Part of a JPEG: the fast path is for whole ones.
	jpegs := image.NewYCbCr(image.Rect(0, 0, 8, 8), image.YCbCrSubsampleRatio420)
	for i := range jpegs.Y {
		jpegs.Y[i] = byte(4 * i)
	}
	for i := range jpegs.Cb {
		jpegs.Cb[i], jpegs.Cr[i] = 128, 128
	}
	if p := FromImage(jpegs.SubImage(image.Rect(3, 5, 7, 8))); p.Height != 3 || p.Width != 4 || p.Pix[0] != 4*(5*8+3) {
		t.Errorf("part of a JPEG: %dx%d pixels from %v", p.Width, p.Height, p.Pix[:3])
	}
}

// large is the beginning of a PNG file that claims a size.
func large(width, height uint32) []byte {
	chunk := append([]byte("IHDR"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)...)
	chunk = append(chunk, 8, 2, 0, 0, 0)
	b := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), chunk...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(chunk))
}

// resized is a file with two bytes each of height and width replaced, at a place.
func resized(b []byte, at int, order binary.ByteOrder, first, second uint16) []byte {
	b = bytes.Clone(b)
	order.PutUint16(b[at:], first)
	order.PutUint16(b[at+2:], second)
	return b
}

func TestDecodePictureErrors(t *testing.T) {
	grey := image.NewGray(image.Rect(0, 0, 40, 40))
	whole := encoded(t, grey, asJPEG)
	frame := bytes.Index(whole, []byte{0xff, 0xc0}) // its size stands 5 bytes on
	asGIF := encoded(t, grey, func(b *bytes.Buffer, img image.Image) error { return gif.Encode(b, img, nil) })
	plain := encoded(t, grey, asPNG)
	broken := bytes.Clone(plain)
	broken[len(broken)-20] ^= 0xff
	for _, tt := range []struct {
		name   string
		b      []byte
		bound  Bounds
		want   string
		other  bool // a kind that is not read, rather than a fault
		reason string
	}{
		{"empty", nil, Bounds{}, "empty, want a picture", false, "a download that never began"},
		{"web page", []byte("<html>"), Bounds{}, "a web page, not the file itself", false, "an error page"},
		{
			"text", []byte("pixels"), Bounds{}, `begins with "pixels", want a PNG, JPEG or GIF file`, false,
			"another file",
		},
		{"one byte", []byte{0xff}, Bounds{}, `begins with "\xff"`, false, "shorter than any beginning"},
		{"cut JPEG", whole[:len(whole)-40], Bounds{}, "bytes: unexpected EOF", false, "a download that was cut off"},
		{"cut JPEG header", whole[:30], Bounds{}, "30 bytes: unexpected EOF", false, "likewise"},
		{"cut PNG", plain[:len(plain)-15], Bounds{}, "unexpected EOF", false, "likewise"},
		{"cut GIF", asGIF[:len(asGIF)-15], Bounds{}, "bytes: ", false, "likewise"},
		{"changed PNG", broken, Bounds{}, "bytes: ", false, "a checksum disagrees"},
		{
			"huge PNG", large(20000, 20000), Bounds{}, "20000x20000 pixels, want sides of at most 16384", false,
			"nothing is allocated for it",
		},
		{
			"huge JPEG", resized(whole, frame+5, binary.BigEndian, 20000, 20000), Bounds{},
			"20000x20000 pixels, want sides of at most 16384", false, "likewise",
		},
		{
			"huge GIF", resized(asGIF, 6, binary.LittleEndian, 20000, 20000), Bounds{},
			"20000x20000 pixels, want sides of at most 16384", false, "likewise",
		},
		{
			"many pixels", large(16384, 16383), Bounds{}, "16384x16383 pixels, want at most 67108864 in all", false,
			"sides alone would allow it",
		},
		{
			"beyond the caller's bound", plain, Bounds{MaxSide: 39}, "40x40 pixels, want sides of at most 39", false,
			"for sets of small pictures",
		},
		{
			"more than the caller's pixels", plain, Bounds{MaxPixels: 1599}, "40x40 pixels, want at most 1599 in all",
			false, "likewise",
		},
		{"no pixels", large(0, 5), Bounds{}, "33 bytes: png: invalid format", false, "a header that is none"},
		{
			"no lines", resized(whole, frame+5, binary.BigEndian, 0, 40), Bounds{}, "40x0 pixels, want at least 1x1",
			false, "JPEG may state the height at its end: not read",
		},
		{
			"WebP", []byte("RIFF\x10\x00\x00\x00WEBPVP8 "), Bounds{}, "not supported: pictures of format WebP", true,
			"named, so that it can be converted",
		},
		{"BMP", []byte("BM\x10\x00"), Bounds{}, "not supported: pictures of format BMP", true, "likewise"},
		{"TIFF", []byte("II*\x00\x08"), Bounds{}, "not supported: pictures of format TIFF", true, "likewise"},
		{
			"recording", []byte("RIFF\x10\x00\x00\x00WAVEfmt "), Bounds{}, `begins with "RIFF`, false,
			"RIFF holds other things as well",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.bound.DecodePicture("x.png", tt.b)
			_, fault := errors.AsType[*data.FormatError](err)
			_, other := errors.AsType[*data.UnsupportedError](err)
			if err == nil || fault == other || other != tt.other || !strings.HasPrefix(err.Error(), "x.png: ") ||
				!strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want x.png and %s\nreason: %s", err, tt.want, tt.reason)
			}
		})
	}
	if p, err := DecodePicture("x.png", encoded(t, image.NewGray(image.Rect(0, 0, 1, 1)), asPNG)); err != nil ||
		len(p.Pix) != 3 {
		t.Errorf("a picture of one pixel: %v, %v", p, err)
	}
}

func TestImage(t *testing.T) {
	_, p := reference(t)
	again, err := DecodePicture("again", encoded(t, p.Image(), asPNG))
	if err != nil {
		t.Fatal(err)
	}
	levels(t, "through PNG", again, sized{[2]int{37, 53}, p.Pix}, 0)
}

func FuzzDecodePicture(f *testing.F) {
	r, p := reference(f)
	for _, file := range r.Files {
		f.Add(file.File)
	}
	f.Add(encoded(f, p.Image(), asJPEG))
	f.Add(large(20000, 20000))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Bounds{MaxPixels: 1 << 18}.DecodePicture("x", b)
		if err != nil {
			_, broken := errors.AsType[*data.FormatError](err)
			_, other := errors.AsType[*data.UnsupportedError](err)
			if !broken && !other || !strings.HasPrefix(err.Error(), "x: ") {
				t.Errorf("an error of another kind: %v", err)
			}
			return
		}
		if p.Height < 1 || p.Width < 1 || p.Height*p.Width > 1<<18 || len(p.Pix) != 3*p.Height*p.Width {
			t.Errorf("%dx%d pixels in %d bytes", p.Width, p.Height, len(p.Pix))
		}
	})
}
