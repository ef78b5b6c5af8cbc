package run

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/draw"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// everyFour are settings of InfoReg with windows tested every four steps, where an epoch has six, and always open.
func everyFour() map[string]any {
	s := hosttest.Small("inforeg")
	s[setting.WindowEvery], s["k"] = "4 steps", -90.0
	return s
}

// TestClockOfSteps: traces are measured, windows are decided and the first weights of the penalty are noted every four
// steps, also within an epoch.
func TestClockOfSteps(t *testing.T) {
	shop := newTestShop(t)
	r := trained(t, shop, "r", everyFour(), 3*hosttest.SmallEpoch)
	var at []int
	for _, p := range onRecord(r).Probes {
		if p.Kind != inforeg.KindFisherEmp || p.Encoder != "audio" {
			continue
		}
		at = append(at, p.Step)
		if n := len(p.Each); (p.Step == 0) != (n == 0) || n > 0 && n != p.N {
			t.Errorf(
				"step %d: parts of %d samples, want those of all %d where a window test reads the trace", p.Step, n,
				p.N,
			)
		}
		// float32 in the record
		if mean, _ := inforeg.MeanError(record.Doubles(p.Each)); p.Step > 0 && math.Abs(mean/p.Value-1) > 1e-6 {
			t.Errorf("step %d: mean of the samples' parts %v, trace %v", p.Step, mean, p.Value)
		}
	}
	if diff := cmp.Diff([]int{0, 4, 8, 12, 16}, at); diff != "" {
		t.Errorf("trace measured after steps (-want +got)\n%s", diff)
	}
	for _, m := range []string{"audio", "visual"} {
		on, penalty := seriesOf(r, wire.OnPrefix+m), seriesOf(r, "penalty."+m)
		for step := range on {
			switch {
			case step < 8 && on[step] != 0:
				t.Errorf("step %d: %s regulated, before two traces are there", step, m)
			case on[step] > 0 && (penalty[step] == 0) != (step%4 == 0):
				t.Errorf(
					"step %d: penalty of %s is %v, want it to begin with nothing every four steps", step, m,
					penalty[step],
				)
			}
		}
	}
	if on := append(
		seriesOf(r, wire.OnPrefix+"audio")[8:], seriesOf(r, wire.OnPrefix+"visual")[8:]...,
	); slices.Max(on) == 0 {
		t.Error("nothing was ever regulated")
	}
	if s := r.Status(); s.StepsPerTest != 4 {
		t.Errorf("status says %d steps from test to test, want 4", s.StepsPerTest)
	}
}

// TestClockResumed: a run that is taken up within an interval and within an epoch goes on as if it had not stopped.
func TestClockResumed(t *testing.T) {
	shop := newTestShop(t)
	whole := trained(t, shop, "whole", everyFour(), 3*hosttest.SmallEpoch)
	settings := everyFour()
	// within an interval, within an epoch at an interval's middle, at an epoch's and an interval's end
	for _, at := range []int{9, 10, 12} {
		name := fmt.Sprint("stopped-at-", at)
		r := trained(t, shop, name, settings, at)
		if err := shop.Leave(r); err != nil {
			t.Fatal(err)
		}
		again := trained(t, shop, name, settings, 3*hosttest.SmallEpoch)
		sameRecords(t, whole.Dir, again.Dir, 3*hosttest.SmallEpoch)
		hosttest.SameWeights(t, weightsOf(t, whole), weightsOf(t, again))
	}
}

// TestClocks: an interval of as many steps as an epoch is the paper's, to the last bit, and so is one counted in
// samples.
func TestClocks(t *testing.T) {
	shop := newTestShop(t)
	settings := everyFour()
	settings[setting.WindowEvery] = "epoch"
	paper := trained(t, shop, "paper", settings, 3*hosttest.SmallEpoch)
	for _, every := range []string{"6 steps", "100 samples"} { // 6.25 steps of 16
		settings := maps.Clone(settings)
		settings[setting.WindowEvery] = every
		sameRecords(
			t, paper.Dir, trained(t, shop, strings.ReplaceAll(every, " ", "-"), settings, 3*hosttest.SmallEpoch).Dir,
			3*hosttest.SmallEpoch,
		)
	}
	if _, err := shop.Open(
		"bad", wire.Declaration{Settings: map[string]any{"data": "synth", setting.WindowEvery: "log"}},
	); err == nil || !strings.Contains(err.Error(), "windows tested every") {
		t.Errorf("tests in geometric progression: error %v", err)
	}
}

// TestRiseErrors: the error of a rise is that of the samples' paired differences, the same for a method and in a
// figure.
func TestRiseErrors(t *testing.T) {
	shop := newTestShop(t)
	r := trained(t, shop, "r", everyFour(), 3*hosttest.SmallEpoch)
	_, errs := r.rec.TracesUntil(4)
	got := errs[inforeg.KindFisherEmp]["audio"]
	var each [][]float64
	for _, p := range onRecord(r).Probes {
		if p.Kind == inforeg.KindFisherEmp && p.Encoder == "audio" && p.Step > 0 {
			each = append(each, record.Doubles(p.Each))
		}
	}
	if len(got) != 5 || !math.IsNaN(got[0]) || !math.IsNaN(got[1]) {
		t.Fatalf("errors of rises %v, want five, the first two unknown", got)
	}
	for i := 2; i < len(got); i++ {
		if want := inforeg.RiseError(each[i-2], each[i-1]); got[i] != want || !(want > 0) {
			t.Errorf("interval %d: error %v, want %v", i, got[i], want)
		}
	}
	rec, err := record.ReadRecorded(r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got[2:], rec.Trace(inforeg.KindFisherEmp, "audio").RiseErrors[2:]); diff != "" {
		t.Errorf("for figures (-run +figure)\n%s", diff)
	}
	if want := (inforeg.WindowRule{K: inforeg.ScaleK(-90, 4.0/6)}); rec.Rule() != want {
		t.Errorf("rule %+v, want %+v: k is for an epoch of six steps", rec.Rule(), want)
	}
	windows, err := draw.WindowsOf(rec, inforeg.KindFisherEmp)
	if err != nil || len(windows) == 0 || windows[0].From != 8.0/6 {
		t.Errorf("windows %+v, %v, want the first from step 8 on, in epochs", windows, err)
	}
}

// TestOlderRun: a run of a version without a clock goes on by epochs, and its records stay of one kind.
func TestOlderRun(t *testing.T) {
	shop := newTestShop(t)
	settings := hosttest.Small("inforeg")
	now := trained(t, shop, "now", settings, 3*hosttest.SmallEpoch)
	r := trained(t, shop, "older", settings, 0)
	dir := r.Dir
	if err := shop.Leave(r); err != nil {
		t.Fatal(err)
	}
	man, err := record.ReadManifest(dir)
	if err != nil {
		t.Fatal(err)
	}
	man.Each = false
	for _, name := range []string{setting.WindowEvery, "k_every", "k_z"} {
		delete(man.Settings, name)
	}
	if err := man.Write(dir); err != nil {
		t.Fatal(err)
	}
	older := trained(t, shop, "older", settings, 3*hosttest.SmallEpoch)
	for _, p := range onRecord(older).Probes {
		if len(p.Each) > 0 {
			t.Fatalf(
				"%s of %s at step %d keeps samples' parts, which the older ones of the run do not", p.Kind, p.Encoder,
				p.Step,
			)
		}
	}
	if diff := cmp.Diff(seriesOf(now, "loss"), seriesOf(older, "loss")); diff != "" {
		t.Errorf("loss (-now +older)\n%s", diff)
	}
	if s := older.Status(); s.StepsPerTest != hosttest.SmallEpoch {
		t.Errorf("windows tested every %d steps, want every epoch of %d", s.StepsPerTest, hosttest.SmallEpoch)
	}
}

// TestFirstTest: a run whose method waits for windows says when the first test is, and when that is too late.
func TestFirstTest(t *testing.T) {
	shop := newTestShop(t)
	for i, tt := range []struct {
		settings map[string]any
		want     string
	}{
		{
			map[string]any{setting.WindowEvery: "4 steps"},
			"tested every 4 steps (64 samples), first after step 8, which is epoch 1.33",
		},
		{
			map[string]any{"epochs": 2.0},
			"tested every 6 steps (96 samples), first after step 12, which is epoch 2: not within the 2 epochs that " +
				"are planned",
		},
		{map[string]any{"window": "all"}, ""},
	} {
		settings := hosttest.Small("inforeg")
		maps.Copy(settings, tt.settings)
		r, err := shop.Open(fmt.Sprint("r", i), wire.Declaration{Settings: settings})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(r.man.Notes, "; "); tt.want == "" && strings.Contains(got, "tested") ||
			!strings.Contains(got, tt.want) {
			t.Errorf("%v: notes %q, want %q", tt.settings, got, tt.want)
		}
	}
}

// TestCheapTraces: a window may be read from what the steps measure by the way, averaged over each interval.
func TestCheapTraces(t *testing.T) {
	shop := newTestShop(t)
	for kind, probe := range map[string]string{
		inforeg.KindShare: setting.ProbeShare, inforeg.KindSigns: setting.ProbeSigns,
	} {
		settings := everyFour()
		settings["window_trace"], settings[setting.EveryPrefix+probe], settings[setting.EveryPrefix+setting.ProbeEmp] =
			kind, "1 step", "never"
		r := trained(t, shop, kind, settings, 3*hosttest.SmallEpoch)
		traces, errs := r.rec.TracesUntil(4)
		if got := traces[kind]["audio"]; len(got) != 4 ||
			slices.ContainsFunc(got, func(v float64) bool { return !(v > 0) }) {
			t.Errorf("%s: trace %v, want the means of four intervals", kind, got)
		}
		var mean float64 // of the second interval, by its steps
		for _, p := range onRecord(r).Probes {
			if p.Encoder == "audio" && p.Step >= 4 && p.Step < 8 && strings.HasSuffix(p.Way, wire.InStep) {
				mean += p.Value / 4
			}
		}
		if got := traces[kind]["audio"][1]; math.Abs(got/mean-1) > 1e-12 { // roundings of another order of the sum
			t.Errorf("%s: second interval %v, its steps have the mean %v", kind, got, mean)
		}
		if got := errs[kind]["audio"][2]; !(got > 0) {
			t.Errorf("%s: error of the first rise %v, want that of two means of steps", kind, got)
		}
		on := append(seriesOf(r, wire.OnPrefix+"audio")[8:], seriesOf(r, wire.OnPrefix+"visual")[8:]...)
		if slices.Max(on) == 0 {
			t.Errorf("%s: nothing was regulated", kind)
		}
	}
}

// TestStopWithinInterval: a stop at an epoch's start, within an interval of the window test, holds the weights at the
// interval's start, and the run goes on from it as if nobody had stopped.
func TestStopWithinInterval(t *testing.T) {
	const at, steps = hosttest.SmallEpoch, 3 * hosttest.SmallEpoch
	for _, every := range []string{"4 steps", "2 epochs"} {
		t.Run(every, func(t *testing.T) {
			shop := newTestShop(t)
			settings := everyFour()
			settings[setting.WindowEvery] = every
			whole := trained(t, shop, "whole", settings, steps)
			weights := weightsOf(t, whole)
			trained(t, shop, "cut", settings, at)
			shop, cut := reopened(t, shop, "cut", settings, nil)
			if err := cut.To(t.Context(), steps, "test"); err != nil {
				t.Fatal(err)
			}
			if cut.recomputed != 0 {
				t.Errorf("%d steps computed again, want none", cut.recomputed)
			}
			sameRecords(t, whole.Dir, cut.Dir, steps)
			hosttest.SameWeights(t, weights, weightsOf(t, cut))
			// without these weights the file is of no use, and an older one is
			path := record.StopPath(cut.Dir, at)
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			h, list, err := record.ReadHeader(f, at)
			if err := errors.Join(err, f.Close()); err != nil {
				t.Fatal(err)
			}
			n := len(list)
			for i := n - 1; i >= 0; i-- {
				if strings.HasPrefix(list[i].Name, "start.") {
					list = slices.Delete(list, i, i+1)
				}
			}
			if len(list) == n {
				t.Fatal("the stop holds no weights of the interval's start")
			}
			if err := record.WriteSnapshot(cut.Dir, h, list); err != nil {
				t.Fatal(err)
			}
			_, cut = taken(t, shop, "cut", settings, nil)
			hosttest.SameWeights(t, weights, weightsOf(t, cut))
			if got := told(cut); len(got) != 1 || !strings.HasPrefix(got[0], wire.EventUnreadable) {
				t.Errorf("events %q, want one, %s", got, wire.EventUnreadable)
			}
		})
	}
}
