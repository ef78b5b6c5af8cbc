package stream

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/npy"
)

// Feature is what was decoded of one modality of a sample: an array of any shape.
type Feature struct {
	Shape  []int
	Values []float32 // one of the two is set
	Bytes  []byte    // for pixels: a quarter of the space
}

// Features are those of one modality of a sample: one, or one of each file where the modality has them apart.
type Features struct {
	files []string // of each, the first
	at    func(i int) (Feature, error)
}

// Len is how many there are.
func (f Features) Len() int { return len(f.files) }

// File is the first of the files that one is made of.
func (f Features) File(i int) string { return f.files[i] }

// At decodes one, or takes it from the cache. Its errors name the file.
func (f Features) At(i int) (Feature, error) { return f.at(i) }

// Pack is At of a feature of bytes, with its parts apart.
func (f Features) Pack(i int) (shape []int, b []byte, err error) {
	one, err := f.at(i)
	return one.Shape, one.Bytes, err
}

// encode is the feature as an NPY file, which is what the cache holds.
func (f Feature) encode() []byte {
	if f.Bytes != nil {
		return npy.Encode("|u1", f.Bytes, f.Shape...)
	}
	b := make([]byte, 0, 4*len(f.Values))
	for _, v := range f.Values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return npy.Encode("<f4", b, f.Shape...)
}

// decode reads what encode wrote.
func decode(name string, b []byte) (Feature, error) {
	a, err := npy.Decode(name, b)
	return Feature{a.Shape, a.Values, a.Bytes}, err
}

// check wants as many values as the shape says, all finite.
func (f Feature) check(name string) error {
	size := 1
	for _, d := range f.Shape {
		size *= d
	}
	if have := max(len(f.Values), len(f.Bytes)); have != size || size == 0 {
		return &data.FormatError{
			File: name, Reason: "decoded to " + count(have, "value") + ", want " + count(size, "value"),
		}
	}
	if i := slices.IndexFunc(f.Values, func(v float32) bool { return v-v != 0 }); i >= 0 {
		return data.NotFinite(name, "value "+data.Place(i, f.Shape), float64(f.Values[i]))
	}
	return nil
}

// copyTo hands out the values as they are, bytes as 0..1.
func (f Feature) copyTo(to []float32) {
	for i, v := range f.Bytes {
		to[i] = float32(v) / 255
	}
	copy(to, f.Values)
}
