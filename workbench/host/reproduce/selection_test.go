package reproduce

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/catalog"
	"github.com/primewindow/primewindow/data/synth"
	"github.com/primewindow/primewindow/internal/tune"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/run"
	"github.com/primewindow/primewindow/workbench/host/run/runtest"
	"github.com/primewindow/primewindow/workbench/host/sweep"
)

// watchedSet counts how often each sample of the test split is read.
type watchedSet struct {
	data.Dataset
	unfit string
	saw   *testReads
}

type testReads struct {
	mu    sync.Mutex
	count map[int]int
	saw   func() // called before each
}

func (w watchedSet) Describe() data.Description {
	desc := w.Dataset.Describe()
	desc.Unfit = w.unfit
	return desc
}

func (w watchedSet) Read(split data.Split, indices []int, draw uint64) (*data.Batch, error) {
	if split == data.Test {
		w.saw.mu.Lock()
		if w.saw.saw != nil {
			w.saw.saw()
		}
		for _, i := range indices {
			w.saw.count[i]++
		}
		w.saw.mu.Unlock()
	}
	return w.Dataset.Read(split, indices, draw)
}

// take gives the counts since the last call.
func (r *testReads) take() map[int]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	count := r.count
	r.count = map[int]int{}
	return count
}

// onePass is each of n samples once.
func onePass(n int) map[int]int {
	count := map[int]int{}
	for i := range n {
		count[i] = 1
	}
	return count
}

// watched is a set that is made as [synth] is, and notes what is read of it.
const watched = "watched"

// watchSynth adds the watched set to the catalogue until the test ends.
func watchSynth(t *testing.T, unfit string) *testReads {
	t.Helper()
	saw := &testReads{count: map[int]int{}}
	set := synth.Source
	set.Name, set.StandsFor = watched, nil
	set.Open = func(dir string, settings map[string]any) (data.Dataset, error) {
		d, err := synth.Open(dir, settings)
		return watchedSet{d, unfit, saw}, err
	}
	remove, err := catalog.Register(set)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(remove)
	return saw
}

// watchedSettings are of small runs whose test split is two whole batches: none is filled up by reading a sample twice.
func watchedSettings(more map[string]any) map[string]any {
	s := map[string]any{
		"data": watched, "epochs": 2.0, "batch": 16.0, "data.train": 48.0, "data.val": 24.0, "data.test": 32.0,
		"probe_samples":  8.0,
		"linear_samples": 24.0, "encoder.audio": "cnn2d:4", "encoder.visual": "cnn2d:4",
	}
	maps.Copy(s, more)
	return s
}

const watchedTest = 32

// TestTestReadOnce: a comparison reads the test split after a run has been trained to its end and its epoch is chosen,
// and then each sample once.
func TestTestReadOnce(t *testing.T) {
	saw := watchSynth(t, "")
	shop := runtest.NewShop(t)
	for _, selection := range []string{sweep.SelectAuto, sweep.SelectLast} {
		s, err := sweep.Open(shop, sweep.Comparison{
			Dir: filepath.Join(shop.Project, selection), Methods: []string{"joint", "inforeg"}, Seeds: 2,
			Select: selection,
			Set:    watchedSettings(map[string]any{"probes": "none", "every.accuracy": "epoch"}),
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range s.Runs {
			saw.saw = func() {
				if rec, err := record.ReadRecorded(r.Dir); err != nil || rec.Status.Step != r.Steps {
					t.Errorf(
						"%s: the test split is read after %d steps of %d (error %v)", r.Name, rec.Status.Step, r.Steps,
						err,
					)
				}
			}
			if err := s.Train(t.Context(), r, noWatch); err != nil {
				t.Fatal(err)
			}
			if o, _ := r.Outcome(); o.Missing != "" || o.Val == nil {
				t.Errorf("%s: %+v", r.Name, o)
			}
			if diff := cmp.Diff(onePass(watchedTest), saw.take()); diff != "" {
				t.Errorf("%s, %s: times that each test sample was read (-want +got)\n%s", selection, r.Name, diff)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTuningReadsNoTest: while learning rates are tried the test split is not read; then once for each reported run,
// also for those that helped to choose.
func TestTuningReadsNoTest(t *testing.T) {
	saw := watchSynth(t, "")
	shop := runtest.NewShop(t)
	for _, tt := range []struct {
		selection string
		set       map[string]any
		reason    string
	}{
		{sweep.SelectAuto, nil, "by the best epoch"},
		{
			sweep.SelectLast, map[string]any{"every.accuracy": "2 epochs", "epochs": 3.0},
			"the last epoch's accuracy is not on the schedule, and measured for the choice",
		},
	} {
		set := watchedSettings(tt.set)
		delete(set, "data")
		p, err := Open(shop, Ask{
			Dir: filepath.Join(shop.Project, "r-"+tt.selection), Targets: []string{"table7"}, Data: watched, Seeds: 2,
			Scale: ScaleDemo, Select: tt.selection, Tune: true, Set: set,
		})
		if err == nil {
			err = p.Open()
		}
		if err != nil {
			t.Fatal(err)
		}
		tried, reported := 0, 0
		for {
			r, more, err := p.Next()
			if err != nil {
				t.Fatal(err)
			}
			if !more {
				break
			}
			want := onePass(watchedTest)
			if r.Tuning() {
				want = map[int]int{}
				tried++
			} else {
				reported++
			}
			if err := p.Train(t.Context(), r, noWatch); err != nil {
				t.Fatal(err)
			}
			if o, ok := r.Outcome(); !ok || o.Missing != "" {
				t.Fatalf("%s: %+v", r.Name, o)
			}
			if diff := cmp.Diff(want, saw.take()); diff != "" {
				t.Errorf(
					"%s, %s, tuning %v: times that each test sample was read (-want +got)\n%s\nreason: %s",
					tt.selection, r.Name, r.Tuning(), diff, tt.reason,
				)
			}
		}
		if least := 2 * (2*tuneAround + 1) * tuneSeeds; tried < least || reported != 4 {
			t.Errorf("%s: %d runs tried, want at least %d; %d reported, want 4", tt.selection, tried, least, reported)
		}
		records, err := p.Write()
		if err != nil {
			t.Fatal(err)
		}
		checkTuned(t, records[0])
		changed := *records[0]
		changed.Arms = slices.Clone(changed.Arms)
		changed.Arms[1].Saturated = !changed.Arms[1].Saturated
		err = checkSums("r.json", &changed)
		if err == nil || !strings.Contains(err.Error(), "InfoReg: choice of the learning rate") {
			t.Errorf("a record that says otherwise how sure the rate is: error %v", err)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		verifyTrial(t, shop, p.Files()[0], records[0])
	}
}

// verifyTrial trains again a run of a record that tried a rate with the last seed and was not chosen: its name and its
// figures are those on record.
func verifyTrial(t *testing.T, shop *run.Shop, path string, rec *wire.Reproduction) {
	t.Helper()
	i := slices.IndexFunc(rec.Arms[0].Trials, func(tr wire.Trial) bool { return tr.Seed == tuneSeeds-1 && !tr.Chosen })
	v, err := OpenVerification(
		shop, Verify{Path: path, Runs: rec.Arms[0].Trials[i].Run, Out: filepath.Join(t.TempDir(), "again")},
	)
	if err != nil {
		t.Fatal(err)
	}
	runs := map[string]bool{}
	for _, a := range rec.Arms {
		for _, tr := range a.Trials {
			runs[tr.Run] = true
		}
	}
	if v.Named != len(runs) || len(v.Chosen) != 1 || v.Chosen[0].Seed != tuneSeeds-1 {
		t.Fatalf("%d runs have the name on record, want %d; chosen %v", v.Named, len(runs), v.Chosen)
	}
	if got, err := v.Train(t.Context(), v.Chosen[0], noWatch); err != nil || !got.Exact || got.Equal != got.Figures {
		t.Errorf("%s: trained again %+v, error %v", v.Chosen[0], got, err)
	}
}

// checkTuned wants a record's learning rates to be those that its trials choose.
func checkTuned(t *testing.T, rec *wire.Reproduction) {
	t.Helper()
	if !rec.Tuned || rec.TuneSeeds != tuneSeeds || rec.ValSamples != 24 {
		t.Errorf("record: tuned %v over %d seeds by %d samples", rec.Tuned, rec.TuneSeeds, rec.ValSamples)
	}
	for _, a := range rec.Arms {
		rates := tune.Rates(a.Trials)
		best, edge := tune.Choose(rates)
		if best < 0 || a.LR != rates[best].LR || a.Edge != edge || rates[best].Seeds != tuneSeeds {
			t.Fatalf("%s: learning rate %g, edge %q of %+v", a.Name, a.LR, a.Edge, rates)
		}
		margin, saturated := tune.Margin(rates, best, rec.ValSamples)
		// a record keeps five digits
		if diff := cmp.Diff(margin, a.MarginSamples, cmpopts.EquateApprox(1e-4, 0)); diff != "" ||
			saturated != a.Saturated {
			t.Errorf("%s: saturated %v, want %v, margin (-want +got)\n%s", a.Name, a.Saturated, saturated, diff)
		}
		for _, trial := range a.Trials {
			if trial.Chosen != (trial.LR == a.LR) {
				t.Errorf("%s: %+v, learning rate %g was chosen", a.Name, trial, a.LR)
			}
		}
		for _, run := range a.Runs { // those of seeds that tried are the same runs
			if !slices.ContainsFunc(a.Trials, func(tr wire.Trial) bool {
				return tr.Run == run.Run &&
					tr.Seed == run.Seed && tr.Chosen
			}) {
				t.Errorf("%s: run %s of seed %d is none of the chosen trials", a.Name, run.Run, run.Seed)
			}
		}
	}
}

// TestUnfit: where a set says that its validation split is unfit, the last epoch and the set's own rate are taken
// unless another choice is asked for; records and file names say which.
func TestUnfit(t *testing.T) {
	const why = "its features were made with its labels"
	watchSynth(t, why)
	shop := run.NewShop(t.TempDir())
	set, err := shop.Dataset(watchedSettings(nil))
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(catalog.Survey(set), "\n"); !strings.Contains(
		text, "the validation split is unfit to choose epochs or constants by: "+why,
	) {
		t.Errorf("the set's survey does not say so:\n%s", text)
	}
	for _, tt := range []struct {
		selection, want string
		tuned           bool
		file            string
		reason          string
	}{
		{sweep.SelectAuto, sweep.SelectLast, false, "table7.json", "the set's usual way"},
		{sweep.SelectLast, sweep.SelectLast, false, "table7.json", "the same, asked for"},
		{sweep.SelectVal, sweep.SelectVal, true, "table7-val.json", "who asks for it gets it"},
		{
			sweep.SelectTestBest, sweep.SelectTestBest, false, "table7-test-best.json",
			"the rate would be chosen by the unfit split",
		},
	} {
		t.Run(tt.selection, func(t *testing.T) {
			s, err := sweep.Plan(
				shop,
				sweep.Comparison{
					Dir: t.TempDir(), Methods: []string{"joint"}, Seeds: 1, Select: tt.selection,
					Set: watchedSettings(nil),
				},
			)
			if err != nil {
				t.Fatal(err)
			}
			if c := s.Result(); c.Select != tt.want || c.Unfit != why || c.ValSamples != 24 || c.Methods[0].LR == 0 {
				t.Errorf("comparison: %+v\nreason: %s", c, tt.reason)
			}
			p, err := Open(shop, smallReproduction(t, func(r *Ask) { r.Data, r.Select = watched, tt.selection }))
			if err != nil {
				t.Fatal(err)
			}
			rec, err := p.parts[0].record()
			if err != nil {
				t.Fatal(err)
			}
			if rec.Select != tt.want || rec.Tuned != tt.tuned || rec.Unfit != why ||
				filepath.Base(p.Files()[0]) != tt.file {
				t.Errorf(
					"record by %s, tuned %v, unfit %q, in %s\nreason: %s", rec.Select, rec.Tuned, rec.Unfit,
					p.Files()[0], tt.reason,
				)
			}
			command := commandOf(rec)
			if asks := strings.Contains(command, "-select"); asks != (tt.want != sweep.SelectLast) ||
				strings.Contains(command, "-tune=false") {
				t.Errorf("made anew by %s", command)
			}
		})
	}
}

// tryAll gives every run that tries a learning rate a result, as long as there are open ones: accuracy and entropy are
// made, and a negative accuracy is a failure. It returns the choice and how many runs were tried.
func tryAll(
	t *testing.T, one *part, a *reproArm, came func(lr float64, seed int) (accuracy, entropy float64),
) (c rateChoice, tried int) {
	t.Helper()
	for {
		c, err := one.rate(a)
		if err != nil {
			t.Fatal(err)
		}
		open := 0
		for _, try := range c.tries {
			if _, state := one.tried(try.run); state != tryOpen {
				continue
			}
			if open++; open > 1 {
				continue // one at a time, as they are trained
			}
			tried++
			if accuracy, entropy := came(try.lr, try.seed); accuracy < 0 {
				try.run.Fail("step 3 was not taken: loss is not finite")
			} else {
				one.rep.tries[try.run.Dir] = tryOf(accuracy, entropy)
			}
		}
		if c.known != (open == 0) {
			t.Fatalf("known %v with %d open tries", c.known, open)
		}
		if c.known {
			return c, tried
		}
	}
}

func tryOf(accuracy, entropy float64) try { return try{accuracy, entropy} }

// TestRateGrid: the grid goes on until the best rate is inside, or three further were tried; a rate counts by its mean
// over three seeds, and one that fails is not tried further. synth's own rate is 0.015.
func TestRateGrid(t *testing.T) {
	peak := func(at float64) func(lr float64, seed int) (float64, float64) { // falls with the distance from a rate
		return func(lr float64, _ int) (float64, float64) { return 1 / (1 + max(lr/at, at/lr)), 1 }
	}
	for _, tt := range []struct {
		name  string
		came  func(lr float64, seed int) (accuracy, entropy float64)
		lr    float64
		edge  string
		tried int
		rates []float64
		what  string
	}{
		{"inside", peak(0.015), 0.015, "", 9, []float64{0.005, 0.015, 0.045}, "nothing to continue"},
		{
			"two up", peak(0.14), 0.14, "", 15, []float64{0.005, 0.015, 0.045, 0.14, 0.41},
			"0.14 is best and 0.41 is not",
		},
		{"one down", peak(0.005), 0.005, "", 12, []float64{0.0017, 0.005, 0.015, 0.045}, "as below, so above"},
		{
			"beyond three", peak(100), 1.2, tune.EdgeHigh, 18, []float64{0.005, 0.015, 0.045, 0.14, 0.41, 1.2},
			"three further rates, then it is said",
		},
		{
			"far down", peak(1e-6), 0.00019, tune.EdgeLow, 18, []float64{0.00019, 0.00056, 0.0017, 0.005, 0.015, 0.045},
			"three further rates, then it is said",
		},
		{"high ones diverge", func(lr float64, _ int) (float64, float64) {
			if lr > 0.1 {
				return -1, 0
			}
			return lr, 1
		}, 0.045, "", 10, []float64{0.005, 0.015, 0.045, 0.14},
			"0.14 fails with seed 0, so that 0.045 is inside, and no further seed of 0.14 is trained"},
		{"one seed of three diverges", func(lr float64, seed int) (float64, float64) {
			if lr > 0.03 && seed == 1 {
				return -1, 0
			}
			return lr, 1
		}, 0.015, "", 8, []float64{0.005, 0.015, 0.045}, "a rate of which a run fails is not chosen"},
		{"all diverge", func(float64, int) (float64, float64) { return -1, 0 }, 0.015, "", 6,
			[]float64{0.00019, 0.00056, 0.0017, 0.005, 0.015, 0.045},
			"downwards three times, then the set's own: its runs say why"},
		{"mean of seeds", func(lr float64, seed int) (float64, float64) {
			if lr == 0.045 && seed == 0 {
				return 0.9, 1
			}
			return map[float64]float64{0.005: 0.5, 0.015: 0.7, 0.045: 0.55}[lr], 1
		}, 0.015, "", 9, []float64{0.005, 0.015, 0.045}, "seed 0 alone would take 0.045: 0.9 against a mean of 0.667"},
		{"equal accuracies", func(lr float64, _ int) (float64, float64) {
			return 0.5,
				(lr - 0.015) * (lr - 0.015)
		}, 0.015, "", 9,
			[]float64{0.005, 0.015, 0.045}, "the cross entropy decides"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Open(run.NewShop(t.TempDir()), smallReproduction(t, func(*Ask) {}))
			if err != nil {
				t.Fatal(err)
			}
			one := p.parts[0]
			if lr := one.list[0].usualRate(); lr != 0.015 {
				t.Fatalf("the set's own rate is %g, the cases are for 0.015", lr)
			}
			c, tried := tryAll(t, one, one.list[0], tt.came)
			var rates []float64
			for _, r := range tune.Rates(one.trials(c.tries)) {
				rates = append(rates, r.LR)
			}
			if diff := cmp.Diff(tt.rates, rates); diff != "" || c.lr != tt.lr || c.edge != tt.edge ||
				tried != tt.tried {
				t.Errorf(
					"rate %g, edge %q after %d runs, want %g, %q, %d; rates (-want +got)\n%s\nreason: %s", c.lr, c.edge,
					tried, tt.lr, tt.edge, tt.tried, diff, tt.what,
				)
			}
		})
	}
}

// TestPlanWhileGridGrows: the plan counts the runs of further rates once they are due, and never more than it said
// there may be.
func TestPlanWhileGridGrows(t *testing.T) {
	// one arm, two seeds
	p, err := Open(run.NewShop(t.TempDir()), smallReproduction(t, func(r *Ask) { r.Targets = []string{"fig10"} }))
	if err != nil {
		t.Fatal(err)
	}
	one := p.parts[0]
	var got [][2]int
	tryAll(t, one, one.list[0], func(lr float64, seed int) (float64, float64) {
		if seed == 0 {
			_, all, err := p.Plan()
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, [2]int{all.Done + all.Failed + all.Left, all.Further})
		}
		return min(lr, 0.14), lr // 0.14 and above are equal, and the lower cross entropy is 0.14's
	})
	want := [][2]int{{9, 9}, {9, 9}, {9, 9}, {12, 6}, {15, 3}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf(
			"runs, and how many more there may be (-want +got)\n%s\nreason: 0.14 and 0.41 are tried once 0.045 and "+
				"then 0.14 are at the edge",
			diff,
		)
	}
	if _, all, err := p.Plan(); err != nil || all.Further != 0 {
		t.Errorf("in the end %d further runs, error %v", all.Further, err)
	}
}

func noWatch(*run.Run) func() { return func() {} }
