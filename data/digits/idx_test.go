package digits

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
)

// idxFile is an IDX file of unsigned bytes.
func idxFile(values []byte, dims ...int) []byte {
	b := []byte{0, 0, 8, byte(len(dims))}
	for _, d := range dims {
		b = binary.BigEndian.AppendUint32(b, uint32(d))
	}
	return append(b, values...)
}

// zipped compresses b.
func zipped(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		panic(err) // memory does not refuse
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func TestDecodeIDX(t *testing.T) {
	for _, tt := range []struct {
		name   string
		file   []byte
		axes   int
		want   idx
		reason string
	}{
		{"labels", idxFile([]byte{7, 2}, 2), 1, idx{[]int{2}, []byte{7, 2}}, "magic 0x801"},
		{
			"images", idxFile([]byte{1, 2, 3, 4, 5, 6}, 1, 2, 3), 3, idx{[]int{1, 2, 3}, []byte{1, 2, 3, 4, 5, 6}},
			"magic 0x803, row-major",
		},
		{
			"compressed", zipped(idxFile([]byte{9}, 1)), 1, idx{[]int{1}, []byte{9}},
			"known by its first two bytes, not by its name",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decodeIDX("x", tt.file, tt.axes)
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(idx{})); err != nil || diff != "" {
				t.Errorf("decodeIDX: err %v (-want +got)\n%s\nreason: %s", err, diff, tt.reason)
			}
		})
	}
}

func TestDecodeIDXErrors(t *testing.T) {
	good := idxFile([]byte{7, 2}, 2)
	for _, tt := range []struct {
		name        string
		file        []byte
		want        string
		unsupported bool
		reason      string
	}{
		{"empty", nil, "0 bytes, want at least 4", false, "a download that never began"},
		{
			"magic", []byte("PNG!data"), "magic number 0x504e4721, want 0x00000801", false,
			"another format under the name",
		},
		{"kind 7", []byte{0, 0, 7, 1, 0, 0, 0, 0}, "magic number 0x00000701", false, "no such kind of number"},
		{
			"axes", idxFile([]byte{7}, 1, 1), "magic number 0x00000802, want 0x00000801", false,
			"images under the labels' name",
		},
		{
			"floats", []byte{0, 0, 0x0d, 1, 0, 0, 0, 0}, "not supported: IDX numbers of kind 0x0d", true,
			"whole, but not read",
		},
		{"sizes cut", good[:6], "truncated: 2 bytes of sizes, want 4", false, "cut within the header"},
		{"values cut", good[:9], "truncated: 1 bytes of values, want 2", false, "cut within the values"},
		{"too long", append(good[:10:10], 0), "3 bytes of values, want 2", false, "contradicts its header"},
		{"no samples", idxFile(nil, 0), "sizes [0], want each at least 1", false, "nothing to read"},
		{
			"huge", idxFile(nil, 1<<32-1), "sizes [4294967295], want each at least 1 and a product of at most", false,
			"a damaged header must not take the memory",
		},
		{"compressed and cut", zipped(good)[:20], "gzip: unexpected EOF", false, "cut within the compressed bytes"},
		{"compressed and damaged", flipped(zipped(good), 30), "gzip: ", false, "the format's own check sum"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := decodeIDX("x-ubyte", tt.file, 1)
			var format *data.FormatError
			var unsupported *data.UnsupportedError
			if tt.unsupported && !errors.As(err, &unsupported) || !tt.unsupported && !errors.As(err, &format) {
				t.Fatalf("decodeIDX: %T %v, want unsupported %v\nreason: %s", err, err, tt.unsupported, tt.reason)
			}
			if msg := err.Error(); !strings.HasPrefix(msg, "x-ubyte: ") || !strings.Contains(msg, tt.want) ||
				strings.Contains(msg, "\n") {
				t.Errorf("decodeIDX: %q, want one line of x-ubyte with %q\nreason: %s", msg, tt.want, tt.reason)
			}
		})
	}
}

// flipped is b with one byte changed, counted from 0 and at most the last.
func flipped(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[min(at, len(b)-1)] ^= 0x55
	return b
}

func TestUnzipLimit(t *testing.T) {
	b := zipped(make([]byte, 1000))
	if out, err := unzip(b, 1000); len(out) != 1000 || err != nil {
		t.Errorf("unzip to the limit: %d bytes, %v, want 1000", len(out), err)
	}
	if out, err := unzip(b, 999); err == nil {
		t.Errorf("unzip beyond the limit: %d bytes, want an error", len(out))
	}
}

func TestReadIDX(t *testing.T) {
	path := filepath.Join(t.TempDir(), "labels")
	if _, _, err := readIDX(path, 1); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "labels.gz") {
		t.Errorf("readIDX of no file: %v, want one that names both", err)
	}
	for _, tt := range []struct {
		suffix string
		file   []byte
		want   byte
		reason string
	}{
		{".gz", zipped(idxFile([]byte{1}, 1)), 1, "the compressed file is read where it is alone"},
		{"", idxFile([]byte{2}, 1), 2, "the other comes first where both are"},
	} {
		if err := os.WriteFile(path+tt.suffix, tt.file, 0o600); err != nil {
			t.Fatal(err)
		}
		got, name, err := readIDX(path, 1)
		if err != nil || name != path+tt.suffix || got.values[0] != tt.want {
			t.Errorf(
				"readIDX: %v from %s, %v, want %d from %s\nreason: %s", got, name, err, tt.want, path+tt.suffix,
				tt.reason,
			)
		}
	}
}

// FuzzDecodeIDX holds the decoder to its promises on any bytes.
func FuzzDecodeIDX(f *testing.F) {
	f.Add(idxFile([]byte{7, 2}, 2), 1)
	f.Add(idxFile([]byte{1, 2, 3, 4}, 1, 2, 2), 3)
	f.Add(zipped(idxFile([]byte{9}, 1)), 1)
	f.Fuzz(func(t *testing.T, b []byte, axes int) {
		if axes < 1 || axes > 4 {
			return // the number of axes is the caller's, not the file's
		}
		got, err := decodeIDX("x", b, axes)
		if err != nil {
			var format *data.FormatError
			var unsupported *data.UnsupportedError
			if !errors.As(err, &format) && !errors.As(err, &unsupported) {
				t.Fatalf("decodeIDX: %T %v, want a FormatError or an UnsupportedError", err, err)
			}
			return
		}
		size := 1
		for _, d := range got.dims {
			size *= d
		}
		if len(got.dims) != axes || len(got.values) != size || size < 1 {
			t.Fatalf("%d values of sizes %v, want %d axes", len(got.values), got.dims, axes)
		}
	})
}
