package video

import (
	"bytes"
	"encoding/binary"
	"image"
	"io"
	"slices"
)

// endless reports whether a JPEG or PNG file lacks the mark of its end.
func endless(b []byte) bool {
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xd8")):
		return !endsWhole(b)
	case bytes.HasPrefix(b, []byte("\x89PNG")):
		for kind := range chunksPNG(b) {
			if kind == "IEND" {
				return false
			}
		}
		return true
	}
	return false
}

// completeJPEG decodes a file that lacks nothing but the mark of its end, as cameras and extracted frames do, or
// returns nil. Coded data must end with the last byte: without it the file must not decode, since a decoder takes what
// lies between the data and a mark for filling, and a file that was completed with zeros has much of it. Of several
// scans none may be missing, which cannot be told: such a file is cut.
func completeJPEG(b []byte, decode func(io.Reader) (image.Image, error)) image.Image {
	if scans(b) != 1 {
		return nil
	}
	b = bytes.TrimSuffix(b, []byte{0xff}) // half of the mark
	with := func(b []byte) (image.Image, error) {
		return decode(bytes.NewReader(append(slices.Clip(b), 0xff, 0xd9)))
	}
	img, err := with(b)
	if err != nil {
		return nil
	}
	last := b[:len(b)-1]
	if b[len(b)-1] == 0 && last[len(last)-1] == 0xff { // both stand for one byte
		last = last[:len(last)-1]
	}
	if _, err := with(last); err == nil {
		return nil
	}
	return img
}

// scans counts the scans of a JPEG file whose one scan would have all its colours; 0 for a progressive one.
func scans(b []byte) int {
	const (
		scan        = 0xda
		progressive = 0xc2
		baseline    = 0xc0
		extended    = 0xc1
	)
	n, colours := 0, -1
	for b = b[2:]; len(b) >= 4; {
		if b[0] != 0xff || b[1] == 0 || b[1] == 0xff || b[1]&0xf8 == 0xd0 { // coded data, filling, or a restart of it
			b = b[1:]
			continue
		}
		mark, length := b[1], 2+int(binary.BigEndian.Uint16(b[2:]))
		if length > len(b) || length < 5 {
			return 0
		}
		switch mark {
		case baseline, extended:
			if length > 9 {
				colours = int(b[9])
			}
		case progressive:
			return 0
		case scan:
			if n++; int(b[4]) != colours {
				return 0
			}
		}
		b = b[length:]
	}
	return n
}

// completePNG decodes a file of whole chunks that lacks nothing but the last, which is empty, or returns nil.
func completePNG(b []byte, decode func(io.Reader) (image.Image, error)) image.Image {
	const end = "\x00\x00\x00\x00IEND\xaeB`\x82"
	size := 8
	for kind, body := range chunksPNG(b) {
		if kind == "IEND" {
			return nil
		}
		size += 12 + len(body)
	}
	if rest := b[size:]; !bytes.HasPrefix([]byte(end), rest) {
		return nil
	}
	img, err := decode(bytes.NewReader(append(slices.Clip(b[:size]), end...)))
	if err != nil {
		return nil
	}
	return img
}
