package video

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image/jpeg"
	"math/rand/v2"
	"os"

	"github.com/primewindow/primewindow/data"
)

// Ways in which an [Album] holds frames.
const (
	KeepPixels = "pixels" // read fast
	KeepJPEG   = "jpeg"   // take about a tenth of the space
)

// albumQuality of frames that are compressed: OpenCV's default, with which the field extracts frames.
const albumQuality = 95

// Frame is a frame of a clip, and the file that it is from where that still shows the same.
type Frame struct {
	Picture
	File []byte // PNG, JPEG or GIF; nil for a frame of a video, and for one that was reduced
}

// ReadFrame reads a frame from a picture's file and reduces it by [Reduce]. Errors are those of [DecodePicture], or the file
// system's.
func ReadFrame(path string, short int) (Frame, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Frame{}, fmt.Errorf("video: %w", err)
	}
	p, err := DecodePicture(path, b)
	if err != nil {
		return Frame{}, err
	}
	if small := Reduce(p, short); small.Height != p.Height {
		return Frame{Picture: small}, nil
	}
	return Frame{p, b}, nil
}

// ReadFrames reads the frames of a clip one after the other: see [ReadFrame].
func ReadFrames(paths []string, short int) ([]Frame, error) {
	frames := make([]Frame, len(paths))
	for i, path := range paths {
		var err error
		if frames[i], err = ReadFrame(path, short); err != nil {
			return nil, err
		}
	}
	return frames, nil
}

// AsFrames makes frames of pictures that have no files, such as [Frames] returns.
func AsFrames(list []Picture) []Frame {
	frames := make([]Frame, len(list))
	for i, p := range list {
		frames[i].Picture = p
	}
	return frames
}

// Pack makes one array of a clip's frames, for a cache: with [KeepPixels] of shape [T, H, W, 3], with [KeepJPEG] of one axis:
// files side by side, each behind its length in four bytes, the lowest first. There, frames that have a file are kept as that
// is, others are compressed. It returns a [data.FormatError] that names the clip for one without frames, and for frames of
// different sizes.
func Pack(name, keep string, frames []Frame) (shape []int, b []byte, err error) {
	if len(frames) == 0 {
		return nil, nil, &data.FormatError{File: name, Reason: "0 frames, want at least 1"}
	}
	height, width := frames[0].Height, frames[0].Width
	for i, f := range frames {
		switch {
		case f.Height != height || f.Width != width:
			return nil, nil, &data.FormatError{File: name, Reason: fmt.Sprintf("frame %d has %dx%d pixels, want %dx%d as the first", i, f.Width, f.Height, width, height)}
		case keep == KeepPixels:
			b = append(b, f.Pix...)
			continue
		case f.File == nil:
			f.File = compressed(f.Picture)
		}
		b = append(binary.LittleEndian.AppendUint32(b, uint32(len(f.File))), f.File...)
	}
	if keep == KeepPixels {
		return []int{len(frames), height, width, 3}, b, nil
	}
	return []int{len(b)}, b, nil
}

// compressed is a picture as a JPEG file.
func compressed(p Picture) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p.Image(), &jpeg.Options{Quality: albumQuality}); err != nil {
		panic(fmt.Errorf("video: %dx%d pixels: %w", p.Width, p.Height, err)) // a buffer takes all, and frames are smaller than JPEG's limit
	}
	return b.Bytes()
}

// Album is a clip's frames as [Pack] put them together.
type Album struct {
	height, width int
	pixels        []byte   // [T, H, W, 3], or
	files         [][]byte // T of them
}

// OpenAlbum takes an array apart that [Pack] made, and does not copy it. It returns an error for one that is cut off.
func OpenAlbum(shape []int, b []byte) (Album, error) {
	if len(shape) == 4 {
		if len(b) != shape[0]*shape[1]*shape[2]*shape[3] || shape[3] != 3 {
			return Album{}, fmt.Errorf("video: kept frames of %d bytes, want those of shape %v", len(b), shape)
		}
		return Album{height: shape[1], width: shape[2], pixels: b}, nil
	}
	files := [][]byte{}
	for len(b) > 0 {
		if len(b) < 4 || uint64(binary.LittleEndian.Uint32(b)) > uint64(len(b)-4) {
			return Album{}, errors.New("video: kept frames end in the middle of one")
		}
		n := int(binary.LittleEndian.Uint32(b))
		files, b = append(files, b[4:4+n]), b[4+n:]
	}
	return Album{files: files}, nil
}

// Len is the number of frames.
func (a Album) Len() int {
	if a.files != nil {
		return len(a.files)
	}
	return len(a.pixels) / max(1, a.height*a.width*3)
}

// Frame is the i-th frame, decoded where it is kept as a file. Pixels that are kept as such are not copied.
func (a Album) Frame(i int) (Picture, error) {
	if a.files != nil {
		return DecodePicture("a kept frame", a.files[i])
	}
	size := a.height * a.width * 3
	return Picture{a.height, a.width, a.pixels[i*size : (i+1)*size]}, nil
}

// Dress writes the values of the frames at these places, one after the other, into to, which has room for [T, side, side, 3].
// Each has draws of its own: see [Dress].
func (a Album) Dress(places []int, side int, draw *rand.Rand, to []float32) error {
	size := side * side * 3
	for k, i := range places {
		p, err := a.Frame(i)
		if err != nil {
			return err
		}
		Dress(p, side, draw, to[k*size:(k+1)*size])
	}
	return nil
}
