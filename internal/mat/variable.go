package mat

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/primewindow/primewindow/data"
)

// classes of arrays by their code; those in brackets are not numeric.
var classes = []string{
	"(none)", "(cell)", "(struct)", "(object)", "(char)", "(sparse)", "double", "single", "int8", "uint8", "int16",
	"uint16",
	"int32", "uint32", "int64", "uint64", "(function)", "(opaque)", "(object)",
}

// className says what class a code stands for, and whether it is numeric.
func className(code uint32) (name string, numeric bool) {
	if int64(code) >= int64(len(classes)) {
		return fmt.Sprintf("number %d", code), false
	}
	if name = classes[code]; name[0] == '(' {
		return name[1 : len(name)-1], false
	}
	return name, true
}

// complexFlag marks an array with an imaginary part, above its class.
const complexFlag = 0x0800

// variableReader reads the elements of a variable in turn.
type variableReader struct {
	r      io.Reader
	order  binary.ByteOrder
	left   int64 // bytes that the variable still has by its own size
	most   int64 // bytes that it can have by the file's
	sealed bool  // compressed: a checksum follows

	flags uint32
	shape []int
	name  string
}

var errTruncated = errors.New("truncated")

// cut calls an early end by its name: the variable is what ended, not the file.
func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errTruncated
	}
	return err
}

// read fills b.
func (v *variableReader) read(b []byte) error {
	if int64(len(b)) > v.left {
		return fmt.Errorf("%w: %d bytes left, want %d", errTruncated, v.left, len(b))
	}
	v.left -= int64(len(b))
	if _, err := io.ReadFull(v.r, b); err != nil {
		return cut(err)
	}
	return nil
}

// element is a tag, with the content of a small one.
type element struct {
	code  uint32
	size  int64
	small []byte // nil where the content follows
}

// tag reads the next one.
func (v *variableReader) tag() (element, error) {
	var b [tagSize]byte
	if err := v.read(b[:]); err != nil {
		return element{}, err
	}
	first := v.order.Uint32(b[:])
	if size := first >> 16; size != 0 {
		if size > 4 {
			return element{}, fmt.Errorf("small element of %d bytes, want at most 4", size)
		}
		return element{first & 0xffff, int64(size), b[4 : 4+size]}, nil
	}
	e := element{code: first, size: int64(v.order.Uint32(b[4:]))}
	if e.size > v.left {
		return element{}, fmt.Errorf("%w: %d bytes left, want an element of %d", errTruncated, v.left, e.size)
	}
	return e, nil
}

// content reads what an element holds, which the caller has bounded, and the padding behind it, which a variable's last
// element may lack.
func (v *variableReader) content(e element) ([]byte, error) {
	if e.small != nil {
		return e.small, nil
	}
	if e.size > v.most {
		return nil, fmt.Errorf(
			"%w: an element of %d bytes in a variable of which the file holds at most %d", errTruncated, e.size, v.most,
		)
	}
	b := make([]byte, e.size)
	if err := v.read(b); err != nil {
		return nil, err
	}
	var padding [tagSize]byte
	return b, v.read(padding[:min(-e.size&(tagSize-1), v.left)])
}

// short reads an element of one of some types and at most so many bytes.
func (v *variableReader) short(what string, most int64, codes ...uint32) (element, []byte, error) {
	e, err := v.tag()
	if err == nil && (!slices.Contains(codes, e.code) || e.size > most) {
		err = fmt.Errorf("element of type %d and %d bytes", e.code, e.size)
	}
	var b []byte
	if err == nil {
		b, err = v.content(e)
	}
	if err != nil {
		return e, nil, fmt.Errorf("%s: %w", what, err)
	}
	return e, b, nil
}

// begin reads what stands before the numbers: class, shape and name. Arrays of some classes have no shape.
func (v *variableReader) begin() error {
	_, b, err := v.short("flags", tagSize, uint32(Uint32))
	if err != nil {
		return err
	}
	if len(b) != tagSize {
		return fmt.Errorf("flags of %d bytes, want %d", len(b), tagSize)
	}
	v.flags = v.order.Uint32(b)
	e, b, err := v.short("shape", maxName, uint32(Int32), uint32(Uint32), uint32(Int8), uint32(Uint8), utf8Element)
	if err != nil {
		return err
	}
	if Kind(e.code).size() == 4 {
		if len(b)%4 != 0 || len(b) > 4*maxAxes || len(b) == 0 {
			return fmt.Errorf("shape of %d bytes, want 4 for each of 1 to %d axes", len(b), maxAxes)
		}
		for ; len(b) > 0; b = b[4:] {
			v.shape = append(v.shape, int(int32(v.order.Uint32(b))))
		}
		if _, b, err = v.short("name", maxName, uint32(Int8), uint32(Uint8), utf8Element); err != nil {
			return err
		}
	}
	v.name = string(b)
	return nil
}

// array reads the numbers.
func (v *variableReader) array(file string, limit int64) (Array, error) {
	wrong := func(reason string, args ...any) (Array, error) {
		return Array{}, broken(file, "variable %s: "+reason, append([]any{v.name}, args...)...)
	}
	odd := func(feature string, args ...any) (Array, error) {
		return Array{}, &data.UnsupportedError{
			File: file, Feature: fmt.Sprintf("variable %s: "+feature, append([]any{v.name}, args...)...),
		}
	}
	class, numeric := className(v.flags & 0xff)
	switch {
	case !numeric:
		return odd("an array of class %s, want numbers", class)
	case v.flags&complexFlag != 0:
		return odd("complex numbers")
	case v.shape == nil:
		return wrong("no shape")
	}
	e, err := v.tag()
	if err != nil {
		return wrong("numbers: %v", err)
	}
	width := int64(Kind(e.code).size())
	if width == 0 {
		return wrong("stored in elements of type %d, want numbers", e.code)
	}
	count := int64(1)
	for _, d := range v.shape {
		// The product may grow beyond all bounds before an axis of 0 ends it; such an array is not worth reading.
		if d < 0 || d > 0 && count > limit/int64(d) {
			if d < 0 {
				return wrong("shape %v, want no axis below 0", v.shape)
			}
			return odd("shape %v, want at most %d bytes", v.shape, limit)
		}
		count *= int64(d)
	}
	switch {
	case count*width > limit:
		return odd("%d numbers of %d bytes, want at most %d bytes", count, width, limit)
	case e.size != count*width:
		return wrong("%d bytes of numbers, want %d for shape %v", e.size, count*width, v.shape)
	}
	raw, err := v.content(e)
	if err == nil {
		err = v.end()
	}
	if err != nil {
		return wrong("numbers: %v", err)
	}
	return Array{v.shape, Kind(e.code), v.order, raw}, nil
}

// end wants nothing behind the last element, and the checksum of a compressed variable to hold.
func (v *variableReader) end() error {
	if v.left != 0 {
		return fmt.Errorf("%d bytes behind them", v.left)
	}
	if !v.sealed {
		return nil
	}
	var more [1]byte
	switch _, err := io.ReadFull(v.r, more[:]); {
	case err == nil:
		return errors.New("more inside than its size says")
	case !errors.Is(err, io.EOF):
		return cut(err)
	}
	return nil
}
