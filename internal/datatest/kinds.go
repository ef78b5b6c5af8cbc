package datatest

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/primewindow/primewindow/data"
)

// Kind is a kind of files that loaders read.
type Kind string

const (
	Table     Kind = "table"     // rows of a list, of labels, of features: of fields or as JSON
	Text      Kind = "text"      // names or sentences
	Picture   Kind = "picture"   // or one frame of several
	Recording Kind = "recording" // sound
	Video     Kind = "video"     // moving pictures, with or without sound
	Array     Kind = "array"     // NumPy's .npy
	Archive   Kind = "archive"   // gzip, zip, npz, MATLAB's
)

// Takes says for each loader by its package's name which kinds of files it takes. Internal/policy compares it with what
// the package calls, so that a new loader stands here, and has a row in its table for each kind.
var Takes = map[string][]Kind{
	"cremad":         {Table, Recording, Picture, Video},
	"digits":         {Recording, Archive},
	"folder":         {Table, Text, Recording, Picture, Video, Array},
	"hatefulmemes":   {Table, Text, Picture},
	"kineticssounds": {Table, Text, Recording, Picture, Video, Array},
	"mosi":           {Table, Archive},
	"nlvr":           {Table, Picture, Archive},
	"synth":          nil, // made
	"utdmhad":        {Table, Archive},
	"violentflows":   {Video},
}

// Row is a place of a loader's set, and what is put there.
type Row struct {
	Kind  Kind
	Files Files
	Name  string // of one of the files
	Odd   []Odd
	More  []any // settings, given as name and value in turn

	// Inside makes of an odd file the one that it is put in, an archive for example; nil where it lies there itself.
	Inside func(b []byte) []byte
	// Named is what a fault names where a folder has the file's name, which is another way to keep the sample; empty
	// where it is none.
	Named string
	// Bare says that any content is right, as a text's: of files that stand in for others pointers alone are told.
	Bare bool
}

// hangs is how long opening and checking a set may take before it is said to wait for ever.
const hangs = time.Minute

// Table puts every odd file of a row in its place, and what [StandIns] and [Places] put there in each, and wants each
// read as its plain twin is, or named in one line with a hint by its cause: of checking and opening alike. The plain
// twin is the first of the row's files whose content begins alike, or the set's own where the first is not read. set is
// the package's name. A kind that the loader [Takes] and no row has is an error. With a cache what did not change is
// decoded once: the caller names its folder.
func (l Loader) Table(t *testing.T, set string, rows []Row) {
	t.Helper()
	takes, ok := Takes[set]
	if !ok {
		t.Fatalf("Takes has no %s", set)
	}
	has := map[Kind]int{}
	for _, r := range rows {
		if has[r.Kind]++; !slices.Contains(takes, r.Kind) {
			t.Errorf("%s: a row of kind %s, which it is not said to take", set, r.Kind)
		}
	}
	for _, k := range takes {
		if has[k] == 0 {
			t.Errorf("%s takes files of kind %s, and has no row for it", set, k)
		}
	}
	for _, r := range rows {
		of := ""
		if has[r.Kind] > 1 {
			of = " of " + path.Base(r.Name)
		}
		at := func(name string) string {
			return fmt.Sprintf("%s/%s/%s%s", set, r.Kind, strings.ReplaceAll(name, "/", " by "), of)
		}
		r.run(t, l, at)
	}
}

// run is one row.
func (r Row) run(t *testing.T, l Loader, at func(name string) string) {
	t.Helper()
	small := Loader{l.Open, l.Check, l.Settings(r.More...)}
	if r.Files[r.Name] == nil {
		t.Fatalf("no file %s", r.Name)
	}
	whole := r.Files.Write(t)
	own, faults := small.faults(t, whole)
	if len(faults) > 0 {
		t.Fatalf("%s: the whole set: %v", at("whole"), faults)
	}
	twins := map[string]data.Dataset{}
	odd := slices.Clone(r.Odd)
	for _, o := range StandIns() {
		if o.Name == "message" && path.Ext(r.Name) == ".jsonl" {
			o.Want, o.Hint = ": ", "" // which hold such objects
		}
		if !r.Bare || strings.HasSuffix(o.Name, "pointer") {
			odd = append(odd, o)
		}
	}
	for _, o := range odd {
		b := o.Bytes
		if r.Inside != nil {
			b = r.Inside(b)
		}
		dir := with(r.Files, r.Name, b).Write(t) // which may become a twin, and must outlive its own test
		t.Run(at(o.Name), func(t *testing.T) {
			twin, kind := own, string(o.Bytes[:min(len(o.Bytes), 4)])
			switch plain := twins[""]; {
			case r.Kind == Picture && alone(o.Name), o.Reason == plainTwin:
				twin = nil
			case o.Want == "" && r.Kind == Picture: // which show another than the set's own
				twin = twins[kind]
			case plain != nil:
				twin = plain
			}
			d := small.read(t, dir, r.Name, o, twin)
			if d == nil || o.Want != "" {
				return
			}
			if twins[kind] == nil && !alone(o.Name) {
				twins[kind] = d
			}
			if r.Kind != Picture && twins[""] == nil && o.Reason == plainTwin {
				twins[""] = d
			}
		})
	}
	for _, p := range Places() {
		t.Run(at(p.Name), func(t *testing.T) {
			dir := r.Files.Write(t)
			name := filepath.Join(dir, filepath.FromSlash(r.Name))
			if p.Skip != "" {
				t.Skip(p.Skip)
			}
			if err := p.Make(name, t.TempDir()); err != nil {
				t.Skipf("no %s here: %v", p.Name, err)
			}
			base, odd := r.Name, p.Odd
			if r.Named != "" && odd.Name == aFolder {
				base, odd.Want = r.Named, ": "
			}
			small.read(t, dir, base, odd, own)
		})
	}
}

// plainTwin is the reason of a file that the others of its list are compared with, in place of the set's own.
const plainTwin = "as it should be"

// with are files of which one has other content.
func with(f Files, name string, b []byte) Files {
	out := make(Files, len(f))
	maps.Copy(out, f)
	out[name] = bytes.Clone(b)
	if b == nil {
		out[name] = []byte{}
	}
	return out
}

// alone says whether a picture is like no other of its format.
func alone(name string) bool {
	return strings.Contains(name, "turned") || strings.Contains(name, "progressive")
}

// read wants an odd file read as a twin is, unless that is nil, or named. It returns the set where it is read.
func (l Loader) read(t *testing.T, dir, name string, odd Odd, twin data.Dataset) data.Dataset {
	t.Helper()
	done := make(chan struct{})
	var d data.Dataset
	var faults []error
	go func() {
		defer close(done)
		d, faults = l.faults(t, dir)
	}()
	select {
	case <-done:
	case <-time.After(hangs):
		t.Fatalf("nothing after %v, want an answer\nreason: %s", hangs, odd.Reason)
	}
	want, hint := odd.Want, odd.Hint
	if odd.FFmpeg && want == "" && !hasFFmpeg() {
		want = "ffmpeg is not installed"
	}
	switch {
	case want == "" && len(faults) > 0:
		t.Errorf("%v, want it read\nreason: %s", faults, odd.Reason)
		return nil
	case want == "":
		if twin == nil {
			return d
		}
		if a, b := twin.Describe().Provenance.SplitHash, d.Describe().Provenance.SplitHash; a != b {
			t.Errorf("another set\nreason: %s", odd.Reason)
		} else if err := near(twin, d, tolerance(odd)); err != nil {
			t.Errorf("%v, want its twin's values\nreason: %s", err, odd.Reason)
		}
		return d
	case len(faults) == 0:
		t.Errorf("no fault, want %q\nreason: %s", want, odd.Reason)
		return nil
	}
	base := name[strings.LastIndexByte(name, '/')+1:]
	switch text := faults[0].Error(); {
	case !strings.Contains(text, base) || !strings.Contains(text, want) || strings.ContainsAny(text, "\n\r\x00\x1b"):
		t.Errorf("%v\nwant one line with %s and %q\nreason: %s", Brief(text), base, want, odd.Reason)
	case len(text) > longest+len(dir):
		t.Errorf("a line of %d bytes: %s\nwant at most %d\nreason: %s", len(text), Brief(text), longest, odd.Reason)
	case !strings.Contains(data.Hint(faults[0]), hint):
		t.Errorf("%v: hint %q, want one with %q\nreason: %s", text, data.Hint(faults[0]), hint, odd.Reason)
	}
	return nil
}

// longest is how long a line of a fault may be, in bytes, beside the folder's name.
const longest = 700

// Brief is a text's beginning.
func Brief(text string) string {
	if len(text) > longest {
		return text[:longest] + "..."
	}
	return text
}

// faults are what checking a set finds, or what opening and reading all of it finds; of a whole set it returns that. It
// wants both to agree.
func (l Loader) faults(t *testing.T, dir string) (data.Dataset, []error) {
	t.Helper()
	var checked []error
	if l.Check != nil {
		checked = l.Check(dir, l.Settings())
	}
	d, err := l.Open(dir, l.Settings())
	if l.Check != nil && (err != nil) != (len(checked) > 0) {
		t.Errorf("Open: %v, Check: %v, want both to agree", err, checked)
	}
	switch {
	case len(checked) > 0:
		return nil, checked
	case err != nil:
		return nil, []error{err}
	}
	c, ok := d.(data.Checked)
	if !ok {
		return d, nil
	}
	found := c.Check(t.Context(), nil)
	if _, err := d.Read(data.Train, places(d.Len(data.Train)), 0); err != nil && len(found) == 0 {
		t.Errorf("Read: %v, and checking finds nothing, want both to agree", err)
	}
	return d, found
}
