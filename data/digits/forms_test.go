package digits

import (
	"testing"

	"github.com/primewindow/primewindow/data/audio"
	"github.com/primewindow/primewindow/internal/datatest"
)

// TestForms hears one recording in every form in which programs write it.
func TestForms(t *testing.T) {
	for _, law := range []func(byte) int16{datatest.MuLaw, datatest.ALaw} {
		datatest.Forms(t, "a.wav", datatest.Waves(
			sampleRateHz, datatest.Telephone(law, 4000, 0.05),
		), func(path string) ([]float32, error) {
			return readSpectrum(path, audio.STFT{Window: 256, Hop: 64, Bins: 16, Frames: 16})
		})
	}
}
