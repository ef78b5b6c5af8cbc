// Package holm corrects p for the number of comparisons, by Holm's step-down rule, family by family. It links nothing
// that a cell would have to link: records of older versions are corrected where they are read.
//
// Start with [Correct].
package holm

import (
	"cmp"
	"slices"

	"github.com/primewindow/primewindow/internal/wire"
)

// Adjust corrects p for k comparisons, those that have no p among them, by Holm's step-down rule: the smallest is
// multiplied by k, the next by k-1 and so on, never above 1, and none becomes smaller than one before it.
func Adjust(p []float64, k int) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	adjusted, most := make([]float64, len(p)), 0.0
	for rank, i := range order {
		most = max(most, min(1, p[i]*float64(k-rank)))
		adjusted[i] = most
	}
	return adjusted
}

// Correct sorts a table's differences into families, and corrects the p of each for the size of its family, see
// [wire.FamilyOf]. Those without p count, too: they were compared as well. What was there of families is overwritten.
func Correct(list []*wire.Difference) {
	families := map[string][]*wire.Difference{}
	for _, d := range list {
		d.Family = wire.FamilyOf(d.Quantity)
		families[d.Family] = append(families[d.Family], d)
	}
	for _, family := range families {
		for _, d := range family {
			d.FamilySize = len(family)
		}
		correct(family)
	}
}

// CorrectTogether corrects all differences as one family, as records of schema 1 had it.
func CorrectTogether(list []*wire.Difference) {
	for _, d := range list {
		d.Family, d.FamilySize = "", 0
	}
	correct(list)
}

// correct sets p after Holm's correction for the number of all in a family.
func correct(family []*wire.Difference) {
	var p []float64
	var of []*wire.Difference
	for _, d := range family {
		if d.Holm = nil; d.P != nil {
			p, of = append(p, *d.P), append(of, d)
		}
	}
	for i, v := range Adjust(p, len(family)) {
		of[i].Holm = &v
	}
}
