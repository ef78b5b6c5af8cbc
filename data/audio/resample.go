package audio

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

// Resampler brings recordings from one sample rate to another. It is not changed once made, and may be used from
// several goroutines.
//
// Outputs that lie a period apart meet the same taps, at samples that lie a period apart too: they are the product of a
// matrix, whose rows are overlapping stretches of the recording, and the taps. gonum's takes several rows at a time.
type Resampler struct {
	up, down int
	reach    int        // how many samples before its own, or after the next, an output's taps meet at most
	period   int        // in samples: a multiple of down, and no less than an output has taps
	phases   []phase    // of the outputs of a period
	space    *sync.Pool // of *resampling
}

// phase is how an output, and those that lie periods behind it, come from samples.
type phase struct {
	from int       // the first sample that meets a tap, counted from reach samples before the recording
	taps []float64 // in the samples' order
}

// resampling is space for a recording.
type resampling struct {
	padded []float64             // the recording between zeros
	column [blockPeriods]float64 // outputs of one phase
}

// blockPeriods is how many periods are resampled before the next ones: their samples stay close to the processor
// meanwhile.
const blockPeriods = 64

const (
	kaiserBeta   = 5.0
	zeroCrossing = 10     // of the filter on either side, at the lower of the two rates
	maxRateHz    = 768000 // bounds the filter of rates that have no common divisor
)

// NewResampler makes the filter: a sinc that cuts off at half the lower rate, under a Kaiser window with β = 5 and ten
// zeros on either side, as scipy.signal.resample_poly has it. It returns an error for a rate that is not between 1 and
// 768,000 Hz.
func NewResampler(fromHz, toHz int) (*Resampler, error) {
	if fromHz < 1 || toHz < 1 || fromHz > maxRateHz || toHz > maxRateHz {
		return nil, fmt.Errorf(
			"audio: resampling from %d Hz to %d Hz, want rates from 1 to %d", fromHz, toHz, maxRateHz,
		)
	}
	g := divisor(fromHz, toHz)
	r := &Resampler{up: toHz / g, down: fromHz / g, space: &sync.Pool{New: func() any { return new(resampling) }}}
	if r.up == r.down {
		return r, nil
	}
	slow := max(r.up, r.down)
	half := zeroCrossing * slow
	filter, sum := make([]float64, 2*half+1), 0.0
	for n := range half + 1 { // the filter is its own mirror image
		x := float64(half-n) / float64(slow)
		filter[n] = sinc(x) * besselI0(kaiserBeta*math.Sqrt(max(0, 1-x*x/(zeroCrossing*zeroCrossing))))
		filter[2*half-n] = filter[n]
		sum += 2 * filter[n]
	}
	sum -= filter[half] // which is one tap
	r.reach = half / r.up
	// so that a period is no shorter than the 2·reach + 2 taps of an output
	repeats := (2*r.reach + 1 + r.down) / r.down
	r.period, r.phases = repeats*r.down, make([]phase, repeats*r.up)
	taps := make([]float64, 0, len(filter)) // of all phases: each tap of the filter is one's
	for m := range r.up {
		// Output m lies behind a sample, on the grid on which samples are up apart. The sample k before that one meets
		// tap half + behind + k·up.
		at, behind := m*r.down/r.up, m*r.down%r.up
		before, begin := (half-behind)/r.up, len(taps)
		for n := half + behind + before*r.up; n >= 0; n -= r.up {
			taps = append(taps, filter[n]/sum*float64(r.up))
		}
		for k := range repeats {
			r.phases[m+k*r.up] = phase{r.reach + at - before + k*r.down, taps[begin:]}
		}
	}
	return r, nil
}

// Resample gives ceil(len(x)·to/from) samples; before and behind the recording is silence.
func (r *Resampler) Resample(x []float32) []float32 {
	return r.Append(make([]float32, 0, r.length(len(x))), x)
}

// length is how many samples n ones become.
func (r *Resampler) length(n int) int { return (n*r.up + r.down - 1) / r.down }

// Append appends what [Resampler.Resample] gives to a slice, which must not overlap x, and returns it.
func (r *Resampler) Append(to, x []float32) []float32 {
	if r.up == r.down {
		return append(to, x...)
	}
	n := len(to) + r.length(len(x))
	to = slices.Grow(to, n-len(to))[:n]
	out := to[n-r.length(len(x)):]
	s := r.space.Get().(*resampling)
	defer r.space.Put(s)
	s.pad(x, r.reach)
	each := len(r.phases)
	for first := 0; first < len(out); first += blockPeriods * each {
		y, x := out[first:min(first+blockPeriods*each, len(out))], s.padded[first/each*r.period:]
		for m, p := range r.phases[:min(each, len(y))] {
			rows := (len(y) - m + each - 1) / each
			blas64.Gemv(blas.NoTrans, 1, blas64.General{
				Rows: rows, Cols: len(p.taps), Stride: r.period, Data: x[p.from:],
			},
				blas64.Vector{N: len(p.taps), Inc: 1, Data: p.taps}, 0,
				blas64.Vector{N: rows, Inc: 1, Data: s.column[:rows]})
			for _, v := range s.column[:rows] {
				y[m] = float32(v)
				m += each
			}
		}
	}
	return to
}

// pad puts zeros before and behind a recording, as far as the taps of its first and last output reach.
func (s *resampling) pad(x []float32, reach int) {
	n := reach + len(x) + reach + 1
	s.padded = slices.Grow(s.padded[:0], n)[:n]
	clear(s.padded[:reach])
	for i, v := range x {
		s.padded[reach+i] = float64(v)
	}
	clear(s.padded[reach+len(x):])
}

// Resample resamples one recording, see [NewResampler]; for many of one rate make the filter once.
func Resample(x []float32, fromHz, toHz int) ([]float32, error) {
	r, err := NewResampler(fromHz, toHz)
	if err != nil {
		return nil, err
	}
	return r.Resample(x), nil
}

func divisor(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// besselI0 is the modified Bessel function of the first kind of order 0, by its series: exact for the small x here.
func besselI0(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-17*sum; k++ {
		term *= x / (2 * k) * x / (2 * k)
		sum += term
	}
	return sum
}
