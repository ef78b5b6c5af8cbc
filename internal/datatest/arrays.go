package datatest

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Header is what a header says of an array of a kind, "<f4" for example, and a shape, as NumPy writes it.
func Header(descr string, columns bool, shape ...int) string {
	order := map[bool]string{false: "False", true: "True"}[columns]
	return fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }", descr, order, tuple(shape, ""))
}

// tuple is a shape as Python writes it, with something behind each number.
func tuple(shape []int, behind string) string {
	dims := make([]string, len(shape))
	for i, d := range shape {
		dims[i] = fmt.Sprint(d) + behind
	}
	if len(shape) == 1 {
		return "(" + dims[0] + ",)"
	}
	return "(" + strings.Join(dims, ", ") + ")"
}

// NPY is an array's file of a version, with this header and these bytes of values, aligned as NumPy aligns it.
func NPY(version byte, header string, values []byte) []byte {
	b := []byte("\x93NUMPY" + string([]byte{version, 0}))
	size := 2
	if version > 1 {
		size = 4
	}
	for (len(b)+size+len(header)+1)%64 != 0 {
		header += " "
	}
	return append(lengthened(b, version, header+"\n"), values...)
}

// lengthened adds a header behind its length.
func lengthened(b []byte, version byte, header string) []byte {
	if version > 1 {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(header)))
	} else {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	}
	return append(b, header...)
}

// Numbers are values as an array of a kind keeps them. Half precision takes whole numbers up to 2048 alone.
func Numbers(kind string, values []float32) []byte {
	var out []byte
	for _, v := range values {
		var b []byte
		switch kind[1:] {
		case "b1":
			b = []byte{map[bool]byte{true: 1}[v != 0]}
		case "i1", "u1":
			b = []byte{byte(int(v))}
		case "i2", "u2":
			b = binary.LittleEndian.AppendUint16(nil, uint16(int(v)))
		case "i4", "u4":
			b = binary.LittleEndian.AppendUint32(nil, uint32(int(v)))
		case "i8", "u8":
			b = binary.LittleEndian.AppendUint64(nil, uint64(int(v)))
		case "f2":
			bits := math.Float32bits(v)
			if b = []byte{0, byte(bits >> 24 & 0x80)}; v != 0 {
				b = binary.LittleEndian.AppendUint16(nil, uint16(bits>>16&0x8000|(bits>>23&255-112)<<10|bits>>13&0x3ff))
			}
		case "f4":
			b = binary.LittleEndian.AppendUint32(nil, math.Float32bits(v))
		case "f8":
			b = binary.LittleEndian.AppendUint64(nil, math.Float64bits(float64(v)))
		}
		if kind[0] == '>' {
			slices.Reverse(b)
		}
		out = append(out, b...)
	}
	return out
}

// Columns are values that stand row by row in Fortran's order.
func Columns(values []float32, shape []int) []float32 {
	out := make([]float32, len(values))
	for i, v := range values {
		at, step, rest := 0, len(values), i
		for _, n := range slices.Backward(shape) {
			step /= n
			at += rest % n * step
			rest /= n
		}
		out[at] = v
	}
	return out
}

// Arrays are one array in the forms in which programs write plain numbers, and in forms that are no array of plain
// numbers. values are whole numbers from 0 to 127, row by row, which every kind holds exactly. To some loaders those of
// unsigned bytes are pixels: their names begin with u1.
func Arrays(shape []int, values []float32) []Odd {
	var list []Odd
	whole := func(name string, b []byte, reason string) {
		list = append(list, Odd{Name: name, Bytes: b, Reason: reason})
	}
	floats := Numbers("<f4", values)
	plain := Header("<f4", false, shape...)
	whole("plain", NPY(1, plain, floats), plainTwin)
	for _, kind := range []string{
		"<f4", "<f2", "<f8", ">f2", ">f4", ">f8", "=f4", "|i1", "<i2", "<i4", "<i8", ">i2", ">i4", ">i8", "<u2", "<u4",
		"<u8", ">u2", ">u4", ">u8", "|u1", ">u1",
	} {
		whole(
			strings.TrimLeft(kind, "<>=|")+" "+kind[:1], NPY(1, Header(kind, false, shape...), Numbers(kind, values)),
			"one of NumPy's kinds of numbers",
		)
	}
	if !slices.ContainsFunc(values, func(v float32) bool { return v > 1 }) {
		whole("b1", NPY(1, Header("|b1", false, shape...), Numbers("|b1", values)), "masks are numbers too")
	}
	for _, kind := range []string{"<f4", ">f8", "<i2"} {
		whole(
			"columns "+kind, NPY(1, Header(kind, true, shape...), Numbers(kind, Columns(values, shape))),
			"a transposed array, or a table's values",
		)
	}
	whole(
		"u1 columns", NPY(1, Header("|u1", true, shape...), Numbers("|u1", Columns(values, shape))),
		"a transposed array of bytes",
	)
	whole("version 2", NPY(2, plain, floats), "for headers beyond 65,535 bytes, but legal for each")
	whole("version 3", NPY(3, plain, floats), "its header is in UTF-8")
	bare := func(header string) []byte {
		return append(lengthened([]byte("\x93NUMPY\x01\x00"), 1, header), floats...)
	}
	whole("not aligned", bare(plain), "no padding and no line's end, as other languages' libraries write it")
	whole(
		"other spacing", bare("{ \"shape\":"+tuple(shape, " ")+" ,\n'fortran_order' :False,'descr':\"<f4\"}\n"),
		"order of keys, quotes and spacing are free",
	)
	whole(
		"long", bare("{'descr': '<f4', 'fortran_order': False, 'shape': "+tuple(shape, "L")+"}"),
		"Python 2 wrote L behind large numbers",
	)
	return append(list, spoiltArrays(shape, values)...)
}

// spoiltArrays are those that cannot be read.
func spoiltArrays(shape []int, values []float32) []Odd {
	floats := Numbers("<f4", values)
	good := NPY(1, Header("<f4", false, shape...), floats)
	with := func(descr string, width int) []byte {
		return NPY(1, Header(descr, false, shape...), make([]byte, width*len(values)))
	}
	spoilt := func(kind string, v float64) []byte {
		b := Numbers(kind, values)
		if kind == "<f8" {
			binary.LittleEndian.PutUint64(b[len(b)-8:], math.Float64bits(v))
		} else {
			binary.LittleEndian.PutUint32(b[len(b)-4:], math.Float32bits(float32(v)))
		}
		return NPY(1, Header(kind, false, shape...), b)
	}
	sized := func(dims string) []byte {
		return NPY(1, "{'descr': '<f4', 'fortran_order': False, 'shape': ("+dims+"), }", floats)
	}
	record := "{'descr': [('x', '<f4'), ('y', '<f4', (2,))], 'fortran_order': False, 'shape': (1,), }"
	return []Odd{
		{"nothing", "", nil, "empty", "", false, "a copy that never began"},
		{"half a header", "", good[:40], "truncated", "", false, "cut off"},
		{"half the values", "", good[:len(good)-len(floats)/2], "bytes of values, want", "", false, "cut off"},
		{"one byte less", "", good[:len(good)-1], "bytes of values, want", "", false, "cut off"},
		{
			"one byte more", "", append(slices.Clip(good), 0), "bytes of values, want", "", false,
			"contradicts its header",
		},
		{
			"two arrays", "", append(slices.Clip(good), good...), "a second array", "", false,
			"saved twice into one open file",
		},
		{
			"header of 4 GiB", "", []byte("\x93NUMPY\x03\x00\xff\xff\xff\xff{"), "truncated", "", false,
			"must not take the memory",
		},
		{"no values", "", sized("0, 3"), "values", "", false, "says that it is empty, and is not"},
		{"below nothing", "", sized("-2, 3"), "shape", "", false, "no size"},
		{"too large", "", sized("1048576, 1048576"), "shape", "", false, "must not take the memory"},
		{"product that overflows", "", sized("4294967296, 4294967296, 4"), "shape", "", false, "is 0 in 64 bits"},
		{"size that overflows", "", sized("99999999999999999999"), "shape", "", false, "fits no integer"},
		{
			"size by its bytes", "", sized("4611686018427387904, 4"), "shape", "", false,
			"the number of bytes is 0 in 64 bits",
		},
		{"many axes", "", sized(strings.Repeat("1, ", 70)), "70 axes", "", false, "more than NumPy has"},
		{"no dictionary", "", NPY(1, "('<f4', False, (2, 2))", floats), "header", "", false, "not NumPy's"},
		{"other version", "", append([]byte("\x93NUMPY\x09\x00"), good[8:]...), "version 9", "", false, "not known"},
		{
			"minus infinity", "", spoilt("<f4", math.Inf(-1)), "is -Inf, want a finite number", "", false,
			"the logarithm of silence",
		},
		{"not a number", "", spoilt("<f8", math.NaN()), "is NaN, want a finite number", "", false, "a gap"},
		{
			"beyond float32", "", spoilt("<f8", 1e300), "is 1e+300, want a number that float32 can hold", "", false,
			"must not become infinite",
		},
		{"objects", "", with("|O", 8), "pickled Python objects", "", false, "may run code when they are read"},
		{"complex", "", with("<c8", 8), "complex numbers", "", false, "two numbers each"},
		{"texts", "", with("<U7", 28), "texts", "", false, "no numbers"},
		{"bytes of text", "", with("|S5", 5), "texts", "", false, "no numbers"},
		{"dates", "", with("<M8[ns]", 8), "dates", "", false, "numbers, but of what"},
		{"lengths of time", "", with("<m8[s]", 8), "lengths of time", "", false, "numbers, but of what"},
		{"long double", "", with("<f16", 16), "long double", "", false, "differs from machine to machine"},
		{"bfloat16", "", with("<V2", 2), "raw bytes", "", false, "how ml_dtypes are kept"},
		{"records", "", NPY(1, record, make([]byte, 12)), "records", "", false, "columns of different kinds"},
	}
}
