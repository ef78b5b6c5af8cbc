package main

import (
	"image/png"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	wb "github.com/primewindow/primewindow/workbench"
	"github.com/primewindow/primewindow/workbench/host/draw"
)

// TestProbe measures a run at past steps and leaves its folder as it is, byte for byte.
func TestProbe(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	s.must(t, small("-epochs", "2", "-out", "r")...)
	before := fingerprint(t, s.dir)
	for _, tt := range []struct {
		name   string
		args   []string
		want   string // of the line about the audio encoder
		reason string
	}{
		{
			"own", []string{"-at", "2"}, "2 fisher_emp audio # # fused observed recalibrated 8",
			"in mid-epoch, where nothing is on record",
		},
		{
			"at the start", []string{"-at", "0", "-bn", "eval"}, "0 fisher_emp audio # # fused observed eval 8",
			"the first weights",
		},
		{
			"drawn", []string{"-kind", "fisher_true", "-labels", "sampled", "-draws", "2", "-weights"},
			"6 fisher_true audio # # fused sampled recalibrated 8 weights, 2 draws", "in what it differs",
		},
		{
			"cosine", []string{"-kind", "cosine", "-batches", "3", "-at", "5"},
			"5 cosine audio # - total observed batch 3 last 3", "of the last three of five",
		},
		{
			"noise", []string{"-kind", "noise", "-at", "4"},
			"4 gradient_noise audio # - fused observed coupled 16 balanced", "a whole batch",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := s.must(t, append([]string{"probe", "r"}, tt.args...)...)
			found := false
			for line := range strings.Lines(p.out) {
				got, want := strings.Fields(line), strings.Fields(tt.want)
				for i, word := range want {
					if word == "#" && i < len(got) { // a number
						want[i] = got[i]
					}
				}
				found = found || slices.Equal(got, want)
			}
			if !found {
				t.Errorf("%s%s\nwant a line %q\nreason: %s", p.out, p.err, tt.want, tt.reason)
			}
			if fingerprint(t, s.dir) != before {
				t.Error("files have changed")
			}
		})
	}
	t.Run("samples", func(t *testing.T) {
		p := s.must(t, "probe", "r", "-kind", "samples", "-at", "2", "-out", "s.png")
		if _, err := png.Decode(strings.NewReader(s.read(t, "s.png"))); err != nil ||
			!strings.Contains(p.out, "r, step 2") {
			t.Errorf("%s%v, want a picture, and a sentence that names run and step", p.out, err)
		}
	})
}

// TestNames: what a cell can name is what the host knows: schedules, kinds and figures.
func TestNames(t *testing.T) {
	needPlugin(t)
	s := newStage(t)
	// too large a batch: settings are read before it
	args := small("-out", "r", "-set", "batch=49", "-set", "probes=full")
	schedules := []wb.Schedule{
		wb.EverySteps(1), wb.EverySteps(8), wb.EveryEpochs(1), wb.EveryEpochs(2), wb.PerDecade(1), wb.PerDecade(5),
		wb.Log, wb.Never,
	}
	for i, probe := range []wb.ProbeKind{
		wb.FisherEmp, wb.FisherTrue, wb.Cosine, wb.Noise, wb.Motion, wb.Share, wb.SignSums, wb.DrawnLabels,
		wb.Accuracy, wb.Linear,
	} {
		args = append(args, "-set", "every."+string(probe)+"="+string(schedules[i%len(schedules)]))
	}
	checkProblem(t, s.play(t, args...), "batch of 49", "smaller batch")

	s.must(t, small("-epochs", "1", "-set", "probes=none", "-out", "r")...)
	p := s.play(t, "probe", "r", "-kind", "hessian")
	checkProblem(t, p, `unknown probe "hessian"`, "there are ")
	_, hint, _ := strings.Cut(p.err, "there are ")
	kinds := strings.Split(strings.TrimSpace(hint), ", ")
	want := []wb.ProbeKind{
		wb.FisherEmp, wb.FisherTrue, wb.Released, wb.BatchSquare, wb.Cosine, wb.Accuracy, wb.Linear, wb.Motion,
		wb.Noise,
	}
	slices.Sort(want)
	if diff := cmp.Diff(plain(want), kinds); diff != "" {
		t.Errorf("kinds (-cell +host)\n%s", diff)
	}
	figures := []wb.FigureKind{
		wb.Trace, wb.TrueTrace, wb.Released, wb.Running, wb.Smooth, wb.Layers, wb.Gap, wb.Motion, wb.Cosine,
		wb.TopSamples, wb.Accuracy, wb.Loss, "live",
	}
	if diff := cmp.Diff(plain(figures), draw.Figures()); diff != "" {
		t.Errorf("figures (-cell +host)\n%s", diff)
	}
}

// plain takes the type off names.
func plain[K ~string](names []K) []string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = string(name)
	}
	return list
}
