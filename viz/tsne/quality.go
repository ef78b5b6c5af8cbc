package tsne

import (
	"fmt"
	"math"
	"slices"
)

// Quality is how far a map may be believed. All but KL lie between 0 and 1, and more is better. Neighbours are the
// Neighbors nearest points; of those at one distance the one with the lower number is nearer.
type Quality struct {
	Points    int
	Neighbors int
	KL        float64 // Kullback-Leibler divergence in nats, NaN where it is not known

	// Trustworthiness is 1 less a penalty for neighbours in the map that are none in the features; Continuity the same
	// for neighbours in the features that are none in the map (Venna and Kaski 2001). The penalty is by how many ranks
	// a point is off.
	Trustworthiness, Continuity float64

	// Preservation is the share of a point's neighbours in the features that are its neighbours in the map (Kobak and
	// Berens 2019, KNN).
	Preservation float64

	// AccuracyFeatures and AccuracyMap are the shares of points whose class is the commonest among their neighbours, in
	// the features and in the map; between equally common classes the one of the nearest neighbour among them wins. NaN
	// without classes.
	AccuracyFeatures, AccuracyMap float64
}

// Quality measures the map as it is now. Classes has one number for each point, or is nil. It returns an error
// for fewer than 1 neighbour or for more than fit: 3·neighbors must be below 2·points - 1. It takes time n²·features.
func (m *Map) Quality(neighbors int, classes []int) (Quality, error) {
	q, err := measure(m.features, m.at, neighbors, classes)
	if err == nil {
		q.KL = m.KL()
	}
	return q, err
}

// Measure measures any map of the rows of x, made here or elsewhere, as Map.Quality does; KL is NaN.
func Measure(x [][]float64, points [][2]float64, neighbors int, classes []int) (Quality, error) {
	f, err := newFeatures(x)
	if err != nil {
		return Quality{}, err
	}
	if len(points) != len(x) {
		return Quality{}, fmt.Errorf("tsne: map of %d points, want %d as there are rows", len(points), len(x))
	}
	at := make([]vec, len(points))
	for i, p := range points {
		if !(math.Abs(p[0]) <= largest && math.Abs(p[1]) <= largest) {
			return Quality{}, fmt.Errorf(
				"tsne: map: point %d at (%v, %v), want finite values of at most %v", i, p[0], p[1], largest,
			)
		}
		at[i] = vec{p[0], p[1]}
	}
	return measure(f, at, neighbors, classes)
}

// verdict is what one point adds to a Quality.
type verdict struct {
	intruders, missing  float64 // ranks beyond neighbours
	kept                int
	rightThere, rightIn bool
}

func measure(f *features, at []vec, k int, classes []int) (Quality, error) {
	n := f.n
	if k < 1 || 3*k >= 2*n-1 {
		return Quality{}, fmt.Errorf("tsne: %d neighbors of %d points, want 1 to %d", k, n, (2*n-2)/3)
	}
	if classes != nil && len(classes) != n {
		return Quality{}, fmt.Errorf("tsne: %d classes, want %d as there are points", len(classes), n)
	}
	verdicts := make([]verdict, n)
	f.eachRow(func(i int, there []float64) {
		in := make([]float64, n)
		for j, p := range at {
			dx, dy := at[i].x-p.x, at[i].y-p.y
			in[j] = dx*dx + dy*dy
		}
		in[i] = math.Inf(1)
		nearThere := nearest(make([]neighbor, 0, k), there, k)
		nearIn := nearest(make([]neighbor, 0, k), in, k)
		v := &verdicts[i]
		v.intruders = beyond(there, nearIn, nearThere)
		v.missing = beyond(in, nearThere, nearIn)
		for _, a := range nearThere {
			if slices.ContainsFunc(nearIn, func(b neighbor) bool { return a.point == b.point }) {
				v.kept++
			}
		}
		if classes != nil {
			v.rightThere = vote(nearThere, classes) == classes[i]
			v.rightIn = vote(nearIn, classes) == classes[i]
		}
	})
	q := Quality{Points: n, Neighbors: k, KL: math.NaN(), AccuracyFeatures: math.NaN(), AccuracyMap: math.NaN()}
	var intruders, missing float64
	kept, there, in := 0, 0, 0
	for _, v := range verdicts {
		intruders += v.intruders
		missing += v.missing
		kept += v.kept
		there += number(v.rightThere)
		in += number(v.rightIn)
	}
	most := float64(n) * float64(k) * float64(2*n-3*k-1) / 2 // of either sum
	q.Trustworthiness, q.Continuity = 1-intruders/most, 1-missing/most
	q.Preservation = float64(kept) / float64(n*k)
	if classes != nil {
		q.AccuracyFeatures, q.AccuracyMap = float64(there)/float64(n), float64(in)/float64(n)
	}
	return q, nil
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// beyond sums, over the points of list that are not in near, how far their rank by distance lies beyond near's last.
func beyond(distances []float64, list, near []neighbor) float64 {
	var outside []neighbor
	last := near[len(near)-1]
	for _, v := range list {
		if own := (neighbor{distances[v.point], v.point}); last.less(own) {
			outside = append(outside, own)
		}
	}
	if len(outside) == 0 {
		return 0
	}
	slices.SortFunc(outside, neighbor.compare)
	// How many points are nearer than each: count between one and the next, then add up.
	between := make([]int, len(outside)+1)
	for j, s := range distances {
		one := neighbor{s, int32(j)}
		if last.compare(one) >= 0 {
			continue // a neighbour
		}
		to, _ := slices.BinarySearchFunc(outside, one, neighbor.compare)
		between[to]++ // nearer than outside[to], or itself
	}
	ranks, sum := 0, 0
	for to := range outside {
		ranks += between[to]
		sum += ranks
	}
	return float64(sum)
}

// vote is the commonest class of a list, nearest first.
func vote(near []neighbor, classes []int) int {
	best, most := 0, 0
	for at, v := range near {
		c := classes[v.point]
		if slices.ContainsFunc(near[:at], func(w neighbor) bool { return classes[w.point] == c }) {
			continue // counted
		}
		count := 0
		for _, w := range near[at:] {
			count += number(classes[w.point] == c)
		}
		if count > most {
			best, most = c, count
		}
	}
	return best
}
