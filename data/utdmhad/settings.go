package utdmhad

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/data"
)

const (
	// Name is the set's name in the catalogue.
	Name = "utdmhad"
	// Doc describes the set in one line.
	Doc = "actions of eight people: a body sensor, a skeleton and depth images of the same moment, 27 classes"
	// Folder is the set's folder below the data folder.
	Folder = "utd_mhad"
	// Ask says where the files are to be had.
	Ask = "the University of Texas at Dallas gives the recordings as UTD-MHAD, in folders Inertial, Skeleton and " +
		"Depth of MATLAB files: put these into a folder utd_mhad, see go doc ./data/utdmhad"
)

const (
	asAxis     = "axis"
	asChannels = "channels"
)

// subjects of the published protocol.
var (
	trained = []int{1, 3, 5, 7}
	tested  = []int{2, 4, 6, 8}
)

// Settings lists what can be set about the set.
func Settings() []data.Setting {
	return []data.Setting{
		{
			Name: "val_subjects", Default: "7",
			Doc: "subjects of 1, 3, 5 and 7, joined by hyphens, that are the validation split; none: all four are " +
				"trained on",
		},
		{Name: "inertial_steps", Default: 64.0, Min: 8, Max: 1024, Whole: true, Doc: "times of a sensor's sequence"},
		{Name: "skeleton_steps", Default: 32.0, Min: 8, Max: 1024, Whole: true, Doc: "times of a skeleton's sequence"},
		{
			Name: "depth_frames", Default: asChannels, Choices: []string{asChannels, asAxis},
			Doc: "depth images: 16 channels of one image, which keeps their order, or a clip, whose frames an " +
				"encoder averages",
		},
		{
			Name: "skip_broken", Default: false,
			Doc: "leave out broken recordings of the owners' files and list them in the manifest, instead of stopping",
		},
	}
}

// options are the settings, read.
type options struct {
	validation                   []int // subjects
	inertialSteps, skeletonSteps int
	depthFrames                  string
	skipBroken                   bool
}

func parseOptions(given map[string]any) (options, error) {
	values, err := data.Complete(Settings(), given)
	if err != nil {
		return options{}, fmt.Errorf("utdmhad: %w", err)
	}
	o := options{
		inertialSteps: int(values["inertial_steps"].(float64)),
		skeletonSteps: int(values["skeleton_steps"].(float64)),
		depthFrames:   values["depth_frames"].(string),
		skipBroken:    values["skip_broken"].(bool),
	}
	text := values["val_subjects"].(string)
	if text == "none" {
		return o, nil
	}
	for part := range strings.SplitSeq(text, "-") {
		s, err := strconv.Atoi(part)
		if err != nil || !slices.Contains(trained, s) || slices.Contains(o.validation, s) {
			return options{}, fmt.Errorf(
				"utdmhad: setting val_subjects: got %q, want none, or some of %v once each, joined by hyphens", text,
				trained,
			)
		}
		o.validation = append(o.validation, s)
	}
	if len(o.validation) == len(trained) {
		return options{}, fmt.Errorf(
			"utdmhad: setting val_subjects: got %q, want at least one subject left to train on", text,
		)
	}
	return o, nil
}

// splitOf is the split that a subject belongs to.
func (o options) splitOf(subject int) data.Split {
	switch {
	case slices.Contains(tested, subject):
		return data.Test
	case slices.Contains(o.validation, subject):
		return data.Validation
	}
	return data.Train
}
