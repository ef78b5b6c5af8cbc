package folder

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
		want   array
		reason string
	}{
		{"float32", npyBytes("<f4", float32s(1.5, -2), 2), array{shape: []int{2}, values: []float32{1.5, -2}}, "NumPy's header of one axis ends in a comma"},
		{"float64", npyBytes("<f8", binary.LittleEndian.AppendUint64(nil, math.Float64bits(-0.25)), 1, 1), array{shape: []int{1, 1}, values: []float32{-0.25}}, "rounded to float32"},
		{"bytes", npyBytes("|u1", []byte{7, 255}, 1, 2), array{shape: []int{1, 2}, bytes: []byte{7, 255}}, "kept as bytes"},
		{"booleans", npyBytes("|b1", []byte{1, 0}, 2), array{shape: []int{2}, values: []float32{1, 0}}, "true is 1"},
		{"int8", npyBytes("|i1", []byte{0xff}, 1), array{shape: []int{1}, values: []float32{-1}}, "signed"},
		{"int16", npyBytes("<i2", []byte{0xfe, 0xff}, 1), array{shape: []int{1}, values: []float32{-2}}, "signed"},
		{"uint16", npyBytes("<u2", []byte{0xfe, 0xff}, 1), array{shape: []int{1}, values: []float32{65534}}, "unsigned"},
		{"int32", npyBytes("<i4", []byte{0xfd, 0xff, 0xff, 0xff}, 1), array{shape: []int{1}, values: []float32{-3}}, "signed"},
		{"uint32", npyBytes("<u4", []byte{1, 0, 0, 0x80}, 1), array{shape: []int{1}, values: []float32{1 << 31}}, "rounded to float32"},
		{"int64", npyBytes("<i8", []byte{0xfc, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 1), array{shape: []int{1}, values: []float32{-4}}, "signed"},
	} {
		got, err := decodeNPY("x", tt.file)
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(array{})); err != nil || diff != "" {
			t.Errorf("%s: err %v, (-want +got)\n%s\nreason: %s", tt.name, err, diff, tt.reason)
		}
	}
	version2 := append([]byte(magic+"\x02\x00\x3d\x00\x00\x00"), "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }   \n\x09"...)
	if got, err := decodeNPY("x", version2); err != nil || len(got.bytes) != 1 || got.bytes[0] != 9 {
		t.Errorf("version 2: %+v, %v, want one byte of 9", got, err)
	}
}

func TestDecodeNPYErrors(t *testing.T) {
	good := npyBytes("<f4", float32s(1, 2), 2)
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
		{"no values", npyBytes("<f4", nil, 0), "shape (0,), want sizes of at least 1", false, "nothing in it"},
		{"huge", npyBytes("<f4", nil, 1<<20, 1<<20), "a product of at most", false, "a damaged header must not take the memory"},
		{"infinite", npyBytes("<f4", float32s(float32(math.Inf(-1))), 1), "value 0 is -Inf", false, "no value"},
		{"too large", npyBytes("<f8", binary.LittleEndian.AppendUint64(nil, math.Float64bits(1e300)), 1), "value 0 is 1e+300", false, "beyond float32"},
	} {
		_, err := decodeNPY("x", tt.file)
		_, unsupported := errors.AsType[*data.UnsupportedError](err)
		if err == nil || !strings.Contains(err.Error(), tt.want) || unsupported != tt.unsupported {
			t.Errorf("%s: %v, want %q, unsupported %v\nreason: %s", tt.name, err, tt.want, tt.unsupported, tt.reason)
		}
	}
	fortran := []byte(strings.Replace(string(npyBytes("<f4", float32s(1, 2), 2)), "False, 'shape': (2,), } ", "True, 'shape': (2,), }  ", 1))
	if _, err := decodeNPY("x", fortran); err == nil || !strings.Contains(err.Error(), "Fortran's order") {
		t.Errorf("Fortran's order: %v", err)
	}
}

func FuzzDecodeNPY(f *testing.F) {
	f.Add(npyBytes("<f4", float32s(1, 2), 2))
	f.Add(npyBytes("|u1", []byte{1, 2, 3, 4}, 2, 2))
	f.Add([]byte(magic + "\x03\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := decodeNPY("x", b)
		if err != nil {
			return
		}
		size := 1
		for _, d := range a.shape {
			size *= d
		}
		if a.size() != size {
			t.Fatalf("%d values of shape %v", a.size(), a.shape)
		}
	})
}

func FuzzDecodeLabels(f *testing.F) {
	f.Add(madeFiles()["labels.csv"])
	f.Add([]byte("id,label,split\n../a,b,train\na,,val\na,b,dev\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, total, faults, err := decodeLabels("x", b)
		if err == nil && len(rows)+len(faults) != total {
			t.Fatalf("%d rows and %d faults of %d", len(rows), len(faults), total)
		}
		seen := map[string]bool{}
		for _, r := range rows {
			if !contained(r.id) || r.label == "" || seen[r.id] {
				t.Fatalf("row %+v", r)
			}
			seen[r.id] = true
		}
	})
}

func FuzzDecodeTable(f *testing.F) {
	f.Add(madeFiles()["body.csv"])
	f.Add([]byte("id,x\ns00,1\ns00,nan\n"))
	ids := map[string]int{"s00": 0, "s01": 1}
	f.Fuzz(func(t *testing.T, b []byte) {
		columns, values, faults := decodeTable("x", b, ids)
		broken := map[int]bool{}
		for _, f := range faults {
			if broken[f.place] = true; f.place == wholeSet {
				return
			}
		}
		for i, x := range values {
			if broken[i] != (x == nil) || x != nil && len(x) != columns {
				t.Fatalf("sample %d: %v, broken %v", i, x, broken[i])
			}
		}
	})
}

func FuzzDecodeImage(f *testing.F) {
	f.Add(pngBytes(3, 2, 9))
	f.Add(jpegBytes(3, 2))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := decodeConfig("x", b); err != nil || c.Width*c.Height > 1<<16 {
			return
		}
		if x, err := decodeImage("x", b, 2, 3, 3); err == nil && len(x) != 18 {
			t.Fatalf("%d bytes, want 18", len(x))
		}
	})
}
