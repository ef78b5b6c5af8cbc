package host

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

const (
	snapshotSeconds = 30   // of training between snapshots, when steps are slow
	snapshotShare   = 0.02 // of training time spent on snapshots, at most
)

const (
	momentumPrefix = "momentum."
	startPrefix    = "start."
	methodPrefix   = "method."
)

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

// readSnapshot reads the state after so many steps.
func (e *engine) readSnapshot(dir string, step int) (state, record.Header, error) {
	s, h, _, err := e.readState(record.SnapshotPath(dir, step), step, nil, nil)
	return s, h, err
}

var (
	errOtherShape = errors.New("other variables") // than those of the model
)

// readState reads the state after so many steps, and all tensors of the file by name. Where other code than the given
// one computed it, what the method carries and does not find begins at zeros, as before the first step. The error of a file
// whose bytes cannot be trusted is [record.ErrDamaged], that of one which could not be read is the system's.
func (e *engine) readState(path string, step int, ids []string, code map[string]string) (s state, h record.Header, byName map[string]models.Tensor, err error) {
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
