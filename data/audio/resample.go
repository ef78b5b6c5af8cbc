package audio

import (
	"fmt"
	"math"
	"slices"
	"sync"
)

// Resampler brings recordings from one sample rate to another. It is not changed once made, and may be used from several
// goroutines.
type Resampler struct {
	up, down int
	phases   [][][4]float64 // by (position·down) mod up: the taps that meet samples, in the samples' order, and zeros
	reach    []int          // how many samples before the present one each phase begins
	space    *sync.Pool     // of *[]float64: the recording between zeros
}

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
		return nil, fmt.Errorf("audio: resampling from %d Hz to %d Hz, want rates from 1 to %d", fromHz, toHz, maxRateHz)
	}
	g := divisor(fromHz, toHz)
	r := &Resampler{up: toHz / g, down: fromHz / g, space: &sync.Pool{New: func() any { return new([]float64) }}}
	if r.up == r.down {
		return r, nil
	}
	slow := max(r.up, r.down)
	half := zeroCrossing * slow
	taps, sum := make([]float64, 2*half+1), 0.0
	for n := range half + 1 { // the filter is its own mirror image
		x := float64(half-n) / float64(slow)
		taps[n] = sinc(x) * besselI0(kaiserBeta*math.Sqrt(max(0, 1-x*x/(zeroCrossing*zeroCrossing))))
		taps[2*half-n] = taps[n]
		sum += 2 * taps[n]
	}
	sum -= taps[half] // which is one tap
	r.phases, r.reach = make([][][4]float64, r.up), make([]int, r.up)
	for phase := range r.phases {
		// Output m lies phase behind a sample, on the grid on which samples are up apart. The sample k before that one
		// meets tap half + phase + k·up.
		r.reach[phase] = (half - phase) / r.up
		count := r.reach[phase] + 1 + (half+phase)/r.up
		fours := make([][4]float64, (count+3)/4)
		for i := range count {
			fours[i/4][i%4] = taps[half+phase+(r.reach[phase]-i)*r.up] / sum * float64(r.up)
		}
		r.phases[phase] = fours
	}
	return r, nil
}

// Resample gives ceil(len(x)·to/from) samples; before and behind the recording is silence.
func (r *Resampler) Resample(x []float32) []float32 {
	if r.up == r.down {
		return append([]float32(nil), x...)
	}
	out := make([]float32, (len(x)*r.up+r.down-1)/r.down)
	space := r.space.Get().(*[]float64)
	defer r.space.Put(space)
	before, behind := r.reach[0], 4*len(r.phases[r.up-1]) // no phase reaches farther back, or farther ahead
	padded := slices.Grow((*space)[:0], before+len(x)+behind)[:before+len(x)+behind]
	*space = padded
	clear(padded[:before])
	for n, v := range x {
		padded[before+n] = float64(v)
	}
	clear(padded[before+len(x):])
	at, phase := 0, 0 // of the output: behind which sample, and by how much
	for m := range out {
		taps := r.phases[phase]
		var a, b, c, d float64 // four sums that do not wait for each other
		from := padded[before+at-r.reach[phase]:]
		for i := range taps {
			x := (*[4]float64)(from)
			a += taps[i][0] * x[0]
			b += taps[i][1] * x[1]
			c += taps[i][2] * x[2]
			d += taps[i][3] * x[3]
			from = from[4:]
		}
		out[m] = float32(a + b + (c + d))
		at, phase = at+r.down/r.up, phase+r.down%r.up
		if phase >= r.up {
			at, phase = at+1, phase-r.up
		}
	}
	return out
}

// Resample resamples one recording, see [NewResampler]; for many of one rate make the filter once.
func Resample(x []float32, fromHz, toHz int) ([]float32, error) {
	r, err := NewResampler(fromHz, toHz)
	if err != nil {
		return nil, err
	}
	return r.Resample(x), nil
}

// Tile repeats a recording until it has n samples, and cuts it there. Nothing, repeated, is silence.
func Tile(x []float32, n int) []float32 {
	out := make([]float32, n)
	for have := copy(out, x); have > 0 && have < n; {
		have += copy(out[have:], out[:have])
	}
	return out
}

// Clip brings samples below -1 and above 1 to these, in place.
func Clip(x []float32) {
	for i, v := range x {
		if v > 1 {
			x[i] = 1
		} else if v < -1 {
			x[i] = -1
		}
	}
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
