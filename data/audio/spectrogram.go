package audio

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/dsp/fourier"
)

// Floor is added to a magnitude before its logarithm, so that silence has one: log(1e-7) is about -16.1.
const Floor = 1e-7

// STFT says how a spectrogram is made.
type STFT struct {
	Window int // samples of a frame, which is also the length of its Fourier transform
	Hop    int // samples from one frame to the next
	Bins   int // frequencies of the result; 0 keeps Window/2 + 1
	Frames int // times of the result; 0 keeps as many as there are
}

// Spectrogram is the logarithm of the magnitude of the short-time Fourier transform, see [LogMagnitude], pooled to
// shape [Bins, Frames], see [Pool]. A long and a short recording thus fill the same time axis: duration does not show.
// It returns an error for sizes below their least and for a recording without samples.
func Spectrogram(samples []float32, s STFT) ([]float32, error) {
	if s.Bins < 0 || s.Frames < 0 {
		return nil, fmt.Errorf("audio: spectrogram of %d bins and %d frames, want none below 0", s.Bins, s.Frames)
	}
	x, bins, frames, err := LogMagnitude(samples, s.Window, s.Hop)
	if err != nil {
		return nil, err
	}
	if s.Bins == 0 {
		s.Bins = bins
	}
	if s.Frames == 0 {
		s.Frames = frames
	}
	return Pool(x, bins, frames, s.Bins, s.Frames), nil
}

// LogMagnitude is log(|X| + 1e-7), natural, where X[f, t] is the Fourier sum over window samples from t*hop on, each
// times the periodic Hann window 0.5 - 0.5 cos(2πn/window), without scaling. values has shape [bins, frames] with
// bins = window/2 + 1. Frames that would reach beyond the recording are left out; a recording shorter than the
// window is completed with zeros to one frame. Whoever wants frames centred on their time puts window/2 zeros before
// and behind. It returns an error when window < 2, hop < 1, or there are no samples.
func LogMagnitude(samples []float32, window, hop int) (values []float32, bins, frames int, err error) {
	switch {
	case window < 2:
		return nil, 0, 0, fmt.Errorf("audio: window of %d samples, want at least 2", window)
	case hop < 1:
		return nil, 0, 0, fmt.Errorf("audio: hop of %d samples, want at least 1", hop)
	case len(samples) == 0:
		return nil, 0, 0, fmt.Errorf("audio: no samples, want at least 1")
	}
	bins, frames = window/2+1, 1
	if len(samples) > window {
		frames += (len(samples) - window) / hop
	}
	hann := periodicHann(window)
	fft := fourier.NewFFT(window)
	frame, x := make([]float64, window), make([]complex128, bins)
	values = make([]float32, bins*frames)
	for t := range frames {
		part := samples[t*hop:]
		for n := range frame {
			frame[n] = 0
			if n < len(part) {
				frame[n] = hann[n] * float64(part[n])
			}
		}
		fft.Coefficients(x, frame)
		for f, c := range x {
			magnitude := math.Sqrt(real(c)*real(c) + imag(c)*imag(c))
			values[f*frames+t] = float32(math.Log(magnitude + Floor))
		}
	}
	return values, bins, frames, nil
}

// periodicHann is 0.5 - 0.5 cos(2πn/window).
func periodicHann(window int) []float64 {
	hann := make([]float64, window)
	for n := range hann {
		hann[n] = 0.5 - 0.5*math.Cos(2*math.Pi*float64(n)/float64(window))
	}
	return hann
}

// Pool is the adaptive mean: x of shape [rows, columns] becomes [outRows, outColumns], whose value (i, j) is the mean
// over rows floor(i*rows/outRows) up to, and without, ceil((i+1)*rows/outRows), and columns likewise. Enlarging
// repeats values. All four numbers must be at least 1, and x as long as its shape says.
func Pool(x []float32, rows, columns, outRows, outColumns int) []float32 {
	narrow := make([]float64, rows*outColumns)
	for r := range rows {
		row := x[r*columns : (r+1)*columns]
		for j := range outColumns {
			from, to := span(j, columns, outColumns)
			sum := 0.0
			for _, v := range row[from:to] {
				sum += float64(v)
			}
			narrow[r*outColumns+j] = sum / float64(to-from)
		}
	}
	out := make([]float32, outRows*outColumns)
	for i := range outRows {
		from, to := span(i, rows, outRows)
		for j := range outColumns {
			sum := 0.0
			for r := from; r < to; r++ {
				sum += narrow[r*outColumns+j]
			}
			out[i*outColumns+j] = float32(sum / float64(to-from))
		}
	}
	return out
}

// span is the part of n places that the i-th of m results is the mean of.
func span(i, n, m int) (from, to int) {
	return i * n / m, ((i+1)*n + m - 1) / m
}

// CentredLog is [LogMagnitude] of the recording with window/2 zeros before and behind, as librosa pads by default: frame t
// is centred on sample t·hop, and there are 1 + n/hop frames of n samples for an even window.
func CentredLog(samples []float32, window, hop int) (values []float32, bins, frames int, err error) {
	if window < 2 || len(samples) == 0 {
		return LogMagnitude(samples, window, hop) // which says so
	}
	padded := make([]float32, len(samples)+window/2*2)
	copy(padded[window/2:], samples)
	return LogMagnitude(padded, window, hop)
}
