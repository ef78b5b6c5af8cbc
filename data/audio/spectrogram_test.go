package audio

import (
	"fmt"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// slowLogMagnitude is the slow twin: the Fourier sum as it is written.
func slowLogMagnitude(x []float32, window, hop int) [][]float64 {
	for len(x) < window {
		x = append(slices.Clip(x), 0)
	}
	var rows [][]float64
	for f := 0; f <= window/2; f++ {
		var row []float64
		for start := 0; start+window <= len(x); start += hop {
			sum := complex(0, 0)
			for n := range window {
				// another form of the periodic Hann window
				w := math.Pow(math.Sin(math.Pi*float64(n)/float64(window)), 2)
				sum += complex(w*float64(x[start+n]), 0) * cmplx.Exp(
					complex(0, -2*math.Pi*float64(f)*float64(n)/float64(window)),
				)
			}
			row = append(row, math.Log(cmplx.Abs(sum)+1e-7))
		}
		rows = append(rows, row)
	}
	return rows
}

func TestLogMagnitudeAgainstTwin(t *testing.T) {
	for _, tt := range []struct {
		window, hop, samples int
		reason               string
	}{
		{16, 4, 100, "overlapping frames"},
		{16, 16, 64, "frames side by side, none left over"},
		{16, 20, 100, "a hop beyond the window"},
		{15, 4, 100, "an odd window has no frequency at half the rate"},
		{16, 4, 16, "exactly one frame"},
		{16, 4, 17, "one sample more than a frame does not make another"},
		{16, 4, 5, "a recording shorter than the window is completed with zeros"},
		{2, 1, 9, "the smallest window"},
		{12, 5, 77, "not a power of two"},
	} {
		t.Run(fmt.Sprintf("window %d hop %d samples %d", tt.window, tt.hop, tt.samples), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 1))
			x := make([]float32, tt.samples)
			for i := range x {
				x[i] = float32(rng.NormFloat64())
			}
			want := slowLogMagnitude(x, tt.window, tt.hop)
			got, bins, frames, err := LogMagnitude(x, tt.window, tt.hop)
			if err != nil || bins != len(want) || frames != len(want[0]) || len(got) != bins*frames {
				t.Fatalf("LogMagnitude: %d values, %d bins, %d frames, err %v, want %d and %d\nreason: %s",
					len(got), bins, frames, err, len(want), len(want[0]), tt.reason)
			}
			for f, row := range want {
				for i, w := range row {
					// Both sums are off by about 1e-15 in float64; near silence the logarithm magnifies that by 1e7,
					// and the result is rounded to float32, to 1e-6 for numbers up to 16.
					if g := float64(got[f*frames+i]); math.Abs(g-w) > 2e-6 {
						t.Errorf("bin %d frame %d: %v, want %v\nreason: %s", f, i, g, w, tt.reason)
					}
				}
			}
		})
	}
}

// TestLogMagnitudeByHand takes numbers that need no computer.
func TestLogMagnitudeByHand(t *testing.T) {
	tone := make([]float32, 32)
	for n := range tone {
		tone[n] = float32(math.Cos(2 * math.Pi * 4 * float64(n) / 32))
	}
	for _, tt := range []struct {
		name    string
		samples []float32
		bin     int
		want    float64
		reason  string
	}{
		{"tone", tone, 4, math.Log(8), "a cosine of amplitude 1 gives half the window's sum, which is 32/2"},
		{"tone's neighbour", tone, 5, math.Log(4), "the Hann window spreads half as much to each side"},
		{"tone, far away", tone, 10, math.Log(1e-7), "and nothing beyond"},
		{
			"constant",
			[]float32{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
			0, math.Log(16), "the sum of the window",
		},
		{"silence", make([]float32, 32), 7, math.Log(1e-7), "the floor alone"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, _, _, err := LogMagnitude(tt.samples, 32, 32)
			// The tone is rounded to float32: 1e-8 of leakage on a floor of 1e-7 moves the logarithm by up to 0.5.
			tolerance := 1e-5
			if tt.name == "tone, far away" {
				tolerance = 0.9
			}
			if err != nil || math.Abs(float64(got[tt.bin])-tt.want) > tolerance {
				t.Errorf("bin %d: %v, err %v, want %v\nreason: %s", tt.bin, got[tt.bin], err, tt.want, tt.reason)
			}
		})
	}
}

func TestPool(t *testing.T) {
	x := []float32{
		1, 2, 3, 4, 5,
		6, 7, 8, 9, 10,
	}
	for _, tt := range []struct {
		name          string
		rows, columns int
		want          []float32
		reason        string
	}{
		{"same", 2, 5, x, "every span is one value"},
		{"one value", 1, 1, []float32{5.5}, "the mean of all"},
		{
			"two columns", 2, 2, []float32{2, 4, 7, 9},
			"spans 0 to 2 and 2 to 4 share the middle column, as PyTorch's adaptive pooling has it",
		},
		{"three columns", 1, 3, []float32{4, 5.5, 7}, "spans 0-1, 1-3 and 3-4"},
		{
			"enlarged", 4, 5, []float32{1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 6, 7, 8, 9, 10},
			"each row is repeated",
		},
		{"enlarged unevenly", 3, 1, []float32{3, 5.5, 8}, "the middle third touches both rows"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Pool(x, 2, 5, tt.rows, tt.columns)
			if diff := cmp.Diff(tt.want, got); diff != "" { // sums of small integers are exact
				t.Errorf("Pool to [%d, %d] (-want +got)\n%s\nreason: %s", tt.rows, tt.columns, diff, tt.reason)
			}
		})
	}
}

func TestSpectrogramShape(t *testing.T) {
	for _, tt := range []struct {
		stft   STFT
		want   int
		bad    bool
		reason string
	}{
		{STFT{Window: 16, Hop: 4, Bins: 6, Frames: 5}, 30, false, "as asked"},
		{STFT{Window: 16, Hop: 4}, 9 * 22, false, "0 keeps 16/2 + 1 bins and 1 + (100-16)/4 frames"},
		{STFT{Window: 16, Hop: 4, Bins: 20, Frames: 50}, 1000, false, "enlarging is allowed"},
		{STFT{Window: 1, Hop: 4}, 0, true, "no frequency in a window of 1"},
		{STFT{Window: 16}, 0, true, "no step"},
		{STFT{Window: 16, Hop: 4, Bins: -1}, 0, true, "a negative size"},
		{STFT{Window: 16, Hop: 4, Frames: -1}, 0, true, "a negative size"},
	} {
		got, err := Spectrogram(make([]float32, 100), tt.stft)
		if len(got) != tt.want || (err != nil) != tt.bad {
			t.Errorf(
				"Spectrogram(%+v): %d values, err %v, want %d\nreason: %s", tt.stft, len(got), err, tt.want, tt.reason,
			)
		}
	}
	if got, err := Spectrogram(nil, STFT{Window: 16, Hop: 4}); err == nil {
		t.Errorf("Spectrogram of no samples: %v, want an error", got)
	}
}

func BenchmarkSpectrogram(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	x := make([]float32, 3500) // a spoken digit at 8 kHz
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Spectrogram(x, STFT{Window: 256, Hop: 32, Bins: 64, Frames: 64}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "recordings/s")
}
