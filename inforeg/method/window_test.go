package method_test

import (
	"maps"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/inforeg/method"
)

// FuzzWindow: what the setting window takes, a method can act by; what it refuses it refuses in a line.
func FuzzWindow(f *testing.F) {
	for _, text := range []string{
		"all", "2:5", "2:5 8:9", "audio 2:5, visual 8:9", "audio", "5:2", "2:5:9", ",", "audio 1:2, audio 3:4", "-1:2",
		"1:99999999999999999999",
	} {
		f.Add(text, 3)
	}
	settings := map[string]any{}
	var window data.Setting
	for _, s := range (method.OGM{}).Settings() {
		settings[s.Name] = s.Default
		if s.Name == "window" {
			window = s
		}
	}
	f.Fuzz(func(t *testing.T, text string, epoch int) {
		v, err := window.Parse(text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		settings["window"] = v
		open, _, err := method.Windows(
			inforeg.Epoch{
				Index: max(0, epoch), Interval: max(0, epoch), Settings: settings,
				Modalities: []string{"audio", "visual"},
			},
		)
		if err == nil && len(open) != 2 {
			t.Errorf("%q in epoch %d: %v", text, epoch, open)
		}
	})
}

// TestIntervals: where windows are tested by another clock than epochs, it is the interval that counts, and K is for
// its length.
func TestIntervals(t *testing.T) {
	nan := math.NaN()
	for _, tt := range []struct {
		name     string
		epoch    inforeg.Epoch
		settings map[string]any
		want     bool
		reason   string
	}{
		{"third interval of the first epoch", inforeg.Epoch{Interval: 2}, nil, true, "two traces are there: 1, 1.1"},
		{
			"second interval of the third epoch", inforeg.Epoch{Index: 2, Interval: 1}, nil, false,
			"eq. 11 reads two intervals, however many epochs they are",
		},
		{
			"half as long", inforeg.Epoch{Interval: 3, KShare: 0.5}, nil, true,
			"1.13/1.1: 0.0265 > 1 - sqrt(0.96) = 0.0202",
		},
		{"as long", inforeg.Epoch{Interval: 3}, nil, false, "0.0265 < 0.04"},
		{"beyond noise", inforeg.Epoch{Interval: 2}, map[string]any{"k_z": 2.0}, true, "0.0909 > 0.04 + 2*0.02"},
		{"within noise", inforeg.Epoch{Interval: 2}, map[string]any{"k_z": 3.0}, false, "0.0909 < 0.04 + 3*0.02"},
		{
			"error not known", inforeg.Epoch{Interval: 3, KShare: 0.5}, map[string]any{"k_z": 0.1}, false,
			"nothing to tell by",
		},
		{"a range", inforeg.Epoch{Index: 0, Interval: 2}, map[string]any{"window": "2:3"}, true, "in intervals"},
		{
			"a range of epochs", inforeg.Epoch{Index: 2, Interval: 4}, map[string]any{"window": "2:3"}, false,
			"in intervals, not in epochs",
		},
	} {
		e := tt.epoch
		e.Modalities = []string{"a"}
		e.Settings = map[string]any{}
		for _, s := range (method.InfoReg{}).Settings() {
			e.Settings[s.Name] = s.Default
		}
		maps.Copy(e.Settings, tt.settings)
		e.Traces = map[string]map[string][]float64{inforeg.KindFisherEmp: {"a": {1, 1.1, 1.13, 1.13}}}
		e.RiseErrors = map[string]map[string][]float64{inforeg.KindFisherEmp: {"a": {nan, nan, 0.02, nan, nan}}}
		open, _, err := method.Windows(e)
		if err != nil || open["a"] != tt.want {
			t.Errorf("%s: open %v, error %v, want %v\nreason: %s", tt.name, open["a"], err, tt.want, tt.reason)
		}
	}
	if _, _, err := method.Windows(inforeg.Epoch{
		Interval: 3, Modalities: []string{"a"},
		Traces: map[string]map[string][]float64{inforeg.KindFisherEmp: {"a": {1, 2, 3}}},
		Settings: map[string]any{
			"window": "auto", "first_epoch": 0.0, "last_epoch": 9.0, "k": 0.04, "k_z": 1.0, "floor": 0.0, "smooth": 2.0,
			"smooth_zeros": false, "open_at_start": false, "window_trace": inforeg.KindFisherEmp,
			"window_source": "own",
		},
	}); err == nil || !strings.Contains(err.Error(), "k_z 1") {
		t.Errorf("a smoothed trace has no errors: error %v", err)
	}
}

// TestBlendWaits: G-Blending acts on nothing while it has no weights, which are estimated at an epoch's start.
func TestBlendWaits(t *testing.T) {
	settings := map[string]any{}
	for _, s := range (method.GBlend{}).Settings() {
		settings[s.Name] = s.Default
	}
	for _, tt := range []struct {
		weights []float32
		want    float64
	}{{[]float32{0, 0, 0}, 0}, {[]float32{0.2, 0.3, 0.5}, 1}} {
		got, err := method.GBlend{}.IntervalStart(
			inforeg.Epoch{
				Modalities: []string{"a", "v"}, Settings: settings, State: map[string][]float32{"weights": tt.weights},
			},
		)
		if diff := cmp.Diff(map[string]float64{"window.a": tt.want, "window.v": tt.want}, got); err != nil ||
			diff != "" {
			t.Errorf("weights %v: error %v (-want +got)\n%s", tt.weights, err, diff)
		}
	}
}
