package utdmhad

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/stream"
)

// Names of the modalities; the leading one is first.
const (
	inertial = "inertial"
	skeleton = "skeleton"
	depth    = "depth"
)

// Sizes of the files' arrays and of a sample.
const (
	inertialValues = 6      // a step
	jointValues    = 20 * 3 // a frame
	depthFrames    = 16
	rawHeight      = 60
	rawWidth       = 80
	depthHeight    = rawHeight / 2
	depthWidth     = rawWidth / 2
)

var actions = []string{
	"swipe left", "swipe right", "wave", "clap", "throw", "arms crossed", "basketball shoot", "draw x",
	"draw circle clockwise", "draw circle counter-clockwise", "draw triangle", "bowling", "boxing", "baseball swing",
	"tennis swing", "arm curl", "tennis serve", "push", "knock", "catch", "pick up and throw", "jog", "walk",
	"sit to stand", "stand to sit", "lunge", "squat",
}

// Open reads the set below dir, or in dir when that has its files itself, all of it into memory; settings that are
// absent have their defaults. It returns the first of the faults that [Check] lists, and says how many there are.
func Open(dir string, settings map[string]any) (data.Dataset, error) {
	o, list, err := prepare(dir, settings)
	if err == nil && !o.skipBroken {
		err = list.faults.Err()
	}
	if err != nil {
		return nil, data.Gather([]error{err})[0]
	}
	parts := o.sort(list)
	for _, split := range []data.Split{data.Train, data.Test} {
		if len(parts[split].IDs) == 0 {
			reason := fmt.Sprintf("no sample of split %s, want one of subjects %v", split, subjectsOf(split))
			if len(list.faults) > 0 {
				reason += fmt.Sprintf("; %d are left out, the first: %v", len(list.faults), list.faults[0])
			}
			return nil, &data.FormatError{File: list.file, Reason: reason}
		}
	}
	for _, m := range list.modalities {
		data.Standardize(parts, m, features[m])
	}
	return data.NewMemory(o.describe(list), parts)
}

// Check lists what is wrong with the files: a setting that is unknown or out of bounds, or a repacked file that is
// missing, broken, or does not fit the index; of the owners' files, which it reads all, each that is. With skip_broken
// those are no faults.
func Check(dir string, settings map[string]any) []error {
	o, list, err := prepare(dir, settings)
	switch {
	case err != nil:
		return data.Gather([]error{err})
	case o.skipBroken:
		return nil
	}
	return data.Gather(list.faults)
}

// features are the values of a modality's last axis that are standardised apart.
var features = map[string]int{inertial: inertialValues, skeleton: jointValues, depth: 1}

// readings are a set's samples as the repacked files hold them.
type readings struct {
	file       string   // what lists them, for errors
	source     string   // what is to be said of the files
	modalities []string // some of all, in their order
	records    []record
	pieces     []pieces // of each record
	faults     stream.Faults
}

// prepare reads the settings and the files, in the layout that is there.
func prepare(dir string, settings map[string]any) (options, readings, error) {
	o, err := parseOptions(settings)
	if err != nil {
		return o, readings{}, err
	}
	root := data.Subfolder(dir, Folder)
	if _, err := os.Stat(root); err != nil && holdsSet(dir) {
		root = dir
	}
	if repacked(root) {
		list, err := readRepacked(root)
		return o, list, err
	}
	files, err := findOriginal(root)
	if err != nil {
		return o, readings{}, err
	}
	if files == nil {
		return o, readings{}, &data.FormatError{
			File:   root,
			Reason: "no folder Inertial, Skeleton or Depth and no index.csv, want the owners' folders: " + Ask,
		}
	}
	list, err := files.read()
	return o, list, err
}

// holdsSet says whether a folder has the set's files itself.
func holdsSet(dir string) bool {
	if _, err := os.Stat(filepath.Join(dir, indexFile)); err == nil {
		return true
	}
	o, err := findOriginal(dir)
	return err != nil && !errors.Is(err, fs.ErrNotExist) || o != nil
}

func subjectsOf(split data.Split) []int {
	if split == data.Test {
		return tested
	}
	return trained
}

// sort brings samples to one size and puts them into splits, in their order.
func (o options) sort(list readings) map[data.Split]data.Part {
	columns := map[data.Split]map[string][]float32{}
	parts := map[data.Split]data.Part{}
	for _, split := range data.Splits {
		columns[split] = map[string][]float32{}
	}
	for i, r := range list.records {
		split := o.splitOf(r.subject)
		x, p := columns[split], parts[split]
		for _, m := range list.modalities {
			x[m] = append(x[m], o.values(m, list.pieces[i])...)
		}
		p.IDs, p.Labels = append(p.IDs, r.id()), append(p.Labels, r.action-1)
		p.Details = append(p.Details, data.Detail{Group: fmt.Sprintf("subject %d", r.subject)})
		parts[split] = p
	}
	for split, p := range parts {
		p.X = map[string]data.Column{}
		for name, values := range columns[split] {
			p.X[name] = data.Column{Values: values}
		}
		parts[split] = p
	}
	return parts
}

// values are a sample's, of one modality. Joints are changed in place.
func (o options) values(modality string, p pieces) []float32 {
	switch modality {
	case inertial:
		return data.Resample(p.sensor, inertialValues, o.inertialSteps)
	case skeleton:
		relative(p.joints)
		return data.Resample(p.joints, jointValues, o.skeletonSteps)
	}
	return halve(p.images, o.depthFrames == asChannels)
}

func (o options) describe(list readings) data.Description {
	images := data.Modality{Name: depth, Kind: data.Image, Shape: []int{depthHeight, depthWidth, depthFrames}}
	if o.depthFrames == asAxis {
		images = data.Modality{Name: depth, Kind: data.Clip, Shape: []int{depthFrames, depthHeight, depthWidth, 1}}
	}
	validation := "no one"
	if len(o.validation) > 0 {
		validation = "subject " + strings.Trim(fmt.Sprint(o.validation), "[]")
	}
	modalities := []data.Modality{
		{Name: inertial, Kind: data.Sequence, Shape: []int{o.inertialSteps, inertialValues}},
		{Name: skeleton, Kind: data.Sequence, Shape: []int{o.skeletonSteps, jointValues}},
		images,
	}
	var skipped []string
	for _, err := range list.faults { // there are none unless they are to be left out
		skipped = append(skipped, err.Error())
	}
	return data.Description{
		Name: Name,
		Modalities: slices.DeleteFunc(
			modalities, func(m data.Modality) bool { return !slices.Contains(list.modalities, m.Name) },
		),
		Classes: actions,
		Provenance: data.Provenance{
			Source:  "UTD-MHAD, C. Chen, R. Jafari, N. Kehtarnavaz, ICIP 2015" + list.source,
			Licence: "given by its authors for research, without a licence text",
			Protocol: fmt.Sprintf(
				"subjects 2, 4, 6 and 8 are the test split; of 1, 3, 5 and 7, %s validates and the rest is trained on",
				validation,
			),
			Skipped: skipped,
		},
		Recipe: map[string]any{
			"lr": 0.01, "momentum": 0.9, "weight_decay": 1e-4, "batch": 32.0, "epochs": 40.0, "lr_step": 35.0,
			"lr_gamma":            0.1,
			"encoder." + inertial: "cnn1d:32-64-128,kernel=5", "encoder." + skeleton: "cnn1d:32-64-128,kernel=5",
			"encoder." + depth: "cnn2d:32-64-128", "probe_samples": 128.0,
		},
	}
}
