package tsne

import "slices"

// neighbor is another point at a squared distance.
type neighbor struct {
	square float64
	point  int32
}

// compare orders by distance, and equal distances by number.
func (a neighbor) compare(b neighbor) int {
	switch {
	case a.less(b):
		return -1
	case b.less(a):
		return 1
	}
	return 0
}

func (a neighbor) less(b neighbor) bool {
	return a.square < b.square || a.square == b.square && a.point < b.point
}

// nearest returns the k nearest of squared distances, nearest first, in the space of list.
func nearest[T float32 | float64](list []neighbor, distances []T, k int) []neighbor {
	list = list[:0]
	for j, s := range distances {
		if len(list) == k {
			if float64(s) >= list[0].square {
				continue
			}
			list[0] = neighbor{float64(s), int32(j)}
			sink(list, 0)
			continue
		}
		list = append(list, neighbor{float64(s), int32(j)})
		if len(list) == k {
			for i := k/2 - 1; i >= 0; i-- {
				sink(list, i)
			}
		}
	}
	slices.SortFunc(list, neighbor.compare)
	return list
}

// sink restores the heap whose greatest element comes first, below i.
func sink(heap []neighbor, i int) {
	for {
		child := 2*i + 1
		if child >= len(heap) {
			return
		}
		if child+1 < len(heap) && heap[child].less(heap[child+1]) {
			child++
		}
		if !heap[i].less(heap[child]) {
			return
		}
		heap[i], heap[child] = heap[child], heap[i]
		i = child
	}
}

// neighbors finds the k nearest neighbours of every point among all of them, nearest first: [n, k] in one slice. It
// picks some more than k in single precision, which is twice as fast, and sorts them by exact distances. Where rounding
// could have kept a nearer point out of them it looks at all points again.
func neighbors(f *features, k int) []neighbor {
	all := make([]neighbor, f.n*k)
	longest := slices.Max(f.squares)
	more := min(k+10+k/8, f.n-1)
	narrow(f).eachRow(func(i int, distances []float32) {
		list := nearest(make([]neighbor, 0, more), distances, more)
		beyond := list[more-1].square // no point outside the list is nearer than this, but for rounding
		for at := range list {
			list[at].square = f.square(i, int(list[at].point))
		}
		slices.SortFunc(list, neighbor.compare)
		// A sum of d products of numbers rounded to 2^-24 is off by at most (d + 2)·2^-24 of their lengths, and there
		// is one such product with a factor of 2, and two squares.
		rounding := float64(f.d+4) * 0x1p-24 * 2 * (f.squares[i] + longest)
		if more < f.n-1 && list[k-1].square > beyond-rounding {
			list = allNeighbors(f, i, k)
		}
		copy(all[i*k:(i+1)*k], list)
	})
	return all
}

// allNeighbors finds the k nearest neighbours of one point by exact distances to all.
func allNeighbors(f *features, i, k int) []neighbor {
	list := make([]neighbor, 0, f.n-1)
	for j := range f.n {
		if j != i {
			list = append(list, neighbor{f.square(i, j), int32(j)})
		}
	}
	slices.SortFunc(list, neighbor.compare)
	return list[:k]
}
