package violentflows

import (
	"fmt"

	"github.com/primewindow/primewindow/data"
)

const (
	// Name is the set's name in the catalogue.
	Name = "violentflows"
	// Doc describes the set in one line.
	Doc = "Violent Flows: crowds that are violent or not, picture and, of some, sound, 246 clips in five folds"
	// Folder is the set's folder below the data folder.
	Folder = "violentflows"
	// Ask says where the files are to be had.
	Ask = "the clips are to be had from T. Hassner of the Open University of Israel (openu.ac.il) on request, for " +
		"research; put the folders 1 to 5 below a folder violentflows"
)

// Choices of settings.
const (
	silentZeros = "zeros"
	silentSkip  = "skip"

	chooseSegments = "segments"
	chooseMiddle   = "middle"
)

// Settings lists what can be set about the set.
func Settings() []data.Setting {
	return []data.Setting{
		{
			Name: "fold", Default: 1.0, Min: 1, Max: folds, Whole: true,
			Doc: "the owners' fold that is the test split; the set's accuracy is the mean over all five",
		},
		{Name: "data_seed", Default: 0.0, Min: 0, Max: 1 << 52, Whole: true, Doc: "of the choice of validation clips"},
		{
			Name: "val_share", Default: 0.1, Min: 0, Max: 0.5,
			Doc: "share of each class of the other four folds that is the validation split",
		},
		{
			Name: "silent", Default: silentZeros, Choices: []string{silentZeros, silentSkip},
			Doc: "clips without sound: zeros reads them as silence, skip leaves them out and lists them",
		},
		{
			Name: "sound_seconds", Default: 3.0, Min: 0.5, Max: 10,
			Doc: "length of the sound, in seconds; a shorter one is repeated. Not in the paper: 3 is what its code " +
				"has for CREMA-D",
		},
		{
			Name: "frames", Default: 3.0, Min: 1, Max: 16, Whole: true,
			Doc: "frames of a sample, one of each of equal segments; not in the paper",
		},
		{
			Name: "choose", Default: chooseSegments, Choices: []string{chooseSegments, chooseMiddle},
			Doc: "frames of a training draw: segments, one of each at random, or the middle ones as in evaluation",
		},
		{
			Name: "fps", Default: 4.0, Min: 1, Max: 30, Whole: true,
			Doc: "frames a second among which a sample's are chosen; the cache holds them all",
		},
		{
			Name: "image_side", Default: 224.0, Min: 8, Max: 512, Whole: true,
			Doc: "height and width of a frame, in pixels",
		},
		{
			Name: "frame_side", Default: 256.0, Min: 8, Max: 2160, Whole: true,
			Doc: "largest short side of a frame before it is cropped, in pixels; the owners' frames have 240",
		},
		{
			Name: "augment", Default: true,
			Doc: "draw frames, crop and flip them at random in training; false: as in evaluation",
		},
		{
			Name: "skip_broken", Default: false,
			Doc: "leave out broken samples and list them in the manifest, instead of stopping",
		},
	}
}

// options are the settings, read.
type options struct {
	fold                 int
	seed                 uint64
	valShare             float64
	silent               string
	seconds              float64
	frames, fps          int
	chosen               string
	imageSide, frameSide int
	augment, skipBroken  bool
}

func parseOptions(given map[string]any) (options, error) {
	values, err := data.Complete(Settings(), given)
	if err != nil {
		return options{}, fmt.Errorf("violentflows: %w", err)
	}
	number := func(name string) float64 { return values[name].(float64) }
	return options{
		fold:       int(number("fold")),
		seed:       uint64(number("data_seed")),
		valShare:   number("val_share"),
		silent:     values["silent"].(string),
		seconds:    number("sound_seconds"),
		frames:     int(number("frames")),
		fps:        int(number("fps")),
		chosen:     values["choose"].(string),
		imageSide:  int(number("image_side")),
		frameSide:  int(number("frame_side")),
		augment:    values["augment"].(bool),
		skipBroken: values["skip_broken"].(bool),
	}, nil
}
