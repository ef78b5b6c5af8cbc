package violentflows

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/primewindow/primewindow/data"
)

// lot is a number from 0 to 1 that a seed and a name decide, so that the order of two names does not depend on which
// others there are.
func lot(seed uint64, name string) float64 {
	h := sha256.Sum256(fmt.Appendf(nil, "%d\x00%s", seed, name))
	return float64(binary.LittleEndian.Uint64(h[:])) / math.MaxUint64
}

// owner is what must not be in training and validation: the source video, or the clip itself where that is unknown.
func (c clip) owner() string { return cmp.Or(c.group, c.id) }

// sort puts the clips into splits, in their order. Of each class of the folds that are not tested, source videos come by
// lot, and validate as long as more of their clips fit than not; the first clip's class counts for a video of both.
func (o options) sort(list []clip) map[data.Split][]clip {
	clips, label := map[string]float64{}, map[string]int{}
	room := make([]float64, len(classes))
	var owners []string
	for _, c := range list {
		if c.fold == o.fold {
			continue
		}
		w := c.owner()
		if clips[w] == 0 {
			owners = append(owners, w)
			label[w] = c.label
		}
		clips[w]++
		room[c.label] += o.valShare
	}
	slices.SortFunc(owners, func(a, b string) int {
		return cmp.Or(cmp.Compare(lot(o.seed, a), lot(o.seed, b)), cmp.Compare(a, b))
	})
	validates := map[string]bool{}
	for _, w := range owners {
		if n := clips[w]; room[label[w]] >= n/2 && o.valShare > 0 {
			validates[w] = true
			room[label[w]] -= n
		}
	}
	parts := map[data.Split][]clip{}
	for _, c := range list {
		split := data.Train
		switch {
		case c.fold == o.fold:
			split = data.Test
		case validates[c.owner()]:
			split = data.Validation
		}
		parts[split] = append(parts[split], c)
	}
	return parts
}
