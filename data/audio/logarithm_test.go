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
	for _, x := range []float64{
		1, 2, math.Nextafter(1, 0), math.Nextafter(1, 2), math.Nextafter(2, 0), Floor, kaldiFloor, 0x1p-1022,
		math.MaxFloat64,
	} {
		check(x) // ends of the table, of the range, and the least numbers that come
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 100000 {
		check(math.Exp(80*rng.Float64() - 40))
	}
}

// TestRootLogarithm compares with the formula as it is written.
func TestRootLogarithm(t *testing.T) {
	l := newRootLogarithm(newLogarithm())
	powers := []float64{
		0, 0x1p-1074, 1e-30, Floor * Floor, 1e-12, math.Nextafter(0x1p-30, 0), 0x1p-30, math.Nextafter(0x1p66, 0),
		0x1p66, 1e81,
	}
	for k := range 1 << rootBits { // ends of the table, near 1, where the logarithm is smallest
		powers = append(powers, 1+float64(k)/(1<<rootBits), math.Nextafter(1+float64(k)/(1<<rootBits), 0))
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 100000 {
		powers = append(powers, math.Exp(100*rng.Float64()-50))
	}
	const step = 3
	got := make([]float32, step*len(powers)-step+1)
	l.each(powers, got, step)
	for i, p := range powers {
		want := math.Log(math.Sqrt(p) + Floor)
		// Rounding to float32 leaves 6e-8 of the value at most. The tables' series leave 2e-9, and beside the floor
		// 1.3e-8 where the value is near -10, a fortieth of that.
		if g := float64(got[i*step]); math.Abs(g-want) > 6e-8*math.Abs(want)*1.025+2e-9 {
			t.Errorf("of power %v: %v, want %v", p, g, want)
		}
		if i > 0 && (got[i*step-1] != 0 || got[i*step-2] != 0) {
			t.Fatalf("of power %v: written beside its place", p)
		}
	}
}

func BenchmarkRootLogarithm(b *testing.B) {
	l := newRootLogarithm(newLogarithm())
	rng := rand.New(rand.NewPCG(1, 1))
	powers, to := make([]float64, 257), make([]float32, 257)
	for i := range powers {
		powers[i] = math.Exp(20*rng.Float64() - 10)
	}
	b.ReportAllocs()
	for b.Loop() {
		l.each(powers, to, 1)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "frames/s")
}
