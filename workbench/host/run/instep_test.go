package run

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/stat"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/workbench/host/engine"
	"github.com/primewindow/primewindow/workbench/host/probe"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// complete fills a probe in.
func complete(t *testing.T, p inforeg.Probe) inforeg.Probe {
	t.Helper()
	p, err := p.Complete()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// onNext measures a probe, exactly, on the batch that the next step takes: what it finds of the modality's encoder.
func onNext(t *testing.T, r *Run, p inforeg.Probe) map[string][]float64 {
	t.Helper()
	b, err := r.nextBatch()
	if err != nil {
		t.Fatal(err)
	}
	values, err := r.now().OnBatch(b, complete(t, p))
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// meanSquare is the squared norm of the gradient of the mean fused loss of the batch that the next step takes.
func meanSquare(t *testing.T, r *Run, b *data.Batch) map[string]float64 {
	t.Helper()
	ones := make([]float32, len(b.Labels))
	for i := range ones {
		ones[i] = 1
	}
	sums, err := r.eng.SumNorms(r.st.Vars, b, complete(t, inforeg.Probe{BN: inforeg.BNCoupled}), [][]float32{ones})
	if err != nil {
		t.Fatal(err)
	}
	squares := map[string]float64{}
	for m, list := range sums {
		squares[m] = list[0] / float64(len(ones)*len(ones))
	}
	return squares
}

// inStepAt are the records that the step after so many made while it was taken.
func inStepAt(r *Run, step int, kind, bn string) map[string]wire.Record {
	found := map[string]wire.Record{}
	for _, rec := range onRecord(r).Probes {
		if rec.Step == step && rec.Kind == kind && rec.BN == bn && strings.HasSuffix(rec.Way, wire.InStep) {
			found[rec.Encoder] = rec
		}
	}
	return found
}

// closeWeights compares up to a share of the largest value of each tensor.
func closeWeights(t *testing.T, want, got []models.Tensor, tolerance float64) {
	t.Helper()
	for i, w := range want {
		largest, apart := 0.0, 0.0
		for j, v := range w.Values {
			largest = max(largest, math.Abs(float64(v)))
			apart = max(apart, math.Abs(float64(v)-float64(got[i].Values[j])))
		}
		if !(apart <= tolerance*largest) || w.Name != got[i].Name { // so that NaN fails
			t.Errorf("%s: %v apart, the largest value is %v", w.Name, apart, largest)
		}
	}
}

// TestShares: what a step finds is what the same batch gives outside of it, and the step itself stays what it was.
func TestShares(t *testing.T) {
	shop := newTestShop(t)
	for _, tt := range []struct {
		norm, channels, bn string
		reason             string
	}{
		{"group", "4-8", inforeg.BNRunning, "samples do not mix: a share is the gradient of the sample's own loss"},
		{"none", "4", inforeg.BNRunning, "likewise"},
		{"batch", "4", inforeg.BNShare, "samples mix: only shares measured outside of the step are the same"},
	} {
		t.Run(tt.norm, func(t *testing.T) {
			encoder := "cnn2d:" + tt.channels + ",norm=" + tt.norm
			settings := hosttest.Tiny("joint", map[string]any{"encoder.audio": encoder, "encoder.visual": encoder})
			plain := trained(t, shop, "plain-"+tt.norm, settings, 5)
			settings["every.share"] = "1 step"
			if tt.norm != "group" {
				settings["every.signs"], settings["every.labels"] = "1 step", "1 step"
			}
			r := trained(t, shop, tt.norm, settings, 4)
			b, err := r.nextBatch()
			if err != nil {
				t.Fatal(err)
			}
			want, batch := onNext(t, r, inforeg.Probe{BN: tt.bn}), meanSquare(t, r, b)
			if err := r.To(t.Context(), 5, "test"); err != nil {
				t.Fatal(err)
			}
			found := inStepAt(r, 4, inforeg.KindFisherEmp, inforeg.BNShare)
			for m, sum := range want {
				mean, se := inforeg.MeanError(sum)
				rec := found[m]
				// Sums of float32 over positions, in another order.
				if rec.SE == nil || rec.Batch == nil || !hosttest.Near(rec.Value, mean, 1e-4) ||
					!hosttest.Near(*rec.SE, se, 1e-4) || !hosttest.Near(*rec.Batch, batch[m], 1e-4) {
					t.Errorf(
						"%s: %+v, want %v ± %v and %v of the batch\nreason: %s", m, rec, mean, se, batch[m], tt.reason,
					)
				}
				if rec.N != 16 || rec.Loss != inforeg.LossFused || rec.Epoch != 0 {
					t.Errorf("%s: %+v, want 16 samples, the fused loss, epoch 0", m, rec)
				}
			}
			// The gradient is summed in another order, five times.
			measured := onRecord(r).Metrics
			for i, values := range onRecord(plain).Metrics {
				for name, v := range values {
					if got, ok := measured[i][name]; !ok || !(math.Abs(got-v) <= 1e-5*max(1, math.Abs(v))) {
						t.Errorf("step %d: %s is %v, without measures %v", i, name, got, v)
					}
				}
			}
			closeWeights(t, weightsOf(t, plain), weightsOf(t, r), 1e-5)
		})
	}
}

// TestDraws: the mean of many draws by steps on one batch agrees with its exact number. Of few samples, since that is
// where a wrong divisor shows.
func TestDraws(t *testing.T) {
	const samples, repeats = 4, 60
	shop := newTestShop(t)
	for _, tt := range []struct {
		name, norm string
		measures   inforeg.Measures
		exact      inforeg.Probe
		reason     string
	}{
		{
			"signs", "batch", inforeg.Measures{Signs: 16}, inforeg.Probe{BN: inforeg.BNCoupled},
			"balanced signs are unbiased for the coupled gradients",
		},
		{
			"labels", "none", inforeg.Measures{Labels: 16},
			inforeg.Probe{Kind: inforeg.KindFisherTrue, BN: inforeg.BNRunning},
			"without norm the exact number is a sum over classes",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			encoder := "cnn2d:4,norm=" + tt.norm
			r := trained(
				t, shop, tt.name,
				hosttest.Tiny(
					"joint",
					map[string]any{"encoder.audio": encoder, "encoder.visual": encoder, "batch": float64(samples)},
				),
				3,
			)
			exact := onNext(t, r, tt.exact)
			b, err := r.nextBatch()
			if err != nil {
				t.Fatal(err)
			}
			batch := meanSquare(t, r, b)
			values := map[string][]float64{}
			for k := range repeats {
				chances, err := probe.Chances(r.base, tt.measures, k) // of step k: others than before
				if err != nil {
					t.Fatal(err)
				}
				next, o, err := r.eng.Step(
					r.st,
					engine.StepInput{
						Batch: b, Controls: r.eng.ControlVector(r.base, r.controls, 0), Measures: tt.measures,
						Chances: chances, Key: r.key(),
					},
				)
				if err != nil {
					t.Fatal(err)
				}
				next.Drop(r.st) // not taken
				for _, rec := range r.now().InStep(tt.measures, o.Measured) {
					values[rec.Encoder] = append(values[rec.Encoder], rec.Value)
					if rec.Kind != complete(t, tt.exact).Kind || !strings.Contains(rec.Way, "16 draws, in step") ||
						rec.N != samples || rec.SE == nil {
						t.Fatalf("%+v, want 16 draws of %d samples with their standard error", rec, samples)
					}
					// Only signs come with the batch's gradient. Sums of float32 in another order.
					if has := rec.Batch != nil; has != (tt.measures.Signs > 0) ||
						has && !hosttest.Near(*rec.Batch, batch[rec.Encoder], 1e-4) {
						t.Fatalf("%s: batch %v, want %v", rec.Encoder, rec.Batch, batch[rec.Encoder])
					}
				}
			}
			for _, m := range []string{"audio", "visual"} {
				want, _ := inforeg.MeanError(exact[m])
				mean, se := inforeg.MeanError(values[m])
				if !(math.Abs(mean-want) <= 3*se && se < 0.05*want) { // so that NaN fails
					t.Errorf(
						"%s: %v ± %v, exact %v: want 3 standard errors, and those small\nreason: %s", m, mean, se, want,
						tt.reason,
					)
				}
			}
		})
	}
}

// TestEpochMeans: at an epoch's end stands the mean of what its steps measured, by definition and encoder.
func TestEpochMeans(t *testing.T) {
	shop := newTestShop(t)
	r := trained(
		t, shop, "r",
		hosttest.Tiny(
			"joint", map[string]any{"every.share": "2 steps", "every.signs": "2 steps", "every.labels": "6 steps"},
		),
		2*hosttest.SmallEpoch,
	)
	type key struct {
		step                         int
		kind, encoder, bn, beginning string
	}
	of := func(rec wire.Record, end string) key {
		epochEnd := (rec.Step/hosttest.SmallEpoch + 1) * hosttest.SmallEpoch
		if end == wire.OfSteps {
			epochEnd = rec.Step
		}
		return key{epochEnd, rec.Kind, rec.Encoder, rec.BN, strings.TrimSuffix(rec.Way, end)}
	}
	steps, means := map[key][]float64{}, map[key]wire.Record{}
	for _, rec := range onRecord(r).Probes {
		switch {
		case strings.HasSuffix(rec.Way, wire.InStep):
			steps[of(rec, wire.InStep)] = append(steps[of(rec, wire.InStep)], rec.Value)
		case strings.HasSuffix(rec.Way, wire.OfSteps):
			if _, twice := means[of(rec, wire.OfSteps)]; twice {
				t.Errorf("%+v stands twice", rec)
			}
			means[of(rec, wire.OfSteps)] = rec
		}
	}
	if len(steps) != 12 || len(means) != 12 { // 3 measures, 2 encoders, 2 epochs
		t.Fatalf("%d groups of steps and %d means, want 12", len(steps), len(means))
	}
	for k, values := range steps {
		rec := means[k]
		mean, sd := stat.MeanStdDev(values, nil)
		if !hosttest.Near(rec.Value, mean, 1e-12) || rec.N != 16*len(values) { // the same sum of float64 in reverse
			t.Errorf("%+v: %v of %d samples, want %v of %d", k, rec.Value, rec.N, mean, 16*len(values))
		}
		switch se := sd / math.Sqrt(float64(len(values))); {
		case len(values) == 1 && rec.SE != nil:
			t.Errorf("%+v: standard error %v of one step", k, *rec.SE)
		case len(values) > 1 && (rec.SE == nil || !hosttest.Near(*rec.SE, se, 1e-9)):
			t.Errorf("%+v: standard error %v, want %v", k, rec.SE, se)
		}
	}
	for k := range steps {
		if n := len(steps[k]); (k.kind == inforeg.KindFisherTrue) != (n == 1) || n != 1 && n != 3 {
			t.Errorf("%+v: %d steps, want 3 of shares and signs, 1 of labels", k, n)
		}
	}
}

// TestOddBatch: balanced signs need an even number of samples. An odd batch leaves them out and is not stopped by it.
func TestOddBatch(t *testing.T) {
	shop := newTestShop(t)
	r := trained(
		t, shop, "odd",
		hosttest.Tiny("joint", map[string]any{"batch": 15.0, "probes": "economy", "every.noise": "1 epoch"}), 7,
	)
	found := map[string]int{}
	for _, rec := range onRecord(r).Probes {
		if rec.Encoder == "audio" && (strings.HasSuffix(rec.Way, wire.InStep) || rec.Kind == wire.KindNoise) {
			found[fmt.Sprint(rec.Kind, " of ", rec.N)]++
		}
	}
	if diff := cmp.Diff(map[string]int{"gradient_noise of 14": 1}, found); diff != "" {
		t.Errorf("records (-want +got)\n%s", diff)
	}
}

// TestMeasuringAgain: a replay puts what is missing on record as it would have been, and nothing twice; a fork is its
// parent until it parts from it.
func TestMeasuringAgain(t *testing.T) {
	const steps, at = 14, 9 // the step after step 9 measures
	shop := newTestShop(t)
	r := trained(t, shop, "r", measuring(), steps)
	before, weights := hosttest.Lines(t, r.Dir, record.ProbesFile), weightsOf(t, r)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	delete(shop.runs, r.Dir)
	torn := strings.Join(before[:len(before)*3/4], "\n") + "\n" // as a kill between a step and its records may leave it
	if err := os.WriteFile(filepath.Join(r.Dir, record.ProbesFile), []byte(torn), 0o644); err != nil {
		t.Fatal(err)
	}
	again, err := shop.Open("r", wire.Declaration{Settings: measuring()})
	if err != nil {
		t.Fatal(err)
	}
	hosttest.SameWeights(t, weights, weightsOf(t, again))
	if again.recomputed == 0 {
		t.Fatal("no step was computed again: the test has not tested anything")
	}
	if diff := cmp.Diff(before, hosttest.Lines(t, r.Dir, record.ProbesFile)); diff != "" {
		t.Errorf("probes before and after a replay (-before +after)\n%s", diff)
	}
	own := 0 // records up to step 9; that of the step after it is not among them
	for _, rec := range onRecord(again).Probes {
		if rec.Step < at || rec.Step == at && !strings.HasSuffix(rec.Way, wire.InStep) {
			own++
		}
	}
	step := at
	for _, tt := range []struct {
		name     string
		settings map[string]any
		parent   int // records that are the parent's
		shares   int // steps with shares
		reason   string
	}{
		{"same", nil, len(before), 5, "the same steps, the same measures: before steps 0, 3, 6, 9 and 12"},
		{
			"without", map[string]any{"every.share": "never"}, own, 3,
			"what the parent measured in its step after step 9 is not the fork's",
		},
	} {
		fork, err := shop.Open(
			tt.name, wire.Declaration{Fork: &wire.Fork{Run: "r", Step: &step}, Settings: tt.settings},
		)
		if err != nil {
			t.Fatal(err)
		}
		if err := fork.To(t.Context(), steps, "test"); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(
			before[:tt.parent], hosttest.Lines(t, fork.Dir, record.ProbesFile)[:tt.parent],
		); diff != "" {
			t.Errorf("%s (-parent +fork)\n%s\nreason: %s", tt.name, diff, tt.reason)
		}
		shares := stepsWith(
			onRecord(fork).Probes,
			func(p wire.Record) bool { return p.BN == inforeg.BNShare && strings.HasSuffix(p.Way, wire.InStep) },
		)
		if len(shares) != tt.shares {
			t.Errorf("%s: shares of steps %v, want %d\nreason: %s", tt.name, shares, tt.shares, tt.reason)
		}
	}
}
