package npy

import (
	"bytes"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func readReference(t *testing.T, name string) map[string]Array {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	all, err := DecodeZip(name, bytes.NewReader(b), int64(len(b)), 1<<20, nil)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestForms reads arrays of one content that NumPy wrote (testdata/reference.py) in each kind, byte order and order of
// axes.
func TestForms(t *testing.T) {
	all := readReference(t, "forms.npz")
	if want := 1 + 12*2*5; len(all) != want {
		t.Errorf("%d arrays, want %d", len(all), want)
	}
	rows := all["values"].Values
	turned := make([]float32, len(rows)) // [3, 4, 2] to [2, 4, 3]
	for i := range rows {
		turned[i%2*12+i/2%4*3+i/8] = rows[i]
	}
	for name, a := range all {
		want := map[string]Array{
			"rows": {Shape: []int{3, 4, 2}, Values: rows}, "columns": {Shape: []int{3, 4, 2}, Values: rows},
			"turned": {Shape: []int{2, 4, 3}, Values: turned},
			"single": {Shape: []int{}, Values: rows[23:]}, "none": {Shape: []int{3, 0, 2}},
			"values": {Shape: []int{3, 4, 2}, Values: rows},
		}[path.Base(name)]
		if strings.Contains(name, "?") {
			want.Values = slices.Clone(want.Values)
			for i, v := range want.Values {
				want.Values[i] = float32(int(v) % 2)
			}
		}
		if !slices.Equal(a.Shape, want.Shape) || !slices.Equal(a.Floats(), want.Values) ||
			strings.Contains(name, "u1") != (a.Bytes != nil) {
			t.Errorf("%s: %+v, want %+v", name, a, want)
		}
	}
}

// TestStreamed reads a file whose sizes stand behind what they are about, in 64 bits, as NumPy wrote it into a pipe.
func TestStreamed(t *testing.T) {
	want := readReference(t, "forms.npz")["values"].Values
	all := readReference(t, "streamed.npz")
	for _, name := range []string{"deep/down/version1", "deep/down/version2", "deep/down/version3"} {
		if got := all[name]; !slices.Equal(got.Values, want) {
			t.Errorf("%s: %+v, want %v", name, got, want)
		}
	}
}
