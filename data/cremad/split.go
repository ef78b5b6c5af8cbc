package cremad

import (
	"cmp"
	"math"
	"slices"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/stream"
)

// official splits by the lists: those of the training clips whose lot is below the share validate.
func (o options) official(l lists) map[data.Split][]clip {
	parts := map[data.Split][]clip{data.Test: l.test}
	for _, c := range l.train {
		split := data.Train
		if stream.Lot(o.seed, c.id) < o.valShare {
			split = data.Validation
		}
		parts[split] = append(parts[split], c)
	}
	return parts
}

// byActor splits so that no actor is in two parts. Actors come in the order of their lots; each goes where it still
// fits: to the test split, to the validation split, else it is trained on. The test split gets at least the first one,
// and at least one is trained on.
func (o options) byActor(all []clip) map[data.Split][]clip {
	clips := map[string][]clip{}
	for _, c := range all {
		clips[c.actor] = append(clips[c.actor], c)
	}
	var actors []string
	for a := range clips {
		actors = append(actors, a)
	}
	stream.SortByLot(o.seed, actors)
	room := map[data.Split]float64{
		data.Test:       math.Round(o.testShare * float64(len(all))),
		data.Validation: math.Round(o.valShare * float64(len(all))),
	}
	parts := map[data.Split][]clip{}
	for i, a := range actors {
		n := float64(len(clips[a]))
		split := data.Train
		switch {
		case i == 0 && len(actors) > 1: // there must be something to measure
			split = data.Test
		case i == len(actors)-1 && len(parts[data.Train]) == 0: // and something to learn from
		case room[data.Test] >= n/2: // more of it fits than not
			split = data.Test
		case room[data.Validation] >= n/2:
			split = data.Validation
		}
		room[split] -= n
		parts[split] = append(parts[split], clips[a]...)
	}
	for split := range parts {
		slices.SortFunc(parts[split], func(a, b clip) int { return cmp.Compare(a.id, b.id) })
	}
	return parts
}
