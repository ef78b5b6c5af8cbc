package datatest

import (
	"slices"
	"strings"
	"testing"
)

func TestArrays(t *testing.T) {
	if got, want := Header("<f4", true, 3), "{'descr': '<f4', 'fortran_order': True, 'shape': (3,), }"; got != want {
		t.Errorf("Header: %s, want %s", got, want)
	}
	if got, want := Header("|u1", false), "{'descr': '|u1', 'fortran_order': False, 'shape': (), }"; got != want {
		t.Errorf("Header without axes: %s, want %s", got, want)
	}
	if got, want := Columns([]float32{1, 2, 3, 4, 5, 6}, []int{2, 3}),
		[]float32{1, 4, 2, 5, 3, 6}; !slices.Equal(got, want) {
		t.Errorf("Columns: %v, want %v", got, want)
	}
	for _, tt := range []struct {
		kind   string
		v      float32
		want   string
		reason string
	}{
		{"<f2", -2, "\x00\xc0", "as numpy.float16(-2).tobytes()"},
		{"<f2", 127, "\xf0\x57", "as numpy.float16(127).tobytes()"},
		{"<f2", 0, "\x00\x00", "zero has no exponent"},
		{">i4", 5, "\x00\x00\x00\x05", "the most significant byte first"},
		{"<u8", 5, "\x05\x00\x00\x00\x00\x00\x00\x00", "the least significant byte first"},
	} {
		if got := string(Numbers(tt.kind, []float32{tt.v})); got != tt.want {
			t.Errorf("Numbers(%s, %v): %q, want %q: %s", tt.kind, tt.v, got, tt.want, tt.reason)
		}
	}
	names := map[string]bool{}
	for _, shape := range [][]int{{6}, {2, 3}} {
		for _, a := range Arrays(shape, []float32{0, 1, 0, 1, 1, 0}) {
			names[a.Name] = true
			if i := strings.Index(string(a.Bytes), "L"); a.Name == "long" && i < 0 {
				t.Errorf("%s: %q, want an L", a.Name, a.Bytes)
			}
		}
	}
	if len(names) < 55 || !names["b1"] {
		t.Errorf("%d forms, want more, masks among them", len(names))
	}
}
