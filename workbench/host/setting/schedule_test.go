package setting

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
)

// TestPresets: every schedule of every preset can be read and belongs to a preset, and each probe is in the full one.
func TestPresets(t *testing.T) {
	table := scheduleSettings()[0]
	if !slices.Contains(table.Choices, table.Default.(string)) {
		t.Errorf("the default preset %v is not there", table.Default)
	}
	for _, p := range Probes() {
		for preset, text := range p.Presets {
			if s, err := inforeg.ParseSchedule(text); err != nil || s == (inforeg.Schedule{}) ||
				!slices.Contains(table.Choices, preset) {
				t.Errorf("%s: %s %q: %v, error %v", preset, p.Name, text, s, err)
			}
		}
		if p.Presets[presetFull] == "" || p.Presets[presetNone] != "" || p.Doc == "" {
			t.Errorf(
				"%s: full has it %q, none %q, it measures %q", p.Name, p.Presets[presetFull], p.Presets[presetNone],
				p.Doc,
			)
		}
	}
	if !slices.IsSortedFunc(Probes(), func(a, b Probe) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("probes are not sorted, as their settings are shown")
	}
}

// TestScheduleSettings: a schedule of its own comes before the preset, and an empty one is the preset's.
func TestScheduleSettings(t *testing.T) {
	desc := hosttest.SynthDescription(t)
	for _, tt := range []struct {
		name   string
		asked  map[string]any
		probe  string
		want   string
		reason string
	}{
		{"default", nil, ProbeEmp, "1 window", "standard, which window tests rely on"},
		{"default of another", nil, ProbeShare, "never", "standard leaves steps as they are"},
		{"preset", map[string]any{"probes": "full"}, ProbeShare, "8 steps", "an empty setting follows the preset"},
		{"preset of signs", map[string]any{"probes": "economy"}, ProbeSigns, "8 steps", "likewise"},
		{"none", map[string]any{"probes": "none"}, ProbeEmp, "never", "nothing by itself"},
		{
			"own", map[string]any{"probes": "full", "every.share": "log"}, ProbeShare, "10 per decade",
			"before the preset",
		},
		{
			"never", map[string]any{"probes": "full", "every.share": "never"}, ProbeShare, "never",
			"before the preset as well",
		},
		{
			"beside none", map[string]any{"probes": "none", "every.fisher_emp": "2 epochs"}, ProbeEmp, "2 epochs",
			"a single part",
		},
		{"spaces", map[string]any{"every.fisher_emp": " epoch "}, ProbeEmp, "1 epoch", "as typed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			settings, err := Resolve(tt.asked, desc)
			if err != nil {
				t.Fatal(err)
			}
			if got := settings.Schedule(tt.probe).String(); got != tt.want {
				t.Errorf("%s: got %q, want %q\nreason: %s", tt.probe, got, tt.want, tt.reason)
			}
		})
	}
	for _, tt := range []struct {
		asked         map[string]any
		message, hint string
		reason        string
	}{
		{
			map[string]any{"every.share": "sometimes"},
			`every.share: inforeg: schedule "sometimes", want never, epoch, 2 epochs`, "8 steps", "not a schedule",
		},
		{map[string]any{"every.share": "0 steps"}, `schedule "0 steps"`, "every.share: ", "that is never"},
		{map[string]any{"every.share": 8.0}, `schedule "8"`, "every.share: ", "a number without its unit"},
		{
			map[string]any{"every.shares": "epoch"}, `unknown setting "every.shares"`, "did you mean every.share",
			"one letter",
		},
		{
			map[string]any{"probes": "everything"},
			`probes: got "everything", want one of economy, full, none, standard`, "probes: ", "the choices",
		},
	} {
		_, err := Resolve(tt.asked, desc)
		p, ok := errors.AsType[*wire.Problem](err)
		if !ok || !strings.Contains(p.Message, tt.message) || !strings.Contains(p.Hint, tt.hint) ||
			strings.Contains(p.Message, "\n") {
			t.Errorf(
				"%v: %v, hint %q, want %q with %q\nreason: %s", tt.asked, err, p.Hint, tt.message, tt.hint, tt.reason,
			)
		}
	}
}
