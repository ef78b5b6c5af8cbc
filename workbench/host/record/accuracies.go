package record

import (
	"slices"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
)

// quantities are the accuracies that every model has: fused, of each modality by the head, of each by a fresh linear
// probe.
func quantities(modalities []string) []wire.Quantity {
	list := []wire.Quantity{{Encoder: wire.Fused, Readout: wire.ReadoutHead}}
	for _, readout := range []string{wire.ReadoutSplit, wire.ReadoutLinear} {
		for _, m := range modalities {
			list = append(list, wire.Quantity{Encoder: m, Readout: readout})
		}
	}
	return list
}

// Accuracies are what is on record of a split after so many steps, those that every model has and then what else there
// is; nil as long as one of the former is missing. Of two of the same quantity the later one counts. Further ones, as
// of classifiers that a method trains beside, are in the order in which they were measured.
func Accuracies(records []wire.Record, modalities []string, split data.Split, step int) []wire.NamedAccuracy {
	usual, found := quantities(modalities), map[wire.Quantity]float64{}
	var further []wire.Quantity
	for _, rec := range records {
		if rec.Step != step || rec.Kind != inforeg.KindAccuracy || rec.Split != string(split) {
			continue
		}
		q := wire.Quantity{Encoder: rec.Encoder, Readout: rec.Readout}
		if _, again := found[q]; !again && !slices.Contains(usual, q) {
			further = append(further, q)
		}
		found[q] = rec.Value
	}
	var list []wire.NamedAccuracy
	for _, q := range append(usual, further...) {
		v, ok := found[q]
		if !ok {
			return nil
		}
		list = append(list, wire.NamedAccuracy{Quantity: q, Value: v})
	}
	return list
}

// latest are the accuracies that a status shows: by encoder the one of the latest step on the validation split, by the
// head. One that is put on record late, for an earlier step, does not take its place; of two of one step the later one
// counts.
type latest struct {
	values map[string]float64
	steps  map[string]int
}

func newLatest() latest { return latest{map[string]float64{}, map[string]int{}} }

// note notes a measurement, of whatever kind.
func (l latest) note(rec wire.Record) {
	if rec.Kind != inforeg.KindAccuracy || rec.Split != string(data.Validation) || rec.Readout == wire.ReadoutLinear ||
		rec.Step < l.steps[rec.Encoder] {
		return
	}
	l.values[rec.Encoder], l.steps[rec.Encoder] = rec.Value, rec.Step
}

// FusedOnly is the fused accuracy on the validation split after so many steps; nil where it is not on record. The one
// that was put on record last counts.
func FusedOnly(records []wire.Record, step int) []wire.NamedAccuracy {
	for _, rec := range slices.Backward(records) {
		if rec.Step == step && rec.Kind == inforeg.KindAccuracy && rec.Split == string(data.Validation) &&
			rec.Readout == wire.ReadoutHead {
			return []wire.NamedAccuracy{
				{Quantity: wire.Quantity{Encoder: wire.Fused, Readout: wire.ReadoutHead}, Value: rec.Value},
			}
		}
	}
	return nil
}
