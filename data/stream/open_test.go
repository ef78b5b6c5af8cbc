package stream

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/cache"
	"github.com/primewindow/primewindow/internal/datatest"
)

// TestOpen wants a loader's own error first, then the faults, unless they are to be left out, then what [New] finds.
func TestOpen(t *testing.T) {
	own := errors.New("made: no folder")
	two := Faults{errors.New("a: empty"), errors.New("b: empty")}
	for _, tt := range []struct {
		name   string
		spoil  func(c *Config)
		err    error
		cache  string
		want   string // the error
		checks int    // errors of Check
	}{
		{"whole", func(*Config) {}, nil, "off", "", 0},
		{"own", func(c *Config) { c.Faults = two }, own, "off", "made: no folder", 1},
		{"one fault", func(c *Config) { c.Faults = two[:1] }, nil, "off", "a: empty", 1},
		{"two faults", func(c *Config) { c.Faults = two }, nil, "off", "a: empty (the first of 2 faults)", 2},
		{"left out", func(c *Config) { c.Faults, c.SkipBroken = two, true }, nil, "off", "", 0},
		{"nothing left", func(c *Config) {
			c.Faults, c.SkipBroken, c.Parts[data.Test] = two, true,
				nil
		}, nil, "off", "made: no whole sample in split test: 2 broken ones, the first: a: empty", 0},
		{"no cache", func(*Config) {}, nil, os.DevNull, "cache: ", 0},
	} {
		t.Setenv(cache.DirVariable, tt.cache)
		m := &made{dir: t.TempDir()}
		c := m.config(t, nil)
		tt.spoil(&c)
		d, err := Open(c, tt.err)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if (got == "") != (tt.want == "") || !strings.HasPrefix(got, tt.want) || (err == nil) == (d == nil) {
			t.Errorf("%s: Open: %v, %q, want %q", tt.name, d, got, tt.want)
		}
		if errs := Check(c, tt.err); len(errs) != tt.checks {
			t.Errorf("%s: Check: %v, want %d errors", tt.name, errs, tt.checks)
		}
		if d != nil && tt.name == "left out" {
			if diff := cmp.Diff([]string{"a: empty", "b: empty"}, d.Describe().Provenance.Skipped); diff != "" {
				t.Errorf("skipped (-want +got)\n%s", diff)
			}
		}
	}
	if _, err := New(Config{Faults: two}); !errors.Is(err, two[0]) {
		t.Errorf("New with faults: %v, want the first", err)
	}
}

// TestContract holds a stream to what every set promises.
func TestContract(t *testing.T) {
	m := &made{dir: t.TempDir()}
	if err := datatest.Contract(newSet(t, m.config(t, nil))); err != nil {
		t.Error(err)
	}
}

func TestStat(t *testing.T) {
	dir := t.TempDir()
	whole, loop := filepath.Join(dir, "whole"), filepath.Join(dir, "loop")
	datatest.Put(t, whole, []byte("four"))
	datatest.Put(t, filepath.Join(dir, "empty"), nil)
	if st, err := Stat("made", whole, 4); err != nil || st.Size() != 4 {
		t.Errorf("a whole file: %v", err)
	}
	for _, tt := range []struct{ path, want string }{
		{"whole", "whole: not supported: 4 bytes, want at most 3"},
		{"empty", "empty: empty"},
		{"", ": not a regular file, but a folder"},
	} {
		if _, err := Stat("made", filepath.Join(dir, tt.path), 3); err == nil ||
			!strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %s", tt.path, err, tt.want)
		}
	}
	if _, err := Stat("made", filepath.Join(dir, "none"), 3); !errors.Is(err, fs.ErrNotExist) ||
		!strings.HasPrefix(err.Error(), "made: ") {
		t.Errorf("no file: %v, want the set's name in front", err)
	}
	if err := os.Symlink(loop, loop); err != nil {
		t.Skipf("no links here: %v", err)
	}
	if _, err := Stat("made", loop, 3); err == nil || !strings.Contains(err.Error(), "loop: too many") {
		t.Errorf("a link to itself: %v, want it named", err)
	}
}

func TestEach(t *testing.T) {
	for _, n := range []int{0, 1, 1000} {
		done := make([]atomic.Int64, n)
		Each(n, func(i int) { done[i].Add(1) })
		for i := range done {
			if got := done[i].Load(); got != 1 {
				t.Errorf("%d of %d: done %d times, want once", i, n, got)
			}
		}
	}
}
