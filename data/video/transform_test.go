package video

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"testing"
)

// noise is a picture without any pattern.
func noise(height, width int) Picture {
	rng := rand.New(rand.NewPCG(1, 1))
	p := Picture{height, width, make([]byte, 3*height*width)}
	for i := range p.Pix {
		p.Pix[i] = byte(rng.Uint32())
	}
	return p
}

// TestResizeReference compares with Pillow by way of torchvision.
func TestResizeReference(t *testing.T) {
	r, p := reference(t)
	before := bytes.Clone(p.Pix)
	for _, b := range r.Boxes {
		tolerance := 0
		if b.Box == [6]int{2, 40, 35, 13, 12, 8} {
			tolerance = 1 // Pillow passes downwards first, so that other sums are rounded in between
		}
		got := CropResize(p, Box{b.Box[0], b.Box[1], b.Box[2], b.Box[3]}, b.Box[4], b.Box[5])
		levels(t, fmt.Sprint("box ", b.Box), got, sized{[2]int{b.Box[4], b.Box[5]}, b.Pixels}, tolerance)
	}
	for _, c := range r.Centres {
		levels(t, fmt.Sprint("centre ", c.Size), CentreCrop(p, c.Size[0], c.Size[1]), c, 0)
	}
	for _, s := range r.Shorts {
		levels(t, fmt.Sprint("short side ", s.Short), ResizeShort(p, s.Short), s.sized, 0)
	}
	turned := CropResize(p, Box{0, 0, 37, 53}, 37, 53)
	Flip(turned)
	levels(t, "flip", turned, sized{[2]int{37, 53}, r.Flip}, 0)
	x := make([]float32, len(p.Pix)+1)
	Normalize(p, x)
	for i, want := range r.Normalized {
		if math.Abs(float64(x[i])-want) > 1e-6 { // float32 of values below 3
			t.Fatalf("normalized value %d is %v, want %v", i, x[i], want)
		}
	}
	if x[len(p.Pix)] != 0 || !bytes.Equal(before, p.Pix) {
		t.Error("something was written beside the result")
	}
}

// TestResizeTwin sums each pixel over the whole picture, in floating point and both directions at once.
func TestResizeTwin(t *testing.T) {
	weight := func(i, at int, scale float64) float64 {
		return max(0, 1-math.Abs((float64(at)+0.5)-(float64(i)+0.5)*scale)/max(scale, 1))
	}
	for _, from := range [][2]int{{31, 45}, {1, 1}, {1, 9}, {2, 3}, {64, 2}} {
		p := noise(from[0], from[1])
		for _, to := range [][2]int{{9, 13}, {60, 71}, {5, 100}, {1, 1}, {1, 40}, from} {
			got := Resize(p, to[0], to[1])
			down, across := float64(from[0])/float64(to[0]), float64(from[1])/float64(to[1])
			for i, v := range got.Pix {
				y, x, c := i/3/to[1], i/3%to[1], i%3
				sum, total := 0.0, 0.0
				for a := range from[0] {
					for b := range from[1] {
						w := weight(y, a, down) * weight(x, b, across)
						sum, total = sum+w*float64(p.Pix[3*(a*p.Width+b)+c]), total+w
					}
				}
				// Half a step for the rounding between the two passes, half for the last one, and the weights' own.
				if d := math.Abs(float64(v) - sum/total); d > 1.01 {
					t.Fatalf("%v to %v: pixel %d, %d is off by %.3f", from, to, y, x, d)
				}
			}
		}
	}
}

// TestResizeExtremes keeps white white, where sums are largest, and the ends of a long line within it.
func TestResizeExtremes(t *testing.T) {
	for _, size := range [][2]int{{1, 16384}, {3, 5000}, {2, 2}} {
		white := Picture{size[0], size[1], bytes.Repeat([]byte{255}, 3*size[0]*size[1])}
		for _, to := range [][2]int{{1, 1}, {224, 224}, {7, 3}} {
			if got := Resize(white, to[0], to[1]); !bytes.Equal(got.Pix, bytes.Repeat([]byte{255}, 3*to[0]*to[1])) {
				t.Errorf("white of %v, resized to %v, is not white", size, to)
			}
		}
	}
	for _, part := range []Box{{-1, 0, 1, 1}, {0, 0, 0, 1}, {0, 1, 1, 3}, {2, 0, 1, 1}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("part %+v of 3x2 pixels: no panic, want one, as boxes are computed", part)
				}
			}()
			CropResize(noise(2, 3), part, 1, 1)
		}()
	}
}

// TestRandomBox compares the drawn boxes with torchvision's.
func TestRandomBox(t *testing.T) {
	r, _ := reference(t)
	for _, c := range r.Crops {
		height, width := c.Size[0], c.Size[1]
		rng := rand.New(rand.NewPCG(1, 1))
		values := map[string][]float64{}
		for range r.Draws {
			b := RandomBox(height, width, rng)
			b.check(Picture{Height: height, Width: width})
			values["area"] = append(values["area"], float64(b.Height*b.Width)/float64(height*width))
			values["log_ratio"] = append(values["log_ratio"], math.Log(float64(b.Width)/float64(b.Height)))
			values["top"] = append(values["top"], float64(b.Top)/float64(max(1, height-b.Height)))
			values["left"] = append(values["left"], float64(b.Left)/float64(max(1, width-b.Width)))
		}
		for name, want := range c.Values {
			n, mean, deviation := float64(r.Draws), 0.0, 0.0
			for _, v := range values[name] {
				mean += v / n
			}
			for _, v := range values[name] {
				deviation += (v - mean) * (v - mean) / n
			}
			deviation = math.Sqrt(deviation)
			// Both are of as many draws: five standard errors of their difference. That of a deviation is smaller
			// still.
			bound := 5 * want[1] * math.Sqrt(2/n)
			if math.Abs(mean-want[0]) > bound || math.Abs(deviation-want[1]) > bound {
				t.Errorf(
					"%v, %s: mean %.4f and deviation %.4f, want torchvision's %.4f and %.4f to %.4f", c.Size, name,
					mean, deviation, want[0], want[1], bound,
				)
			}
		}
	}
	for _, f := range r.Fallbacks {
		want := Box{f.Box[0], f.Box[1], f.Box[2], f.Box[3]}
		if got := RandomBox(f.Size[0], f.Size[1], rand.New(rand.NewPCG(1, 1))); got != want {
			t.Errorf("a picture too narrow for any draw, %v: %+v, want torchvision's %+v", f.Size, got, want)
		}
	}
}

func TestRandomResizedCropReproduces(t *testing.T) {
	p := noise(40, 60)
	crop := func(seed uint64) []byte { return RandomResizedCrop(p, 16, rand.New(rand.NewPCG(seed, 1))).Pix }
	if !bytes.Equal(crop(1), crop(1)) || bytes.Equal(crop(1), crop(2)) {
		t.Error("equal seeds must give equal crops, others must not")
	}
	rng, other := rand.New(rand.NewPCG(3, 1)), rand.New(rand.NewPCG(3, 1))
	b := RandomBox(40, 60, other)
	if !bytes.Equal(RandomResizedCrop(p, 16, rng).Pix, CropResize(p, b, 16, 16).Pix) || rng.Uint64() != other.Uint64() {
		t.Error("a crop is not that of its box, or draws other numbers")
	}
}

func BenchmarkResize(b *testing.B) {
	p := noise(360, 480)
	for _, side := range []int{112, 224, 448} {
		b.Run(fmt.Sprint(side), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Resize(p, side, side)
			}
		})
	}
}

// BenchmarkCrop is what is done to a decoded frame of 480x360 pixels in training.
func BenchmarkCrop(b *testing.B) {
	p, rng, x := noise(360, 480), rand.New(rand.NewPCG(1, 1)), make([]float32, 224*224*3)
	b.ReportAllocs()
	for b.Loop() {
		train(p, rng, x)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "frames/s")
}

// train crops, mirrors half of the time, and normalizes.
func train(p Picture, rng *rand.Rand, x []float32) {
	q := RandomResizedCrop(p, 224, rng)
	if rng.IntN(2) == 1 {
		Flip(q)
	}
	Normalize(q, x)
}

// BenchmarkJPEG does the same from a JPEG file.
func BenchmarkJPEG(b *testing.B) {
	file := encoded(b, scene(), func(b *bytes.Buffer, img image.Image) error {
		return jpeg.Encode(b, img, &jpeg.Options{Quality: 95})
	})
	b.Logf("a JPEG of %d bytes", len(file))
	for _, crop := range []bool{false, true} {
		b.Run(map[bool]string{false: "decode", true: "crop"}[crop], func(b *testing.B) {
			rng, x := rand.New(rand.NewPCG(1, 1)), make([]float32, 224*224*3)
			b.ReportAllocs()
			for b.Loop() {
				p, err := DecodePicture("x", file)
				if err != nil {
					b.Fatal(err)
				}
				if crop {
					train(p, rng, x)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "frames/s")
		})
	}
}

// scene is a picture of 480x360 pixels with edges, a gradient and a little noise, as from a camera.
func scene() image.Image {
	rng := rand.New(rand.NewPCG(1, 1))
	p := Picture{360, 480, make([]byte, 3*360*480)}
	for i := range p.Pix {
		y, x, c := i/3/480, i/3%480, i%3
		v := y/3 + x/(4+c) + 40*((x/60+y/45)%2) + rng.IntN(8)
		p.Pix[i] = byte(min(v, 255))
	}
	return p.Image()
}
