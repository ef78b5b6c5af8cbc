package synth_test

import (
	"fmt"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/synth"
)

func ExampleOpen() {
	clips, err := synth.Open("", map[string]any{"train": 12, "audio_noise": 0.5})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range clips.Describe().Modalities {
		fmt.Println(m.Name, m.Kind, m.Shape)
	}
	sample, err := data.One(clips, data.Train, 7)
	fmt.Println(sample.ID, clips.Describe().Classes[sample.Label], len(sample.X["visual"]), err)
	// Output:
	// audio spectrogram [32 32 1]
	// visual image [32 32 1]
	// made/0/train/7 ring 1024 <nil>
}

func ExampleSettings() {
	for _, s := range synth.Settings()[:4] {
		fmt.Println(s.Name, s.Min, s.Max)
	}
	// Output:
	// data_seed 0 4.503599627370496e+15
	// train 6 65536
	// val 0 65536
	// test 0 65536
}
