package mat

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"math"
)

// Variable is what [Encode] writes: numbers of a class, column-major, stored as a kind that must hold them.
type Variable struct {
	Name   string
	Class  string // double, single, int8 and so on
	Shape  []int
	Kind   Kind
	Values []float64
}

// Encode makes a file of some variables, in either byte order, plain or with each compressed. It is for made sets: what
// does not fit its kind is cut off, and a class or kind that there is none of panics.
func Encode(order binary.AppendByteOrder, compressed bool, variables ...Variable) []byte {
	b := make([]byte, textSize, headerSize)
	copy(b, fmt.Sprintf("%-*s", textSize, "MATLAB 5.0 MAT-file, written by Primewindow"))
	b = append(b, make([]byte, 8)...)
	b = order.AppendUint16(b, 0x0100)
	b = order.AppendUint16(b, 'M'<<8|'I')
	for _, v := range variables {
		m := appendElement(nil, order, matrixElement, v.body(order))
		if !compressed {
			b = append(b, m...)
			continue
		}
		packed := deflated(m)
		b = order.AppendUint32(b, compressedElement)
		b = order.AppendUint32(b, uint32(len(packed)))
		b = append(b, packed...) // compressed elements have no padding
	}
	return b
}

// body is the content of a variable's element.
func (v Variable) body(order binary.AppendByteOrder) []byte {
	class := uint32(0)
	for code := range uint32(len(classes)) {
		if name, numeric := className(code); numeric && name == v.Class {
			class = code
		}
	}
	if class == 0 || v.Kind.size() == 0 {
		panic(fmt.Errorf("mat: class %q of kind %d, want numbers", v.Class, v.Kind))
	}
	b := appendElement(nil, order, uint32(Uint32), order.AppendUint32(order.AppendUint32(nil, class), 0))
	var shape, numbers []byte
	for _, d := range v.Shape {
		shape = order.AppendUint32(shape, uint32(d))
	}
	b = appendElement(b, order, uint32(Int32), shape)
	b = appendElement(b, order, uint32(Int8), []byte(v.Name))
	for _, x := range v.Values {
		switch v.Kind {
		case Float32:
			numbers = order.AppendUint32(numbers, math.Float32bits(float32(x)))
		case Float64:
			numbers = order.AppendUint64(numbers, math.Float64bits(x))
		case Uint64:
			numbers = order.AppendUint64(numbers, uint64(x))
		case Int64:
			numbers = order.AppendUint64(numbers, uint64(int64(x)))
		case Int32, Uint32:
			numbers = order.AppendUint32(numbers, uint32(int64(x)))
		case Int16, Uint16:
			numbers = order.AppendUint16(numbers, uint16(int64(x)))
		default:
			numbers = append(numbers, byte(int64(x)))
		}
	}
	return appendElement(b, order, uint32(v.Kind), numbers)
}

// appendElement appends a tag, the content and its padding: a small element where the content fits into the tag.
func appendElement(b []byte, order binary.AppendByteOrder, code uint32, content []byte) []byte {
	if n := len(content); n > 0 && n <= 4 {
		b = order.AppendUint32(b, uint32(n)<<16|code)
		return append(append(b, content...), make([]byte, 4-n)...)
	}
	b = order.AppendUint32(b, code)
	b = order.AppendUint32(b, uint32(len(content)))
	return append(append(b, content...), make([]byte, -len(content)&(tagSize-1))...)
}

// deflated is content compressed.
func deflated(content []byte) []byte {
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	_, _ = z.Write(content) // a buffer takes everything
	_ = z.Close()
	return packed.Bytes()
}
