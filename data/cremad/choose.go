package cremad

import (
	"math/rand/v2"
	"slices"

	"github.com/primewindow/primewindow/data/video"
)

// choose says which of n frames a sample of want frames consists of, in order of time. Without a draw they are the
// middle ones of equal segments. Where there are fewer than wanted, some stand more than once.
func (o options) choose(n int, draw *rand.Rand) []int {
	if o.chosen == chooseSegments {
		return video.Segments(n, o.frames, draw)
	}
	chosen := video.Middles(n, o.frames)
	if draw == nil || n <= o.frames {
		return chosen
	}
	switch o.chosen {
	case chooseAny:
		copy(chosen, draw.Perm(n))
		slices.Sort(chosen)
	case chooseFirst:
		for i := range chosen {
			chosen[i] = i
		}
	}
	return chosen
}
