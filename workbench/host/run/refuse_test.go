package run

import (
	"errors"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// TestMethodsRefuse: what a method or a fusion head is not defined for is one line and a hint, before anything runs.
func TestMethodsRefuse(t *testing.T) {
	desc := &data.Description{Name: "synth", Classes: []string{"x", "y", "z"}, Modalities: []data.Modality{
		{Name: "audio", Kind: data.Spectrogram, Shape: []int{16, 16, 1}},
		{Name: "visual", Kind: data.Image, Shape: []int{16, 16, 1}},
		{Name: "text", Kind: data.Vector, Shape: []int{5}}, {Name: "d", Kind: data.Vector, Shape: []int{5}},
		{Name: "e", Kind: data.Vector, Shape: []int{5}}, {Name: "f", Kind: data.Vector, Shape: []int{5}},
	}}
	for _, tt := range []struct {
		name   string
		asked  map[string]any
		want   string
		reason string
	}{
		{
			"ogm of one", map[string]any{"method": "ogm", "modalities": "audio"},
			"method ogm with 1 modalities, want at least 2", "nothing to compare with",
		},
		{
			"pmr of one", map[string]any{"method": "pmr", "modalities": "audio"},
			"method pmr with 1 modalities, want at least 2", "its ratio is of two or more",
		},
		{
			"greedy of three", map[string]any{"method": "greedy", "modalities": "audio,visual,text"},
			"method greedy with 3 modalities, want 2", "gates stand between two",
		},
		{
			"greedy without stages", map[string]any{"method": "greedy", "modalities": "audio,text"}, "text",
			"an encoder without stages has no place for gates",
		},
		{"agm of six", map[string]any{"method": "agm"}, "method agm with 6 modalities", "2^6 - 1 passes"},
		{
			"redreg, other widths",
			map[string]any{"method": "redreg", "modalities": "audio,visual", "encoder.visual": "cnn2d:4-8"},
			"they must be equally many", "a cosine of unequal features",
		},
		{
			"redreg, token ids",
			map[string]any{
				"method": "redreg", "modalities": "audio,text", "encoder.audio": "cnn2d:8",
				"encoder.text": "transformer,vocab=9,dim=8,heads=2",
			},
			"token ids with noise are none", "it adds noise to the input",
		},
		{
			"slow, leader", map[string]any{"method": "slow", "modalities": "audio,visual", "leader": "sound"},
			`leader "sound", want one of [audio visual]`, "no such modality",
		},
		{
			"gated of three", map[string]any{"fusion": "gated", "modalities": "audio,visual,text"},
			"fusion gated of 3 modalities, it is defined for 2", "one gates the other",
		},
		{
			"film of one", map[string]any{"fusion": "film", "modalities": "audio"}, "fusion film of 1 modalities",
			"nothing to modulate",
		},
		{"fusion", map[string]any{"fusion": "glue"}, `got "glue", want one of concat, sum, gated, film`, "not known"},
		{"window", map[string]any{"method": "ogm", "window": "2-5"}, `setting window: got "2-5"`, "another sign"},
		{"window backwards", map[string]any{"method": "ogm", "window": "5:2"}, "FROM below TO", "empty"},
		{
			"weights", map[string]any{"method": "joint_star", "weights": "joint=one"},
			`setting weights: got "joint=one"`, "no number",
		},
		{
			"weights twice", map[string]any{"method": "joint_star", "weights": "joint=1 joint=2"}, "each name once",
			"which one?",
		},
		{"range", map[string]any{"method": "agm", "alpha": -1}, "setting alpha: got -1", "below its bounds"},
		{"setting of another", map[string]any{"method": "ogm", "bta": 1}, `unknown setting "bta"`, "OGM has no β"},
		{
			"method", map[string]any{"method": "mmparetto"}, `unknown method "mmparetto"`,
			"a letter too many; the nearest is offered",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			settings, err := setting.Resolve(tt.asked, desc)
			if err == nil {
				_, err = setting.BuildModel(settings, *desc)
			}
			var p *wire.Problem
			if !errors.As(err, &p) || !strings.Contains(p.Message, tt.want) || p.Hint == "" ||
				strings.Contains(p.Message, "\n") {
				t.Errorf("error %v, want one line with %q and a hint\nreason: %s", err, tt.want, tt.reason)
			}
		})
	}
}

// TestWindowOfStranger: a window that names a modality that is not there is refused when the epoch begins, and the run
// stands before it.
func TestWindowOfStranger(t *testing.T) {
	shop := newTestShop(t)
	settings := hosttest.Small("ogm")
	settings["window"] = "sound 0:3"
	r, err := shop.Open("stranger", wire.Declaration{Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.To(t.Context(), 1, "test"); err == nil || !strings.Contains(err.Error(), `window of "sound"`) ||
		r.Status().Step != 0 {
		t.Errorf("error %v at step %d, want one that names the modality, at step 0", err, r.Status().Step)
	}
}

// TestNoValidation: G-Blending without a validation split says so before it trains.
func TestNoValidation(t *testing.T) {
	shop := newTestShop(t)
	settings := hosttest.Small("gblend")
	settings["data.val"] = 0.0
	r, err := shop.Open("blend", wire.Declaration{Settings: settings})
	if err == nil {
		err = r.To(t.Context(), 1, "test")
	}
	if err == nil || !strings.Contains(err.Error(), "val") {
		t.Errorf("error %v, want one about the validation split", err)
	}
}
