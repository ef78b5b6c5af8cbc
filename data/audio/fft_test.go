package audio

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/dsp/fourier"
)

// TestSpectrumAgainstGonum takes frames of every kind of size.
func TestSpectrumAgainstGonum(t *testing.T) {
	for _, tt := range []struct {
		size   int
		reason string
	}{
		{2, "the smallest"},
		{8, "below the least of the fast ones"},
		{15, "odd"},
		{16, "8 complex numbers: a pair and a four"},
		{32, "16: two fours"},
		{64, "32: a pair and two fours"},
		{128, "64: three fours"},
		{400, "no power of two"},
		{512, "256: four fours, the size of both sets"},
		{1024, "512: a pair and four fours"},
		{8192, "many stages"},
	} {
		t.Run(fmt.Sprint(tt.size), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 1))
			s, plan := newSpectrum(tt.size), fourier.NewFFT(tt.size)
			for range 2 { // the second time over what the first one left
				for n := range s.frame {
					s.frame[n] = rng.NormFloat64()
				}
				want := plan.Coefficients(nil, s.frame)
				s.take()
				for k, c := range want {
					w := real(c)*real(c) + imag(c)*imag(c)
					// Sums of size numbers near 1 are off by about 1e-16 times the logarithm of the size; they are
					// squared.
					if math.Abs(s.power[k]-w) > 1e-14*float64(tt.size) {
						t.Errorf("power %d of %d is %v, want %v\nreason: %s", k, tt.size, s.power[k], w, tt.reason)
					}
				}
			}
		})
	}
}

func BenchmarkSpectrum(b *testing.B) {
	s := newSpectrum(512)
	for n, v := range noise(512) {
		s.frame[n] = float64(v)
	}
	b.ReportAllocs()
	for b.Loop() {
		s.take()
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "frames/s")
}
