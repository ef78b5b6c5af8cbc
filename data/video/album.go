package video

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image/jpeg"
	"math/rand/v2"
	"slices"

	"github.com/primewindow/primewindow/data"
)

// Ways in which an [Album] holds frames.
const (
	KeepPixels = "pixels" // read fast
	KeepJPEG   = "jpeg"   // take about a tenth of the space
)

// albumQuality of frames that are compressed: OpenCV's default, with which the field extracts frames.
const albumQuality = 95

// Frame is a frame of a clip, as [Pack] keeps it.
type Frame struct{ still }

// ReadFrame reads a frame from a picture's file. One whose shorter side is longer than short is reduced by [Reduce].
// Else, with [KeepJPEG], a JPEG, PNG or GIF is kept as it is, undecoded, and with [KeepPixels] a JPEG whose colour has
// half the height and width keeps its planes, which take half the space of its pixels. Errors are those of
// [DecodePicture], or the file system's; damage within a JPEG's data is none, see [VerifyFrames].
func ReadFrame(path, keep string, short int) (Frame, error) {
	b, err := data.ReadFile(path)
	if err != nil {
		return Frame{}, fmt.Errorf("video: %w", err)
	}
	if keep == KeepJPEG {
		if c, _, err := (Bounds{}).header(path, b); err != nil || min(c.Height, c.Width) <= short {
			return Frame{still{file: b, name: path}}, err
		}
	}
	s, err := still{file: b, name: path}.open()
	if err != nil {
		return Frame{}, err
	}
	if height, width := s.size(); min(height, width) > short {
		return Frame{still{Picture: Reduce(s.pixels(), short)}}, nil
	}
	return Frame{s}, nil
}

// AsFrames makes frames of pictures that have no files, such as [Frames] returns.
func AsFrames(list []Picture) []Frame {
	frames := make([]Frame, len(list))
	for i, p := range list {
		frames[i] = Frame{still{Picture: p}}
	}
	return frames
}

// Pack makes one array of a clip's frames, for a cache: with [KeepPixels] of shape [T, H, W, 3], or, where one has
// planes, and with [KeepJPEG], of one axis: files side by side, each behind its length in four bytes, the lowest first.
// With [KeepJPEG], frames that have a file are kept as that is, others are compressed. It returns a [data.FormatError]
// that names the clip for one without frames, and for frames of different sizes.
func Pack(name, keep string, frames []Frame) (shape []int, b []byte, err error) {
	if len(frames) == 0 {
		return nil, nil, &data.FormatError{File: name, Reason: "0 frames, want at least 1"}
	}
	height, width := frames[0].size()
	files := keep == KeepJPEG
	for i, f := range frames {
		if h, w := f.size(); h != height || w != width {
			return nil, nil, &data.FormatError{
				File:   name,
				Reason: fmt.Sprintf("frame %d has %dx%d pixels, want %dx%d as the first", i, w, h, width, height),
			}
		}
		files = files || f.planes != nil
	}
	for _, f := range frames {
		if !files {
			b = append(b, f.Pix...)
			continue
		}
		b = f.appendKept(b, keep)
	}
	if !files {
		return []int{len(frames), height, width, 3}, b, nil
	}
	return []int{len(b)}, b, nil
}

// appendKept appends a frame to others, behind its length.
func (f Frame) appendKept(b []byte, keep string) []byte {
	if keep == KeepPixels && f.planes != nil {
		size := planesHeader + planesSize(f.size())
		b = binary.LittleEndian.AppendUint32(slices.Grow(b, 4+size), uint32(size))
		return appendPlanes(b, f.planes)
	}
	file := f.file
	if file == nil {
		file = compressed(f.pixels())
	}
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(file))), file...)
}

// compressed is a picture as a JPEG file.
func compressed(p Picture) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p.Image(), &jpeg.Options{Quality: albumQuality}); err != nil {
		// a buffer takes all, and frames are smaller than JPEG's limit
		panic(fmt.Errorf("video: %dx%d pixels: %w", p.Width, p.Height, err))
	}
	return b.Bytes()
}

// Album is a clip's frames as [Pack] put them together, or [Gather].
type Album struct {
	stills []still
	parts  Parts // where there are such instead
}

// Parts are arrays that [Pack] made, which are made or read when they are asked for.
type Parts interface {
	Len() int
	File(i int) string // that the array was made of, for errors
	Pack(i int) (shape []int, b []byte, err error)
}

// OpenAlbum takes an array apart that [Pack] made, and does not copy it. It returns an error for one that is cut off.
func OpenAlbum(shape []int, b []byte) (Album, error) {
	if len(shape) == 4 {
		size := shape[1] * shape[2] * shape[3]
		if len(b) != shape[0]*size || shape[3] != 3 || size <= 0 {
			return Album{}, fmt.Errorf("video: kept frames of %d bytes, want those of shape %v", len(b), shape)
		}
		stills := make([]still, shape[0])
		for i := range stills {
			stills[i].Picture = Picture{shape[1], shape[2], b[i*size : (i+1)*size]}
		}
		return Album{stills: stills}, nil
	}
	stills := []still{}
	for len(b) > 0 {
		if len(b) < 4 || uint64(binary.LittleEndian.Uint32(b)) > uint64(len(b)-4) {
			return Album{}, errors.New("video: kept frames end in the middle of one")
		}
		n := int(binary.LittleEndian.Uint32(b))
		s := still{file: b[4 : 4+n], name: "a kept frame"}
		if bytes.HasPrefix(s.file, []byte(planesMagic)) {
			planes, err := openPlanes(s.file)
			if err != nil {
				return Album{}, err
			}
			s = still{planes: planes}
		}
		stills, b = append(stills, s), b[4+n:]
	}
	return Album{stills: stills}, nil
}

// Gather makes an album of one array of all frames, or of several of one frame each, of which it asks for those that
// are wanted. Errors are those of the parts and of [OpenAlbum].
func Gather(parts Parts) (Album, error) {
	if parts.Len() != 1 {
		return Album{parts: parts}, nil
	}
	return open(parts, 0)
}

// open is an album of one array, whose errors and frames have its file's name.
func open(parts Parts, i int) (Album, error) {
	shape, b, err := parts.Pack(i)
	if err != nil {
		return Album{}, err
	}
	a, err := OpenAlbum(shape, b)
	if err != nil {
		return Album{}, &data.FormatError{File: parts.File(i), Reason: err.Error()}
	}
	for k := range a.stills {
		a.stills[k].name = parts.File(i)
	}
	return a, nil
}

// Len is the number of frames.
func (a Album) Len() int {
	if a.parts != nil {
		return a.parts.Len()
	}
	return len(a.stills)
}

func (a Album) still(i int) (still, error) {
	if a.parts == nil {
		return a.stills[i], nil
	}
	one, err := open(a.parts, i)
	switch {
	case err != nil:
		return still{}, err
	case one.Len() != 1:
		return still{}, &data.FormatError{File: a.parts.File(i), Reason: count(one.Len(), "kept frame") + ", want 1"}
	}
	return one.stills[0], nil
}

// Frame is the i-th frame, decoded where it is kept as a file. Pixels that are kept as such are not copied.
func (a Album) Frame(i int) (Picture, error) {
	s, err := a.still(i)
	if err == nil {
		s, err = s.open()
	}
	if err != nil {
		return Picture{}, err
	}
	return s.pixels(), nil
}

// Dress writes the values of the frames at these places, one after the other, into to, which has room for [T, side,
// side, 3]. Each has draws of its own: see [Dress].
func (a Album) Dress(places []int, side int, draw *rand.Rand, to []float32) error {
	size := side * side * 3
	for k, i := range places {
		s, err := a.still(i)
		if err == nil {
			err = s.dress(side, draw, to[k*size:(k+1)*size])
		}
		if err != nil {
			return err
		}
	}
	return nil
}
