package run

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/inforeg/method"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/workbench/host/engine"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// TestMethodsResume takes every method into its second epoch, writes what it stands on, reads it back, and goes on from
// both: the next step must be the same to the last bit, the method's own tensors included.
func TestMethodsResume(t *testing.T) {
	shop := newTestShop(t)
	for _, name := range method.Names() {
		t.Run(name, func(t *testing.T) {
			settings := hosttest.Small(name)
			if name == "gblend" {
				settings["super_epoch"] = 1
			}
			r := trained(t, shop, "resume-"+name, settings, hosttest.SmallEpoch+3)
			list, err := r.eng.Collect(r.st)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			if err := os.Mkdir(filepath.Join(dir, record.SnapshotsDir), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := writeSnapshotIn(dir, r, list); err != nil {
				t.Fatal(err)
			}
			back, h, err := r.eng.ReadSnapshot(dir, r.at)
			if err != nil {
				t.Fatal(err)
			}
			if len(back.Carried) != len(r.eng.Carried) || h.Offset != 3 {
				t.Fatalf(
					"%d tensors of the method and offset %d, want %d and 3", len(back.Carried), h.Offset,
					len(r.eng.Carried),
				)
			}
			batch, err := r.batch(r.at)
			if err != nil {
				t.Fatal(err)
			}
			step := func(s engine.State, controls map[string]float64) (engine.State, engine.Outcome) {
				next, o, err := r.eng.Step(
					s, engine.StepInput{Batch: batch, Controls: r.eng.ControlVector(r.base, controls, 1), Key: r.key()},
				)
				if err != nil {
					t.Fatal(err)
				}
				return next, o
			}
			a, scalars := step(r.st, r.controls)
			b, again := step(back, h.Controls)
			if !slices.Equal(scalars.Scalars, again.Scalars) {
				t.Errorf("scalars %v, then %v", scalars.Scalars, again.Scalars)
			}
			for i, list := range a.Lists() {
				for j, x := range list {
					if !slices.Equal(
						tensors.MustCopyFlatData[float32](x), tensors.MustCopyFlatData[float32](b.Lists()[i][j]),
					) {
						t.Errorf("tensor %d of list %d differs", j, i)
					}
				}
			}
		})
	}
}

func writeSnapshotIn(dir string, r *Run, list []models.Tensor) error {
	return record.WriteSnapshot(dir, record.Header{
		Step: r.at, Epoch: r.at / r.perEpoch, Offset: r.at % r.perEpoch, Seed: r.base.Seed(), Controls: r.controls,
		Released: r.released,
	}, list)
}
