package audio

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestLogarithm(t *testing.T) {
	l := newLogarithm()
	check := func(x float64) {
		t.Helper()
		want := math.Log(x)
		// Five terms leave 6e-16 of the series; sums of up to 700 are rounded to 1e-13.
		if got := l.of(x); math.Abs(got-want) > 1e-15+4e-16*math.Abs(want) {
			t.Errorf("logarithm of %v is %v, want %v", x, got, want)
		}
	}
	for _, x := range []float64{1, 2, math.Nextafter(1, 0), math.Nextafter(1, 2), math.Nextafter(2, 0), Floor, kaldiFloor, 0x1p-1022, math.MaxFloat64} {
		check(x) // ends of the table, of the range, and the least numbers that come
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 100000 {
		check(math.Exp(80*rng.Float64() - 40))
	}
}
