package method

import "github.com/primewindow/primewindow/inforeg"

// Joint is plain training on the fused cross entropy, the baseline of the paper. With a single modality it is
// unimodal training.
type Joint struct{ inforeg.Plain }

// Replay says that the format knows it by its name.
func (Joint) Replay() Replay { return Replay{Names: []string{"joint"}} }
