package video

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"math/rand/v2"
	"sync"

	"github.com/gen2brain/jpegn"

	"github.com/primewindow/primewindow/data"
)

// still is a kept frame, in one of three forms.
type still struct {
	Picture              // its pixels, or
	planes  *image.YCbCr // a JPEG's planes, with colour at half of both sides, or
	file    []byte       // a picture's file
	name    string       // of the file, for errors
}

// open decodes a file; other forms it leaves as they are.
func (s still) open() (still, error) {
	if s.file == nil {
		return s, nil
	}
	img, err := decodeFast(s.name, s.file)
	if err != nil {
		return still{}, err
	}
	return newStill(img, orientation(s.file)), nil
}

// newStill keeps the planes of what has such and stands upright, and makes pixels of other images.
func newStill(img image.Image, orientation int) still {
	if orientation != upright {
		return still{Picture: turn(FromImage(img), orientation)}
	}
	if planes, ok := img.(*image.YCbCr); ok && planes.SubsampleRatio == image.YCbCrSubsampleRatio420 &&
		planes.Rect.Min == (image.Point{}) {
		return still{planes: planes}
	}
	return still{Picture: FromImage(img)}
}

// size is that of an open still.
func (s still) size() (height, width int) {
	if s.planes != nil {
		return s.planes.Rect.Dy(), s.planes.Rect.Dx()
	}
	return s.Height, s.Width
}

// pixels are those of an open still.
func (s still) pixels() Picture {
	if s.planes == nil {
		return s.Picture
	}
	return FromImage(s.planes)
}

// dress is [Dress] of any form. Of planes no more than the drawn part is converted.
func (s still) dress(side int, draw *rand.Rand, to []float32) error {
	s, err := s.open()
	if err != nil {
		return err
	}
	height, width := s.size()
	part := Box{Height: height, Width: width}
	if draw != nil {
		part = RandomBox(height, width, draw)
	}
	w := workshops.Get().(*workshop)
	defer workshops.Put(w)
	p := s.Picture
	if s.planes != nil {
		p = Picture{part.Height, part.Width, room(&w.cut, 3*part.Height*part.Width)}
		cut(p, s.planes, part, w)
		part.Top, part.Left = 0, 0
	}
	out := Picture{side, side, room(&w.out, 3*side*side)}
	resize(out, p, part, &w.narrow)
	if draw != nil && draw.IntN(2) == 1 {
		Flip(out)
	}
	Normalize(out, to)
	return nil
}

// workshop is space that dressing takes again and again.
type workshop struct {
	cut, narrow, out, colour []byte
	sums                     []int32
}

var workshops = sync.Pool{New: func() any { return new(workshop) }}

// decodeFast decodes a picture as [DecodePicture] does but for turning it, JPEG files of one or three colours in less
// than half the time. Of these, as with libjpeg, one that is damaged within its data is decoded as far as it goes; one
// that ends early is an error.
func decodeFast(name string, b []byte) (image.Image, error) {
	if bytes.HasPrefix(b, []byte("\xff\xd8")) && endsWhole(b) {
		if img, ok := fastJPEG(b); ok {
			return img, nil
		}
	}
	return Bounds{}.decode(name, b) // which says what is wrong
}

// fastJPEG is not ok for what the standard library is asked about instead.
func fastJPEG(b []byte) (img image.Image, ok bool) {
	defer func() {
		if recover() != nil {
			img, ok = nil, false
		}
	}()
	c, _, err := Bounds{}.header("", b)
	if err != nil {
		return nil, false
	}
	img, err = jpegn.Decode(bytes.NewReader(b))
	if err != nil || img.Bounds() != image.Rect(0, 0, c.Width, c.Height) {
		return nil, false
	}
	switch img.(type) {
	case *image.YCbCr, *image.Gray:
		return img, true
	}
	return nil, false
}

// endsWhole walks a JPEG file's segments and reports whether they lead to its end mark.
func endsWhole(b []byte) bool {
	const (
		restart0, restart7 = 0xd0, 0xd7
		end, scan          = 0xd9, 0xda
	)
	b = b[2:]
	for len(b) >= 4 && b[0] == 0xff {
		mark := b[1]
		if mark == end {
			return true
		}
		if mark == 0xff { // filling
			b = b[1:]
			continue
		}
		length := 2 + int(binary.BigEndian.Uint16(b[2:]))
		if length > len(b) {
			return false
		}
		b = b[length:]
		if mark != scan {
			continue
		}
		for { // coded data, up to a mark that is none of theirs
			at := bytes.IndexByte(b, 0xff)
			if at < 0 || at+1 >= len(b) {
				return false
			}
			b = b[at:]
			if m := b[1]; m != 0 && (m < restart0 || m > restart7) {
				break
			}
			b = b[2:]
		}
	}
	return len(b) >= 2 && b[0] == 0xff && b[1] == end
}

// planesMagic begins planes in a cache; height and width in four bytes each follow, then brightness and both colours.
const planesMagic = "pwycc420"

const planesHeader = len(planesMagic) + 8

// appendPlanes lays planes side by side, without what lies between their rows.
func appendPlanes(b []byte, img *image.YCbCr) []byte {
	height, width := img.Rect.Dy(), img.Rect.Dx()
	b = append(b, planesMagic...)
	b = binary.LittleEndian.AppendUint32(b, uint32(height))
	b = binary.LittleEndian.AppendUint32(b, uint32(width))
	rows := func(pix []byte, stride, height, width int) {
		for y := range height {
			b = append(b, pix[y*stride:][:width]...)
		}
	}
	rows(img.Y, img.YStride, height, width)
	rows(img.Cb, img.CStride, (height+1)/2, (width+1)/2)
	rows(img.Cr, img.CStride, (height+1)/2, (width+1)/2)
	return b
}

func planesSize(height, width int) int { return height*width + 2*((height+1)/2)*((width+1)/2) }

// openPlanes is the opposite of appendPlanes, and does not copy.
func openPlanes(b []byte) (*image.YCbCr, error) {
	if len(b) < planesHeader {
		return nil, errors.New("video: kept planes end in their header")
	}
	height, width := int(binary.LittleEndian.Uint32(b[len(planesMagic):])),
		int(binary.LittleEndian.Uint32(b[len(planesMagic)+4:]))
	if err := (Bounds{}).check(height, width); err != nil {
		return nil, fmt.Errorf("video: kept planes: %w", err)
	}
	b = b[planesHeader:]
	if len(b) != planesSize(height, width) {
		return nil, fmt.Errorf("video: kept planes of %d bytes, want those of %dx%d pixels", len(b), width, height)
	}
	half := (width + 1) / 2
	img := &image.YCbCr{
		Rect: image.Rect(0, 0, width, height), YStride: width, CStride: half,
		SubsampleRatio: image.YCbCrSubsampleRatio420,
	}
	img.Y, b = b[:height*width], b[height*width:]
	img.Cb, img.Cr = b[:len(b)/2], b[len(b)/2:]
	return img, nil
}

// VerifyFrames decodes all frames of a clip in full, and strictly: it finds what reading some of them does not, damaged
// JPEG data and frames that are not as large as the first. The error names the frame's file.
func VerifyFrames(paths []string) error {
	var first Picture
	for i, path := range paths {
		p, err := readPicture(path)
		if err != nil {
			return err
		}
		if i == 0 {
			first = p
		}
		if p.Height != first.Height || p.Width != first.Width {
			return &data.FormatError{
				File: path,
				Reason: fmt.Sprintf(
					"%dx%d pixels, want %dx%d as the clip's first frame", p.Width, p.Height, first.Width, first.Height,
				),
			}
		}
	}
	return nil
}
