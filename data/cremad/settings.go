package cremad

import (
	"fmt"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/video"
)

const (
	// Name is the set's name in the catalogue.
	Name = "cremad"
	// Doc describes the set in one line.
	Doc = "CREMA-D: 91 actors say twelve sentences in six moods, sound and face, 7,442 clips"
	// Folder is the set's folder below the data folder.
	Folder = "cremad"
	// Ask says where the files are to be had.
	Ask = "clone github.com/CheyneyComputerScience/CREMA-D with Git LFS, under the Open Database License, and name " +
		"its folder cremad; the usual lists train.csv and test.csv are in github.com/GeWu-Lab/OGM-GE_CVPR2022, " +
		"data/CREMAD"
)

// Choices of settings.
const (
	splitAuto     = "auto"
	splitOfficial = "official"
	splitActor    = "actor"

	chooseAny      = "any"
	chooseSegments = "segments"
	chooseFirst    = "first"
)

// Settings lists what can be set about the set.
func Settings() []data.Setting {
	return []data.Setting{
		{
			Name: "split", Default: splitAuto, Choices: []string{splitAuto, splitOfficial, splitActor},
			Doc: "official: by the usual lists, which share all actors; actor: no actor in two splits; auto: " +
				"official where the lists are there",
		},
		{
			Name: "data_seed", Default: 0.0, Min: 0, Max: 1 << 52, Whole: true,
			Doc: "of the choice of validation clips, and of actors",
		},
		{
			Name: "val_share", Default: 0.1, Min: 0, Max: 0.5,
			Doc: "share of the training list, or of all clips when split by actor, that is the validation split",
		},
		{
			Name: "test_share", Default: 0.2, Min: 0.01, Max: 0.5,
			Doc: "share of all clips that is the test split, when split by actor",
		},
		{
			Name: "frames", Default: 1.0, Min: 1, Max: 8, Whole: true,
			Doc: "frames of a sample, chosen among as many a second; the field uses 1 or 3",
		},
		{
			Name: "choose", Default: chooseAny, Choices: []string{chooseAny, chooseSegments, chooseFirst},
			Doc: "frames of a training draw: any, in order of time, as in the released code of the paper; one of " +
				"each of equal segments; or the first, as in the released code of OGM",
		},
		{
			Name: "image_side", Default: 224.0, Min: 8, Max: 512, Whole: true,
			Doc: "height and width of a frame, in pixels",
		},
		{
			Name: "frame_side", Default: 0.0, Min: 0, Max: 2160, Whole: true,
			Doc: "largest short side of a frame before it is cropped, in pixels, of the owners' 360; 0: extracted " +
				"frames stay whole, those of videos have 256",
		},
		{
			Name: "keep", Default: video.KeepPixels, Choices: []string{video.KeepPixels, video.KeepJPEG},
			Doc: "how the cache holds frames: pixels, which read fast, or JPEG of quality 95, a tenth of the space",
		},
		{
			Name: "augment", Default: true,
			Doc: "crop and flip frames at random in training; false: frames are chosen and sized as in evaluation",
		},
		{
			Name: "skip_broken", Default: false,
			Doc: "leave out broken samples and list them in the manifest, instead of stopping",
		},
	}
}

// options are the settings, read.
type options struct {
	split               string
	seed                uint64
	valShare, testShare float64
	frames              int
	chosen              string
	imageSide           int
	frameSide           int
	keep                string
	augment, skipBroken bool
}

func parseOptions(given map[string]any) (options, error) {
	values, err := data.Complete(Settings(), given)
	if err != nil {
		return options{}, fmt.Errorf("cremad: %w", err)
	}
	number := func(name string) float64 { return values[name].(float64) }
	return options{
		split:      values["split"].(string),
		seed:       uint64(number("data_seed")),
		valShare:   number("val_share"),
		testShare:  number("test_share"),
		frames:     int(number("frames")),
		chosen:     values["choose"].(string),
		imageSide:  int(number("image_side")),
		frameSide:  int(number("frame_side")),
		keep:       values["keep"].(string),
		augment:    values["augment"].(bool),
		skipBroken: values["skip_broken"].(bool),
	}, nil
}
