package models_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/datatest"
	"github.com/primewindow/primewindow/internal/xlatest"
	"github.com/primewindow/primewindow/models"
)

// transformerCase is a case of reference.json; Ids are the input of a token case, net.made's "x" is that of others.
type transformerCase struct {
	Spec      string
	Shape     []int
	Ids       [][]float64
	Names     []string
	Features  []float64
	Gradients map[string]struct{ Norm, Along float64 }
}

func transformerCases(t *testing.T) []transformerCase {
	t.Helper()
	var r struct{ Cases, Tokens []transformerCase }
	datatest.Reference(t, "reference.json", &r)
	list := r.Tokens
	for _, c := range r.Cases {
		if strings.HasPrefix(c.Spec, "transformer") {
			list = append(list, c)
		}
	}
	if len(r.Tokens) == 0 || len(list) == len(r.Tokens) {
		t.Fatal("reference.json lacks transformers")
	}
	return list
}

func (c transformerCase) input() []float64 {
	if c.Ids != nil {
		return slices.Concat(c.Ids...)
	}
	return xlatest.Made64("x", c.Shape[0]*c.Shape[1]*c.Shape[2], 1.7)
}

func transformer(tb testing.TB, spec string, shape ...int) models.Transformer {
	tb.Helper()
	e, err := models.ParseEncoder(spec, modality("m", shape))
	if err != nil {
		tb.Fatal(err)
	}
	return e.(models.Transformer)
}

// passed is what one pass gives: features, and the gradient of their product with net.made's "target".
type passed struct {
	features []float64
	grads    map[string][]float64
}

// encoder compiles an encoder's pass in the precision T; what it returns may be called with other values.
func encoder[T float32 | float64](
	t *testing.T, e models.Encoder, mode models.NormMode, shape ...int,
) func(x []float64, values map[string][]float64) passed {
	t.Helper()
	prefix := models.EncoderPrefix("m")
	vars := e.Variables(prefix)
	exec, err := xlatest.NewExec(t, func(in []*Node) []*Node {
		z := e.Forward(&models.Call{Vars: byNames(vars, in[2:]), Norm: mode}, prefix, in[0])
		return append([]*Node{z}, Gradient(ReduceAllSum(Mul(z, in[1])), in[2:]...)...)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(exec.Finalize)
	round := func(x []float64) []T {
		y := make([]T, len(x))
		for i, v := range x {
			y[i] = T(v)
		}
		return y
	}
	widen := func(x *tensors.Tensor) []float64 {
		var y []float64
		for _, v := range tensors.MustCopyFlatData[T](x) {
			y = append(y, float64(v))
		}
		return y
	}
	return func(x []float64, values map[string][]float64) passed {
		t.Helper()
		target := xlatest.Made64("target", shape[0]*e.Features(), 1)
		args := []any{
			tensors.FromFlatDataAndDimensions(round(x), shape...),
			tensors.FromFlatDataAndDimensions(round(target), shape[0], e.Features()),
		}
		for _, v := range vars {
			args = append(args, tensors.FromFlatDataAndDimensions(round(values[v.Name]), v.Shape...))
		}
		out, err := exec.Call(args...)
		if err != nil {
			t.Fatal(err)
		}
		p := passed{widen(out[0]), map[string][]float64{}}
		for i, v := range vars {
			p.grads[v.Name] = widen(out[1+i])
		}
		return p
	}
}

func byNames(vars []models.Variable, nodes []*Node) map[string]*Node {
	m := map[string]*Node{}
	for i, v := range vars {
		m[v.Name] = nodes[i]
	}
	return m
}

func within(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i, w := range want {
		if !(math.Abs(got[i]-w) <= tolerance) {
			t.Errorf("%s[%d] = %v, want %v ± %v", what, i, got[i], w, tolerance)
			return
		}
	}
}

// TestTransformerPyTorch compares features and gradients with PyTorch's in double precision, where both agree to
// rounding, and features with the definition in plain loops; then those of tokens in single precision, as [B, T, 1].
// (TestPyTorch does so for sequences.)
func TestTransformerPyTorch(t *testing.T) {
	for _, c := range transformerCases(t) {
		t.Run(c.Spec, func(t *testing.T) {
			e := transformer(t, c.Spec, c.Shape[1:]...)
			prefix := models.EncoderPrefix("m")
			vars := e.Variables(prefix)
			values := xlatest.Filled64(t, vars)
			x, n := c.input(), c.Shape[0]
			double := encoder[float64](t, e, models.RunningStatistics, c.Shape...)(x, values)
			// features of size 1 through some ten sums of up to 64 terms
			within(t, "features", double.features, c.Features, 1e-12)
			var slow []float64
			for i := range n {
				slow = append(slow, twin(e, values, x[i*len(x)/n:(i+1)*len(x)/n])...)
			}
			within(t, "features in plain loops", slow, c.Features, 1e-12) // likewise
			var names []string
			for _, v := range vars {
				name := v.Name[len(prefix):]
				names = append(names, name)
				want, got := c.Gradients[name], double.grads[v.Name]
				norm, along := 0.0, 0.0
				for i, a := range xlatest.Made64("along."+name, v.Size(), 1) {
					norm += got[i] * got[i]
					along += got[i] * a
				}
				// as above, and backwards
				both := []float64{math.Sqrt(norm), along}
				within(
					t, name+": gradient's norm and part along a fixed vector", both, []float64{want.Norm, want.Along},
					1e-11*max(1, want.Norm),
				)
			}
			if diff := cmp.Diff(c.Names, names); diff != "" {
				t.Errorf("variables (-PyTorch +got)\n%s", diff)
			}
			if e.Vocab == 0 {
				return
			}
			single := encoder[float32](t, e, models.BatchStatistics, append(slices.Clone(c.Shape), 1)...)(x, values)
			within(t, "features in single precision", single.features, c.Features, 1e-4) // float32 for float64
			for name, got := range single.grads {
				size := max(1, c.Gradients[name[len(prefix):]].Norm)
				within(t, name+": gradient in single precision", got, double.grads[name], 1e-4*size) // likewise
			}
		})
	}
}

// TestTransformerDifferences compares every variable's gradient with finite differences, element by element.
func TestTransformerDifferences(t *testing.T) {
	for _, tt := range []struct {
		spec  string
		shape []int
		x     []float64
	}{
		{"transformer,dim=4,heads=2,layers=1,mlp=1", []int{2, 3, 2}, xlatest.Made64("x", 12, 1)},
		{"transformer,dim=4,heads=2,layers=1,mlp=1,vocab=5,pad=1", []int{3, 3}, []float64{4, 2, 4, 3, 0, 0, 0, 0, 0}},
	} {
		e := transformer(t, tt.spec, tt.shape[1:]...)
		vars := e.Variables(models.EncoderPrefix("m"))
		values := xlatest.Filled64(t, vars)
		run := encoder[float64](t, e, models.RunningStatistics, tt.shape...)
		loss := func() float64 {
			sum := 0.0
			target := xlatest.Made64("target", tt.shape[0]*e.Features(), 1)
			for i, z := range run(tt.x, values).features {
				sum += z * target[i]
			}
			return sum
		}
		grads := run(tt.x, values).grads
		const h = 1e-4
		for _, v := range vars {
			var want []float64
			for i, at := range values[v.Name] {
				values[v.Name][i] = at + h
				up := loss()
				values[v.Name][i] = at - h
				want = append(want, (up-loss())/(2*h))
				values[v.Name][i] = at
			}
			within(t, v.Name, grads[v.Name], want, 1e-6) // h² times a third derivative of up to 100
		}
	}
}

// TestTransformerPadding checks that nothing at padded positions reaches features or gradients.
func TestTransformerPadding(t *testing.T) {
	const spec, length, dim = "transformer,dim=8,heads=2,vocab=7,pad=1", 6, 8
	texts := []float64{
		3, 1, 4, 0, 0, 0,
		5, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0,
		2, 0, 6, 1, 0, 0,
	}
	shape := []int{4, length}
	e := transformer(t, spec, length)
	values := xlatest.Filled64(t, e.Variables(models.EncoderPrefix("m")))
	run := encoder[float64](t, e, models.RunningStatistics, shape...)
	base := run(texts, values)

	changed := func(name string, change func(x []float64)) map[string][]float64 {
		all := map[string][]float64{}
		for n, v := range values {
			all[n] = slices.Clone(v)
		}
		change(all["enc.m."+name])
		return all
	}
	row := func(x []float64, i int) []float64 { return x[i*dim : (i+1)*dim] }
	for _, tt := range []struct {
		name   string
		values map[string][]float64
		reason string
	}{
		{
			"padding's vector", changed("embed.weight", func(x []float64) { fill(row(x, 0), 100) }),
			"token 0 stands at padded positions only",
		},
		{"positions 4 and 5", changed("pos", func(x []float64) { fill(x[4*dim:], -50) }), "no text reaches so far"},
		{"positions 4 and 5 swapped", changed("pos", func(x []float64) {
			last := slices.Clone(row(x, 5))
			copy(row(x, 5), row(x, 4))
			copy(row(x, 4), last)
		}), "the order of the padded tail does not matter"},
	} {
		got := run(texts, tt.values)
		within(t, tt.name, got.features, base.features, 0) // the same bits: weights of padding are exactly 0
		for name := range base.grads {
			within(t, tt.name+": gradient of "+name, got.grads[name], base.grads[name], 0) // likewise
		}
	}
	within(t, "gradient of padding's vector", row(base.grads["enc.m.embed.weight"], 0), make([]float64, dim), 0)
	within(t, "gradient of positions 4 and 5", base.grads["enc.m.pos"][4*dim:], make([]float64, 2*dim), 0)
	within(t, "features of padding alone", row(base.features, 2), make([]float64, dim), 0)
	for name, g := range base.grads {
		if slices.ContainsFunc(g, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }) {
			t.Errorf("gradient of %s is not finite: %v", name, g)
		}
	}

	short := transformer(t, spec, 4)
	var cut []float64
	for i := range shape[0] {
		cut = append(cut, texts[i*length:i*length+4]...)
	}
	positions := changed("pos", func([]float64) {})
	positions["enc.m.pos"] = positions["enc.m.pos"][:4*dim]
	brief := encoder[float64](t, short, models.RunningStatistics, shape[0], 4)(cut, positions)
	within(t, "texts without their padded tail", brief.features, base.features, 1e-13) // sums in another order

	alone := encoder[float64](t, e, models.RunningStatistics, 1, length)
	for i := range shape[0] {
		one := alone(texts[i*length:(i+1)*length], values)
		within(t, fmt.Sprint("text ", i, " alone"), one.features, row(base.features, i), 1e-13) // likewise
	}

	plain := encoder[float64](
		t, transformer(t, "transformer,dim=8,heads=2,vocab=7", length), models.RunningStatistics, shape...,
	)(texts, values)
	if d := math.Abs(plain.features[0] - base.features[0]); d < 1e-3 {
		t.Errorf("without pad=1 the features differ by %v only: padding must count there", d)
	}
	swapped := slices.Clone(texts)
	swapped[0], swapped[1] = swapped[1], swapped[0]
	if d := math.Abs(run(swapped, values).features[0] - base.features[0]); d < 1e-3 {
		t.Errorf("with two words swapped the features differ by %v only: positions must count", d)
	}
	nowhere := changed("pos", func(x []float64) { fill(x, 0) })
	// likewise
	within(t, "words swapped, without positions", run(swapped, nowhere).features, run(texts, nowhere).features, 1e-13)
}

func fill(x []float64, v float64) {
	for i := range x {
		x[i] = v
	}
}

// TestTransformerUnknownToken checks that an id outside the table is loud, and only in its own sample.
func TestTransformerUnknownToken(t *testing.T) {
	e := transformer(t, "transformer,dim=4,heads=1,layers=1,vocab=5,pad=1", 2)
	values := xlatest.Filled64(t, e.Variables(models.EncoderPrefix("m")))
	run := encoder[float32](t, e, models.RunningStatistics, 2, 2)
	for _, bad := range []float64{5, -1, 1.5, math.NaN(), math.Inf(1), 1e30} {
		got := run([]float64{1, bad, 4, 2}, values).features
		if !math.IsNaN(got[0]) || math.IsNaN(got[4]) {
			t.Errorf("id %v beside a good sample: features %v, want NaN for the first sample alone", bad, got)
		}
	}
}

// TestTransformerLayers checks that a pass records every trainable variable once, with what a gradient per sample
// needs.
func TestTransformerLayers(t *testing.T) {
	for _, tt := range []struct {
		spec  string
		shape []int
		want  []models.Layer // the first two
	}{
		{"transformer,dim=8,heads=2,layers=1", []int{3, 4, 5}, []models.Layer{
			{Kind: models.LinearLayer, Name: "embed", Bias: true}, {Kind: models.PositionLayer, Name: "pos"}}},
		{"transformer,dim=8,heads=2,layers=1,vocab=9,pad=1", []int{3, 4}, []models.Layer{
			{Kind: models.EmbeddingLayer, Name: "embed"}, {Kind: models.PositionLayer, Name: "pos"}}},
	} {
		e := transformer(t, tt.spec, tt.shape[1:]...)
		vars := e.Variables("")
		xlatest.Run(t, func(in []*Node) []*Node {
			c := &models.Call{Vars: byNames(vars, in[1:]), Record: true, Updates: map[string]*Node{}}
			z := e.Forward(c, "", in[0])
			if len(c.Updates) > 0 {
				t.Errorf("%s: updates %v, want none: it has no running average", tt.spec, c.Updates)
			}
			covered := map[string]int{}
			for i, l := range c.Layers {
				if i < 2 {
					if w := tt.want[i]; l.Kind != w.Kind || l.Name != w.Name || l.Bias != w.Bias {
						t.Errorf(
							"%s: layer %d is %s %q (bias %v), want %s %q (%v)", tt.spec, i, l.Kind, l.Name, l.Bias,
							w.Kind, w.Name, w.Bias,
						)
					}
				}
				dims := l.Output.Shape().Dimensions
				if l.Frames != 1 || !slices.Equal(dims[:2], []int{3, 4}) || len(dims) != 3 {
					t.Errorf("%s: layer %s: %d frames, output %v, want 1 and [3 4 D]", tt.spec, l.Name, l.Frames, dims)
				}
				switch l.Kind {
				case models.PositionLayer:
					covered[l.Name]++
				case models.EmbeddingLayer:
					covered[l.Name+".weight"]++
					if got := l.Input.Shape().String(); got != "(Int32)[3, 4]" {
						t.Errorf("%s: input of the embedding %s, want ids [3 4]", tt.spec, got)
					}
				default:
					covered[l.Name+".weight"]++
					covered[l.Name+".bias"]++
				}
			}
			for _, v := range vars {
				if covered[v.Name] != 1 {
					t.Errorf("%s: %s is in %d recorded layers, want 1", tt.spec, v.Name, covered[v.Name])
				}
				delete(covered, v.Name)
			}
			if len(covered) > 0 {
				t.Errorf("%s: recorded but no variables: %v", tt.spec, covered)
			}
			return []*Node{z}
		}, append(
			[]any{tensors.FromShape(shapes.Make(dtypes.Float32, tt.shape...))},
			tensorsOf(vars, xlatest.Filled(t, vars))...,
		)...)
	}
}
