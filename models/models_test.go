package models_test

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/seal"
	"github.com/primewindow/primewindow/internal/xlatest"
	"github.com/primewindow/primewindow/models"
)

// two is a model of a sequence and an image.
func two(t *testing.T) *models.Multimodal {
	t.Helper()
	m := &models.Multimodal{
		Modalities: []data.Modality{modality("a", []int{9, 2}), modality("v", []int{8, 8, 1})},
		Encoders:   map[string]models.Encoder{}, Fusion: models.ConcatFusion, Classes: 3,
	}
	for i, spec := range []string{"cnn1d:4-6", "cnn2d:4-8"} {
		e, err := models.ParseEncoder(spec, m.Modalities[i])
		if err != nil {
			t.Fatal(err)
		}
		m.Encoders[m.Modalities[i].Name] = e
	}
	if err := m.Validate(); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestInit(t *testing.T) {
	m := two(t)
	first, again, other := m.Init(1), m.Init(1), m.Init(2)
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("Init(1) twice differs: %s", diff)
	}
	alone := *m
	alone.Modalities = m.Modalities[1:]
	for name, v := range alone.Init(1) {
		if strings.HasPrefix(name, "enc.") && !slices.Equal(v, first[name]) {
			t.Errorf("%s differs when its modality stands alone", name)
		}
	}
	if slices.Equal(first["enc.v.conv0.weight"], other["enc.v.conv0.weight"]) {
		t.Error("Init(1) and Init(2) give the same weights")
	}
	big := &models.Multimodal{
		Modalities: m.Modalities[1:],
		Encoders:   map[string]models.Encoder{"v": models.ResNet18{In: 3, Width: 1, Stem: models.SmallStem}},
		Fusion:     models.ConcatFusion, Classes: 6,
	}
	values := big.Init(1)
	for _, tt := range []struct {
		name, reason string
		want         float64
	}{
		{"enc.v.conv1.weight", "Kaiming normal, fan-out 9*64", math.Sqrt(2.0 / (9 * 64))},
		{"enc.v.layer2.0.downsample.0.weight", "Kaiming normal, fan-out 128", math.Sqrt(2.0 / 128)},
		{"head.weight", "Xavier normal, 512 in, 6 out", math.Sqrt(2.0 / 518)},
	} {
		// the standard deviation of n normal numbers errs by 1/√(2n), under 2 % here
		if got := norm(values[tt.name]) / math.Sqrt(float64(len(values[tt.name]))); math.Abs(got/tt.want-1) > 0.08 {
			t.Errorf("%s: deviation %v, want %v\nreason: %s", tt.name, got, tt.want, tt.reason)
		}
	}
	for _, v := range big.Variables() {
		want := map[models.Role]float32{models.NormScale: 1, models.RunningVar: 1}[v.Role]
		if v.Role != models.ConvWeight && v.Role != models.LinearWeight &&
			(slices.Min(values[v.Name]) != want || slices.Max(values[v.Name]) != want) {
			t.Errorf("%s: want all %v", v.Name, want)
		}
	}
}

// TestResNetSize compares with torchvision's resnet18, whose classifier has 513,000 of 11,689,512 weights.
func TestResNetSize(t *testing.T) {
	n := 0
	for _, v := range (models.ResNet18{In: 3, Width: 1, Stem: models.ImageNetStem}).Variables("") {
		if v.Trainable() {
			n += v.Size()
		}
	}
	if want := 11_689_512 - 513_000; n != want {
		t.Errorf("ResNet18 has %d trainable values, want %d", n, want)
	}
}

func TestCrossEntropy(t *testing.T) {
	logits := [][]float32{{1, 2, 3}, {0, 0, 0}, {200, -200, 0}, {1000, 999, 0}}
	labels := []int32{2, 1, 1, 0}
	out := xlatest.Run(t, func(in []*Node) []*Node {
		losses := models.CrossEntropy(in[0], in[1])
		return []*Node{losses, Gradient(ReduceAllSum(losses), in[0])[0]}
	}, logits, labels)
	for i, row := range logits {
		sum := 0.0
		for _, v := range row {
			sum += math.Exp(float64(v - row[labels[i]]))
		}
		// float32 at values up to 400
		if want := math.Log(sum); math.Abs(float64(out[0][i])-want) > 1e-6*max(1, want) {
			t.Errorf("CrossEntropy(%v, %d) = %v, want %v", row, labels[i], out[0][i], want)
		}
		for j, v := range row {
			p := 0.0
			for _, w := range row {
				p += math.Exp(float64(w - v))
			}
			want := 1 / p
			if j == int(labels[i]) {
				want--
			}
			if got := out[1][3*i+j]; math.Abs(float64(got)-want) > 1e-6 { // softmax less one-hot, in float32
				t.Errorf("gradient of CrossEntropy(%v, %d) at %d = %v, want %v", row, labels[i], j, got, want)
			}
		}
	}
}

// TestSplitLogits checks that the modalities' own logits sum to the fused ones, and that a clip's frames are
// averaged.
func TestSplitLogits(t *testing.T) {
	m := two(t)
	vars := m.Variables()
	values := xlatest.Filled(t, vars)
	const batch = 5
	out := xlatest.Run(t, func(in []*Node) []*Node {
		c := &models.Call{Vars: map[string]*Node{}, Norm: models.RunningStatistics}
		for i, v := range vars {
			c.Vars[v.Name] = Reshape(in[i+2], v.Shape...)
		}
		o := m.Forward(c, map[string]*Node{"a": Reshape(in[0], batch, 9, 2), "v": Reshape(in[1], batch, 8, 8, 1)})
		return []*Node{o.Logits, Add(o.Unimodal["a"], o.Unimodal["v"])}
	}, append([]any{xlatest.Made("a", batch*18, 1), xlatest.Made("v", batch*64, 1)}, flat(vars, values)...)...)
	for i := range out[0] {
		if d := math.Abs(float64(out[0][i] - out[1][i])); d > 1e-5 { // order of float32 sums
			t.Errorf("fused logit %d = %v, sum of split logits %v", i, out[0][i], out[1][i])
		}
	}
}

func flat(vars []models.Variable, values map[string][]float32) []any {
	var list []any
	for _, v := range vars {
		list = append(list, values[v.Name])
	}
	return list
}

func TestParseEncoder(t *testing.T) {
	image, sequence := modality("v", []int{32, 32, 3}), modality("a", []int{60, 6})
	for _, tt := range []struct {
		spec   string
		mod    data.Modality
		want   models.Encoder
		err    string // part of the message
		reason string
	}{
		{
			"cnn2d:16-32", image, models.CNN{Axes: 2, In: 3, Channels: []int{16, 32}, Kernel: 3, Norm: "batch"}, "",
			"defaults",
		},
		{
			"cnn1d:8, kernel=5, norm=group", sequence,
			models.CNN{Axes: 1, In: 6, Channels: []int{8}, Kernel: 5, Norm: "group"}, "", "blanks and options",
		},
		{"resnet18", image, models.ResNet18{In: 3, Width: 1, Stem: "small"}, "", "small inputs get the small stem"},
		{
			"resnet18,width=0.5", modality("v", []int{3, 224, 224, 3}),
			models.ResNet18{In: 3, Width: 0.5, Stem: "imagenet"}, "", "a clip of large frames",
		},
		{"resnet50", image, nil, "want cnn1d, cnn2d, resnet18, mlp, transformer or bag", "unknown"},
		{"mlp:64-32", modality("t", []int{100}), models.MLP{In: 100, Widths: []int{64, 32}}, "", "layers of a vector"},
		{"mlp", modality("t", []int{100}), nil, "whole numbers", "no widths"},
		{"mlp:8,norm=none", modality("t", []int{100}), nil, `no option "norm"`, "it has none"},
		{"mlp:8", sequence, nil, "want a vector", "steps would become features unasked"},
		{"mlp:8,flatten=1", sequence, models.MLP{In: 360, Widths: []int{8}, Flatten: true}, "", "asked"},
		{"mlp:8,flatten=1", image, models.MLP{In: 3072, Widths: []int{8}, Flatten: true}, "", "pixels and channels"},
		{
			"mlp:8,flatten=1", modality("t", []int{100}), models.MLP{In: 100, Widths: []int{8}}, "",
			"a vector is one already",
		},
		{"mlp:8,flatten=yes", sequence, nil, `flatten "yes", want 0 or 1`, "no such choice"},
		{
			"mlp:8" + strings.Repeat("-8", 64), modality("t", []int{100}), nil, "65 blocks or layers, want at most 64",
			"too deep",
		},
		{"cnn1d:8", modality("a", []int{0, 6}), nil, "at least 1 along each axis", "no step"},
		{"cnn1d:8", modality("t", []int{100}), nil, "want 1 spatial axes", "a vector to a sequence encoder"},
		{"cnn2d:16-x", image, nil, "whole numbers", "not a number"},
		{"cnn2d", image, nil, "whole numbers", "no channels"},
		{"cnn2d:0", image, nil, "from 1", "no channel"},
		{"cnn2d:6,norm=group", image, nil, "multiple of 4", "groups must divide"},
		{"cnn2d:8,kernel=4", image, nil, "odd", "padding would not be symmetric"},
		{"cnn2d:8,norm=layer", image, nil, "batch, group or none", "unknown norm"},
		{"cnn2d:8,stride=1", image, nil, `no option "stride"`, "unknown option"},
		{"cnn2d:8,batch", image, nil, "name=value", "no value"},
		{"cnn1d:8", image, nil, "want 1 spatial axes", "image to a sequence encoder"},
		{"resnet18:64", image, nil, "not channels", "channels to a resnet"},
		{"resnet18,width=0", image, nil, "width", "no channels"},
		{"resnet18,stem=big", image, nil, "imagenet or small", "unknown stem"},
	} {
		got, err := models.ParseEncoder(tt.spec, tt.mod)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("ParseEncoder(%q): error %v, want one with %q\nreason: %s", tt.spec, err, tt.err, tt.reason)
			}
			continue
		}
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("ParseEncoder(%q): err %v, (-want +got)\n%s\nreason: %s", tt.spec, err, diff, tt.reason)
		}
	}
}

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		change func(*models.Multimodal)
		want   string
	}{
		{func(m *models.Multimodal) { m.Modalities = nil }, "no modality"},
		{func(m *models.Multimodal) { m.Classes = 1 }, "want at least 2"},
		{func(m *models.Multimodal) { m.Fusion = "glue" }, `fusion "glue"`},
		{func(m *models.Multimodal) { m.Modalities[1].Name = "a" }, "twice"},
		{func(m *models.Multimodal) { delete(m.Encoders, "v") }, "no encoder"},
	} {
		m := two(t)
		tt.change(m)
		if err := m.Validate(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Validate: error %v, want one with %q", err, tt.want)
		}
	}
}

func TestTorchLayout(t *testing.T) {
	v := models.Variable{Name: "conv.weight", Shape: []int{2, 3, 4, 5}, Role: models.ConvWeight}
	x := xlatest.Made("x", v.Size(), 1)
	got := models.ToTorch(v, x)
	if want := []int{5, 4, 2, 3}; !slices.Equal(got.Shape, want) {
		t.Fatalf("shape %v, want %v", got.Shape, want)
	}
	for h := range 2 {
		for w := range 3 {
			for i := range 4 {
				for o := range 5 {
					if a, b := x[((h*3+w)*4+i)*5+o], got.Values[((o*4+i)*2+h)*3+w]; a != b {
						t.Fatalf("[%d %d %d %d]: %v, want %v", h, w, i, o, b, a)
					}
				}
			}
		}
	}
	back, err := models.FromTorch(v, got)
	if err != nil || !slices.Equal(back, x) {
		t.Errorf("there and back: err %v, differs", err)
	}
	got.Shape = []int{4, 5, 2, 3}
	if _, err := models.FromTorch(v, got); err == nil {
		t.Error("FromTorch of a wrong shape: no error")
	}
}

func TestSafetensors(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	want := []models.Tensor{
		{Name: "b", Shape: []int{2, 3}, Values: make([]float32, 6)},
		{Name: "a", Shape: []int{}, Values: []float32{float32(math.Inf(1))}},
		{Name: "empty", Shape: []int{0, 2}, Values: []float32{}},
	}
	for i := range want[0].Values {
		want[0].Values[i] = float32(r.NormFloat64())
	}
	meta := map[string]string{"step": "7"}
	var file bytes.Buffer
	if err := models.WriteSafetensors(&file, want, meta); err != nil {
		t.Fatal(err)
	}
	got, gotMeta, err := models.ReadSafetensors(bytes.NewReader(file.Bytes()))
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("there and back: err %v, (-want +got)\n%s", err, diff)
	}
	if gotMeta[seal.Key] == "" || meta[seal.Key] != "" {
		t.Errorf("metadata %v, want a checksum in it, and none in what was given", gotMeta)
	}
	delete(gotMeta, seal.Key)
	if diff := cmp.Diff(meta, gotMeta); diff != "" {
		t.Errorf("metadata (-want +got)\n%s", diff)
	}
	// so is every flipped bit, but in the checksum's own name, without which there is none
	for bit := range 8 * file.Len() {
		b := bytes.Clone(file.Bytes())
		b[bit/8] ^= 1 << (bit % 8)
		if _, m, err := models.ReadSafetensors(bytes.NewReader(b)); err == nil && m[seal.Key] != "" {
			t.Fatalf("bit %d of %d flipped: no error", bit, 8*file.Len())
		}
	}
	for cut := range file.Len() { // every torn file is noticed
		var format *data.FormatError
		if _, _, err := models.ReadSafetensors(bytes.NewReader(file.Bytes()[:cut])); !errors.As(err, &format) {
			t.Fatalf("file cut at byte %d of %d: error %v, want a FormatError", cut, file.Len(), err)
		}
	}
	for _, bad := range [][]models.Tensor{{{Name: "x", Shape: []int{2}, Values: []float32{1}}}, {want[0], want[0]}} {
		if err := models.WriteSafetensors(&bytes.Buffer{}, bad, nil); err == nil {
			t.Errorf("WriteSafetensors(%v): no error", bad)
		}
	}
}

func FuzzReadSafetensors(f *testing.F) {
	var file bytes.Buffer
	if err := models.WriteSafetensors(
		&file, []models.Tensor{{Name: "a", Shape: []int{2}, Values: []float32{1, 2}}}, map[string]string{"k": "v"},
	); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes())
	f.Add([]byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"))
	f.Add(
		stateDict(
			`{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},"n.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[2,10]},"__metadata__":{"format":1}}`,
			make([]byte, 10),
		),
	)
	f.Fuzz(func(t *testing.T, in []byte) {
		list, meta, err := models.ReadSafetensors(bytes.NewReader(in))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := models.WriteSafetensors(&out, list, meta); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if _, _, err := models.ReadSafetensors(&out); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
	})
}
