package run

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// TestEvaluateAt: measured by going back, the test accuracies of an epoch are those that were measured when it ended;
// the run goes on as if nothing had been measured, and nothing is left beside it.
func TestEvaluateAt(t *testing.T) {
	shop := newTestShop(t)
	then, since := trained(t, shop, "then", hosttest.Small("inforeg"), 2*hosttest.SmallEpoch),
		trained(t, shop, "since", hosttest.Small("inforeg"), 4*hosttest.SmallEpoch)
	if err := then.EvaluateAt(t.Context(), data.Test, 2*hosttest.SmallEpoch); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing to do
		if err := since.EvaluateAt(t.Context(), data.Test, 2*hosttest.SmallEpoch); err != nil {
			t.Fatal(err)
		}
	}
	names := []string{"audio", "visual"}
	want, got := record.Accuracies(onRecord(then).Probes, names, data.Test, 2*hosttest.SmallEpoch),
		record.Accuracies(onRecord(since).Probes, names, data.Test, 2*hosttest.SmallEpoch)
	if diff := cmp.Diff(want, got); diff != "" || len(got) != 5 {
		t.Errorf("accuracies (-when the epoch ended +going back)\n%s", diff)
	}
	n := 0
	for _, rec := range onRecord(since).Probes {
		if rec.Split == string(data.Test) && rec.Kind == inforeg.KindAccuracy {
			n++
		}
	}
	if n != 5 {
		t.Errorf("%d accuracies on record, want each once", n)
	}
	if record.Accuracies(onRecord(since).Probes, names, data.Test, 4*hosttest.SmallEpoch) != nil {
		t.Error("the test split was measured where nobody asked")
	}
	entries, err := filepath.Glob(filepath.Join(filepath.Dir(since.Dir), ".*"))
	if err != nil || len(entries) > 0 {
		t.Errorf("left beside the run: %v, %v", entries, err)
	}
	if err := since.EvaluateAt(t.Context(), data.Test, 5*hosttest.SmallEpoch); err == nil ||
		!strings.Contains(err.Error(), "is at step 24") {
		t.Errorf("beyond the end: error %v", err)
	}
	for _, r := range []*Run{then, since} {
		if err := r.To(t.Context(), 5*hosttest.SmallEpoch, "test"); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(
		hosttest.Lines(t, then.Dir, record.MetricsFile), hosttest.Lines(t, since.Dir, record.MetricsFile),
	); diff != "" {
		t.Errorf("metrics afterwards\n%s", diff)
	}
	hosttest.SameWeights(t, weightsOf(t, then), weightsOf(t, since))
}

// TestLateAccuracy: accuracies that are put on record late, for an earlier step, are not those of the status: of an
// open run, of one that is opened again, and of one that is read.
func TestLateAccuracy(t *testing.T) {
	const steps = 4 * hosttest.SmallEpoch
	shop := newTestShop(t)
	settings := hosttest.Tiny("joint", map[string]any{"every.accuracy": "epoch"})
	whole := trained(t, shop, "whole", settings, steps)
	want := whole.Status().Accuracy
	late := trained(t, shop, "late", settings, steps)
	if err := late.EvaluateAt(t.Context(), data.Validation, hosttest.SmallEpoch+1); err != nil {
		t.Fatal(err)
	}
	if err := late.To(t.Context(), steps+1, "test"); err != nil { // the status is new
		t.Fatal(err)
	}
	check := func(name string, got map[string]float64) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" || len(got) != 3 {
			t.Errorf("accuracies of the status, %s (-want +got)\n%s", name, diff)
		}
	}
	check("open", late.Status().Accuracy)
	if err := shop.Leave(late); err != nil {
		t.Fatal(err)
	}
	rec, err := record.ReadRecorded(late.Dir)
	if err != nil {
		t.Fatal(err)
	}
	check("read", rec.Status.Accuracy)
	if late, err = shop.Attach(late.Dir); err != nil {
		t.Fatal(err)
	}
	check("opened again", late.Status().Accuracy)
}
