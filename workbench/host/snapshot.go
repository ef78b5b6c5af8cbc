package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/seal"
	"github.com/primewindow/primewindow/internal/whole"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/workbench/host/record"
)

const (
	// snapshotSteps is how far apart snapshots are at most, and cosineBatches how many gradients a cosine
	// matrix looks back on. A replay begins cosineBatches before the step it is for, so that reopening
	// recomputes at most their sum less one: 47 steps.
	snapshotSteps   = 32
	cosineBatches   = 16
	snapshotSeconds = 30   // of training between snapshots, when steps are slow
	snapshotShare   = 0.02 // of training time spent on snapshots, at most
)

// snapshotVersion is that of a snapshot's header.
const snapshotVersion = 2

const (
	momentumPrefix = "momentum."
	startPrefix    = "start."
	methodPrefix   = "method."
	headerKey      = "primewindow"
)

// header is the part of a snapshot that is not tensors.
type header struct {
	Run      string                      `json:"run"`     // the run's id
	Version  int                         `json:"version"` // 2: the file has a checksum
	Step     int                         `json:"step"`    // steps done
	Epoch    int                         `json:"epoch"`
	Offset   int                         `json:"offset"` // batches of the epoch already used: the position in the data
	Seed     int                         `json:"seed"`
	Controls map[string]float64          `json:"controls"`       // what the method decided for the epoch
	Released map[string]inforeg.Released `json:"released"`       // by modality, over the epoch so far
	Code     map[string]string           `json:"code,omitempty"` // of what a cell defines and the run uses, by wire.Definition
	Stop     bool                        `json:"stop,omitempty"` // whether it is a stop, see Run.keep
}

func snapshotPath(dir string, step int) string {
	return filepath.Join(dir, snapshotsDir, fmt.Sprintf("%08d.safetensors", step))
}

// snapshotSteps lists the steps of a folder's snapshots in ascending order.
func listSnapshots(dir string) []int {
	entries, err := os.ReadDir(filepath.Join(dir, snapshotsDir))
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

// collect copies a state into plain tensors, so that it can be written while training goes on.
func (e *engine) collect(s state) ([]models.Tensor, error) {
	var list []models.Tensor
	add := func(prefix string, vars []models.Variable, from []*tensors.Tensor) error {
		for i, t := range from {
			values, err := tensors.CopyFlatData[float32](t)
			if err != nil {
				return err
			}
			list = append(list, models.Tensor{Name: prefix + vars[i].Name, Shape: vars[i].Shape, Values: values})
		}
		return nil
	}
	for _, part := range []struct {
		prefix string
		vars   []models.Variable
		from   []*tensors.Tensor
	}{{"", e.vars, s.vars}, {momentumPrefix, e.trainable, s.momentum}, {startPrefix, e.trainable, s.start}} {
		if err := add(part.prefix, part.vars, part.from); err != nil {
			return nil, err
		}
	}
	for i, v := range e.carried {
		values, err := tensors.CopyFlatData[float32](s.carried[i])
		if err != nil {
			return nil, err
		}
		list = append(list, models.Tensor{Name: methodPrefix + v.Name, Shape: v.Shape, Values: values})
	}
	return list, nil
}

// writeSnapshot writes a state atomically: a snapshot, or a stop.
func writeSnapshot(dir string, h header, list []models.Tensor) error {
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	path := snapshotPath(dir, h.Step)
	if h.Stop {
		path = stopPath(dir, h.Step)
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
		hint = goneHint
	case notWritable(err):
		hint = writableHint
	}
	return &wire.Problem{Message: fmt.Sprintf("snapshot of step %d: %v", step, err), Hint: hint}
}

// readSnapshot reads the state after so many steps.
func (e *engine) readSnapshot(dir string, step int) (state, header, error) {
	s, h, _, err := e.readState(snapshotPath(dir, step), step, nil, nil)
	return s, h, err
}

var (
	errOtherShape = errors.New("other variables")         // than those of the model
	errDamaged    = errors.New("the snapshot is damaged") // its bytes are not those that were written
)

// readState reads the state after so many steps, and all tensors of the file by name. Where other code than the given
// one computed it, what the method carries and does not find begins at zeros, as before the first step. The error of a file
// whose bytes cannot be trusted is [errDamaged], that of one which could not be read is the system's.
func (e *engine) readState(path string, step int, ids []string, code map[string]string) (s state, h header, byName map[string]models.Tensor, err error) {
	f, err := os.Open(path)
	if err != nil {
		return s, h, nil, err
	}
	defer f.Close()
	h, list, err := readHeader(f, step)
	if err != nil {
		return s, h, nil, err
	}
	if h.Version >= 2 && ids != nil && !slices.Contains(ids, h.Run) {
		return s, h, nil, fmt.Errorf("%s: %w: it is of another run", filepath.Base(path), errDamaged)
	}
	byName = map[string]models.Tensor{}
	for _, t := range list {
		byName[t.Name] = t
	}
	fits := func(name string, shape []int) bool { t, ok := byName[name]; return ok && slices.Equal(t.Shape, shape) }
	one := func(name string, shape []int) (*tensors.Tensor, error) {
		if !fits(name, shape) {
			return nil, fmt.Errorf("%s: %w: %s: got shape %v, want %v", path, errOtherShape, name, byName[name].Shape, shape)
		}
		return tensors.FromFlatDataAndDimensions(byName[name].Values, shape...), nil
	}
	take := func(prefix string, vars []models.Variable) ([]*tensors.Tensor, error) {
		out := make([]*tensors.Tensor, len(vars))
		for i, v := range vars {
			if out[i], err = one(prefix+v.Name, v.Shape); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	other := !maps.Equal(h.Code, code)
	if s.vars, err = take("", e.vars); err != nil {
		return state{}, h, nil, err
	}
	if s.momentum, err = take(momentumPrefix, e.trainable); err != nil {
		return state{}, h, nil, err
	}
	if e.method.Start() && h.Offset > 0 && (!other || fits(startPrefix+e.trainable[0].Name, e.trainable[0].Shape)) {
		if s.start, err = take(startPrefix, e.trainable); err != nil {
			return state{}, h, nil, err
		}
	}
	for _, v := range e.carried {
		if other && !fits(methodPrefix+v.Name, v.Shape) {
			byName[methodPrefix+v.Name] = models.Tensor{Shape: v.Shape, Values: make([]float32, v.Size())}
		}
		t, err := one(methodPrefix+v.Name, v.Shape)
		if err != nil {
			return state{}, h, nil, err
		}
		s.carried = append(s.carried, t)
	}
	return s, h, byName, nil
}

// readHeader reads a snapshot's header and tensors. Its errors are those of what is in the file.
func readHeader(f *os.File, step int) (h header, list []models.Tensor, err error) {
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
	case h.Version > snapshotVersion:
		return h, nil, &wire.Problem{Message: fmt.Sprintf("%s has version %d, this program knows up to %d", f.Name(), h.Version, snapshotVersion), Hint: "it was made by a newer version: update"}
	case h.Version >= 2 && meta[seal.Key] == "":
		err = record.ErrUnsealed
	}
	if err != nil {
		return h, nil, fmt.Errorf("%s: %w: %w", filepath.Base(f.Name()), errDamaged, err)
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

// thin keeps snapshots so that each step can be reached by few steps, as long as they have fewer bytes together than limit.
// One is kept when it is at least snapshotSteps behind the one kept before it. Where that is too much, gaps grow with age:
// behind the newest step n they are (n-s)/64 at a step s, then (n-s)/32 and so on. The first always stays, so that every
// step can be reached.
func thin(dir string, limit int64) error {
	steps := listSnapshots(dir)
	if len(steps) < 3 {
		return nil
	}
	newest := steps[len(steps)-1]
	size := int64(0)
	if st, err := os.Stat(snapshotPath(dir, newest)); err == nil {
		size = st.Size()
	}
	for share := 0.0; ; share = max(1.0/64, 2*share) {
		keep := []int{steps[0]}
		for _, s := range steps[1:] {
			gap := max(snapshotSteps, int(share*float64(newest-s)))
			recent := newest-s <= 2*snapshotSteps
			if recent || s-keep[len(keep)-1] >= gap {
				keep = append(keep, s)
			}
		}
		if int64(len(keep))*size > limit && len(keep) > 4 && share < 1<<20 {
			continue
		}
		for _, s := range steps {
			if _, kept := slices.BinarySearch(keep, s); !kept {
				if err := os.Remove(snapshotPath(dir, s)); err != nil {
					return err
				}
			}
		}
		return nil
	}
}
