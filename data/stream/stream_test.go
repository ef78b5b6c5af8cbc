package stream

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/cache"
)

// made is a set of small files in two modalities: "bytes" is the file's bytes, "shift" two of its four bytes from a
// place that is drawn.
type made struct {
	dir     string
	decoded atomic.Int64
}

func (m *made) config(t *testing.T, c *cache.Cache) Config {
	t.Helper()
	parts := map[data.Split][]Item{}
	for i, split := range []data.Split{data.Train, data.Train, data.Train, data.Validation, data.Test, data.Test} {
		id := fmt.Sprintf("s%d", i)
		path := filepath.Join(m.dir, id)
		if err := os.WriteFile(path, []byte{byte(i), 10, 20, 30}, 0o600); err != nil {
			t.Fatal(err)
		}
		yesterday := time.Now().Add(-24 * time.Hour)
		if err := os.Chtimes(path, yesterday, yesterday); err != nil {
			t.Fatal(err)
		}
		parts[split] = append(
			parts[split], Item{ID: id, Label: i % 2, Detail: data.Detail{Group: fmt.Sprint("g", i%3)}},
		)
	}
	files := func(i Item) []string { return []string{filepath.Join(m.dir, i.ID)} }
	decode := func(_ context.Context, i Item, _ []string) (Feature, error) {
		m.decoded.Add(1)
		b, err := os.ReadFile(files(i)[0])
		if err == nil && len(b) != 4 {
			err = &data.FormatError{File: files(i)[0], Reason: fmt.Sprintf("%d bytes, want 4", len(b))}
		}
		return Feature{Shape: []int{len(b)}, Bytes: b}, err
	}
	return Config{
		Description: data.Description{Name: "made", Classes: []string{"even", "odd"}},
		Parts:       parts, Cache: c,
		Modalities: []Modality{
			{
				Modality: data.Modality{Name: "bytes", Kind: data.Vector, Shape: []int{4}}, Recipe: "bytes 1",
				Files: files, Decode: decode,
			},
			{
				Modality: data.Modality{Name: "shift", Kind: data.Vector, Shape: []int{2}}, Recipe: "bytes 1",
				Files: files, Decode: decode,
				Finish: func(all Features, draw *rand.Rand, to []float32) error {
					f, err := all.At(0)
					if err != nil {
						return err
					}
					at := 0
					if draw != nil {
						at = draw.IntN(3)
					}
					for k := range to {
						to[k] = float32(f.Bytes[at+k])
					}
					return nil
				},
			},
		},
	}
}

func newSet(t *testing.T, c Config) *Set {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func read(t *testing.T, s *Set, split data.Split, indices []int, draw uint64) *data.Batch {
	t.Helper()
	b, err := s.Read(split, indices, draw)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func openCache(t *testing.T) *cache.Cache {
	t.Helper()
	c, err := cache.Open(t.TempDir(), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestRead(t *testing.T) {
	m := &made{dir: t.TempDir()}
	s := newSet(t, m.config(t, nil))
	got := read(t, s, data.Train, []int{2, 0, 2}, 0)
	want := &data.Batch{
		Indices: []int{2, 0, 2}, Labels: []int32{0, 0, 0},
		X: map[string][]float32{
			"bytes": {
				2. / 255, 10. / 255, 20. / 255, 30. / 255, 0, 10. / 255, 20. / 255, 30. / 255, 2. / 255, 10. / 255,
				20. / 255, 30. / 255,
			},
			"shift": {2, 10, 0, 10, 2, 10},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Read (-want +got)\n%s", diff)
	}
	if id, label := s.Identity(data.Test, 1); id != "s5" || label != 1 {
		t.Errorf("Identity = %s, %d, want s5, 1", id, label)
	}
	if d := s.Detail(data.Test, 1); d.Group != "g2" {
		t.Errorf("Detail = %+v, want group g2", d)
	}
	if _, err := s.Read(data.Test, []int{2}, 0); err == nil ||
		!strings.Contains(err.Error(), "index 2 of split test, want at least 0 and below 2") {
		t.Errorf("Read beyond the end: %v", err)
	}
}

// TestDraw wants augmentation to depend on the draw and the sample alone.
func TestDraw(t *testing.T) {
	m := &made{dir: t.TempDir()}
	s := newSet(t, m.config(t, openCache(t)))
	first := read(t, s, data.Train, []int{0, 1, 2}, 7).X["shift"]
	again := read(t, s, data.Train, []int{2, 1, 0}, 7).X["shift"]
	slices.Reverse(again)
	for i := 0; i < len(again); i += 2 {
		again[i], again[i+1] = again[i+1], again[i]
	}
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("one draw, another order of the batch (-first +again)\n%s", diff)
	}
	places := map[float32]bool{}
	for draw := range uint64(40) {
		places[read(t, s, data.Train, []int{1}, draw+1).X["shift"][0]] = true
	}
	if len(places) != 3 {
		t.Errorf("40 draws cut at %d places, want all 3", len(places))
	}
}

// TestCached wants each file to be decoded once for both modalities, whose recipes are equal, and equal values.
func TestCached(t *testing.T) {
	m := &made{dir: t.TempDir()}
	c := openCache(t)
	s := newSet(t, m.config(t, c))
	want := read(t, newSet(t, m.config(t, nil)), data.Train, []int{0, 1, 2}, 3)
	m.decoded.Store(0)
	for range 3 {
		if diff := cmp.Diff(want, read(t, s, data.Train, []int{0, 1, 2}, 3)); diff != "" {
			t.Fatalf("with a cache (-without +with)\n%s", diff)
		}
	}
	if n := m.decoded.Load(); n != 3 {
		t.Errorf("decoded %d times in three readings of 3 samples, want 3", n)
	}
}

// TestBroken spoils one file: reading names it, checking lists it, and SkipBroken leaves it out and says so.
func TestBroken(t *testing.T) {
	m := &made{dir: t.TempDir()}
	config := m.config(t, openCache(t))
	broken := filepath.Join(m.dir, "s1")
	if err := os.WriteFile(broken, []byte{1}, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(m.dir, "s3")); err != nil {
		t.Fatal(err)
	}
	s := newSet(t, config)
	if _, err := s.Read(data.Train, []int{0, 1}, 0); err == nil || err.Error() != broken+": 1 bytes, want 4" {
		t.Errorf("Read of a broken sample: %v", err)
	}
	var done []int
	errs := s.Check(t.Context(), func(n, total int) {
		if total != 6 {
			t.Errorf("progress of %d samples, want 6", total)
		}
		done = append(done, n)
	})
	if len(errs) != 2 || !errors.Is(errs[1], os.ErrNotExist) {
		t.Errorf("Check: %v, want the short file and the missing one", errs)
	}
	if diff := cmp.Diff([]int{1, 2, 3, 4, 5, 6}, done); diff != "" {
		t.Errorf("progress (-want +got)\n%s", diff)
	}
	config.SkipBroken = true
	s = newSet(t, config)
	if s.Len(data.Train) != 2 || s.Len(data.Validation) != 0 || len(s.Describe().Provenance.Skipped) != 2 {
		t.Errorf(
			"with SkipBroken %d and %d samples, %d described, want 2, 0 and 2", s.Len(data.Train),
			s.Len(data.Validation), len(s.Describe().Provenance.Skipped),
		)
	}
	if len(config.Parts[data.Train]) != 3 {
		t.Error("SkipBroken changed the caller's list")
	}
	if errs := s.Check(t.Context(), nil); len(errs) != 0 {
		t.Errorf("Check of what is left: %v", errs)
	}
}

func TestCheckEnds(t *testing.T) {
	m := &made{dir: t.TempDir()}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if errs := newSet(t, m.config(t, nil)).Check(ctx, nil); len(errs) != 1 || !errors.Is(errs[0], context.Canceled) {
		t.Errorf("Check: %v, want its context's error alone", errs)
	}
}

func TestNewErrors(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(*Config)
		want  string
	}{
		{
			"twice", func(c *Config) { c.Parts[data.Test][0].ID = "s0" },
			"made: sample s0 is in split train and in split test, want it once",
		},
		{
			"label", func(c *Config) { c.Parts[data.Train][1].Label = 2 },
			"made: sample s1: label 2, want at least 0 and below 2",
		},
		{"empty", func(c *Config) { c.Parts[data.Test] = nil }, "made: no whole sample in split test"},
	} {
		m := &made{dir: t.TempDir()}
		config := m.config(t, nil)
		tt.spoil(&config)
		if _, err := New(config); err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

// TestFeature wants a decoder's faults named.
func TestFeature(t *testing.T) {
	for _, tt := range []struct {
		f    Feature
		want string
	}{
		{Feature{Shape: []int{2}, Values: []float32{1, 2}}, ""},
		{Feature{Shape: []int{2}, Values: []float32{1}}, "x: decoded to 1 value, want 2 values"},
		{Feature{Shape: []int{0}}, "x: decoded to 0 values, want 0 values"},
		{Feature{Shape: []int{1}, Values: []float32{float32(nan())}}, "x: value [0] is NaN, want a finite number"},
	} {
		got := ""
		if err := tt.f.check("x"); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("check of %v: %q, want %q", tt.f, got, tt.want)
		}
	}
}

func nan() float64 {
	zero := 0.0
	return zero / zero
}

// TestApart wants no more files decoded than a draw chose, each once, and all verified when a set is checked.
func TestApart(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for i := range 5 {
		files = append(files, filepath.Join(dir, fmt.Sprint(i)))
		if err := os.WriteFile(files[i], []byte{byte(i)}, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var decoded []string
	verified := 0
	c := Config{
		Description: data.Description{Name: "made", Classes: []string{"one"}},
		Parts:       map[data.Split][]Item{data.Train: {{ID: "apart"}, {ID: "whole"}}, data.Test: {{ID: "test"}}},
		Cache:       openCache(t),
		Modalities: []Modality{{
			Modality: data.Modality{Name: "chosen", Kind: data.Vector, Shape: []int{1}},
			Files:    func(Item) []string { return files },
			Apart:    func(i Item) bool { return i.ID != "whole" },
			Decode: func(_ context.Context, _ Item, files []string) (f Feature, err error) {
				for _, file := range files {
					decoded = append(decoded, filepath.Base(file))
					b, err := os.ReadFile(file)
					if err != nil {
						return Feature{}, err
					}
					f.Bytes = append(f.Bytes, b...)
				}
				f.Shape = []int{len(f.Bytes)}
				return f, nil
			},
			Finish: func(f Features, draw *rand.Rand, to []float32) error {
				at := 2
				if draw != nil {
					at = draw.IntN(5)
				}
				if f.Len() == 1 {
					_, b, err := f.Pack(0)
					to[0] = float32(b[at])
					return err
				}
				if f.File(at) != files[at] {
					return fmt.Errorf("feature %d is of %s", at, f.File(at))
				}
				one, err := f.At(at)
				if err == nil {
					to[0] = float32(one.Bytes[0])
				}
				return err
			},
			Verify: func(_ context.Context, i Item) error {
				verified++
				if i.ID == "whole" {
					return &data.FormatError{File: files[4], Reason: "of another clip"}
				}
				return nil
			},
		}},
	}
	s := newSet(t, c)
	for _, draw := range []uint64{0, 0, 1, 1} {
		decoded = nil
		b := read(t, s, data.Train, []int{0}, draw)
		want := []string{fmt.Sprint(b.X["chosen"][0])}
		if len(decoded) > 0 && !slices.Equal(decoded, want) {
			t.Errorf("draw %d: decoded %v, want %v alone", draw, decoded, want)
		}
		if draw == 0 && b.X["chosen"][0] != 2 {
			t.Errorf("without a draw %v, want 2", b.X)
		}
	}
	if decoded != nil {
		t.Errorf("a second reading with the same draw decodes %v, want all from the cache", decoded)
	}
	if b := read(t, s, data.Train, []int{1}, 0); b.X["chosen"][0] != 2 ||
		!slices.Equal(decoded, []string{"0", "1", "2", "3", "4"}) {
		t.Errorf("a whole feature: %v of %v, want 2 of all files", b.X, decoded)
	}
	errs := s.Check(t.Context(), nil)
	if len(errs) != 1 || errs[0].Error() != files[4]+": of another clip" || verified != 3 {
		t.Errorf("checked: %v after verifying %d, want one fault of three samples", errs, verified)
	}
	c.SkipBroken = true
	if s := newSet(t, c); s.Len(data.Train) != 1 || len(s.Describe().Provenance.Skipped) != 1 {
		t.Errorf("with SkipBroken %d samples, want 1", s.Len(data.Train))
	}
	files[1], files[2], files[3] = "gone", "gone", "gone"
	for draw := range uint64(8) {
		if _, err := s.Read(data.Test, []int{0}, draw); err != nil &&
			(!errors.Is(err, fs.ErrNotExist) || strings.Count(err.Error(), "gone") != 1) {
			t.Errorf("draw %d: %v, want the file named once", draw, err)
		}
	}
}
