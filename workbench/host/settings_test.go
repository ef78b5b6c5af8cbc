package host

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/mat"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/synth"
	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/internal/wire"
)

// made describes synth, without a backend.
func made(t *testing.T) *data.Description {
	t.Helper()
	set, err := synth.Open("", map[string]any{"train": 12.0, "val": 6.0, "test": 6.0})
	if err != nil {
		t.Fatal(err)
	}
	desc := set.Describe()
	return &desc
}

// TestResolve completes settings in the order in which they count: what was asked for, the set's recipe, the default.
func TestResolve(t *testing.T) {
	desc := made(t)
	for _, tt := range []struct {
		name   string
		asked  map[string]any
		want   map[string]any // some of the result
		reason string
	}{
		{"nothing asked", nil, map[string]any{"data": "synth", "method": "joint", "seed": 0.0, "fusion": "concat"}, "defaults"},
		{"recipe", nil, map[string]any{"lr": 0.015, "batch": 32.0, "encoder.audio": "cnn2d:16-32-64-64"}, "the set's recipe comes before the default"},
		{"asked", map[string]any{"lr": 0.5, "batch": 8.0}, map[string]any{"lr": 0.5, "batch": 8.0}, "what was asked for comes before the recipe"},
		{"zero", map[string]any{"lr": 0.0}, map[string]any{"lr": 0.0}, "zero is a value: the run on which nothing is learnt"},
		{"text", map[string]any{"lr": "1e-3", "epochs": "7"}, map[string]any{"lr": 1e-3, "epochs": 7.0}, "as a command line gives it"},
		{"whole number", map[string]any{"epochs": 7}, map[string]any{"epochs": 7.0}, "as a Go program gives it"},
		{"method's own", map[string]any{"method": "inforeg", "regulate": "false", "beta": 0.5}, map[string]any{"regulate": false, "beta": 0.5, "window": "auto"}, "settings of the method that was asked for"},
		{"set's own", map[string]any{"data.audio_noise": 2.0}, map[string]any{"data.audio_noise": 2.0, "data.visual_noise": 0.3}, "below data."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := resolve(tt.asked, desc)
			if err != nil {
				t.Fatal(err)
			}
			some := map[string]any{}
			for name := range tt.want {
				some[name] = got[name]
			}
			if diff := cmp.Diff(tt.want, some); diff != "" {
				t.Errorf("(-want +got)\n%s\nreason: %s", diff, tt.reason)
			}
			again, err := resolve(got, desc)
			if diff := cmp.Diff(got, again); err != nil || diff != "" {
				t.Errorf("resolved again: error %v (-first +again)\n%s", err, diff)
			}
		})
	}
}

// TestUnknown offers the nearest names, or all of them.
func TestUnknown(t *testing.T) {
	desc := made(t)
	for _, tt := range []struct {
		name          string
		asked         map[string]any
		message, hint string
		reason        string
	}{
		{"exchanged", map[string]any{"bacth": 8}, `unknown setting "bacth"`, "did you mean batch?", "two letters"},
		{"part of a name", map[string]any{"noise": 1}, `unknown setting "noise"`, "did you mean every.noise or data.audio_noise or data.visual_noise?", "the end of three names"},
		{"nothing near", map[string]any{"quatsch-mit-sauce": 1}, `unknown setting "quatsch-mit-sauce"`, "there are batch, ", "then all are listed"},
		{"of another method", map[string]any{"method": "joint", "first_epoch": 1}, `unknown setting "first_epoch"`, "", "joint has no window"},
		{"beta of joint", map[string]any{"method": "joint", "beta": 0.5}, `unknown setting "beta": method joint has none of that name`, "it belongs to inforeg", "by its cause, not by its letters"},
		{"of another set", map[string]any{"data.image_side": 8}, `unknown setting "data.image_side": the set has none of that name`, "folder", "likewise"},
		{"misspelt of the set", map[string]any{"data.trian": 8}, `unknown setting "data.trian"`, "did you mean data.train", "near letters come first"},
		{"data", map[string]any{"data": "sinth"}, `unknown data "sinth"`, "did you mean synth?", "one letter"},
		{"method", map[string]any{"method": "INFOREG2"}, `unknown method "INFOREG2"`, "did you mean inforeg", "capitals do not count"},
		{"bounds", map[string]any{"momentum": 1}, "momentum: got 1, want between 0 and 0.9999", "momentum: ", "with what it is"},
		{"choice", map[string]any{"method": "inforeg", "window": "open"}, `window: got "open", want all, none, auto, outside`, "window: ", "the choices"},
		{"no number", map[string]any{"lr": []any{1.0}}, "lr: got [1], want a number", "lr: ", "as JSON may bring it"},
		{"fraction", map[string]any{"epochs": 1.5}, "epochs: got 1.5, want a whole number", "epochs: ", "half an epoch"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := resolve(tt.asked, desc)
			p, ok := errors.AsType[*wire.Problem](err)
			if !ok || !strings.Contains(p.Message, tt.message) || !strings.Contains(p.Hint, tt.hint) || p.Hint == "" {
				t.Errorf("resolve(%v): %v %+v, want %q with hint %q\nreason: %s", tt.asked, err, p, tt.message, tt.hint, tt.reason)
			}
		})
	}
}

// TestDifferences lists every setting that differs, also one that only one side has.
func TestDifferences(t *testing.T) {
	have := Settings{"lr": 0.1, "batch": 16.0, "modalities": "", "beta": 0.9, "seed": 0.0}
	want := Settings{"lr": 0.0, "batch": 16.0, "modalities": "audio", "alpha": 0.1, "seed": 0.0}
	got := differences(have, want)
	slices.Sort(got)
	if diff := cmp.Diff([]string{
		"alpha is not set there, 0.1 here", "beta is 0.9 there, not set here", "lr is 0.1 there, 0 here", "modalities is not set there, audio here",
	}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := differences(have, have); len(got) != 0 {
		t.Errorf("of equal settings: %v", got)
	}
	if have.hash() == want.hash() || have.hash() != (Settings{"seed": 0.0, "beta": 0.9, "modalities": "", "batch": 16.0, "lr": 0.1}).hash() {
		t.Error("the hash must name the settings, whatever their order")
	}
}

// TestTables: in no table does a name occur twice, and every default is a value of its own setting.
func TestTables(t *testing.T) {
	desc := made(t)
	for _, m := range method.Names() {
		list, err := table("synth", m, desc)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, s := range list {
			if seen[s.Name] {
				t.Errorf("%s: setting %s twice", m, s.Name)
			}
			seen[s.Name] = true
			if v, err := s.Parse(s.Default); err != nil || v != s.Default {
				t.Errorf("%s: default %v of %s is parsed as %v, error %v", m, s.Default, s.Name, v, err)
			}
			if s.Doc == "" {
				t.Errorf("%s: setting %s has no sentence", m, s.Name)
			}
		}
	}
}

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
		t.Errorf("%d of %d right, want well over a third: the classes are a standard deviation and a half apart", hits, k)
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
		if got := crossEntropy(tt.row, tt.label); math.Abs(got-tt.want) > 1e-7*max(1, tt.want) {
			t.Errorf("crossEntropy(%v, %d) = %v, want %v\nreason: %s", tt.row, tt.label, got, tt.want, tt.reason)
		}
	}
}
