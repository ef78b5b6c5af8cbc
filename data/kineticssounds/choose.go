package kineticssounds

import (
	"math/rand/v2"

	"github.com/primewindow/primewindow/data/video"
)

// choose says which of n frames a sample of want frames consists of: one of each of equal segments, drawn, or the middle
// one without a draw. Where there are fewer than wanted, some stand more than once.
func choose(n, want int, draw *rand.Rand) []int {
	chosen := video.Middles(n, want)
	if draw != nil && n > want {
		for i := range chosen {
			from, to := i*n/want, (i+1)*n/want
			chosen[i] = from + draw.IntN(to-from)
		}
	}
	return chosen
}
