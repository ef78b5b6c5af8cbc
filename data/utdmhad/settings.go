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
)

const (
	asAxis     = "axis"
	asChannels = "channels"
)

// subjects of the published protocol.
var (
	trained = []int{1, 3, 5, 7}
	tested  = []int{2, 4, 6, 8}
	// Ask says where the files are to be had.
	Ask = "the recordings are given by the University of Texas at Dallas as UTD-MHAD; the four files of a folder utd_mhad are made of its MATLAB files: see go doc ./data/utdmhad"
)

// Settings lists what can be set about the set.
func Settings() []data.Setting {
	return []data.Setting{
		{Name: "val_subjects", Default: "7", Doc: "subjects of 1, 3, 5 and 7, joined by hyphens, that are the validation split; none: all four are trained on"},
		{Name: "inertial_steps", Default: 64.0, Min: 8, Max: 1024, Whole: true, Doc: "times of a sensor's sequence"},
		{Name: "skeleton_steps", Default: 32.0, Min: 8, Max: 1024, Whole: true, Doc: "times of a skeleton's sequence"},
		{Name: "depth_frames", Default: asChannels, Choices: []string{asChannels, asAxis}, Doc: "depth images: 16 channels of one image, which keeps their order, or a clip, whose frames an encoder averages"},
	}
}

// options are the settings, read.
type options struct {
	validation                   []int // subjects
	inertialSteps, skeletonSteps int
	depthFrames                  string
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
	}
	text := values["val_subjects"].(string)
	if text == "none" {
		return o, nil
	}
	for part := range strings.SplitSeq(text, "-") {
		s, err := strconv.Atoi(part)
		if err != nil || !slices.Contains(trained, s) || slices.Contains(o.validation, s) {
			return options{}, fmt.Errorf("utdmhad: setting val_subjects: got %q, want none, or some of %v once each, joined by hyphens", text, trained)
		}
		o.validation = append(o.validation, s)
	}
	if len(o.validation) == len(trained) {
		return options{}, fmt.Errorf("utdmhad: setting val_subjects: got %q, want at least one subject left to train on", text)
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
