package setting

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
)

// TestResolve completes settings in the order in which they count: what was asked for, the set's recipe, the default.
func TestResolve(t *testing.T) {
	desc := hosttest.SynthDescription(t)
	for _, tt := range []struct {
		name   string
		asked  map[string]any
		want   map[string]any // some of the result
		reason string
	}{
		{
			"nothing asked", nil, map[string]any{"data": "synth", "method": "joint", "seed": 0.0, "fusion": "concat"},
			"defaults",
		},
		{
			"recipe", nil, map[string]any{"lr": 0.015, "batch": 32.0, "encoder.audio": "cnn2d:16-32-64-64"},
			"the set's recipe comes before the default",
		},
		{
			"asked", map[string]any{"lr": 0.5, "batch": 8.0}, map[string]any{"lr": 0.5, "batch": 8.0},
			"what was asked for comes before the recipe",
		},
		{
			"zero", map[string]any{"lr": 0.0}, map[string]any{"lr": 0.0},
			"zero is a value: the run on which nothing is learnt",
		},
		{
			"text", map[string]any{"lr": "1e-3", "epochs": "7"}, map[string]any{"lr": 1e-3, "epochs": 7.0},
			"as a command line gives it",
		},
		{"whole number", map[string]any{"epochs": 7}, map[string]any{"epochs": 7.0}, "as a Go program gives it"},
		{
			"method's own", map[string]any{"method": "inforeg", "regulate": "false", "beta": 0.5},
			map[string]any{"regulate": false, "beta": 0.5, "window": "auto"},
			"settings of the method that was asked for",
		},
		{
			"set's own", map[string]any{"data.audio_noise": 2.0},
			map[string]any{"data.audio_noise": 2.0, "data.visual_noise": 0.3}, "below data.",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Resolve(tt.asked, desc)
			if err != nil {
				t.Fatal(err)
			}
			some := map[string]any{}
			for name := range tt.want {
				some[name] = got[name]
			}
			if diff := cmp.Diff(tt.want, some); diff != "" {
				t.Errorf("(-want +got)\n%s\nreason: %s", diff, tt.reason)
			}
			again, err := Resolve(got, desc)
			if diff := cmp.Diff(got, again); err != nil || diff != "" {
				t.Errorf("resolved again: error %v (-first +again)\n%s", err, diff)
			}
		})
	}
}

// TestUnknown offers the nearest names, or all of them.
func TestUnknown(t *testing.T) {
	desc := hosttest.SynthDescription(t)
	for _, tt := range []struct {
		name          string
		asked         map[string]any
		message, hint string
		reason        string
	}{
		{"exchanged", map[string]any{"bacth": 8}, `unknown setting "bacth"`, "did you mean batch?", "two letters"},
		{
			"part of a name", map[string]any{"noise": 1}, `unknown setting "noise"`,
			"did you mean every.noise or data.audio_noise or data.visual_noise?", "the end of three names",
		},
		{
			"nothing near", map[string]any{"quatsch-mit-sauce": 1}, `unknown setting "quatsch-mit-sauce"`,
			"primewindow settings", "there are too many to list them",
		},
		{
			"of another method", map[string]any{"method": "joint", "first_epoch": 1}, `unknown setting "first_epoch"`,
			"", "joint has no window",
		},
		{
			"beta of joint", map[string]any{"method": "joint", "beta": 0.5},
			`unknown setting "beta": method joint has none of that name`, "it belongs to inforeg",
			"by its cause, not by its letters",
		},
		{
			"of another set", map[string]any{"data.image_side": 8},
			`unknown setting "data.image_side": the set has none of that name`, "folder", "likewise",
		},
		{
			"misspelt of the set", map[string]any{"data.trian": 8}, `unknown setting "data.trian"`,
			"did you mean data.train", "near letters come first",
		},
		{"data", map[string]any{"data": "sinth"}, `unknown data "sinth"`, "did you mean synth?", "one letter"},
		{
			"method", map[string]any{"method": "INFOREG2"}, `unknown method "INFOREG2"`, "did you mean inforeg",
			"capitals do not count",
		},
		{
			"bounds", map[string]any{"momentum": 1}, "momentum: got 1, want between 0 and 0.9999", "momentum: ",
			"with what it is",
		},
		{
			"choice", map[string]any{"method": "inforeg", "window": "open"},
			`window: got "open", want all, none, auto, outside`, "window: ", "the choices",
		},
		{"no number", map[string]any{"lr": []any{1.0}}, "lr: got [1], want a number", "lr: ", "as JSON may bring it"},
		{
			"fraction", map[string]any{"epochs": 1.5}, "epochs: got 1.5, want a whole number", "epochs: ",
			"half an epoch",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Resolve(tt.asked, desc)
			p, ok := errors.AsType[*wire.Problem](err)
			if !ok || !strings.Contains(p.Message, tt.message) || !strings.Contains(p.Hint, tt.hint) || p.Hint == "" {
				t.Errorf(
					"resolve(%v): %v %+v, want %q with hint %q\nreason: %s", tt.asked, err, p, tt.message, tt.hint,
					tt.reason,
				)
			}
		})
	}
}

// TestDifferences lists every setting that differs, also one that only one side has.
func TestDifferences(t *testing.T) {
	have := Values{"lr": 0.1, "batch": 16.0, "modalities": "", "beta": 0.9, "seed": 0.0}
	want := Values{"lr": 0.0, "batch": 16.0, "modalities": "audio", "alpha": 0.1, "seed": 0.0}
	got := Differences(have, want)
	slices.Sort(got)
	if diff := cmp.Diff([]string{
		"alpha is not set there, 0.1 here", "beta is 0.9 there, not set here", "lr is 0.1 there, 0 here",
		"modalities is not set there, audio here",
	}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := Differences(have, have); len(got) != 0 {
		t.Errorf("of equal settings: %v", got)
	}
	if have.Hash() == want.Hash() || have.Hash() != (Values{
		"seed": 0.0, "beta": 0.9, "modalities": "", "batch": 16.0, "lr": 0.1,
	}).Hash() {
		t.Error("the hash must name the settings, whatever their order")
	}
}

// TestTables: in no table does a name occur twice, and every default is a value of its own setting.
func TestTables(t *testing.T) {
	desc := hosttest.SynthDescription(t)
	for _, m := range method.Names() {
		list, err := Table("synth", m, desc)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, s := range list {
			if seen[s.Name] {
				t.Errorf("%s: setting %s twice", m, s.Name)
			}
			seen[s.Name] = true
			if v, err := s.Parse(s.Default); err != nil || v != s.Default {
				t.Errorf("%s: default %v of %s is parsed as %v, error %v", m, s.Default, s.Name, v, err)
			}
			if s.Doc == "" {
				t.Errorf("%s: setting %s has no sentence", m, s.Name)
			}
		}
	}
}

func TestCheckModalities(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "audio": "", "audio,visual": "", "audio, visual": "", "audio visual": "",
		",": "missing", " ": "missing", "audio,": "missing", ",audio": "missing", "audio,,visual": "missing",
		"audio,audio": "audio twice", "a b,a": "a twice",
	} {
		if err := checkModalities(text); (err == nil) != (want == "") ||
			err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("checkModalities(%q) = %v, want %q", text, err, want)
		}
	}
}

// TestList wants all settings of the table, those of a name, or the nearest where there is none.
func TestList(t *testing.T) {
	desc := hosttest.SynthDescription(t)
	table, err := Table("synth", "inforeg", desc)
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]any{"method": "inforeg"}
	for _, tt := range []struct {
		text   string
		want   int
		first  wire.Setting
		reason string
	}{
		{"", len(table), wire.Setting{}, "all, the encoders of the set's modalities among them"},
		{
			"beta", 1, wire.Setting{Name: "beta", Range: "number from 0 to 100"},
			"the whole name, whatever else has it in it",
		},
		{"batc", 1, wire.Setting{Name: "batch", Range: "whole number from 2 to 65536"}, "a part of a name"},
		{"encoder.", 2, wire.Setting{Name: "encoder.audio", Range: "text"}, "sorted"},
		{"shuffle", 1, wire.Setting{Name: "shuffle_labels", Range: "true or false"}, "a switch"},
		{"fusion", 1, wire.Setting{Name: "fusion", Range: "concat, sum, gated, film"}, "choices"},
	} {
		got, err := List(asked, desc, tt.text)
		if err != nil || len(got) != tt.want {
			t.Errorf("%q: %d settings, %v, want %d\nreason: %s", tt.text, len(got), err, tt.want, tt.reason)
			continue
		}
		if tt.first.Name != "" && (got[0].Name != tt.first.Name || got[0].Range != tt.first.Range || got[0].Doc == "") {
			t.Errorf("%q: first %+v, want %+v\nreason: %s", tt.text, got[0], tt.first, tt.reason)
		}
	}
	_, err = List(asked, desc, "bta")
	if p, ok := errors.AsType[*wire.Problem](err); !ok || !strings.Contains(p.Hint, "did you mean beta") {
		t.Errorf("bta: %v, want the nearest", err)
	}
	_, err = List(asked, desc, "zzzzzzz")
	if p, ok := errors.AsType[*wire.Problem](err); !ok || !strings.Contains(p.Hint, "primewindow settings") ||
		len(p.Hint) > 100 {
		t.Errorf("zzzzzzz: %v, want to be told where they are, not all of them", err)
	}
}
