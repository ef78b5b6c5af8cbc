package inforeg_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/stat"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/xlatest"
	"github.com/primewindow/primewindow/models"
)

func ExampleDetectPrimeLearningWindow() {
	trace := []float64{1.0, 1.5, 2.0, 2.02, 1.5}
	w, err := inforeg.DetectPrimeLearningWindow(trace, nil, inforeg.WindowRule{K: 0.04, First: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("open in epochs", w.Intervals())
	// Output: open in epochs [[2 4]]
}

func TestDetectPrimeLearningWindow(t *testing.T) {
	nan := math.NaN()
	paper := inforeg.WindowRule{K: 0.04, First: 2}
	for _, tt := range []struct {
		name   string
		trace  []float64
		rule   inforeg.WindowRule
		want   [][2]int
		reason string
	}{
		{"empty", nil, paper, nil, "nothing measured"},
		{"one value", []float64{1}, paper, nil, "eq. 11 reads two"},
		{
			"first rise", []float64{1, 2}, paper, [][2]int{{2, 3}},
			"(2-1)/2 = 0.5 > 0.04 for epoch 2, the first possible one",
		},
		{"just at K", []float64{0.5, 1}, inforeg.WindowRule{K: 0.5, First: 2}, nil, "0.5 is not above 0.5"},
		{"just above K", []float64{0.9599, 1}, paper, [][2]int{{2, 3}}, "0.0401 > 0.04"},
		{
			"relative to the later value", []float64{1, 1.041}, paper, nil,
			"0.041/1.041 = 0.0394: the rise is divided by the later trace",
		},
		{"fall", []float64{2, 1, 0.5}, paper, nil, "negative rises"},
		{"two windows", []float64{1, 2, 1, 2}, paper, [][2]int{{2, 3}, {4, 5}}, "up, down, up"},
		{
			"not measured", []float64{1, nan, 4, 8}, paper, [][2]int{{4, 5}},
			"a missing value opens neither epoch that reads it",
		},
		{"zero", []float64{0, 0, 0}, paper, nil, "0/0 opens nothing"},
		{"from zero", []float64{0, 1}, paper, [][2]int{{2, 3}}, "(1-0)/1 = 1"},
		{
			"later start", []float64{1, 2, 4, 8}, inforeg.WindowRule{K: 0.04, First: 4}, [][2]int{{4, 5}},
			"epochs 2 and 3 are before First",
		},
		{
			"negative K", []float64{2, 1.99}, inforeg.WindowRule{K: -1, First: 2}, [][2]int{{2, 3}},
			"a slow fall is above -1",
		},
		{
			"floor", []float64{1, 100, 1, 2}, inforeg.WindowRule{K: 0.04, First: 2, Floor: 0.05}, [][2]int{{2, 3}},
			"2 is below 5 % of 100",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := inforeg.DetectPrimeLearningWindow(tt.trace, nil, tt.rule)
			if diff := cmp.Diff(tt.want, got.Intervals()); err != nil || diff != "" {
				t.Errorf(
					"DetectPrimeLearningWindow(%v): err %v, (-want +got)\n%s\nreason: %s", tt.trace, err, diff,
					tt.reason,
				)
			}
			if len(got.Open) != len(tt.trace)+1 || len(got.Rise) != len(tt.trace)+1 {
				t.Errorf("Open has %d epochs, Rise %d, want %d", len(got.Open), len(got.Rise), len(tt.trace)+1)
			}
		})
	}
	for _, bad := range [][]float64{{-1}, {1, math.Inf(1)}} {
		if _, err := inforeg.DetectPrimeLearningWindow(bad, nil, paper); err == nil ||
			!strings.Contains(err.Error(), "finite") {
			t.Errorf("DetectPrimeLearningWindow(%v): error %v, want one", bad, err)
		}
	}
}

func TestUncertain(t *testing.T) {
	rule := inforeg.WindowRule{K: 0.04, First: 2}
	nan := math.NaN()
	for _, tt := range []struct {
		name        string
		trace, errs []float64
		want        []bool
		reason      string
	}{
		{
			"clear", []float64{1, 2}, []float64{nan, nan, 0.035}, []bool{false, false, false},
			"rise 0.5, 13 errors above K",
		},
		{
			"noise", []float64{1, 1.1}, []float64{nan, nan, 0.123}, []bool{false, false, true},
			"rise 0.091, less than half an error above K",
		},
		{
			"shut by noise", []float64{1, 1}, []float64{nan, nan, 0.14}, []bool{false, false, true},
			"rise 0: it might have opened",
		},
		{
			"no error known", []float64{1, 1.05}, []float64{nan, nan, nan}, []bool{false, false, false},
			"nothing to tell by",
		},
		{"none given", []float64{1, 1.05}, nil, []bool{false, false, false}, "nothing to tell by"},
	} {
		w, err := inforeg.DetectPrimeLearningWindow(tt.trace, tt.errs, rule)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, w.Uncertain(tt.errs, rule, 2)); diff != "" {
			t.Errorf("%s (-want +got)\n%s\nreason: %s", tt.name, diff, tt.reason)
		}
	}
}

// TestBeyondNoise: with Z, a rise opens the window only beyond so many standard errors.
func TestBeyondNoise(t *testing.T) {
	nan := math.NaN()
	for _, tt := range []struct {
		name string
		errs []float64
		want [][2]int
	}{
		{"clear", []float64{nan, nan, 0.2}, [][2]int{{2, 3}}}, // 0.04 + 2 * 0.2 < 0.5
		{"noise", []float64{nan, nan, 0.24}, nil},             // 0.04 + 2 * 0.24 > 0.5
		{"not known", []float64{nan, nan, nan}, nil},
		{"not given", nil, nil},
	} {
		w, err := inforeg.DetectPrimeLearningWindow(
			[]float64{1, 2}, tt.errs, inforeg.WindowRule{K: 0.04, First: 2, Z: 2},
		)
		if diff := cmp.Diff(tt.want, w.Intervals()); err != nil || diff != "" {
			t.Errorf("%s: err %v, (-want +got)\n%s", tt.name, err, diff)
		}
	}
}

// TestScaleK: a trace that rises steadily opens all intervals or none, however they are cut.
func TestScaleK(t *testing.T) {
	for _, tt := range []struct{ k, share, want float64 }{
		{0.04, 1, 0.04},
		{0.04, 2, 1 - 0.96*0.96},
		{0.04, 0.5, 1 - math.Sqrt(0.96)},
		{0, 7, 0},
		{1, 0.5, 1},   // no rise reaches 1
		{-3, 0.5, -1}, // 1 - sqrt(4)
	} {
		if got := inforeg.ScaleK(tt.k, tt.share); math.Abs(got-tt.want) > 1e-15 { // a rounding or two
			t.Errorf("ScaleK(%v, %v) = %v, want %v", tt.k, tt.share, got, tt.want)
		}
	}
	for _, rate := range []float64{0.0399, 0.0401} { // rise over an epoch, just below K and just above
		for _, parts := range []int{1, 2, 5} {
			trace := make([]float64, 6*parts)
			for i := range trace {
				trace[i] = math.Pow(1-rate, -float64(i)/float64(parts))
			}
			w, err := inforeg.DetectPrimeLearningWindow(
				trace, nil, inforeg.WindowRule{K: inforeg.ScaleK(0.04, 1/float64(parts))},
			)
			if err != nil {
				t.Fatal(err)
			}
			for i, open := range w.Open[2:] {
				if open != (rate > 0.04) {
					t.Errorf("rise %v an epoch, cut in %d: interval %d open %v", rate, parts, i+2, open)
				}
			}
		}
	}
}

// TestRiseError sets the paired error beside its slow twins: the jackknife over the same samples, and the spread of the
// rise over many sets of samples drawn from one distribution. Errors taken as independent say too much.
func TestRiseError(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	draw := func(n int) (before, after []float64) {
		for range n {
			own := math.Exp(rng.NormFloat64() / 2) // how hard the sample is, in both measurements
			before = append(before, own*math.Exp(0.2*rng.NormFloat64()))
			after = append(after, 1.1*own*math.Exp(0.2*rng.NormFloat64()))
		}
		return before, after
	}
	rise := func(before, after []float64) float64 { return 1 - stat.Mean(before, nil)/stat.Mean(after, nil) }
	const n, sets = 128, 4000
	var rises, errs, apart []float64
	for range sets {
		before, after := draw(n)
		a, errA := inforeg.MeanError(before)
		b, errB := inforeg.MeanError(after)
		rises = append(rises, rise(before, after))
		errs = append(errs, inforeg.RiseError(before, after))
		apart = append(apart, inforeg.RiseErrorApart(a, errA, b, errB))
	}
	spread := stat.StdDev(rises, nil)
	// The spread of 4000 is known to 1/sqrt(8000) = 1.1 %, and the first-order error is biased by some percent at 128.
	if got := stat.Mean(errs, nil) / spread; math.Abs(got-1) > 0.05 {
		t.Errorf("mean paired error is %v of the spread of the rise, want 1", got)
	}
	// sqrt(0.53^2 + 0.2^2) sqrt(2) / (0.2 sqrt(2)) of lognormals, 2.5 or so
	if got := stat.Mean(apart, nil) / spread; got < 1.8 {
		t.Errorf("mean error of independent traces is %v of the spread, want several times it", got)
	}

	before, after := draw(n)
	left := make([]float64, n)
	for i := range left {
		left[i] = rise(slices.Delete(slices.Clone(before), i, i+1), slices.Delete(slices.Clone(after), i, i+1))
	}
	jackknife := math.Sqrt(float64(n-1)/float64(n)) * math.Sqrt(float64(n-1)) * stat.StdDev(left, nil)
	// Both are first order in 1/n; they differ in the next order, by about the largest share of a sample.
	if got := inforeg.RiseError(before, after); math.Abs(got/jackknife-1) > 0.05 {
		t.Errorf("paired error %v, jackknife %v", got, jackknife)
	}
	twice := make([]float64, n)
	for i, v := range before {
		twice[i] = 2 * v
	}
	if got := inforeg.RiseError(before, twice); math.Abs(got) > 1e-12 { // roundings
		t.Errorf("each sample's trace doubled: error %v, want none: the rise is 1/2 with any samples", got)
	}
	for _, tt := range [][2][]float64{{{1}, {2}}, {{1, 2}, {1, 2, 3}}, {nil, nil}, {{1, 2}, {0, 0}}} {
		if got := inforeg.RiseError(tt[0], tt[1]); !math.IsNaN(got) {
			t.Errorf("RiseError(%v, %v) = %v, want NaN", tt[0], tt[1], got)
		}
	}
}

// TestSmooth: with zeros before it, a constant trace seems to rise for as many epochs as the mean is wide, so that
// eq. 11 opens the window although nothing happens.
func TestSmooth(t *testing.T) {
	flat := []float64{6, 6, 6, 6, 6}
	padded, err := inforeg.Smooth(flat, 3, true)
	if diff := cmp.Diff([]float64{2, 4, 6, 6, 6}, padded); err != nil || diff != "" {
		t.Errorf("padded: err %v, (-want +got)\n%s", err, diff)
	}
	w, err := inforeg.DetectPrimeLearningWindow(padded, nil, inforeg.WindowRule{K: 0.04, First: 2})
	if diff := cmp.Diff([][2]int{{2, 4}}, w.Intervals()); err != nil || diff != "" {
		t.Errorf("window of a padded constant: err %v, (-want +got)\n%s", err, diff)
	}
	plain, err := inforeg.Smooth([]float64{1, 2, 6, 4}, 2, false)
	if diff := cmp.Diff([]float64{1, 1.5, 4, 5}, plain); err != nil || diff != "" {
		t.Errorf("not padded: err %v, (-want +got)\n%s", err, diff)
	}
	if _, err := inforeg.Smooth(flat, 0, true); err == nil {
		t.Error("width 0: no error")
	}
}

// gapsTwin is eqs. 9 and 10 written out.
func gapsTwin(scores []float64) []float64 {
	gaps := make([]float64, len(scores))
	for i, s := range scores {
		lower, sum := 0, 0.0
		for _, o := range scores {
			if o < s {
				lower++
				sum += s - o
			}
		}
		if lower > 0 {
			gaps[i] = sum / float64(lower)
		}
	}
	return gaps
}

func TestGapsAndStrength(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	names := []string{"a", "b", "c", "d"}
	exec, err := xlatest.NewExec(t, func(in []*Node) []*Node {
		scores := map[string]*Node{}
		for i, n := range names {
			scores[n] = Reshape(Slice(in[0], AxisElem(i)))
		}
		gaps := inforeg.Gaps(names, scores)
		list := make([]*Node, 0, 2*len(names))
		for _, n := range names {
			list = append(list, gaps[n], inforeg.Strength(gaps[n], in[1]))
		}
		return list
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	rows := [][]float64{{0, 0, 0, 0}, {1, 0, 0, 0}, {0.5, 0.5, 0.25, 0}}
	for range 20 {
		rows = append(rows, []float64{r.Float64(), r.Float64(), r.Float64(), r.Float64()})
	}
	for _, row := range rows {
		scores := make([]float32, len(row))
		for i, s := range row {
			scores[i] = float32(s)
			row[i] = float64(scores[i])
		}
		beta := float32(r.Float64() * 2)
		out, err := exec.Call(scores, beta)
		if err != nil {
			t.Fatal(err)
		}
		for i, gap := range gapsTwin(row) {
			alpha := math.Exp(float64(beta) * math.Tanh(gap))
			g, a := float64(out[2*i].Value().(float32)), float64(out[2*i+1].Value().(float32))
			if math.Abs(g-gap) > 1e-6 || math.Abs(a-alpha) > 1e-5 { // float32 at sizes up to 1 and e²
				t.Errorf(
					"scores %v, beta %v: gap of %s %v, strength %v; want %v, %v", row, beta, names[i], g, a, gap, alpha,
				)
			}
		}
	}
}

// TestPenalty compares the gradient that Penalty adds with finite differences of what it returns.
func TestPenalty(t *testing.T) {
	m := quartet(t)
	vars := inforeg.EncoderVariables(m, "a")
	const strength = 1.7
	w, w0, zero := map[string][]float64{}, map[string][]float64{}, map[string][]float64{}
	for _, v := range vars {
		w[v.Name], w0[v.Name] = xlatest.Made64(v.Name, v.Size(), 1), xlatest.Made64("start."+v.Name, v.Size(), 1)
		zero[v.Name] = make([]float64, v.Size())
	}
	exec, err := xlatest.NewExec(t, func(in []*Node) []*Node {
		n := len(vars)
		s := &inforeg.Step{
			Model: m, Vars: byName(vars, in[:n]), StartAt: byName(vars, in[n:2*n]), Grads: byName(vars, in[2*n:]),
		}
		p := inforeg.Penalty(s, "a", Const(in[0].Graph(), float64(strength)))
		list := []*Node{p}
		for _, v := range vars {
			list = append(list, s.Grads[v.Name])
		}
		return list
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	at := func() (penalty float64, grads [][]float64) {
		out, err := exec.Call(append(append(tensorsOf(vars, w), tensorsOf(vars, w0)...), tensorsOf(vars, zero)...)...)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range out[1:] {
			grads = append(grads, tensors.MustCopyFlatData[float64](o))
		}
		return out[0].Value().(float64), grads
	}
	_, grads := at()
	const h = 1e-3
	for i, v := range vars {
		for j := range w[v.Name] {
			w[v.Name][j] += h
			up, _ := at()
			w[v.Name][j] -= 2 * h
			down, _ := at()
			w[v.Name][j] += h
			// exact for a square but for rounding of values of size 10 in float64
			if want := (up - down) / (2 * h); math.Abs(grads[i][j]-want) > 1e-9 {
				t.Errorf("gradient of %s[%d] = %v, want %v", v.Name, j, grads[i][j], want)
			}
		}
	}
}

func TestCosine(t *testing.T) {
	got, err := inforeg.CosineMatrix([][]float32{{3, 0}, {0, 2}, {-1, 1}, {0, 0}})
	if err != nil {
		t.Fatal(err)
	}
	h := math.Sqrt(0.5)
	want := [][]float64{{1, 0, -h, 0}, {0, 1, h, 0}, {-h, h, 1, 0}, {0, 0, 0, 0}}
	for i := range want {
		for j := range want {
			if math.Abs(got[i][j]-want[i][j]) > 1e-12 { // one division
				t.Errorf("cosine of %d and %d: %v, want %v", i, j, got[i][j], want[i][j])
			}
		}
	}
	if m := inforeg.MeanCosine([][]float64{{1, 0.5}, {0.3, 1}}); m != 0.4 {
		t.Errorf("MeanCosine: %v, want 0.4, the mean off the diagonal", m)
	}
	for _, bad := range [][][]float32{nil, {{1}}, {{1}, {1, 2}}} {
		if _, err := inforeg.CosineMatrix(bad); err == nil {
			t.Errorf("CosineMatrix(%v): no error", bad)
		}
	}
}

// TestSketch checks that cosines survive the folding within the error that it promises, and that a short
// vector is left alone.
func TestSketch(t *testing.T) {
	const n, size = 100_000, 4096
	r := rand.New(rand.NewPCG(1, 1))
	a, b := make([]float32, n), make([]float32, n)
	for i := range a {
		common := r.NormFloat64()
		a[i], b[i] = float32(common+0.5*r.NormFloat64()), float32(common+0.5*r.NormFloat64())
	}
	out := xlatest.Run(t, func(in []*Node) []*Node {
		return []*Node{inforeg.Sketch(in[0], size, 3), inforeg.Sketch(in[1], size, 3), inforeg.Sketch(in[0], n, 3)}
	}, a, b)
	if len(out[0]) != size {
		t.Fatalf("sketch of %d values, want %d", len(out[0]), size)
	}
	if diff := cmp.Diff(a, out[2]); diff != "" {
		t.Error("a vector that fits is changed")
	}
	exact, err := inforeg.CosineMatrix([][]float32{a, b})
	if err != nil {
		t.Fatal(err)
	}
	folded, err := inforeg.CosineMatrix(out[:2])
	if err != nil {
		t.Fatal(err)
	}
	// four standard deviations of 1/√size
	if d := math.Abs(exact[0][1] - folded[0][1]); d > 4/math.Sqrt(size) || d == 0 {
		t.Errorf("cosine %v, of the sketches %v", exact[0][1], folded[0][1])
	}
}

func TestReleased(t *testing.T) {
	vars := []models.Variable{
		{Name: "enc.a.conv0.weight", Shape: []int{3, 2, 4}, Role: models.ConvWeight},
		{Name: "enc.a.norm0.weight", Shape: []int{4}, Role: models.NormScale},
		{Name: "enc.v.conv0.weight", Shape: []int{2, 1, 2}, Role: models.ConvWeight},
		{Name: "head.weight", Shape: []int{3, 6}, Role: models.LinearWeight},
	}
	var r inforeg.Released
	if r.BatchSquare() != 0 {
		t.Error("BatchSquare before the first step is not 0")
	}
	r.Add(vars, "enc.a.", []float32{24, 4, 100, 100})
	r.Add(vars, "enc.a.", []float32{48, 0, 100, 100})
	// 24/24 + 48/24: means over the 24 elements of the convolution; norm scale, other encoder and head left out
	if r.Sum != 3 {
		t.Errorf("Sum = %v, want 3", r.Sum)
	}
	if r.BatchSquare() != (28.0+48)/2 { // everything of the encoder, mean over two steps
		t.Errorf("BatchSquare = %v, want 38", r.BatchSquare())
	}
}
