// Package tune chooses a learning rate among those that were tried on the validation split, and says how sure the
// choice is. Who trains the runs and who words the table take it from here.
//
// Start with [Rates], then [Choose].
//
// Rules, stated once:
//
//   - A rate counts by the mean over its seeds of the fused accuracy on the validation split, equal ones by the mean
//     cross entropy there.
//   - A rate of which a run has no result, as one that diverges, has failed and is not chosen.
//   - Where the best rate is the lowest or the highest that was tried, the grid is to be continued there; a failed rate
//     beyond the best one ends it. Where all have failed it is continued downwards.
package tune

import (
	"cmp"
	"slices"

	"github.com/primewindow/primewindow/internal/wire"
)

const (
	// Few is so many samples of the validation split that a choice that rests on no more of them is no choice.
	Few = 3
	// rounding is what means of shares differ by when only their rounding does.
	rounding = 1e-9
)

// Edges of the grid of rates.
const (
	EdgeLow  = "low"
	EdgeHigh = "high"
)

// Rate is a learning rate that was tried, over its seeds.
type Rate struct {
	LR       float64
	Accuracy float64 // mean over the seeds, from 0 to 1
	Entropy  float64 // likewise, in nats
	Seeds    int
	Failed   string // why it has no result; empty where it has one or is open
	Open     bool   // whether some of its runs are not trained to their end
}

// Counts reports whether a rate can be chosen.
func (r Rate) Counts() bool { return r.Failed == "" && !r.Open }

// Rates are the learning rates of an arm's trials, the lowest first.
func Rates(trials []wire.Trial) []Rate {
	var list []Rate
	for _, t := range trials {
		i := slices.IndexFunc(list, func(r Rate) bool { return r.LR == t.LR })
		if i < 0 {
			i, list = len(list), append(list, Rate{LR: t.LR})
		}
		r := &list[i]
		switch {
		case t.Missing == wire.NotTrained:
			r.Open = true
		case t.Missing != "":
			r.Failed = cmp.Or(r.Failed, t.Missing)
		}
		r.Seeds++
		r.Accuracy += t.Accuracy
		r.Entropy += t.Entropy
	}
	for i := range list {
		list[i].Accuracy /= float64(list[i].Seeds)
		list[i].Entropy /= float64(list[i].Seeds)
		list[i].Open = list[i].Open && list[i].Failed == ""
	}
	slices.SortFunc(list, func(a, b Rate) int { return cmp.Compare(a.LR, b.LR) })
	return list
}

// Choose is the place of the best rate, -1 where none has a result, and at which edge of the grid it is; empty inside.
func Choose(rates []Rate) (best int, edge string) {
	best = -1
	for i, r := range rates {
		if !r.Counts() {
			continue
		}
		if best < 0 || r.Accuracy > rates[best].Accuracy+rounding ||
			r.Accuracy > rates[best].Accuracy-rounding && r.Entropy < rates[best].Entropy {
			best = i
		}
	}
	return best, Edge(rates, best)
}

// Edge is at which edge of the grid a place is; empty inside. -1, where no rate has a result, is below the lowest.
func Edge(rates []Rate, place int) string {
	switch {
	case place <= 0:
		return EdgeLow
	case place == len(rates)-1:
		return EdgeHigh
	}
	return ""
}

// Margin is by how many of the samples of the validation split the best rate is ahead of the second best, nil where no
// other has a result, and whether the split is saturated: whether that is [Few] or less, or the best rate leaves so few
// to get right. samples is the size of the split; where it is not known, 0, nothing is said.
func Margin(rates []Rate, best, samples int) (margin *float64, saturated bool) {
	if best < 0 || samples == 0 {
		return nil, false
	}
	top, n := rates[best].Accuracy, float64(samples)
	saturated = top*n >= n-Few-rounding
	for i, r := range rates {
		if i == best || !r.Counts() {
			continue
		}
		if ahead := max(0, top-r.Accuracy) * n; margin == nil || ahead < *margin {
			margin = &ahead
		}
	}
	return margin, saturated || margin != nil && *margin <= Few+rounding
}

// Saturated reports whether a share of the validation split leaves [Few] samples or less to get right.
func Saturated(accuracy float64, samples int) bool {
	_, saturated := Margin([]Rate{{Accuracy: accuracy}}, 0, samples)
	return saturated
}
