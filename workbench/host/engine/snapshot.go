package engine

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// Prefixes of the names of tensors in a snapshot. A variable of the model has its own name, without one.
const (
	MomentumPrefix = "momentum." // then a trainable variable
	StartPrefix    = "start."    // then a trainable variable, at the start of the interval
	methodPrefix   = "method."   // then what the method carries
)

// Collect copies a state into plain tensors, so that it can be written while training goes on. It is all of a snapshot
// that training waits for.
func (e *Engine) Collect(s State) ([]models.Tensor, error) {
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
	}{{"", e.Vars, s.Vars}, {MomentumPrefix, e.Trainable, s.Momentum}, {StartPrefix, e.Trainable, s.Start}} {
		if err := add(part.prefix, part.vars, part.from); err != nil {
			return nil, err
		}
	}
	for i, v := range e.Carried {
		values, err := tensors.CopyFlatData[float32](s.Carried[i])
		if err != nil {
			return nil, err
		}
		list = append(list, models.Tensor{Name: methodPrefix + v.Name, Shape: v.Shape, Values: values})
	}
	return list, nil
}

// ReadSnapshot reads the state after so many steps, of whatever run, as one that no code of a cell made.
func (e *Engine) ReadSnapshot(dir string, step int) (State, record.Header, error) {
	s, h, _, err := e.ReadState(record.SnapshotPath(dir, step), step, nil, nil)
	return s, h, err
}

// ErrOtherShape is wrapped where a snapshot has other variables than the model.
var ErrOtherShape = errors.New("other variables")

// ReadState reads the state after so many steps, and all tensors of the file by name. Where other code than the given
// one computed it, what the method carries and does not find begins at zeros, as before the first step. The error of a
// file whose bytes cannot be trusted is [record.ErrDamaged], that of one which could not be read is the system's. ids
// are those of the run and of those it was forked from; a file of another run is damaged in this sense. The tensors of
// the state are new, and share nothing with what is in byName. A state is returned whole or empty, but for Start: it is
// nil where the file has none.
func (e *Engine) ReadState(
	path string, step int, ids []string, code map[string]string,
) (s State, h record.Header, byName map[string]models.Tensor, err error) {
	f, err := os.Open(path)
	if err != nil {
		return s, h, nil, err
	}
	defer f.Close()
	h, list, err := record.ReadHeader(f, step)
	if err != nil {
		return s, h, nil, err
	}
	if h.Version >= 2 && ids != nil && !slices.Contains(ids, h.Run) {
		return s, h, nil, fmt.Errorf("%s: %w: it is of another run", filepath.Base(path), record.ErrDamaged)
	}
	byName = map[string]models.Tensor{}
	for _, t := range list {
		byName[t.Name] = t
	}
	fits := func(name string, shape []int) bool { t, ok := byName[name]; return ok && slices.Equal(t.Shape, shape) }
	one := func(name string, shape []int) (*tensors.Tensor, error) {
		if !fits(name, shape) {
			return nil, fmt.Errorf(
				"%s: %w: %s: got shape %v, want %v", path, ErrOtherShape, name, byName[name].Shape, shape,
			)
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
	// the code that a cell defines may ask for more or other tensors than what it wrote
	other := !maps.Equal(h.Code, code)
	if s.Vars, err = take("", e.Vars); err != nil {
		return State{}, h, nil, err
	}
	if s.Momentum, err = take(MomentumPrefix, e.Trainable); err != nil {
		return State{}, h, nil, err
	}
	// They are read wherever the file has them: whether the step is within an interval is for the caller to know. Where
	// an interval begins they are of the one before, and the run notes its weights anew. Of other code they are read
	// where they fit; else the run notes its present ones.
	first := StartPrefix + e.Trainable[0].Name
	if _, there := byName[first]; e.Method.Start() && there && (!other || fits(first, e.Trainable[0].Shape)) {
		if s.Start, err = take(StartPrefix, e.Trainable); err != nil {
			return State{}, h, nil, err
		}
	}
	for _, v := range e.Carried {
		if other && !fits(methodPrefix+v.Name, v.Shape) {
			byName[methodPrefix+v.Name] = models.Tensor{Shape: v.Shape, Values: make([]float32, v.Size())}
		}
		t, err := one(methodPrefix+v.Name, v.Shape)
		if err != nil {
			return State{}, h, nil, err
		}
		s.Carried = append(s.Carried, t)
	}
	return s, h, byName, nil
}

const (
	RingPrefix = "ring." // ring.<modality>.<i>, oldest first
)

const (
	LastGrad = "last.gradient" // squared norms of the last step, by trainable variable
)

const (
	LastUpdate = "last.update" // likewise of its updates
)

// GradientsIn finds the last gradients in the tensors of a stop. The lists are those of the tensors and not copies:
// nothing changes either. The outcome has no more than what is measured of a last step.
func (e *Engine) GradientsIn(all map[string]models.Tensor) (ring map[string][][]float32, last Outcome) {
	ring = map[string][][]float32{}
	for _, m := range e.Model.Modalities {
		for i := range record.CosineBatches {
			if t, ok := all[fmt.Sprintf("%s%s.%d", RingPrefix, m.Name, i)]; ok {
				ring[m.Name] = append(ring[m.Name], t.Values)
			}
		}
	}
	return ring, Outcome{GradSquares: all[LastGrad].Values, UpdateSquares: all[LastUpdate].Values}
}
