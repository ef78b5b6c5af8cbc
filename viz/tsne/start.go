package tsne

import (
	"math"
	"math/rand/v2"
)

// startWidth is the standard deviation along the first axis of a map before its first step; jitterWidth is that of the
// noise which parts equal points, as a share of it.
const (
	startWidth  = 1e-4
	jitterWidth = 0.01
)

// spareAxes make the principal ones converge sooner, in at most maxTurns multiplications by the covariance.
const (
	spareAxes = 6
	maxTurns  = 40
)

// principal projects the rows on their first two principal axes, by subspace iteration until both directions move by
// less than 1e-6 a turn, or 40 turns; where the second and the following variances are nearly equal, what comes out is
// a direction among those of nearly the same variance. The greatest loading of each axis is positive. With one feature,
// or no variance along the second axis, the second coordinate is 0.
func principal(f *features) [][2]float64 {
	m := min(2+spareAxes, f.n, f.d)
	random := rand.New(rand.NewPCG(1, 1)) // any start will do; the same each time
	basis := make([][]float64, m)
	for a := range basis {
		basis[a] = make([]float64, f.d)
		for j := range basis[a] {
			basis[a][j] = random.NormFloat64()
		}
	}
	orthonormal(basis)
	for range maxTurns {
		next := covariance(f, basis)
		// The size of the covariance's image sorts the axes: orthonormal keeps the first where it points.
		order(next)
		orthonormal(next)
		moved := 0.0
		for a := range min(2, m) {
			along := 0.0
			for _, b := range basis[:min(2, m)] {
				c := dot(next[a], b)
				along += c * c
			}
			moved = max(moved, 1-along) // squared sine to the former plane
		}
		basis = next
		if moved < 1e-12 {
			break
		}
	}
	axes := ritz(f, basis)
	start := make([][2]float64, f.n)
	for a, axis := range axes {
		sign, greatest := 1.0, 0.0
		for _, v := range axis {
			if math.Abs(v) > greatest*(1+1e-9) { // rounding must not decide between two of one size
				sign, greatest = math.Copysign(1, v), math.Abs(v)
			}
		}
		for i := range start {
			start[i][a] = sign * dot(f.row(i), axis)
		}
	}
	return start
}

// covariance is XᵀX applied to each axis.
func covariance(f *features, axes [][]float64) [][]float64 {
	const size = 256
	parts := make([][]float64, (f.n+size-1)/size)
	blocks(f.n, size, func(low, high int) {
		part := make([]float64, len(axes)*f.d)
		for i := low; i < high; i++ {
			for a, axis := range axes {
				addTo(part[a*f.d:(a+1)*f.d], dot(f.row(i), axis), f.row(i))
			}
		}
		parts[low/size] = part
	})
	for _, part := range parts[1:] {
		addTo(parts[0], 1, part)
	}
	image := make([][]float64, len(axes))
	for a := range image {
		image[a] = parts[0][a*f.d : (a+1)*f.d]
	}
	return image
}

// order puts the longest vectors first.
func order(vectors [][]float64) {
	for a := range vectors {
		best := a
		for b := a + 1; b < len(vectors); b++ {
			if dot(vectors[b], vectors[b]) > dot(vectors[best], vectors[best]) {
				best = b
			}
		}
		vectors[a], vectors[best] = vectors[best], vectors[a]
	}
}

// orthonormal makes vectors orthonormal, one after the other; one that lies in the span of those before it becomes 0.
func orthonormal(vectors [][]float64) {
	for a, v := range vectors {
		before := math.Sqrt(dot(v, v))
		for range 2 { // once leaves rounding behind
			for _, w := range vectors[:a] {
				addTo(v, -dot(v, w), w)
			}
		}
		length := math.Sqrt(dot(v, v))
		if length <= 1e-12*before {
			clear(v)
			continue
		}
		for j := range v {
			v[j] /= length
		}
	}
}

// ritz finds the two directions of greatest variance within an orthonormal basis, by Jacobi's rotations of the
// covariance in that basis.
func ritz(f *features, basis [][]float64) [2][]float64 {
	m := len(basis)
	image := covariance(f, basis)
	c := make([][]float64, m)
	for a := range c {
		c[a] = make([]float64, m)
		for b := range c[a] {
			c[a][b] = (dot(basis[a], image[b]) + dot(basis[b], image[a])) / 2
		}
	}
	turn := func(p, q int) {
		if c[p][q] == 0 {
			return
		}
		theta := (c[q][q] - c[p][p]) / (2 * c[p][q])
		t := 1 / (math.Abs(theta) + math.Hypot(theta, 1))
		t = math.Copysign(t, theta)
		cos := 1 / math.Hypot(t, 1)
		sin := t * cos
		for k := range m {
			c[k][p], c[k][q] = cos*c[k][p]-sin*c[k][q], sin*c[k][p]+cos*c[k][q]
		}
		for k := range m {
			c[p][k], c[q][k] = cos*c[p][k]-sin*c[q][k], sin*c[p][k]+cos*c[q][k]
		}
		for j := range basis[p] {
			vp, vq := basis[p][j], basis[q][j]
			basis[p][j], basis[q][j] = cos*vp-sin*vq, sin*vp+cos*vq
		}
	}
	for range 20 { // sweeps; they converge quadratically
		for p := range m {
			for q := p + 1; q < m; q++ {
				turn(p, q)
			}
		}
	}
	var axes [2][]float64
	taken := -1
	for a := range axes {
		best := -1
		for b := range m {
			if b != taken && (best < 0 || c[b][b] > c[best][best]) {
				best = b
			}
		}
		if best < 0 {
			axes[a] = make([]float64, f.d)
			continue
		}
		axes[a], taken = basis[best], best
	}
	return axes
}

// shrink moves a map's mean to 0, scales it to startWidth along the first axis and adds jitter. It reports false where
// the first axis has no width.
func shrink(points [][2]float64, seed uint64) bool {
	n := float64(len(points))
	var mean [2]float64
	for _, p := range points {
		mean[0] += p[0] / n
		mean[1] += p[1] / n
	}
	greatest := 0.0
	for i := range points {
		points[i][0] -= mean[0]
		points[i][1] -= mean[1]
		greatest = max(greatest, math.Abs(points[i][0]))
	}
	if greatest == 0 {
		return false
	}
	variance := 0.0
	for _, p := range points {
		variance += (p[0] / greatest) * (p[0] / greatest) / n
	}
	scale := startWidth / (math.Sqrt(variance) * greatest)
	random := rand.New(rand.NewPCG(seed, 1))
	for i := range points {
		for a := range points[i] {
			points[i][a] = points[i][a]*scale + random.NormFloat64()*startWidth*jitterWidth
		}
	}
	return true
}
