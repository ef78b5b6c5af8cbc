package run

import (
	"context"
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/engine"
)

// Var gives a variable's shape and values at the present step, as kept here: convolution kernels are [k..., in, out]. A
// name with the prefix "momentum." gives the optimizer's buffer. Values are a copy.
func (r *Run) Var(ctx context.Context, name string) (shape []int, values []float32, err error) {
	err = r.with(ctx, func() error {
		var names []string
		for i, v := range r.eng.Vars {
			if names = append(names, v.Name); v.Name == name {
				shape = v.Shape
				values, err = tensors.CopyFlatData[float32](r.st.Vars[i])
				return err
			}
		}
		for i, v := range r.eng.Trainable {
			if engine.MomentumPrefix+v.Name == name {
				shape = v.Shape
				values, err = tensors.CopyFlatData[float32](r.st.Momentum[i])
				return err
			}
		}
		return wire.Unknown(
			"variable", name, names,
			fmt.Sprintf("there are %d, from %s to %s", len(names), names[0], names[len(names)-1]),
		)
	})
	return shape, values, err
}

// Features gives a modality's features of all samples of a split at the present step, in eval mode: [n, D].
func (r *Run) Features(
	ctx context.Context, split data.Split, modality string,
) (shape []int, values []float32, err error) {
	if err := r.checkModality(modality); err != nil {
		return nil, nil, err
	}
	err = r.with(ctx, func() error {
		n := r.set.Len(split)
		all, _, err := r.now().Features(split, data.Positions(n))
		if err != nil {
			return err
		}
		values = all[modality]
		shape = []int{n, len(values) / max(1, n)}
		return nil
	})
	return shape, values, err
}

// Batch gives one modality of the batch that the next step will take, [B, shape...], or with "label" its labels. It
// needs no state, and so loads none. The values are the batch's own, which nobody else has.
func (r *Run) Batch(modality string) (shape []int, values []float32, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b, err := r.nextBatch()
	if err != nil {
		return nil, nil, err
	}
	if modality == "label" {
		values = make([]float32, len(b.Labels))
		for i, y := range b.Labels {
			values[i] = float32(y)
		}
		return []int{len(values)}, values, nil
	}
	if err := r.checkModality(modality); err != nil {
		return nil, nil, err
	}
	for _, m := range r.eng.Model.Modalities {
		if m.Name == modality {
			shape = append([]int{len(b.Labels)}, m.Shape...)
		}
	}
	return shape, b.X[modality], nil
}

// checkModality refuses a name that is none of the run's modalities, before anything is loaded.
func (r *Run) checkModality(name string) error {
	if names := inforeg.ModalityNames(r.eng.Model); !slices.Contains(names, name) {
		return wire.Unknown("modality", name, names, "")
	}
	return nil
}
