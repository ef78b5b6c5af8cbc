package digits

import (
	"fmt"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/audio"
)

const (
	// Name is the set's name in the catalogue.
	Name = "digits"
	// Doc describes the set in one line.
	Doc = "spoken and written digits: FSDD recordings with MNIST images of the same digit, ten classes"
)

const (
	bySpeakers = "speakers"
	byTakes    = "takes"

	valNone = "none"

	degradeNone  = "none"
	degradeNoise = "noise50"
	degradePCA   = "pca75"
)

// Settings lists what can be set about the set.
func Settings() []data.Setting {
	whole := func(name string, def, least, most float64, doc string) data.Setting {
		return data.Setting{Name: name, Default: def, Min: least, Max: most, Whole: true, Doc: doc}
	}
	return []data.Setting{
		whole("data_seed", 0, 0, 1<<52, "of pairs, of the choice of validation takes and of noise"),
		{
			Name: "protocol", Default: bySpeakers, Choices: []string{bySpeakers, byTakes},
			Doc: "test split: the speakers theo and lucas, or takes 0 to 4 of all (the official one)",
		},
		{
			Name: "degrade", Default: degradeNoise, Choices: []string{degradeNoise, degradePCA, degradeNone},
			Doc: "images: noise of standard deviation 0.5 of the pixel range, or the leading principal components " +
				"with 25 % of the energy",
		},
		{
			Name: "val_speakers", Default: valNone,
			Doc: "training speakers held out as the validation split, joined by hyphens, so that it is of strangers " +
				"as the test split of the protocol speakers is; none: takes of all of them, as val_share says",
		},
		{
			Name: "val_share", Default: 0.1, Min: 0, Max: 0.5,
			Doc: "where no speaker is held out for validation: share of the takes not tested that are the " +
				"validation split",
		},
		whole("images_per_recording", 1, 1, 20, "samples made of each recording"),
		whole("window", 256, 16, 4096, "samples of a frame of the spectrogram, at 8 kHz"),
		whole("hop", 32, 1, 4096, "samples from one frame to the next"),
		whole("bins", 64, 4, 128, "frequencies of a spectrogram"),
		whole("frames", 64, 4, 256, "times of a spectrogram"),
	}
}

// options are the settings, read.
type options struct {
	seed               uint64
	protocol, degrade  string
	valSpeakers        string // as the setting has it
	valShare           float64
	imagesPerRecording int
	stft               audio.STFT
}

// parseOptions completes and checks settings.
func parseOptions(given map[string]any) (options, error) {
	values := map[string]any{}
	for _, s := range Settings() {
		v, ok := given[s.Name]
		if !ok {
			v = s.Default
		}
		parsed, err := s.Parse(v)
		if err != nil {
			return options{}, fmt.Errorf("digits: %w", err)
		}
		values[s.Name] = parsed
	}
	for name := range given {
		if _, ok := values[name]; !ok {
			return options{}, fmt.Errorf("digits: unknown setting %q", name)
		}
	}
	number := func(name string) float64 { return values[name].(float64) }
	return options{
		seed:               uint64(number("data_seed")),
		protocol:           values["protocol"].(string),
		degrade:            values["degrade"].(string),
		valSpeakers:        values["val_speakers"].(string),
		valShare:           number("val_share"),
		imagesPerRecording: int(number("images_per_recording")),
		stft: audio.STFT{
			Window: int(number("window")), Hop: int(number("hop")), Bins: int(number("bins")),
			Frames: int(number("frames")),
		},
	}, nil
}
