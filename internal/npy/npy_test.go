package npy

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
)

func TestDecodeNPY(t *testing.T) {
	for _, tt := range []struct {
		name   string
		file   []byte
		want   Array
		reason string
	}{
		{
			"float32", Encode("<f4", float32s(1.5, -2), 2), Array{Shape: []int{2}, Values: []float32{1.5, -2}},
			"NumPy's header of one axis ends in a comma",
		},
		{
			"float64", Encode("<f8", binary.LittleEndian.AppendUint64(nil, math.Float64bits(-0.25)), 1, 1),
			Array{Shape: []int{1, 1}, Values: []float32{-0.25}}, "rounded to float32",
		},
		{
			"bytes", Encode("|u1", []byte{7, 255}, 1, 2), Array{Shape: []int{1, 2}, Bytes: []byte{7, 255}},
			"kept as bytes",
		},
		{"booleans", Encode("|b1", []byte{1, 0}, 2), Array{Shape: []int{2}, Values: []float32{1, 0}}, "true is 1"},
		{"int8", Encode("|i1", []byte{0xff}, 1), Array{Shape: []int{1}, Values: []float32{-1}}, "signed"},
		{"int16", Encode("<i2", []byte{0xfe, 0xff}, 1), Array{Shape: []int{1}, Values: []float32{-2}}, "signed"},
		{"uint16", Encode("<u2", []byte{0xfe, 0xff}, 1), Array{Shape: []int{1}, Values: []float32{65534}}, "unsigned"},
		{
			"int32", Encode("<i4", []byte{0xfd, 0xff, 0xff, 0xff}, 1), Array{Shape: []int{1}, Values: []float32{-3}},
			"signed",
		},
		{
			"uint32", Encode("<u4", []byte{1, 0, 0, 0x80}, 1), Array{Shape: []int{1}, Values: []float32{1 << 31}},
			"rounded to float32",
		},
		{
			"int64", Encode("<i8", []byte{0xfc, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 1),
			Array{Shape: []int{1}, Values: []float32{-4}}, "signed",
		},
	} {
		got, err := Decode("x", tt.file)
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("%s: err %v, (-want +got)\n%s\nreason: %s", tt.name, err, diff, tt.reason)
		}
	}
}

// TestDecodeForms reads one array in every form in which programs write it, and refuses what is none.
func TestDecodeForms(t *testing.T) {
	values := []float32{0, 1, 2, 3, 4, 5, 6, 7, 8, 100, 127, 64}
	for _, shape := range [][]int{{12}, {3, 4}, {2, 3, 2}, {1, 12, 1}, {2, 1, 3, 2}} {
		for _, tt := range datatest.Arrays(shape, values) {
			got, err := Decode("x.npy", tt.Bytes)
			if tt.Want != "" {
				if err == nil || !strings.HasPrefix(err.Error(), "x.npy: ") ||
					!strings.Contains(err.Error(), tt.Want) || strings.Contains(err.Error(), "\n") {
					t.Errorf(
						"%s of shape %v: %v, want one line with %q\nreason: %s", tt.Name, shape, err, tt.Want,
						tt.Reason,
					)
				}
				continue
			}
			if got.Bytes != nil {
				got.Values = got.Floats()
			}
			if diff := cmp.Diff(Array{shape, values, nil}, Array{got.Shape, got.Values, nil}); err != nil ||
				diff != "" {
				t.Errorf("%s: err %v, (-want +got)\n%s\nreason: %s", tt.Name, err, diff, tt.Reason)
			}
		}
	}
}

// TestDecodeCut wants a fault wherever a file is cut.
func TestDecodeCut(t *testing.T) {
	for version := range byte(3) {
		whole := datatest.NPY(version+1, datatest.Header("<f4", false, 3), float32s(1, 2, 3))
		for n := range len(whole) {
			if a, err := Decode("x", whole[:n]); err == nil {
				t.Fatalf("version %d cut at %d of %d bytes: %+v, want a fault", version+1, n, len(whole), a)
			}
		}
	}
}

// TestDecodeRounds holds numbers beyond what float32 keeps to its nearest.
func TestDecodeRounds(t *testing.T) {
	le := binary.LittleEndian
	half := math.Nextafter32(1, 2) // the next to 1: ties go to the even one
	for _, tt := range []struct {
		kind   string
		values []byte
		want   float32
		reason string
	}{
		{"<i8", le.AppendUint64(nil, 1<<24+1), 1 << 24, "a tie: the even neighbour"},
		{
			"<i8", le.AppendUint64(nil, 1<<60+1<<36+1), 1<<60 + 1<<37,
			"just above a tie, which float64 between would hide",
		},
		{"<u8", le.AppendUint64(nil, math.MaxUint64), 1 << 64, "the largest integer"},
		{"<u4", le.AppendUint32(nil, math.MaxUint32), 1 << 32, "likewise"},
		{"<f8", le.AppendUint64(nil, math.Float64bits(1+0x1p-24+0x1p-50)), half, "nearest"},
		{"<f8", le.AppendUint64(nil, math.Float64bits(1e-300)), 0, "too small to tell from 0"},
	} {
		got, err := Decode("x", Encode(tt.kind, tt.values, 1))
		if err != nil || got.Values[0] != tt.want {
			t.Errorf("%s: %v, %v, want %v: %s", tt.kind, got.Values, err, tt.want, tt.reason)
		}
	}
}

// TestDecodeShapes reads arrays without axes and without values.
func TestDecodeShapes(t *testing.T) {
	for _, tt := range []struct {
		name   string
		file   []byte
		want   Array
		reason string
	}{
		{
			"no axis", datatest.NPY(1, datatest.Header("<f8", false), datatest.Numbers("<f8", []float32{-2.5})),
			Array{Shape: []int{}, Values: []float32{-2.5}}, "one number saved by itself",
		},
		{
			"no axis, columns", datatest.NPY(1, datatest.Header("|u1", true), []byte{7}),
			Array{Shape: []int{}, Bytes: []byte{7}}, "in either order",
		},
		{
			"no values", datatest.NPY(1, datatest.Header("<f4", false, 0), nil),
			Array{Shape: []int{0}, Values: []float32{}}, "whether that will do is the loader's to say",
		},
		{
			"no values, long axes", datatest.NPY(1, datatest.Header("<f4", true, 1<<31, 0, 1<<31), nil),
			Array{Shape: []int{1 << 31, 0, 1 << 31}, Values: []float32{}}, "a product of 0",
		},
		{
			"no bytes", datatest.NPY(1, datatest.Header("|u1", true, 3, 0), nil),
			Array{Shape: []int{3, 0}, Bytes: []byte{}}, "likewise",
		},
	} {
		got, err := Decode("x", tt.file)
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("%s: err %v, (-want +got)\n%s\nreason: %s", tt.name, err, diff, tt.reason)
		}
	}
}

// TestDecodePlaces names sample, step and feature of a value that cannot be trained on.
func TestDecodePlaces(t *testing.T) {
	at := func(kind string, columns bool, place int, v float32, shape ...int) []byte {
		size := 1
		for _, d := range shape {
			size *= d
		}
		values := make([]float32, size)
		values[place] = v
		return datatest.NPY(1, datatest.Header(kind, columns, shape...), datatest.Numbers(kind, values))
	}
	infinite := float32(math.Inf(-1))
	for _, tt := range []struct {
		name   string
		file   []byte
		want   string
		reason string
	}{
		{
			"row by row", at("<f4", false, 7*20+3*5+2, infinite, 9, 4, 5), "x: value [7, 3, 2] is -Inf",
			"7*4*5 + 3*5 + 2",
		},
		{"columns", at("<f4", true, 7+9*3+36*2, infinite, 9, 4, 5), "x: value [7, 3, 2] is -Inf", "7 + 9*3 + 9*4*2"},
		{
			"late, turned", at(">f8", false, 1300, infinite, 1500), "x: value [1300] is -Inf",
			"behind what is turned at once",
		},
		{"no axis", at("<f8", false, 0, infinite), "x: value is -Inf", "there is no index"},
	} {
		_, err := Decode("x", tt.file)
		bad, ok := errors.AsType[*data.FormatError](err)
		if !ok || !strings.HasPrefix(err.Error(), tt.want) || !strings.Contains(bad.Hint, "nan_to_num") {
			t.Errorf("%s: %v, want %q with a hint\nreason: %s", tt.name, err, tt.want, tt.reason)
		}
	}
}

// TestDecodeHints says what to do about what is no plain number.
func TestDecodeHints(t *testing.T) {
	for descr, want := range map[string]string{
		"|O": `numpy.asarray(x, dtype="float32")`, "<c16": "x.real", "<U3": "numbers that stand for them",
		"<M8[D]": "timedelta64", "<V2": "float32", "<f16": "float32", "<q": "float32", "": "float32",
	} {
		_, err := Decode("x", datatest.NPY(1, datatest.Header(descr, false, 1), nil))
		if odd, ok := errors.AsType[*data.UnsupportedError](err); !ok || !strings.Contains(odd.Hint, want) {
			t.Errorf("kind %q: %v, %+v, want a hint with %q", descr, err, odd, want)
		}
	}
}

func TestDecodeNPYErrors(t *testing.T) {
	good := Encode("<f4", float32s(1, 2), 2)
	with := func(old, text string) []byte { return []byte(strings.Replace(string(good), old, text, 1)) }
	for _, tt := range []struct {
		name        string
		file        []byte
		want        string
		unsupported bool
		reason      string
	}{
		{"empty", nil, "0 bytes, want an NPY header", false, "a copy that never began"},
		{"magic", []byte("not an array"), "want an NPY header", false, "another format"},
		{"version", with("\x01\x00", "\x09\x00"), "version 9, want 1 to 3", false, "not known"},
		{"header cut", good[:40], "truncated: 30 bytes of header", false, "cut off"},
		{"header", with("'descr'", "'dtype'"), "want NumPy's", false, "damaged"},
		{"objects", with("<f4", "|O8"), `numbers of kind "|O8"`, true, "pickled Python is not run"},
		{"values cut", good[:len(good)-1], "7 bytes of values, want 8 for shape [2]", false, "cut off"},
		{"too long", append(slices.Clip(good), 0), "9 bytes of values, want 8", false, "contradicts its header"},
		{
			"huge", Encode("<f4", nil, 1<<20, 1<<20), "a product of at most", false,
			"a damaged header must not take the memory",
		},
		{"infinite", Encode("<f4", float32s(float32(math.Inf(-1))), 1), "value [0] is -Inf", false, "no value"},
		{
			"too large", Encode("<f8", binary.LittleEndian.AppendUint64(nil, math.Float64bits(1e300)), 1),
			"value [0] is 1e+300", false, "beyond float32",
		},
	} {
		_, err := Decode("x", tt.file)
		_, unsupported := errors.AsType[*data.UnsupportedError](err)
		if err == nil || !strings.Contains(err.Error(), tt.want) || unsupported != tt.unsupported {
			t.Errorf("%s: %v, want %q, unsupported %v\nreason: %s", tt.name, err, tt.want, tt.unsupported, tt.reason)
		}
	}
}

func FuzzDecodeNPY(f *testing.F) {
	f.Add(Encode("<f4", float32s(1, 2), 2))
	f.Add(Encode("|u1", []byte{1, 2, 3, 4}, 2, 2))
	for _, a := range datatest.Arrays([]int{2, 3}, []float32{1, 0, 1, 1, 0, 0}) {
		f.Add(a.Bytes)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Decode("x", b)
		if err != nil {
			_, broken := errors.AsType[*data.FormatError](err)
			_, other := errors.AsType[*data.UnsupportedError](err)
			if !broken && !other || strings.Contains(err.Error(), "\n") {
				t.Errorf("an error of another kind: %v", err)
			}
			return
		}
		size := 1
		for _, d := range a.Shape {
			size *= d
		}
		if a.Size() != size {
			t.Fatalf("%d values of shape %v", a.Size(), a.Shape)
		}
		for i, v := range a.Values {
			if v-v != 0 {
				t.Fatalf("value %d is %v", i, v)
			}
		}
	})
}

func float32s(values ...float32) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}
