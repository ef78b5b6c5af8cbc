package reproduce

import (
	"fmt"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/draw"
	"github.com/primewindow/primewindow/workbench/host/run"
)

// madeRun is a run of a record with one of everything.
func madeRun() wire.ReproducedRun {
	v := func(x float64) *float64 { return &x }
	return wire.ReproducedRun{
		RunOutcome: wire.RunOutcome{Run: "0123456789abcdef", Method: "joint", Epoch: 2, Step: 6, Backend: "xla:cpu",
			Accuracies: []wire.NamedAccuracy{
				{Quantity: wire.Quantity{Encoder: "fused", Readout: "head"}, Value: 0.5},
				{Quantity: wire.Quantity{Encoder: "audio", Readout: "split"}, Value: 0.25},
			}, Val: v(0.75)},
		Curves: []wire.ReproducedCurve{
			{
				Quantity: "fisher_emp audio", Definition: "fisher_emp, fused, recalibrated", Epochs: []float64{0, 1},
				Values: []float64{2, 3}, SE: []*float64{v(0.25), v(0.5)},
				Test: &wire.WindowTest{Every: 1, K: 0.04, Z: 2, Floor: 0.1}, RiseSE: []*float64{nil, v(0.125)},
			},
		},
		Cosines: []wire.ReproducedCosine{{
			Encoder: "audio", Epoch: 2, First: 4, Batch: 16, Mean: 0.5, Matrix: [][]float64{{1, 0.5}, {0.5, 1}},
			SD: v(0.1), Expected: v(0.2), Noise: v(3), Chance: v(0.01), ChanceSD: v(0.02),
		}},
		Maps: []wire.ReproducedMap{{
			Encoder: "visual", Split: "test", Step: 6, Perplexity: 5, Points: [][2]float64{{1, 2}}, Labels: []int{1},
			Quality: wire.MapQuality{
				Points: 1, Neighbors: 1, KL: 0.5, Trustworthiness: 0.9, Continuity: 0.8, Preservation: 0.7,
				AccuracyFeatures: 0.6, AccuracyMap: 0.5,
			},
		}},
	}
}

// leaves visits every number and every text below v, changes it, and takes the change back after visit.
func leaves(v reflect.Value, path string, visit func(path string)) {
	changed := func(set func()) {
		before := reflect.New(v.Type()).Elem()
		before.Set(v)
		set()
		visit(path)
		v.Set(before)
	}
	switch v.Kind() {
	case reflect.Float64:
		changed(func() { v.SetFloat(v.Float() + 0.125) })
	case reflect.Int:
		changed(func() { v.SetInt(v.Int() + 1) })
	case reflect.Bool:
		changed(func() { v.SetBool(!v.Bool()) })
	case reflect.String:
		changed(func() { v.SetString(v.String() + "x") })
	case reflect.Pointer:
		if !v.IsNil() {
			leaves(v.Elem(), path, visit)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			leaves(v.Index(i), fmt.Sprintf("%s[%d]", path, i), visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			leaves(v.Field(i), path+"."+v.Type().Field(i).Name, visit)
		}
	}
}

// empty visits every field below v that holds nothing.
func empty(v reflect.Value, path string, visit func(path string)) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			at := path + "." + v.Type().Field(i).Name
			if v.Field(i).IsZero() {
				visit(at)
			}
			empty(v.Field(i), at, visit)
		}
	case reflect.Pointer:
		empty(v.Elem(), path, visit)
	case reflect.Slice:
		for i := range v.Len() {
			empty(v.Index(i), fmt.Sprintf("%s[%d]", path, i), visit)
		}
	}
}

// TestFiguresOfRun: no number that a record keeps of a run is left out: whichever is changed, it is told under a name.
func TestFiguresOfRun(t *testing.T) {
	// What is not compared: it names the run, is hashed into its name, or says by what it was made.
	notCompared := []string{
		".RunOutcome.Run", ".RunOutcome.Method", ".RunOutcome.Seed", ".RunOutcome.Missing", ".RunOutcome.Warning",
		".RunOutcome.Backend", ".Window",
	}
	want, run, n := figuresOf(madeRun()), madeRun(), 0
	empty(reflect.ValueOf(run), "", func(path string) {
		if !slices.Contains(append(notCompared, ".RunOutcome.Versions", ".Maps[0].Missing"), path) {
			t.Errorf("the made run has no %s, so that it cannot be seen to be compared", path)
		}
	})
	leaves(reflect.ValueOf(&run).Elem(), "", func(path string) {
		if slices.Contains(notCompared, path) {
			return
		}
		n++
		if v := compareFigures(want, figuresOf(run), true, 384); len(v.Apart) == 0 {
			t.Errorf("%s was changed, and all %d figures are equal", path, v.Figures)
		}
	})
	if v := compareFigures(want, figuresOf(run), true, 384); len(v.Apart) > 0 || v.Equal != len(want) ||
		n < len(want)/2 {
		t.Errorf("%d changes; unchanged: %+v, want all %d equal", n, v, len(want))
	}
	names := map[string]bool{}
	for _, f := range want {
		if names[f.name] {
			t.Errorf("two figures are named %q: one would hide the other", f.name)
		}
		names[f.name] = true
	}
}

func TestCompareFigures(t *testing.T) {
	hole := wire.ReproducedRun{RunOutcome: wire.RunOutcome{Missing: "step 12 was not taken: loss is not finite"}}
	for _, tt := range []struct {
		name             string
		change           func(*wire.ReproducedRun)
		exact, elsewhere string // the first that is told on the same kind of machine, and on another; empty: nothing
		reason           string
	}{
		{"nothing", func(*wire.ReproducedRun) {}, "", "", "the same run"},
		{"trace in its fifth digit", func(r *wire.ReproducedRun) { r.Curves[0].Values[1] = 3.0001 },
			"fisher_emp audio after 1 epochs is 3.0001, on record 3", "",
			"on the same kind of machine a run repeats to the last digit; elsewhere an epoch carries rounding on"},
		{"trace after an epoch", func(r *wire.ReproducedRun) { r.Curves[0].Values[1] = 4 },
			"fisher_emp audio after 1 epochs is 4, on record 3", "fisher_emp audio after 1 epochs is 4, on record 3",
			"33 %: one epoch does not carry rounding so far"},
		{"trace after three epochs", func(r *wire.ReproducedRun) {
			r.Curves[0].Epochs[1], r.Curves[0].Values[1] = 3,
				4
		},
			"fisher_emp audio after 1 epochs is absent, on record 3",
			"fisher_emp audio after 1 epochs is absent, on record 3", "measured elsewhere in the run"},
		{"mean cosine after two epochs", func(r *wire.ReproducedRun) { r.Cosines[0].Mean = 0.25 },
			"mean cosine of audio after 2 epochs is 0.25, on record 0.5", "", "elsewhere training takes it elsewhere"},
		{"trace before the first step, rounding", func(r *wire.ReproducedRun) { r.Curves[0].Values[0] = 2.0002 },
			"fisher_emp audio after 0 epochs is 2.0002, on record 2", "", "1e-4 is below the tolerance of 2e-3"},
		{"trace before the first step", func(r *wire.ReproducedRun) { r.Curves[0].Values[0] = 2.1 },
			"fisher_emp audio after 0 epochs is 2.1, on record 2",
			"fisher_emp audio after 0 epochs is 2.1, on record 2",
			"5 %: other samples, other weights or another definition"},
		{"accuracy by one sample", func(r *wire.ReproducedRun) { r.Accuracies[0].Value += 1. / 384 },
			"accuracy fused head is 0.5026041666666666, on record 0.5", "",
			"a sample on the border falls to the other side"},
		{"accuracy by half", func(r *wire.ReproducedRun) { r.Accuracies[0].Value = 1 },
			"accuracy fused head is 1, on record 0.5", "accuracy fused head is 1, on record 0.5",
			"beyond 4·√(2·0.75·0.25/384) + 1/384 = 0.13"},
		{"another definition", func(r *wire.ReproducedRun) { r.Curves[0].Definition = "fisher_true" },
			`definition of fisher_emp audio is "fisher_true", on record "fisher_emp, fused, recalibrated"`,
			`definition of fisher_emp audio is "fisher_true", on record "fisher_emp, fused, recalibrated"`,
			"no rounding does that"},
		{"another class of a point", func(r *wire.ReproducedRun) { r.Maps[0].Labels[0] = 0 },
			"label 0 of the map of visual is 0, on record 1", "label 0 of the map of visual is 0, on record 1",
			"the samples' order is not the machine's"},
		{"an accuracy less", func(r *wire.ReproducedRun) { r.Accuracies = r.Accuracies[:1] },
			"accuracy audio split is absent, on record 0.25", "accuracy audio split is absent, on record 0.25",
			"nothing is passed over in silence"},
		{"an accuracy more", func(r *wire.ReproducedRun) {
			r.Accuracies = append(
				r.Accuracies,
				wire.NamedAccuracy{Quantity: wire.Quantity{Encoder: "audio", Readout: "linear"}, Value: 0.5},
			)
		}, "accuracy audio linear is 0.5, on record absent", "accuracy audio linear is 0.5, on record absent",
			"the record would lack it"},
		{
			"no result", func(r *wire.ReproducedRun) { *r = hole }, "chosen epoch is absent, on record 2",
			"chosen epoch is absent, on record 2", "the rerun diverged",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			run := madeRun()
			tt.change(&run)
			for exact, want := range map[bool]string{true: tt.exact, false: tt.elsewhere} {
				v, got := compareFigures(figuresOf(madeRun()), figuresOf(run), exact, 384), ""
				if len(v.Apart) > 0 {
					got = v.Apart[0].String()
				}
				if got != want || v.Exact != exact {
					t.Errorf("exact %v: %q of %+v, want %q\nreason: %s", exact, got, v, want, tt.reason)
				}
			}
		})
	}
	spread := 0.2
	wide := compareFigures(figuresOf(
		madeRun(), wire.Summary{Quantity: wire.Quantity{Encoder: "fused", Readout: "head"}, SD: &spread},
	), figuresOf(func() wire.ReproducedRun {
		r := madeRun()
		r.Accuracies[0].Value = 1
		return r
	}()), false, 384)
	if len(wide.Apart) != 0 || wide.Near != 1 {
		t.Errorf(
			"%+v: where seeds are 0.2 apart, another machine may be 0.5 from the record: 4·√(2·0.04 + "+
				"2·0.75·0.25/384) = 1.1",
			wide,
		)
	}
	later := hole
	later.Missing = "step 13 was not taken: loss is not finite"
	worded := hole
	worded.Missing = "step 12 was not taken: the loss would be NaN or Inf"
	if v := compareFigures(unworded(figuresOf(hole)), unworded(figuresOf(worded)), true, 384); v.Equal != 1 {
		t.Errorf("worded otherwise: %+v", v)
	}
	if v := compareFigures(unworded(figuresOf(hole)), unworded(figuresOf(later)), true, 384); len(v.Apart) != 1 {
		t.Errorf("a step later: %+v", v)
	}
	if v := compareFigures(unworded(figuresOf(hole)), unworded(figuresOf(later)), false, 384); v.Free != 1 {
		t.Errorf("a step later on another kind of machine: %+v", v)
	}
}

// TestCommittedSums: the means, differences and intervals of all records of this project are those of their runs, and
// records that share a run agree.
func TestCommittedSums(t *testing.T) {
	v := Verification{ask: Verify{Path: hosttest.CommittedRecords(t)}}
	if err := v.read(); err != nil {
		t.Fatal(err)
	}
	if err := v.checkTogether(); err != nil {
		t.Error(err)
	}
	if v.Records < 40 || v.Total < 400 {
		t.Errorf("%d records of %d runs, want those of mosi, utdmhad and synth", v.Records, v.Total)
	}
}

// TestCheckSums: whichever number that sums a record up is changed, it is told, in a record of each schema.
func TestCheckSums(t *testing.T) {
	for schema, file := range map[int]string{1: "utdmhad/table3.json", wire.ReproduceSchema: "synth/fisher.json"} {
		path := filepath.Join(hosttest.CommittedRecords(t), file)
		rec, err := wire.ReadReproduction(path)
		if err != nil || rec.Schema != schema {
			t.Fatalf("%s: schema %d, %v, want %d", path, rec.Schema, err, schema)
		}
		n := 0
		for i := range rec.Arms {
			for _, part := range []any{&rec.Arms[i].Accuracies, &rec.Arms[i].Differences, &rec.Arms[i].Apart} {
				leaves(reflect.ValueOf(part).Elem(), "", func(at string) {
					n++
					err := checkSums(path, rec)
					if err == nil || !strings.Contains(err.Error(), "by the runs on record") {
						t.Errorf("schema %d, %s: %T%s was changed: error %v", schema, rec.Arms[i].Name, part, at, err)
					}
				})
			}
		}
		if err := checkSums(path, rec); err != nil || n < 100 {
			t.Errorf("schema %d: %d changes taken back: %v", schema, n, err)
		}
		rec.Arms[1].Runs[0].Accuracies[0].Value += 1. / 384
		if err := checkSums(path, rec); err == nil ||
			!strings.Contains(err.Error(), rec.Arms[1].Name+": mean of fused head is ") {
			t.Errorf("schema %d: an accuracy of a run was changed by one sample: error %v", schema, err)
		}
	}
}

// TestOldRecordsDraw: records of every schema on disk are drawn.
func TestOldRecordsDraw(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(hosttest.CommittedRecords(t), "*", "*.json"))
	if err != nil || len(paths) < 40 {
		t.Fatalf("%d records, error %v", len(paths), err)
	}
	for _, path := range paths {
		rec, err := wire.ReadReproduction(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if list, err := draw.Reproduction(rec); err != nil || len(list) == 0 {
			t.Errorf("%s: %d figures, error %v", path, len(list), err)
		}
	}
}

// TestCheckTogether: of two records that share a run, one that was changed is told, also where its sums fit.
func TestCheckTogether(t *testing.T) {
	dir := t.TempDir()
	for _, target := range []string{"table1", "window"} {
		rec, err := wire.ReadReproduction(filepath.Join(hosttest.CommittedRecords(t), "synth", target+".json"))
		if err != nil {
			t.Fatal(err)
		}
		if target == "window" {
			rec.Arms[0].Runs[1].Epoch-- // which no mean hangs on
		}
		if err := writeRecord(filepath.Join(dir, target+".json"), rec); err != nil {
			t.Fatal(err)
		}
	}
	v := Verification{ask: Verify{Path: dir}}
	if err := v.read(); err != nil {
		t.Fatal(err)
	}
	err := v.checkTogether()
	if want := "window.json, Joint, seed 1: chosen epoch is "; err == nil || !strings.Contains(err.Error(), want) ||
		!strings.Contains(err.Error(), "table1.json has the same run") {
		t.Errorf("error %v, want %q", err, want)
	}
}

// TestCommandOf: the command that makes a record anew names what is not usual.
func TestCommandOf(t *testing.T) {
	for _, tt := range []struct{ file, want, reason string }{
		{
			"synth/table2.json", "primewindow reproduce table2 -data synth -seeds 2 -tune=false -set epochs=6",
			"as README.md beside it says",
		},
		{
			"utdmhad/table2.json", "primewindow reproduce table2 -data utdmhad -seeds 5",
			"two of the three modalities are usual at demo scale",
		},
		{
			"utdmhad/table3.json", "primewindow reproduce table3 -data utdmhad -seeds 5 -set every.fisher_emp=epoch",
			"an older record: its traces were of epochs",
		},
	} {
		rec, err := wire.ReadReproduction(filepath.Join(hosttest.CommittedRecords(t), tt.file))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, commandOf(rec)); diff != "" {
			t.Errorf("%s (-want +got)\n%s\nreason: %s", tt.file, diff, tt.reason)
		}
	}
}

// TestAsRecorded: a record that lacks what an older version did not keep stays valid; one that has it is compared.
func TestAsRecorded(t *testing.T) {
	for _, tt := range []struct {
		name  string
		old   func(*wire.ReproducedRun)
		apart int
	}{
		{"all there", func(*wire.ReproducedRun) {}, 0},
		{"without tests", func(r *wire.ReproducedRun) { r.Curves[0].Test, r.Curves[0].RiseSE = nil, nil }, 0},
		{"without an accuracy on the validation split", func(r *wire.ReproducedRun) { r.Val = nil }, 0},
		{"without the epoch's cosines", func(r *wire.ReproducedRun) { r.Cosines = nil }, 0},
		{"error of a rise cut out", func(r *wire.ReproducedRun) { r.Curves[0].RiseSE = []*float64{nil, nil} }, 1},
		{"test of another K", func(r *wire.ReproducedRun) { r.Curves[0].Test.K = 0.05 }, 1},
		{"another curve", func(r *wire.ReproducedRun) { r.Curves[0].Quantity = "fisher_emp visual" }, 16},
	} {
		recorded := madeRun()
		tt.old(&recorded)
		here := asRecorded(madeRun(), recorded)
		if v := compareFigures(figuresOf(recorded), figuresOf(here), true, 384); len(v.Apart) != tt.apart {
			t.Errorf("%s: %d figures apart, want %d: %v", tt.name, len(v.Apart), tt.apart, v.Apart)
		}
	}
}

// TestCommandMakesRecord: the command of a record asks for what the record was asked for, at both scales.
func TestCommandMakesRecord(t *testing.T) {
	for _, tt := range []struct {
		scale string
		set   map[string]any
		want  []string // words that stand in it
	}{
		{
			ScaleDemo, map[string]any{"epochs": "2", "every.share": "8 steps"},
			[]string{"epochs=2", "'every.share=8 steps'"},
		},
		{ScalePaper, map[string]any{"epochs": "2", "batch": "64"}, []string{"-scale paper", "-set epochs=2"}},
		{ScalePaper, map[string]any{"lr": "0.004", "encoder.audio": "cnn2d:4"}, []string{"lr=0.004", "cnn2d:4"}},
		{ScalePaper, nil, []string{"-scale paper"}},
	} {
		// read is the record as a file has it.
		read := func(set map[string]any) *wire.Reproduction {
			t.Helper()
			ask := smallReproduction(t, func(r *Ask) {
				r.Targets, r.Scale, r.Set, r.Tune = []string{"table1"}, tt.scale, set, false
			})
			p, err := Open(run.NewShop(t.TempDir()), ask)
			if err != nil {
				t.Fatal(err)
			}
			rec, err := p.parts[0].record()
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "r.json")
			if err := writeRecord(path, rec); err != nil {
				t.Fatal(err)
			}
			if rec, err = wire.ReadReproduction(path); err != nil {
				t.Fatal(err)
			}
			return rec
		}
		rec := read(tt.set)
		command := commandOf(rec)
		for _, want := range tt.want {
			if !strings.Contains(command, want) {
				t.Errorf("%s, %v: %s, want %s in it", tt.scale, tt.set, command, want)
			}
		}
		if strings.Contains(command, "momentum") || strings.Contains(command, "batch") {
			t.Errorf("%s, %v: %s names what the scale sets by itself", tt.scale, tt.set, command)
		}
		again := map[string]any{}
		for _, word := range regexp.MustCompile(`-set ('[^']*'|\S+)`).FindAllStringSubmatch(command, -1) {
			name, value, _ := strings.Cut(strings.Trim(word[1], "'"), "=")
			again[name] = value
		}
		if diff := cmp.Diff(settled(rec), settled(read(again))); diff != "" {
			t.Errorf("%s, %v: %s makes another record (-want +got)\n%s", tt.scale, tt.set, command, diff)
		}
	}
}

// settled are the settings of all runs of a record as texts: what is asked for is not parsed.
func settled(rec *wire.Reproduction) map[string]string {
	all := map[string]string{}
	for name, v := range rec.Shared {
		all[name] = fmt.Sprint(v)
	}
	return all
}
