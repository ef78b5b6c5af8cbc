package datatest

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/primewindow/primewindow/data"
)

// checked is a set whose second training sample may be broken inside.
type checked struct {
	*set
	broken error
}

func (c *checked) Read(split data.Split, indices []int, draw uint64) (*data.Batch, error) {
	for _, i := range indices {
		if i == 1 && split == data.Train && c.broken != nil {
			return nil, c.broken
		}
	}
	return c.set.Read(split, indices, draw)
}

func (c *checked) Check(context.Context, func(done, total int)) []error { return []error{c.broken} }

// prepare is a loader of folders with two files: of all samples, and of the second training sample.
func prepare(dir string, settings map[string]any) (*checked, error) {
	if _, err := os.Stat(filepath.Join(dir, "whole")); err != nil {
		return nil, errors.New("whole: no such file")
	}
	c := &checked{set: newSet()}
	if settings["augment"] == false {
		c.set = plain()
	}
	b, err := os.ReadFile(filepath.Join(dir, "second"))
	switch {
	case err != nil:
		err = errors.New("second: no such file")
	case len(b) == 0:
		c.broken = errors.New("second: empty")
	}
	if skip := errors.Join(err, c.broken); skip != nil && settings["skip_broken"] == true {
		c.ids[data.Train] = []string{"s0", "s2"}
		c.desc.Provenance.Skipped = []string{skip.Error()}
		return c, nil
	}
	return c, err
}

var loader = Loader{
	Open: func(dir string, settings map[string]any) (data.Dataset, error) {
		c, err := prepare(dir, settings)
		if err != nil {
			return nil, err
		}
		return c, nil
	},
	Check: func(dir string, settings map[string]any) []error {
		if _, err := prepare(dir, settings); err != nil {
			return []error{err}
		}
		return nil
	},
	Small: map[string]any{"side": 8},
}

func TestBroken(t *testing.T) {
	for _, fault := range []Fault{
		{"absent", func(f Files) { delete(f, "second") }, "second: no such file", false, false, "shows early"},
		{"empty", func(f Files) { f["second"] = nil }, "second: empty", true, false, "shows late"},
		{"no set", func(f Files) { f.Without("w") }, "whole: no such file", false, true, "no sample is to blame"},
	} {
		d := loader.Broken(t, Files{"whole": nil, "second": []byte("x")}, fault, 1, 2)
		if (d == nil) != fault.Whole {
			t.Errorf("%s: set %v, want what is left: %s", fault.Name, d, fault.Reason)
		}
	}
}

func TestDrawn(t *testing.T) {
	dir := Files{"whole": nil, "second": []byte("x")}.Write(t)
	loader.Drawn(t, dir, "DATATEST_CACHE", "x", []int{0, 2})
	if got := os.Getenv("DATATEST_CACHE"); got == "off" || got == "" {
		t.Errorf("the cache is %q at last, want a folder", got)
	}
	if x := Read(t, loader.Must(t, dir), data.Test, 3, 1)["x"]; x[0] != 1 || x[1] != 3 {
		t.Errorf("Read: %v, want sample 1 by draw 3", x)
	}
	if b := ReadAll(t, loader.Must(t, dir), data.Train); len(b.Labels) != 3 {
		t.Errorf("ReadAll: %d samples, want 3", len(b.Labels))
	}
}

func TestSettings(t *testing.T) {
	got := loader.Settings("side", 16, "keep", "jpeg")
	if want := map[string]any{"side": 16, "keep": "jpeg"}; !maps.Equal(got, want) || loader.Small["side"] != 8 {
		t.Errorf("%v, want %v, and the small ones as they were", got, want)
	}
	if s := (Loader{}).Settings(); s == nil {
		t.Error("without settings: nil, want a map to add to")
	}
}

func TestReal(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PRIMEWINDOW_DATA", dir)
	Put(t, filepath.Join(dir, "pets", "rex.wav"), nil)
	if got := Real(t, "pets"); got != dir {
		t.Errorf("Real: %s, want %s", got, dir)
	}
	t.Run("absent", func(t *testing.T) {
		Real(t, "pets", "birds")
		t.Error("a folder is absent, and the test goes on")
	})
}
