package audio

import (
	"cmp"
	"fmt"
)

// Floor is added to a magnitude before its logarithm, so that silence has one: log(1e-7) is about -16.1.
const Floor = 1e-7

// STFT says how a spectrogram is made.
type STFT struct {
	Window  int // samples of a frame, which is also the length of its Fourier transform
	Hop     int // samples from one frame to the next
	Bins    int // frequencies of the result; 0 keeps Window/2 + 1
	Frames  int // times of the result; 0 keeps as many as there are
	Padding Padding
}

// Plan is a spectrogram's window and transform, prepared for many recordings. Several goroutines may use it.
type Plan struct {
	stft    STFT
	framing framing
	log     *rootLogarithm
}

// Plan prepares. It returns an error for sizes below their least.
func (s STFT) Plan() (*Plan, error) {
	if s.Bins < 0 || s.Frames < 0 {
		return nil, fmt.Errorf("audio: spectrogram of %d bins and %d frames, want none below 0", s.Bins, s.Frames)
	}
	f, err := newFraming(s.Window, s.Hop, s.Padding)
	if err != nil {
		return nil, err
	}
	return &Plan{s, f, newRootLogarithm(f.log)}, nil
}

// Transform is the logarithm of the magnitude of the short-time Fourier transform: log(|X| + 1e-7), natural, where X[f,
// t] is the Fourier sum over the samples of frame t, each times the periodic Hann window 0.5 - 0.5 cos(2πn/window),
// without scaling. Frame t begins at sample t·hop or, with padding, half a window earlier. Frames that would reach
// beyond the recording, or its padding, are left out; without padding, a recording shorter than the window is completed
// with zeros to one frame. There are window/2 + 1 frequencies.
//
// The result is pooled to shape [Bins, Frames], see [Pool]: a long and a short recording thus fill the same time axis,
// and duration does not show. frames is how many times it has. Transform returns an error for a recording without
// samples and for a sample that is not finite.
func (p *Plan) Transform(samples []float32) (values []float32, frames int, err error) {
	if err := checkSamples(samples); err != nil {
		return nil, 0, err
	}
	bins, frames := p.stft.Window/2+1, p.framing.frames(len(samples))
	values = make([]float32, bins*frames)
	outBins, outFrames := cmp.Or(p.stft.Bins, bins), cmp.Or(p.stft.Frames, frames)
	if outBins == bins && outFrames == frames {
		p.framing.each(samples, func(t int, power []float64) { p.log.each(power, values[t:], frames) })
		return values, frames, nil
	}
	// Means of many values keep the last digits that they have always had: runs on record were trained on them.
	p.framing.each(samples, func(t int, power []float64) { p.log.exactly(power, values[t:], frames) })
	return Pool(values, bins, frames, outBins, outFrames), outFrames, nil
}

// Spectrogram makes one recording's, see [Plan.Transform]; for many make the plan once.
func Spectrogram(samples []float32, s STFT) ([]float32, error) {
	p, err := s.Plan()
	if err != nil {
		return nil, err
	}
	values, _, err := p.Transform(samples)
	return values, err
}

// LogMagnitude makes a spectrogram that is neither padded nor pooled, see [Plan.Transform], of shape [bins, frames].
func LogMagnitude(samples []float32, window, hop int) (values []float32, bins, frames int, err error) {
	return logMagnitude(samples, STFT{Window: window, Hop: hop})
}

// CentredLog is [LogMagnitude] with [ConstantPadding]: frame t is centred on sample t·hop, and there are 1 + n/hop
// frames of n samples for an even window. For [ReflectPadding] make an [STFT.Plan].
func CentredLog(samples []float32, window, hop int) (values []float32, bins, frames int, err error) {
	return logMagnitude(samples, STFT{Window: window, Hop: hop, Padding: ConstantPadding})
}

func logMagnitude(samples []float32, s STFT) (values []float32, bins, frames int, err error) {
	p, err := s.Plan()
	if err != nil {
		return nil, 0, 0, err
	}
	values, frames, err = p.Transform(samples)
	if err != nil {
		return nil, 0, 0, err
	}
	return values, s.Window/2 + 1, frames, nil
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
