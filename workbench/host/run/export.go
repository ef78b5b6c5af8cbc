package run

import (
	"context"
	"io"
	"strconv"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/models"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// Recorded gives what the run has on record. Where it cannot be read just now, Lost says so. History and status are
// taken one after the other, so that the status of a run that trains may be ahead.
func (r *Run) Recorded() record.Recorded {
	h, err := r.History()
	rec := record.Recorded{Status: r.Status(), History: h, Declared: r.base, Floor: r.man.Floor()}
	r.mu.Lock()
	defer r.mu.Unlock()
	rec.Lost = r.rec.LostText
	if err != nil {
		rec.Lost = "the record cannot be read now: " + wire.FirstLine(err)
	}
	return rec
}

// Export writes a run for other programs: "safetensors" the weights at the present step, with PyTorch's names
// and layouts; "csv" and "tensorboard" what is on record, see [record.Recorded.Export].
func (r *Run) Export(ctx context.Context, format, path string) error {
	if format != "safetensors" {
		return r.Recorded().Export(format, path)
	}
	return r.with(ctx, func() error {
		// copies, so that writing needs no tensor; the lock is held until the file is there
		var list []models.Tensor
		for i, v := range r.eng.Vars {
			values, err := tensors.CopyFlatData[float32](r.st.Vars[i])
			if err != nil {
				return err
			}
			list = append(list, models.ToTorch(v, values))
		}
		meta := map[string]string{"format": "pt", "run": r.Name, "step": strconv.Itoa(r.at)}
		return record.ExportFile(path, func(w io.Writer) error { return models.WriteSafetensors(w, list, meta) })
	})
}
