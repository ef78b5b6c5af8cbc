package main

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/catalog"
	"github.com/primewindow/primewindow/data/synth"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/viz"
	"github.com/primewindow/primewindow/workbench/host/draw"
	"github.com/primewindow/primewindow/workbench/host/probe"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/reproduce"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// registeredVariable makes the test binary, where it plays the program, one of a project with its own set, method,
// encoder, probe, figure and target.
const registeredVariable = "PRIMEWINDOW_TEST_REGISTERED"

// oursSign is a method of the project's own: it trains on the signs of the gradients.
type oursSign struct{ inforeg.Plain }

func (oursSign) Settings() []data.Setting {
	return []data.Setting{{Name: "ours_scale", Default: 0.01, Min: 0, Max: 1, Mutable: true, Doc: "length of a step"}}
}

func (oursSign) Gradients(s *inforeg.Step) {
	for name, g := range s.Grads {
		s.Grads[name] = Mul(Sign(g), s.Controls["ours_scale"])
	}
}

// oursFlat is an encoder of the project's own.
type oursFlat struct{ models.MLP }

func (f oursFlat) Forward(c *models.Call, prefix string, x *Node) *Node {
	return f.MLP.Forward(c, prefix, Reshape(x, x.Shape().Dimensions[0], -1))
}

// registerOurs adds one of each kind, and wants a second one of the same name to be refused.
func registerOurs() {
	set := synth.Source
	set.Name, set.Doc, set.StandsFor = "ours", "made for this test", nil
	figure := draw.Figure{Name: "oursfig", Draw: func([]record.Recorded) (*viz.Figure, error) {
		return viz.Loss(
			viz.LossFigure{
				Title: "drawn", Series: []viz.Series{{Name: "loss", Points: []viz.Point{{X: 1, Y: 2}, {X: 2, Y: 1}}}},
			},
		)
	}}
	samples := probe.Probe{Kind: "ours_count", Records: "ours_count",
		Measure: func(now *probe.Moment) (list []wire.Record, err error) {
			for _, m := range now.Engine.Model.Modalities {
				list = append(list, wire.Record{
					Step: now.Step, Epoch: max(0, now.Step-1) / now.PerEpoch, Kind: "ours_count", Encoder: m.Name,
					Value: float64(now.Set.Len(data.Train)), Loss: "none", Labels: "observed", BN: setting.BNRunning,
				})
			}
			return list, nil
		}}
	when := setting.Probe{
		Name: "ours_count", Doc: "counts the samples", Presets: map[string]string{"standard": "1 epoch"},
	}
	target := reproduce.Target{Name: "ourstable", Title: "Ours", Arms: []reproduce.Arm{
		{Name: "Joint", Method: "joint"},
		{Name: "Signs", Method: "ours_sign", Settings: map[string]any{"ours_scale": 0.02}},
	}}
	for again := range 2 {
		_, err := catalog.Register(set)
		_, errFigure := draw.Register(figure)
		_, errProbe := probe.Register(samples, when)
		_, errTarget := reproduce.Register(target)
		for _, err := range []error{err, errFigure, errProbe, errTarget} {
			if (err != nil) != (again == 1) {
				panic(fmt.Errorf("registering, time %d: %w", again+1, err))
			}
		}
	}
	method.Register("ours_sign", oursSign{})
	models.RegisterEncoder("ours_flat", func(
		_ string, m data.Modality, option func(name, def string) string,
	) (models.Encoder, error) {
		width, err := strconv.Atoi(option("width", "4"))
		return oursFlat{models.MLP{In: m.Size(), Widths: []int{width}}}, err
	})
}

// TestRegistered adds a set, a method, an encoder, a probe, a figure and a target, and wants them everywhere that those
// of the program are.
func TestRegistered(t *testing.T) {
	s := newStage(t)
	s.env = append(s.env, registeredVariable+"=1")
	for _, tt := range []struct {
		args   []string
		want   string
		reason string
	}{
		{[]string{"data", "list"}, "ours           made for this test (made, needs no files)", "the catalogue"},
		{[]string{"data", "check", "ours"}, "train", "its survey"},
		{[]string{"settings", "data.train", "-data", "ours"}, "data.train", "its settings"},
		{[]string{"settings", "data"}, "ours,", "the choices of the setting data"},
		{[]string{"settings", "method"}, "ours_sign", "the choices of the setting method"},
		{[]string{"settings", "ours", "-method", "ours_sign"}, "length of a step", "the method's settings"},
		{[]string{"reproduce", "table1", "-data", "ours", "-plan"}, "ours", "targets"},
		{[]string{"show", "-h"}, "oursfig", "the flag's choices"},
		{[]string{"settings", "every.ours_count"}, "counts the samples", "the probe's schedule"},
		{[]string{"reproduce", "ourstable", "-data", "ours", "-seeds", "2", "-plan"}, "ourstable", "its plan"},
	} {
		if p := s.must(t, tt.args...); !strings.Contains(p.out+p.err, tt.want) {
			t.Errorf("primewindow %v lacks %q:\n%s%s\nreason: %s", tt.args, tt.want, p.out, p.err, tt.reason)
		}
	}
	checkProblem(t, s.play(t, "settings", "-data", "our"), `unknown data "our"`, "did you mean ours")
	checkProblem(t, s.play(t, "settings", "-method", "ours_sig"), `unknown method "ours_sig"`, "did you mean ours_sign")
	needPlugin(t)
	run := []string{
		"run", "-data", "ours", "-method", "ours_sign", "-epochs", "1", "-set", "data.train=48", "-set", "data.val=24",
		"-set", "data.test=24",
		"-set", "batch=16", "-set", "encoder.audio=ours_flat", "-set", "encoder.visual=cnn2d:2", "-set",
		"probe_samples=8", "-set", "probes=none", "-set", "every.ours_count=epoch",
	}
	s.must(t, append(run, "-out", "r")...)
	if n := strings.Count(s.read(t, "r/probes.jsonl"), `"kind":"ours_count"`); n != 2 {
		t.Errorf("%d records of the probe, want one of each modality at the epoch's end", n)
	}
	if p := s.must(t, "probe", "r", "-kind", "ours_count"); !strings.Contains(p.out, "ours_count") ||
		!strings.Contains(p.out, "48") {
		t.Errorf("asked for:\n%s", p.out)
	}
	checkProblem(
		t, s.play(t, "probe", "r", "-kind", "ours_cont"), `unknown probe "ours_cont"`, "did you mean ours_count",
	)
	checkProblem(t, s.play(t, "reproduce", "ourstabel", "-data", "ours"), `unknown target "ourstabel"`, "ourstable")
	s.must(t, "show", "r", "-figure", "oursfig", "-out", "drawn.png")
	if png := s.read(t, "drawn.png"); !strings.HasPrefix(string(png), "\x89PNG") {
		t.Errorf("%d bytes, want a PNG", len(png))
	}
	checkProblem(
		t, s.play(t, "show", "r", "-figure", "oursfi", "-out", "drawn.png"), `unknown figure "oursfi"`,
		"did you mean oursfig",
	)
	checkProblem(
		t, s.play(t, append(run, "-set", "encoder.audio=ours_flatt", "-out", "q")...), "ours_flatt", "ours_flat",
	)
	compared := s.must(t, "compare", "-data", "ours", "-methods", "joint,ours_sign", "-seeds", "1", "-epochs", "1",
		"-set", "data.train=48",
		"-set", "data.val=24", "-set", "data.test=24", "-set", "batch=16", "-set", "encoder.audio=ours_flat", "-set",
		"encoder.visual=cnn2d:2",
		"-set", "probe_samples=8", "-set", "ours_sign.ours_scale=0.02", "-out", "c").out
	if !strings.Contains(compared, "\nours_sign") || !strings.Contains(compared, "ours_scale=0.02") {
		t.Errorf("compared:\n%s", compared)
	}
}
