package cremad

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/stream"
)

// Names of the modalities; the leading one is first, as the paper has them.
const (
	sound = "audio"
	face  = "video"
)

// layout is where the set's files are.
type layout struct {
	root   string
	sounds *shelf
	faces  *shelf
	lists  lists
	listed bool // whether there are lists
}

// Open reads the set below dir, or in dir when that has the sounds itself; settings that are absent have their
// defaults. It lists the folders and reads the beginning of each recording, and decodes nothing yet, unless skip_broken
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
func prepare(dir string, settings map[string]any) (stream.Config, error) {
	o, err := parseOptions(settings)
	if err != nil {
		return stream.Config{}, err
	}
	l, err := o.layout(dir)
	if err != nil {
		return stream.Config{}, err
	}
	parts, protocol, faults := o.parts(l)
	items := map[data.Split][]stream.Item{}
	for _, split := range data.Splits {
		for _, clip := range parts[split] {
			if err := l.fault(clip.id); err != nil {
				faults = append(faults, err)
				continue
			}
			detail := data.Detail{Group: clip.actor, Duration: l.sounds.entries[clip.id].duration}
			items[split] = append(items[split], stream.Item{ID: clip.id, Label: clip.label, Detail: detail})
		}
	}
	return stream.Config{
		Description: o.describe(l, protocol), Parts: items, Modalities: o.modalities(l), Faults: faults,
		SkipBroken: o.skipBroken,
	}, nil
}

// layout finds the files below dir.
func (o options) layout(dir string) (l layout, err error) {
	l.root = data.Subfolder(dir, Folder)
	sounds := []string{"AudioWAV", "audio"}
	if _, err := os.Stat(l.root); err != nil && first(dir, sounds...) != "" {
		l.root = dir
	}
	name := first(l.root, sounds...)
	if name == "" {
		return l, &data.FormatError{File: l.root, Reason: "no folder AudioWAV, want the owners' files: " + Ask}
	}
	if l.sounds, err = readShelf(data.Subfolder(l.root, name), ".wav"); err != nil {
		return l, err
	}
	extracted := fmt.Sprintf("Image-%02d-FPS", o.frames)
	switch name := first(l.root, extracted, "VideoFlash", "visual"); name {
	case "":
		return l, &data.FormatError{
			File: l.root, Reason: fmt.Sprintf("no folder VideoFlash or %s, want faces", extracted),
		}
	case "VideoFlash":
		l.faces, err = readShelf(data.Subfolder(l.root, name), ".flv")
	default:
		l.faces, err = readShelf(data.Subfolder(l.root, name), "")
	}
	if err != nil || o.split == splitActor {
		return l, err
	}
	l.lists, l.listed, err = findLists(
		l.root, filepath.Join(dir, "cremad_meta"), filepath.Join(filepath.Dir(l.root), "cremad_meta"),
	)
	if err == nil && !l.listed && o.split == splitOfficial {
		err = &data.FormatError{
			File:   filepath.Join(l.root, "train.csv"),
			Reason: "no such file, want the usual lists, or -set data.split=actor: " + Ask,
		}
	}
	return l, err
}

// first is the first of some folders below a folder that is there, in capitals or not, or empty.
func first(dir string, names ...string) string {
	for _, name := range names {
		if st, err := os.Stat(data.Subfolder(dir, name)); err == nil && st.IsDir() {
			return name
		}
	}
	return ""
}

// fault is what is wrong with a clip's files as far as it shows without decoding, sound first.
func (l layout) fault(id string) error {
	for _, s := range []*shelf{l.sounds, l.faces} {
		e, ok := s.entries[id]
		switch {
		case !ok:
			return s.missing(id)
		case e.err != nil:
			return e.err
		}
	}
	return nil
}

// parts splits the clips, and says how in one sentence. Faults are files whose names are no clips'.
func (o options) parts(l layout) (parts map[data.Split][]clip, protocol string, faults []error) {
	if l.listed {
		return o.official(l.lists), fmt.Sprintf(
			"the usual lists, which share all actors; %v of the training list validates by data_seed %d", o.valShare,
			o.seed,
		), nil
	}
	path := map[string]string{}
	for _, s := range []*shelf{l.faces, l.sounds} {
		for id, e := range s.entries {
			path[id] = e.path
		}
	}
	var all []clip
	for _, id := range slices.Sorted(maps.Keys(path)) {
		c, err := parseClip(id)
		if err != nil {
			faults = append(faults, &data.FormatError{File: path[id], Reason: err.Error()})
			continue
		}
		all = append(all, c)
	}
	return o.byActor(all), fmt.Sprintf(
		"no actor in two splits; about %v of the clips test and %v validate, by data_seed %d", o.testShare, o.valShare,
		o.seed,
	), faults
}

func (o options) describe(l layout, protocol string) data.Description {
	return data.Description{
		Name:    Name,
		Classes: moods,
		Provenance: data.Provenance{
			Source: "CREMA-D, H. Cao, D. Cooper, M. Keutmann, R. Gur, A. Nenkova, R. Verma, IEEE Transactions on " +
				"Affective Computing 2014; faces from " + filepath.Base(l.faces.dir),
			Licence:  "Open Database License 1.0, contents under the Database Contents License 1.0",
			Protocol: protocol,
		},
		Recipe: map[string]any{
			"lr": 0.002, "momentum": 0.9, "weight_decay": 1e-4, "batch": 64.0, "epochs": 50.0, "lr_step": 30.0,
			"lr_gamma":         0.1,
			"encoder." + sound: "resnet18", "encoder." + face: "resnet18",
		},
	}
}
