package kineticssounds

import (
	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/stream"
)

// sort splits by the lists: those of the training clips whose video's lot is below the share validate.
func (o options) sort(l lists) map[data.Split][]clip {
	parts := map[data.Split][]clip{data.Test: l.test}
	for _, c := range l.train {
		split := data.Train
		if stream.Lot(o.seed, c.video()) < o.valShare {
			split = data.Validation
		}
		parts[split] = append(parts[split], c)
	}
	return parts
}
