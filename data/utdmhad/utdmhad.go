package utdmhad

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/primewindow/primewindow/data"
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

// Open reads the set below dir, all of it into memory; settings that are absent have their defaults. It returns an
// error that names the file for one that is missing, a [data.FormatError] for one that is broken or does not fit the
// index, and an error for a setting that is unknown or out of bounds and for a split without samples.
func Open(dir string, settings map[string]any) (data.Dataset, error) {
	o, err := parseOptions(settings)
	if err != nil {
		return nil, err
	}
	path := func(name string) string { return filepath.Join(dir, Folder, name) }
	b, err := os.ReadFile(path("index.csv"))
	if err != nil {
		return nil, fmt.Errorf("utdmhad: %w", err)
	}
	list, err := decodeIndex(path("index.csv"), b)
	if err != nil {
		return nil, err
	}
	steps, frames := 0, 0
	for _, r := range list {
		steps, frames = steps+r.inertialSteps, frames+r.skeletonFrames
	}
	sensor, err := readFloats(path("inertial.f32.gz"), steps*inertialValues)
	if err != nil {
		return nil, err
	}
	joints, err := readFloats(path("skeleton.f32.gz"), frames*jointValues)
	if err != nil {
		return nil, err
	}
	images, err := readArray(path("depth.u8.gz"), len(list)*depthFrames*rawHeight*rawWidth)
	if err != nil {
		return nil, err
	}
	parts := o.sort(list, sensor, joints, images)
	for _, split := range []data.Split{data.Train, data.Test} {
		if len(parts[split].IDs) == 0 {
			return nil, &data.FormatError{File: path("index.csv"), Reason: fmt.Sprintf("no sample of split %s, want one of subjects %v", split, subjectsOf(split))}
		}
	}
	data.Standardize(parts, inertial, inertialValues)
	data.Standardize(parts, skeleton, jointValues)
	data.Standardize(parts, depth, 1)
	return data.NewMemory(o.describe(), parts)
}

func subjectsOf(split data.Split) []int {
	if split == data.Test {
		return tested
	}
	return trained
}

func readFloats(path string, n int) ([]float32, error) {
	b, err := readArray(path, 4*n)
	if err != nil {
		return nil, err
	}
	return floats(path, b)
}

// sort cuts the arrays into samples of one size and puts these into splits, in the order of the index.
func (o options) sort(list []record, sensor, joints []float32, images []byte) map[data.Split]data.Part {
	columns := map[data.Split]map[string][]float32{}
	parts := map[data.Split]data.Part{}
	for _, split := range data.Splits {
		columns[split] = map[string][]float32{}
	}
	for _, r := range list {
		var s, j []float32
		var d []byte
		s, sensor = sensor[:r.inertialSteps*inertialValues], sensor[r.inertialSteps*inertialValues:]
		j, joints = joints[:r.skeletonFrames*jointValues], joints[r.skeletonFrames*jointValues:]
		d, images = images[:depthFrames*rawHeight*rawWidth], images[depthFrames*rawHeight*rawWidth:]
		relative(j)
		split := o.splitOf(r.subject)
		x, p := columns[split], parts[split]
		x[inertial] = append(x[inertial], data.Resample(s, inertialValues, o.inertialSteps)...)
		x[skeleton] = append(x[skeleton], data.Resample(j, jointValues, o.skeletonSteps)...)
		x[depth] = append(x[depth], halve(d, o.depthFrames == asChannels)...)
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

func (o options) describe() data.Description {
	images := data.Modality{Name: depth, Kind: data.Image, Shape: []int{depthHeight, depthWidth, depthFrames}}
	if o.depthFrames == asAxis {
		images = data.Modality{Name: depth, Kind: data.Clip, Shape: []int{depthFrames, depthHeight, depthWidth, 1}}
	}
	validation := "no one"
	if len(o.validation) > 0 {
		validation = "subject " + strings.Trim(fmt.Sprint(o.validation), "[]")
	}
	return data.Description{
		Name: Name,
		Modalities: []data.Modality{
			{Name: inertial, Kind: data.Sequence, Shape: []int{o.inertialSteps, inertialValues}},
			{Name: skeleton, Kind: data.Sequence, Shape: []int{o.skeletonSteps, jointValues}},
			images,
		},
		Classes: actions,
		Provenance: data.Provenance{
			Source:   "UTD-MHAD, C. Chen, R. Jafari, N. Kehtarnavaz, ICIP 2015",
			Licence:  "given by its authors for research, without a licence text",
			Protocol: fmt.Sprintf("subjects 2, 4, 6 and 8 are the test split; of 1, 3, 5 and 7, %s validates and the rest is trained on", validation),
		},
		Recipe: map[string]any{
			"lr": 0.01, "momentum": 0.9, "weight_decay": 1e-4, "batch": 32.0, "epochs": 40.0, "lr_step": 35.0, "lr_gamma": 0.1,
			"encoder." + inertial: "cnn1d:32-64-128,kernel=5", "encoder." + skeleton: "cnn1d:32-64-128,kernel=5",
			"encoder." + depth: "cnn2d:32-64-128", "probe_samples": 128.0,
		},
	}
}
