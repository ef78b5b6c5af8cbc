package audio_test

import (
	"fmt"
	"math"

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
	// cut.wav: truncated: RIFF chunk of 32 bytes, want 40
}
