package audio

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestResampleReference(t *testing.T) {
	r := reference(t)
	for _, tt := range r.Resample {
		got, err := Resample(r.samples()[:600], tt.From, tt.To)
		if err != nil {
			t.Fatal(err)
		}
		// The result is rounded to float32, of values below 1.
		near(t, fmt.Sprintf("%d to %d Hz", tt.From, tt.To), got, tt.Values, 1e-7)
	}
}

// TestResampleTwin sums over the whole filter, as the definition has it.
func TestResampleTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, tt := range []struct {
		rates   [2]int
		samples int
		reason  string
	}{
		{[2]int{3, 2}, 37, "a period of 33 samples"},
		{[2]int{2, 3}, 37, "likewise the other way round"},
		{[2]int{7, 5}, 37, "rates far from each other's multiples"},
		{[2]int{1, 4}, 37, "one phase keeps the samples"},
		{[2]int{4, 1}, 37, "outputs meet 81 samples, twice the recording"},
		{[2]int{101, 103}, 37, "less than a period"},
		{[2]int{5, 5}, 37, "the recording itself"},
		{[2]int{3, 2}, 2*blockPeriods*33 + 5, "periods for two blocks, and a third that ends within the first"},
		{[2]int{2, 3}, blockPeriods * 22, "as many periods as a block has"},
	} {
		rates, x := tt.rates, make([]float32, tt.samples)
		for i := range x {
			x[i] = rng.Float32() - 0.5
		}
		up, down := rates[1], rates[0]
		if up == down {
			up, down = 1, 1
		}
		slow := max(up, down)
		half := 10 * slow
		taps, sum := make([]float64, 2*half+1), 0.0
		for n := range taps {
			u := float64(n-half) / float64(half)
			taps[n] = sinc(float64(n-half)/float64(slow)) * besselI0(5*math.Sqrt(1-u*u))
			sum += taps[n]
		}
		want := make([]float64, (len(x)*up+down-1)/down)
		for m := range want {
			for k, v := range x {
				if at := half + m*down - k*up; at >= 0 && at < len(taps) {
					want[m] += taps[at] / sum * float64(up) * float64(v)
				}
			}
		}
		if up == down {
			want = want[:0]
			for _, v := range x {
				want = append(want, float64(v))
			}
		}
		got, err := Resample(x, rates[0], rates[1])
		if err != nil {
			t.Fatal(err)
		}
		near(t, fmt.Sprintf("%v, %s", rates, tt.reason), got, want, 1e-7) // rounding to float32
	}
}

// TestResampleTone keeps a tone below both limits and takes out one above the lower.
func TestResampleTone(t *testing.T) {
	tone := func(hz float64, rate, n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(math.Sin(2 * math.Pi * hz * float64(i) / float64(rate)))
		}
		return x
	}
	kept, err := Resample(tone(440, 16000, 8000), 16000, 22050)
	if err != nil {
		t.Fatal(err)
	}
	want := tone(440, 22050, len(kept))
	for i := 200; i < len(kept)-200; i++ { // its ends ring
		if d := math.Abs(float64(kept[i] - want[i])); d > 0.005 { // ripple of a Kaiser window with β = 5: -53 dB
			t.Fatalf("a tone of 440 Hz is off by %.2g at sample %d", d, i)
		}
	}
	gone, err := Resample(tone(7000, 16000, 8000), 16000, 8000)
	if err != nil {
		t.Fatal(err)
	}
	for i := 200; i < len(gone)-200; i++ {
		if math.Abs(float64(gone[i])) > 0.005 { // likewise
			t.Fatalf("of a tone above the limit %.2g is left at sample %d", gone[i], i)
		}
	}
}

func TestResampleErrors(t *testing.T) {
	for _, rates := range [][2]int{{0, 8000}, {8000, 0}, {-1, 8000}, {8000, 1 << 30}} {
		if _, err := Resample([]float32{1}, rates[0], rates[1]); err == nil ||
			!strings.Contains(err.Error(), "want rates from 1 to 768000") {
			t.Errorf("Resample from %d to %d: %v", rates[0], rates[1], err)
		}
	}
	if got, err := Resample(nil, 16000, 8000); err != nil || len(got) != 0 {
		t.Errorf("Resample of nothing = %v, %v, want nothing", got, err)
	}
	if got, err := Resample([]float32{1}, 16000, 22050); err != nil || len(got) != 2 {
		t.Errorf("Resample of one sample = %v, %v, want two", got, err)
	}
}

// TestResampleAppend keeps what a slice holds, with room behind it that is not empty, and without.
func TestResampleAppend(t *testing.T) {
	for _, rates := range [][2]int{{16000, 22050}, {8000, 8000}} {
		r, err := NewResampler(rates[0], rates[1])
		if err != nil {
			t.Fatal(err)
		}
		x := noise(300)
		want := append([]float32{7, 8}, r.Resample(x)...)
		for _, room := range []int{2, 50, 1000} {
			to := slices.Repeat([]float32{9}, room)
			copy(to, want[:2])
			if got := r.Append(to[:2], x); !slices.Equal(got, want) {
				t.Errorf("%v: appended with room for %d, the result differs", rates, room)
			}
			if got := r.Append(to[:2], nil); !slices.Equal(got, want[:2]) {
				t.Errorf("%v: appending nothing gives %v", rates, got)
			}
		}
	}
}

// TestResampleTogether reuses a resampler's space after a longer recording, and from two goroutines.
func TestResampleTogether(t *testing.T) {
	for _, rates := range [][2]int{{16000, 22050}, {48000, 8000}, {8000, 48000}, {11025, 16000}} {
		r, err := NewResampler(rates[0], rates[1])
		if err != nil {
			t.Fatal(err)
		}
		want := map[int][]float32{}
		for _, n := range []int{1, 37, 5000} {
			if want[n], err = Resample(noise(n), rates[0], rates[1]); err != nil {
				t.Fatal(err)
			}
		}
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				for _, n := range []int{5000, 1, 37, 5000, 37, 1} {
					if got := r.Resample(noise(n)); !slices.Equal(got, want[n]) {
						t.Errorf("%v: %d samples give another result than alone", rates, n)
					}
				}
			})
		}
		wg.Wait()
	}
}

// BenchmarkResample is the field's three seconds.
func BenchmarkResample(b *testing.B) {
	r, err := NewResampler(16000, 22050)
	if err != nil {
		b.Fatal(err)
	}
	x := noise(48000)
	b.ReportAllocs()
	for b.Loop() {
		r.Resample(x)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "samples/s")
}
