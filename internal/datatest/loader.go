package datatest

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data"
)

// Loader is what a loader's package exports, with settings under which tests are quick.
type Loader struct {
	Open  func(dir string, settings map[string]any) (data.Dataset, error)
	Check func(dir string, settings map[string]any) []error
	Small map[string]any
}

// Settings are the small ones with others, given as name and value in turn.
func (l Loader) Settings(others ...any) map[string]any {
	s := maps.Clone(l.Small)
	if s == nil {
		s = map[string]any{}
	}
	for i := 0; i+1 < len(others); i += 2 {
		s[others[i].(string)] = others[i+1]
	}
	return s
}

// Must opens a set with small settings and others.
func (l Loader) Must(tb testing.TB, dir string, others ...any) data.Dataset {
	tb.Helper()
	return Open(tb, l.Open, dir, l.Settings(others...))
}

// Drawn opens a set whose draws change one modality, and checks it by [Contract] and [Strangers], and by [Augmented]
// and [Same] that they do so for these training samples, that augment=false switches them off, and that values are the
// same without a cache, with an empty one and with what that then holds. It sets the variable of the environment that
// names the cache's folder.
func (l Loader) Drawn(t *testing.T, dir, cacheVariable, modality string, indices []int, others ...any) {
	t.Helper()
	t.Setenv(cacheVariable, "off")
	uncached := l.Must(t, dir, others...)
	t.Setenv(cacheVariable, t.TempDir())
	for range 2 {
		if err := Same(uncached, l.Must(t, dir, others...), data.Train, indices, 0, 7); err != nil {
			t.Errorf("with a cache: %v", err)
		}
	}
	d := l.Must(t, dir, others...)
	if err := errors.Join(Contract(d), Strangers(d)); err != nil {
		t.Error(err)
	}
	if err := Augmented(
		d, l.Must(t, dir, append(others, "augment", false)...), data.Train, indices, modality,
	); err != nil {
		t.Error(err)
	}
}

// Open opens a set, or ends the test.
func Open(
	tb testing.TB, open func(dir string, settings map[string]any) (data.Dataset, error), dir string,
	settings map[string]any,
) data.Dataset {
	tb.Helper()
	d, err := open(dir, settings)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// Read are some samples' values by modality.
func Read(tb testing.TB, d data.Dataset, split data.Split, draw uint64, indices ...int) map[string][]float32 {
	tb.Helper()
	b, err := d.Read(split, indices, draw)
	if err != nil {
		tb.Fatal(err)
	}
	return b.X
}

// ReadAll reads a whole split without augmentation.
func ReadAll(tb testing.TB, d data.Dataset, split data.Split) *data.Batch {
	tb.Helper()
	b, err := d.Read(split, places(d.Len(split)), 0)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// Fault is one way in which a set's files can be spoilt.
type Fault struct {
	Name   string
	Spoil  func(f Files)
	Want   string // in the error, which names the file
	Late   bool   // only reading the sample shows it
	Whole  bool   // no sample is to blame
	Reason string
}

// Broken spoils a set and wants the fault, in one line, of Open and of Check, or of both for the open set where it
// shows late. index is the training sample that is broken, and left are the training samples that skip_broken leaves:
// the set of these is returned, or nil where no sample is to blame and skip_broken changes nothing.
func (l Loader) Broken(t *testing.T, f Files, fault Fault, index, left int) data.Dataset {
	t.Helper()
	fault.Spoil(f)
	dir := f.Write(t)
	d, err := l.Open(dir, l.Settings())
	faults := l.Check(dir, l.Settings())
	if fault.Late {
		if err != nil || len(faults) != 0 {
			t.Fatalf("Open: %v, Check: %v, want no error before reading", err, faults)
		}
		faults = d.(data.Checked).Check(t.Context(), nil)
		_, err = d.Read(data.Train, []int{index}, 0)
	}
	if err == nil || !strings.Contains(err.Error(), fault.Want) || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v, want one line with %q\nreason: %s", err, fault.Want, fault.Reason)
	}
	if len(faults) != 1 || !strings.Contains(faults[0].Error(), fault.Want) {
		t.Errorf("checked: %v, want that fault alone", faults)
	}
	skip := l.Settings("skip_broken", true)
	d, err = l.Open(dir, skip)
	switch {
	case fault.Whole && (err == nil || len(l.Check(dir, skip)) != 1):
		t.Error("with skip_broken no error, want the same: no sample is to blame")
		return nil
	case fault.Whole:
		return nil
	case err != nil:
		t.Fatalf("with skip_broken: %v", err)
	}
	skipped := d.Describe().Provenance.Skipped
	if d.Len(data.Train) != left || len(skipped) != 1 || !strings.Contains(skipped[0], fault.Want) {
		t.Errorf(
			"with skip_broken %d training samples, skipped %q, want %d and the fault", d.Len(data.Train), skipped, left,
		)
	}
	return d
}
