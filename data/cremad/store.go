package cremad

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"math"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/stream"
	"github.com/primewindow/primewindow/data/video"
)

// jpegQuality of frames that are kept compressed: OpenCV's default, with which the field extracts frames.
const jpegQuality = 95

// frame is a decoded frame, and the JPEG file that it is from, where it still shows the same.
type frame struct {
	video.Picture
	file []byte
}

// pack makes a feature of a clip's frames, which must have one size: pixels of shape [T, H, W, 3], or JPEG files side by
// side, each behind its length. name is the clip's, for errors.
func (o options) pack(name string, frames []frame) (stream.Feature, error) {
	height, width := frames[0].Height, frames[0].Width
	var b []byte
	for i, f := range frames {
		switch {
		case f.Height != height || f.Width != width:
			return stream.Feature{}, &data.FormatError{File: name, Reason: fmt.Sprintf("frame %d has %dx%d pixels, want %dx%d as the first", i, f.Width, f.Height, width, height)}
		case o.keep == keepPixels:
			b = append(b, f.Pix...)
			continue
		case f.file == nil:
			f.file = encodeJPEG(f.Picture)
		}
		b = append(binary.LittleEndian.AppendUint32(b, uint32(len(f.file))), f.file...)
	}
	if o.keep == keepPixels {
		return stream.Feature{Shape: []int{len(frames), height, width, 3}, Bytes: b}, nil
	}
	return stream.Feature{Shape: []int{len(b)}, Bytes: b}, nil
}

// encodeJPEG compresses a picture.
func encodeJPEG(p video.Picture) []byte {
	img := image.NewRGBA(image.Rect(0, 0, p.Width, p.Height))
	for i := range p.Width * p.Height {
		img.Pix[4*i], img.Pix[4*i+1], img.Pix[4*i+2], img.Pix[4*i+3] = p.Pix[3*i], p.Pix[3*i+1], p.Pix[3*i+2], math.MaxUint8
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: jpegQuality}); err != nil {
		panic(fmt.Errorf("cremad: %dx%d pixels: %w", p.Width, p.Height, err)) // a buffer takes all, and frames are smaller than JPEG's limit
	}
	return b.Bytes()
}

// album is a feature that pack made, taken apart.
type album struct {
	pixels stream.Feature // or
	files  [][]byte
}

func openAlbum(f stream.Feature) (album, error) {
	if len(f.Shape) == 4 {
		return album{pixels: f}, nil
	}
	var files [][]byte
	for b := f.Bytes; len(b) > 0; {
		if len(b) < 4 || uint64(binary.LittleEndian.Uint32(b)) > uint64(len(b)-4) {
			return album{}, fmt.Errorf("cremad: kept frames end in the middle of one")
		}
		n := int(binary.LittleEndian.Uint32(b))
		files, b = append(files, b[4:4+n]), b[4+n:]
	}
	return album{files: files}, nil
}

// len is the number of frames.
func (a album) len() int {
	if a.files != nil {
		return len(a.files)
	}
	return a.pixels.Shape[0]
}

// frame is the i-th frame.
func (a album) frame(i int) (video.Picture, error) {
	if a.files != nil {
		return video.DecodePicture("a kept frame", a.files[i])
	}
	height, width := a.pixels.Shape[1], a.pixels.Shape[2]
	size := height * width * 3
	return video.Picture{Height: height, Width: width, Pix: a.pixels.Bytes[i*size : (i+1)*size]}, nil
}
