package violentflows

import (
	"fmt"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/stream"
)

// Names of the modalities; the leading one is first, which in the paper is the picture.
const (
	picture = "video"
	sound   = "audio"
)

// Open reads the set below dir, or in dir when that has the folds itself; settings that are absent have their defaults.
// It lists the folders and reads the beginning of each clip, and decodes nothing yet, unless skip_broken asks for whole
// samples. It returns the first of the faults that [Check] lists, and says how many there are, and an error for a
// setting that is unknown or out of bounds, for a fold or class without clips, and for a set without any sound.
func Open(dir string, settings map[string]any) (data.Dataset, error) {
	return stream.Open(prepare(dir, settings))
}

// Check lists what is wrong with the folders, and which clips are absent, empty, cut off or no AVI; with skip_broken
// such clips are no faults. What shows in decoding alone the open set's own Check finds, see [data.Checked].
func Check(dir string, settings map[string]any) []error {
	return stream.Check(prepare(dir, settings))
}

// prepare says what the set consists of.
func prepare(dir string, settings map[string]any) (c stream.Config, err error) {
	o, err := parseOptions(settings)
	if err != nil {
		return c, err
	}
	root, err := findRoot(dir)
	if err != nil {
		return c, err
	}
	list, err := listClips(root)
	if err != nil {
		return c, err
	}
	var whole []clip
	var left []string // out, without being faults
	silent, total := make([]int, len(classes)), make([]int, len(classes))
	for _, clip := range list {
		if clip.err != nil {
			c.Faults = append(c.Faults, clip.err)
			continue
		}
		total[clip.label]++
		if !clip.sound {
			silent[clip.label]++
			if o.silent == silentSkip {
				left = append(left, clip.path+": no sound")
				continue
			}
		}
		whole = append(whole, clip)
	}
	if n := sum(total); n > 0 && sum(silent) == n {
		return c, &data.UnsupportedError{
			File: root, Feature: fmt.Sprintf("a set without sound: none of %d clips has any", n),
		}
	}
	c.Description = o.describe(len(list), silent)
	c.Description.Provenance.Skipped = left
	clips := map[string]clip{}
	c.Parts = map[data.Split][]stream.Item{}
	for split, part := range o.sort(whole) {
		for _, p := range part {
			clips[p.id] = p
			c.Parts[split] = append(
				c.Parts[split],
				stream.Item{ID: p.id, Label: p.label, Detail: data.Detail{Group: p.group, Duration: p.duration}},
			)
		}
	}
	c.Modalities, c.SkipBroken = o.modalities(clips), o.skipBroken
	return c, nil
}

func sum(counts []int) int {
	n := 0
	for _, c := range counts {
		n += c
	}
	return n
}

func (o options) describe(clips int, silent []int) data.Description {
	heard := "all have sound"
	if n := sum(silent); n > 0 {
		how := map[string]string{silentZeros: "read as silence", silentSkip: "left out"}[o.silent]
		heard = fmt.Sprintf(
			"%d without sound, %d of them %s and %d %s, are %s", n, silent[0], classes[0], silent[1], classes[1], how,
		)
	}
	return data.Description{
		Name:    Name,
		Classes: classes,
		Provenance: data.Provenance{
			Source:  "Violent Flows, T. Hassner, Y. Itcher, O. Kliper-Gross, CVPR Workshops 2012",
			Licence: "given by its authors for research; the clips are YouTube's",
			Protocol: fmt.Sprintf(
				"fold %d of the owners' %d is tested; of the others about %v of each class validates by data_seed "+
					"%d, no source video in both; of %d clips %s",
				o.fold, folds, o.valShare, o.seed, clips, heard,
			),
		},
		Recipe: map[string]any{ // the paper's but for the batch: of 64 there would be three in an epoch
			"lr": 0.002, "momentum": 0.9, "weight_decay": 1e-4, "batch": 16.0, "epochs": 50.0, "lr_step": 30.0,
			"lr_gamma":           0.1,
			"encoder." + picture: "resnet18", "encoder." + sound: "resnet18",
		},
	}
}
