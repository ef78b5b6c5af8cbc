package replay

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/internal/strict"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// replaySpec is spec.json of a replay. Values that stand in it before it is read are the defaults. A pointer, or raw
// JSON, tells what was left out from what is empty.
type replaySpec struct {
	DType string `json:"dtype"` // float32 or float64, of the steps
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
	EpochLen   int                  `json:"epoch_len"`   // steps in an epoch; 0: all of them
	Trace      string               `json:"trace"`       // which trace opens windows
	GivenTrace map[string][]float64 `json:"given_trace"` // by modality, one value for each epoch
	Outputs    string               `json:"outputs"`     // after which steps weights and gradients are written
	Gradients  bool                 `json:"gradients"`
	Probes     bool                 `json:"probes"`
}

const (
	specFile = "spec.json"

	traceCompat = "compat" // what is called released elsewhere
	traceGiven  = "given"

	outputsEvery = "every"
	outputsLast  = "last"
)

// replayProblem is an error about a file of a replay. Whatever is wrong is found before files are moved into their
// place, hence the hint.
func replayProblem(file, format string, args ...any) error {
	return &wire.Problem{
		Message: fmt.Sprintf("replay: "+file+": "+format, args...),
		Hint:    "nothing was written; `go doc ./workbench/host/replay Run` describes the files",
	}
}

// specProblem is an error about a part of spec.json, which begins at a path. The path of a part that was kept as raw
// JSON and read later is put before the place of the error within it.
func specProblem(path string, err error) error {
	broken, ok := errors.AsType[*strict.Error](err)
	if !ok {
		return replayProblem(specFile, "%v", err)
	}
	at := strings.Trim(path+"."+broken.Path, ".")
	if broken.Unknown() {
		return unknownKey(at, broken.Known)
	}
	return replayProblem(specFile, "%s", strings.TrimPrefix(at+": "+broken.Reason, ": "))
}

// unknownKey reports a key of spec.json that the format does not have there, and offers the nearest.
func unknownKey(path string, known []string) error {
	return &wire.Problem{
		Message: fmt.Sprintf("replay: %s: unknown key %q", specFile, path),
		Hint:    wire.Nearest(wire.LastName(path), known, ""),
	}
}

// readReplaySpec reads spec.json.
func readReplaySpec(dir string) (*replaySpec, error) {
	text, err := data.ReadFile(filepath.Join(dir, specFile))
	if err != nil {
		return nil, replayProblem(specFile, "%v", err)
	}
	return parseReplaySpec(text)
}

// parseReplaySpec reads and checks the text of spec.json.
func parseReplaySpec(text []byte) (*replaySpec, error) {
	const file = specFile
	s := &replaySpec{DType: "float32", Trace: inforeg.KindFisherEmp, Outputs: outputsEvery}
	s.Model.Fusion = models.ConcatFusion
	// The optimizer of the paper, where the spec says nothing.
	s.Optimizer.LR, s.Optimizer.Momentum, s.Optimizer.WeightDecay, s.Optimizer.Step, s.Optimizer.Gamma = 2e-3, 0.9,
		1e-4, 30, 0.1
	if err := strict.UnmarshalWritten(text, s); err != nil {
		return nil, specProblem("", err)
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
			return nil, replayProblem(
				file, "%s %q, want one of %s", field.name, field.value, strings.Join(field.known, ", "),
			)
		}
	}
	if err := s.checkRates(); err != nil {
		return nil, err
	}
	if s.GivenTrace != nil && s.Trace != traceGiven {
		return nil, replayProblem(
			file, "given_trace is there, but trace is %s: want trace %q, or no given_trace", s.Trace, traceGiven,
		)
	}
	for _, m := range slices.Sorted(maps.Keys(s.GivenTrace)) {
		if !slices.Contains(s.Model.Modalities, m) {
			return nil, unknownKey("given_trace."+m, s.Model.Modalities)
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
	for _, m := range slices.Sorted(maps.Keys(s.Model.Encoders)) {
		if !slices.Contains(s.Model.Modalities, m) {
			return nil, replayProblem(
				file, "encoder of %q, which is none of the modalities %s", m, strings.Join(s.Model.Modalities, ", "),
			)
		}
	}
	return s, nil
}

// checkRates wants the schedule of the learning rate to be within the bounds that a run's has. These two are not
// options of a method, which would be checked with the others.
func (s *replaySpec) checkRates() error {
	for _, known := range setting.OfRun() {
		given, ok := map[string]struct {
			key   string
			value float64
		}{
			"lr_step":  {"optimizer.step", float64(s.Optimizer.Step)},
			"lr_gamma": {"optimizer.gamma", s.Optimizer.Gamma},
		}[known.Name]
		if !ok {
			continue
		}
		if _, err := known.Parse(given.value); err != nil {
			return replayProblem(
				specFile, "%s: %s", given.key, strings.TrimPrefix(err.Error(), "setting "+known.Name+": "),
			)
		}
	}
	return nil
}

// replayMethod finds the method and its settings. Options are the names that other implementations give to settings.
// Flags among them choose the method; the rest becomes settings by the method's own table, first those that a replay
// fixes, then what the spec says. Every setting is parsed as a run's would be, so that bounds are the same. An option
// that sets nothing is an error.
func (s *replaySpec) replayMethod() (inforeg.Method, setting.Values, method.Replay, error) {
	asked := map[string]any{
		"lr": s.Optimizer.LR, "momentum": s.Optimizer.Momentum, "weight_decay": s.Optimizer.WeightDecay,
	}
	flags, err := s.flags()
	if err != nil {
		return nil, nil, method.Replay{}, err
	}
	m, form, ok := method.FindReplayed(s.Method, flags)
	switch {
	case ok:
	case slices.Contains(method.ReplayNames(), s.Method):
		return nil, nil, form, replayProblem(specFile, "%s: no %s is there", shown(flags), s.Method)
	default:
		return nil, nil, form, wire.Unknown("method", s.Method, method.ReplayNames(), "")
	}
	maps.Copy(asked, form.Set)
	if form.Traced {
		asked["window_trace"] = s.Trace
		if known, ok := windowTraces[s.Trace]; ok {
			asked["window_trace"] = known
		}
	}
	given := map[string]string{} // keys by the settings that they set
	for _, key := range slices.Sorted(maps.Keys(s.HP)) {
		raw, to := s.HP[key], key
		if r, ok := form.Rename[key]; ok {
			to = r
		}
		if slices.ContainsFunc(inforeg.OptimizerSettings(), func(known data.Setting) bool { return known.Name == to }) {
			return nil, nil, form, replayProblem(specFile, "hp.%s: it belongs to optimizer", key)
		}
		// Two options may stand for one setting, an old name and a new one.
		if other, twice := given[to]; twice {
			return nil, nil, form, replayProblem(specFile, "hp.%s: hp.%s says the same already", key, other)
		}
		given[to] = key
		v, err := s.hyper(key, raw)
		if err != nil {
			return nil, nil, form, err
		}
		if end, ok := v.(float64); ok && key == "end" && form.ExclusiveEnd {
			// There the end is the first epoch without the method, here it is the last one with it.
			if v = end - 1; end <= 0 {
				to, v = "window", "none"
			}
		}
		if v != nil {
			asked[to] = v
		}
	}
	// The methods' own first epoch is that of eq. 11, which reads two traces.
	if window, ok := asked["window"]; ok && window != "auto" && given["window"] != "" && given["first_epoch"] == "" {
		asked["first_epoch"] = 0.0 // a forced window may start at once
	}
	settings := setting.Values{}
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
			return nil, nil, form, replayProblem(specFile, "%v", err)
		}
		settings[known.Name] = parsed
	}
	// What was asked for and is no setting of the method would be passed over otherwise.
	for _, key := range slices.Sorted(maps.Keys(asked)) {
		if _, ok := settings[key]; !ok {
			return nil, nil, form, wire.Unknown("option of "+s.Method, key, names, "")
		}
	}
	// They belong to every run and not to a method, so the table above lacks them. checkRates has checked them.
	settings["lr_step"], settings["lr_gamma"] = float64(s.Optimizer.Step), s.Optimizer.Gamma
	return m, settings, form, nil
}

// windowTraces are what the window's trace is in a run where the spec has a name of its own for it.
var windowTraces = map[string]string{traceCompat: inforeg.KindReleased, traceGiven: inforeg.KindFisherEmp}

// flags takes the options that choose among methods out of the others. One that is not there is false, or the first of
// its values. They are removed from HP, so that what is left are settings.
func (s *replaySpec) flags() (map[string]any, error) {
	flags := map[string]any{}
	values := method.ReplayFlags(s.Method)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		known := values[name]
		raw, there := s.HP[name]
		delete(s.HP, name)
		if flags[name] = known[0]; slices.Contains(known, any(false)) {
			flags[name] = false
		}
		if !there {
			continue
		}
		var err error
		if _, text := known[0].(string); text {
			flags[name], err = valueOf[string](raw)
		} else {
			flags[name], err = valueOf[bool](raw)
		}
		if err != nil {
			return nil, specProblem("hp."+name, err)
		}
		if !slices.Contains(known, flags[name]) {
			return nil, replayProblem(specFile, "hp.%s: %q, want %s", name, flags[name], oneOf(known))
		}
	}
	return flags, nil
}

// valueOf reads a value of a type.
func valueOf[T bool | string](raw json.RawMessage) (any, error) {
	var v T
	err := strict.UnmarshalWritten(raw, &v)
	return v, err
}

// oneOf joins what may be chosen.
func oneOf(values []any) string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = fmt.Sprint(v)
	}
	return strings.Join(list, " or ")
}

// shown lists options with their values.
func shown(flags map[string]any) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(flags)) {
		list = append(list, fmt.Sprintf("hp.%s %v", name, flags[name]))
	}
	return strings.Join(list, " and ")
}

// hyper turns an option into a setting's value; nil leaves the default. Numbers, truth values and texts are settings as
// they are. Weights by modality and windows as lists are written in the setting's own text form, in the order of names
// or of modalities, so that the same spec gives the same setting.
func (s *replaySpec) hyper(key string, raw json.RawMessage) (any, error) {
	var v any
	if err := strict.UnmarshalWritten(raw, &v); err != nil {
		return nil, specProblem("hp."+key, err)
	}
	switch x := v.(type) {
	case float64, bool:
		return x, nil
	case string:
		// The default, the last of all epochs, never ends.
		if key == "end" && x == "never" {
			return nil, nil
		}
		return x, nil
	case map[string]any:
		if key == "weights" {
			var parts []string
			for name, w := range x {
				if _, number := w.(float64); !number {
					return nil, replayProblem(specFile, "hp.weights.%s: %v, want a number", name, w)
				}
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
			for _, m := range slices.Sorted(maps.Keys(x)) {
				if !slices.Contains(s.Model.Modalities, m) {
					return nil, replayProblem(specFile, "hp.window: window of %q, which is none of the modalities", m)
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
	return nil, replayProblem(specFile, "hp.%s: %s is not a value of it", key, raw)
}

// intervals turns [s, e] or [[s, e], ..] into the setting's form. An empty interval, from an epoch to the same one, is
// left out.
func intervals(v any) (string, error) {
	bad := func() (string, error) {
		return "", replayProblem(specFile, "window: %v, want [from, to] in whole epochs", v)
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
