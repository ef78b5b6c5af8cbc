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
		err := run.now().Pass(run.st.Vars, data.Test, data.Positions(run.set.Len(data.Test)),
			func(labels []int32, got engine.Rows) error {
				for i, y := range labels {
					row := got.Logits[i*classes : (i+1)*classes]
					said, there = append(said, slices.Index(row, slices.Max(row))), append(there, int(y))
				}
				return nil
			})
		if err != nil {
			return err
		}
		alone, err = run.now().MacroF1(data.Test)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	got := of(list)
	if len(got) != 1 || got[0].Encoder != wire.Fused || got[0].Split != "test" || got[0].N != len(said) ||
		record.Key(got[0]) != record.Key(alone) {
		t.Fatalf("records of the macro F1 %+v, want one of all test samples like %+v", got, alone)
	}
	// Sums of fractions in another order.
	if want := hosttest.SlowF1(run.eng.Model.Classes, said, there); math.Abs(got[0].Value-want) > 1e-12 ||
		got[0].Value != alone.Value || want == 0 {
		t.Errorf("macro F1 %v, alone %v, slow twin %v", got[0].Value, alone.Value, want)
	}
	if n := len(of(onRecord(run).Probes)); n != 1 {
		t.Errorf("%d on record, want one", n)
	}
}
