package kineticssounds

import (
	"fmt"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/video"
)

const (
	// Name is the set's name in the catalogue.
	Name = "kineticssounds"
	// Doc describes the set in one line.
	Doc = "Kinetics-Sounds: things people do that can be seen and heard, ten seconds each, 31 classes"
	// Folder is the set's folder below the data folder.
	Folder = "kineticssounds"
	// Ask says where the files are to be had.
	Ask = "the clips are YouTube's, to be had with the Kinetics-400 archives of " +
		"github.com/cvdfoundation/kinetics-dataset; the lists my_train.txt and my_test.txt are in " +
		"github.com/GeWu-Lab/OGM-GE_CVPR2022, data/KineticSound; put both below a folder kineticssounds"
)

// Settings lists what can be set about the set.
func Settings() []data.Setting {
	return []data.Setting{
		{Name: "data_seed", Default: 0.0, Min: 0, Max: 1 << 52, Whole: true, Doc: "of the choice of validation clips"},
		{
			Name: "val_share", Default: 0.1, Min: 0, Max: 0.5,
			Doc: "share of the training list that is the validation split",
		},
		{
			Name: "frames", Default: 3.0, Min: 1, Max: 8, Whole: true,
			Doc: "frames of a sample, one of each of equal segments",
		},
		{
			Name: "image_side", Default: 224.0, Min: 8, Max: 512, Whole: true,
			Doc: "height and width of a frame, in pixels",
		},
		{
			Name: "frame_side", Default: 256.0, Min: 8, Max: 2160, Whole: true,
			Doc: "largest short side of a frame before it is cropped, in pixels",
		},
		{
			Name: "keep", Default: video.KeepJPEG, Choices: []string{video.KeepPixels, video.KeepJPEG},
			Doc: "how the cache holds frames: JPEG of quality 95, about 4 GB for the whole set, or pixels, which " +
				"read faster and take ten times as much",
		},
		{
			Name: "augment", Default: true,
			Doc: "draw frames, crop and flip them at random in training; false: as in evaluation",
		},
		{
			Name: "skip_broken", Default: false,
			Doc: "leave out absent and broken samples and list them in the manifest, instead of stopping",
		},
	}
}

// options are the settings, read.
type options struct {
	seed                uint64
	valShare            float64
	frames              int
	imageSide           int
	frameSide           int
	keep                string
	augment, skipBroken bool
}

func parseOptions(given map[string]any) (options, error) {
	values, err := data.Complete(Settings(), given)
	if err != nil {
		return options{}, fmt.Errorf("kineticssounds: %w", err)
	}
	number := func(name string) float64 { return values[name].(float64) }
	return options{
		seed:       uint64(number("data_seed")),
		valShare:   number("val_share"),
		frames:     int(number("frames")),
		imageSide:  int(number("image_side")),
		frameSide:  int(number("frame_side")),
		keep:       values["keep"].(string),
		augment:    values["augment"].(bool),
		skipBroken: values["skip_broken"].(bool),
	}, nil
}
