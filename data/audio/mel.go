package audio

import (
	"fmt"
	"math"
	"sync"

	"gonum.org/v1/gonum/dsp/fourier"
)

// triangle is a filter of a mel bank: weights of neighbouring bins of a power spectrum.
type triangle struct {
	from    int
	weights []float64
}

// sum weighs a power spectrum.
func (t triangle) sum(power []float64) float64 {
	sum := 0.0
	for i, w := range t.weights {
		sum += w * power[t.from+i]
	}
	return sum
}

// spectrum is what is needed to transform one frame: a plan and space.
type spectrum struct {
	fft   *fourier.FFT
	frame []float64
	x     []complex128
	power []float64
}

func newSpectrum(size int) *spectrum {
	return &spectrum{fourier.NewFFT(size), make([]float64, size), make([]complex128, size/2+1), make([]float64, size/2+1)}
}

// take squares the magnitudes of the frame's transform.
func (s *spectrum) take() {
	s.fft.Coefficients(s.x, s.frame)
	for i, c := range s.x {
		s.power[i] = real(c)*real(c) + imag(c)*imag(c)
	}
}

// Kaldi is the log mel filter bank of the Kaldi toolkit: frames that lie in the recording alone, each without its mean
// and with its high frequencies raised, under a symmetric Hann window; the power spectrum, weighed by triangles that are
// equally wide on the HTK mel scale; the natural logarithm. The zero values of its fields stand for the usual ones.
type Kaldi struct {
	SampleRateHz int     // 0: 16,000
	Bins         int     // mel filters; 0: 128
	WindowMs     float64 // 0: 25
	ShiftMs      float64 // from one frame to the next; 0: 10
	LowHz        float64 // lower end of the first filter; 0: 20. The upper end of the last is half the sample rate.
	PreEmphasis  float64 // 0: 0.97
	KeepMean     bool    // do not subtract the recording's mean first
	Frames       int     // the result is cut or completed with zeros to so many; 0: as many as there are
	Shift, Scale float64 // each value v, completed zeros among them, becomes (v + Shift)·Scale; a Scale of 0 leaves it
}

// AudioSet are shift and scale of values over AudioSet's recordings, with which the filter bank is commonly normalised.
// They bring mean 0 and standard deviation 0.5.
var AudioSet = struct{ Shift, Scale float64 }{4.503877, 1 / (2 * 5.141276)}

// kaldiFloor is the least energy: the distance from 1 to the next float32.
const kaldiFloor = 1.0 / (1 << 23)

// KaldiBank is a Kaldi filter bank that is ready to use, from several goroutines.
type KaldiBank struct {
	k             Kaldi
	window, shift int // samples
	size          int // of the transform
	hann          []float64
	triangles     []triangle
	spectra       sync.Pool
}

// Bank makes the filters. It returns an error for settings out of range.
func (k Kaldi) Bank() (*KaldiBank, error) {
	for _, f := range []struct {
		field *float64
		usual float64
	}{{&k.WindowMs, 25}, {&k.ShiftMs, 10}, {&k.LowHz, 20}, {&k.PreEmphasis, 0.97}, {&k.Scale, 1}} {
		if *f.field == 0 {
			*f.field = f.usual
		}
	}
	if k.SampleRateHz == 0 {
		k.SampleRateHz = 16000
	}
	if k.Bins == 0 {
		k.Bins = 128
	}
	b := &KaldiBank{k: k, window: int(float64(k.SampleRateHz) * k.WindowMs / 1000), shift: int(float64(k.SampleRateHz) * k.ShiftMs / 1000), size: 1}
	nyquist := float64(k.SampleRateHz) / 2
	if b.window < 2 || b.window > 1<<20 || b.shift < 1 || k.Bins < 1 || k.Bins > 1<<12 || k.Frames < 0 || k.LowHz < 0 || k.LowHz >= nyquist {
		return nil, fmt.Errorf("audio: Kaldi filter bank %+v, want a window of at least 2 samples, a shift of at least 1, filters, and frequencies below %v Hz", k, nyquist)
	}
	for b.size < b.window {
		b.size *= 2
	}
	b.hann = make([]float64, b.window)
	for n := range b.hann {
		b.hann[n] = 0.5 - 0.5*math.Cos(2*math.Pi*float64(n)/float64(b.window-1))
	}
	mel := func(hz float64) float64 { return 1127 * math.Log1p(hz/700) }
	low, step := mel(k.LowHz), (mel(nyquist)-mel(k.LowHz))/float64(k.Bins+1)
	for m := range k.Bins {
		left := low + float64(m)*step
		t := triangle{from: -1}
		for i := range b.size / 2 { // the last bin, of half the sample rate, has no weight
			at := mel(float64(i) * float64(k.SampleRateHz) / float64(b.size))
			if w := min((at-left)/step, (left+2*step-at)/step); w > 0 {
				if t.from < 0 {
					t.from = i
				}
				t.weights = append(t.weights, w)
			}
		}
		t.from = max(t.from, 0)
		b.triangles = append(b.triangles, t)
	}
	b.spectra.New = func() any { return newSpectrum(b.size) }
	return b, nil
}

// Transform gives values of shape [Bins, frames], low frequencies first. (Kaldi has time first.) Without Frames, a
// recording of n samples has 1 + (n - window)/shift frames. It returns an error for a recording that is shorter than a
// window.
func (b *KaldiBank) Transform(samples []float32) (values []float32, frames int, err error) {
	if len(samples) < b.window {
		return nil, 0, fmt.Errorf("audio: %d samples, want at least %d for a window of %v ms at %d Hz", len(samples), b.window, b.k.WindowMs, b.k.SampleRateHz)
	}
	have := 1 + (len(samples)-b.window)/b.shift
	if frames = have; b.k.Frames > 0 {
		frames = b.k.Frames
	}
	mean := 0.0
	if !b.k.KeepMean {
		for _, v := range samples {
			mean += float64(v) / float64(len(samples))
		}
	}
	s := b.spectra.Get().(*spectrum)
	defer b.spectra.Put(s)
	clear(s.frame)
	values = make([]float32, b.k.Bins*frames)
	for t := range min(have, frames) {
		b.frame(s.frame, samples[t*b.shift:][:b.window], mean)
		s.take()
		for m, filter := range b.triangles {
			values[m*frames+t] = float32(math.Log(max(filter.sum(s.power), kaldiFloor)))
		}
	}
	if b.k.Shift != 0 || b.k.Scale != 1 {
		for i, v := range values {
			values[i] = float32((float64(v) + b.k.Shift) * b.k.Scale)
		}
	}
	return values, frames, nil
}

// frame takes the mean out of a frame, raises its high frequencies and windows it.
func (b *KaldiBank) frame(to []float64, x []float32, mean float64) {
	own := 0.0
	for n, v := range x {
		to[n] = float64(v) - mean
		own += to[n] / float64(len(x))
	}
	last := to[0] - own // the sample before the first is thought equal to it
	for n := range x {
		v := to[n] - own
		to[n] = (v - b.k.PreEmphasis*last) * b.hann[n]
		last = v
	}
}

// Mel is the log mel spectrogram with Slaney's scale, linear below 1,000 Hz and logarithmic above, and triangles of equal
// area: librosa's by default. Frames are centred, with zeros before and behind the recording, under a periodic Hann window.
type Mel struct {
	SampleRateHz int
	Window, Hop  int // samples
	Bins         int // mel filters, from 0 Hz to half the sample rate
}

// Transform gives log(E + 1e-7) of the filters' energies E, of shape [Bins, 1 + n/Hop] for n samples. It returns an error
// for settings out of range and a recording without samples.
func (m Mel) Transform(samples []float32) (values []float32, frames int, err error) {
	if m.SampleRateHz < 1 || m.Window < 2 || m.Window%2 != 0 || m.Hop < 1 || m.Bins < 1 || len(samples) == 0 {
		return nil, 0, fmt.Errorf("audio: mel spectrogram %+v of %d samples, want an even window, a hop, filters, and samples", m, len(samples))
	}
	bank := m.bank()
	frames = 1 + len(samples)/m.Hop
	s, hann := newSpectrum(m.Window), periodicHann(m.Window)
	values = make([]float32, m.Bins*frames)
	for t := range frames {
		for n := range s.frame {
			s.frame[n] = 0
			if at := t*m.Hop + n - m.Window/2; at >= 0 && at < len(samples) {
				s.frame[n] = hann[n] * float64(samples[at])
			}
		}
		s.take()
		for k, filter := range bank {
			values[k*frames+t] = float32(math.Log(filter.sum(s.power) + Floor))
		}
	}
	return values, frames, nil
}

// bank makes the filters.
func (m Mel) bank() []triangle {
	const linear, corner = 200.0 / 3, 1000.0 // Hz a mel, and where the scale becomes logarithmic
	step := math.Log(6.4) / 27
	toHz := func(mel float64) float64 {
		if mel < corner/linear {
			return mel * linear
		}
		return corner * math.Exp(step*(mel-corner/linear))
	}
	nyquist := float64(m.SampleRateHz) / 2
	top := nyquist / linear
	if nyquist > corner {
		top = corner/linear + math.Log(nyquist/corner)/step
	}
	edge := func(i int) float64 { return toHz(top * float64(i) / float64(m.Bins+1)) }
	bank := make([]triangle, m.Bins)
	for k := range bank {
		left, middle, right := edge(k), edge(k+1), edge(k+2)
		t := triangle{from: -1}
		for i := range m.Window/2 + 1 {
			hz := float64(i) * float64(m.SampleRateHz) / float64(m.Window)
			w := min((hz-left)/(middle-left), (right-hz)/(right-middle))
			if w <= 0 {
				continue
			}
			if t.from < 0 {
				t.from = i
			}
			t.weights = append(t.weights, w*2/(right-left))
		}
		t.from = max(t.from, 0)
		bank[k] = t
	}
	return bank
}
