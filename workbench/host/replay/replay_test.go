package replay

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/npy"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// within is what is asked of a replay: of every tensor, this share of its largest value; of a scalar, this much beside
// 1. The references are in float64; float32 sums in another order differ by a tenth of it after 20 steps.
const within = 1e-4

// TestReplay compares every case with what PyTorch computed: see testdata/reference.py.
func TestReplay(t *testing.T) {
	root := "testdata"
	cases, err := filepath.Glob(filepath.Join(root, "cases", "*", "spec.json"))
	if err != nil || len(cases) < 50 {
		t.Fatalf("%d cases, error %v", len(cases), err)
	}
	for _, path := range cases {
		dir := filepath.Dir(path)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel() // nearly all is compilation, on one core each
			var where struct{ Weights, Batches string }
			text := hosttest.ReadFile(t, path)
			if err := json.Unmarshal(text, &where); err != nil {
				t.Fatal(err)
			}
			spec, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
			hosttest.WriteFile(t, filepath.Join(spec, specFile), ownSpec(t, text))
			hosttest.WriteFile(
				t, filepath.Join(spec, weightsFile), hosttest.ReadFile(t, filepath.Join(root, "models", where.Weights)),
			)
			hosttest.WriteFile(
				t, filepath.Join(spec, batchesFile),
				hosttest.ReadFile(t, filepath.Join(root, "batches", where.Batches)),
			)
			replayInto(t, spec, out)
			compareTensors(t, filepath.Join(dir, "expected.safetensors"), filepath.Join(out, weightsFile), within)
			compareScalars(t, filepath.Join(dir, "scalars.jsonl"), filepath.Join(out, "scalars.jsonl"))
			if want := filepath.Join(dir, "gradients.safetensors"); record.Exists(want) {
				// The whole layer is compared, in norm: in training mode rounding flips single ReLUs and maxima, and
				// one flip moves a tensor by percents, see bench/replay/results.md.
				compareNorms(t, want, filepath.Join(out, "gradients.safetensors"), 5e-3)
			}
			if want := filepath.Join(dir, "probes.json"); record.Exists(want) {
				compareJSON(t, want, filepath.Join(out, "probes.json"))
			}
		})
	}
}

// ownSpec is the spec.json of a case without the keys that say which of the shared weights and batches are the case's.
func ownSpec(t *testing.T, text []byte) []byte {
	t.Helper()
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	delete(all, "weights")
	delete(all, "batches")
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestReplayExample replays the cases that others published, where their folder is there.
func TestReplayExample(t *testing.T) {
	const variable = "PRIMEWINDOW_REPLAY"
	root := os.Getenv(variable)
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "replay-example")
	}
	list, _ := filepath.Glob(filepath.Join(root, "*", "spec.json"))
	if len(list) == 0 {
		t.Skipf("no replay in %s: name a folder of them in %s", root, variable)
	}
	for _, path := range list {
		dir := filepath.Dir(path)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			replayInto(t, dir, out)
			expected := filepath.Join(dir, "expected")
			for _, name := range []string{weightsFile, "gradients.safetensors"} {
				if record.Exists(filepath.Join(expected, name)) {
					compareTensors(t, filepath.Join(expected, name), filepath.Join(out, name), within)
				}
			}
			compareScalars(t, filepath.Join(expected, "scalars.jsonl"), filepath.Join(out, "scalars.jsonl"))
			if want := filepath.Join(dir, "probes.json"); record.Exists(want) {
				compareJSON(t, want, filepath.Join(out, "probes.json"))
			}
		})
	}
}

func replayInto(t *testing.T, spec, out string) {
	t.Helper()
	steps := 0
	if err := Run(t.Context(), hosttest.Project(t), spec, out, func(step, _ int) { steps = step }); err != nil {
		t.Fatal(err)
	}
	if steps == 0 {
		t.Error("no progress was told")
	}
}

// eachTensor calls compare for every tensor of want, which may lack the number of the step.
func eachTensor(t *testing.T, want, got string, compare func(name string, want, got []float32)) {
	t.Helper()
	wants, gots := hosttest.ReadTensors(t, want), hosttest.ReadTensors(t, got)
	last := ""
	for name := range gots {
		step, _, _ := strings.Cut(name, "/")
		if len(step) > len(last) || len(step) == len(last) && step > last {
			last = step
		}
	}
	for name, w := range wants {
		g, ok := gots[name]
		if !ok {
			g, ok = gots[last+"/"+name]
		}
		if !ok || fmt.Sprint(g.Shape) != fmt.Sprint(w.Shape) {
			t.Errorf("%s: shape %v, want %v", name, g.Shape, w.Shape)
			continue
		}
		compare(name, w.Values, g.Values)
	}
	if len(wants) == 0 {
		t.Error("nothing to compare with")
	}
}

func compareTensors(t *testing.T, want, got string, tolerance float64) {
	t.Helper()
	eachTensor(t, want, got, func(name string, w, g []float32) {
		largest, worst := 0.0, 0.0
		for i := range w {
			largest = max(largest, math.Abs(float64(w[i])))
			worst = max(worst, math.Abs(float64(w[i])-float64(g[i])))
		}
		if !(worst <= tolerance*largest) {
			t.Errorf("%s differs by %.2g of its largest value %.3g", name, worst/largest, largest)
		}
	})
}

func compareNorms(t *testing.T, want, got string, tolerance float64) {
	t.Helper()
	eachTensor(t, want, got, func(name string, w, g []float32) {
		apart, size := 0.0, 0.0
		for i := range w {
			d := float64(w[i]) - float64(g[i])
			apart, size = apart+d*d, size+float64(w[i])*float64(w[i])
		}
		if !(math.Sqrt(apart) <= tolerance*math.Sqrt(size)) {
			t.Errorf("%s differs by %.2g of its norm", name, math.Sqrt(apart/size))
		}
	})
}

func compareScalars(t *testing.T, want, got string) {
	t.Helper()
	wants, gots := strings.Split(strings.TrimSpace(string(hosttest.ReadFile(t, want))), "\n"),
		strings.Split(strings.TrimSpace(string(hosttest.ReadFile(t, got))), "\n")
	if len(wants) != len(gots) {
		t.Fatalf("%d records, want %d", len(gots), len(wants))
	}
	for i := range wants {
		var w, g map[string]any
		if err := errors.Join(json.Unmarshal([]byte(wants[i]), &w), json.Unmarshal([]byte(gots[i]), &g)); err != nil {
			t.Fatal(err)
		}
		for name, value := range w {
			compareValues(
				t, fmt.Sprintf("record %d, %v of epoch %v: %s", i, w["kind"], w["epoch"], name), value, g[name],
			)
		}
	}
}

func compareJSON(t *testing.T, want, got string) {
	t.Helper()
	var w, g map[string]any
	if err := errors.Join(
		json.Unmarshal(hosttest.ReadFile(t, want), &w), json.Unmarshal(hosttest.ReadFile(t, got), &g),
	); err != nil {
		t.Fatal(err)
	}
	for name, value := range w {
		compareValues(t, name, value, g[name])
	}
}

func compareValues(t *testing.T, name string, want, got any) {
	t.Helper()
	if b, ok := want.(bool); ok {
		want = map[bool]float64{true: 1}[b]
	}
	if b, ok := got.(bool); ok {
		got = map[bool]float64{true: 1}[b]
	}
	switch w := want.(type) {
	case float64:
		if g, ok := got.(float64); !ok || !(math.Abs(w-g) <= within*max(1, math.Abs(w))) {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	case map[string]any:
		g, _ := got.(map[string]any)
		for k, v := range w {
			compareValues(t, name+"."+k, v, g[k])
		}
	case []any:
		g, _ := got.([]any)
		if len(g) != len(w) {
			t.Errorf("%s has %d entries, want %d", name, len(g), len(w))
			return
		}
		for i, v := range w {
			compareValues(t, fmt.Sprintf("%s[%d]", name, i), v, g[i])
		}
	default:
		if got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
}

// unzipped are the files of a zip, by their names without .npy.
func unzipped(t *testing.T, packed []byte) map[string][]byte {
	t.Helper()
	all, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range all.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[strings.TrimSuffix(f.Name, ".npy")], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// TestReplayBadInput: whatever is wrong with what is read is one error with a hint, and nothing is written.
func TestReplayBadInput(t *testing.T) {
	root := "testdata"
	spec := string(ownSpec(t, hosttest.ReadFile(t, filepath.Join(root, "cases", "joint_concat", "spec.json"))))
	weights := hosttest.ReadFile(t, filepath.Join(root, "models", "av-concat.safetensors"))
	arrays := unzipped(t, hosttest.ReadFile(t, filepath.Join(root, "batches", "av.npz")))
	with := func(name string, b []byte) []byte {
		changed := maps.Clone(arrays)
		if changed[name] = b; b == nil {
			delete(changed, name)
		}
		return hosttest.Zipped(t, changed)
	}
	replaced := func(old, text string) string {
		if !strings.Contains(spec, old) {
			t.Fatalf("the spec lacks %s", old)
		}
		return strings.Replace(spec, old, text, 1)
	}
	ogm := func(hp string) string {
		return strings.Replace(replaced(`"method":"joint"`, `"method":"ogm"`), `"hp":{}`, `"hp":`+hp, 1)
	}
	inforegOf := func(hp string) string {
		return strings.Replace(replaced(`"method":"joint"`, `"method":"inforeg"`), `"hp":{}`, `"hp":`+hp, 1)
	}
	header := func(text string) []byte {
		return append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...)
	}
	nan := bytes.Clone(weights)
	binary.LittleEndian.PutUint32(nan[len(nan)-4:], math.Float32bits(float32(math.NaN())))
	batches := hosttest.Zipped(t, arrays)
	for _, tt := range []struct {
		name, spec       string
		weights, batches []byte
		want, reason     string
	}{
		{"no JSON", "{", weights, batches, "spec.json: unexpected EOF", "cut off"},
		{
			"method", replaced(`"method":"joint"`, `"method":"ogn"`), weights, batches, `unknown method "ogn"`,
			"letters exchanged; the nearest is offered",
		},
		{
			"option", replaced(`"hp":{}`, `"hp":{"alpha":1}`), weights, batches, `unknown option of joint "alpha"`,
			"joint training has none",
		},
		{"fusion", replaced(`"fusion":"concat"`, `"fusion":"glue"`), weights, batches, `fusion "glue"`, "not known"},
		{"no encoder", replaced(`"a":{`, `"b":{`), weights, batches, `modality "a" has no encoder`, "misnamed"},
		{
			"unknown key", replaced(`"gradients"`, `"gradient"`), weights, batches, `unknown key "gradient"`,
			"at the top",
		},
		{
			"unknown key of the model", replaced(`"fusion"`, `"fusoin"`), weights, batches,
			`unknown key "model.fusoin"`, "one level down",
		},
		{
			"unknown key of an encoder", replaced(`"in":2`, `"inn":2`), weights, batches,
			`unknown key "model.encoders.a.inn"`, "three levels down",
		},
		{
			"another encoder's key", replaced(`"in":2`, `"width":2`), weights, batches,
			`unknown key "model.encoders.a.width"`, "a cnn1d has none, a resnet18 has",
		},
		{
			"unknown key of the optimizer", replaced(`"lr":`, `"learning_rate":`), weights, batches,
			`unknown key "optimizer.learning_rate"`, "the default was taken",
		},
		{
			"key in capitals", replaced(`"outputs"`, `"Outputs"`), weights, batches, `unknown key "Outputs"`,
			"names are as they are written",
		},
		{
			"key twice", replaced(`"lr":0.05`, `"lr":0.05,"lr":0.5`), weights, batches, "optimizer.lr: stands twice",
			"the last was taken",
		},
		{"option twice", replaced(`"hp":{}`, `"hp":{"a":1,"a":2}`), weights, batches, "hp.a: stands twice", "likewise"},
		{
			"null", replaced(`"momentum":0.9`, `"momentum":null`), weights, batches,
			"optimizer.momentum: null, want a number", "the default was taken",
		},
		{
			"null for an object", replaced(`"hp":{}`, `"hp":null`), weights, batches, "hp: null, want an object",
			"likewise",
		},
		{
			"type", replaced(`"classes":3`, `"classes":"3"`), weights, batches,
			`model.classes: "3", want a whole number`, "with its path",
		},
		{
			"type in an encoder", replaced(`"channels":[4,6]`, `"channels":[4,"6"]`), weights, batches,
			`model.encoders.a.channels[1]: "6", want a whole number`, "likewise",
		},
		{
			"schedule", replaced(`"step":2`, `"step":-2`), weights, batches, "optimizer.step: got -2",
			"no schedule was taken",
		},
		{
			"rate among options", replaced(`"hp":{}`, `"hp":{"lr":1}`), weights, batches,
			"hp.lr: it belongs to optimizer", "it went before the optimizer's",
		},
		{"option null", ogm(`{"alpha":null}`), weights, batches, "hp.alpha: null", "the default was taken"},
		{"flag", ogm(`{"ge":"yes"}`), weights, batches, `hp.ge: "yes", want true or false`, "it was off"},
		{
			"profile", inforegOf(`{"profile":"relased"}`), weights, batches,
			`hp.profile: "relased", want paper or released`, "the paper's was taken",
		},
		{
			"star of the released", inforegOf(`{"profile":"released","star":true}`), weights, batches, "hp.star",
			"it was passed over",
		},
		{
			"option by two names", ogm(`{"start":1,"first_epoch":2}`), weights, batches,
			"hp.start: hp.first_epoch says the same already", "one of them was taken, by chance",
		},
		{
			"trace of a stranger", inforegOf(`{},"trace":"given","given_trace":{"a":[1],"v":[1],"w":[1]}`), weights,
			batches, `unknown key "given_trace.w"`, "no such modality",
		},
		{
			"trace that nobody reads", inforegOf(`{},"given_trace":{"a":[1],"v":[1]}`), weights, batches,
			"given_trace is there, but trace is fisher_emp", "it was passed over",
		},
		{
			"two values", spec + "{}", weights, batches, "spec.json: line 1: invalid character '{'",
			"the second was passed over",
		},
		{"range", replaced(`"epoch_len":5`, `"epoch_len":-1`), weights, batches, "epoch_len -1", "no length"},
		{"missing tensor", spec, weights, batches, "no tensor aux.a.weight", "a method with separate heads"},
		{
			"extra tensor", spec, append(header(`{"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`), nil...),
			batches, "no tensor enc.", "not the model's",
		},
		{"not finite", spec, nan, batches, "is NaN", "a weight that is no number"},
		{
			"header length", spec, binary.LittleEndian.AppendUint64(nil, 1<<62), batches,
			"header of 4611686018427387904 bytes", "nothing is allocated for it",
		},
		{
			"overlap", spec,
			append(
				header(
					`{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`,
				),
				0, 0, 0, 0,
			),
			batches, "want [4 8]", "two tensors on the same bytes",
		},
		{
			"huge shape", spec, header(`{"x":{"dtype":"F32","shape":[9223372036854775807,8],"data_offsets":[0,8]}}`),
			batches, "tensor x: shape", "a product that overflows",
		},
		{"truncated", spec, weights[:len(weights)-5], batches, "bytes, want", "cut off"},
		{"no zip", spec, weights, []byte("not a zip"), "batches.npz: zip", "another file"},
		{"no labels", spec, weights, with("y", nil), "no array y", "left out"},
		{
			"label", spec, weights, with("y", npy.Encode("|u1", bytes.Repeat([]byte{7}, 120), 20, 6)),
			"entry 0 is 7, want a class from 0 to 2", "of another set",
		},
		{
			"other batch", spec, weights, with("y", npy.Encode("|u1", make([]byte, 60), 20, 3)), "x.",
			"labels for half of the samples",
		},
		{
			"huge array", spec, weights, with("y", npy.Encode("|u1", nil, 1<<30, 2)), "0 bytes of values",
			"a header that promises gigabytes",
		},
		{
			"extra array", spec, weights, with("z", npy.Encode("|u1", []byte{1}, 1)), "array z belongs to nothing",
			"misnamed",
		},
		{
			"not finite in a batch", spec, weights,
			with(
				"x.a",
				npy.Encode("<f4", binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(math.Inf(1)))), 1),
			),
			"+Inf", "no input",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := tt.spec
			if tt.name == "missing tensor" {
				text = strings.Replace(text, `"method":"joint"`, `"method":"joint_star"`, 1)
			}
			dir, parent := t.TempDir(), t.TempDir()
			hosttest.WriteFile(t, filepath.Join(dir, "spec.json"), []byte(text))
			hosttest.WriteFile(t, filepath.Join(dir, weightsFile), tt.weights)
			hosttest.WriteFile(t, filepath.Join(dir, batchesFile), tt.batches)
			err := Run(context.Background(), hosttest.Project(t), dir, filepath.Join(parent, "out"), func(int, int) {})
			var p *wire.Problem
			if !errors.As(err, &p) || !strings.Contains(p.Message, tt.want) || p.Hint == "" ||
				strings.Contains(p.Message, "\n") {
				t.Errorf("error %v, want one line with %q and a hint\nreason: %s", err, tt.want, tt.reason)
			}
			if entries, _ := os.ReadDir(parent); len(entries) != 0 {
				t.Errorf("%v was written", entries)
			}
		})
	}
}
