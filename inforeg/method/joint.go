package method

import (
	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/inforeg"
)

// Joint is plain training on the fused cross entropy, the baseline of the paper. With a single modality it is
// unimodal training.
type Joint struct{}

// Settings declares nothing.
func (Joint) Settings() []data.Setting { return nil }

// Controls declares nothing.
func (Joint) Controls([]string) []string { return nil }

// EpochStart decides nothing.
func (Joint) EpochStart(inforeg.Epoch) (map[string]float64, error) { return nil, nil }

// Start reports that the weights at the start of the epoch are not needed.
func (Joint) Start() bool { return false }

// Loss leaves the fused cross entropy alone.
func (Joint) Loss(*inforeg.Step) {}

// Gradients leaves them alone.
func (Joint) Gradients(*inforeg.Step) {}
