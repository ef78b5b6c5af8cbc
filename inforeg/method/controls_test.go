package method_test

import (
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/inforeg/method"
)

// TestControls: what EpochStart decides is what Controls declares, and each control and setting is used: without
// it, the graph cannot be built or the epoch cannot begin, or another value gives other weights.
func TestControls(t *testing.T) {
	const steps = 3*perEpoch + 1
	modalities := inforeg.ModalityNames(duo(t))
	for _, name := range method.Names() {
		t.Run(name, func(t *testing.T) {
			m := find(t, name)
			for epoch := range 4 {
				e := inforeg.Epoch{
					Index: epoch, Interval: epoch, Modalities: modalities, Settings: settingsOf(m, nil),
					Traces: traces(modalities, epoch), State: madeState(t, m), Features: madeFeatures(duo(t), 0),
					Trial: madeTrial,
				}
				decided, err := m.EpochStart(e)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(
					slices.Sorted(slices.Values(m.Controls(modalities))), slices.Sorted(maps.Keys(decided)),
				); diff != "" {
					t.Errorf("epoch %d (-declared +decided)\n%s", epoch, diff)
				}
				own := map[string][]float32{}
				for name, v := range e.State {
					own[name] = slices.Clone(v)
				}
				within, err := m.IntervalStart(e)
				for name, v := range within {
					if was, ok := decided[name]; !ok || was != v {
						t.Errorf(
							"epoch %d: %s is %v at an interval's start, %v at the epoch's, from the same traces", epoch,
							name, v, was,
						)
					}
				}
				if diff := cmp.Diff(own, e.State); err != nil || diff != "" {
					t.Errorf("epoch %d: IntervalStart: error %v, state changed (-before +after)\n%s", epoch, err, diff)
				}
				e.State = madeState(t, m)
				if again, err := m.EpochStart(e); err != nil || !maps.Equal(again, decided) {
					t.Errorf(
						"epoch %d: decided %v, then %v, error %v: a method keeps nothing between calls", epoch, decided,
						again, err,
					)
				}
			}
			for _, c := range m.Controls(modalities) {
				if _, err := train(t, name, on[name], 1, c); err == nil ||
					!strings.Contains(err.Error(), "no control "+c) {
					t.Errorf("without control %s: error %v, want that it is missing", c, err)
				}
			}
			var with result
			for _, s := range m.Settings() {
				if s.Mutable && readAtEpochStart(t, m, modalities, s.Name) {
					continue
				}
				if s.Mutable {
					if _, err := train(t, name, formsOf(m, s.Name, on[name]), 1, s.Name); err == nil ||
						!strings.Contains(err.Error(), "no control "+s.Name) {
						t.Errorf("without mutable setting %s: error %v, want that it is missing", s.Name, err)
					}
					continue
				}
				if with.weights == nil {
					with = must(t, name, on[name], steps)
				}
				for _, choice := range s.Choices {
					if choice == s.Default {
						continue
					}
					changed := map[string]any{s.Name: choice}
					maps.Copy(changed, on[name])
					if d := distance(with.weights, must(t, name, changed, steps).weights); d == 0 {
						t.Errorf("%s=%s gives the weights of %v", s.Name, choice, s.Default)
					}
				}
			}
		})
	}
}

// formsOf adds, for a setting that only one form of another reads, that form.
func formsOf(m inforeg.Method, setting string, changed map[string]any) map[string]any {
	all := map[string]any{}
	maps.Copy(all, changed)
	for _, s := range m.Settings() {
		switch {
		case s.Name != "strength":
		case setting == "beta":
			all[s.Name] = "paper"
		case setting == "c_first", setting == "c_others":
			all[s.Name] = "released"
		}
	}
	return all
}

// readAtEpochStart reports whether a method cannot do without a setting at the start of an epoch, in any of its forms.
func readAtEpochStart(t *testing.T, m inforeg.Method, modalities []string, name string) bool {
	t.Helper()
	for _, form := range []map[string]any{{}, {"window": "auto", "first_epoch": 0.0}, {"super_epoch": 0.0}} {
		for index := range 3 {
			settings := settingsOf(m, nil)
			maps.Copy(settings, form)
			delete(settings, name)
			if epochFails(
				t, m,
				inforeg.Epoch{
					Index: index, Interval: index, Modalities: modalities, Settings: settings,
					Traces: traces(modalities, index),
				},
			) {
				return true
			}
		}
	}
	return false
}

func epochFails(t *testing.T, m inforeg.Method, e inforeg.Epoch) (failed bool) {
	t.Helper()
	defer func() { failed = failed || recover() != nil }()
	e.State, e.Features, e.Trial = madeState(t, m), madeFeatures(duo(t), 0), madeTrial
	_, err := m.EpochStart(e)
	return err != nil
}

// madeState is a method's state before the first step.
func madeState(t *testing.T, m inforeg.Method) map[string][]float32 {
	t.Helper()
	state, model := map[string][]float32{}, duo(t)
	if err := m.Prepare(model, settingsOf(m, nil)); err != nil {
		t.Fatal(err)
	}
	for _, v := range m.State(model) {
		state[v.Name] = make([]float32, v.Size())
	}
	return state
}

// TestNames: methods are known by the names on record, in their order.
func TestNames(t *testing.T) {
	names := method.Names()
	if !slices.IsSorted(names) || !slices.Contains(names, "joint") || !slices.Contains(names, "inforeg") {
		t.Errorf("Names() = %v, want joint and inforeg among them, in order", names)
	}
	for _, name := range []string{"", "Joint", "info"} {
		if m, ok := method.Find(name); ok {
			t.Errorf("Find(%q) = %T, want nothing", name, m)
		}
	}
}

// TestInfoRegEpochStart applies the window test to traces worked out by hand.
func TestInfoRegEpochStart(t *testing.T) {
	nan := math.NaN()
	trace := func(a, v []float64) map[string]map[string][]float64 {
		return map[string]map[string][]float64{inforeg.KindFisherEmp: {"a": a, "v": v}}
	}
	for _, tt := range []struct {
		name     string
		epoch    int
		settings map[string]any
		traces   map[string]map[string][]float64
		a, v     float64 // whether the windows are open
		wantErr  error
		reason   string
	}{
		{"first epoch", 0, nil, nil, 0, 0, nil, "eq. 11 reads two traces: nothing is open, and nothing missing"},
		{"second epoch", 1, nil, trace([]float64{1}, []float64{1}), 0, 0, nil, "one trace is not two"},
		{
			"rise and fall", 2, nil, trace([]float64{1, 2}, []float64{2, 1}), 1, 0, nil,
			"(2-1)/2 = 0.5 > 0.04; (1-2)/1 = -1",
		},
		{
			"at the threshold", 2, map[string]any{"k": 0.5}, trace([]float64{1, 2}, []float64{0.9, 2}), 0, 1, nil,
			"0.5 is not above 0.5; 0.55 is",
		},
		{
			"negative threshold", 2, map[string]any{"k": -2.0}, trace([]float64{2, 1}, []float64{4, 1}), 1, 0, nil,
			"-1 > -2; -3 is not",
		},
		{
			"only the last two", 3, nil, trace([]float64{9, 1, 2}, []float64{1, 9, 2}), 1, 0, nil,
			"what was before does not count",
		},
		{
			"longer trace", 2, nil, trace([]float64{1, 2, 9}, []float64{2, 1, 9}), 1, 0, nil,
			"what came later is not read when a step is computed again",
		},
		{
			"first_epoch", 2, map[string]any{"first_epoch": 3.0}, trace([]float64{1, 2}, []float64{1, 2}), 0, 0, nil,
			"not before epoch 3",
		},
		{
			"first_epoch reached", 3, map[string]any{"first_epoch": 3.0}, trace([]float64{1, 1, 2}, []float64{1, 2, 2}),
			1, 0, nil, "from epoch 3 on; a trace that stays is not a rise",
		},
		{
			"first_epoch 0", 1, map[string]any{"first_epoch": 0.0}, trace([]float64{1}, []float64{1}), 0, 0, nil,
			"by eq. 11 never before 2",
		},
		{
			"floor", 3, map[string]any{"floor": 0.5}, trace([]float64{8, 1, 2}, []float64{8, 3, 4}), 0, 1, nil,
			"2 < 0.5·8; 4 is not below",
		},
		{"dead encoder", 2, nil, trace([]float64{0, 0}, []float64{1, 0}), 0, 0, nil, "no division by zero"},
		{"not measured", 2, nil, nil, 0, 0, inforeg.ErrNotMeasured, "no trace at all"},
		{
			"one is missing", 2, nil, trace([]float64{1, 2}, []float64{1}), 0, 0, inforeg.ErrNotMeasured,
			"v lacks the last",
		},
		{
			"last not measured", 2, nil, trace([]float64{1, nan}, []float64{1, 2}), 0, 0, inforeg.ErrNotMeasured,
			"its schedule skipped it",
		},
		{
			"last but one not measured", 2, nil, trace([]float64{nan, 1}, []float64{1, 2}), 0, 0,
			inforeg.ErrNotMeasured, "both are read",
		},
		{"older not measured", 3, nil, trace([]float64{nan, 1, 2}, []float64{nan, 2, 1}), 1, 0, nil, "it is not read"},
		{
			"not measured, not yet due", 2, map[string]any{"first_epoch": 5.0}, nil, 0, 0, nil,
			"nothing is read before first_epoch",
		},
		{"other trace", 2, map[string]any{"window_trace": inforeg.KindReleased}, map[string]map[string][]float64{
			inforeg.KindFisherEmp: {"a": {2, 1}, "v": {1, 2}}, inforeg.KindReleased: {"a": {1, 2}, "v": {2, 1}},
		}, 1, 0, nil, "the trace that the setting names"},
		{
			"other trace not measured", 2, map[string]any{"window_trace": inforeg.KindReleased},
			trace([]float64{1, 2}, []float64{1, 2}), 0, 0, inforeg.ErrNotMeasured, "no other takes its place",
		},
		{"all", 2, map[string]any{"window": "all"}, nil, 1, 1, nil, "no trace is needed"},
		{"all, too early", 1, map[string]any{"window": "all"}, nil, 0, 0, nil, "first_epoch is 2"},
		{
			"all from the start", 0, map[string]any{"window": "all", "first_epoch": 0.0}, nil, 1, 1, nil,
			"eq. 11 has no say",
		},
		{"none", 9, map[string]any{"window": "none"}, nil, 0, 0, nil, "no trace is needed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := method.InfoReg{}.EpochStart(inforeg.Epoch{
				Index: tt.epoch, Interval: tt.epoch, Modalities: []string{"a", "v"},
				Settings: settingsOf(method.InfoReg{}, tt.settings), Traces: tt.traces,
			})
			if !errors.Is(err, tt.wantErr) {
				t.Fatalf("error %v, want %v\nreason: %s", err, tt.wantErr, tt.reason)
			}
			if err != nil {
				return
			}
			if diff := cmp.Diff(map[string]float64{"window.a": tt.a, "window.v": tt.v}, got); diff != "" {
				t.Errorf("(-want +got)\n%s\nreason: %s", diff, tt.reason)
			}
		})
	}
	_, err := method.InfoReg{}.EpochStart(inforeg.Epoch{
		Index: 2, Interval: 2, Modalities: []string{"a"}, Settings: settingsOf(method.InfoReg{}, nil),
		Traces: trace([]float64{-1, 2}, nil),
	})
	if err == nil || errors.Is(err, inforeg.ErrNotMeasured) || !strings.HasPrefix(err.Error(), "a: ") {
		t.Errorf("a negative trace: error %v, want one that names the modality", err)
	}
}
