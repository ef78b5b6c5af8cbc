package folder

import (
	"slices"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/datatest"
	"github.com/primewindow/primewindow/internal/npy"
)

// TestArrayForms reads a sample's array in every form in which programs write it as its plain twin, and names what is none.
func TestArrayForms(t *testing.T) {
	values := []float32{0, 1, 5, 3, 4, 2}
	plain := npy.Encode("<f4", float32s(values...), 3, 2)
	read := func(a []byte) ([]float32, string, error) {
		dir := files{"labels.csv": []byte(threeRows), "m/a.npy": a, "m/b.npy": plain, "m/c.npy": plain}.write(t)
		d, err := Open(dir, nil)
		if err != nil {
			return nil, dir, err
		}
		return datatest.ReadAll(t, d, data.Train).X["m"], dir, nil
	}
	want, _, err := read(plain)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range datatest.Arrays([]int{3, 2}, values) {
		got, dir, err := read(tt.Bytes)
		if tt.Want == "" && (err != nil || !slices.Equal(got, want)) {
			t.Errorf("%s: %v, %v, want %v as from its twin\nreason: %s", tt.Name, got, err, want, tt.Reason)
		}
		if tt.Want != "" && (err == nil || !strings.HasPrefix(err.Error(), dir) || !strings.Contains(err.Error(), "a.npy: ") || !strings.Contains(err.Error(), tt.Want)) {
			t.Errorf("%s: %v, want a.npy and %q\nreason: %s", tt.Name, err, tt.Want, tt.Reason)
		}
	}
}
