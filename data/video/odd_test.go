package video

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
)

// TestOddPictures reads every odd picture by both readers: what is read shows what it should.
func TestOddPictures(t *testing.T) {
	const height, width = 34, 45
	whole := FromImage(datatest.Ramp(width, height))
	for _, odd := range datatest.Pictures(t, width, height) {
		t.Run(odd.Name, func(t *testing.T) {
			name := "x" + odd.Ext
			p, err := DecodePicture(name, odd.Bytes)
			fast, other := still{file: append([]byte{}, odd.Bytes...), name: name}.open()
			if odd.Want != "" {
				for _, err := range []error{err, other} {
					if err == nil && strings.HasSuffix(odd.Name, "and its end") {
						// the reader of frames takes what is damaged inside as far as it goes: see the package's rules
						continue
					}
					if err == nil || !strings.HasPrefix(err.Error(), name+": ") ||
						!strings.Contains(err.Error(), odd.Want) {
						t.Errorf("got %v, want %s: %q\nreason: %s", err, name, odd.Want, odd.Reason)
					}
				}
				return
			}
			if err != nil || other != nil {
				t.Fatalf("got %v and %v, want it read\nreason: %s", err, other, odd.Reason)
			}
			want := whole
			if odd.Name == "JPEG turned" {
				want = turn(whole, 3)
			}
			tolerance := 0
			switch {
			case bytes.HasPrefix(odd.Bytes, []byte("GIF")):
				tolerance = 70 // of 256 colours
			case bytes.HasPrefix(odd.Bytes, []byte("\xff\xd8")):
				tolerance = 16 // of quality 95, colour at half of both sides
			}
			levels(t, odd.Name, p, sized{[2]int{want.Height, want.Width}, want.Pix}, tolerance)
			levels(t, odd.Name+", fast", fast.pixels(), sized{[2]int{want.Height, want.Width}, want.Pix}, tolerance)
			h, err := DecodeHeader(name, odd.Bytes)
			if want := (Header{Height: height, Width: width}); err != nil || h != want {
				t.Errorf("header %+v, %v, want %+v", h, err, want)
			}
		})
	}
}

// TestOrientation turns a picture of 2 rows and 3 columns, all of whose pixels differ, in every way that EXIF has.
func TestOrientation(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 3, 2))
	for i, level := range []uint8{1, 2, 3, 4, 5, 6} {
		img.SetRGBA(i%3, i/3, color.RGBA{level, level, level, 255})
	}
	file := datatest.PNG(t, img)
	for _, tt := range []struct {
		orientation uint16
		want        string // the first byte of each pixel, by rows
		reason      string
	}{
		{1, "123 456", "as it is stored"},
		{2, "321 654", "mirrored across"},
		{3, "654 321", "turned by half"},
		{4, "456 123", "mirrored down"},
		{5, "14 25 36", "the first row is the left side, the first column the top"},
		{6, "41 52 63", "the first row is the right side, the first column the top"},
		{7, "63 52 41", "the first row is the right side, the first column the bottom"},
		{8, "36 25 14", "the first row is the left side, the first column the bottom"},
		{0, "123 456", "no such orientation"},
		{9, "123 456", "no such orientation"},
	} {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			b := datatest.WithEXIF(file, datatest.EXIF(order, tt.orientation))
			p, err := DecodePicture("x.png", b)
			if err != nil {
				t.Fatal(err)
			}
			var rows []string
			for y := range p.Height {
				row := ""
				for x := range p.Width {
					row += fmt.Sprint(p.row(y)[3*x])
				}
				rows = append(rows, row)
			}
			if got := strings.Join(rows, " "); got != tt.want {
				t.Errorf("orientation %d, %v: %s, want %s\nreason: %s", tt.orientation, order, got, tt.want, tt.reason)
			}
			if h, err := DecodeHeader("x.png", b); err != nil || h.Height != p.Height || h.Width != p.Width {
				t.Errorf(
					"orientation %d: header %+v, %v, want the sides of the picture, %d and %d", tt.orientation, h, err,
					p.Height, p.Width,
				)
			}
		}
	}
}

// TestOrientationDrawn wants a turned JPEG's drawn parts to be those of its turned pixels, kept as file, planes or
// pixels.
func TestOrientationDrawn(t *testing.T) {
	file := datatest.JPEG(t, datatest.Ramp(53, 37))
	upright, err := still{file: file, name: "x"}.open()
	if err != nil || upright.planes == nil {
		t.Fatalf("planes %v, %v, want some: the test needs the fast path", upright.planes != nil, err)
	}
	for o := uint16(1); o <= 8; o++ {
		whole := turn(upright.pixels(), int(o))
		path := t.TempDir() + "/0.jpg"
		datatest.Put(t, path, datatest.WithEXIF(file, datatest.EXIF(binary.BigEndian, o)))
		for _, keep := range []string{KeepPixels, KeepJPEG} {
			f, err := ReadFrame(path, keep, 100)
			if err != nil {
				t.Fatal(err)
			}
			shape, b, err := Pack(path, keep, []Frame{f})
			if err != nil {
				t.Fatal(err)
			}
			a, err := OpenAlbum(shape, b)
			if err != nil {
				t.Fatal(err)
			}
			for seed := range uint64(5) {
				got, want := make([]float32, 8*8*3), make([]float32, 8*8*3)
				Dress(whole, 8, rand.New(rand.NewPCG(seed, 0)), want)
				if err := a.Dress([]int{0}, 8, rand.New(rand.NewPCG(seed, 0)), got); err != nil ||
					!slices.Equal(got, want) {
					t.Fatalf(
						"orientation %d, %s, draw %d: other values than of the turned pixels, %v", o, keep, seed, err,
					)
				}
			}
		}
	}
}

// TestBrokenEXIF wants EXIF data that makes no sense to change nothing, and to end.
func TestBrokenEXIF(t *testing.T) {
	good := datatest.EXIF(binary.LittleEndian, 6)
	long := "Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x04\x00\x01\x00\x00\x00\x06\x00\x00\x00"
	for _, tt := range []struct {
		name, exif string
		want       int
		reason     string
	}{
		{"whole", good, 6, "turned by a quarter"},
		{"a number of four bytes", long, 6, "some write it so"},
		{"nothing", "Exif\x00\x00", 1, "cut"},
		{"cut entry", good[:len(good)-9], 1, "cut"},
		{"another order", "Exif\x00\x00XX" + good[8:], 1, "no TIFF"},
		{"beyond the end", strings.Replace(good, "\x08\x00\x00\x00", "\xff\xff\xff\xff", 1), 1, "a place that is none"},
		{
			"many entries", strings.Replace(good, "\x08\x00\x00\x00\x01\x00\x12", "\x08\x00\x00\x00\xff\xff\x13", 1), 1,
			"a number that is not so",
		},
		{"many values", strings.Replace(good, "\x03\x00\x01", "\x03\x00\x02", 1), 1, "one is asked for"},
	} {
		for _, file := range [][]byte{datatest.JPEG(t, datatest.Ramp(20, 10)), datatest.PNG(t, datatest.Ramp(20, 10))} {
			b := datatest.WithEXIF(file, tt.exif)
			p, err := DecodePicture("x", b)
			if got := orientation(b); err != nil || got != tt.want || (p.Height == 20) != sideways(tt.want) {
				t.Errorf(
					"%s: orientation %d, %d rows, %v, want %d\nreason: %s", tt.name, got, p.Height, err, tt.want,
					tt.reason,
				)
			}
		}
	}
}

// TestTransparency draws one dark pixel beside one that cannot be seen, in every way that files have.
func TestTransparency(t *testing.T) {
	glass := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	glass.SetNRGBA(0, 0, color.NRGBA{10, 20, 30, 255})
	glass.SetNRGBA(1, 0, color.NRGBA{0, 0, 0, 0})
	palette := image.NewPaletted(glass.Rect, color.Palette{color.NRGBA{10, 20, 30, 255}, color.NRGBA{}})
	palette.SetColorIndex(1, 0, 1)
	deep := image.NewNRGBA64(glass.Rect)
	deep.Set(0, 0, color.NRGBA64{0x0a80, 0x1480, 0x1e80, 0xffff})
	for _, tt := range []struct {
		name   string
		file   []byte
		want   []byte
		grey   bool
		reason string
	}{
		{"PNG", datatest.PNG(t, glass), []byte{10, 20, 30, 255, 255, 255}, false, "white shows"},
		{
			"PNG of 16 bits", datatest.PNG(t, deep), []byte{10, 20, 30, 255, 255, 255}, false,
			"white shows, the upper eight",
		},
		{"palette", datatest.PNG(t, palette), []byte{10, 20, 30, 255, 255, 255}, false, "an entry that cannot be seen"},
		{"GIF", datatest.GIF(t, palette), []byte{10, 20, 30, 255, 255, 255}, false, "the transparent index"},
		{
			"a colour for none",
			datatest.RawPNG(
				2, 1, 2, 0, datatest.Chunk("tRNS", []byte{0, 1, 0, 2, 0, 3}), []byte{0, 10, 20, 30, 1, 2, 3},
			),
			[]byte{10, 20, 30, 255, 255, 255}, false, "pixels of that colour",
		},
		{
			"grey and transparent", datatest.RawPNG(3, 1, 4, 0, nil, []byte{0, 10, 255, 10, 0, 100, 128}),
			[]byte{10, 10, 10, 255, 255, 255, 177, 177, 177}, true, "100·128/255 + 127 = 177.2",
		},
		{
			"grey of 16 bits",
			datatest.PNG(t, &image.Gray16{Pix: []byte{0x12, 0xff, 0x34, 0}, Stride: 4, Rect: glass.Rect}),
			[]byte{0x12, 0x12, 0x12, 0x34, 0x34, 0x34}, true, "the upper eight",
		},
	} {
		p, err := DecodePicture(tt.name, tt.file)
		h, headErr := DecodeHeader(tt.name, tt.file)
		if err != nil || headErr != nil || h.Grey != tt.grey || !bytes.Equal(p.Pix, tt.want) {
			t.Errorf(
				"%s: %v, grey %v, %v, %v, want %v, grey %v\nreason: %s", tt.name, p.Pix, h.Grey, err, headErr, tt.want,
				tt.grey, tt.reason,
			)
		}
	}
}

// TestGIFPart lays a first picture that is smaller than the canvas on white.
func TestGIFPart(t *testing.T) {
	b := datatest.GIF(t, datatest.Grey(2, 2, 0))
	b[6], b[8] = 4, 3 // the canvas
	p, err := DecodePicture("x.gif", b)
	if err != nil {
		t.Fatal(err)
	}
	want := Picture{3, 4, bytes.Repeat([]byte{255}, 36)}
	for _, at := range []int{0, 1, 4, 5} {
		copy(want.Pix[3*at:], []byte{0, 0, 0})
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestUnsupportedJPEG wants what the decoder does not know to be called so, not broken.
func TestUnsupportedJPEG(t *testing.T) {
	b := datatest.JPEG(t, datatest.Ramp(20, 10))
	at := bytes.Index(b, []byte{0xff, 0xc0})
	b[at+4] = 12 // bits a value
	for _, read := range []func() error{
		func() error { _, err := DecodePicture("x.jpg", b); return err },
		func() error { _, err := DecodeHeader("x.jpg", b); return err },
	} {
		if _, ok := errors.AsType[*data.UnsupportedError](read()); !ok {
			t.Errorf("got %v, want an UnsupportedError", read())
		}
	}
}

func FuzzOrientation(f *testing.F) {
	f.Add(datatest.WithEXIF(datatest.JPEG(f, datatest.Ramp(9, 8)), datatest.EXIF(binary.BigEndian, 6)))
	f.Add(datatest.WithEXIF(datatest.PNG(f, datatest.Ramp(9, 8)), datatest.EXIF(binary.LittleEndian, 8)))
	f.Fuzz(func(t *testing.T, b []byte) {
		if o := orientation(b); o < 1 || o > 8 {
			t.Fatalf("orientation %d", o)
		}
	})
}

// FuzzComplete wants no panic of what looks for files that lack their end alone.
func FuzzComplete(f *testing.F) {
	jpg, png := datatest.JPEG(f, datatest.Ramp(9, 8)), datatest.PNG(f, datatest.Ramp(9, 8))
	for _, b := range [][]byte{jpg, jpg[:len(jpg)-2], jpg[:len(jpg)-1], png[:len(png)-12], png[:len(png)-5]} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, _, err := (Bounds{MaxPixels: 1 << 16}).header("x", b); err != nil || c.Width > 1<<10 {
			return
		}
		if img, err := (Bounds{MaxPixels: 1 << 16}).decode("x", b); err == nil && img.Bounds().Empty() {
			t.Fatal("a picture without pixels")
		}
	})
}
