package audio

import "math"

// logarithm is the natural one of positive normal numbers, by a table: off by less than 1e-15 and, for numbers far
// from 1, two units in the last place, in a third of the time of [math.Log].
type logarithm [1 << tableBits]struct{ inverse, log float64 }

const (
	tableBits    = 7
	mantissaBits = 52
	exponentBias = 1023
)

func newLogarithm() *logarithm {
	l := new(logarithm)
	for i := range l {
		middle := 1 + (float64(i)+0.5)/(1<<tableBits)
		l[i].inverse, l[i].log = 1/middle, math.Log(middle)
	}
	return l
}

// of splits x into 2^k·middle·(1 + r) with |r| below 1/256, where the series of log(1 + r) needs five terms.
func (l *logarithm) of(x float64) float64 {
	b := math.Float64bits(x)
	at := &l[b>>(mantissaBits-tableBits)&(1<<tableBits-1)]
	r := math.Float64frombits(b&(1<<mantissaBits-1)|exponentBias<<mantissaBits)*at.inverse - 1
	return float64(int(b>>mantissaBits)-exponentBias)*math.Ln2 + at.log + r*(1+r*(-1./2+r*(1./3+r*(-1./4+r/5))))
}

// rootLogarithm is that of a magnitude and [Floor], log(√p + Floor), for results that are kept as float32: of that
// rounding's error it adds a fortieth at most. Of powers that sound has it takes no root, which would take longer than
// all the rest.
type rootLogarithm struct {
	mantissas [1 << rootBits]struct{ inverse, log, root float64 } // of a mantissa m: 1/m, log(m)/2, 1/√m
	// of 2^k, k from leastExponent on: log(2^k)/2, Floor/√2^k
	exponents [96]struct{ log, floor float64 }
	exact     *logarithm
}

const (
	rootBits      = 8
	leastExponent = -30 // a magnitude of 300 Floor, to which the floor adds 1/300
)

func newRootLogarithm(exact *logarithm) *rootLogarithm {
	l := &rootLogarithm{exact: exact}
	for i := range l.mantissas {
		middle := 1 + (float64(i)+0.5)/(1<<rootBits)
		m := &l.mantissas[i]
		m.inverse, m.log, m.root = 1/middle, math.Log(middle)/2, 1/math.Sqrt(middle)
	}
	for i := range l.exponents {
		half := float64(leastExponent+i) / 2
		l.exponents[i].log, l.exponents[i].floor = half*math.Ln2, Floor*math.Exp2(-half)
	}
	return l
}

// each writes the logarithms of powers, a step apart.
//
// A power is split into 2^k·m·(1 + 2r) with |r| below 1/1024: half its logarithm is that of 2^k·m and r - r². The floor
// is a share t of the magnitude and adds t - t²/2.
func (l *rootLogarithm) each(power []float64, to []float32, step int) {
	at := 0
	for _, p := range power {
		b := math.Float64bits(p)
		// one below 0 is a large one
		if k := b>>mantissaBits - (exponentBias + leastExponent); k < uint64(len(l.exponents)) {
			m, e := &l.mantissas[b>>(mantissaBits-rootBits)&(1<<rootBits-1)], &l.exponents[k]
			r := math.Float64frombits(b&(1<<mantissaBits-1)|(exponentBias-1)<<mantissaBits)*m.inverse - 0.5
			t := e.floor * m.root * (1 - r)
			to[at] = float32(e.log + m.log + (r*(1-r) + t*(1-t/2)))
		} else {
			to[at] = float32(l.exact.of(math.Sqrt(p) + Floor))
		}
		at += step
	}
}

// exactly is each with every logarithm rounded once.
func (l *rootLogarithm) exactly(power []float64, to []float32, step int) {
	for i, p := range power {
		to[i*step] = float32(l.exact.of(math.Sqrt(p) + Floor))
	}
}
