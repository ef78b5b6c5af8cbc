package setting

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/wire"
)

// sized is a set of so many samples in each split, which cannot be read.
type sized struct {
	data.Dataset
	train, val int
	recipe     map[string]any
}

func (c sized) Describe() data.Description {
	return data.Description{Name: "mine", Recipe: c.recipe, Classes: []string{"a", "b"}}
}

func (c sized) Len(split data.Split) int {
	return map[data.Split]int{data.Train: c.train, data.Validation: c.val}[split]
}

// TestSettled: a default batch that a set cannot fill fits itself, one that was asked for is refused with what to type.
func TestSettled(t *testing.T) {
	recipe := map[string]any{"batch": 32.0}
	for _, tt := range []struct {
		name   string
		set    sized
		asked  map[string]any
		batch  float64
		notes  []string
		err    string
		reason string
	}{
		{"enough", sized{train: 32, val: 1, recipe: recipe}, nil, 32, nil, "", "one step an epoch"},
		{
			"too few", sized{train: 31, val: 1, recipe: recipe}, nil, 30,
			[]string{"batch of 30 in place of 32: the training split of mine has 31 samples"}, "",
			"even, for balanced signs",
		},
		{
			"two", sized{train: 2, val: 1}, nil, 2,
			[]string{"batch of 2 in place of 64: the training split of mine has 2 samples"}, "",
			"the smallest set; without a recipe the program's default",
		},
		{"one", sized{train: 1, val: 1}, nil, 0, nil, "a set needs 2 training samples at least", "no batch fits"},
		{
			"asked and fits", sized{train: 8, val: 1, recipe: recipe}, map[string]any{"batch": 4.0}, 4, nil, "",
			"as it was asked",
		},
		{
			"asked too large", sized{train: 9, val: 1, recipe: recipe}, map[string]any{"batch": 16.0}, 0, nil,
			"-set batch=8", "nobody's batch is changed",
		},
		{
			"default asked", sized{train: 9, val: 1, recipe: recipe}, map[string]any{"batch": 32.0}, 0, nil,
			"-set batch=8", "likewise",
		},
		{
			"no validation", sized{train: 64}, nil, 64,
			[]string{"no accuracies while it trains: mine has no validation samples"}, "",
			"told, not failed at the epoch's end",
		},
		{"none wanted", sized{train: 64}, map[string]any{"probes": "none"}, 64, nil, "", "nothing is missing"},
	} {
		asked := map[string]any{"data": "synth"}
		maps.Copy(asked, tt.asked)
		settings, notes, err := Complete(asked, tt.set)
		if err == nil {
			_, err = StepsPerEpoch(settings, tt.set)
		}
		if tt.err != "" {
			if p, ok := errors.AsType[*wire.Problem](err); !ok || !strings.Contains(p.Hint, tt.err) {
				t.Errorf("%s: error %+v, want the hint %s\nreason: %s", tt.name, err, tt.err, tt.reason)
			}
			continue
		}
		if err != nil || settings["batch"] != tt.batch || !slices.Equal(notes, tt.notes) {
			t.Errorf(
				"%s: batch %v, notes %q, error %v, want %v and %q\nreason: %s", tt.name, settings["batch"], notes, err,
				tt.batch, tt.notes, tt.reason,
			)
		}
	}
}
