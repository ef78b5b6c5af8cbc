package video

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gen2brain/jpegn"

	"github.com/primewindow/primewindow/internal/datatest"
)

// textured is a picture with noise in it, so that its data is long.
func textured(height, width int) image.Image {
	img, draw := image.NewRGBA(image.Rect(0, 0, width, height)), rand.New(rand.NewPCG(1, 1))
	for y := range height {
		for x := range width {
			img.SetRGBA(x, y, color.RGBA{byte(x/2 + draw.IntN(20)), byte(y/2 + draw.IntN(20)), byte(x * y >> 6), 255})
		}
	}
	return img
}

// TestWalkWhole wants no fault in whole files: of all samplings, sizes, tables, restarts and scans.
func TestWalkWhole(t *testing.T) {
	r, _ := reference(t)
	for name, file := range r.Files {
		if strings.HasPrefix(name, "jpeg") {
			if _, err := walk(file.File); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for _, ratio := range []image.YCbCrSubsampleRatio{
		image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420,
		image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410,
	} {
		for _, size := range [][2]int{{1, 1}, {8, 8}, {9, 17}, {31, 33}, {64, 70}} {
			img := noisePlanes(size[0], size[1], ratio)
			grey := &image.Gray{Pix: img.Y, Stride: img.YStride, Rect: img.Rect}
			for _, o := range []jpegn.EncodeOptions{
				{Quality: 90}, {Quality: 40, OptimizeCoding: true}, {Quality: 90, Progressive: true},
				{Quality: 90, RestartInterval: 3}, {Quality: 70, Progressive: true, RestartInterval: 2},
			} {
				for _, img := range []image.Image{img, grey} {
					var b bytes.Buffer
					if err := jpegn.Encode(&b, img, &o); err != nil {
						t.Fatal(err)
					}
					if whole, err := walk(b.Bytes()); err != nil || whole == o.Progressive {
						t.Errorf("%T %v of %v, %+v: whole %v, %v", img, ratio, size, o, whole, err)
					}
				}
			}
		}
	}
}

// TestWalkDamaged puts zeros and noise in the place of a part of the data, as lost sectors do, and takes a part out.
// Decoders find their way back into the codes and say nothing: most of such files are found here, and each by what it
// says.
func TestWalkDamaged(t *testing.T) {
	img := textured(240, 320)
	for name, b := range map[string][]byte{
		"baseline": datatest.JPEG(t, img), "progressive": datatest.ProgressiveJPEG(t, img),
	} {
		draw := rand.New(rand.NewPCG(2, 2))
		for _, tt := range []struct {
			kind  string
			spoil func(b []byte, at int) []byte
			least int // found, of 60
		}{
			{"zeros", func(b []byte, at int) []byte { clear(b[at : at+512]); return b }, 45},
			{"noise", func(b []byte, at int) []byte {
				for i := range 512 {
					b[at+i] = byte(draw.Uint32())
				}
				return b
			}, 55},
			{"a gap", func(b []byte, at int) []byte { return append(b[:at], b[at+300:]...) }, 55},
		} {
			found := 0
			for k := range 60 {
				_, err := DecodePicture("x.jpg", tt.spoil(bytes.Clone(b), 700+(len(b)-1500)*k/60))
				if err != nil {
					found++
					if !strings.HasPrefix(err.Error(), "x.jpg: ") || strings.Contains(err.Error(), "\n") {
						t.Fatalf("%v, want one line with the file", err)
					}
				}
			}
			if found < tt.least {
				t.Errorf("%s, %s: %d of 60 are found, want at least %d", name, tt.kind, found, tt.least)
			}
		}
	}
}

// TestWalkTail bounds what may lie between the data and the mark behind it.
func TestWalkTail(t *testing.T) {
	b := datatest.JPEG(t, textured(20, 30))
	for _, tt := range []struct {
		tail   string
		whole  bool
		reason string
	}{
		{"", true, "as it should be"},
		{"\x00", true, "filled to an even length"},
		{"\x00\x00\x00", true, "to a whole word"},
		{"\x00\x00\x00\x00", false, "more than filling"},
		{"\xff\xff", true, "filling before the mark"},
		{"\x5a", false, "codes of something"},
		{"\xff\xd0\x5a", false, "another group"},
	} {
		file := append(append(bytes.Clone(b[:len(b)-2]), tt.tail...), 0xff, 0xd9)
		_, err := walk(file)
		if (err == nil) != tt.whole || err != nil && !errors.Is(err, errDamaged) {
			t.Errorf("tail %q: %v, want whole %v\nreason: %s", tt.tail, err, tt.whole, tt.reason)
		}
	}
}

func FuzzWalk(f *testing.F) {
	f.Add(datatest.JPEG(f, textured(20, 30)))
	f.Add(datatest.ProgressiveJPEG(f, textured(20, 30)))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, _, err := (Bounds{MaxPixels: 1 << 20}).header("x", b); err != nil ||
			!bytes.HasPrefix(b, []byte("\xff\xd8")) || c.Width < 1 {
			return
		}
		if _, err := walk(b); err != nil && !errors.Is(err, errDamaged) {
			t.Fatal(err)
		}
	})
}

func BenchmarkWalk(b *testing.B) {
	file := datatest.JPEG(b, textured(360, 480))
	for name, f := range map[string]func() error{
		"walk":   func() error { _, err := walk(file); return err },
		"fast":   func() error { _, err := decodeFast("x", file); return err },
		"strict": func() error { _, err := DecodePicture("x", file); return err },
	} {
		b.Run(fmt.Sprintf("%s/%d bytes", name, len(file)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := f(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
