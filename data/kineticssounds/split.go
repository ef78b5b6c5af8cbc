package kineticssounds

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"github.com/primewindow/primewindow/data"
)

// lot is a number from 0 to 1 that a seed and a name decide, so that what is drawn of one name does not depend on which
// others there are: clips that YouTube lost move no other clip to another split.
func lot(seed uint64, name string) float64 {
	h := sha256.Sum256(fmt.Appendf(nil, "%d\x00%s", seed, name))
	return float64(binary.LittleEndian.Uint64(h[:])) / math.MaxUint64
}

// sort splits by the lists: those of the training clips whose video's lot is below the share validate.
func (o options) sort(l lists) map[data.Split][]clip {
	parts := map[data.Split][]clip{data.Test: l.test}
	for _, c := range l.train {
		split := data.Train
		if lot(o.seed, c.video()) < o.valShare {
			split = data.Validation
		}
		parts[split] = append(parts[split], c)
	}
	return parts
}

// byNumbers orders names so that runs of digits count as numbers: frame_2.jpg comes before frame_10.jpg.
func byNumbers(a, b string) int {
	whole := cmp.Compare(a, b)
	for a != "" && b != "" {
		x, y := digits(a), digits(b)
		if x == "" || y == "" {
			if a[0] != b[0] {
				return cmp.Compare(a[0], b[0])
			}
			a, b = a[1:], b[1:]
			continue
		}
		a, b = a[len(x):], b[len(y):]
		x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
		if c := cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y)); c != 0 {
			return c
		}
	}
	return cmp.Or(cmp.Compare(len(a), len(b)), whole)
}

// digits is the run of digits that s begins with.
func digits(s string) string {
	return s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
}
