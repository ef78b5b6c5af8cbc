package inforeg

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"gonum.org/v1/gonum/stat"
)

// Sketch folds a vector into at most size numbers so that inner products stay what they are on average: each
// element gets a fixed random sign, keyed by seed, and elements whose positions agree modulo size are added. A
// vector of at most size elements is returned as it is. The cosine of two sketches errs by about 1/√size.
func Sketch(flat *Node, size int, seed uint64) *Node {
	n := flat.Shape().Size()
	if n <= size {
		return flat
	}
	rows := (n + size - 1) / size
	g := flat.Graph()
	padded := Concatenate([]*Node{flat, Zeros(g, shapes.Make(flat.DType(), rows*size-n))}, 0)
	bits := mix(Iota(g, shapes.Make(dtypes.Uint32, rows*size), 0), uint32(seed)^uint32(seed>>32))
	odd := BitwiseAnd(bits, Const(g, uint32(1)))
	signs := AddScalar(MulScalar(ConvertDType(odd, flat.DType()), 2), -1)
	return ReduceSum(Reshape(Mul(padded, signs), rows, size), 0)
}

// mix turns counters into bits without pattern, the same on every backend: multiply and shift, twice.
func mix(x *Node, seed uint32) *Node {
	g := x.Graph()
	x = Add(x, Const(g, seed*0x9E3779B9+0x7F4A7C15))
	for _, factor := range []uint32{0x21F0AAAD, 0x735A2D97} {
		x = BitwiseXor(x, BitwiseShiftRightLogical(x, Const(g, uint32(16))))
		x = Mul(x, Const(g, factor))
	}
	return BitwiseXor(x, BitwiseShiftRightLogical(x, Const(g, uint32(15))))
}

// CosineMatrix gives the cosines between all pairs of vectors (paper figure 4). A vector of zeros has no
// direction: its cosines are 0. It returns an error when lengths differ or fewer than two are given.
func CosineMatrix(vectors [][]float32) ([][]float64, error) {
	if len(vectors) < 2 {
		return nil, fmt.Errorf("inforeg: cosine matrix of %d vectors, want at least 2", len(vectors))
	}
	matrix := make([][]float64, len(vectors))
	for i, v := range vectors {
		if len(v) != len(vectors[0]) {
			return nil, fmt.Errorf("inforeg: cosine of vectors of length %d and %d", len(vectors[0]), len(v))
		}
		matrix[i] = make([]float64, len(vectors))
	}
	for i, a := range vectors {
		for j, b := range vectors[:i+1] {
			matrix[i][j] = dot(a, b)
			matrix[j][i] = matrix[i][j]
		}
	}
	norms := make([]float64, len(vectors))
	for i := range norms {
		norms[i] = math.Sqrt(matrix[i][i])
	}
	for i := range matrix {
		for j := range matrix {
			switch {
			case norms[i] == 0 || norms[j] == 0:
				matrix[i][j] = 0
			case i == j:
				matrix[i][j] = 1
			default:
				matrix[i][j] = max(-1, min(1, matrix[i][j]/(norms[i]*norms[j])))
			}
		}
	}
	return matrix, nil
}

func dot(a, b []float32) float64 {
	sum := 0.0
	for i, x := range a {
		sum += float64(x) * float64(b[i])
	}
	return sum
}

// MeanCosine is the mean over all pairs of different vectors.
func MeanCosine(matrix [][]float64) float64 {
	sum, n := 0.0, 0
	for i, row := range matrix {
		for j, c := range row {
			if i != j {
				sum += c
				n++
			}
		}
	}
	return sum / float64(n)
}

// PairSums adds the vectors two by two, first and second, third and fourth: gradients of batches twice as large, up
// to their scale. A last one without a partner is left out.
func PairSums(vectors [][]float32) [][]float32 {
	list := make([][]float32, len(vectors)/2)
	for i := range list {
		a, b := vectors[2*i], vectors[2*i+1]
		list[i] = make([]float32, len(a))
		for j := range a {
			list[i][j] = a[j] + b[j]
		}
	}
	return list
}

// PermutedCosine is the mean and the standard deviation of the cosine of two of the vectors after the elements of one
// were permuted at random: what two directions with these elements have in common by chance. Random directions in P
// dimensions would have a deviation of 1/√P; gradients whose energy sits in few elements have a larger one.
func PermutedCosine(vectors [][]float32, pairs int, r *rand.Rand) (mean, sd float64) {
	values := make([]float64, pairs)
	shuffled := make([]float32, len(vectors[0]))
	for k := range values {
		i := r.IntN(len(vectors))
		j := (i + 1 + r.IntN(len(vectors)-1)) % len(vectors)
		a := vectors[i]
		copy(shuffled, vectors[j])
		r.Shuffle(len(shuffled), func(x, y int) { shuffled[x], shuffled[y] = shuffled[y], shuffled[x] })
		if size := math.Sqrt(dot(a, a) * dot(shuffled, shuffled)); size > 0 {
			values[k] = dot(a, shuffled) / size
		}
	}
	return stat.MeanStdDev(values, nil)
}

// CosineError is the standard error of [MeanCosine] by the jackknife over the vectors: pairs that share one go
// together, so that the spread of the pairs would say too little. It is NaN for fewer than three vectors.
func CosineError(matrix [][]float64) float64 {
	n := len(matrix)
	if n < 3 {
		return math.NaN()
	}
	without := make([]float64, n)
	for k := range without {
		var rest [][]float64
		for i, row := range matrix {
			if i != k {
				rest = append(rest, slices.Delete(slices.Clone(row), k, k+1))
			}
		}
		without[k] = MeanCosine(rest)
	}
	_, variance := stat.PopMeanVariance(without, nil)
	return math.Sqrt(float64(n-1) * variance)
}
