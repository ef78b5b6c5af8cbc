package audio

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPaddingReference(t *testing.T) {
	r := reference(t)
	for _, tt := range []struct {
		name    string
		stft    STFT
		samples int
		want    []float64
		reason  string
	}{
		{"constant", STFT{Window: 512, Hop: 353, Padding: ConstantPadding}, 1700, r.STFT, "librosa's default"},
		{"reflect", STFT{Window: 512, Hop: 353, Padding: ReflectPadding}, 1700, r.STFTReflect, "its former default"},
		{
			"reflect, short", STFT{Window: 512, Hop: 353, Padding: ReflectPadding}, 100, r.STFTShort,
			"256 samples on either side of 100 are mirrored more than once",
		},
		{
			"odd", STFT{Window: 75, Hop: 20, Padding: ConstantPadding}, 200, r.STFTOdd,
			"half an odd window is rounded down, and gonum transforms it",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan, err := tt.stft.Plan()
			if err != nil {
				t.Fatal(err)
			}
			got, frames, err := plan.Transform(r.samples()[:tt.samples])
			if want := len(tt.want) / (tt.stft.Window/2 + 1); err != nil || frames != want {
				t.Fatalf("%d frames, %v, want %d\nreason: %s", frames, err, want, tt.reason)
			}
			// float32 holds values of up to 16 to 1e-6; librosa's transform rounds differently near the floor.
			near(t, tt.reason, got, tt.want, 1e-5)
		})
	}
}

func TestMelReflectReference(t *testing.T) {
	r := reference(t)
	got, frames, err := Mel{
		SampleRateHz: 8000, Window: 400, Hop: 100, Bins: 23, Floor: 1e-3, Padding: ReflectPadding,
	}.Transform(r.samples())
	if err != nil || frames != 18 {
		t.Fatalf("%d frames, %v, want 18", frames, err)
	}
	near(t, "librosa.feature.melspectrogram", got, r.MelReflect, 1e-5) // librosa keeps its filters in float32
}

func TestMirrored(t *testing.T) {
	for _, tt := range []struct {
		n      int
		want   []int // of places -4 to 6
		reason string
	}{
		{3, []int{0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2}, "numpy.pad of 3 samples: ends are not repeated"},
		{2, []int{0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0}, "to and fro"},
		{1, []int{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, "one sample is its own mirror image"},
	} {
		var got []int
		for at := -4; at <= 6; at++ {
			got = append(got, mirrored(at, tt.n))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("mirrored in %d (-want +got)\n%s\nreason: %s", tt.n, diff, tt.reason)
		}
	}
}

// transforms are those of the package, by name, for what all of them must do.
func transforms(t *testing.T) map[string]func([]float32) ([]float32, int, error) {
	t.Helper()
	all := map[string]func([]float32) ([]float32, int, error){}
	for _, p := range []Padding{NoPadding, ConstantPadding, ReflectPadding} {
		plan, err := STFT{Window: 512, Hop: 353, Padding: p}.Plan()
		if err != nil {
			t.Fatal(err)
		}
		mel, err := Mel{SampleRateHz: 16000, Window: 512, Hop: 160, Bins: 40, Padding: p}.Bank()
		if err != nil {
			t.Fatal(err)
		}
		all["STFT "+p.String()], all["Mel "+p.String()] = plan.Transform, mel.Transform
	}
	kaldi, err := Kaldi{}.Bank()
	if err != nil {
		t.Fatal(err)
	}
	all["Kaldi"] = kaldi.Transform
	return all
}

func TestHardRecordings(t *testing.T) {
	spoilt := func(v float64) []float32 {
		x := noise(1000)
		x[700] = float32(v)
		return x
	}
	loud := noise(1000)
	for i := range loud {
		loud[i] *= math.MaxFloat32
	}
	for _, tt := range []struct {
		name   string
		x      []float32
		want   string // part of the error, none for values
		reason string
	}{
		{"empty", nil, "no samples, want at least 1", "nothing was recorded"},
		{
			"NaN", spoilt(math.NaN()), "sample 700 is NaN, want a finite number",
			"it would spoil every value of its frames",
		},
		{"infinite", spoilt(math.Inf(-1)), "sample 700 is -Inf, want a finite number", "likewise"},
		{"one sample", []float32{0.5}, "", "completed to one frame; Kaldi completes nothing"},
		{"shorter than a window", noise(399), "", "likewise"},
		{"silent", make([]float32, 1000), "", "the floor alone"},
		{"constant", slices.Repeat([]float32{1}, 1000), "", "of which Kaldi's filter bank leaves nothing"},
		{"loudest", loud, "", "squares of float32's largest numbers fit into float64"},
	} {
		for name, transform := range transforms(t) {
			t.Run(name+" of "+tt.name, func(t *testing.T) {
				want := tt.want
				if name == "Kaldi" && want == "" && len(tt.x) < 400 {
					want = "want at least 400 for a window of 25 ms at 16000 Hz"
				}
				got, frames, err := transform(tt.x)
				if want != "" {
					if err == nil || got != nil || !strings.HasPrefix(err.Error(), "audio: ") ||
						!strings.Contains(err.Error(), want) {
						t.Errorf("%d values, %v, want an error with %q\nreason: %s", len(got), err, want, tt.reason)
					}
					return
				}
				if err != nil || frames < 1 || len(got)%frames != 0 {
					t.Fatalf("%d values in %d frames, %v\nreason: %s", len(got), frames, err, tt.reason)
				}
				for i, v := range got {
					// Kaldi's floor is 1.2e-7
					if v-v != 0 || tt.name == "silent" && math.Abs(float64(v)-math.Log(1e-7)) > 0.2 {
						t.Fatalf("value %d is %v\nreason: %s", i, v, tt.reason)
					}
				}
			})
		}
	}
}

// TestFinite spoils each sample of short recordings: they are looked at four at a time.
func TestFinite(t *testing.T) {
	for n := range 10 {
		x := noise(n)
		if !finite(x) {
			t.Errorf("%d samples are not finite: %v", n, x)
		}
		for at, v := range x {
			for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				if x[at] = float32(bad); finite(x) {
					t.Errorf("%d samples are finite: %v", n, x)
				}
			}
			x[at] = v
		}
	}
	if !finite([]float32{math.MaxFloat32, math.MaxFloat32, -math.MaxFloat32, math.MaxFloat32, math.MaxFloat32}) {
		t.Error("the largest numbers are not finite together")
	}
}

// TestTransformTogether uses each transform from four goroutines, whose spaces must not mix.
func TestTransformTogether(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for name, transform := range transforms(t) {
		recordings, want := make([][]float32, 4), make([][]float32, 4)
		for i := range recordings {
			recordings[i] = noise(400 + rng.IntN(2000))
			recordings[i][0] = float32(i)
			want[i], _, _ = transform(recordings[i])
		}
		var wg sync.WaitGroup
		for i, x := range recordings {
			wg.Go(func() {
				for range 20 {
					if got, _, err := transform(x); err != nil || !slices.Equal(got, want[i]) {
						t.Errorf("%s of recording %d differs beside others, %v", name, i, err)
						return
					}
				}
			})
		}
		wg.Wait()
	}
}

func TestPlanErrors(t *testing.T) {
	for _, tt := range []struct {
		stft STFT
		want string
	}{
		{STFT{Window: 1, Hop: 1}, "audio: window of 1 samples, want between 2 and 1048576"},
		{STFT{Window: 1 << 21, Hop: 1}, "audio: window of 2097152 samples, want between 2 and 1048576"},
		{STFT{Window: 16}, "audio: hop of 0 samples, want at least 1"},
		{STFT{Window: 16, Hop: 1, Padding: 3}, "audio: padding 3, want none, constant or reflect"},
		{STFT{Window: 16, Hop: 1, Bins: -1}, "audio: spectrogram of -1 bins and 0 frames, want none below 0"},
	} {
		if _, err := tt.stft.Plan(); err == nil || err.Error() != tt.want {
			t.Errorf("Plan of %+v: %v, want %s", tt.stft, err, tt.want)
		}
	}
}
