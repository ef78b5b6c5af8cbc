package reproduce

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/measure"
	"github.com/primewindow/primewindow/workbench/host/run/runtest"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// TestMeasureWhole: the whole model's trace is measured after each epoch, once, also of a run that was trained before,
// and is a curve of figure 1 alone.
func TestMeasureWhole(t *testing.T) {
	shop := runtest.NewShop(t)
	r := runtest.Trained(
		t, shop, "r", hosttest.Tiny("joint", map[string]any{setting.EveryPrefix + setting.ProbeEmp: "epoch"}),
		2*hosttest.SmallEpoch,
	)
	b := measure.Extra{Whole: true}
	if !b.WhileTraining() || !b.Lacks(r.Recorded(), data.Test, 2*hosttest.SmallEpoch, hosttest.SmallEpoch) {
		t.Error("a run without the whole model's trace lacks nothing")
	}
	for range 2 {
		for _, step := range []int{hosttest.SmallEpoch, 0, 2 * hosttest.SmallEpoch} {
			if err := b.AfterStep(t.Context(), r, step); err != nil {
				t.Fatal(err)
			}
		}
	}
	rec := r.Recorded()
	if b.Lacks(rec, data.Test, 2*hosttest.SmallEpoch, hosttest.SmallEpoch) {
		t.Error("measured, and still lacking")
	}
	n := 0
	for _, p := range rec.History.Probes {
		if wire.OfWhole(p) {
			n++
		}
	}
	if n != 6 {
		t.Errorf("%d records, want those of head and model before the first step and after each of two epochs, once", n)
	}
	for _, whole := range []bool{true, false} {
		one := &part{target: target{curves: []string{inforeg.KindFisherEmp}, whole: whole}}
		var got []string
		definitions := map[string]bool{}
		for _, c := range one.curvesOf(rec, hosttest.SmallEpoch) {
			if diff := cmp.Diff([]float64{0, 1, 2}, c.Epochs); diff != "" {
				t.Errorf("%s after (-want +got)\n%s", c.Quantity, diff)
			}
			got = append(got, c.Quantity)
			definitions[c.Definition] = true
		}
		want := []string{"fisher_emp audio", "fisher_emp visual"}
		if whole {
			want = append(want, "fisher_emp head", "fisher_emp model")
		}
		if diff := cmp.Diff(want, got); diff != "" || len(definitions) != 1 {
			t.Errorf("whole %v: definitions %v, curves (-want +got)\n%s", whole, definitions, diff)
		}
	}
	old := &wire.Reproduction{Arms: []wire.ReproducedArm{{Runs: []wire.ReproducedRun{madeRun()}}}}
	if hasCurve(old, "fisher_emp model") || !hasCurve(old, "fisher_emp") || hasCurve(old, "fisher") {
		t.Error("a record has curves that it lacks, or lacks those that it has")
	}
}
