package npy

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
)

// member is a file of a ZIP file.
type member struct {
	name string
	b    []byte
}

func zipped(tb testing.TB, members ...member) []byte {
	tb.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, m := range members {
		w, err := z.CreateHeader(&zip.FileHeader{Name: m.name, Method: zip.Store})
		if err == nil {
			_, err = w.Write(m.b)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

// altered is a ZIP file with another byte at a place of the first entry of its directory.
func altered(b []byte, at int, to byte) []byte {
	b = bytes.Clone(b)
	b[bytes.Index(b, []byte("PK\x01\x02"))+at] = to
	return b
}

func TestDecodeZip(t *testing.T) {
	one, two := Encode("<f4", float32s(1, 2), 2), Encode("|u1", []byte{7}, 1)
	text := bytes.Replace(one, []byte("'<f4'"), []byte("'<U1'"), 1)
	good := zipped(t, member{"a.npy", one}, member{"b.npy", two}, member{"id.npy", text})
	damaged := bytes.Clone(good)
	damaged[bytes.Index(damaged, one)+len(one)-1] ^= 1
	for _, tt := range []struct {
		name   string
		b      []byte
		limit  int64
		want   func(string) bool
		arrays map[string]Array
		err    string
		reason string
	}{
		{
			"some", good, 1 << 20, func(a string) bool { return a != "id" },
			map[string]Array{"a": {Shape: []int{2}, Values: []float32{1, 2}}, "b": {Shape: []int{1}, Bytes: []byte{7}}},
			"", "what is not asked for is not decoded",
		},
		{
			"all", good, 1 << 20, nil, nil, "x.npz/id.npy: not supported: numbers of kind",
			"an array that cannot be read is named",
		},
		{
			"large", good, int64(len(one)) + 3, func(a string) bool { return a != "id" }, nil,
			"x.npz: not supported: array b: larger", "the limit is on all together",
		},
		{
			"twice", zipped(t, member{"a.npy", one}, member{"a", two}), 1 << 20, nil, nil, "x.npz: array a twice",
			"the suffix is no part of the name",
		},
		{
			"folder", zipped(t, member{"in/", nil}, member{"in/a.npy", one}), 1 << 20, nil,
			map[string]Array{"in/a": {Shape: []int{2}, Values: []float32{1, 2}}}, "", "an array's name has its folder",
		},
		{
			"infinite",
			zipped(
				t,
				member{
					"train_audio.npy",
					datatest.NPY(
						1, datatest.Header("<f4", false, 1, 2),
						datatest.Numbers("<f4", []float32{0, float32(math.Inf(-1))}),
					),
				},
			),
			1 << 20, nil, nil, "x.npz: train_audio[0, 1] is -Inf, want", "the place as Python has it",
		},
		{"encrypted", altered(good, 8, 1), 1 << 20, nil, nil, "x.npz: not supported: array a: encrypted", "not noise"},
		{
			"packed otherwise", altered(good, 10, 12), 1 << 20, nil, nil,
			"x.npz: not supported: array a: compressed by method 12", "bzip2",
		},
		{"no zip", []byte("PK"), 1 << 20, nil, nil, "x.npz: zip: ", "another file"},
		{"damaged", damaged, 1 << 20, nil, nil, "x.npz: array a: ", "the checksum is tested"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := DecodeZip("x.npz", bytes.NewReader(tt.b), int64(len(tt.b)), tt.limit, tt.want)
			if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.err)) {
				t.Errorf("DecodeZip: %v, want %q\nreason: %s", err, tt.err, tt.reason)
			}
			if diff := cmp.Diff(tt.arrays, got); diff != "" {
				t.Errorf("DecodeZip (-want +got)\n%s\nreason: %s", diff, tt.reason)
			}
		})
	}
}

func FuzzDecodeZip(f *testing.F) {
	f.Add(zipped(f, member{"a.npy", Encode("<f4", float32s(1, 2), 2)}, member{"b.npy", Encode("|u1", []byte{7}, 1)}))
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, b []byte) {
		all, err := DecodeZip("x", bytes.NewReader(b), int64(len(b)), 1<<20, nil)
		if err != nil {
			_, broken := errors.AsType[*data.FormatError](err)
			_, other := errors.AsType[*data.UnsupportedError](err)
			if !broken && !other || errors.Is(err, io.EOF) {
				t.Errorf("an error of another kind: %v", err)
			}
			return
		}
		for name, a := range all {
			size := 1
			for _, d := range a.Shape {
				size *= d
			}
			if a.Size() != size {
				t.Errorf("array %s of %d values has shape %v", name, a.Size(), a.Shape)
			}
		}
	})
}
