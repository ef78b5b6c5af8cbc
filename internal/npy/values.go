package npy

import (
	"encoding/binary"
	"fmt"
	"math"
	"regexp"
	"strconv"

	"github.com/primewindow/primewindow/data"
)

// kind says how a number is kept.
type kind struct {
	class byte // f float, i and u integers with and without sign, b bool
	width int  // bytes
	big   bool // the most significant byte first
}

var unsignedByte = kind{class: 'u', width: 1}

// plain are the classes of numbers, and their widths that are read.
var plain = map[byte][]int{'f': {2, 4, 8}, 'i': {1, 2, 4, 8}, 'u': {1, 2, 4, 8}, 'b': {1}}

// description is NumPy's of a kind: byte order, class, width, and of dates their unit.
var description = regexp.MustCompile(`^([<>=|]?)([a-zA-Z])(\d{0,6})(\[.*\])?$`)

const asFloats = `in Python numpy.save(f, numpy.asarray(x, dtype="float32"))`

// oddKinds are classes that are not read: what they are, and what to do instead.
var oddKinds = map[byte]struct{ what, hint string }{
	'f': {"long double numbers", "save them as float32, " + asFloats},
	'c': {
		"complex numbers",
		`save their parts side by side, in Python numpy.save(f, numpy.stack([x.real, x.imag], -1).astype("float32"))`,
	},
	'O': {
		"pickled Python objects", "save plain numbers, " + asFloats + "; bring arrays of unequal lengths to one before",
	},
	'S': {"texts", "save the numbers that stand for them, " + asFloats},
	'a': {"texts", "save the numbers that stand for them, " + asFloats},
	'U': {"texts", "save the numbers that stand for them, " + asFloats},
	'M': {
		"dates",
		`save times since a start, in Python numpy.save(f, ((x - x.min()) / numpy.timedelta64(1, "s")).astype("float32"))`,
	},
	'm': {
		"lengths of time", `save seconds, in Python numpy.save(f, (x / numpy.timedelta64(1, "s")).astype("float32"))`,
	},
	'V': {"raw bytes, as bfloat16 is kept", "save them as float32, " + asFloats},
	'[': {
		"records of named fields",
		`save their fields side by side, in Python numpy.save(f, numpy.lib.recfunctions.structured_to_unstructured(x).astype("float32"))`,
	},
}

// parseKind reads NumPy's description of a kind.
func parseKind(descr string) (kind, *data.UnsupportedError) {
	odd := func(class byte) (kind, *data.UnsupportedError) {
		err := &data.UnsupportedError{
			Feature: fmt.Sprintf("numbers of kind %.40q", descr), Hint: "save them as float32, " + asFloats,
		}
		if is, ok := oddKinds[class]; ok {
			err.Feature, err.Hint = err.Feature+", "+is.what, is.hint
		}
		return kind{}, err
	}
	if len(descr) > 0 && descr[0] == '[' {
		return odd('[')
	}
	m := description.FindStringSubmatch(descr)
	if m == nil {
		return odd(0)
	}
	class := m[2][0]
	width, _ := strconv.Atoi(m[3]) // none: 0
	for _, w := range plain[class] {
		if w == width && m[4] == "" {
			return kind{class, width, m[1] == ">" && width > 1}, nil
		}
	}
	return odd(class)
}

// decode makes float32 of numbers, and returns the place of the first that is not finite then, or -1.
func (k kind) decode(b []byte, to []float32) (bad int) {
	if !k.big {
		return k.decodeLittle(b, to)
	}
	var turned [4096]byte
	for done := 0; done < len(to); {
		n := min(len(to)-done, len(turned)/k.width)
		k.turn(b[done*k.width:(done+n)*k.width], turned[:])
		if bad := k.decodeLittle(turned[:n*k.width], to[done:done+n]); bad >= 0 {
			return done + bad
		}
		done += n
	}
	return -1
}

// turn reverses the bytes of each number.
func (k kind) turn(b, to []byte) {
	be, le := binary.BigEndian, binary.LittleEndian
	switch to = to[:len(b)]; k.width {
	case 8:
		for i := 0; i < len(b); i += 8 {
			le.PutUint64(to[i:], be.Uint64(b[i:]))
		}
	case 4:
		for i := 0; i < len(b); i += 4 {
			le.PutUint32(to[i:], be.Uint32(b[i:]))
		}
	default:
		for i := 0; i < len(b); i += 2 {
			le.PutUint16(to[i:], be.Uint16(b[i:]))
		}
	}
}

func (k kind) decodeLittle(b []byte, to []float32) (bad int) {
	le := binary.LittleEndian
	switch {
	case k.class == 'f' && k.width == 4:
		return decodeFloats(b, to)
	case k.class == 'f' && k.width == 8:
		for i := range to {
			v := float32(math.Float64frombits(le.Uint64(b[8*i:])))
			if to[i] = v; v-v != 0 {
				return i
			}
		}
	case k.class == 'f':
		for i := range to {
			v := data.Float16(le.Uint16(b[2*i:]))
			if to[i] = v; v-v != 0 {
				return i
			}
		}
	case k.class == 'b':
		for i := range to {
			if b[i] != 0 {
				to[i] = 1
			}
		}
	default:
		k.decodeWhole(b, to)
	}
	return -1
}

// decodeFloats is for most files, and all of the cache.
func decodeFloats(b []byte, to []float32) (bad int) {
	done := 0
	for ; len(to)-done >= 4 && len(b) >= 16; done += 4 { // four at a time
		x, y := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
		four := to[done : done+4 : done+4]
		four[0], four[1] = math.Float32frombits(uint32(x)), math.Float32frombits(uint32(x>>32))
		four[2], four[3] = math.Float32frombits(uint32(y)), math.Float32frombits(uint32(y>>32))
		if four[0]-four[0]+four[1]-four[1]+four[2]-four[2]+four[3]-four[3] != 0 { // one is infinite or not a number
			break
		}
		b = b[16:]
	}
	for i, rest := 0, to[done:]; i < len(rest); i++ {
		v := math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		if rest[i] = v; v-v != 0 {
			return done + i
		}
	}
	return -1
}

// decodeWhole makes float32 of integers, all of which it can hold nearly.
func (k kind) decodeWhole(b []byte, to []float32) {
	le := binary.LittleEndian
	switch signed := k.class == 'i'; {
	case signed && k.width == 1:
		for i := range to {
			to[i] = float32(int8(b[i]))
		}
	case k.width == 1:
		for i := range to {
			to[i] = float32(b[i])
		}
	case signed && k.width == 2:
		for i := range to {
			to[i] = float32(int16(le.Uint16(b[2*i:])))
		}
	case k.width == 2:
		for i := range to {
			to[i] = float32(le.Uint16(b[2*i:]))
		}
	case signed && k.width == 4:
		for i := range to {
			to[i] = float32(int32(le.Uint32(b[4*i:])))
		}
	case k.width == 4:
		for i := range to {
			to[i] = float32(le.Uint32(b[4*i:]))
		}
	case signed:
		for i := range to {
			to[i] = float32(int64(le.Uint64(b[8*i:])))
		}
	default:
		for i := range to {
			to[i] = float32(le.Uint64(b[8*i:]))
		}
	}
}

// at is number i as the file has it, of a kind whose numbers may be infinite: of what float32 cannot hold, the number.
func (k kind) at(b []byte, i int) float64 {
	var order binary.ByteOrder = binary.LittleEndian
	if k.big {
		order = binary.BigEndian
	}
	switch b = b[i*k.width:]; k.width {
	case 8:
		return math.Float64frombits(order.Uint64(b))
	case 4:
		return float64(math.Float32frombits(order.Uint32(b)))
	}
	return float64(data.Float16(order.Uint16(b)))
}

// rows brings values from Fortran's order, in which the first axis runs fastest, into that in which the last does.
func rows[T any](x []T, shape []int) []T {
	last := len(shape) - 1
	if last < 1 || len(x) == 0 {
		return x
	}
	out, steps, step := make([]T, 0, len(x)), make([]int, len(shape)), 1
	for axis, n := range shape {
		steps[axis], step = step, step*n
	}
	index := make([]int, last)
	for at := 0; ; {
		for i := range shape[last] {
			out = append(out, x[at+i*steps[last]])
		}
		axis := last - 1
		for ; axis >= 0; axis-- { // the next row
			index[axis]++
			if at += steps[axis]; index[axis] < shape[axis] {
				break
			}
			at -= steps[axis] * shape[axis]
			index[axis] = 0
		}
		if axis < 0 {
			return out
		}
	}
}
