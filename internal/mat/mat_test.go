package mat

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/primewindow/primewindow/data"
)

const plenty = 1 << 20

func values(a Array) []float64 {
	x := make([]float64, a.Len())
	for i := range x {
		x[i] = a.At(i)
	}
	return x
}

func read(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// TestReference reads what scipy wrote, see testdata/make.py.
func TestReference(t *testing.T) {
	var want map[string]struct {
		Shape  []int
		Values []float64
	}
	if err := json.Unmarshal(read(t, "scipy.json"), &want); err != nil {
		t.Fatal(err)
	}
	if len(want) != 13 {
		t.Fatalf("%d arrays on record, want 13", len(want))
	}
	for _, file := range []string{"plain.mat", "compressed.mat"} {
		b := read(t, file)
		for name, w := range want {
			a, err := Decode(file, b, name, plenty)
			if err != nil {
				t.Errorf("%s: %v", file, err)
				continue
			}
			// Equal bit by bit: the numbers are float64 on both sides, and JSON keeps them.
			if diff := cmp.Diff(w.Shape, a.Shape) + cmp.Diff(w.Values, values(a), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: %s (-want +got)\n%s", file, name, diff)
			}
		}
		for _, tt := range []struct{ name, want string }{
			{"text", "an array of class char, want numbers"}, {"cell", "an array of class cell"},
			{"struct", "an array of class struct"},
			{"sparse", "an array of class sparse"}, {"complex", "complex numbers"},
		} {
			_, err := Decode(file, b, tt.name, plenty)
			if _, odd := errors.AsType[*data.UnsupportedError](err); !odd || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: %s: %v, want %q, not supported", file, tt.name, err, tt.want)
			}
		}
	}
	if _, err := Decode("x", read(t, "level4.mat"), "double", plenty); err == nil ||
		!strings.Contains(err.Error(), "a MATLAB file of level 4; save it in MATLAB with -v7") {
		t.Errorf("level 4: %v", err)
	}
}

var orders = []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian}

// TestStorage reads every class from every kind of storage, in both byte orders, compressed and not, with as many
// numbers as make a small element and as do not.
func TestStorage(t *testing.T) {
	read := 0
	for _, order := range orders {
		for _, compressed := range []bool{false, true} {
			for code := range classes {
				class, numeric := className(uint32(code))
				if !numeric {
					continue
				}
				for _, kind := range []Kind{
					Int8, Uint8, Int16, Uint16, Int32, Uint32, Float32, Float64, Int64, Uint64,
				} {
					for n := range 10 {
						want := []float64{3, 127, 0, 1, 2, 4, 8, 16, 32}[:n]
						if kind != Uint8 && kind != Uint16 && kind != Uint32 && kind != Uint64 && n > 2 {
							want[2] = -128
						}
						b := Encode(
							order, compressed, Variable{"other", "double", []int{1, 1}, Uint8, []float64{9}},
							Variable{"x", class, []int{1, n}, kind, want},
						)
						a, err := Decode("x", b, "x", plenty)
						if err != nil || !slices.Equal(values(a), want) || !slices.Equal(a.Shape, []int{1, n}) {
							t.Fatalf(
								"%v, compressed %v, %s as kind %d: %v of shape %v, error %v, want %v", order,
								compressed, class, kind, values(a), a.Shape, err, want,
							)
						}
						read++
					}
				}
			}
		}
	}
	if read != 2*2*10*10*10 {
		t.Errorf("%d arrays read, want 4000", read)
	}
}

// broken files are of one variable x, int16 1 2 3 4 5, shape 1 by 5, little-endian.
func TestBroken(t *testing.T) {
	x := Variable{"x", "double", []int{1, 5}, Int16, []float64{1, 2, 3, 4, 5}}
	plain, packed := Encode(binary.LittleEndian, false, x), Encode(binary.LittleEndian, true, x)
	// Places in the plain file: tag 128, flags 136, shape 152, name 168, numbers 176.
	put := func(at int, v ...byte) []byte {
		b := slices.Clone(plain)
		copy(b[at:], v)
		return b
	}
	for _, tt := range []struct {
		name   string
		b      []byte
		limit  int64
		want   string
		odd    bool // whole, but of a kind that is not read
		reason string
	}{
		{"empty", nil, plenty, "x.mat: 0 bytes, want a MATLAB header", false, "a copy that never began"},
		{"header cut", plain[:100], plenty, "100 bytes, want a MATLAB header", false, "cut off"},
		{
			"a page", []byte(strings.Repeat("<html>", 40)), plenty, "want a MATLAB file's IM or MI", false,
			"what a failed download leaves",
		},
		{"version", put(124, 0, 3), plenty, "version 0x0300, want 0x0100", false, "not known"},
		{
			"7.3 by version", put(124, 0, 2), plenty, "version 7.3, which is HDF5; save it in MATLAB with -v7", true,
			"another format under the same name",
		},
		{"7.3 by text", []byte("MATLAB 7.3 MAT-file"), plenty, "version 7.3", true, "as MATLAB begins it"},
		{"HDF5", []byte("\x89HDF\r\n\x1a\nrest"), plenty, "version 7.3", true, "written by another library"},
		{"level 4", put(0, 0, 0, 0, 0), plenty, "of level 4; save it", true, "no text at its beginning"},
		{"no variable", plain[:headerSize], plenty, "no variable x", false, "nothing behind the header"},
		{
			"another variable", put(172, 'y'), plenty, `no variable x, want it beside or instead of "y"`, false,
			"the file of another modality",
		},
		{"tag cut", plain[:132], plenty, "truncated: 4 bytes of a tag", false, "cut off"},
		{"cut", plain[:len(plain)-8], plenty, "truncated: 56 bytes of a variable, want 64", false, "cut off"},
		{"packed cut", packed[:len(packed)-8], plenty, "truncated: ", false, "cut off"},
		{
			"longer than the file", put(132, 0xff, 0xff, 0xff, 0xff), plenty, "want 4294967295", false,
			"a damaged size must not take memory",
		},
		{
			"element type", put(128, 9), plenty, "element of type 9, want a variable", false,
			"numbers outside a variable",
		},
		{"flags", put(136, 5), plenty, "variable 1: flags: element of type 5", false, "damaged"},
		{"flags' size", put(140, 4), plenty, "variable 1: flags of 4 bytes, want 8", false, "damaged"},
		{"shape cut", put(156, 6), plenty, "shape of 6 bytes, want 4 for each", false, "half an axis"},
		{
			"axis below 0", put(160, 0xff, 0xff, 0xff, 0xff), plenty, "shape [-1 5], want no axis below 0", false,
			"damaged",
		},
		{
			"shape", put(164, 6), plenty, "variable x: 10 bytes of numbers, want 12 for shape [1 6]", false,
			"contradicts the numbers",
		},
		{
			"huge", put(160, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f), plenty, "want at most 1048576 bytes",
			true, "a product that overflows",
		},
		{"limit", plain, 9, "5 numbers of 2 bytes, want at most 9 bytes", true, "larger than the caller wants"},
		{
			"small element", put(168, 1, 0, 5, 0), plenty, "name: small element of 5 bytes, want at most 4", false,
			"damaged",
		},
		{"name cut off", put(168, 1, 0, 0, 0, 64), plenty, "name: ", false, "an element larger than what is left"},
		{
			"kind", put(176, 8), plenty, "variable x: stored in elements of type 8, want numbers", false,
			"reserved in the format",
		},
		{"char", put(144, 4), plenty, "class char, want numbers", true, "text"},
		{"no class", put(144, 99), plenty, "class number 99, want numbers", true, "of a newer MATLAB"},
		{"complex", put(145, 8), plenty, "variable x: complex numbers", true, "the imaginary part would be lost"},
		{
			"rest", put(164, 4, 0, 0, 0, 1, 0, 1, 0, 'x', 0, 0, 0, 4, 0, 0, 0, 8), plenty,
			"numbers: 8 bytes behind them", false, "longer than the numbers",
		},
		{
			"no zlib", slices.Concat(packed[:136], []byte("no zlib"), packed[143:]), plenty,
			"variable 1: zlib: invalid header", false, "damaged",
		},
		{
			"checksum", slices.Concat(packed[:len(packed)-1], []byte{packed[len(packed)-1] ^ 1}), plenty,
			"numbers: zlib: invalid checksum", false, "a bit that fell over in the numbers",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Decode("x.mat", tt.b, "x", tt.limit)
			_, odd := errors.AsType[*data.UnsupportedError](err)
			_, wrong := errors.AsType[*data.FormatError](err)
			if err == nil || !strings.Contains(err.Error(), tt.want) || odd != tt.odd || wrong == tt.odd ||
				strings.Contains(err.Error(), "\n") {
				t.Errorf("Decode: %v, want %q, not supported %v\nreason: %s", err, tt.want, tt.odd, tt.reason)
			}
		})
	}
	for cut := range len(packed) { // every place at which a copy may end
		for _, b := range [][]byte{plain, packed} {
			if _, err := Decode("x.mat", b[:cut], "x", plenty); err == nil {
				t.Errorf("the first %d bytes of %d: no error", cut, len(b))
			}
		}
	}
}

// TestBomb wants a small file that claims or inflates to much to take no memory beyond the limit.
func TestBomb(t *testing.T) {
	zeros := Encode(
		binary.LittleEndian, true, Variable{"x", "double", []int{1, 1 << 22}, Float64, make([]float64, 1<<22)},
	)
	claims := Encode(binary.LittleEndian, false, Variable{"x", "double", []int{1, 1}, Float64, []float64{0}})
	body := claims[headerSize:]
	binary.LittleEndian.PutUint32(body[4:], math.MaxUint32-7)
	binary.LittleEndian.PutUint32(body[36:], 1<<28)
	binary.LittleEndian.PutUint32(body[52:], 1<<31)
	for _, tt := range []struct {
		name   string
		b      []byte
		limit  int64
		want   string
		reason string
	}{
		{
			"inflates", zeros, 1 << 20, "want at most 1048576 bytes",
			"32 MB in a file of 32 kB: refused by its shape before it is inflated",
		},
		{
			"claims", append(claims[:headerSize:headerSize], compress(body)...), 1 << 40,
			"truncated: an element of 2147483648 bytes",
			"deflate makes at most 1032 bytes of one, so 2 GB cannot be in 50 bytes",
		},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Decode("x", tt.b, "x", tt.limit)
		runtime.ReadMemStats(&after)
		// 1 MiB is far above the inflater's window, and far below what is claimed.
		if taken := after.TotalAlloc - before.TotalAlloc; err == nil || !strings.Contains(err.Error(), tt.want) ||
			taken > 1<<20 {
			t.Errorf("%s: %d bytes taken, error %v, want %q\nreason: %s", tt.name, taken, err, tt.want, tt.reason)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, order := range orders {
		for _, compressed := range []bool{false, true} {
			f.Add(
				Encode(
					order, compressed, Variable{"y", "int8", []int{1, 1}, Int8, []float64{7}},
					Variable{"x", "double", []int{2, 3}, Uint16, []float64{1, 2, 3, 4, 5, 6}},
				),
			)
		}
	}
	f.Add(read(f, "level4.mat"))
	f.Add([]byte("MATLAB 7.3 MAT-file"))
	f.Fuzz(func(t *testing.T, b []byte) {
		const limit = 1 << 16
		a, err := Decode("f", b, "x", limit)
		if err != nil {
			_, wrong := errors.AsType[*data.FormatError](err)
			_, odd := errors.AsType[*data.UnsupportedError](err)
			if !wrong && !odd || !strings.HasPrefix(err.Error(), "f: ") {
				t.Errorf("an error of another kind: %v", err)
			}
			return
		}
		size := 1
		for _, d := range a.Shape {
			size *= d
		}
		if a.Len() != size || size > limit || len(values(a)) != size {
			t.Errorf("%d numbers of shape %v", a.Len(), a.Shape)
		}
	})
}

func ExampleDecode() {
	file := Encode(
		binary.LittleEndian, true, Variable{"d_iner", "double", []int{2, 3}, Uint8, []float64{1, 2, 3, 4, 5, 6}},
	)
	a, err := Decode("a1_s1_t1_inertial.mat", file, "d_iner", 1<<20)
	fmt.Println(a.Shape, a.At(0), a.At(1), err) // the first axis runs fastest
	_, err = Decode("a1_s1_t1_inertial.mat", file, "d_skel", 1<<20)
	fmt.Println(err)
	// Output:
	// [2 3] 1 2 <nil>
	// a1_s1_t1_inertial.mat: no variable d_skel, want it beside or instead of "d_iner"
}

func ExampleEncode() {
	b := Encode(binary.BigEndian, false, Variable{"x", "single", []int{1, 1}, Float32, []float64{0.5}})
	fmt.Printf("%s %q\n", bytes.TrimSpace(b[:20]), b[126:128])
	// Output:
	// MATLAB 5.0 MAT-file, "MI"
}

// compress makes a compressed element, little-endian.
func compress(content []byte) []byte {
	v := deflated(content)
	b := binary.LittleEndian.AppendUint32(nil, compressedElement)
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(v))), v...)
}
