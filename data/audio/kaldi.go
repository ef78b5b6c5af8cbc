package audio

import (
	"fmt"
	"math"
	"sync"
)

// Kaldi is the log mel filter bank of the Kaldi toolkit: frames that lie in the recording alone, each without its mean
// and with its high frequencies raised, under a symmetric Hann window; the power spectrum, weighed by triangles that
// are equally wide on the HTK mel scale; the natural logarithm. The zero values of its fields stand for the usual ones.
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
	log           *logarithm
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
	b := &KaldiBank{
		k: k, window: int(float64(k.SampleRateHz) * k.WindowMs / 1000),
		shift: int(float64(k.SampleRateHz) * k.ShiftMs / 1000), size: 1,
	}
	nyquist := float64(k.SampleRateHz) / 2
	if b.window < 2 || b.window > 1<<20 || b.shift < 1 || k.Bins < 1 || k.Bins > 1<<12 || k.Frames < 0 ||
		k.LowHz < 0 || k.LowHz >= nyquist {
		return nil, fmt.Errorf(
			"audio: Kaldi filter bank %+v, want a window of at least 2 samples, a shift of at least 1, filters, and "+
				"frequencies below %v Hz",
			k, nyquist,
		)
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
		var t triangle
		for i := range b.size / 2 { // the last bin, of half the sample rate, has no weight
			at := mel(float64(i) * float64(k.SampleRateHz) / float64(b.size))
			t.add(i, min((at-left)/step, (left+2*step-at)/step))
		}
		b.triangles = append(b.triangles, t)
	}
	b.log = newLogarithm()
	b.spectra.New = func() any { return newSpectrum(b.size) }
	return b, nil
}

// Transform gives values of shape [Bins, frames], low frequencies first. (Kaldi has time first.) Without Frames, a
// recording of n samples has 1 + (n - window)/shift frames. It returns an error for a recording that is shorter than a
// window.
func (b *KaldiBank) Transform(samples []float32) (values []float32, frames int, err error) {
	if err := checkSamples(samples); err != nil {
		return nil, 0, err
	}
	if len(samples) < b.window {
		return nil, 0, fmt.Errorf(
			"audio: %d samples, want at least %d for a window of %v ms at %d Hz", len(samples), b.window, b.k.WindowMs,
			b.k.SampleRateHz,
		)
	}
	have := 1 + (len(samples)-b.window)/b.shift
	if frames = have; b.k.Frames > 0 {
		frames = b.k.Frames
	}
	mean := 0.0
	if !b.k.KeepMean {
		for _, v := range samples {
			mean += float64(v)
		}
		mean /= float64(len(samples))
	}
	s := b.spectra.Get().(*spectrum)
	defer b.spectra.Put(s)
	clear(s.frame)
	values = make([]float32, b.k.Bins*frames)
	for t := range min(have, frames) {
		b.frame(s.frame, samples[t*b.shift:][:b.window], mean)
		s.take()
		for m := range b.triangles {
			values[m*frames+t] = float32(b.log.of(max(b.triangles[m].sum(s.power), kaldiFloor)))
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
	for _, v := range x {
		own += float64(v) - mean
	}
	offset := mean + own/float64(len(x))
	last := float64(x[0]) - offset // the sample before the first is thought equal to it
	hann := b.hann[:len(x)]
	to = to[:len(x)]
	for n, v := range x {
		v := float64(v) - offset
		to[n] = (v - b.k.PreEmphasis*last) * hann[n]
		last = v
	}
}
