package setting

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
)

// fuzzDescription is of a set with a modality of each kind, without samples.
func fuzzDescription() data.Description {
	return data.Description{
		Name: "made", Classes: []string{"a", "b", "c"},
		Modalities: []data.Modality{
			{Name: "audio", Kind: data.Spectrogram, Shape: []int{16, 16, 1}},
			{Name: "visual", Kind: data.Image, Shape: []int{16, 16, 3}},
			{Name: "body", Kind: data.Vector, Shape: []int{5}},
			{Name: "motion", Kind: data.Sequence, Shape: []int{12, 4}},
		},
	}
}

// FuzzSettings resolves any settings, as a request's body has them. What is let in is complete, stays as it is when it
// is resolved again, has schedules that can be read, and describes a model or is refused in words.
func FuzzSettings(f *testing.F) {
	for _, text := range []string{
		`{}`, `{"method":"inforeg","beta":0.5,"k":"0.1","window":"2:5"}`,
		`{"lr":"1e-2","momentum":0.9,"batch":8,"seed":3.0}`,
		`{"modalities":"audio,visual","fusion":"film"}`, `{"modalities":"audio,audio"}`, `{"modalities":","}`,
		`{"modalities":" audio\tvisual "}`,
		`{"every.fisher_emp":"5 per decade","probes":"full"}`, `{"every.signs":"8 steps","every.share":"never"}`,
		`{"encoder.audio":"resnet18,width=0.5,stem=small","encoder.body":"mlp:64-32"}`,
		`{"encoder.motion":"cnn1d:32-64,kernel=5"}`,
		`{"method":"freeze","window":"audio 0:3 8:9, visual 2:4"}`, `{"method":"gblend"}`,
		`{"method":"agm","modalities":"audio"}`,
		`{"shuffle_labels":"true","snapshot_gib":1e-3}`, `{"bach":8}`, `{"lr":null,"batch":[8],"data":{}}`,
		`{"data.train":16}`, `{"batch":-0.0}`, `{"lr":-0.0}`,
		`{"data":"synth","method":"ogm","alpha":0.3,"window":"auto"}`, `{"method":"redreg","window":"outside"}`,
	} {
		f.Add([]byte(text))
	}
	desc := fuzzDescription()
	f.Fuzz(func(t *testing.T, text []byte) {
		var asked map[string]any
		if len(text) > 4096 || json.Unmarshal(text, &asked) != nil {
			return
		}
		settings, err := Resolve(asked, &desc)
		if err != nil {
			inWords(t, err)
			return
		}
		again, err := Resolve(settings, &desc)
		if diff := cmp.Diff(settings, again); err != nil || diff != "" || settings.Hash() != again.Hash() {
			t.Fatalf("resolved twice: %v (-once +twice)\n%s", err, diff)
		}
		if strings.Contains(string(mustJSON(t, settings)), ":-0,") {
			t.Fatalf("-0 is let in: %s", mustJSON(t, settings))
		}
		var read Values
		if err := json.Unmarshal(mustJSON(t, settings), &read); err != nil || read.Hash() != settings.Hash() {
			t.Fatalf("a manifest would give other settings: %v\n%v\n%v", err, settings, read)
		}
		for _, p := range Probes() {
			name := p.Name
			s := settings.Schedule(name)
			if parsed, err := inforeg.ParseSchedule(s.String()); err != nil || parsed != s {
				t.Fatalf("schedule %q of %s is %v, read again %v, %v", settings[EveryPrefix+name], name, s, parsed, err)
			}
			for _, done := range []int{0, 1, 7, 1 << 40} {
				s.Due(done, inforeg.Clock{Epoch: 3, Interval: 3, Batch: 64})
			}
		}
		if _, err := BuildModel(settings, desc); err != nil {
			inWords(t, err)
		}
	})
}

// inWords wants an error that a person can read, with what to do.
func inWords(t *testing.T, err error) {
	t.Helper()
	if p, ok := errors.AsType[*wire.Problem](err); !ok || p.Message == "" || p.Hint == "" {
		t.Fatalf("%T %v, want a problem with a hint", err, err)
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
