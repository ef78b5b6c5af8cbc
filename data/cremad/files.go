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

// readShelf lists a folder. Names count in capitals, as the owners' are. Of files with the extension it reads the
// beginning, of folders the names.
func readShelf(dir, ext string) (*shelf, error) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("cremad: %w", err)
	}
	s := &shelf{dir: dir, ext: ext, entries: make(map[string]entry, len(list))}
	var ids, names []string
	for _, e := range list {
		name := e.Name()
		id := name[:max(0, len(name)-len(ext))]
		if !strings.EqualFold(name[len(id):], ext) || strings.HasPrefix(name, ".") ||
			ext == "" && e.Type().IsRegular() {
			continue
		}
		ids, names = append(ids, strings.ToUpper(id)), append(names, name)
	}
	found := make([]entry, len(ids))
	stream.Each(len(ids), func(i int) { found[i] = readEntry(filepath.Join(dir, names[i]), ext) })
	for i, id := range ids {
		if other, twice := s.entries[id]; twice {
			found[i].err = &data.FormatError{
				File:   found[i].path,
				Reason: fmt.Sprintf("%s is there too, want the clip once", filepath.Base(other.path)),
			}
		}
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
