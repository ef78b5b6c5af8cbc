package kineticssounds

import (
	"testing"

	"github.com/primewindow/primewindow/internal/datatest"
)

// TestForms hears one recording in every form in which programs write it, and reads one spectrum in every form of an
// array.
func TestForms(t *testing.T) {
	read := func(kind string) func(string) ([]float32, error) {
		return func(path string) ([]float32, error) {
			f, err := newEar().decode(t.Context(), source{soundKind: kind, sound: path})
			return f.Values, err
		}
	}
	for _, law := range []func(byte) int16{datatest.MuLaw, datatest.ALaw} {
		datatest.Forms(t, "a.wav", datatest.Waves(madeRate, datatest.Telephone(law, 4000, 0.02)), read(recording))
	}
	values := make([]float32, times*bins)
	for i := range values {
		values[i] = float32(i % 113)
	}
	datatest.Forms(t, "a.npy", datatest.Arrays([]int{times, bins}, values), read(spectrum))
}
