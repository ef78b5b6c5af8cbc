package video

import (
	"bytes"
	"errors"
	"image"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/internal/datatest"
)

// TestDecodeFastReference compares with what Pillow reads.
func TestDecodeFastReference(t *testing.T) {
	r, _ := reference(t)
	fast := 0
	for name, file := range r.Files {
		t.Run(name, func(t *testing.T) {
			img, err := decodeFast(name, file.File)
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := fastJPEG(file.File); ok && strings.HasPrefix(name, "jpeg") {
				fast++
			}
			tolerance := 0
			switch {
			case name == "jpeg CMYK":
				tolerance = 1 // Pillow rounds ink by black otherwise
			case strings.HasPrefix(name, "jpeg"):
				// Cosine transforms of libjpeg-turbo and jpegn round otherwise: a step of brightness and one of colour,
				// which counts 1.772 times in blue and is rounded.
				tolerance = 3
			}
			levels(t, name, FromImage(img), file.sized, tolerance)
		})
	}
	if fast < 5 {
		t.Errorf("%d JPEG files are decoded fast, want most of them", fast)
	}
}

// TestEndsWhole cuts JPEG files everywhere, and wants an error of each piece.
func TestEndsWhole(t *testing.T) {
	r, _ := reference(t)
	for name, file := range r.Files {
		if !strings.HasPrefix(name, "jpeg") {
			continue
		}
		b := file.File
		if !endsWhole(b) || !endsWhole(append(slices.Clone(b), 0, 0)) {
			t.Errorf("%s: a whole file, or with blanks behind, does not end", name)
		}
		for n := 2; n < len(b); n++ {
			if endsWhole(b[:n]) {
				t.Fatalf("%s: %d of %d bytes end", name, n, len(b))
			}
		}
		for n := 2; n < len(b); n += 97 {
			if _, err := decodeFast(name, b[:n]); err == nil {
				t.Errorf("%s: no error for %d of %d bytes", name, n, len(b))
			}
		}
	}
}

// noisePlanes are planes of random samples.
func noisePlanes(height, width int, ratio image.YCbCrSubsampleRatio) *image.YCbCr {
	img := image.NewYCbCr(image.Rect(0, 0, width, height), ratio)
	draw := rand.New(rand.NewPCG(1, uint64(height*width)))
	for _, pix := range [][]byte{img.Y, img.Cb, img.Cr} {
		for i := range pix {
			pix[i] = byte(draw.Uint32())
		}
	}
	return img
}

// TestCut converts parts of planes and wants the pixels that they have in the whole.
func TestCut(t *testing.T) {
	draw, w := rand.New(rand.NewPCG(2, 0)), new(workshop)
	for _, ratio := range []image.YCbCrSubsampleRatio{
		image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio444,
	} {
		for _, size := range [][2]int{{1, 1}, {2, 3}, {3, 4}, {1, 5}, {6, 5}, {7, 6}, {16, 17}, {33, 48}} {
			img := noisePlanes(size[0], size[1], ratio)
			whole := FromImage(img)
			for range 40 {
				part := Box{Height: 1 + draw.IntN(size[0]), Width: 1 + draw.IntN(size[1])}
				part.Top, part.Left = draw.IntN(size[0]-part.Height+1), draw.IntN(size[1]-part.Width+1)
				got := Picture{part.Height, part.Width, make([]byte, 3*part.Height*part.Width)}
				cut(got, img, part, w)
				for y := range part.Height {
					if want := whole.row(part.Top + y)[3*part.Left:][:3*part.Width]; !bytes.Equal(got.row(y), want) {
						t.Fatalf("%v, %v, part %+v, row %d: %v, want %v", ratio, size, part, y, got.row(y), want)
					}
				}
			}
		}
	}
}

// TestPlanes keeps planes, of which rows are farther apart than they are long, and wants the same values of them as of
// pixels.
func TestPlanes(t *testing.T) {
	img := noisePlanes(37, 53, image.YCbCrSubsampleRatio420)
	wide := noisePlanes(37, 80, image.YCbCrSubsampleRatio420).SubImage(image.Rect(0, 0, 53, 37)).(*image.YCbCr)
	for _, planes := range []*image.YCbCr{img, wide} {
		again, err := openPlanes(appendPlanes(nil, planes))
		if err != nil {
			t.Fatal(err)
		}
		whole := FromImage(planes)
		if !bytes.Equal(FromImage(again).Pix, whole.Pix) {
			t.Error("other pixels after packing")
		}
		for seed := range uint64(20) {
			got, want := make([]float32, 16*16*3), make([]float32, 16*16*3)
			if err := (still{planes: again}).dress(16, rand.New(rand.NewPCG(seed, 0)), got); err != nil {
				t.Fatal(err)
			}
			Dress(whole, 16, rand.New(rand.NewPCG(seed, 0)), want)
			if !slices.Equal(got, want) {
				t.Fatalf("draw %d: planes give other values than their pixels", seed)
			}
		}
	}
}

func TestVerifyFrames(t *testing.T) {
	dir := t.TempDir()
	file, other := datatest.JPEG(t, datatest.Ramp(40, 30)), datatest.JPEG(t, datatest.Ramp(30, 40))
	// A code that stands for nothing, in the middle of the data.
	damaged := slices.Clone(file)
	copy(damaged[len(damaged)-40:], bytes.Repeat([]byte{0xfe}, 30))
	for _, tt := range []struct {
		second []byte
		want   string
		reason string
	}{
		{file, "", "two of a kind"},
		{damaged, "1.jpg: ", "what reading takes as far as it goes"},
		{file[:300], "1.jpg: ", "cut off"},
		{other, "1.jpg: 30x40 pixels, want 40x30 as the clip's first frame", "of another clip"},
	} {
		paths := []string{filepath.Join(dir, "0.jpg"), filepath.Join(dir, "1.jpg")}
		datatest.Put(t, paths[0], file)
		datatest.Put(t, paths[1], tt.second)
		err := VerifyFrames(paths)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want %q\nreason: %s", err, tt.want, tt.reason)
		}
	}
	if err := VerifyFrames([]string{filepath.Join(dir, "none.jpg")}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an absent frame: %v", err)
	}
	if _, err := ReadFrame(filepath.Join(dir, "1.jpg"), KeepPixels, 30); err != nil {
		t.Error(err)
	}
	datatest.Put(t, filepath.Join(dir, "1.jpg"), damaged)
	if _, err := ReadFrame(filepath.Join(dir, "1.jpg"), KeepPixels, 30); err != nil {
		t.Errorf("damaged within: %v, want it read as libjpeg does", err)
	}
}

// FuzzDecodeFast wants a picture of the header's size, or an error of one line, of any bytes.
func FuzzDecodeFast(f *testing.F) {
	r, _ := reference(f)
	for name, file := range r.Files {
		if strings.HasPrefix(name, "jpeg") {
			f.Add(file.File)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, _, err := (Bounds{}).header("f", b); err == nil && c.Height*c.Width > 1<<20 {
			return // slow
		}
		img, err := decodeFast("f", b)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("error of several lines: %v", err)
			}
			return
		}
		if p := newStill(img, orientation(b)).pixels(); len(p.Pix) != 3*p.Height*p.Width || len(p.Pix) == 0 {
			t.Fatalf("%dx%d pixels in %d bytes", p.Width, p.Height, len(p.Pix))
		}
	})
}
