package folder

import (
	"fmt"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/audio"
)

const (
	// Name is the set's name in the catalogue.
	Name = "folder"
	// Doc describes the set in one line.
	Doc = "your own: labels.csv, and for each modality a folder of WAV, PNG, JPEG or NPY files, or one table"
)

// Settings lists what can be set about the set.
func Settings() []data.Setting {
	whole := func(name string, def, least, most float64, doc string) data.Setting {
		return data.Setting{Name: name, Default: def, Min: least, Max: most, Whole: true, Doc: doc}
	}
	return []data.Setting{
		{Name: "skip_broken", Default: false, Doc: "leave out broken samples and list them in the manifest, instead of stopping"},
		whole("image_side", 64, 4, 1024, "largest height and width of an image, in pixels"),
		whole("steps", 64, 4, 4096, "times of a sequence, where the files have different numbers"),
		whole("window", 512, 16, 8192, "samples of a frame of the spectrogram"),
		whole("hop", 128, 1, 8192, "samples from one frame to the next"),
		whole("bins", 64, 4, 1024, "frequencies of a spectrogram"),
		whole("frames", 64, 4, 1024, "times of a spectrogram"),
		{Name: "val_share", Default: 0.15, Min: 0, Max: 0.5, Doc: "share of the training samples that validate, where labels.csv names no validation samples"},
		{Name: "max_gib", Default: 4.0, Min: 0.001, Max: 1e6, Doc: "largest memory that the samples may take, in GiB"},
	}
}

// options are the settings, read.
type options struct {
	skipBroken       bool
	imageSide, steps int
	stft             audio.STFT
	maxBytes         float64
	valShare         float64
}

func parseOptions(given map[string]any) (options, error) {
	values, err := data.Complete(Settings(), given)
	if err != nil {
		return options{}, fmt.Errorf("folder: %w", err)
	}
	whole := func(name string) int { return int(values[name].(float64)) }
	return options{
		skipBroken: values["skip_broken"].(bool),
		imageSide:  whole("image_side"),
		steps:      whole("steps"),
		stft:       audio.STFT{Window: whole("window"), Hop: whole("hop"), Bins: whole("bins"), Frames: whole("frames")},
		maxBytes:   values["max_gib"].(float64) * (1 << 30),
		valShare:   values["val_share"].(float64),
	}, nil
}
