package cremad

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/stream"
	"github.com/primewindow/primewindow/data/video"
)

// maxFile bounds a recording or video, in bytes; the owners' largest has 3 MB.
const maxFile = 64 << 20

// entry is a clip's file, or its folder of frames.
type entry struct {
	path     string
	frames   []string // the files of a folder, in order of time
	duration time.Duration
	err      error // what is wrong with it, as far as it shows without decoding
}

// shelf is a folder with an entry for each clip.
type shelf struct {
	dir     string
	ext     string // of the files; empty where each clip has a folder of frames
	entries map[string]entry
}

// missing is the fault of a clip that the shelf lacks.
func (s *shelf) missing(id string) error {
	if s.ext == "" {
		return &data.FormatError{File: filepath.Join(s.dir, id), Reason: "no such folder, want the clip's frames"}
	}
	return &data.FormatError{File: filepath.Join(s.dir, id+s.ext), Reason: "no such file"}
}

// readShelf lists a folder. Of files with the extension it reads the beginning, of folders the names.
func readShelf(dir, ext string) (*shelf, error) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("cremad: %w", err)
	}
	s := &shelf{dir: dir, ext: ext, entries: make(map[string]entry, len(list))}
	var ids []string
	for _, e := range list {
		id, ok := strings.CutSuffix(e.Name(), ext)
		if !ok || strings.HasPrefix(e.Name(), ".") || ext == "" && e.Type().IsRegular() {
			continue
		}
		ids = append(ids, id)
	}
	found := make([]entry, len(ids))
	stream.Each(len(ids), func(i int) { found[i] = readEntry(filepath.Join(dir, ids[i]+ext), ext) })
	for i, id := range ids {
		s.entries[id] = found[i]
	}
	return s, nil
}

// readEntry looks at a clip's file or folder, through links.
func readEntry(path, ext string) entry {
	e := entry{path: path}
	if ext == "" {
		st, err := os.Stat(path)
		switch {
		case err != nil:
			e.err = fmt.Errorf("cremad: %w", err)
		case !st.IsDir():
			e.err = &data.FormatError{File: path, Reason: "not a folder, want the clip's frames"}
		default:
			e.frames, e.err = video.ListFrames(path, maxFrames)
		}
		return e
	}
	if _, e.err = stream.Stat(Name, path, maxFile); e.err == nil && ext == ".wav" {
		e.duration, e.err = video.RecordingDuration(path)
	}
	return e
}
