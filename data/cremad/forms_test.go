package cremad

import (
	"testing"

	"github.com/primewindow/primewindow/internal/datatest"
)

// TestForms hears one recording in every form in which programs write it.
func TestForms(t *testing.T) {
	for _, law := range []func(byte) int16{datatest.MuLaw, datatest.ALaw} {
		datatest.Forms(t, "a.wav", datatest.Waves(
			madeRate, datatest.Telephone(law, 4000, 0.02),
		), func(path string) ([]float32, error) {
			if e := readEntry(path, ".wav"); e.err != nil {
				return nil, e.err
			}
			f, err := newEar().decode(t.Context(), path)
			return f.Values, err
		})
	}
}
