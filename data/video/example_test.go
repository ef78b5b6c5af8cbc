package video_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"os"

	"github.com/primewindow/primewindow/data/video"
)

// striped is a picture of black and white columns.
func striped(height, width int) video.Picture {
	p := video.Picture{Height: height, Width: width, Pix: make([]byte, 3*height*width)}
	for i := range p.Pix {
		p.Pix[i] = byte(255 * (i / 3 % width % 2))
	}
	return p
}

// Where ffmpeg is missing, the error says so, and nothing else is wrong with the file.
func ExampleFrames() {
	_, err := video.Frames(context.Background(), "no-such-clip.flv", video.Options{FPS: 3, ShortSide: 256})
	fmt.Println(errors.Is(err, os.ErrNotExist), errors.Is(err, video.ErrNoFFmpeg))
	// Output: true false
}

func ExampleSound() {
	_, err := video.Sound(context.Background(), "no-such-song.mp3", 22050)
	fmt.Println(errors.Is(err, os.ErrNotExist), errors.Is(err, video.ErrNoSound))
	// Output: true false
}

func ExampleDecoder_Frames() {
	d := video.Decoder{FFprobe: "no-such-ffprobe"}
	_, err := d.Frames(context.Background(), "example_test.go", video.Options{Segments: 3})
	fmt.Println(errors.Is(err, video.ErrNoFFmpeg))
	// Output: true
}

func ExampleDecoder_Sound() {
	d := video.Decoder{FFprobe: "no-such-ffprobe"}
	_, err := d.Sound(context.Background(), "example_test.go", 16000)
	fmt.Println(errors.Is(err, video.ErrNoFFmpeg))
	// Output: true
}

func ExampleDecoder_Probe() {
	d := video.Decoder{FFprobe: "no-such-ffprobe"}
	_, err := d.Probe(context.Background(), "example_test.go")
	fmt.Println(errors.Is(err, video.ErrNoFFmpeg))
	// Output: true
}

func ExampleMiddles() {
	fmt.Println(video.Middles(10, 3))
	// Output: [1 5 8]
}

func ExamplePacked() {
	frames := []video.Picture{striped(3, 4), striped(3, 4)}
	fmt.Println(len(video.Packed(frames)) == 2*3*4*3)
	// Output: true
}

func ExampleDecodePicture() {
	_, err := video.DecodePicture("cover.png", []byte("pixels"))
	fmt.Println(err)
	// Output: cover.png: begins with "pixels", want a PNG, JPEG or GIF file
}

func ExampleBounds_DecodePicture() {
	_, err := video.Bounds{MaxSide: 100}.DecodePicture("digit.gif", []byte("GIF89a\x65\x00\x02\x00\x00\x00\x00"))
	fmt.Println(err)
	// Output: digit.gif: 101x2 pixels, want sides of at most 100
}

func ExampleFromImage() {
	p := video.FromImage(image.NewGray(image.Rect(0, 0, 4, 3)))
	fmt.Println(p.Height, p.Width, len(p.Pix))
	// Output: 3 4 36
}

func ExamplePicture_Image() {
	fmt.Println(striped(3, 4).Image().At(1, 0))
	// Output: {255 255 255 255}
}

func ExampleResize() {
	p := video.Resize(striped(2, 8), 1, 4)
	fmt.Println(p.Pix[0], p.Pix[3], p.Pix[6])
	// Output: 109 128 128
}

func ExampleCropResize() {
	p := video.CropResize(striped(4, 8), video.Box{Top: 1, Left: 1, Height: 1, Width: 2}, 1, 4)
	fmt.Println(p.Pix[0], p.Pix[3], p.Pix[6], p.Pix[9])
	// Output: 255 191 64 0
}

func ExampleResizeShort() {
	p := video.ResizeShort(striped(480, 640), 240)
	fmt.Println(p.Height, p.Width)
	// Output: 240 320
}

func ExampleCentreCrop() {
	p := video.CentreCrop(striped(3, 4), 1, 2)
	fmt.Println(p.Height, p.Width, p.Pix[0], p.Pix[3])
	// Output: 1 2 255 0
}

func ExampleRandomBox() {
	b := video.RandomBox(48, 64, rand.New(rand.NewPCG(1, 1)))
	fmt.Println(b.Top+b.Height <= 48, b.Left+b.Width <= 64)
	// Output: true true
}

// Equal draws give equal crops.
func ExampleRandomResizedCrop() {
	p := striped(48, 64)
	a := video.RandomResizedCrop(p, 8, rand.New(rand.NewPCG(1, 1)))
	b := video.RandomResizedCrop(p, 8, rand.New(rand.NewPCG(1, 1)))
	fmt.Println(a.Height, a.Width, string(a.Pix) == string(b.Pix))
	// Output: 8 8 true
}

func ExampleFlip() {
	p := striped(1, 2)
	video.Flip(p)
	fmt.Println(p.Pix[0], p.Pix[3])
	// Output: 255 0
}

func ExampleNormalize() {
	p := video.Picture{Height: 1, Width: 1, Pix: []byte{0, 128, 255}}
	x := make([]float32, 3)
	video.Normalize(p, x)
	fmt.Printf("%.3f\n", x)
	// Output: [-2.118 0.205 2.640]
}

// Two frames are kept as JPEG files, and the second is taken out again.
func ExamplePack() {
	shape, b, err := video.Pack("clip", video.KeepJPEG, video.AsFrames([]video.Picture{striped(3, 4), striped(3, 4)}))
	if err != nil {
		fmt.Println(err)
		return
	}
	a, err := video.OpenAlbum(shape, b)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := a.Frame(1)
	fmt.Println(a.Len(), p.Height, p.Width, err)
	// Output: 2 3 4 <nil>
}

func ExampleOpenAlbum() {
	_, err := video.OpenAlbum([]int{5}, []byte("\x02\x00\x00\x00a"))
	fmt.Println(err)
	// Output: video: kept frames end in the middle of one
}

// A sample of three of an album's frames, as large as a network wants them.
func ExampleAlbum_Dress() {
	frames := make([]video.Picture, 10)
	for i := range frames {
		frames[i] = striped(30, 40)
	}
	shape, b, err := video.Pack("clip", video.KeepPixels, video.AsFrames(frames))
	if err != nil {
		fmt.Println(err)
		return
	}
	a, err := video.OpenAlbum(shape, b)
	if err != nil {
		fmt.Println(err)
		return
	}
	draw, to := rand.New(rand.NewPCG(1, 1)), make([]float32, 3*8*8*3)
	err = a.Dress(video.Segments(a.Len(), 3, draw), 8, draw, to)
	fmt.Println(to[0] != 0, to[len(to)-1] != 0, err)
	// Output: true true <nil>
}

func ExampleReadFrame() {
	_, err := video.ReadFrame("no-such-frame.jpg", video.KeepPixels, 256)
	fmt.Println(errors.Is(err, os.ErrNotExist))
	_, err = video.ReadFrame("example_test.go", video.KeepPixels, 256)
	fmt.Println(err)
	// Output:
	// true
	// example_test.go: begins with "package ", want a PNG, JPEG or GIF file
}

// clip is three frames, which are made when they are asked for.
type clip struct{}

func (clip) Len() int          { return 3 }
func (clip) File(i int) string { return fmt.Sprintf("%d.jpg", i) }
func (c clip) Pack(i int) ([]int, []byte, error) {
	fmt.Println("asked for", c.File(i))
	return video.Pack(c.File(i), video.KeepPixels, video.AsFrames([]video.Picture{striped(3, 4)}))
}

func ExampleGather() {
	a, err := video.Gather(clip{})
	fmt.Println(a.Len(), err)
	fmt.Println(a.Dress([]int{1}, 2, nil, make([]float32, 2*2*3)))
	// Output:
	// 3 <nil>
	// asked for 1.jpg
	// <nil>
}

func ExampleVerifyFrames() {
	fmt.Println(video.VerifyFrames([]string{"example_test.go"}))
	// Output: example_test.go: begins with "package ", want a PNG, JPEG or GIF file
}

func ExampleListFrames() {
	_, err := video.ListFrames("testdata", 600)
	fmt.Println(err)
	// Output: testdata: no frames, want .jpg or .png files
}

func ExampleReduce() {
	p := video.Reduce(striped(480, 640), 240)
	fmt.Println(p.Height, p.Width)
	p = video.Reduce(striped(48, 64), 240)
	fmt.Println(p.Height, p.Width)
	// Output:
	// 240 320
	// 48 64
}

func ExampleDress() {
	to := make([]float32, 2*2*3)
	video.Dress(striped(4, 4), 2, nil, to)
	fmt.Printf("%.3f\n", to[:3])
	// Output: [-0.251 -0.127 0.095]
}

// Without a draw the middle ones.
func ExampleSegments() {
	fmt.Println(video.Segments(9, 3, nil), video.Segments(9, 3, rand.New(rand.NewPCG(1, 1))))
	// Output: [1 4 7] [2 3 8]
}
