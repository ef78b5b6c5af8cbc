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
)

func TestDecodeNPY(t *testing.T) {
	for _, tt := range []struct {
		name   string
		file   []byte
		want   Array
		reason string
	}{
		{"float32", Encode("<f4", float32s(1.5, -2), 2), Array{Shape: []int{2}, Values: []float32{1.5, -2}}, "NumPy's header of one axis ends in a comma"},
		{"float64", Encode("<f8", binary.LittleEndian.AppendUint64(nil, math.Float64bits(-0.25)), 1, 1), Array{Shape: []int{1, 1}, Values: []float32{-0.25}}, "rounded to float32"},
		{"bytes", Encode("|u1", []byte{7, 255}, 1, 2), Array{Shape: []int{1, 2}, Bytes: []byte{7, 255}}, "kept as bytes"},
		{"booleans", Encode("|b1", []byte{1, 0}, 2), Array{Shape: []int{2}, Values: []float32{1, 0}}, "true is 1"},
		{"int8", Encode("|i1", []byte{0xff}, 1), Array{Shape: []int{1}, Values: []float32{-1}}, "signed"},
		{"int16", Encode("<i2", []byte{0xfe, 0xff}, 1), Array{Shape: []int{1}, Values: []float32{-2}}, "signed"},
		{"uint16", Encode("<u2", []byte{0xfe, 0xff}, 1), Array{Shape: []int{1}, Values: []float32{65534}}, "unsigned"},
		{"int32", Encode("<i4", []byte{0xfd, 0xff, 0xff, 0xff}, 1), Array{Shape: []int{1}, Values: []float32{-3}}, "signed"},
		{"uint32", Encode("<u4", []byte{1, 0, 0, 0x80}, 1), Array{Shape: []int{1}, Values: []float32{1 << 31}}, "rounded to float32"},
		{"int64", Encode("<i8", []byte{0xfc, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 1), Array{Shape: []int{1}, Values: []float32{-4}}, "signed"},
	} {
		got, err := Decode("x", tt.file)
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("%s: err %v, (-want +got)\n%s\nreason: %s", tt.name, err, diff, tt.reason)
		}
	}
	version2 := append([]byte(magic+"\x02\x00\x3d\x00\x00\x00"), "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }   \n\x09"...)
	if got, err := Decode("x", version2); err != nil || len(got.Bytes) != 1 || got.Bytes[0] != 9 {
		t.Errorf("version 2: %+v, %v, want one byte of 9", got, err)
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
		{"big-endian", with("<f4", ">f4"), `numbers of kind ">f4"`, true, "whole, but not read"},
		{"values cut", good[:len(good)-1], "7 bytes of values, want 8 for shape [2]", false, "cut off"},
		{"too long", append(slices.Clip(good), 0), "9 bytes of values, want 8", false, "contradicts its header"},
		{"no values", Encode("<f4", nil, 0), "shape (0,), want sizes of at least 1", false, "nothing in it"},
		{"huge", Encode("<f4", nil, 1<<20, 1<<20), "a product of at most", false, "a damaged header must not take the memory"},
		{"infinite", Encode("<f4", float32s(float32(math.Inf(-1))), 1), "value 0 is -Inf", false, "no value"},
		{"too large", Encode("<f8", binary.LittleEndian.AppendUint64(nil, math.Float64bits(1e300)), 1), "value 0 is 1e+300", false, "beyond float32"},
	} {
		_, err := Decode("x", tt.file)
		_, unsupported := errors.AsType[*data.UnsupportedError](err)
		if err == nil || !strings.Contains(err.Error(), tt.want) || unsupported != tt.unsupported {
			t.Errorf("%s: %v, want %q, unsupported %v\nreason: %s", tt.name, err, tt.want, tt.unsupported, tt.reason)
		}
	}
	fortran := []byte(strings.Replace(string(Encode("<f4", float32s(1, 2), 2)), "False, 'shape': (2,), } ", "True, 'shape': (2,), }  ", 1))
	if _, err := Decode("x", fortran); err == nil || !strings.Contains(err.Error(), "Fortran's order") {
		t.Errorf("Fortran's order: %v", err)
	}
}

func FuzzDecodeNPY(f *testing.F) {
	f.Add(Encode("<f4", float32s(1, 2), 2))
	f.Add(Encode("|u1", []byte{1, 2, 3, 4}, 2, 2))
	f.Add([]byte(magic + "\x03\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Decode("x", b)
		if err != nil {
			return
		}
		size := 1
		for _, d := range a.Shape {
			size *= d
		}
		if a.Size() != size {
			t.Fatalf("%d values of shape %v", a.Size(), a.Shape)
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
