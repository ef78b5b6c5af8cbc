package audio

import (
	"fmt"
	"math"
	"sync"
)

// Padding says what lies before and behind a recording. With padding, frame t is centred on sample t·hop; half a window
// is added on either side.
type Padding int

// Paddings. Which one librosa takes by default has changed with its releases.
const (
	NoPadding       Padding = iota // nothing: frames lie in the recording alone, the first one at its first sample
	ConstantPadding                // silence: librosa's pad_mode "constant", its default today
	// ReflectPadding is the recording mirrored at its ends, which do not repeat: "reflect", its former default.
	ReflectPadding
)

// String is librosa's word.
func (p Padding) String() string {
	switch p {
	case NoPadding:
		return "none"
	case ConstantPadding:
		return "constant"
	case ReflectPadding:
		return "reflect"
	}
	return fmt.Sprintf("padding %d", int(p))
}

// framing cuts recordings into frames under a periodic Hann window and transforms them. It is not changed once made.
type framing struct {
	window, hop int
	padding     Padding
	hann        []float64
	log         *logarithm
	spectra     *sync.Pool
}

func newFraming(window, hop int, padding Padding) (framing, error) {
	switch {
	case window < 2 || window > maxWindow:
		return framing{}, fmt.Errorf("audio: window of %d samples, want between 2 and %d", window, maxWindow)
	case hop < 1:
		return framing{}, fmt.Errorf("audio: hop of %d samples, want at least 1", hop)
	case padding < NoPadding || padding > ReflectPadding:
		return framing{}, fmt.Errorf(
			"audio: %v, want %v, %v or %v", padding, NoPadding, ConstantPadding, ReflectPadding,
		)
	}
	f := framing{
		window, hop, padding, make([]float64, window), newLogarithm(),
		&sync.Pool{New: func() any { return newSpectrum(window) }},
	}
	for n := range f.hann {
		f.hann[n] = 0.5 - 0.5*math.Cos(2*math.Pi*float64(n)/float64(window))
	}
	return f, nil
}

// maxWindow bounds the plan: 24 seconds at 44,100 Hz.
const maxWindow = 1 << 20

// frames is how many a recording of n samples has: without padding, those that lie in it, and one of a shorter
// recording.
func (f framing) frames(n int) int {
	if f.padding != NoPadding {
		n += f.window / 2 * 2
	}
	return 1 + max(0, n-f.window)/f.hop
}

// each transforms the frames one after another. use may read the squared magnitudes while it runs.
func (f framing) each(samples []float32, use func(t int, power []float64)) {
	s := f.spectra.Get().(*spectrum)
	defer f.spectra.Put(s)
	before := 0
	if f.padding != NoPadding {
		before = f.window / 2
	}
	for t := range f.frames(len(samples)) {
		f.cut(s.frame, samples, t*f.hop-before)
		s.take()
		use(t, s.power)
	}
}

// cut takes a frame from a place on, which may lie before the recording, and windows it.
func (f framing) cut(to []float64, samples []float32, start int) {
	from, end := max(0, -start), min(f.window, len(samples)-start)
	if from < end {
		hann, x := f.hann[from:end], samples[start+from:start+end]
		inside := to[from:end]
		inside, x = inside[:len(hann)], x[:len(hann)]
		for n, w := range hann {
			inside[n] = w * float64(x[n])
		}
	}
	if from == 0 && end == f.window {
		return
	}
	outside := func(n int) {
		to[n] = 0
		if f.padding == ReflectPadding {
			to[n] = f.hann[n] * float64(samples[mirrored(start+n, len(samples))])
		}
	}
	for n := range min(from, f.window) {
		outside(n)
	}
	for n := max(from, end, 0); n < f.window; n++ {
		outside(n)
	}
}

// mirrored brings a place outside n samples into them, from end to end as often as it takes.
func mirrored(at, n int) int {
	if n == 1 {
		return 0
	}
	period := 2 * (n - 1)
	at = (at%period + period) % period
	return min(at, period-at)
}

// checkSamples wants at least one, and finite ones.
func checkSamples(samples []float32) error {
	if len(samples) == 0 {
		return fmt.Errorf("audio: no samples, want at least 1")
	}
	if finite(samples) {
		return nil
	}
	for i, v := range samples {
		if v-v != 0 {
			return fmt.Errorf("audio: sample %d is %v, want a finite number", i, v)
		}
	}
	return nil
}

// finite says whether all samples are: those that are not give no zero when they are taken from themselves.
func finite(samples []float32) bool {
	var a, b, c, d float32 // four sums of zeros, that do not wait for each other
	for ; len(samples) >= 4; samples = samples[4:] {
		a += samples[0] - samples[0]
		b += samples[1] - samples[1]
		c += samples[2] - samples[2]
		d += samples[3] - samples[3]
	}
	for _, v := range samples {
		a += v - v
	}
	return a+b+c+d == 0
}
