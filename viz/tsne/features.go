package tsne

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
)

// largest is the greatest magnitude of a feature: the sum of squares stays finite.
const largest = 1e150

// features are the rows of the data, centred, and divided by the power of two next to the greatest magnitude, which
// t-SNE does not see.
type features = table[float64]

// table is rows of numbers of one precision.
type table[T float32 | float64] struct {
	n, d    int
	values  []T // [n, d]
	squares []T // [n], of each row's length
	dot     func(a, b []T) T
}

// newFeatures copies and checks rows.
func newFeatures(x [][]float64) (*features, error) {
	if len(x) < 2 {
		return nil, fmt.Errorf("tsne: %d points, want at least 2", len(x))
	}
	f := &features{n: len(x), d: len(x[0]), dot: dot}
	if f.d == 0 {
		return nil, fmt.Errorf("tsne: row 0: no features, want at least one")
	}
	f.values = make([]float64, f.n*f.d)
	mean := make([]float64, f.d)
	for i, row := range x {
		if len(row) != f.d {
			return nil, fmt.Errorf("tsne: row %d: %d features, want %d as in row 0", i, len(row), f.d)
		}
		for j, v := range row {
			if !(math.Abs(v) <= largest) { // NaN too
				return nil, fmt.Errorf(
					"tsne: row %d, feature %d: %v, want a finite value of at most %v", i, j, v, largest,
				)
			}
			mean[j] += v / float64(f.n)
		}
		copy(f.row(i), row)
	}
	greatest, differ := 0.0, false
	for i := range f.n {
		for j, m := range mean {
			differ = differ || x[i][j] != x[0][j]
			f.row(i)[j] -= m
			greatest = max(greatest, math.Abs(f.row(i)[j]))
		}
	}
	if !differ {
		return nil, fmt.Errorf("tsne: all %d rows are equal, want points that differ", f.n)
	}
	_, exponent := math.Frexp(greatest)
	f.squares = make([]float64, f.n)
	blocks(f.n, 256, func(low, high int) {
		for i := low; i < high; i++ {
			row := f.row(i)
			for j := range row {
				row[j] = math.Ldexp(row[j], -exponent)
			}
			f.squares[i] = dot(row, row)
		}
	})
	return f, nil
}

// narrow rounds features to single precision.
func narrow(f *features) *table[float32] {
	t := &table[float32]{
		n: f.n, d: f.d, values: make([]float32, len(f.values)), squares: make([]float32, f.n), dot: dot32,
	}
	for i, v := range f.values {
		t.values[i] = float32(v)
	}
	for i, v := range f.squares {
		t.squares[i] = float32(v)
	}
	return t
}

func (t *table[T]) row(i int) []T { return t.values[i*t.d : (i+1)*t.d : (i+1)*t.d] }

func dot(a, b []float64) float64 {
	return blas64.Dot(blas64.Vector{N: len(a), Inc: 1, Data: a}, blas64.Vector{N: len(b), Inc: 1, Data: b})
}

func dot32(a, b []float32) float32 {
	return blas32.Dot(blas32.Vector{N: len(a), Inc: 1, Data: a}, blas32.Vector{N: len(b), Inc: 1, Data: b})
}

// addTo adds a·x to y.
func addTo(y []float64, a float64, x []float64) {
	blas64.Axpy(a, blas64.Vector{N: len(x), Inc: 1, Data: x}, blas64.Vector{N: len(y), Inc: 1, Data: y})
}

// square is the squared distance of two rows, from their differences.
func (t *table[T]) square(i, j int) T {
	a, b := t.row(i), t.row(j)
	b = b[:len(a)]
	var s0, s1 T // two sums, so that one addition need not wait for the other
	k := 0
	for ; k+1 < len(a); k += 2 {
		d0, d1 := a[k]-b[k], a[k+1]-b[k+1]
		s0 += d0 * d0
		s1 += d1 * d1
	}
	if k < len(a) {
		d := a[k] - b[k]
		s0 += d * d
	}
	return s0 + s1
}

// atOnce is how many rows share one pass over the others, so that they are read from the cache.
const atOnce = 32

// eachRow calls visit with every point and its squared distances to all points, its own being +Inf. It calls several at
// a time; distances is valid only during the call. They come from products of rows, so that their error is a share of
// the squared lengths of the rows; square is better for points that lie close.
func (t *table[T]) eachRow(visit func(i int, distances []T)) {
	blocks(t.n, atOnce, func(low, high int) {
		all := make([]T, (high-low)*t.n)
		for j := range t.n {
			b := t.row(j)
			for i := low; i < high; i++ {
				all[(i-low)*t.n+j] = max(0, t.squares[i]+t.squares[j]-2*t.dot(t.row(i), b))
			}
		}
		for i := low; i < high; i++ {
			own := all[(i-low)*t.n : (i-low+1)*t.n]
			own[i] = T(math.Inf(1))
			visit(i, own)
		}
	})
}
