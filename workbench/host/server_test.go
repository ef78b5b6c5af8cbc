package host

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// TestServer takes one run through every call of the protocol.
func TestServer(t *testing.T) {
	s := serve(t, time.Hour)
	for path, want := range map[string]fs.FileMode{
		filepath.Dir(s.socket): 0o700 | fs.ModeDir, s.socket: 0o600 | fs.ModeSocket,
	} {
		if st, err := os.Stat(path); err != nil || st.Mode() != want {
			t.Errorf("%s has mode %v, error %v, want %v: nobody else may ask", path, st.Mode(), err, want)
		}
	}
	var info wire.Host
	s.call(t, http.MethodGet, "/v1/host", nil, &info)
	if info.Protocol != wire.Version || info.PID != os.Getpid() || info.Socket != s.socket ||
		info.Project != s.project || info.Build == "" {
		t.Errorf("host %+v", info)
	}
	var all []wire.Status
	s.call(t, http.MethodGet, "/v1/runs", nil, &all)
	if all == nil || len(all) != 0 {
		t.Errorf("runs %v, want an empty list", all)
	}
	if err := Serve(t.Context(), s.project, time.Hour); !errors.Is(err, errOtherHost) {
		t.Errorf("a second host: %v, want that there is another", err)
	}

	var st wire.Status
	s.call(t, http.MethodPut, "/v1/runs/first", wire.Declaration{Settings: hosttest.Small("inforeg")}, &st)
	if st.Name != "first" || st.Step != 0 || st.State != wire.Idle || st.StepsPerEpoch != hosttest.SmallEpoch ||
		st.Settings["lr"] != 0.05 {
		t.Errorf("declared: %+v", st)
	}
	steps := 2*hosttest.SmallEpoch + 1
	events := s.train(t, "first", wire.Train{ToStep: &steps})
	last := events[len(events)-1]
	if last.Kind != wire.Done || last.Status.Step != steps || last.Problem != nil {
		t.Errorf("last event %+v, want done at step %d", last, steps)
	}
	kinds := map[string]int{}
	at := 0
	for _, e := range events {
		kinds[e.Kind]++
		if e.Status.Step < at {
			t.Errorf("event %s at step %d after one at step %d", e.Kind, e.Status.Step, at)
		}
		at = e.Status.Step
	}
	if kinds[wire.EpochEnd] != 2 || kinds[wire.Notice] == 0 {
		t.Errorf("events %v, want two ends of epochs and a notice of compiling", kinds)
	}
	if again := s.train(t, "first", wire.Train{ToStep: &steps}); len(again) != 1 || again[0].Status.Step != steps {
		t.Errorf("to the same step again: %d events, the last at step %d", len(again), again[len(again)-1].Status.Step)
	}

	t.Run("set", func(t *testing.T) {
		s.call(t, http.MethodPost, "/v1/runs/first/set", map[string]any{"lr": 0.01}, &st)
		s.call(t, http.MethodPost, "/v1/runs/first/set", map[string]any{"lr": 0.01}, &st)
		if st.Settings["lr"] != 0.01 {
			t.Errorf("lr is %v", st.Settings["lr"])
		}
	})
	t.Run("history", func(t *testing.T) {
		var h wire.History
		s.call(t, http.MethodGet, "/v1/runs/first/history", nil, &h)
		if len(h.Metrics) != steps || h.Metrics[3]["step"] != 3 || len(h.Probes) == 0 {
			t.Errorf("%d steps and %d probes, want %d steps", len(h.Metrics), len(h.Probes), steps)
		}
		if len(h.Events) != 1 || h.Events[0].Name != "lr" || h.Events[0].Step != steps || h.Events[0].Old != 0.05 ||
			h.Events[0].New != 0.01 {
			t.Errorf("events %+v, want one change of lr, though it was set twice", h.Events)
		}
		rec, err := record.ReadRecorded(st.Dir)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(rec.History, h); diff != "" {
			t.Errorf("history (-files +socket)\n%s", diff)
		}
	})
	t.Run("evaluate", func(t *testing.T) {
		var list []wire.Record
		s.call(t, http.MethodPost, "/v1/runs/first/evaluate", map[string]string{"split": "test"}, &list)
		readouts := map[string]int{}
		for _, r := range list {
			if r.Split != "test" || r.N != 36 || r.Step != steps {
				t.Errorf("record %+v", r)
			}
			if r.Kind == inforeg.KindAccuracy {
				readouts[r.Encoder+" "+r.Readout]++
			}
		}
		if diff := cmp.Diff(
			map[string]int{"fused head": 1, "audio split": 1, "visual split": 1, "audio linear": 1, "visual linear": 1},
			readouts,
		); diff != "" {
			t.Errorf("accuracies (-want +got)\n%s", diff)
		}
	})
	t.Run("probe", func(t *testing.T) {
		var list, again []wire.Record
		s.call(t, http.MethodPost, "/v1/runs/first/probe", map[string]string{"kind": "fisher_emp"}, &list)
		s.call(t, http.MethodPost, "/v1/runs/first/probe", map[string]string{"kind": "fisher_emp"}, &again)
		if len(list) != 2 || list[0].Encoder != "audio" || !(list[0].Value > 0) || list[0].SE == nil ||
			list[0].N != 12 {
			t.Errorf("traces %+v", list)
		}
		if diff := cmp.Diff(list, again); diff != "" {
			t.Errorf("measured again (-first +again)\n%s", diff)
		}
	})
	t.Run("arrays", func(t *testing.T) {
		for path, want := range map[string][]int{
			"var?name=head.weight":                  {6, 16},
			"var?name=enc.audio.conv0.weight":       {3, 3, 1, 4},
			"var?name=momentum.head.bias":           {6},
			"features?split=val&modality=visual":    {36, 8},
			"batch?modality=audio":                  {16, 32, 32, 1},
			"batch?modality=label":                  {16},
			"var?name=enc.audio.norm0.running_mean": {4},
			"gradient?name=head.weight":             {6, 16},
			"activation?layer=enc.visual.conv1":     {16, 8, 8, 8},
			"samples?modality=audio":                {12, 2},
		} {
			shape, values := s.array(t, "/v1/runs/first/"+path)
			if diff := cmp.Diff(want, shape); diff != "" {
				t.Errorf("shape of %s (-want +got)\n%s", path, diff)
			}
			differ := false
			for _, v := range values {
				differ = differ || v != values[0]
			}
			if !differ {
				t.Errorf("%s: all values are %v", path, values[0])
			}
		}
	})
	t.Run("figure", func(t *testing.T) {
		var f wire.Figure
		s.call(t, http.MethodGet, "/v1/figure?kind=loss&run=first", nil, &f)
		if picture, err := png.Decode(bytes.NewReader(f.PNG)); err != nil || picture.Bounds().Dx() < f.Width {
			t.Errorf("picture: %v", err)
		}
		if schema := fmt.Sprint(f.Spec["$schema"]); !strings.Contains(schema, "vega-lite/v5") || f.Text == "" ||
			f.Height <= 0 {
			t.Errorf("spec of schema %s, text %q, height %d", schema, f.Text, f.Height)
		}
	})
	t.Run("figures of a record", func(t *testing.T) {
		text, err := os.ReadFile("../testdata/reproduction.json")
		if err != nil {
			t.Fatal(err)
		}
		table := bytes.Replace(text, []byte(`"fig3"`), []byte(`"table2"`), 1)
		var list []wire.Figure
		if s.call(t, http.MethodPost, "/v1/reproduction/draw", json.RawMessage(table), &list); len(list) != 2 {
			t.Fatalf("%d figures, want a table's accuracies and its differences", len(list))
		}
		for _, f := range list {
			if _, err := png.DecodeConfig(bytes.NewReader(f.PNG)); err != nil || f.Text == "" || f.Spec == nil {
				t.Errorf("picture: %v, text %q", err, f.Text)
			}
		}
		if s.call(t, http.MethodPost, "/v1/reproduction/draw", json.RawMessage(text), &list); len(list) != 0 {
			t.Errorf("%d figures of a gap of which one trace is missing, want none", len(list))
		}
	})
	t.Run("export", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "w.safetensors")
		var said map[string]string
		s.call(
			t, http.MethodPost, "/v1/runs/first/export", map[string]string{"format": "safetensors", "path": path},
			&said,
		)
		if st, err := os.Stat(path); err != nil || st.Size() < 1000 || said["path"] != path {
			t.Errorf("export said %v, error %v", said, err)
		}
	})
	t.Run("fork", func(t *testing.T) {
		one, four := 1, 4*hosttest.SmallEpoch
		d := wire.Declaration{Settings: map[string]any{"beta": 0.0}, Fork: &wire.Fork{Run: "first", Epoch: &one}}
		s.call(t, http.MethodPut, "/v1/runs/branch", d, &st)
		if st.Step != hosttest.SmallEpoch || st.Parent != "first at step 6" || st.Settings["beta"] != 0.0 {
			t.Errorf("fork: %+v", st)
		}
		if e := s.train(t, "branch", wire.Train{ToStep: &four}); e[len(e)-1].Status.Step != four {
			t.Errorf("the fork ended at step %d", e[len(e)-1].Status.Step)
		}
	})
	t.Run("fresh", func(t *testing.T) {
		dir := s.status(t, "branch").Dir
		var st wire.Status // not decoded over what was there
		s.call(t, http.MethodPost, "/v1/runs/branch/fresh", wire.Declaration{Settings: hosttest.Small("joint")}, &st)
		if st.Step != 0 || st.Method != "joint" || st.Parent != "" {
			t.Errorf("fresh: %+v", st)
		}
		kept, err := filepath.Glob(filepath.Join(filepath.Dir(dir), ".archive", "branch-*", record.MetricsFile))
		if err != nil || len(kept) != 1 {
			t.Fatalf("archive %v, error %v, want the old run kept", kept, err)
		}
		if n := len(hosttest.Lines(t, filepath.Dir(kept[0]), record.MetricsFile)); n != 4*hosttest.SmallEpoch {
			t.Errorf("%d steps in the archive, want %d", n, 4*hosttest.SmallEpoch)
		}
	})
	s.call(t, http.MethodGet, "/v1/runs", nil, &all)
	if len(all) != 2 || all[0].Name != "branch" || all[1].Name != "first" {
		t.Errorf("runs %+v, want branch and first", all)
	}
	s.call(t, http.MethodPost, "/v1/host/stop", nil, &info)
	if err := <-s.ended; err != nil {
		t.Errorf("the host ended with %v", err)
	}
	if _, err := os.Stat(s.socket); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
}

// TestServerRefuses: what cannot be done is answered by a line and a hint, and the host lives on.
func TestServerRefuses(t *testing.T) {
	s := serve(t, time.Hour)
	var st wire.Status
	s.call(t, http.MethodPut, "/v1/runs/first", wire.Declaration{Settings: hosttest.Small("joint")}, &st)
	other := hosttest.Small("joint")
	other["batch"], other["seed"] = 8.0, 4.0
	far := 7
	for _, tt := range []struct {
		name, method, path string
		body               any
		message, hint      string
		reason             string
	}{
		{
			"unknown run", "GET", "/v1/runs/frist", nil, `unknown run "frist"`, "did you mean first?",
			"letters exchanged",
		},
		{
			"name", "PUT", "/v1/runs/..first", wire.Declaration{}, `run name "..first"`, "begin with a letter",
			"it becomes a folder",
		},
		{
			"body that is no JSON", "PUT", "/v1/runs/next", "{settings", "request body: ", "internal/wire",
			"a client's mistake",
		},
		{"empty body", "PUT", "/v1/runs/next", "", "request body: EOF", "internal/wire", "a declaration is wanted"},
		{
			"unknown field", "PUT", "/v1/runs/next", `{"setings": {}}`, `unknown field "setings"`, "internal/wire",
			"silence would hide a misspelling",
		},
		{
			"wrong type", "POST", "/v1/runs/first/train", `{"steps": "three"}`,
			`request body: steps: "three", want a whole number`, "internal/wire", "a number is wanted",
		},
		{
			"unknown field of a fork", "PUT", "/v1/runs/next", `{"settings": {}, "fork": {"run": "first", "stp": 0}}`,
			`unknown field "fork.stp"`, "did you mean step?", "at every level",
		},
		{
			"field in capitals", "POST", "/v1/runs/first/evaluate", `{"Split": "val"}`, `unknown field "Split"`,
			"did you mean split?", "names are as they are written",
		},
		{
			"field twice", "POST", "/v1/runs/first/train", `{"steps": 1, "steps": 2}`,
			"request body: steps: stands twice", "internal/wire", "which one is meant",
		},
		{
			"setting twice", "POST", "/v1/runs/first/set", `{"lr": 1, "lr": 0.1}`, "request body: lr: stands twice",
			"internal/wire", "likewise",
		},
		{
			"setting of null", "POST", "/v1/runs/first/set", `{"probes": null}`, "probes: got <nil>, want a text",
			"probes: ", "it is no text",
		},
		{
			"setting of a list", "PUT", "/v1/runs/next", `{"settings": {"modalities": ["audio"]}}`,
			"modalities: got [audio], want a text", "modalities: ", "likewise",
		},
		{
			"two values", "POST", "/v1/runs/first/train", `{"steps": 1}{"steps": 2}`,
			"request body: line 1: invalid character", "internal/wire", "the second was passed over",
		},
		{
			"two targets", "POST", "/v1/runs/first/train", `{"steps": 1, "to_epoch": 2}`, "train: 2 targets", "one of",
			"one was passed over",
		},
		{
			"step and epoch of a fork", "PUT", "/v1/runs/next", `{"fork": {"run": "first", "step": 0, "epoch": 0}}`,
			"at a step and at an epoch", "one of", "likewise",
		},
		{
			"no target", "POST", "/v1/runs/first/train", wire.Train{}, "train: no target", "to_epoch",
			"nothing says how far",
		},
		{
			"unknown data", "PUT", "/v1/runs/next", wire.Declaration{Settings: map[string]any{"data": "synht"}},
			`unknown data "synht"`, "did you mean synth?", "letters exchanged",
		},
		{
			"settings that differ", "PUT", "/v1/runs/first", wire.Declaration{Settings: other},
			"batch is 16 there, 8 here; seed is 3 there, 4 here", "Fork", "the ways on",
		},
		{
			"unknown setting", "POST", "/v1/runs/first/set", map[string]any{"lrr": 1}, `unknown setting "lrr"`, "lr",
			"one letter",
		},
		{
			"value", "POST", "/v1/runs/first/set", map[string]any{"lr": "fast"}, `lr: got "fast", want a number`,
			"learning rate", "a number is wanted",
		},
		{
			"fixed setting", "POST", "/v1/runs/first/set", map[string]any{"batch": 8}, "batch is 16 and cannot change",
			"Fresh", "the order of samples hangs on it",
		},
		{
			"split", "POST", "/v1/runs/first/evaluate", map[string]string{"split": "tests"}, "tests",
			"train, val and test", "there are three",
		},
		{
			"probe", "POST", "/v1/runs/first/probe", map[string]string{"kind": "fisher"}, `unknown probe "fisher"`,
			"fisher_emp", "the nearest",
		},
		{
			"probe too early", "POST", "/v1/runs/first/probe", map[string]string{"kind": "cosine"},
			"0 batch gradients so far", "more steps", "no step was taken",
		},
		{
			"batches of a trace", "POST", "/v1/runs/first/probe", wire.Probe{Kind: "fisher_emp", Batches: 4},
			"no number of batches", "cosine", "that is a cosine's",
		},
		{
			"gradient", "GET", "/v1/runs/first/gradient?name=head.wieght", nil, `unknown variable "head.wieght"`,
			"head.weight", "letters exchanged",
		},
		{
			"layer", "GET", "/v1/runs/first/activation?layer=enc.audio.conv", nil, `unknown layer "enc.audio.conv"`,
			"enc.audio.conv0", "a number left out",
		},
		{
			"modality of samples", "GET", "/v1/runs/first/samples?modality=sound", nil, `unknown modality "sound"`,
			"audio", "the names there are",
		},
		{
			"schedule", "POST", "/v1/runs/first/set", map[string]any{"every.share": "sometimes"},
			`schedule "sometimes"`, "every.share: ", "not a schedule",
		},
		{
			"preset", "POST", "/v1/runs/first/set", map[string]any{"probes": "everything"}, `probes: got "everything"`,
			"probes: ", "there are four",
		},
		{
			"variable", "GET", "/v1/runs/first/var?name=head.wieght", nil, `unknown variable "head.wieght"`,
			"head.weight", "letters exchanged",
		},
		{
			"modality", "GET", "/v1/runs/first/features?split=val&modality=sound", nil, `unknown modality "sound"`,
			"audio", "the names there are",
		},
		{
			"modality of a batch", "GET", "/v1/runs/first/batch?modality=sound", nil, `unknown modality "sound"`,
			"audio", "the names there are",
		},
		{"figure", "GET", "/v1/figure?kind=tracs&run=first", nil, `unknown figure "tracs"`, "trace", "one letter"},
		{"figure of nothing", "GET", "/v1/figure?kind=loss", nil, "no run", "name at least one", "nothing to draw"},
		{
			"record of another schema", "POST", "/v1/reproduction/draw", `{"schema": 99, "target": "fig3"}`,
			"record: schema 99, this program reads 1", "writes it anew", "not guessed at",
		},
		{
			"record of no method", "POST", "/v1/reproduction/draw", `{"schema": 1, "target": "fig3", "data": "synth"}`,
			"record: damaged: it names no set, no modalities or no methods", "writes it anew",
			"checked before it is drawn",
		},
		{
			"format", "POST", "/v1/runs/first/export", map[string]string{"format": "onnx", "path": "x"},
			`unknown format "onnx"`, "safetensors", "the three there are",
		},
		{
			"no path", "POST", "/v1/runs/first/export", map[string]string{"format": "csv"}, "no path", "say where to",
			"nothing by default",
		},
		{
			"fork beyond the end", "PUT", "/v1/runs/next", wire.Declaration{Fork: &wire.Fork{Run: "first", Step: &far}},
			"first is at step 0", "train first there first", "that step was not taken",
		},
		{
			"fork of nothing", "PUT", "/v1/runs/next", wire.Declaration{Fork: &wire.Fork{Run: "frist", Step: &far}},
			`unknown run "frist"`, "did you mean first?", "letters exchanged",
		},
		{
			"like nothing", "PUT", "/v1/runs/next", wire.Declaration{Like: "frist"}, `unknown run "frist"`,
			"did you mean first?", "letters exchanged",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, p := s.refused(t, tt.method, tt.path, tt.body)
			if code != http.StatusBadRequest || !strings.Contains(p.Message, tt.message) ||
				!strings.Contains(p.Hint, tt.hint) || p.Hint == "" {
				t.Errorf(
					"%d: %q, hint %q; want 400, %q, hint %q\nreason: %s", code, p.Message, p.Hint, tt.message, tt.hint,
					tt.reason,
				)
			}
		})
	}
	var all []wire.Status
	if s.call(t, http.MethodGet, "/v1/runs", nil, &all); len(all) != 1 || all[0].Step != 0 {
		t.Errorf("runs %+v, want first at step 0 alone", all)
	}
	one := 1
	if e := s.train(t, "first", wire.Train{Steps: &one}); e[len(e)-1].Kind != wire.Done ||
		e[len(e)-1].Status.Step != 1 {
		t.Errorf("a step after all that: %+v", e[len(e)-1])
	}
}
