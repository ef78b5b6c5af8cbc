package engine

import (
	"slices"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// TestEngines: runs share an engine where their graphs are the same, whatever set their samples come from.
func TestEngines(t *testing.T) {
	var engines Engines
	find := func(change func(settings setting.Values, desc *data.Description)) *Engine {
		t.Helper()
		desc := hosttest.SynthDescription(t)
		desc.Modalities, desc.Classes = slices.Clone(desc.Modalities), slices.Clone(desc.Classes)
		settings, err := setting.Resolve(hosttest.Tiny("joint", nil), desc)
		if err != nil {
			t.Fatal(err)
		}
		if change != nil {
			change(settings, desc)
		}
		m, err := setting.BuildModel(settings, *desc)
		if err != nil {
			t.Fatal(err)
		}
		joint, _ := method.Find("joint")
		return engines.Find(&xla.Backend{}, m, joint, settings)
	}
	first := find(nil)
	for _, tt := range []struct {
		name   string
		change func(settings setting.Values, desc *data.Description)
		same   bool
		reason string
	}{
		{"rate", func(s setting.Values, _ *data.Description) { s["lr"] = 1.0 }, true, "it is an input"},
		{"set", func(s setting.Values, _ *data.Description) { s["data"] = "digits" }, true, "the shapes are the same"},
		{"batch", func(s setting.Values, _ *data.Description) { s["batch"] = 3.0 }, false, "it is a shape"},
		{
			"classes", func(_ setting.Values, d *data.Description) { d.Classes = append(d.Classes, "more") }, false,
			"likewise",
		},
		{
			"kind", func(_ setting.Values, d *data.Description) {
				for i, m := range d.Modalities {
					if m.Kind == data.Spectrogram {
						d.Modalities[i].Kind = data.Image
					}
				}
			}, false, "an encoder may look at it",
		},
	} {
		if got := find(tt.change) == first; got != tt.same {
			t.Errorf("another %s: shared %v, want %v\nreason: %s", tt.name, got, tt.same, tt.reason)
		}
	}
}
