package host

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/models"
)

// replaySpec is spec.json of a replay.
type replaySpec struct {
	DType string `json:"dtype"`
	Model struct {
		Modalities []string                   `json:"modalities"`
		Classes    int                        `json:"classes"`
		Fusion     string                     `json:"fusion"`
		Hidden     int                        `json:"hidden"`
		Encoders   map[string]json.RawMessage `json:"encoders"`
		Aux        *bool                      `json:"aux"`
	} `json:"model"`
	Method    string                     `json:"method"`
	HP        map[string]json.RawMessage `json:"hp"`
	Optimizer struct {
		LR          float64 `json:"lr"`
		Momentum    float64 `json:"momentum"`
		WeightDecay float64 `json:"weight_decay"`
		Step        int     `json:"step"`
		Gamma       float64 `json:"gamma"`
	} `json:"optimizer"`
	EpochLen   int                  `json:"epoch_len"`
	Trace      string               `json:"trace"`
	GivenTrace map[string][]float64 `json:"given_trace"`
	Outputs    string               `json:"outputs"`
	Gradients  bool                 `json:"gradients"`
	Probes     bool                 `json:"probes"`
}

const (
	traceCompat = "compat" // what is called released elsewhere
	traceGiven  = "given"

	outputsEvery = "every"
	outputsLast  = "last"
)

// replayProblem is an error about a file of a replay.
func replayProblem(file, format string, args ...any) error {
	return &wire.Problem{Message: fmt.Sprintf("replay: "+file+": "+format, args...), Hint: "nothing was written; `go doc ./workbench/host Replay` describes the files"}
}

// readReplaySpec reads and checks spec.json.
func readReplaySpec(dir string) (*replaySpec, error) {
	const file = "spec.json"
	text, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		return nil, replayProblem(file, "%v", err)
	}
	s := &replaySpec{DType: "float32", Trace: inforeg.KindFisherEmp, Outputs: outputsEvery}
	s.Model.Fusion = models.ConcatFusion
	s.Optimizer.LR, s.Optimizer.Momentum, s.Optimizer.WeightDecay, s.Optimizer.Step, s.Optimizer.Gamma = 2e-3, 0.9, 1e-4, 30, 0.1
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(s); err != nil {
		return nil, replayProblem(file, "%v", err)
	}
	if s.Method == "" {
		return nil, replayProblem(file, "no method")
	}
	for _, field := range []struct {
		name, value string
		known       []string
	}{
		{"dtype", s.DType, []string{"float32", "float64"}},
		{"outputs", s.Outputs, []string{outputsEvery, outputsLast}},
		{"trace", s.Trace, []string{inforeg.KindFisherEmp, traceCompat, inforeg.KindBatchSquare, traceGiven}},
		{"fusion", s.Model.Fusion, models.Fusions},
	} {
		if !slices.Contains(field.known, field.value) {
			return nil, replayProblem(file, "%s %q, want one of %s", field.name, field.value, strings.Join(field.known, ", "))
		}
	}
	if s.EpochLen < 0 {
		return nil, replayProblem(file, "epoch_len %d, want 1 or more", s.EpochLen)
	}
	for _, m := range s.Model.Modalities {
		if s.Model.Encoders[m] == nil {
			return nil, replayProblem(file, "modality %q has no encoder", m)
		}
	}
	for m := range s.Model.Encoders {
		if !slices.Contains(s.Model.Modalities, m) {
			return nil, replayProblem(file, "encoder of %q, which is none of the modalities %s", m, strings.Join(s.Model.Modalities, ", "))
		}
	}
	return s, nil
}

// replayMethod finds the method and its settings.
func (s *replaySpec) replayMethod() (inforeg.Method, Settings, error) {
	asked := map[string]any{
		"lr": s.Optimizer.LR, "momentum": s.Optimizer.Momentum, "weight_decay": s.Optimizer.WeightDecay,
	}
	name := s.Method
	rename := map[string]string{}
	set := func(values map[string]any) { maps.Copy(asked, values) }
	switch s.Method {
	case "gblend", "joint_star": // of given weights
		name = "joint_star"
	case "ogm":
		if s.flag("ge") {
			name = "ogm_ge"
		}
		rename = map[string]string{"start": "first_epoch", "end": "last_epoch"}
		delete(s.HP, "ge")
	case "pmr":
		set(map[string]any{"mu": 0.0, "e": 0.0})
	case "agm":
		rename = map[string]string{"end": "last_epoch"}
	case "slow":
		rename = map[string]string{"start": "first_epoch", "end": "last_epoch"}
	case "inforeg":
		rename = map[string]string{"K": "k"}
		switch {
		case s.text("profile") == "released":
			name = "inforeg_released"
		case s.flag("star"):
			name = "inforeg_star"
		}
		set(map[string]any{"window_trace": map[string]string{traceCompat: inforeg.KindReleased, traceGiven: inforeg.KindFisherEmp}[s.Trace]})
		if asked["window_trace"] == "" {
			asked["window_trace"] = s.Trace
		}
		delete(s.HP, "profile")
		delete(s.HP, "star")
	}
	m, ok := method.Find(name)
	if !ok || name != s.Method && s.Method != "gblend" && s.Method != "ogm" && s.Method != "inforeg" {
		return nil, nil, unknown("method", s.Method, []string{"joint", "joint_star", "gblend", "ogm", "pmr", "agm", "mmpareto", "inforeg", "slow"}, "")
	}
	exclusive := s.Method == "agm" || s.Method == "slow"
	for key, raw := range s.HP {
		to := key
		if r, ok := rename[key]; ok {
			to = r
		}
		v, err := s.hyper(key, raw)
		if err != nil {
			return nil, nil, err
		}
		if end, ok := v.(float64); ok && key == "end" && exclusive {
			if v = end - 1; end <= 0 {
				to, v = "window", "none"
			}
		}
		if v != nil {
			asked[to] = v
		}
		if key == "window" && v != "auto" {
			asked["first_epoch"] = 0.0 // a forced window may start at once
		}
	}
	settings := Settings{}
	var names []string
	for _, known := range append(inforeg.OptimizerSettings(), m.Settings()...) {
		names = append(names, known.Name)
		settings[known.Name] = known.Default
		v, ok := asked[known.Name]
		if !ok {
			continue
		}
		parsed, err := known.Parse(v)
		if err != nil {
			return nil, nil, replayProblem("spec.json", "%v", err)
		}
		settings[known.Name] = parsed
	}
	for key := range asked {
		if _, ok := settings[key]; !ok {
			return nil, nil, unknown("option of "+s.Method, key, names, "")
		}
	}
	settings["lr_step"], settings["lr_gamma"] = float64(s.Optimizer.Step), s.Optimizer.Gamma
	return m, settings, nil
}

func (s *replaySpec) flag(name string) (on bool) {
	return json.Unmarshal(s.HP[name], &on) == nil && on
}

func (s *replaySpec) text(name string) (text string) {
	_ = json.Unmarshal(s.HP[name], &text) // what is no text is not this text
	return text
}

// hyper turns an option into a setting's value; nil leaves the default.
func (s *replaySpec) hyper(key string, raw json.RawMessage) (any, error) {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, replayProblem("spec.json", "%s: %v", key, err)
	}
	switch x := v.(type) {
	case float64, bool, nil:
		return x, nil
	case string:
		if key == "end" && x == "never" {
			return nil, nil
		}
		return x, nil
	case map[string]any:
		if key == "weights" {
			var parts []string
			for name, w := range x {
				parts = append(parts, fmt.Sprintf("%s=%v", name, w))
			}
			slices.Sort(parts)
			return strings.Join(parts, " "), nil
		}
		if key == "window" {
			var parts []string
			for _, m := range s.Model.Modalities {
				if list, ok := x[m]; ok {
					text, err := intervals(list)
					if err != nil {
						return nil, err
					}
					if text == "" {
						continue
					}
					parts = append(parts, m+" "+text)
				}
			}
			for m := range x {
				if !slices.Contains(s.Model.Modalities, m) {
					return nil, replayProblem("spec.json", "window of %q, which is none of the modalities", m)
				}
			}
			if len(parts) == 0 {
				return "none", nil
			}
			return strings.Join(parts, ", "), nil
		}
	case []any:
		if key == "window" {
			return intervals(x)
		}
	}
	return nil, replayProblem("spec.json", "%s: %s is not a value of it", key, raw)
}

// intervals turns [s, e] or [[s, e], ..] into the setting's form.
func intervals(v any) (string, error) {
	bad := func() (string, error) {
		return "", replayProblem("spec.json", "window: %v, want [from, to] in whole epochs", v)
	}
	list, ok := v.([]any)
	if !ok {
		return bad()
	}
	if len(list) == 2 {
		_, a := list[0].(float64)
		_, b := list[1].(float64)
		if a && b {
			list = []any{list}
		}
	}
	var parts []string
	for _, item := range list {
		pair, ok := item.([]any)
		if !ok || len(pair) != 2 {
			return bad()
		}
		var ends [2]string
		for i, end := range pair {
			f, ok := end.(float64)
			if !ok || f != math.Trunc(f) {
				return bad()
			}
			ends[i] = strconv.FormatFloat(f, 'f', -1, 64)
		}
		if ends[0] != ends[1] {
			parts = append(parts, ends[0]+":"+ends[1])
		}
	}
	return strings.Join(parts, " "), nil
}
