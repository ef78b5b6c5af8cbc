package tsne

import (
	"math"
	"slices"
)

// affinities is P, the symmetric matrix of how much each pair of points belongs together, as its non-zero entries row
// by row. All of them together sum to 1.
type affinities struct {
	start  []int32 // [n+1], where each row begins
	column []int32 // ascending in each row
	value  []float64
}

// newAffinities makes P of each point's k nearest neighbours: p(j|i) is a Gaussian of the distance, as wide as makes
// its perplexity 2^H the one that is wanted; P = (p(j|i) + p(i|j)) / 2n.
func newAffinities(near []neighbor, n, k int, perplexity float64) *affinities {
	given := make([]float64, n*k)
	blocks(n, 64, func(low, high int) {
		for i := low; i < high; i++ {
			conditional(given[i*k:(i+1)*k], near[i*k:(i+1)*k], math.Log(perplexity))
		}
	})
	// By row: the entries of p(j|i), and those of its transpose.
	count := make([]int32, n+1)
	for _, v := range near {
		count[v.point+1]++
	}
	for i := range n {
		count[i+1] += count[i]
	}
	type entry struct {
		column int32
		value  float64
	}
	turned := make([]entry, len(near))
	fill := slices.Clone(count)
	for i := range n {
		for at := i * k; at < (i+1)*k; at++ {
			to := near[at].point
			turned[fill[to]] = entry{int32(i), given[at]}
			fill[to]++
		}
	}
	p := &affinities{start: make([]int32, n+1)}
	row := make([]entry, 0, k)
	for i := range n {
		row = row[:0]
		for at := i * k; at < (i+1)*k; at++ {
			row = append(row, entry{near[at].point, given[at]})
		}
		row = append(row, turned[count[i]:count[i+1]]...)
		slices.SortStableFunc(row, func(a, b entry) int { return int(a.column) - int(b.column) })
		for at := 0; at < len(row); at++ {
			e := row[at]
			if at+1 < len(row) && row[at+1].column == e.column {
				at++
				e.value += row[at].value
			}
			p.column = append(p.column, e.column)
			p.value = append(p.value, e.value/(2*float64(n)))
		}
		p.start[i+1] = int32(len(p.column))
	}
	return p
}

// conditional writes p(j|i) over a point's neighbours, with entropy in nats. Where so many neighbours lie equally near
// that no width gives that entropy, they share evenly.
func conditional(p []float64, near []neighbor, entropy float64) {
	least := near[0].square // which cancels, and keeps the exponentials from vanishing all at once
	mean := 0.0
	for _, v := range near {
		mean += (v.square - least) / float64(len(near))
	}
	beta, low, high := 1.0, 0.0, math.Inf(1)
	if mean > 1e-250 {
		beta = 1 / mean
	}
	for range 200 {
		sum, weighted := 0.0, 0.0
		for j, v := range near {
			e := math.Exp(-beta * (v.square - least))
			p[j] = e
			sum += e
			weighted += e * (v.square - least)
		}
		for j := range p {
			p[j] /= sum
		}
		// H = -Σ p log p, with p = e^(-βs) / Σ
		excess := beta*weighted/sum + math.Log(sum) - entropy
		if math.Abs(excess) <= 1e-10 {
			return
		}
		if excess > 0 {
			low = beta
		} else {
			high = beta
		}
		if math.IsInf(high, 1) {
			beta *= 2
		} else {
			beta = (low + high) / 2
		}
		if !(beta < 1e250) || beta == low || beta == high {
			return
		}
	}
}
