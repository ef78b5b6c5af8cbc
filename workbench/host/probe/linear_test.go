package probe

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// slowLeastSquares solves the same ridge regression by Gauss-Jordan elimination of the plain normal equations with
// an intercept, whose size is not penalised, instead of centring.
func slowLeastSquares(train []float32, labels []int32, test []float32, classes int, ridge float64) [][]float64 {
	n := len(labels)
	d := len(train)/n + 1
	at := func(rows []float32, i, j int) float64 {
		if j == d-1 {
			return 1
		}
		return float64(rows[i*(d-1)+j])
	}
	system := make([][]float64, d) // [XᵀX + ridge | XᵀY]
	for j := range d {
		system[j] = make([]float64, d+classes)
		for i := range n {
			for k := range d {
				system[j][k] += at(train, i, j) * at(train, i, k)
			}
			system[j][d+int(labels[i])] += at(train, i, j)
		}
		if j < d-1 {
			system[j][j] += ridge
		}
	}
	for p := range d {
		best := p
		for j := p; j < d; j++ {
			if math.Abs(system[j][p]) > math.Abs(system[best][p]) {
				best = j
			}
		}
		system[p], system[best] = system[best], system[p]
		for j := range d {
			if j == p {
				continue
			}
			f := system[j][p] / system[p][p]
			for k := p; k < d+classes; k++ {
				system[j][k] -= f * system[p][k]
			}
		}
	}
	scores := make([][]float64, len(test)/(d-1))
	for i := range scores {
		scores[i] = make([]float64, classes)
		for c := range classes {
			for j := range d {
				scores[i][c] += at(test, i, j) * system[j][d+c] / system[j][j]
			}
		}
	}
	return scores
}

// TestLeastSquares compares the linear probe with its slow twin on random features of a class each, one of them dead.
func TestLeastSquares(t *testing.T) {
	const d, classes, n, k = 5, 3, 40, 200
	r := rand.New(rand.NewPCG(1, 1))
	rows := func(n int) (x []float32, y []int32) {
		for i := range n {
			c := i % classes
			for j := range d {
				v := 3 + r.NormFloat64()
				switch j {
				case c:
					v += 1.5
				case d - 1:
					v = 2 // dead: the same in all samples
				}
				x = append(x, float32(v))
			}
			y = append(y, int32(c))
		}
		return x, y
	}
	train, labels := rows(n)
	test, truth := rows(k)
	got, err := leastSquares(train, labels, test, classes)
	if err != nil {
		t.Fatal(err)
	}
	variance := 0.0 // the sum of all features' squared distances from their means
	for j := range d {
		var column []float64
		for i := range n {
			column = append(column, float64(train[i*d+j]))
		}
		mean := mat.Sum(mat.NewVecDense(n, column)) / n
		for _, v := range column {
			variance += (v - mean) * (v - mean)
		}
	}
	scores := slowLeastSquares(train, labels, test, classes, 1e-3*variance/d)
	hits := 0
	for i, row := range scores {
		want := 0
		for c, v := range row {
			if v > row[want] {
				want = c
			}
		}
		sorted := slices.Sorted(slices.Values(row))
		// Closer than rounding, either class may win: scores have float32 here, and are of size 1.
		if got[i] != want && sorted[classes-1]-sorted[classes-2] > 1e-6 {
			t.Errorf("sample %d: class %d, want %d of scores %v", i, got[i], want, row)
		}
		if got[i] == int(truth[i]) {
			hits++
		}
	}
	if hits < k/2 {
		t.Errorf(
			"%d of %d right, want well over a third: the classes are a standard deviation and a half apart", hits, k,
		)
	}
	train[7] = float32(math.NaN())
	if _, err := leastSquares(train, labels, test, classes); err == nil {
		t.Error("features that are not numbers: no error")
	}
}

// TestCrossEntropy compares with numbers worked out by hand.
func TestCrossEntropy(t *testing.T) {
	for _, tt := range []struct {
		row    []float32
		label  int
		want   float64
		reason string
	}{
		{[]float32{0, 0}, 1, math.Ln2, "two equal classes"},
		{[]float32{0, float32(math.Log(3))}, 0, math.Log(4), "p = 1/4"},
		{[]float32{1e4, 0}, 1, 1e4, "no overflow: the difference of the logits"},
		{[]float32{-1e4, 0}, 1, 0, "no underflow: p = 1"},
	} {
		// the second row's logit has been rounded to float32
		if got := CrossEntropy(tt.row, tt.label); math.Abs(got-tt.want) > 1e-7*max(1, tt.want) {
			t.Errorf("CrossEntropy(%v, %d) = %v, want %v\nreason: %s", tt.row, tt.label, got, tt.want, tt.reason)
		}
	}
}
