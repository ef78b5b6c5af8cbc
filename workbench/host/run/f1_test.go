package run

import (
	"math"
	"slices"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/engine"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// TestMacroF1: the counts give the mean of the harmonic means of precision and recall.
func TestMacroF1(t *testing.T) {
	for _, tt := range []struct {
		name        string
		classes     int
		said, there []int
		want        float64
		reason      string
	}{
		{"all right", 3, []int{0, 1, 2, 1}, []int{0, 1, 2, 1}, 1, "each F1 is 1"},
		{"all wrong", 2, []int{1, 1, 0}, []int{0, 0, 1}, 0, "no hit in either class"},
		{"mixed", 3, []int{0, 0, 1, 1, 2, 0}, []int{0, 1, 1, 1, 2, 2}, 59. / 90, "precision 1/3, 1, 1 and recall 1, 2/3, 1/2 give F1 1/2, 4/5, 2/3, whose sum is 59/30"},
		{"one for all", 2, []int{0, 0, 0, 0}, []int{0, 0, 0, 1}, 3. / 7, "F1 6/7 of the class that is always said, 0 of the other: accuracy is 3/4"},
		{"absent and unsaid", 3, []int{0, 1}, []int{0, 1}, 2. / 3, "the third class counts as 0, as with labels=[0, 1, 2] and zero_division=0"},
		{"absent but said", 3, []int{0, 2}, []int{0, 1}, 1. / 3, "no recall in class 2, no precision in class 1"},
		{"no sample", 2, nil, nil, 0, "neither class is there"},
	} {
		counts := newClassCounts(tt.classes)
		for i, k := range tt.said {
			counts.add(k, tt.there[i])
		}
		// Both ways round the same numbers to some parts in 1e16.
		if got := counts.macroF1(); math.Abs(got-tt.want) > 1e-15 || math.Abs(got-slowF1(tt.classes, tt.said, tt.there)) > 1e-15 {
			t.Errorf("%s: %v, want %v, slow twin %v\nreason: %s", tt.name, got, tt.want, slowF1(tt.classes, tt.said, tt.there), tt.reason)
		}
	}
}

// slowF1 goes through the samples for each class, and through precision and recall.
func slowF1(classes int, said, there []int) float64 {
	sum := 0.0
	for k := range classes {
		both, ofSaid, ofThere := 0.0, 0.0, 0.0
		for i := range said {
			if said[i] == k {
				ofSaid++
			}
			if there[i] == k {
				ofThere++
			}
			if said[i] == k && there[i] == k {
				both++
			}
		}
		if both == 0 {
			continue // precision, recall or their sum is 0 or has no value, which counts as 0
		}
		precision, recall := both/ofSaid, both/ofThere
		sum += 2 * precision * recall / (precision + recall)
	}
	return sum / float64(classes)
}

// TestEvaluateMacroF1: what Evaluate answers and puts on record is the slow twin's number of the predictions, and what
// reproduce measures alone is the same record.
func TestEvaluateMacroF1(t *testing.T) {
	run := trained(t, newTestShop(t), "first", hosttest.Small("joint"), hosttest.SmallEpoch)
	list, err := run.Evaluate(t.Context(), data.Test)
	if err != nil {
		t.Fatal(err)
	}
	of := func(list []wire.Record) []wire.Record {
		return slices.DeleteFunc(slices.Clone(list), func(r wire.Record) bool { return r.Kind != wire.MacroF1 })
	}
	var said, there []int
	var alone wire.Record
	err = run.with(t.Context(), func() error {
		classes := run.eng.Model.Classes
		err := run.pass(run.st.Vars, data.Test, data.Positions(run.set.Len(data.Test)), func(labels []int32, got engine.Rows) error {
			for i, y := range labels {
				said, there = append(said, argMax(got.Logits[i*classes:(i+1)*classes])), append(there, int(y))
			}
			return nil
		})
		if err != nil {
			return err
		}
		alone, err = run.measureF1(data.Test)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	got := of(list)
	if len(got) != 1 || got[0].Encoder != wire.Fused || got[0].Split != "test" || got[0].N != len(said) || record.Key(got[0]) != record.Key(alone) {
		t.Fatalf("records of the macro F1 %+v, want one of all test samples like %+v", got, alone)
	}
	// Sums of fractions in another order.
	if want := slowF1(run.eng.Model.Classes, said, there); math.Abs(got[0].Value-want) > 1e-12 || got[0].Value != alone.Value || want == 0 {
		t.Errorf("macro F1 %v, alone %v, slow twin %v", got[0].Value, alone.Value, want)
	}
	if n := len(of(onRecord(run).Probes)); n != 1 {
		t.Errorf("%d on record, want one", n)
	}
}
