package audio

import (
	"fmt"
	"math"
)

// triangle is a filter of a mel filter bank: weights of neighbouring bins of a power spectrum.
type triangle struct {
	from    int
	weights []float64
}

// add appends the weight of bin i, the one behind those before, unless it is none.
func (t *triangle) add(i int, weight float64) {
	if weight <= 0 {
		return
	}
	if t.weights == nil {
		t.from = i
	}
	t.weights = append(t.weights, weight)
}

// sum weighs a power spectrum.
func (t *triangle) sum(power []float64) float64 {
	sum := 0.0
	power = power[t.from:][:len(t.weights)]
	for i, w := range t.weights {
		sum += w * power[i]
	}
	return sum
}

// Mel is the log mel spectrogram with Slaney's scale, linear below 1,000 Hz and logarithmic above, and triangles of
// equal area: librosa's by default. Frames are centred and lie under a periodic Hann window.
type Mel struct {
	SampleRateHz int
	Window, Hop  int     // samples
	Bins         int     // mel filters, from 0 Hz to half the sample rate
	Floor        float64 // added to an energy before its logarithm; 0: 1e-7
	Padding      Padding // NoPadding stands for ConstantPadding
}

// MelBank is a log mel spectrogram's window, transform and filters, prepared. Several goroutines may use it.
type MelBank struct {
	floor     float64
	framing   framing
	triangles []triangle
}

// Bank makes the filters. It returns an error for settings out of range.
func (m Mel) Bank() (*MelBank, error) {
	if m.Floor == 0 {
		m.Floor = Floor
	}
	if m.Padding == NoPadding {
		m.Padding = ConstantPadding
	}
	if m.SampleRateHz < 1 || m.Bins < 1 || m.Bins > maxFilters || !(m.Floor >= leastFloor) {
		return nil, fmt.Errorf(
			"audio: mel spectrogram %+v, want a sample rate, between 1 and %d filters and a floor of at least %v", m,
			maxFilters, leastFloor,
		)
	}
	f, err := newFraming(m.Window, m.Hop, m.Padding)
	if err != nil {
		return nil, err
	}
	return &MelBank{m.Floor, f, m.triangles()}, nil
}

const (
	maxFilters = 1 << 12
	leastFloor = 1e-300
)

// Transform gives log(E + Floor) of the filters' energies E, of shape [Bins, frames]: 1 + n/Hop frames of n samples and
// an even window. It returns an error for a recording without samples and for a sample that is not finite.
func (b *MelBank) Transform(samples []float32) (values []float32, frames int, err error) {
	if err := checkSamples(samples); err != nil {
		return nil, 0, err
	}
	frames = b.framing.frames(len(samples))
	values = make([]float32, len(b.triangles)*frames)
	log := b.framing.log
	b.framing.each(samples, func(t int, power []float64) {
		for k := range b.triangles {
			values[k*frames+t] = float32(log.of(b.triangles[k].sum(power) + b.floor))
		}
	})
	return values, frames, nil
}

// Transform makes one recording's, see [MelBank.Transform]; for many make the bank once.
func (m Mel) Transform(samples []float32) (values []float32, frames int, err error) {
	b, err := m.Bank()
	if err != nil {
		return nil, 0, err
	}
	return b.Transform(samples)
}

// triangles are the filters.
func (m Mel) triangles() []triangle {
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
		for i := range m.Window/2 + 1 {
			hz := float64(i) * float64(m.SampleRateHz) / float64(m.Window)
			bank[k].add(i, min((hz-left)/(middle-left), (right-hz)/(right-middle))*2/(right-left))
		}
	}
	return bank
}
