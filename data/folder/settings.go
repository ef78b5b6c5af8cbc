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
	Doc = "your own: labels.csv, and for each modality a folder of recordings, pictures, videos, arrays or texts, or " +
		"one table"
)

// Settings lists what can be set about the set.
func Settings() []data.Setting {
	whole := func(name string, def, least, most float64, doc string) data.Setting {
		return data.Setting{Name: name, Default: def, Min: least, Max: most, Whole: true, Doc: doc}
	}
	return []data.Setting{
		{
			Name: "skip_broken", Default: false,
			Doc: "leave out broken samples and list them in the manifest, instead of stopping",
		},
		whole("image_side", 64, 4, 1024, "largest height and width of an image, in pixels"),
		whole("steps", 64, 4, 4096, "times of a sequence, where the files have different numbers"),
		whole("video_frames", 8, 1, 256, "frames of a video, evenly spread"),
		whole("rate", 16000, 1000, 192000, "sample rate of recordings that are no WAV files, in Hz"),
		whole("words", 64, 1, 4096, "tokens of a text; longer ones are cut, shorter ones completed with token 0"),
		whole("vocab", 2000, 16, 1<<20, "tokens of the vocabulary that is made of the training texts"),
		{Name: "vocabulary", Default: "", Doc: "file of another vocabulary, vocab.txt or tokenizer.json"},
		whole("window", 512, 16, 8192, "samples of a frame of the spectrogram"),
		whole("hop", 128, 1, 8192, "samples from one frame to the next"),
		whole("bins", 64, 4, 1024, "frequencies of a spectrogram"),
		whole("frames", 64, 4, 1024, "times of a spectrogram"),
		{
			Name: "val_share", Default: 0.15, Min: 0, Max: 0.5,
			Doc: "share of the training samples that validate, where labels.csv names no validation samples; in " +
				"whole groups where it names groups, none of which is both trained on and tested",
		},
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

	videoFrames, rate, words, vocab int
	vocabulary                      string
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
		stft: audio.STFT{
			Window: whole("window"), Hop: whole("hop"), Bins: whole("bins"), Frames: whole("frames"),
		},
		maxBytes: values["max_gib"].(float64) * (1 << 30),
		valShare: values["val_share"].(float64),

		videoFrames: whole("video_frames"), rate: whole("rate"), words: whole("words"), vocab: whole("vocab"),
		vocabulary: values["vocabulary"].(string),
	}, nil
}
