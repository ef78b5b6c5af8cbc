package replay

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/strict"
	"github.com/primewindow/primewindow/internal/wire"
)

// TestUnknownKeyOffers: a key that is not known comes with the nearest that is.
func TestUnknownKeyOffers(t *testing.T) {
	for _, tt := range []struct{ text, message, hint string }{
		{`{"optimizer":{"learning_rate":1}}`, `unknown key "optimizer.learning_rate"`, "did you mean lr?"},
		{`{"optimizer":{"wd":1}}`, `unknown key "optimizer.wd"`, "did you mean weight_decay?"},
		{`{"probe":true}`, `unknown key "probe"`, "did you mean probes?"},
		{`{"model":{"modality":[]}}`, `unknown key "model.modality"`, "did you mean modalities?"},
		{`{"seed":1}`, `unknown key "seed"`, "there are dtype, model"},
	} {
		_, err := parseReplaySpec([]byte(tt.text))
		p, ok := errors.AsType[*wire.Problem](err)
		if !ok || p.Message != "replay: spec.json: "+tt.message || !strings.HasPrefix(p.Hint, tt.hint) {
			t.Errorf("%s: %+v, want %s, hint %s", tt.text, err, tt.message, tt.hint)
		}
	}
}

// TestReplaySpecs: what the reference implementation writes is read, without a key passed over.
func TestReplaySpecs(t *testing.T) {
	list, err := filepath.Glob(filepath.Join("testdata", "cases", "*", specFile))
	if err != nil || len(list) < 50 {
		t.Fatalf("%d cases, error %v", len(list), err)
	}
	for _, path := range list {
		s, err := parseReplaySpec(ownSpec(t, hosttest.ReadFile(t, path)))
		if err == nil {
			_, _, _, err = s.replayMethod()
		}
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// FuzzReplaySpec: any text is a spec whose method and settings are known, or a problem of one line with a hint.
func FuzzReplaySpec(f *testing.F) {
	list, _ := filepath.Glob(filepath.Join("testdata", "cases", "*", "spec.json"))
	for _, path := range list {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
		f.Add(
			[]byte(
				strings.NewReplacer(`,"weights":"av-concat.safetensors","batches":"av.npz"`, "").Replace(string(text)),
			),
		)
	}
	f.Add(
		[]byte(
			`{"method":"inforeg","model":{"modalities":["a"],"encoders":{"a":{}}},"hp":{"window":{"a":[[0,1],[2,3]]},"K":1}}`,
		),
	)
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := parseReplaySpec(text)
		if err == nil {
			_, _, _, err = s.replayMethod()
		}
		if err == nil {
			for m, raw := range s.Model.Encoders {
				for _, shape := range [][]int{{3, 4}, {1, 5, 5}} {
					if _, err := replayEncoder(m, raw, shape); err != nil {
						hosttest.OneProblem(t, err)
					}
				}
			}
			return
		}
		hosttest.OneProblem(t, err)
	})
}

// TestReplayStateDict: weights as a wrapped model's state_dict has them, in half precision and with counters, are those
// of the plain file.
func TestReplayStateDict(t *testing.T) {
	root := "testdata"
	dir := t.TempDir()
	hosttest.WriteFile(
		t, filepath.Join(dir, specFile),
		ownSpec(t, hosttest.ReadFile(t, filepath.Join(root, "cases", "joint_concat", "spec.json"))),
	)
	hosttest.WriteFile(
		t, filepath.Join(dir, batchesFile), hosttest.ReadFile(t, filepath.Join(root, "batches", "av.npz")),
	)
	plain := filepath.Join(root, "models", "av-concat.safetensors")
	hosttest.WriteFile(t, filepath.Join(dir, weightsFile), hosttest.ReadFile(t, plain))
	want, err := openReplay(dir)
	if err != nil {
		t.Fatal(err)
	}
	header, body := map[string]any{}, []byte(nil)
	add := func(name, dtype string, shape []int, values []byte) {
		header["module."+name] = map[string]any{
			"dtype": dtype, "shape": shape, "data_offsets": []int{len(body), len(body) + len(values)},
		}
		body = append(body, values...)
	}
	for name, x := range hosttest.ReadTensors(t, plain) {
		var values []byte
		for _, v := range x.Values {
			values = binary.LittleEndian.AppendUint16(values, uint16(math.Float32bits(v)>>16))
		}
		add(name, "BF16", x.Shape, values)
		if base, ok := strings.CutSuffix(name, "running_mean"); ok {
			add(base+"num_batches_tracked", "I64", []int{}, make([]byte, 8))
		}
	}
	text, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	hosttest.WriteFile(
		t, filepath.Join(dir, weightsFile),
		append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...), body...),
	)
	got, err := openReplay(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range want.weights {
		for i, v := range values {
			if cut := math.Float32frombits(math.Float32bits(v) &^ 0xffff); got.weights[name][i] != cut {
				t.Fatalf("%s: entry %d is %v, want %v", name, i, got.weights[name][i], cut)
			}
		}
	}
	if len(got.weights) != len(want.weights) {
		t.Errorf("%d variables, want %d", len(got.weights), len(want.weights))
	}
}

// FuzzRequest: any body is a request that is written back as what was read, or is refused.
func FuzzReadBody(f *testing.F) {
	for _, text := range []string{
		`{"settings":{"lr":0.1},"fork":{"run":"a","step":3}}`, `{"to_epoch":3,"detach":true}`,
		`{"kind":"fisher_true","draws":16}`, `{"why":"x"}`, `{"lr":null}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, into := range []any{
			&wire.Declaration{}, &wire.Train{}, &wire.Probe{}, &wire.Stop{}, &wire.SetAsk{}, &map[string]any{},
		} {
			err := strict.Unmarshal(text, into)
			if err != nil {
				if strings.Contains(err.Error(), "\n") {
					t.Errorf("%T: error %q", into, err)
				}
				continue
			}
			if _, err := json.Marshal(into); err != nil {
				t.Errorf("%T: %v", into, err)
			}
		}
	})
}
