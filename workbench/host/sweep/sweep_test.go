package sweep

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/run"
	"github.com/primewindow/primewindow/workbench/host/run/runtest"
)

// TestPlan: what a comparison would train is known, and everything that is wrong with it is said, before any folder is
// made and without a backend.
func TestPlan(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "c")
	shop := run.NewShop(t.TempDir())
	base := func(change func(*Comparison)) Comparison {
		c := Comparison{Dir: dir, Methods: []string{"joint", "inforeg"}, Seeds: 2, Select: SelectVal,
			Set: map[string]any{
				"data": "synth", "epochs": "2", "batch": "16", "data.train": "48", "data.val": "24", "data.test": "24",
			}}
		change(&c)
		return c
	}
	set := func(pairs ...string) func(*Comparison) {
		return func(c *Comparison) {
			for i := 0; i < len(pairs); i += 2 {
				c.Set[pairs[i]] = pairs[i+1]
			}
		}
	}
	s, err := Plan(
		shop, base(set("inforeg.beta", "0.5", "joint.epochs", "4", "inforeg.encoder.audio", "cnn2d:4", "lr", "0.1")),
	)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range s.Runs {
		got = append(got, r.Name)
	}
	if diff := cmp.Diff([]string{"joint-seed0", "inforeg-seed0", "joint-seed1", "inforeg-seed1"}, got); diff != "" {
		t.Errorf("runs (-want +got)\n%s\nreason: paired from the first seed on", diff)
	}
	for i, want := range []map[string]any{
		{"epochs": 4.0, "lr": 0.1, "batch": 16.0, "data.train": 48.0, "data.val": 24.0, "data.test": 24.0},
		{
			"epochs": 2.0, "lr": 0.1, "batch": 16.0, "data.train": 48.0, "data.val": 24.0, "data.test": 24.0,
			"beta": 0.5, "encoder.audio": "cnn2d:4",
		},
	} {
		if diff := cmp.Diff(want, s.arms[i].changed); diff != "" {
			t.Errorf("settings of %s that are not the default (-want +got)\n%s", s.arms[i].method, diff)
		}
	}
	if s.Runs[0].Steps != 12 || s.Runs[1].Steps != 6 || s.Split != data.Test || s.Samples != 24 {
		t.Errorf(
			"steps %d and %d on %s of %d samples, want 12 and 6 on test of 24", s.Runs[0].Steps, s.Runs[1].Steps,
			s.Split, s.Samples,
		)
	}

	for _, tt := range []struct {
		name    string
		change  func(*Comparison)
		message string
		hint    string
		reason  string
	}{
		{"no methods", func(c *Comparison) { c.Methods = nil }, "no methods", "joint", "nothing to compare"},
		{
			"unknown method", func(c *Comparison) { c.Methods[1] = "infreg" }, `unknown method "infreg"`,
			"did you mean inforeg?", "a letter left out",
		},
		{
			"twice", func(c *Comparison) { c.Methods[1] = "joint" }, "method joint is named twice", "once",
			"its runs would be the same",
		},
		{
			"no seeds", func(c *Comparison) { c.Seeds = 0 }, "seeds: got 0", "an interval needs two",
			"nothing would be trained",
		},
		{"too many seeds", func(c *Comparison) { c.Seeds = 5000 }, "seeds: got 5000", "seeds:", "a slip of the finger"},
		{
			"selection", func(c *Comparison) { c.Select = "test" }, `unknown selection "test"`, "or test-best?",
			"there are three",
		},
		{"data", set("data", "synht"), `unknown data "synht"`, "did you mean synth?", "letters exchanged"},
		{"setting", set("lr_stop", "3"), `unknown setting "lr_stop"`, "did you mean lr_step", "one letter"},
		{
			"setting of one method", set("inforeg.bta", "3"), `unknown setting "inforeg.bta"`,
			"did you mean inforeg.beta", "one letter",
		},
		{
			"setting of a method not compared",
			func(c *Comparison) { c.Methods = c.Methods[:1]; c.Set["inforeg.beta"] = "1" },
			"setting inforeg.beta: inforeg is not compared", "joint", "it would do nothing",
		},
		{
			"setting that one method lacks", set("beta", "1"), "setting beta: joint has no such setting",
			"-set inforeg.beta=1", "it has to be said whose it is",
		},
		{"seed", set("seed", "3"), "setting seed: the comparison decides it", "-seeds N", "each run has its own"},
		{
			"seed of one method", set("joint.seed", "3"), "setting joint.seed: the comparison decides it", "-seeds N",
			"pairs have the same seed",
		},
		{
			"data of one method", set("joint.data", "digits"), "same samples", "-set data=digits",
			"pairs have the same samples",
		},
		{
			"samples of one method", set("joint.data.test", "12"),
			"setting joint.data.test: all methods are trained on the same samples", "-set data.test=12",
			"pairs have the same samples",
		},
		{"value", set("lr", "fast"), `lr: got "fast", want a number`, "lr: learning rate", "not a number"},
		{"value of one method", set("inforeg.beta", "1000"), "beta: got 1000", "beta: ", "out of bounds"},
		{
			"encoder of no modality", set("encoder.vidio", "cnn2d:4"), `unknown setting "encoder.vidio"`,
			"did you mean encoder.", "known once the set is open",
		},
		{"encoder", set("encoder.audio", "cnn3d:4"), "cnn3d:4", "for example cnn2d:", "no such kind"},
		{"batch", set("batch", "49"), "batch of 49", "smaller batch", "an epoch would have no step"},
		{
			"no validation accuracy", set("every.accuracy", "3 epochs"),
			"joint: no epoch ends with a validation accuracy", "-select last", "the run has two epochs",
		},
		{
			"no validation split", set("data.val", "0"), "data synth has no validation split",
			"take the last epoch: -select last", "the choice rests on it; training does not",
		},
		{"no test split", func(c *Comparison) {
			c.Set["data.test"], c.Select = "0",
				SelectTestBest
		}, "no test split to choose the epoch by", "-select val", "nothing to choose by"},
		{"neither", func(c *Comparison) {
			c.Set["data.test"], c.Set["data.val"] = "0",
				"0"
		}, "neither a test nor a validation split", "not trained on", "nothing to measure on"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Plan(shop, base(tt.change))
			p, ok := errors.AsType[*wire.Problem](err)
			if !ok || !strings.Contains(p.Message, tt.message) || !strings.Contains(p.Hint, tt.hint) {
				t.Errorf(
					"error %v, hint %q, want %q and %q\nreason: %s", err, hintOf(p), tt.message, tt.hint, tt.reason,
				)
			}
		})
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("planning has made the folder")
	}
}

func hintOf(p *wire.Problem) string {
	if p == nil {
		return ""
	}
	return p.Hint
}

func TestBaseline(t *testing.T) {
	for want, methods := range map[string][]string{"joint": {"inforeg", "joint"}, "inforeg": {"inforeg", "ogm"}} {
		if got := (Comparison{Methods: methods}).baseline(); got != want {
			t.Errorf("baseline of %v is %s, want %s", methods, got, want)
		}
	}
}

func TestChoose(t *testing.T) {
	accuracy := func(step int, split data.Split, readout string, value float64) wire.Record {
		return wire.Record{
			Step: step, Kind: inforeg.KindAccuracy, Encoder: wire.Fused, Split: string(split), Readout: readout,
			Value: value,
		}
	}
	records := []wire.Record{
		accuracy(5, data.Validation, wire.ReadoutHead, 0.99),
		accuracy(10, data.Validation, wire.ReadoutHead, 0.5), accuracy(10, data.Validation, wire.ReadoutSplit, 0.99),
		accuracy(10, data.Test, wire.ReadoutHead, 0.9),
		accuracy(20, data.Validation, wire.ReadoutHead, 0.8), accuracy(20, data.Test, wire.ReadoutHead, 0.7),
		accuracy(30, data.Validation, wire.ReadoutHead, 0.8), accuracy(30, data.Test, wire.ReadoutHead, 0.95),
		accuracy(40, data.Validation, wire.ReadoutHead, 0.9),
	}
	due := func(step int) bool { return step <= 40 || step == 70 }
	for _, tt := range []struct {
		name, selection string
		epochs, want    int
		reason          string
	}{
		{"best", SelectVal, 4, 4, "0.9"},
		{
			"first of equal ones", SelectVal, 3, 2,
			"0.8 in epochs 2 and 3; what was measured in mid-epoch, or of one modality, does not count",
		},
		{"more epochs than are due", SelectVal, 6, 4, "a schedule may leave some out"},
		{
			"one that is due is missing", SelectVal, 7, 0,
			"a run that was killed before it was measured: the missing one might be the best",
		},
		{"last", SelectLast, 3, 3, "whatever was measured"},
		{"by the test split", SelectTestBest, 3, 3, "0.95"},
		{"by the test split, of two", SelectTestBest, 2, 1, "0.9"},
		{"test split not measured at every epoch", SelectTestBest, 4, 0, "the missing one might be the best"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Choose(tt.selection, records, 10, tt.epochs, due); got != tt.want {
				t.Errorf("epoch %d, want %d\nreason: %s", got, tt.want, tt.reason)
			}
		})
	}
	if got := Choose(SelectVal, nil, 10, 3, func(int) bool { return false }); got != 0 {
		t.Errorf("of no records: epoch %d, want 0", got)
	}
}

// TestSweepFolder: a comparison takes up runs that are there, with another number of epochs too, and refuses those that
// it would not have made.
func TestSweepFolder(t *testing.T) {
	shop := runtest.NewShop(t)
	settings := hosttest.Small("joint")
	delete(settings, "seed")
	delete(settings, "method")
	settings["epochs"] = 1.0
	dir := filepath.Join(shop.Project, "c")
	c := Comparison{Dir: dir, Methods: []string{"joint"}, Seeds: 1, Select: SelectLast, Set: settings}
	watch := func(*run.Run) func() { return func() {} }
	// With fewer epochs the run is there, but its test split at epoch 2 is not measured.
	for i, tt := range []struct {
		epochs       float64
		done, trains int
	}{{1, 0, 6}, {3, 6, 12}, {2, 12, 0}} {
		c.Set["epochs"] = tt.epochs
		s, err := Open(shop, c)
		if err != nil {
			t.Fatal(err)
		}
		r := s.Runs[0]
		if _, ok := r.Outcome(); ok || r.Done != tt.done {
			t.Errorf("%v epochs: outcome %v, %d steps done, want none and %d", tt.epochs, ok, r.Done, tt.done)
		}
		if err := s.Train(t.Context(), r, watch); err != nil {
			t.Fatal(err)
		}
		if o, ok := r.Outcome(); !ok || o.Missing != "" || o.Epoch != int(tt.epochs) || len(o.Accuracies) != 5 ||
			o.Versions["go"] == "" {
			t.Errorf("%d: outcome %+v", i, o)
		}
		if _, err := Open(shop, c); err == nil || !strings.Contains(err.Error(), "is in use by another process") {
			t.Errorf("a second one meanwhile: error %v", err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s, err = Open(shop, c)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := s.Runs[0].Outcome(); !ok {
			t.Errorf("%v epochs: opened again, it has no outcome", tt.epochs)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, message string
		change        func(*Comparison)
	}{
		{
			"other settings", "joint-seed0 has other settings: lr is 0.05 there, 0.1 here",
			func(c *Comparison) { c.Set["lr"] = 0.1 },
		},
		{"other samples", "is on other samples: synth with split", func(c *Comparison) { c.Set["data.test"] = 12.0 }},
		{
			"a run's folder", "is not a comparison: it holds",
			func(c *Comparison) { c.Dir = filepath.Join(dir, "joint-seed0") },
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			other := c
			other.Set = maps.Clone(c.Set)
			tt.change(&other)
			if _, err := Open(shop, other); err == nil || !strings.Contains(err.Error(), tt.message) {
				t.Errorf("error %v, want %q", err, tt.message)
			}
		})
	}
	r, err := shop.Attach(filepath.Join(dir, "joint-seed0"))
	if err == nil {
		err = errors.Join(r.Set(map[string]any{"lr": 0.2}), shop.Leave(r))
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(shop, c); err == nil || !strings.Contains(
		err.Error(), "joint-seed0 was changed at step 18: lr is 0.2 from there on",
	) {
		t.Errorf("a run that was changed: error %v", err)
	}
	if open := shop.Statuses(); len(open) > 0 {
		t.Errorf("runs still open: %v", open)
	}
}
