package cremad

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/primewindow/primewindow/data"
)

// maxFile bounds a recording or video, in bytes; the owners' largest has 3 MB.
const maxFile = 64 << 20

// entry is a clip's file, or its folder of frames.
type entry struct {
	path     string
	frames   []string // of a folder, in order of time
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
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 2 * runtime.GOMAXPROCS(0) { // they wait for the disk
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(ids); i = int(next.Add(1)) - 1 {
				found[i] = readEntry(filepath.Join(dir, ids[i]+ext), ext)
			}
		})
	}
	wg.Wait()
	for i, id := range ids {
		s.entries[id] = found[i]
	}
	return s, nil
}

// readEntry looks at a clip's file or folder, through links.
func readEntry(path, ext string) entry {
	e := entry{path: path}
	st, err := os.Stat(path)
	switch {
	case err != nil: // also of a link to nothing, and of links that go round
		e.err = fmt.Errorf("cremad: %w", err)
	case ext == "":
		e.frames, e.err = listFrames(path, st)
	case !st.Mode().IsRegular():
		e.err = &data.FormatError{File: path, Reason: "not a regular file"}
	case st.Size() == 0:
		e.err = &data.FormatError{File: path, Reason: "empty"}
	case st.Size() > maxFile:
		e.err = &data.UnsupportedError{File: path, Feature: fmt.Sprintf("%d bytes, want at most %d", st.Size(), maxFile)}
	case ext == ".wav":
		e.duration, e.err = wavDuration(path, st.Size())
	}
	return e
}

// listFrames lists the pictures of a clip's folder in the order of the numbers in their names.
func listFrames(dir string, st fs.FileInfo) ([]string, error) {
	if !st.IsDir() {
		return nil, &data.FormatError{File: dir, Reason: "not a folder, want the clip's frames"}
	}
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("cremad: %w", err)
	}
	var frames []string
	for _, e := range list {
		switch strings.ToLower(filepath.Ext(e.Name())) {
		case ".jpg", ".jpeg", ".png":
			if !strings.HasPrefix(e.Name(), ".") {
				frames = append(frames, e.Name())
			}
		}
	}
	switch {
	case len(frames) == 0:
		return nil, &data.FormatError{File: dir, Reason: "no frames, want .jpg or .png files"}
	case len(frames) > maxFrames:
		return nil, &data.UnsupportedError{File: dir, Feature: fmt.Sprintf("%d frames, want at most %d", len(frames), maxFrames)}
	}
	slices.SortFunc(frames, byNumbers)
	return frames, nil
}

// byNumbers orders names so that runs of digits count as numbers: frame_2.jpg comes before frame_10.jpg.
func byNumbers(a, b string) int {
	whole := cmp.Compare(a, b)
	for a != "" && b != "" {
		x, y := digits(a), digits(b)
		if x == "" || y == "" {
			if a[0] != b[0] {
				return cmp.Compare(a[0], b[0])
			}
			a, b = a[1:], b[1:]
			continue
		}
		a, b = a[len(x):], b[len(y):]
		x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
		if c := cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y)); c != 0 {
			return c
		}
	}
	return cmp.Or(cmp.Compare(len(a), len(b)), whole)
}

// digits is the run of digits that s begins with.
func digits(s string) string {
	return s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
}
