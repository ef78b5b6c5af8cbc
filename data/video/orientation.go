package video

import (
	"bytes"
	"encoding/binary"
)

// upright is the orientation of a picture that is shown as it is stored.
const upright = 1

// Parts of EXIF data, which is a TIFF file without pixels.
const (
	exifMark       = "Exif\x00\x00"
	exifHeader     = 8  // byte order, 42, and the place of the first directory
	exifEntry      = 12 // tag, type, count, value
	orientationTag = 0x0112
	exifShort      = 3
	exifLong       = 4
)

// orientation is what the EXIF data of a JPEG or PNG file says, from 1 to 8. Data that is absent, broken or says
// another number counts as 1: it is no part of the picture, and what is wrong with it changes no pixel.
func orientation(b []byte) int {
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xd8")):
		return orientationJPEG(b)
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		for kind, body := range chunksPNG(b) {
			if kind == "eXIf" {
				return orientationTIFF(body)
			}
		}
	}
	return upright
}

// sideways reports whether an orientation exchanges height and width.
func sideways(orientation int) bool { return orientation > 4 }

// orientationJPEG looks through the segments before the coded data; the first with EXIF data counts.
func orientationJPEG(b []byte) int {
	const (
		app1, scan, end    = 0xe1, 0xda, 0xd9
		restart0, restart7 = 0xd0, 0xd7
		temporary          = 0x01
	)
	b = b[2:]
	for len(b) >= 4 && b[0] == 0xff {
		switch mark := b[1]; {
		case mark == 0xff: // filling
			b = b[1:]
			continue
		case mark == temporary || restart0 <= mark && mark <= restart7: // without length
			b = b[2:]
			continue
		case mark == scan || mark == end:
			return upright
		}
		length := int(binary.BigEndian.Uint16(b[2:]))
		if length < 2 || 2+length > len(b) {
			return upright
		}
		if body, ok := bytes.CutPrefix(b[4:2+length], []byte(exifMark)); ok && b[1] == app1 {
			return orientationTIFF(body)
		}
		b = b[2+length:]
	}
	return upright
}

// chunksPNG yields a PNG file's chunks, as far as they are there in full.
func chunksPNG(b []byte) func(yield func(kind string, body []byte) bool) {
	const signature, head, sum = 8, 8, 4
	return func(yield func(string, []byte) bool) {
		for b := b[min(signature, len(b)):]; len(b) >= head+sum; {
			n := binary.BigEndian.Uint32(b)
			if uint64(n) > uint64(len(b)-head-sum) || !yield(string(b[4:8]), b[head:head+int(n)]) {
				return
			}
			b = b[head+int(n)+sum:]
		}
	}
}

// orientationTIFF reads the tag in the first directory.
func orientationTIFF(b []byte) int {
	b = bytes.TrimPrefix(b, []byte(exifMark)) // which some write into a PNG's chunk too
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case len(b) < exifHeader:
		return upright
	case bytes.HasPrefix(b, []byte("MM\x00*")):
		order = binary.BigEndian
	case !bytes.HasPrefix(b, []byte("II*\x00")):
		return upright
	}
	at := uint64(order.Uint32(b[4:]))
	if at+2 > uint64(len(b)) {
		return upright
	}
	entries := b[at+2:]
	for range order.Uint16(b[at:]) {
		if len(entries) < exifEntry {
			return upright
		}
		if order.Uint16(entries) == orientationTag {
			value := uint32(0)
			switch order.Uint16(entries[2:]) {
			case exifShort:
				value = uint32(order.Uint16(entries[8:]))
			case exifLong:
				value = order.Uint32(entries[8:])
			}
			if order.Uint32(entries[4:]) != 1 || value < 1 || value > 8 {
				return upright
			}
			return int(value)
		}
		entries = entries[exifEntry:]
	}
	return upright
}

// turn shows a stored picture as its orientation says: 2 to 4 are mirrored across, turned by half and mirrored down; 5
// and 7 are mirrored at a diagonal, the falling and the rising one; 6 and 8 are turned by a quarter, clockwise and
// back.
func turn(p Picture, orientation int) Picture {
	if orientation == upright {
		return p
	}
	out := Picture{p.Height, p.Width, make([]byte, len(p.Pix))}
	if sideways(orientation) {
		out.Height, out.Width = p.Width, p.Height
	}
	bottom, right := p.Height-1, p.Width-1
	for y := range out.Height {
		row := out.row(y)
		for x := range out.Width {
			v, u := y, x // of the stored picture, row and column
			switch orientation {
			case 2:
				u = right - x
			case 3:
				v, u = bottom-y, right-x
			case 4:
				v = bottom - y
			case 5:
				v, u = x, y
			case 6:
				v, u = bottom-x, y
			case 7:
				v, u = bottom-x, right-y
			case 8:
				v, u = x, right-y
			}
			copy(row[3*x:3*x+3], p.Pix[3*(v*p.Width+u):])
		}
	}
	return out
}
