package cremad

import (
	"math/rand/v2"
	"slices"

	"github.com/primewindow/primewindow/data/video"
)

// choose says which of n frames a sample of want frames consists of, in order of time. Without a draw they are the middle
// ones of equal segments. Where there are fewer than wanted, some stand more than once.
func (o options) choose(n int, draw *rand.Rand) []int {
	want := o.frames
	chosen := video.Middles(n, want)
	if draw == nil || n <= want {
		return chosen
	}
	switch o.chosen {
	case chooseAny:
		copy(chosen, draw.Perm(n))
		slices.Sort(chosen)
	case chooseSegments:
		for i := range chosen {
			from, to := i*n/want, (i+1)*n/want
			chosen[i] = from + draw.IntN(to-from)
		}
	case chooseFirst:
		for i := range chosen {
			chosen[i] = i
		}
	}
	return chosen
}
