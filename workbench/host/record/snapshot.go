package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/seal"
	"github.com/primewindow/primewindow/internal/whole"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/models"
)

const (
	// SnapshotSteps is how far apart snapshots are at most, and CosineBatches how many gradients a cosine matrix
	// looks back on. A replay begins CosineBatches before the step it is for, so that reopening recomputes at most
	// their sum less one: 47 steps. Fewer steps between snapshots would cost disk and time while training, more would
	// cost time at each opening; more gradients would lengthen every replay and hold as many more sketches of
	// gradients in memory.
	SnapshotSteps = 32
	CosineBatches = 16
)

// SnapshotVersion is that of a snapshot's header. Since 2 the file has a checksum, and its header says whose it is.
const SnapshotVersion = 2

// headerKey is where the header stands among the file's own words.
const headerKey = "primewindow"

// Header is the part of a snapshot that is not tensors.
type Header struct {
	Run      string                      `json:"run"`      // the run's ID, by which others' files are refused
	Version  int                         `json:"version"`  // 2: the file has a checksum
	Step     int                         `json:"step"`     // steps done
	Epoch    int                         `json:"epoch"`    // under way, from 0
	Offset   int                         `json:"offset"`   // batches of the epoch that are used: the place in the data
	Seed     int                         `json:"seed"`     // of the run's settings
	Controls map[string]float64          `json:"controls"` // what the method decided last
	Released map[string]inforeg.Released `json:"released"` // by modality, over the interval so far
	// of what a cell defines and the run uses, by wire.Definition
	Code map[string]string `json:"code,omitempty"`
	Stop bool              `json:"stop,omitempty"` // whether it is a stop, see Run.keep
}

// SnapshotPath is where the snapshot of a step is. Eight digits, so that names sort as steps do.
func SnapshotPath(dir string, step int) string {
	return filepath.Join(dir, SnapshotsDir, fmt.Sprintf("%08d.safetensors", step))
}

// ListSnapshots lists the steps of a folder's snapshots in ascending order. Only a number with the ending counts: not
// the names of stops, of files that were set aside, and of files that are being written.
func ListSnapshots(dir string) []int {
	entries, err := os.ReadDir(filepath.Join(dir, SnapshotsDir))
	if err != nil {
		return nil
	}
	var steps []int
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".safetensors")
		if n, err := strconv.Atoi(name); ok && err == nil {
			steps = append(steps, n)
		}
	}
	slices.Sort(steps)
	return steps
}

// WriteSnapshot writes a state atomically: a snapshot, or a stop. It replaces the file as a whole and syncs it, so that
// a name in the folder is a snapshot that was complete.
func WriteSnapshot(dir string, h Header, list []models.Tensor) error {
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	path := SnapshotPath(dir, h.Step)
	if h.Stop {
		path = StopPath(dir, h.Step)
	}
	err = whole.Stream(path, func(w io.Writer) error {
		return models.WriteSafetensors(w, list, map[string]string{headerKey: string(text)})
	})
	if err != nil {
		return snapshotProblem(h.Step, err)
	}
	return nil
}

func snapshotProblem(step int, err error) error {
	hint := "training stopped at a step that is on record; free some space and go on, nothing is lost"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		hint = GoneHint
	case notWritable(err):
		hint = writableHint
	}
	return &wire.Problem{Message: fmt.Sprintf("snapshot of step %d: %v", step, err), Hint: hint, Cause: err}
}

// ErrDamaged is wrapped where a snapshot's bytes are not those that were written.
var ErrDamaged = errors.New("the snapshot is damaged")

// ReadHeader reads a snapshot's header and tensors. Its errors are those of what is in the file. Those of reading it
// are the system's, apart: a disk that fails for a moment must not cost a good snapshot.
func ReadHeader(f *os.File, step int) (h Header, list []models.Tensor, err error) {
	in := &systemErrors{r: f}
	list, meta, err := models.ReadSafetensors(in)
	if in.err != nil {
		return h, nil, &os.PathError{Op: "read", Path: f.Name(), Err: in.err}
	}
	if err == nil {
		err = json.Unmarshal([]byte(meta[headerKey]), &h)
	}
	switch {
	case err != nil:
	case h.Step != step:
		err = fmt.Errorf("it is of step %d, not of %d", h.Step, step)
	case h.Version > SnapshotVersion:
		return h, nil, &wire.Problem{
			Message: fmt.Sprintf(
				"%s has version %d, this program knows up to %d", f.Name(), h.Version, SnapshotVersion,
			),
			Hint: "it was made by a newer version: update",
		}
	case h.Version >= 2 && meta[seal.Key] == "":
		err = ErrUnsealed
	}
	if err != nil {
		return h, nil, fmt.Errorf("%s: %w: %w", filepath.Base(f.Name()), ErrDamaged, err)
	}
	return h, list, nil
}

// systemErrors keeps an error of the file system apart from those of what was read.
type systemErrors struct {
	r   io.Reader
	err error
}

func (s *systemErrors) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// ThinSnapshots keeps snapshots so that each step can be reached by few steps, as long as they have fewer bytes
// together than limit. One is kept when it is at least SnapshotSteps behind the one kept before it. Where that is too
// much, gaps grow with age: behind the newest step n they are (n-s)/64 at a step s, then (n-s)/32 and so on. The first
// always stays, so that every step can be reached. Those of the last 2*SnapshotSteps stay as well, whatever the limit:
// slow steps leave more of them there, and the next opening begins from one of these. All are taken to be as large as
// the newest, since states of a run differ little in size. The share doubles until what is kept fits; where the first
// and the recent ones alone are too much, the search ends at its bound and they stay.
func ThinSnapshots(dir string, limit int64) error {
	steps := ListSnapshots(dir)
	if len(steps) < 3 {
		return nil
	}
	newest := steps[len(steps)-1]
	size := int64(0)
	if st, err := os.Stat(SnapshotPath(dir, newest)); err == nil {
		size = st.Size()
	}
	for share := 0.0; ; share = max(1.0/64, 2*share) {
		keep := []int{steps[0]}
		for _, s := range steps[1:] {
			gap := max(SnapshotSteps, int(share*float64(newest-s)))
			recent := newest-s <= 2*SnapshotSteps
			if recent || s-keep[len(keep)-1] >= gap {
				keep = append(keep, s)
			}
		}
		if int64(len(keep))*size > limit && len(keep) > 4 && share < 1<<20 {
			continue
		}
		for _, s := range steps {
			if _, kept := slices.BinarySearch(keep, s); !kept {
				if err := os.Remove(SnapshotPath(dir, s)); err != nil {
					return err
				}
			}
		}
		return nil
	}
}
