package audio

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/primewindow/primewindow/internal/datatest"
)

// recorded are values of librosa, scipy and torchaudio, see testdata/reference.py.
type recorded struct {
	Samples  []float64
	Resample []struct {
		From, To int
		Values   []float64
	}
	STFT       []float64
	Kaldi      []float64
	KaldiOther []float64 `json:"kaldi_other"`
	Mel        []float64

	STFTReflect []float64 `json:"stft_reflect"`
	STFTShort   []float64 `json:"stft_short"`
	STFTOdd     []float64 `json:"stft_odd"`
	MelReflect  []float64 `json:"mel_reflect"`
}

func reference(t *testing.T) recorded {
	t.Helper()
	var r recorded
	datatest.Reference(t, "reference.json", &r)
	if len(r.Samples) != 1700 || len(r.Resample) != 5 {
		t.Fatalf("testdata/reference.json has %d samples and %d rates", len(r.Samples), len(r.Resample))
	}
	return r
}

func (r recorded) samples() []float32 {
	x := make([]float32, len(r.Samples))
	for i, v := range r.Samples {
		x[i] = float32(v)
	}
	return x
}

// near wants values within a tolerance. The recorded ones were computed in float64 from the same float32 samples.
func near(t *testing.T, what string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	worst, at := 0.0, 0
	for i, v := range got {
		if d := math.Abs(float64(v) - want[i]); !(d <= worst) {
			worst, at = d, i
		}
	}
	if !(worst <= tolerance) {
		t.Errorf(
			"%s: value %d is %v, want %v: off by %.2g, more than %.2g", what, at, got[at], want[at], worst, tolerance,
		)
	}
}

// transposed brings [rows, columns] to [columns, rows].
func transposed(x []float64, columns int) []float64 {
	rows := len(x) / columns
	out := make([]float64, len(x))
	for i, v := range x {
		out[i%columns*rows+i/columns] = v
	}
	return out
}

func TestCentredLogReference(t *testing.T) {
	r := reference(t)
	got, bins, frames, err := CentredLog(r.samples(), 512, 353)
	if err != nil || bins != 257 || frames != 1+1700/353 {
		t.Fatalf("CentredLog: %d bins, %d frames, %v", bins, frames, err)
	}
	// float32 holds values of up to 16 to 1e-6; librosa's transform of float64 rounds differently where the magnitude
	// is near the floor of 1e-7.
	near(t, "librosa.stft", got, r.STFT, 1e-5)
	if _, _, frames, _ := CentredLog(make([]float32, 66150), 512, 353); frames != 188 {
		t.Errorf("three seconds at 22,050 Hz make %d frames, want 188", frames)
	}
	if _, _, _, err := CentredLog(nil, 512, 353); err == nil {
		t.Error("CentredLog of nothing: no error")
	}
}

func TestKaldiReference(t *testing.T) {
	r := reference(t)
	for _, tt := range []struct {
		name string
		k    Kaldi
		want []float64
	}{
		{"usual", Kaldi{}, r.Kaldi},
		{
			"other",
			Kaldi{SampleRateHz: 8000, Bins: 23, WindowMs: 32, ShiftMs: 8, LowHz: 100, PreEmphasis: 0.9, KeepMean: true},
			r.KaldiOther,
		},
	} {
		bank, err := tt.k.Bank()
		if err != nil {
			t.Fatal(err)
		}
		bins := bank.k.Bins
		got, frames, err := bank.Transform(r.samples())
		if err != nil || frames*bins != len(tt.want) {
			t.Fatalf("%s: %d frames, %v, want %d", tt.name, frames, err, len(tt.want)/bins)
		}
		// torchaudio computes its mel filters in float32: weights are off by 1e-6 of 1, and a narrow filter whose one
		// bin has a weight of 0.01 by 1e-4 of that.
		near(t, tt.name, got, transposed(tt.want, bins), 1e-4)
	}
}

// TestKaldiFrames cuts, completes and normalises.
func TestKaldiFrames(t *testing.T) {
	r := reference(t)
	transform := func(k Kaldi) ([]float32, int) {
		t.Helper()
		bank, err := k.Bank()
		if err != nil {
			t.Fatal(err)
		}
		x, frames, err := bank.Transform(r.samples())
		if err != nil {
			t.Fatal(err)
		}
		return x, frames
	}
	all, have := transform(Kaldi{})
	for _, want := range []int{3, have, have + 4} {
		x, frames := transform(Kaldi{Frames: want, Shift: AudioSet.Shift, Scale: AudioSet.Scale})
		if frames != want || len(x) != 128*want {
			t.Fatalf("%d values in %d frames, want %d frames", len(x), frames, want)
		}
		for i, v := range x {
			value := 0.0
			if t := i % want; t < have {
				value = float64(all[i/want*have+t])
			}
			if w := (value + 4.503877) / (2 * 5.141276); math.Abs(float64(v)-w) > 1e-6 { // float32
				t.Fatalf("of %d frames value %d is %v, want %v", want, i, v, w)
			}
		}
	}
}

// TestKaldiSilence wants the floor, not minus infinity.
func TestKaldiSilence(t *testing.T) {
	bank, err := Kaldi{}.Bank()
	if err != nil {
		t.Fatal(err)
	}
	x, _, err := bank.Transform(make([]float32, 800))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range x {
		if math.Abs(float64(v)-math.Log(1.1920928955078125e-07)) > 1e-5 { // float32 near -16
			t.Fatalf("silence has %v, want the logarithm of the floor", v)
		}
	}
	if _, _, err := bank.Transform(make([]float32, 399)); err == nil ||
		err.Error() != "audio: 399 samples, want at least 400 for a window of 25 ms at 16000 Hz" {
		t.Errorf("a recording shorter than the window: %v", err)
	}
	for _, k := range []Kaldi{
		{SampleRateHz: -1}, {Bins: -1}, {LowHz: 9000}, {WindowMs: 0.01}, {ShiftMs: 0.01}, {Frames: -1}, {WindowMs: 1e9},
	} {
		if _, err := k.Bank(); err == nil {
			t.Errorf("Bank of %+v: no error", k)
		}
	}
}

func TestMelReference(t *testing.T) {
	r := reference(t)
	bank, err := Mel{SampleRateHz: 16000, Window: 512, Hop: 160, Bins: 40}.Bank()
	if err != nil {
		t.Fatal(err)
	}
	got, frames, err := bank.Transform(r.samples())
	if err != nil || frames != 1+1700/160 {
		t.Fatalf("%d frames, %v", frames, err)
	}
	// librosa keeps its filters in float32.
	near(t, "librosa.feature.melspectrogram", got, r.Mel, 1e-5)
	for _, m := range []Mel{
		{}, {SampleRateHz: 8000, Window: 1, Hop: 1, Bins: 1}, {SampleRateHz: 8000, Window: 512, Bins: 1},
	} {
		if _, err := m.Bank(); err == nil {
			t.Errorf("Bank of %+v: no error", m)
		}
	}
	if _, _, err := bank.Transform(nil); err == nil {
		t.Error("Transform of nothing: no error")
	}
}

// BenchmarkCREMAD is the sound of a clip as its set has it, without the file.
func BenchmarkCREMAD(b *testing.B) {
	r, err := NewResampler(16000, 22050)
	if err != nil {
		b.Fatal(err)
	}
	p, err := STFT{Window: 512, Hop: 353, Padding: ConstantPadding}.Plan()
	if err != nil {
		b.Fatal(err)
	}
	x, y := noise(40000), make([]float32, 0, 66150)
	b.ReportAllocs()
	for b.Loop() {
		y = r.Append(y[:0], x)
		n := len(y)
		y = y[:66150]
		Repeat(y, n)
		Clip(y)
		if _, _, err := p.Transform(y); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "samples/s")
}

func BenchmarkSTFT(b *testing.B) {
	p, err := STFT{Window: 512, Hop: 353, Padding: ConstantPadding}.Plan()
	if err != nil {
		b.Fatal(err)
	}
	x := noise(66150)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := p.Transform(x); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "samples/s")
}

func BenchmarkMel(b *testing.B) {
	bank, err := Mel{SampleRateHz: 16000, Window: 512, Hop: 160, Bins: 40}.Bank()
	if err != nil {
		b.Fatal(err)
	}
	x := noise(160000)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := bank.Transform(x); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "samples/s")
}

// BenchmarkKaldi is ten seconds, as Kinetics Sounds has them.
func BenchmarkKaldi(b *testing.B) {
	bank, err := Kaldi{Frames: 1024, Shift: AudioSet.Shift, Scale: AudioSet.Scale}.Bank()
	if err != nil {
		b.Fatal(err)
	}
	x := noise(160000)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := bank.Transform(x); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "samples/s")
}

func noise(n int) []float32 {
	rng := rand.New(rand.NewPCG(1, 1))
	x := make([]float32, n)
	for i := range x {
		x[i] = rng.Float32() - 0.5
	}
	return x
}
