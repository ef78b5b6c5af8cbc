package reproduce

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/catalog"
	"github.com/primewindow/primewindow/data/cremad"
	"github.com/primewindow/primewindow/data/mosi"
	"github.com/primewindow/primewindow/internal/wire"
)

// setChoice is a setting of a set with which a target opens it, unless another is asked for.
type setChoice struct {
	set    string
	target string // name of the one target that takes it; empty: all
	scale  string // likewise
	name   string
	value  any
	why    string                  // whose choice it is
	file   func(dir string) string // that it needs: without it the set is opened as usual, and a note says so
	note   string
}

// setChoices are those of the paper that are not the sets' own defaults.
var setChoices = []setChoice{
	{
		set: cremad.Name, scale: ScalePaper, name: catalog.Prefix + "frames", value: 3.0,
		why: "at paper scale a sample has 3 frames, as in the paper's released code",
	}, {
		set: mosi.Name, target: "table6", name: catalog.Prefix + "features", value: "aligned",
		why: "the paper has transformers on sequences", file: mosi.AlignedPath,
		note: "Encoders are MLPs on one vector an utterance: the paper's transformers take sequences, " +
			"and mosi_aligned.npz is not there (the documentation of package mosi says how it is made).",
	},
}

// openSet opens a target's set with the settings of asked, and with that of [setChoices] that fits. It returns what it
// chose, and what a reader has to know of a choice whose file is not there. The first that fits is taken. A record's
// own settings say how its set was opened, so that none is chosen for it, and a setting that the user gives comes
// before the choice. Without its file a choice is passed over with a note, since the target can be had in the set's
// usual form.
func (p *Reproduction) openSet(t target, set string, asked map[string]any) (
	opened data.Dataset, chosen map[string]any, note string, err error,
) {
	for _, c := range setChoices {
		_, given := asked[c.name]
		other := c.set != set || c.target != "" && c.target != t.name || c.scale != "" && c.scale != p.ask.Scale
		if p.recorded || given || other {
			continue
		}
		if c.file != nil {
			dir, _ := asked["dir"].(string)
			if dir, err = p.shop.Locate(set, dir); err != nil {
				return nil, nil, "", err
			}
			if _, err := os.Stat(c.file(dir)); errors.Is(err, fs.ErrNotExist) {
				note = c.note
				continue
			}
		}
		chosen = map[string]any{c.name: c.value}
		with := maps.Clone(asked)
		maps.Copy(with, chosen)
		if opened, err = p.shop.Dataset(with); err != nil {
			return nil, nil, "", &wire.Problem{
				Message: fmt.Sprintf("%s with %s=%v: %s", set, c.name, c.value, wire.OneLine(err.Error())),
				Hint:    fmt.Sprintf("%s; -set %s=VALUE says otherwise", c.why, c.name),
			}
		}
		return opened, chosen, note, nil
	}
	opened, err = p.shop.Dataset(asked)
	return opened, nil, note, err
}
