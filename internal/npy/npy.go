// Package npy reads arrays as NumPy writes them, from files that nobody has checked.
package npy

import (
	"encoding/binary"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/data"
)

// Array is what an NPY file holds: values, or bytes when its numbers are unsigned bytes.
type Array struct {
	Shape  []int
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

// header of an NPY file, as NumPy writes it.
var header = regexp.MustCompile(`^\{'descr': '([^']*)', 'fortran_order': (True|False), 'shape': \(([0-9, ]*)\),? *\}\s*$`)

const (
	magic   = "\x93NUMPY"
	maxSize = 1 << 31 // values of an array
)

// widths of the kinds of numbers that are read, in bytes.
var widths = map[string]int{
	"<f4": 4, "<f8": 8, "|u1": 1, "|i1": 1, "|b1": 1, "<u2": 2, "<i2": 2, "<u4": 4, "<i4": 4, "<i8": 8,
}

// Decode decodes an NPY file; name is the file's, for errors. It returns a [data.FormatError] for one that is
// empty, truncated, longer than it says, of no values, or holds a number that is not finite or too large for float32,
// and a [data.UnsupportedError] for numbers of other kinds and for arrays in Fortran's order.
func Decode(name string, b []byte) (Array, error) {
	broken := func(reason string, args ...any) (Array, error) {
		return Array{}, &data.FormatError{File: name, Reason: fmt.Sprintf(reason, args...)}
	}
	if len(b) < 10 || string(b[:6]) != magic {
		return broken("%d bytes, want an NPY header", len(b))
	}
	length, rest := int(binary.LittleEndian.Uint16(b[8:])), b[10:]
	if version := b[6]; version > 1 {
		if len(b) < 12 || version > 3 {
			return broken("version %d, want 1 to 3", version)
		}
		length, rest = int(binary.LittleEndian.Uint32(b[8:])), b[12:]
	}
	if length > len(rest) {
		return broken("truncated: %d bytes of header, want %d", len(rest), length)
	}
	m := header.FindStringSubmatch(string(rest[:length]))
	if m == nil {
		return broken("header %.60q, want NumPy's", rest[:length])
	}
	kind := m[1]
	width, ok := widths[kind]
	switch {
	case !ok:
		return Array{}, &data.UnsupportedError{File: name, Feature: fmt.Sprintf("numbers of kind %.20q", kind)}
	case m[2] == "True":
		return Array{}, &data.UnsupportedError{File: name, Feature: "an array in Fortran's order"}
	}
	a, size := Array{}, 1
	for part := range strings.SplitSeq(m[3], ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 || n > maxSize/size {
			return broken("shape (%.60s), want sizes of at least 1 and a product of at most %d", m[3], maxSize)
		}
		a.Shape, size = append(a.Shape, n), size*n
	}
	if rest = rest[length:]; len(rest) != size*width {
		return broken("%d bytes of values, want %d for shape %v", len(rest), size*width, a.Shape)
	}
	if kind == "|u1" {
		a.Bytes = rest
		return a, nil
	}
	a.Values = make([]float32, size)
	if kind == "<f4" { // most files, and all of the cache
		for i := range a.Values {
			v := math.Float32frombits(binary.LittleEndian.Uint32(rest[4*i:]))
			if a.Values[i] = v; v-v != 0 { // infinite or not a number
				return broken("value %d is %v, want a finite number", i, v)
			}
		}
		return a, nil
	}
	for i := range a.Values {
		v := number(kind, rest[i*width:])
		if a.Values[i] = float32(v); a.Values[i]-a.Values[i] != 0 {
			return broken("value %d is %v, want a finite number", i, v)
		}
	}
	return a, nil
}

// number reads the first number of b.
func number(kind string, b []byte) float64 {
	switch kind {
	case "<f8":
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	case "|i1":
		return float64(int8(b[0]))
	case "<u2":
		return float64(binary.LittleEndian.Uint16(b))
	case "<i2":
		return float64(int16(binary.LittleEndian.Uint16(b)))
	case "<u4":
		return float64(binary.LittleEndian.Uint32(b))
	case "<i4":
		return float64(int32(binary.LittleEndian.Uint32(b)))
	case "<i8":
		return float64(int64(binary.LittleEndian.Uint64(b)))
	}
	return float64(b[0]) // |b1
}

// Encode makes an NPY file, version 1, of values of a kind such as "<f4", little-endian and row by row: the header padded to a multiple of 64
// bytes, as NumPy pads it.
func Encode(kind string, values []byte, shape ...int) []byte {
	dims := ""
	for _, d := range shape {
		dims += fmt.Sprintf("%d, ", d)
	}
	if len(shape) > 1 {
		dims = dims[:len(dims)-2]
	} else {
		dims = dims[:len(dims)-1]
	}
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", kind, dims)
	for (len(text)+11)%64 != 0 {
		text += " "
	}
	b := append(make([]byte, 0, len(magic)+5+len(text)+len(values)), magic+"\x01\x00"...)
	b = append(b, byte(len(text)+1), byte((len(text)+1)>>8))
	return append(append(append(b, text...), '\n'), values...)
}
