package kineticssounds

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/stream"
)

const (
	maxDepth  = 5        // folders below the set's own in which clips are looked for
	maxFile   = 64 << 20 // bytes of a clip's file; ten seconds take 5 MB at the most
	maxFrames = 600      // of a clip
)

// Kinds of files that a clip may have, in the order in which they are preferred.
const (
	spectrum  = ".npy"
	recording = ".wav"
	movie     = "video"
	frames    = "frames"
)

// kinds by extension.
var kinds = map[string]string{
	".npy": spectrum, ".wav": recording, ".mp4": movie, ".mkv": movie, ".webm": movie, ".avi": movie,
}

// entry is where one kind of a clip is.
type entry struct {
	path string
	also string // a second place; empty as it should be
}

// index says where the files of the listed clips are.
type index struct {
	listed  map[string]bool
	entries map[string]map[string]entry // by clip, then by kind
	seen    []fs.FileInfo               // folders that were walked through
}

// otherRate are folders of frames extracted at other rates than one a second.
var otherRate = regexp.MustCompile(`^Image-\d+-FPS$`)

// readIndex looks for clips in root and the folders below it.
func readIndex(root string, l lists) (*index, error) {
	x := &index{listed: make(map[string]bool, len(l.train)+len(l.test)), entries: map[string]map[string]entry{}}
	for _, c := range slices.Concat(l.train, l.test) {
		x.listed[c.id] = true
	}
	return x, x.walk(root, 0)
}

// walk notes what a folder holds. A clip's own folder may hold its recording beside its frames.
func (x *index) walk(dir string, depth int) error {
	self, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("kineticssounds: %w", err)
	}
	if slices.ContainsFunc(x.seen, func(s fs.FileInfo) bool { return os.SameFile(s, self) }) {
		return nil // a link led here before, or leads back
	}
	x.seen = append(x.seen, self)
	list, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("kineticssounds: %w", err)
	}
	for _, e := range list {
		name, path := e.Name(), filepath.Join(dir, e.Name())
		id := strings.TrimSuffix(name, filepath.Ext(name))
		folder := e.IsDir()
		if e.Type()&fs.ModeSymlink != 0 {
			st, err := os.Stat(path)
			switch {
			case err != nil && x.listed[id]: // a link to nothing or in a circle: told when the clip is looked at
				folder = x.listed[name]
			case err != nil:
				return fmt.Errorf("kineticssounds: %w", err)
			default:
				folder = st.IsDir()
			}
		}
		switch kind := kinds[strings.ToLower(filepath.Ext(name))]; {
		case strings.HasPrefix(name, "."):
		// no frames: told when the clip is looked at
		case folder && x.listed[id] && !x.listed[name] && (kind == recording || kind == spectrum):
			x.note(id, kind, path)
		case folder && (x.listed[name] || x.listed[id]): // the field's folders of frames may be named ID.mp4
			if !x.listed[name] {
				name = id
			}
			x.note(name, frames, path)
			for _, ext := range []string{recording, strings.ToUpper(recording)} {
				if st, err := os.Stat(filepath.Join(path, name+ext)); err == nil && !st.IsDir() {
					x.note(name, recording, filepath.Join(path, name+ext))
					break // both are one file where capitals do not count
				}
			}
		case folder && otherRate.MatchString(name) && name != "Image-01-FPS":
		case folder && depth < maxDepth:
			if err := x.walk(path, depth+1); err != nil {
				return err
			}
		case !folder && kind != "" && x.listed[id]:
			x.note(id, kind, path)
		}
	}
	return nil
}

func (x *index) note(id, kind, path string) {
	if x.entries[id] == nil {
		x.entries[id] = map[string]entry{}
	}
	e, ok := x.entries[id][kind]
	if ok {
		e.also = path
	} else {
		e.path = path
	}
	x.entries[id][kind] = e
}

// pick is the first of some kinds that a clip has. Its error names what is absent or stands twice.
func (x *index) pick(root, id string, from ...string) (kind, path string, err error) {
	for _, kind := range from {
		e, ok := x.entries[id][kind]
		switch {
		case !ok:
			continue
		case e.also != "":
			return "", "", &data.FormatError{
				File: e.also, Reason: fmt.Sprintf("%s is there too, want the clip once", e.path),
			}
		}
		return kind, e.path, nil
	}
	want := "a recording, a spectrum or a video"
	if slices.Contains(from, frames) {
		want = "a folder of frames or a video"
	}
	return "", "", &data.FormatError{File: filepath.Join(root, id), Reason: "no such clip, want " + want}
}

// checkFile looks at a file without reading all of it, through links.
func checkFile(path string) error {
	st, err := stream.Stat(Name, path, maxFile)
	if err != nil || !strings.EqualFold(filepath.Ext(path), ".mp4") {
		return err
	}
	f, _, err := data.OpenFile(path)
	if err != nil {
		return fmt.Errorf("kineticssounds: %w", err)
	}
	defer f.Close()
	return checkBoxes(path, f, st.Size())
}
