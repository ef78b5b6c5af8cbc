package mat

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/primewindow/primewindow/data"
)

// Kind is the type in which numbers are stored, by its code in the format.
type Kind uint32

// Kinds of numbers. Text has others, which are not read.
const (
	Int8    Kind = 1
	Uint8   Kind = 2
	Int16   Kind = 3
	Uint16  Kind = 4
	Int32   Kind = 5
	Uint32  Kind = 6
	Float32 Kind = 7
	Float64 Kind = 9
	Int64   Kind = 12
	Uint64  Kind = 13
)

// Codes of the elements that hold others.
const (
	matrixElement     = 14
	compressedElement = 15
	utf8Element       = 16
)

// Sizes of the format, in bytes.
const (
	headerSize = 128
	tagSize    = 8
	textSize   = 116 // of the header's text
	maxName    = 1 << 12
	maxAxes    = 32
	maxRatio   = 1040 // deflate makes at most 1032 bytes of one
)

// size of a number in bytes, or 0 for what is no kind of number.
func (k Kind) size() int {
	switch k {
	case Int8, Uint8:
		return 1
	case Int16, Uint16:
		return 2
	case Int32, Uint32, Float32:
		return 4
	case Float64, Int64, Uint64:
		return 8
	}
	return 0
}

// Array is a numeric array, column-major: element (i, j, k) of shape [I, J, K] has the number i + I*(j + J*k).
type Array struct {
	Shape []int

	kind  Kind
	order binary.ByteOrder
	raw   []byte
}

// Len is the number of elements.
func (a Array) Len() int {
	if a.kind.size() == 0 {
		return 0
	}
	return len(a.raw) / a.kind.size()
}

// At is an element by its number, which must be at least 0 and below [Array.Len].
func (a Array) At(i int) float64 {
	b := a.raw[i*a.kind.size():]
	switch a.kind {
	case Int8:
		return float64(int8(b[0]))
	case Uint8:
		return float64(b[0])
	case Int16:
		return float64(int16(a.order.Uint16(b)))
	case Uint16:
		return float64(a.order.Uint16(b))
	case Int32:
		return float64(int32(a.order.Uint32(b)))
	case Uint32:
		return float64(a.order.Uint32(b))
	case Float32:
		return float64(math.Float32frombits(a.order.Uint32(b)))
	case Int64:
		return float64(int64(a.order.Uint64(b)))
	case Uint64:
		return float64(a.order.Uint64(b))
	}
	return math.Float64frombits(a.order.Uint64(b))
}

// Decode reads a variable of a file; name is the file's, for errors, and limit bounds what the array may take, in bytes
// as it is stored. It returns a [data.FormatError] for a file that is empty, truncated, damaged or lacks the variable,
// and a [data.UnsupportedError] for other formats of MATLAB's, for an array that is complex, not numeric, or larger
// than the limit.
func Decode(name string, b []byte, variable string, limit int64) (Array, error) {
	order, err := header(name, b)
	if err != nil {
		return Array{}, err
	}
	var others []string
	for rest := b[headerSize:]; len(rest) > 0; {
		if len(rest) < tagSize {
			return Array{}, broken(name, "truncated: %d bytes of a tag, want %d", len(rest), tagSize)
		}
		code, size := order.Uint32(rest), int64(order.Uint32(rest[4:]))
		rest = rest[tagSize:]
		if size > int64(len(rest)) {
			return Array{}, broken(name, "truncated: %d bytes of a variable, want %d", len(rest), size)
		}
		var v *variableReader
		switch code {
		case matrixElement:
			v, err = &variableReader{r: bytes.NewReader(rest[:size]), order: order, left: size, most: size}, nil
		case compressedElement:
			v, err = inflate(rest[:size], order)
		default:
			return Array{}, broken(name, "element of type %d, want a variable", code)
		}
		if err == nil {
			err = v.begin()
		}
		switch {
		case err != nil:
			return Array{}, broken(name, "variable %d: %v", len(others)+1, err)
		case v.name == variable:
			a, err := v.array(name, limit)
			return a, err
		}
		others = append(others, v.name)
		rest = rest[size:]
	}
	return Array{}, broken(
		name, "no variable %s, want it beside or instead of %.200q", variable, strings.Join(others, " "),
	)
}

func broken(name, reason string, args ...any) error {
	return &data.FormatError{File: name, Reason: fmt.Sprintf(reason, args...)}
}

// header tells the file's byte order.
func header(name string, b []byte) (binary.ByteOrder, error) {
	const again = "; save it in MATLAB with -v7"
	switch {
	case bytes.HasPrefix(b, []byte("\x89HDF\r\n\x1a\n")), bytes.HasPrefix(b, []byte("MATLAB 7.3 ")):
		return nil, &data.UnsupportedError{File: name, Feature: "a MATLAB file of version 7.3, which is HDF5" + again}
	case len(b) >= 20 && bytes.IndexByte(b[:4], 0) >= 0:
		return nil, &data.UnsupportedError{File: name, Feature: "a MATLAB file of level 4" + again}
	case len(b) < headerSize:
		return nil, broken(name, "%d bytes, want a MATLAB header of %d", len(b), headerSize)
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch mark := string(b[headerSize-2 : headerSize]); mark {
	case "IM":
	case "MI":
		order = binary.BigEndian
	default:
		return nil, broken(name, "byte order %q at the header's end, want a MATLAB file's IM or MI", mark)
	}
	switch version := order.Uint16(b[headerSize-4:]); version {
	case 0x0100:
		return order, nil
	case 0x0200:
		return nil, &data.UnsupportedError{File: name, Feature: "a MATLAB file of version 7.3, which is HDF5" + again}
	default:
		return nil, broken(name, "version %#04x, want 0x0100", version)
	}
}

// inflate begins to read a compressed variable.
func inflate(b []byte, order binary.ByteOrder) (*variableReader, error) {
	z, err := zlib.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	var tag [tagSize]byte
	if _, err := io.ReadFull(z, tag[:]); err != nil {
		return nil, fmt.Errorf("inside: %w", cut(err))
	}
	if code := order.Uint32(tag[:]); code != matrixElement {
		return nil, fmt.Errorf("inside is an element of type %d, want an array", code)
	}
	return &variableReader{
		r: z, order: order, left: int64(order.Uint32(tag[4:])), most: maxRatio * int64(len(b)), sealed: true,
	}, nil
}
