package models_test

import (
	"bytes"
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

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/xlatest"
	"github.com/primewindow/primewindow/models"
)

// TestTransformerRefuses checks that an input of another shape is an error, even one of as many values.
func TestTransformerRefuses(t *testing.T) {
	for _, tt := range []struct {
		spec        string
		want, shape []int
	}{
		{"transformer,dim=4,heads=1,layers=1", []int{4, 3}, []int{2, 3, 4}},
		{"transformer,dim=4,heads=1,layers=1", []int{4, 3}, []int{2, 12}},
		{"transformer,dim=4,heads=1,layers=1,vocab=5", []int{6}, []int{2, 3, 2}},
		{"transformer,dim=4,heads=1,layers=1,vocab=5", []int{6}, []int{2, 5}},
	} {
		e := transformer(t, tt.spec, tt.want...)
		vars := e.Variables("")
		exec, err := NewExec(xlatest.Backend(t), func(in []*Node) *Node {
			return e.Forward(&models.Call{Vars: byNames(vars, in[1:])}, "", in[0])
		})
		if err != nil {
			t.Fatal(err)
		}
		defer exec.Finalize()
		args := append(
			[]any{tensors.FromShape(shapes.Make(dtypes.Float32, tt.shape...))},
			tensorsOf(vars, xlatest.Filled(t, vars))...,
		)
		if _, err := exec.Call(args...); err == nil {
			t.Errorf("%s for samples of %v: input %v accepted", tt.spec, tt.want, tt.shape)
		}
	}
}

func tensorsOf(vars []models.Variable, values map[string][]float32) []any {
	var list []any
	for _, v := range vars {
		list = append(list, tensors.FromFlatDataAndDimensions(values[v.Name], v.Shape...))
	}
	return list
}

func TestParseTransformer(t *testing.T) {
	text := data.Modality{Name: "t", Kind: data.Vector, Shape: []int{12}}
	column := data.Modality{Name: "t", Kind: data.Sequence, Shape: []int{12, 1}}
	series := data.Modality{Name: "s", Kind: data.Sequence, Shape: []int{9, 5}}
	image := data.Modality{Name: "i", Kind: data.Image, Shape: []int{8, 8, 1}}
	for _, tt := range []struct {
		spec   string
		mod    data.Modality
		want   models.Encoder
		err    string
		reason string
	}{
		{
			"transformer", series, models.Transformer{In: 5, Length: 9, Dim: 32, Heads: 4, Layers: 2, MLP: 2}, "",
			"defaults",
		},
		{
			"transformer, dim=24, heads=3, layers=1, mlp=4", series,
			models.Transformer{In: 5, Length: 9, Dim: 24, Heads: 3, Layers: 1, MLP: 4}, "", "all of them, with spaces",
		},
		{
			"transformer", column, models.Transformer{In: 1, Length: 12, Dim: 32, Heads: 4, Layers: 2, MLP: 2}, "",
			"one feature, not ids, without vocab",
		},
		{
			"transformer,vocab=7", text, models.Transformer{Vocab: 7, Length: 12, Dim: 32, Heads: 4, Layers: 2, MLP: 2},
			"", "ids as a vector",
		},
		{
			"transformer,vocab=7,pad=1", column,
			models.Transformer{Vocab: 7, Pad: true, Length: 12, Dim: 32, Heads: 4, Layers: 2, MLP: 2}, "",
			"ids as a sequence of one feature",
		},
		{
			"transformer,vocab=7,pad=0", text,
			models.Transformer{Vocab: 7, Length: 12, Dim: 32, Heads: 4, Layers: 2, MLP: 2}, "", "no padding",
		},
		{"transformer:32", series, nil, "takes ,dim= and no colon", "as for a CNN"},
		{"transformer:dim=32", series, nil, "takes ,dim= and no colon", "a colon for a comma"},
		{"transformer", text, nil, "vocab= for token ids", "ids without their number"},
		{"transformer", image, nil, "want a sequence [T, F]", "an image"},
		{"transformer,vocab=7", series, nil, "want token ids [T] or [T, 1]", "five features are not ids"},
		{"transformer,vocab=7", image, nil, "want token ids [T] or [T, 1]", "an image"},
		{"transformer,dim=0", series, nil, `dim "0", want a whole number from 1`, "no width"},
		{"transformer,dim=x", series, nil, `dim "x", want a whole number from 1`, "no number"},
		{"transformer,heads=5", series, nil, "5 heads, want a divisor of dim 32", "heads of unequal width"},
		{"transformer,heads=0", series, nil, `heads "0", want a whole number from 1`, "no head"},
		{"transformer,heads=64", series, nil, "64 heads, want a divisor of dim 32", "more heads than width"},
		{"transformer,layers=0", series, nil, `layers "0", want a whole number from 1 to 64`, "no block"},
		{"transformer,layers=100", series, nil, `layers "100", want a whole number from 1 to 64`, "too many"},
		{"transformer,mlp=1.5", series, nil, `mlp "1.5", want a whole number from 1`, "not whole"},
		{"transformer,vocab=1", text, nil, `vocab "1", want a whole number from 2`, "one token says nothing"},
		{"transformer,vocab=99999999", text, nil, "from 2 to 16777216", "float32 cannot hold such ids"},
		{"transformer,vocab=7,pad=2", text, nil, `pad "2", want 0 or 1`, "the padding token is 0"},
		{
			"transformer,pad=1", series,
			models.Transformer{In: 5, Pad: true, Length: 9, Dim: 32, Heads: 4, Layers: 2, MLP: 2}, "",
			"rows of zeros are padding",
		},
		{"transformer,pad=yes", series, nil, `pad "yes", want 0 or 1`, "no such choice"},
		{
			"transformer,pool=mean,pos=learned", series,
			models.Transformer{In: 5, Length: 9, Dim: 32, Heads: 4, Layers: 2, MLP: 2}, "", "the defaults by name",
		},
		{
			"transformer,pool=class,pos=none", series,
			models.Transformer{In: 5, Length: 9, Dim: 32, Heads: 4, Layers: 2, MLP: 2, Class: true, Positions: "none"},
			"", "a class token among positions without order",
		},
		{
			"transformer,pos=sinusoidal,vocab=7", text,
			models.Transformer{Vocab: 7, Length: 12, Dim: 32, Heads: 4, Layers: 2, MLP: 2, Positions: "sinusoidal"}, "",
			"of a text",
		},
		{"transformer,pool=max", series, nil, `pool "max", want mean or class`, "unknown"},
		{"transformer,pos=rotary", series, nil, `pos "rotary", want learned, sinusoidal or none`, "unknown"},
		{
			"bag:32-16,vocab=7,pad=1", text, models.Bag{Vocab: 7, Length: 12, Dim: 32, Widths: []int{16}, Pad: true},
			"", "a layer behind the mean",
		},
		{
			"bag:8-4-2,vocab=7", column, models.Bag{Vocab: 7, Length: 12, Dim: 8, Widths: []int{4, 2}}, "",
			"ids as a sequence of one feature",
		},
		{
			"bag:32,vocab=7", text, nil, "at least one layer, as in bag:32-16",
			"a probe of weights alone would have none",
		},
		{"bag,vocab=7", text, nil, "whole numbers", "no widths"},
		{"bag:32-16", text, nil, "bag without vocab=", "ids without their number"},
		{"bag:32-16,vocab=7", series, nil, "want token ids [T] or [T, 1]", "five features are not ids"},
		{"bag:32-16,vocab=7,pos=none", text, nil, `no option "pos"`, "it knows no order anyway"},
		{"transformer,dropout=0.1", series, nil, `no option "dropout"`, "there is none"},
	} {
		got, err := models.ParseEncoder(tt.spec, tt.mod)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "\n") {
				t.Errorf(
					"ParseEncoder(%q): error %v, want one line with %q\nreason: %s", tt.spec, err, tt.err, tt.reason,
				)
			}
			continue
		}
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("ParseEncoder(%q): err %v, (-want +got)\n%s\nreason: %s", tt.spec, err, diff, tt.reason)
		}
	}
}

func ExampleParseEncoder() {
	text := data.Modality{Name: "words", Kind: data.Vector, Shape: []int{20}} // ids of 20 tokens
	for _, spec := range []string{
		"transformer,vocab=1000,pad=1,pool=class,layers=1", "bag:32-16,vocab=1000,pad=1", "mlp:16",
	} {
		e, err := models.ParseEncoder(spec, text)
		if err != nil {
			fmt.Println(err)
			continue
		}
		size := 0
		for _, v := range e.Variables("") {
			size += v.Size()
		}
		fmt.Printf("%T: %d features, %d numbers\n", e, e.Features(), size)
	}
	_, err := models.ParseEncoder("bag:32-16", text)
	fmt.Println(err)
	// Output:
	// models.Transformer: 32 features, 41312 numbers
	// models.Bag: 16 features, 32528 numbers
	// models.MLP: 16 features, 336 numbers
	// models: bag without vocab=, want the number of tokens
}

// FuzzParseEncoder checks that a line gives an encoder whose variables have names and sizes, or an error of one line.
func FuzzParseEncoder(f *testing.F) {
	for _, spec := range []string{
		"cnn1d:8-16,kernel=5,norm=group", "cnn2d:4", "resnet18,width=0.5,stem=small", "mlp:8-4,flatten=1",
		"bag:8-4,vocab=9,pad=1",
		"transformer,dim=8,heads=2,layers=1,mlp=2,pool=class,pos=sinusoidal,pad=1", "transformer,vocab=9,pos=none",
		"mlp:,=,", "",
	} {
		for axes := range 5 {
			f.Add(spec, axes, 3)
		}
	}
	f.Fuzz(func(t *testing.T, spec string, axes, size int) {
		mod := modality("m", slices.Repeat([]int{size % 1000}, max(0, axes%5)))
		e, err := models.ParseEncoder(spec, mod)
		if err != nil {
			if e != nil || strings.HasPrefix(err.Error(), "models: models:") {
				t.Errorf("ParseEncoder(%q) = %v, error %v", spec, e, err)
			}
			return
		}
		if e.Features() < 1 {
			t.Errorf("ParseEncoder(%q): %d features", spec, e.Features())
		}
		seen := map[string]bool{}
		for _, v := range e.Variables("enc.m.") {
			if v.Size() < 1 || seen[v.Name] || !strings.HasPrefix(v.Name, "enc.m.") {
				t.Errorf("ParseEncoder(%q): variable %s of shape %v (twice: %v)", spec, v.Name, v.Shape, seen[v.Name])
			}
			seen[v.Name] = true
		}
	})
}

// TestTransformerFile writes a model's first values as PyTorch would name them and reads them back.
func TestTransformerFile(t *testing.T) {
	m := &models.Multimodal{
		Modalities: []data.Modality{modality("s", []int{9, 5}), modality("t", []int{12})},
		Encoders:   map[string]models.Encoder{}, Fusion: models.ConcatFusion, Classes: 3,
	}
	for i, spec := range []string{"transformer,layers=1", "transformer,layers=1,vocab=700,pad=1"} {
		m.Encoders[m.Modalities[i].Name] = transformer(t, spec, m.Modalities[i].Shape...)
	}
	values := m.Init(1)
	var list []models.Tensor
	shapes := map[string]string{}
	for _, v := range m.Variables() {
		tensor := models.ToTorch(v, values[v.Name])
		list = append(list, tensor)
		shapes[v.Name] = fmt.Sprint(tensor.Shape)
	}
	want := map[string]string{
		"head.weight": "[3 64]", "head.bias": "[3]", "enc.s.embed.weight": "[32 5]", "enc.s.embed.bias": "[32]",
		"enc.t.embed.weight": "[700 32]", "enc.s.pos": "[9 32]", "enc.t.pos": "[12 32]",
	}
	for _, prefix := range []string{"enc.s.", "enc.t."} {
		for name, shape := range map[string]string{
			"block0_ln1.weight": "[32]", "block0_ln1.bias": "[32]", "block0_qkv.weight": "[96 32]",
			"block0_qkv.bias":    "[96]",
			"block0_proj.weight": "[32 32]", "block0_proj.bias": "[32]", "block0_ln2.weight": "[32]",
			"block0_ln2.bias":   "[32]",
			"block0_fc1.weight": "[64 32]", "block0_fc1.bias": "[64]", "block0_fc2.weight": "[32 64]",
			"block0_fc2.bias": "[32]",
			"ln.weight":       "[32]", "ln.bias": "[32]",
		} {
			want[prefix+name] = shape
		}
	}
	if diff := cmp.Diff(want, shapes); diff != "" {
		t.Errorf("names and shapes (-replay.md +got)\n%s", diff)
	}
	var file bytes.Buffer
	if err := models.WriteSafetensors(&file, list, nil); err != nil {
		t.Fatal(err)
	}
	back, _, err := models.ReadSafetensors(&file)
	if diff := cmp.Diff(list, back); err != nil || diff != "" {
		t.Fatalf("there and back: err %v, (-want +got)\n%s", err, diff)
	}
	for i, v := range m.Variables() {
		got, err := models.FromTorch(v, back[i])
		if err != nil || !slices.Equal(got, values[v.Name]) {
			t.Errorf("%s: err %v, differs after the way through PyTorch's layout", v.Name, err)
		}
		switch v.Role {
		case models.EmbeddingWeight, models.PositionWeight:
			// the deviation of 288 normal numbers or more errs by 4 % or less
			if sd := norm(got) / math.Sqrt(float64(len(got))); math.Abs(sd/0.02-1) > 0.15 || !v.Trainable() {
				t.Errorf("%s: deviation %v (trainable: %v), want 0.02", v.Name, sd, v.Trainable())
			}
		case models.NormScale:
			if slices.Min(got) != 1 || slices.Max(got) != 1 {
				t.Errorf("%s: %v, want all 1", v.Name, got)
			}
		}
	}
}
