package data

import (
	"math/rand/v2"
	"slices"
)

// Positions are those of all n samples of a split, in order.
func Positions(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// Spread is at most want of the n positions of a split, drawn once and for all and sorted: the samples of a probe, the
// same in every run on the same data.
func Spread(n, want int) []int {
	list := rand.New(rand.NewPCG(7, uint64(n))).Perm(n)[:min(n, want)]
	slices.Sort(list)
	return list
}
