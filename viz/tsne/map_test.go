package tsne

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// cloud is n points of d features in three groups.
func cloud(n, d int, seed uint64) [][]float64 {
	random := rand.New(rand.NewPCG(seed, 1))
	x := make([][]float64, n)
	for i := range x {
		x[i] = make([]float64, d)
		for j := range x[i] {
			x[i][j] = random.NormFloat64() + 4*float64(i%3*(j%3))
		}
	}
	return x
}

func newMap(tb testing.TB, n int, c Config) *Map {
	tb.Helper()
	m, err := New(cloud(n, 6, 1), c)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// slowKL is the divergence by its definition, over all pairs.
func slowKL(m *Map, at []vec) float64 {
	q := func(i, j int) float64 {
		dx, dy := at[i].x-at[j].x, at[i].y-at[j].y
		return 1 / (1 + dx*dx + dy*dy)
	}
	sum, kl := 0.0, 0.0
	for i := range at {
		for j := range at {
			if i != j {
				sum += q(i, j)
			}
		}
	}
	for i := range at {
		for k := m.p.start[i]; k < m.p.start[i+1]; k++ {
			kl += m.p.value[k] * math.Log(m.p.value[k]/(q(i, int(m.p.column[k]))/sum))
		}
	}
	return kl
}

func TestKLMatchesDefinition(t *testing.T) {
	for _, n := range []int{31, 64, 101} { // odd and even: the exact sum takes rows in twos
		m := newMap(t, n, Config{Perplexity: 10, Repulsion: Exact})
		if err := m.Step(60, nil); err != nil {
			t.Fatal(err)
		}
		// A sum of some thousand terms of order 1.
		if got, want := m.KL(), slowKL(m, m.at); math.Abs(got-want) > 1e-11 {
			t.Errorf("%d points: KL %v, want %v", n, got, want)
		}
	}
}

// TestGradientByFiniteDifferences moves single coordinates and watches the definition of KL.
func TestGradientByFiniteDifferences(t *testing.T) {
	m := newMap(t, 61, Config{Perplexity: 10, Repulsion: Exact})
	if err := m.Step(300, nil); err != nil {
		t.Fatal(err)
	}
	total := m.forces()
	const h = 1e-5 // errors of h² and of 1e-16/h: about 1e-10 each
	for _, i := range []int{0, 1, 2, 30, 59, 60} {
		for axis, got := range []float64{
			4 * (m.pull[i].x - m.push[i].x/total), 4 * (m.pull[i].y - m.push[i].y/total),
		} {
			at := func(way float64) float64 {
				moved := append([]vec(nil), m.at...)
				if axis == 0 {
					moved[i].x += way
				} else {
					moved[i].y += way
				}
				return slowKL(m, moved)
			}
			if want := (at(h) - at(-h)) / (2 * h); math.Abs(got-want) > 1e-8 {
				t.Errorf("point %d, axis %d: gradient %v, want %v by differences", i, axis, got, want)
			}
		}
	}
}

// TestBarnesHutMatchesExact compares pushes on places as they arise: at the start, where all lie within 1e-3, and
// spread.
func TestBarnesHutMatchesExact(t *testing.T) {
	for _, tt := range []struct {
		name   string
		theta  float64
		steps  int
		most   float64 // of the root mean square difference by the root mean square push
		reason string
	}{
		{"no groups", 1e-9, 100, 1e-12, "every cell is opened, so only rounding differs"},
		{
			"start", 0.5, 0, 1e-8,
			"measured 5e-10: within 1e-3 every push is nearly linear in the way, so groups do no harm",
		},
		{"spread", 0.5, 300, 0.03, "measured 0.011"},
		{"finer", 0.2, 300, 0.002, "measured 0.0006: the error falls with the square of theta or faster"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMap(t, 1500, Config{Theta: tt.theta, Repulsion: BarnesHut})
			if err := m.Step(tt.steps, nil); err != nil {
				t.Fatal(err)
			}
			got, want := make([]vec, len(m.at)), make([]vec, len(m.at))
			sum := newQuadtree(len(m.at), tt.theta).sum(got, m.at)
			exact := newPairs(len(m.at)).sum(want, m.at)
			if math.Abs(sum-exact) > tt.most*exact {
				t.Errorf("sum of q %v, want %v within %v of it", sum, exact, tt.most)
			}
			off, size := 0.0, 0.0
			for i := range got {
				dx, dy := got[i].x-want[i].x, got[i].y-want[i].y
				off += dx*dx + dy*dy
				size += want[i].x*want[i].x + want[i].y*want[i].y
			}
			if ratio := math.Sqrt(off / size); !(ratio <= tt.most) {
				t.Errorf("pushes differ by %v of their size, want at most %v; reason: %s", ratio, tt.most, tt.reason)
			}
		})
	}
}

// TestCellsHoldEachPointOnce checks the tree's own promises, on places of which many are equal.
func TestCellsHoldEachPointOnce(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	at := make([]vec, 500)
	for i := range at {
		at[i] = vec{math.Round(random.NormFloat64() * 3), random.NormFloat64()}
		if i%5 == 0 {
			at[i] = vec{1, 1}
		}
	}
	q := newQuadtree(len(at), 0.5)
	q.build(at)
	seen := make([]int, len(at))
	for _, leaf := range q.leaves {
		for _, i := range q.order[q.cells[leaf].low:q.cells[leaf].high] {
			seen[i]++
		}
	}
	for i, n := range seen {
		if n != 1 {
			t.Errorf("point %d lies in %d leaves, want 1", i, n)
		}
	}
	for i, c := range q.cells {
		if int(c.after) <= i || int(c.after) > len(q.cells) {
			t.Errorf("cell %d is followed by %d of %d", i, c.after, len(q.cells))
		}
	}
	if got := q.cells[0].mass; got != 500 {
		t.Errorf("the first cell holds %v points, want 500", got)
	}
}

// TestSameBits holds a map to its bits however many threads there are and however its steps are divided.
func TestSameBits(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	for _, repulsion := range []Repulsion{Exact, BarnesHut} {
		var first [][2]float64
		for _, threads := range []int{1, 2, 5} {
			runtime.GOMAXPROCS(threads)
			m := newMap(t, 700, Config{Repulsion: repulsion, Seed: 3})
			for _, n := range [][]int{{60}, {1, 59}, {20, 20, 0, 20}}[threads%3] {
				if err := m.Step(n, func(Progress) bool { return true }); err != nil {
					t.Fatal(err)
				}
			}
			if first == nil {
				first = m.Points()
				continue
			}
			if diff := cmp.Diff(first, m.Points()); diff != "" {
				t.Errorf("%v: %d threads: (-one thread +more)\n%s", repulsion, threads, diff)
			}
		}
		other := newMap(t, 700, Config{Repulsion: repulsion, Seed: 4})
		if err := other.Step(60, nil); err != nil {
			t.Fatal(err)
		}
		if cmp.Equal(first, other.Points()) {
			t.Errorf("%v: seeds 3 and 4 give one map, want two", repulsion)
		}
	}
}

func TestProgress(t *testing.T) {
	m := newMap(t, 40, Config{Perplexity: 10, EarlySteps: 60, Steps: 70})
	var steps []int
	watch := func(p Progress) bool {
		steps = append(steps, p.Step)
		if want := slowKL(m, m.at); p.Of != 130 || math.Abs(p.KL-want) > 1e-11 { // as in TestKLMatchesDefinition
			t.Errorf("step %d of %d: KL %v, want of 130 and %v", p.Step, p.Of, p.KL, want)
		}
		return p.Step != 100
	}
	for range 2 {
		if err := m.Step(55, watch); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Run(watch); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{50, 55, 100, 130}, steps); diff != "" || m.Steps() != 130 {
		t.Errorf("stopped at %d, progress (-want +got)\n%s", m.Steps(), diff)
	}
	if err := m.Run(nil); err != nil || m.Steps() != 130 {
		t.Errorf("Run at the end: err %v, step %d, want 130", err, m.Steps())
	}
}

// TestStart begins at an earlier map, far larger than a start: groups keep their sides, and the earlier map is not
// changed.
func TestStart(t *testing.T) {
	m := newMap(t, 300, Config{})
	if err := m.Run(nil); err != nil {
		t.Fatal(err)
	}
	earlier := m.Points()
	for i := range earlier {
		earlier[i] = [2]float64{-earlier[i][1] * 1e3, earlier[i][0] * 1e3} // turned by a quarter
	}
	same := append([][2]float64(nil), earlier...)
	next := newMap(t, 300, Config{Start: earlier, Seed: 9})
	if err := next.Run(nil); err != nil {
		t.Fatal(err)
	}
	if !cmp.Equal(earlier, same) {
		t.Error("New or Run changed the map that it began at")
	}
	along, size := 0.0, 0.0
	for i, p := range next.Points() {
		along += p[0]*earlier[i][0] + p[1]*earlier[i][1]
		size += math.Hypot(p[0], p[1]) * math.Hypot(earlier[i][0], earlier[i][1])
	}
	if along/size < 0.9 { // 0 for a map that forgot its start
		t.Errorf("cosine of the map and its start %v, want at least 0.9", along/size)
	}
}

func TestNewErrors(t *testing.T) {
	change := func(i, j int, v float64) [][]float64 {
		x := cloud(40, 3, 1)
		x[i][j] = v
		return x
	}
	ragged := cloud(40, 3, 1)
	ragged[7] = ragged[7][:2]
	equal := make([][]float64, 40)
	for i := range equal {
		equal[i] = []float64{1, 2}
	}
	good := cloud(40, 3, 1)
	for _, tt := range []struct {
		name   string
		x      [][]float64
		config Config
		want   string
		reason string
	}{
		{"nothing", nil, Config{}, "tsne: 0 points, want at least 2", "nothing to lay out"},
		{
			"no features", make([][]float64, 40), Config{}, "tsne: row 0: no features, want at least one",
			"all would be equal",
		},
		{
			"few", good, Config{Perplexity: 30}, "tsne: 40 points for perplexity 30, want at least 91; 13 fits",
			"30 takes 90 neighbours",
		},
		{
			"one too few", cloud(30, 3, 1), Config{Perplexity: 10},
			"tsne: 30 points for perplexity 10, want at least 31; 9 fits", "10 takes 30 neighbours",
		},
		{
			"what fits", cloud(30, 3, 1), Config{Perplexity: 30},
			"tsne: 30 points for perplexity 30, want at least 91; 9 fits", "9 takes 27 neighbours of 29",
		},
		{
			"three points", cloud(3, 3, 1), Config{}, "tsne: 3 points for perplexity 1, want at least 4",
			"no map of a triangle",
		},
		{
			"NaN", change(3, 2, math.NaN()), Config{Perplexity: 10},
			"tsne: row 3, feature 2: NaN, want a finite value of at most 1e+150", "has no distance",
		},
		{
			"infinite", change(3, 0, math.Inf(-1)), Config{Perplexity: 10},
			"tsne: row 3, feature 0: -Inf, want a finite value of at most 1e+150", "has no distance",
		},
		{
			"huge", change(0, 0, 1e200), Config{Perplexity: 10},
			"tsne: row 0, feature 0: 1e+200, want a finite value of at most 1e+150", "squares overflow",
		},
		{"ragged", ragged, Config{Perplexity: 10}, "tsne: row 7: 2 features, want 3 as in row 0", "not a matrix"},
		{
			"equal", equal, Config{Perplexity: 10}, "tsne: all 40 rows are equal, want points that differ",
			"no direction to lay them out",
		},
		{
			"perplexity", good, Config{Perplexity: 0.5}, "tsne: perplexity 0.5, want at least 1",
			"less than one neighbour",
		},
		{"perplexity NaN", good, Config{Perplexity: math.NaN()}, "tsne: perplexity NaN, want at least 1", "no number"},
		{
			"theta", good, Config{Perplexity: 10, Theta: 0.8}, "tsne: theta 0.8, want above 0 to 0.7",
			"a cell could be far from a point within it",
		},
		{
			"momentum", good, Config{Perplexity: 10, Momentum: 1}, "tsne: momentum 1, want above 0 to 0.999",
			"never comes to rest",
		},
		{"rate", good, Config{Perplexity: 10, LearningRate: -1}, "tsne: learning rate -1, want 0 to 1e9", "uphill"},
		{
			"steps", good, Config{Perplexity: 10, Steps: -1}, "tsne: 250 early steps and -1 steps, want 0 or more",
			"a count",
		},
		{
			"repulsion", good, Config{Perplexity: 10, Repulsion: 3},
			"tsne: repulsion Repulsion(3), want Auto, Exact or BarnesHut", "no such way",
		},
		{
			"start", good, Config{Perplexity: 10, Start: make([][2]float64, 3)},
			"tsne: start: 3 points, want 40 as there are rows", "of other data",
		},
		{
			"start NaN", good, Config{Perplexity: 10, Start: append(make([][2]float64, 39), [2]float64{0, math.NaN()})},
			"tsne: start: point 39: NaN, want a finite value of at most 1e+150", "has no place",
		},
		{
			"start at one place", good, Config{Perplexity: 10, Start: make([][2]float64, 40)},
			"tsne: start: all points at one place along the first axis, want a spread", "cannot be shrunk",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := New(tt.x, tt.config); err == nil || err.Error() != tt.want {
				t.Errorf("New: error\n%v, want\n%s\nreason: %s", err, tt.want, tt.reason)
			}
		})
	}
	m := newMap(t, 40, Config{Perplexity: 10})
	if err := m.Step(-1, nil); err == nil || err.Error() != "tsne: -1 steps, want 0 or more" {
		t.Errorf("Step(-1): %v", err)
	}
}

// TestUnusualData lays out what is unusual and may be laid out: places stay finite.
func TestUnusualData(t *testing.T) {
	scaled := func(s float64) [][]float64 {
		x := cloud(60, 3, 1)
		for i := range x {
			for j := range x[i] {
				x[i][j] *= s
			}
		}
		return x
	}
	doubled := cloud(60, 3, 1)
	copy(doubled[20:], doubled[:40])
	few := make([][]float64, 60)
	line := make([][]float64, 60)
	for i := range few {
		few[i] = []float64{float64(i % 2), 0}
		line[i] = []float64{float64(i)}
	}
	outlier := cloud(60, 3, 1)
	outlier[5][0] = 1e100
	for _, tt := range []struct {
		name   string
		x      [][]float64
		reason string
	}{
		{"large", scaled(1e140), "squares near the greatest number"},
		{"small", scaled(1e-200), "squares of them vanish"},
		{"doubled", doubled, "distances of 0"},
		{"two places", few, "30 points lie equally near, more than the perplexity"},
		{"one feature", line, "no second axis"},
		{"outlier", outlier, "all others lie at one place beside it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, repulsion := range []Repulsion{Exact, BarnesHut} {
				m, err := New(tt.x, Config{Perplexity: 10, Repulsion: repulsion})
				if err != nil {
					t.Fatalf("%v; reason to accept it: %s", err, tt.reason)
				}
				if err := m.Run(nil); err != nil {
					t.Error(err)
				}
				if kl := m.KL(); !(kl > -1e-9 && kl < 20) { // a divergence is not negative
					t.Errorf("%v: KL %v, want 0 or more and finite", repulsion, kl)
				}
			}
		})
	}
}

func TestScaleDoesNotMatter(t *testing.T) {
	x := cloud(60, 3, 1)
	a, err := New(x, Config{Perplexity: 10})
	if err != nil {
		t.Fatal(err)
	}
	for i := range x {
		for j := range x[i] {
			x[i][j] *= 0x1p300 // exact
		}
	}
	b, err := New(x, Config{Perplexity: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []*Map{a, b} {
		if err := m.Step(100, nil); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(a.Points(), b.Points()); diff != "" {
		t.Errorf("features times 2^300: (-before +after)\n%s", diff)
	}
}

func BenchmarkStep(b *testing.B) {
	for _, n := range []int{1000, 3000} {
		for _, repulsion := range []Repulsion{Exact, BarnesHut} {
			b.Run(fmt.Sprintf("points=%d/%v", n, repulsion), func(b *testing.B) {
				m := newMap(b, n, Config{Repulsion: repulsion})
				if err := m.Step(300, nil); err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					if err := m.Step(1, nil); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "steps/s")
			})
		}
	}
}

// TestFitting: where no perplexity is asked for, one is taken that the points allow, and the map says which.
func TestFitting(t *testing.T) {
	for _, tt := range []struct {
		points int
		want   float64
		reason string
	}{
		{200, 30, "the usual one"}, {91, 30, "just enough"}, {90, 29, "one too few"}, {20, 6, "18 of 19 neighbours"},
		{4, 1, "the fewest"},
	} {
		m, err := New(cloud(tt.points, 3, 1), Config{Steps: 1, EarlySteps: -1})
		if err != nil || m.Perplexity() != tt.want || Fitting(tt.points) != tt.want {
			t.Errorf(
				"%d points: %v, error %v, want perplexity %v\nreason: %s", tt.points, Fitting(tt.points), err, tt.want,
				tt.reason,
			)
			continue
		}
		if err := m.Run(nil); err != nil {
			t.Errorf("%d points: %v", tt.points, err)
		}
	}
	if got := Fitting(3); got != 0 {
		t.Errorf("three points: perplexity %v, want 0", got)
	}
}
