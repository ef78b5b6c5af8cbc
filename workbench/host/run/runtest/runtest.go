package runtest

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/internal/xlatest"
	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/workbench/host/run"
)

// NewShop is a shop in a folder of the test's own, with the checkout's plugin and sets. It is closed when the test
// ends, which is skipped where there is no plugin.
func NewShop(t *testing.T) *run.Shop {
	t.Helper()
	xlatest.Backend(t) // skips or fails without the plugin
	shop := run.NewShop(hosttest.Project(t))
	shop.Project = t.TempDir()
	b, err := xla.OpenBackend(hosttest.Project(t))
	if err != nil {
		t.Fatal(err)
	}
	shop.UseBackend(b)
	t.Cleanup(func() {
		if err := shop.Close(); err != nil {
			t.Errorf("closing the shop: %v", err)
		}
	})
	return shop
}

// Trained opens a run in a new folder and trains it.
func Trained(t *testing.T, shop *run.Shop, name string, settings map[string]any, steps int) *run.Run {
	t.Helper()
	r, err := shop.Open(name, wire.Declaration{Settings: settings})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.To(t.Context(), steps, "test"); err != nil {
		t.Fatal(err)
	}
	return r
}

// OnRecord is what a run has on record, whose files are there.
func OnRecord(t *testing.T, r *run.Run) wire.History {
	t.Helper()
	h, err := r.History()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// Copied copies a run's folder to another name of the same shop.
func Copied(t *testing.T, shop *run.Shop, from *run.Run, name string) string {
	t.Helper()
	dir := filepath.Join(run.RunsFolder(shop.Project), name)
	if err := os.CopyFS(dir, os.DirFS(from.Dir)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Weights are all variables of a run at its present step, as it exports them.
func Weights(t *testing.T, r *run.Run) []models.Tensor {
	t.Helper()
	path := filepath.Join(t.TempDir(), "weights.safetensors")
	if err := r.Export(t.Context(), "safetensors", path); err != nil {
		t.Fatal(err)
	}
	list, _, err := models.ReadSafetensors(bytes.NewReader(hosttest.ReadFile(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	return list
}
