package npy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/primewindow/primewindow/data"
)

// Array is what an NPY file holds: values, or bytes when its numbers are unsigned bytes; row by row, whatever the
// file's order is.
type Array struct {
	Shape  []int // empty, not nil, for a single number without axes
	Values []float32
	Bytes  []byte
}

// Size is the number of values.
func (a Array) Size() int { return max(len(a.Values), len(a.Bytes)) }

// Floats are the values, whatever they were kept as.
func (a Array) Floats() []float32 {
	if a.Bytes == nil {
		return a.Values
	}
	x := make([]float32, len(a.Bytes))
	for i, v := range a.Bytes {
		x[i] = float32(v)
	}
	return x
}

const (
	magic   = "\x93NUMPY"
	maxSize = 1 << 31 // values of an array
	maxAxes = 64      // as NumPy has it
)

// Decode decodes an NPY file; name is the file's, for errors. It returns a [data.FormatError] for one that is empty,
// truncated, longer than it says, or holds a number that is not finite or too large for float32, and a
// [data.UnsupportedError] for what is no plain number. The bytes of an array of bytes are b's.
func Decode(name string, b []byte) (Array, error) {
	return decode(name, name, "value ", b)
}

// decode is [Decode] of a file, or of one inside another; label names a value in front of its index there.
func decode(name, file, label string, b []byte) (Array, error) {
	broken := func(reason string, args ...any) (Array, error) {
		return Array{}, &data.FormatError{File: name, Reason: fmt.Sprintf(reason, args...)}
	}
	text, rest, err := split(b)
	if err != nil {
		return broken("%v", err)
	}
	h, err := parseHeader(text)
	if err != nil {
		return broken("%v", err)
	}
	k, odd := parseKind(h.descr)
	if odd != nil {
		odd.File = name
		return Array{}, odd
	}
	size, err := h.size()
	if err != nil {
		return broken("%v", err)
	}
	switch want := size * k.width; {
	case len(rest) > want && bytes.HasPrefix(rest[want:], []byte(magic)):
		return broken("a second array behind the first, want one")
	case len(rest) != want:
		return broken("%d bytes of values, want %d for shape %v", len(rest), want, h.shape)
	}
	a := Array{Shape: h.shape}
	if k == unsignedByte {
		a.Bytes = rest[:size:size]
		if h.columns {
			a.Bytes = rows(a.Bytes, h.shape)
		}
		return a, nil
	}
	a.Values = make([]float32, size)
	if bad := k.decode(rest, a.Values); bad >= 0 {
		return Array{}, data.NotFinite(file, h.place(label, bad), k.at(rest, bad))
	}
	if h.columns {
		a.Values = rows(a.Values, h.shape)
	}
	return a, nil
}

// split takes a file apart: the header's text, and what follows it.
func split(b []byte) (text string, rest []byte, err error) {
	if len(b) == 0 {
		return "", nil, errors.New("empty: 0 bytes, want an NPY header")
	}
	if len(b) < 10 || string(b[:6]) != magic {
		return "", nil, fmt.Errorf("%d bytes, want an NPY header", len(b))
	}
	length, rest := int64(binary.LittleEndian.Uint16(b[8:])), b[10:]
	switch version := b[6]; {
	case version < 1 || version > 3:
		return "", nil, fmt.Errorf("version %d, want 1 to 3", version)
	case version > 1 && len(b) < 12:
		return "", nil, fmt.Errorf("%d bytes, want an NPY header", len(b))
	case version > 1:
		length, rest = int64(binary.LittleEndian.Uint32(b[8:])), b[12:]
	}
	if length > int64(len(rest)) {
		return "", nil, fmt.Errorf("truncated: %d bytes of header, want %d", len(rest), length)
	}
	return string(rest[:length]), rest[length:], nil
}
