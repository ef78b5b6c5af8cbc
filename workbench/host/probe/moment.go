package probe

import (
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/engine"
	"github.com/primewindow/primewindow/workbench/host/setting"
)

// Moment is a run between two steps, as its probes see it. They read it and change nothing; whoever makes it sees to it
// that the state stays while it is measured. It holds the run's own tensors, maps and slices. A run makes a new one for
// each measurement and holds its lock until that is done.
type Moment struct {
	Engine   *engine.Engine
	State    engine.State
	Last     engine.Outcome // of the last step that was taken; zero where none was
	Set      data.Dataset
	Base     setting.Values // settings at step 0
	Settings setting.Values // those of the next step
	Changes  []wire.Change  // of settings, since
	Step     int            // steps taken, and so the key of what is drawn
	PerEpoch int            // steps in an epoch
	Clock    inforeg.Clock  // of the window tests

	Ring  map[string][][]float32   // by modality: the last batch gradients, or sketches of them, oldest first
	Begun func() []*tensors.Tensor // trainable variables at step 0; they stay the run's

	// Recorded gives what is on record of a step, read from disk; the list is the caller's.
	Recorded func(step int) ([]wire.Record, error)
	// Each says whether records of scheduled traces keep every sample's value: not in runs that older versions began,
	// whose records stay of one kind.
	Each bool
}

// blank is a record of the moment, without a number. Its epoch is that of the last step taken: what is measured at the
// end of an epoch belongs to it. Before the first step it is 0.
func (now *Moment) blank(kind, encoder string) wire.Record {
	return wire.Record{Step: now.Step, Epoch: max(0, now.Step-1) / now.PerEpoch, Kind: kind, Encoder: encoder}
}

// CheckLabels wants the labels of a batch to be classes of the model. A graph has no way to refuse one.
func CheckLabels(b *data.Batch, classes int) error {
	for i, y := range b.Labels {
		if y < 0 || int(y) >= classes {
			return fmt.Errorf("label of training sample %d: got %d, want 0 to %d", b.Indices[i], y, classes-1)
		}
	}
	return nil
}
