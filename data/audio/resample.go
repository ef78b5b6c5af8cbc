package audio

import (
	"fmt"
	"math"
)

// Resampler brings recordings from one sample rate to another. It is not changed once made, and may be used from several
// goroutines.
type Resampler struct {
	up, down int
	phases   [][]float64 // by (position·down) mod up: the taps that meet samples, in the order of the samples
	reach    []int       // how many samples before the present one each phase begins
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
	r := &Resampler{up: toHz / g, down: fromHz / g}
	if r.up == r.down {
		return r, nil
	}
	slow := max(r.up, r.down)
	half := zeroCrossing * slow
	taps, sum := make([]float64, 2*half+1), 0.0
	for n := range taps {
		x := float64(n-half) / float64(slow)
		taps[n] = sinc(x) * besselI0(kaiserBeta*math.Sqrt(max(0, 1-x*x/(zeroCrossing*zeroCrossing))))
		sum += taps[n]
	}
	r.phases, r.reach = make([][]float64, r.up), make([]int, r.up)
	for phase := range r.phases {
		// Output m lies phase behind a sample, on the grid on which samples are up apart. The sample k before that one
		// meets tap half + phase + k·up.
		r.reach[phase] = (half - phase) / r.up
		for k := r.reach[phase]; half+phase+k*r.up >= 0; k-- {
			r.phases[phase] = append(r.phases[phase], taps[half+phase+k*r.up]/sum*float64(r.up))
		}
	}
	return r, nil
}

// Resample gives ceil(len(x)·to/from) samples; before and behind the recording is silence.
func (r *Resampler) Resample(x []float32) []float32 {
	if r.up == r.down {
		return append([]float32(nil), x...)
	}
	out := make([]float32, (len(x)*r.up+r.down-1)/r.down)
	for m := range out {
		at := m * r.down
		phase := at % r.up
		first := at/r.up - r.reach[phase]
		taps := r.phases[phase]
		from, to := max(0, -first), min(len(taps), len(x)-first)
		sum := 0.0
		for i := from; i < to; i++ {
			sum += taps[i] * float64(x[first+i])
		}
		out[m] = float32(sum)
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

// Tile repeats a recording until it has n samples, and cuts it there. x must hold at least one.
func Tile(x []float32, n int) []float32 {
	out := make([]float32, n)
	for at := 0; at < n; at += len(x) {
		copy(out[at:], x)
	}
	return out
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
