package audio_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"github.com/primewindow/primewindow/data/audio"
)

func ExampleSpectrogram() {
	tone := make([]float32, 8000) // one second of 1 kHz at 8 kHz
	for n := range tone {
		tone[n] = float32(math.Sin(2 * math.Pi * 1000 * float64(n) / 8000))
	}
	x, err := audio.Spectrogram(tone, audio.STFT{Window: 64, Hop: 32, Frames: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	for f := 7; f <= 9; f++ { // bins are 8000/64 = 125 Hz apart
		fmt.Printf("%4d Hz %.2f\n", f*125, x[f])
	}
	// Output:
	//  875 Hz 2.08
	// 1000 Hz 2.77
	// 1125 Hz 2.08
}

func ExampleDecodeWAV() {
	file := "RIFF\x28\x00\x00\x00WAVE" +
		"fmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00" +
		"data\x04\x00\x00\x00\x00\x40\x00\xc0"
	sound, err := audio.DecodeWAV("two.wav", []byte(file))
	fmt.Println(sound.SampleRateHz, sound.Samples, err)
	_, err = audio.DecodeWAV("cut.wav", []byte(file[:40]))
	fmt.Println(err)
	// Output:
	// 8000 [0.5 -0.5] <nil>
	// cut.wav: truncated: 4 bytes at the end, want a chunk header of 8
}

func ExampleReadDuration() {
	_, err := audio.ReadDuration("no-such-clip.wav")
	fmt.Println(errors.Is(err, os.ErrNotExist))
	// Output: true
}

// The header alone says how long a recording lasts: four bytes of samples at 16,000 bytes a second.
func ExampleDecodeDuration() {
	file := "RIFF\x28\x00\x00\x00WAVE" +
		"fmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00" +
		"data\x04\x00\x00\x00\x00\x40\x00\xc0"
	fmt.Println(audio.DecodeDuration("two.wav", io.NewSectionReader(strings.NewReader(file), 0, int64(len(file)))))
	// Output: 250µs <nil>
}

// Half the rate, half the samples.
func ExampleResample() {
	x, err := audio.Resample(make([]float32, 100), 16000, 8000)
	fmt.Println(len(x), err)
	// Output: 50 <nil>
}

func ExampleTile() {
	fmt.Println(audio.Tile([]float32{1, 2, 3}, 7))
	// Output: [1 2 3 1 2 3 1]
}

// A spectrogram of three seconds at 22,050 Hz, as CREMA-D is read.
func ExampleCentredLog() {
	_, bins, frames, err := audio.CentredLog(make([]float32, 3*22050), 512, 353)
	fmt.Println(bins, frames, err)
	// Output: 257 188 <nil>
}

// Ten seconds at 16,000 Hz, completed to 1,024 frames, as Kinetics Sounds is read.
func ExampleKaldi_Bank() {
	bank, err := audio.Kaldi{Frames: 1024, Shift: audio.AudioSet.Shift, Scale: audio.AudioSet.Scale}.Bank()
	if err != nil {
		fmt.Println(err)
		return
	}
	x, frames, err := bank.Transform(make([]float32, 160000))
	fmt.Println(len(x)/frames, frames, err)
	fmt.Printf("silence %.3f, completed %.3f\n", x[0], x[frames-1])
	// Output:
	// 128 1024 <nil>
	// silence -1.112, completed 0.438
}

// One bank serves many recordings.
func ExampleMel_Bank() {
	bank, err := audio.Mel{SampleRateHz: 8000, Window: 512, Hop: 128, Bins: 40}.Bank()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range []int{8000, 4000} {
		x, frames, err := bank.Transform(make([]float32, n))
		fmt.Println(len(x)/frames, frames, err)
	}
	// Output:
	// 40 63 <nil>
	// 40 32 <nil>
}

func ExampleMel_Transform() {
	x, frames, err := audio.Mel{SampleRateHz: 8000, Window: 512, Hop: 128, Bins: 40}.Transform(make([]float32, 8000))
	fmt.Println(len(x)/frames, frames, err)
	// Output: 40 63 <nil>
}

// Older releases of librosa mirror the recording at its ends.
func ExampleSTFT_Plan() {
	plan, err := audio.STFT{Window: 512, Hop: 353, Padding: audio.ReflectPadding}.Plan()
	if err != nil {
		fmt.Println(err)
		return
	}
	x, frames, err := plan.Transform(make([]float32, 3*22050))
	fmt.Println(len(x)/frames, frames, err)
	_, _, err = plan.Transform([]float32{0, float32(math.NaN())})
	fmt.Println(err)
	// Output:
	// 257 188 <nil>
	// audio: sample 1 is NaN, want a finite number
}

func ExampleNewResampler() {
	r, err := audio.NewResampler(16000, 22050)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(r.Resample(make([]float32, 16000))))
	_, err = audio.NewResampler(16000, 0)
	fmt.Println(err)
	// Output:
	// 22050
	// audio: resampling from 16000 Hz to 0 Hz, want rates from 1 to 768000
}

// One slice serves many recordings: here it holds each for three seconds.
func ExampleResampler_Append() {
	r, err := audio.NewResampler(16000, 22050)
	if err != nil {
		fmt.Println(err)
		return
	}
	three := make([]float32, 0, 3*22050)
	for _, n := range []int{16000, 40000} {
		three = r.Append(three[:0], make([]float32, n))
		fmt.Println(len(three))
		audio.Repeat(three[:cap(three)], len(three))
	}
	// Output:
	// 22050
	// 55125
}

func ExampleRepeat() {
	x := []float32{1, 2, 3, 0, 0, 0, 0}
	audio.Repeat(x, 3)
	fmt.Println(x)
	// Output: [1 2 3 1 2 3 1]
}

func ExampleClip() {
	x := []float32{-2, 0.5, 1.25}
	audio.Clip(x)
	fmt.Println(x)
	// Output: [-1 0.5 1]
}

func ExampleLogMagnitude() {
	_, bins, frames, err := audio.LogMagnitude(make([]float32, 8000), 256, 32)
	fmt.Println(bins, frames, err)
	// Output: 129 243 <nil>
}

func ExamplePool() {
	fmt.Println(audio.Pool([]float32{1, 2, 3, 4, 5, 6}, 2, 3, 1, 3))
	// Output: [2.5 3.5 4.5]
}
