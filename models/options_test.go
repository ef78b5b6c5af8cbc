package models_test

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/datatest"
	"github.com/primewindow/primewindow/internal/xlatest"
	"github.com/primewindow/primewindow/models"
)

// optionCase is a case of testdata/options.json, written by options.py beside it with PyTorch.
type optionCase struct {
	Spec      string
	Shape     []int
	Input     []float64
	Names     []string
	Features  []float64
	Gradients map[string][]float64
}

func optionCases(t *testing.T) map[string]optionCase {
	t.Helper()
	var r struct{ Cases []optionCase }
	datatest.Reference(t, "options.json", &r)
	bySpec := map[string]optionCase{}
	for _, c := range r.Cases {
		bySpec[c.Spec] = c
	}
	if len(bySpec) != 8 {
		t.Fatalf("%d cases in options.json, want 8", len(bySpec))
	}
	return bySpec
}

func parsed(t *testing.T, spec string, shape ...int) models.Encoder {
	t.Helper()
	e, err := models.ParseEncoder(spec, modality("m", shape))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestOptions compares features and every gradient, element by element, of each option of an encoder with PyTorch's,
// with the definition in plain loops and with finite differences.
func TestOptions(t *testing.T) {
	for spec, c := range optionCases(t) {
		t.Run(spec, func(t *testing.T) {
			e := parsed(t, spec, c.Shape[1:]...)
			prefix := models.EncoderPrefix("m")
			vars := e.Variables(prefix)
			values := xlatest.Filled64(t, vars)
			run := encoder[float64](t, e, models.RunningStatistics, c.Shape...)
			got := run(c.Input, values)
			// double precision, features of size 1 through some ten sums
			within(t, "features", got.features, c.Features, 1e-12)
			if tr, ok := e.(models.Transformer); ok {
				var slow []float64
				for sample := range slices.Chunk(c.Input, len(c.Input)/c.Shape[0]) {
					slow = append(slow, twin(tr, values, sample)...)
				}
				within(t, "features in plain loops", slow, c.Features, 1e-12) // likewise
			}
			target := xlatest.Made64("target", len(c.Features), 1)
			loss := func() float64 {
				sum := 0.0
				for i, z := range run(c.Input, values).features {
					sum += z * target[i]
				}
				return sum
			}
			var names []string
			for _, v := range vars {
				name := v.Name[len(prefix):]
				names = append(names, name)
				within(t, name+": gradient", got.grads[v.Name], c.Gradients[name], 1e-11) // as above, and backwards
				const h = 1e-5
				var slopes []float64
				for i, at := range values[v.Name] {
					values[v.Name][i] = at + h
					up := loss()
					values[v.Name][i] = at - h
					slopes = append(slopes, (up-loss())/(2*h))
					values[v.Name][i] = at
				}
				// h² times a third derivative of up to 5000
				within(t, name+": gradient by differences", got.grads[v.Name], slopes, 1e-6)
			}
			if diff := cmp.Diff(c.Names, names); diff != "" {
				t.Errorf("variables (-PyTorch +got)\n%s", diff)
			}
		})
	}
}

// TestPaddedSequences checks that what stands at the ends of a padded sequence, and how much of it there is, reaches
// neither features nor gradients, that zeros between rows count, and that a sample of padding alone is finite.
func TestPaddedSequences(t *testing.T) {
	const batch, length, in, dim = 4, 5, 3, 6
	for _, tt := range []struct {
		spec   string
		alone  func(values map[string][]float64, e models.Transformer) []float64 // features of padding alone
		reason string
	}{
		{
			"transformer,dim=6,heads=2,layers=1,mlp=1,pad=1",
			func(map[string][]float64, models.Transformer) []float64 { return make([]float64, dim) },
			"a mean of nothing is 0",
		},
		{"transformer,dim=6,heads=2,layers=1,mlp=1,pad=1,pool=class", func(
			values map[string][]float64, e models.Transformer,
		) []float64 {
			return twin(e, values, make([]float64, length*in))
		}, "the class token sees itself alone"},
	} {
		e := transformer(t, tt.spec, length, in)
		values := xlatest.Filled64(t, e.Variables(models.EncoderPrefix("m")))
		run := encoder[float64](t, e, models.RunningStatistics, batch, length, in)
		x := xlatest.Made64("x", batch*length*in, 1)
		row := func(i, t int) []float64 { at := (i*length + t) * in; return x[at : at+in] }
		clear(row(0, 4)) // four rows and padding
		clear(row(0, 1)) // of which one is zero
		row(0, 3)[0] = 0 // and one in part
		fill(row(1, 0), math.Copysign(0, -1))
		clear(x[2*length*in : 3*length*in])
		base := run(x, values)
		features := func(p passed, i int) []float64 { return p.features[i*dim : (i+1)*dim] }
		// sums in another order
		within(t, tt.spec+": padding alone: "+tt.reason, features(base, 2), tt.alone(values, e), 1e-13)
		for name, g := range base.grads {
			if slices.ContainsFunc(g, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }) {
				t.Errorf("%s: gradient of %s is not finite: %v", tt.spec, name, g)
			}
		}

		// The first sample without its last row, the second without its first: positions keep their numbers.
		pos := values["enc.m.pos"]
		short := transformer(t, tt.spec, length-1, in)
		cut := encoder[float64](t, short, models.RunningStatistics, 1, length-1, in)
		values["enc.m.pos"] = pos[:len(pos)-dim]
		// likewise
		within(t, tt.spec+": without its end", features(cut(x[:(length-1)*in], values), 0), features(base, 0), 1e-13)
		from := len(pos)/dim - length
		values["enc.m.pos"] = slices.Concat(pos[:from*dim], pos[(from+1)*dim:])
		// likewise
		within(
			t, tt.spec+": without its start", features(cut(x[length*in+in:2*length*in], values), 0), features(base, 1),
			1e-13,
		)

		values["enc.m.pos"] = slices.Clone(pos)
		copy(values["enc.m.pos"][(from+1)*dim:(from+2)*dim], []float64{2, -2, 2, -2, 2, -2})
		moved := run(x, values)
		if d := math.Abs(moved.features[0] - base.features[0]); d < 1e-3 {
			t.Errorf(
				"%s: the position of a row of zeros between others moves features by %v only: it is not padding",
				tt.spec, d,
			)
		}
		// the same bits
		within(t, tt.spec+": padding alone with another position", features(moved, 2), features(base, 2), 0)

		values["enc.m.pos"] = pos
		row(3, 4)[1] = math.NaN()
		if got := features(run(x, values), 3); !math.IsNaN(got[0]) {
			t.Errorf("%s: a row that is not a number gives features %v, want NaN: it is not padding", tt.spec, got)
		}
	}
}

// TestShortInputs checks that an input of one step passes any number of blocks.
func TestShortInputs(t *testing.T) {
	e := parsed(t, "cnn1d:4-4-4-4,kernel=5,norm=group", 1, 2)
	vars := e.Variables(models.EncoderPrefix("m"))
	got := encoder[float64](t, e, models.RunningStatistics, 2, 1, 2)(
		xlatest.Made64("x", 4, 1), xlatest.Filled64(t, vars),
	)
	if len(got.features) != 8 || slices.ContainsFunc(got.features, math.IsNaN) || slices.Max(got.features) == 0 {
		t.Errorf("features %v, want 8 numbers, not all 0", got.features)
	}
	// Of a kernel that reaches two steps to either side only the middle meets the one there is.
	for i, g := range got.grads["enc.m.conv0.weight"] {
		if tap := i / 8; tap != 2 && g != 0 {
			t.Errorf("gradient of conv0.weight at tap %d is %v, want 0", tap, g)
		}
	}
}
