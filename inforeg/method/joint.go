package method

import "github.com/primewindow/primewindow/inforeg"

// Joint is plain training on the fused cross entropy, the baseline of the paper. With a single modality it is
// unimodal training.
type Joint struct{ inforeg.Plain }
