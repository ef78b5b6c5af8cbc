package kineticssounds

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/stream"
	"github.com/primewindow/primewindow/data/video"
)

// Names of the modalities; the leading one is first, as the paper has them.
const (
	sound   = "audio"
	picture = "video"
)

// source is where a clip's sound and frames come from.
type source struct {
	soundKind, sound string
	frameKind        string
	frames           []string // the video, or the pictures in order of time
	duration         time.Duration
	err              error // what is wrong, as far as it shows without decoding
}

// Open reads the set below dir, or in dir itself when it has the lists; settings that are absent have their defaults.
// It looks for the listed clips and at the beginning of each recording, and decodes nothing yet, unless skip_broken
// asks for whole samples. It returns the first of the faults that [Check] lists, and says how many there are, and an
// error for a setting that is unknown or out of bounds and for a split without samples.
func Open(dir string, settings map[string]any) (data.Dataset, error) {
	return stream.Open(prepare(dir, settings))
}

// Check lists what is wrong with the lists, and which clips are absent, empty or no recordings; with skip_broken such
// clips are no faults. What shows in decoding alone the open set's own Check finds, see [data.Checked].
func Check(dir string, settings map[string]any) []error {
	return stream.Check(prepare(dir, settings))
}

// prepare says what the set consists of.
func prepare(dir string, settings map[string]any) (c stream.Config, err error) {
	o, err := parseOptions(settings)
	if err != nil {
		return c, err
	}
	root := data.Subfolder(dir, Folder)
	if st, err := os.Stat(root); err != nil || !st.IsDir() {
		root = dir
	}
	l, err := findLists(
		root, filepath.Join(dir, "kinetics_sounds_splits"), filepath.Join(filepath.Dir(root), "kinetics_sounds_splits"),
	)
	if err != nil {
		return c, err
	}
	names, err := classNames(root)
	if err != nil {
		return c, err
	}
	x, err := readIndex(root, l)
	if err != nil {
		return c, err
	}
	sources := x.look(root)
	items, counts := map[data.Split][]stream.Item{}, map[string]int{}
	parts := o.sort(l)
	for _, split := range data.Splits {
		for _, clip := range parts[split] {
			s := sources[clip.id]
			if s.err != nil {
				c.Faults = append(c.Faults, s.err)
				continue
			}
			counts["sound of "+s.soundKind]++
			counts["frames of "+s.frameKind]++
			items[split] = append(
				items[split],
				stream.Item{
					ID: clip.id, Label: clip.label, Detail: data.Detail{Group: clip.video(), Duration: s.duration},
				},
			)
		}
	}
	c.Description, c.Parts, c.Modalities, c.SkipBroken = o.describe(names, counts), items, o.modalities(sources),
		o.skipBroken
	return c, nil
}

// look finds the sources of all listed clips, several at a time.
func (x *index) look(root string) map[string]source {
	ids := make([]string, 0, len(x.listed))
	for id := range x.listed {
		ids = append(ids, id)
	}
	found := make([]source, len(ids))
	stream.Each(len(ids), func(i int) { found[i] = x.source(root, ids[i]) })
	sources := make(map[string]source, len(ids))
	for i, id := range ids {
		sources[id] = found[i]
	}
	return sources
}

// source finds a clip's files and looks at them without decoding.
func (x *index) source(root, id string) (s source) {
	if s.soundKind, s.sound, s.err = x.pick(root, id, spectrum, recording, movie); s.err != nil {
		return s
	}
	var path string
	if s.frameKind, path, s.err = x.pick(root, id, frames, movie); s.err != nil {
		return s
	}
	if s.err = checkFile(s.sound); s.err != nil {
		return s
	}
	if s.soundKind == recording {
		if s.duration, s.err = video.RecordingDuration(s.sound); s.err != nil {
			return s
		}
	}
	if s.frameKind == frames {
		s.frames, s.err = video.ListFrames(path, maxFrames)
		return s
	}
	s.frames, s.err = []string{path}, checkFile(path)
	return s
}

func (o options) describe(names []string, counts map[string]int) data.Description {
	var from []string
	for _, kind := range []string{
		"sound of " + spectrum, "sound of " + recording, "sound of " + movie, "frames of " + frames,
		"frames of " + movie,
	} {
		if n := counts[kind]; n > 0 {
			from = append(from, fmt.Sprintf("%d clips with %s", n, kind))
		}
	}
	return data.Description{
		Name:    Name,
		Classes: names,
		Provenance: data.Provenance{
			Source: "Kinetics-Sounds, R. Arandjelović, A. Zisserman, ICCV 2017, from Kinetics-400; " + strings.Join(
				from, ", ",
			),
			Licence: "the lists under the MIT licence, Kinetics' annotations under CC BY 4.0, the clips their " +
				"authors' on YouTube",
			Protocol: fmt.Sprintf(
				"the usual lists; %v of the training list validates by data_seed %d", o.valShare, o.seed,
			),
		},
		Recipe: map[string]any{
			"lr": 0.002, "momentum": 0.9, "weight_decay": 1e-4, "batch": 64.0, "epochs": 50.0, "lr_step": 30.0,
			"lr_gamma":         0.1,
			"encoder." + sound: "resnet18", "encoder." + picture: "resnet18",
		},
	}
}
