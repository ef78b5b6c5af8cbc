package catalog

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/digits"
	"github.com/primewindow/primewindow/data/folder"
	"github.com/primewindow/primewindow/data/mosi"
	"github.com/primewindow/primewindow/internal/wire"
)

// TestProblem wants the hint of the fault where it has one, else of the fault's kind.
func TestProblem(t *testing.T) {
	infinite := data.NotFinite("x.npz", "train_audio[7, 3, 2]", 1e300)
	for _, tt := range []struct {
		name, set string
		err       error
		want      string
		not       string
		reason    string
	}{
		{"value", mosi.Name, infinite, "nan_to_num", "damaged", "a file whose values are odd is not damaged"},
		{
			"value, further in", mosi.Name, fmt.Errorf("mosi: split train: %w", infinite), "nan_to_num", "damaged",
			"wherever it was met",
		},
		{"value of a sample", folder.Name, infinite, "nan_to_num", "damaged", "and samples may be left out"},
		{"value of a sample, left out", folder.Name, infinite, "-skip-broken", "mend", "where the set can"},
		{
			"kind", folder.Name, &data.UnsupportedError{File: "x", Feature: "objects", Hint: "make numbers of them"},
			"make numbers of them", "convert", "the fault's own",
		},
		{
			"kind without a hint", folder.Name, &data.UnsupportedError{File: "x", Feature: "objects"}, "convert", "",
			"the kind's",
		},
		{"damaged", digits.Name, &data.FormatError{File: "x", Reason: "cut"}, "damaged", "", "the kind's"},
	} {
		p, ok := errors.AsType[*wire.Problem](Problem(tt.set, tt.err))
		if !ok || !strings.Contains(p.Hint, tt.want) || tt.not != "" && strings.Contains(p.Hint, tt.not) {
			t.Errorf("%s: %+v, want a hint with %q, without %q\nreason: %s", tt.name, p, tt.want, tt.not, tt.reason)
		}
	}
}
