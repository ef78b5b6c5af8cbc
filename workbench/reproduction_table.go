package workbench

import (
	"context"

	"github.com/primewindow/primewindow/internal/report"
)

// Table shows the record as a table: of each method mean ± standard deviation over its seeds, under it the paired
// difference to the baseline with its 95 % interval, and under that the paper's number.
func (r *Reproduction) Table() {
	cell(func(_ context.Context, out *screen) error {
		out.table(r.grid())
		return nil
	})
}

func (r *Reproduction) grid() report.Grid { return report.Reproduction(&r.Reproduction) }

// Text is the table as plain text.
func (r *Reproduction) Text() string { return r.grid().Text() }

// Markdown is the table for a README: what stands in smaller letters is on lines of its own within the cell.
func (r *Reproduction) Markdown() string { return r.grid().Markdown() }

// LaTeX is the table as a float, for the packages booktabs and makecell.
func (r *Reproduction) LaTeX() string { return r.grid().LaTeX("tab:" + r.Target + "-" + r.Data) }

// CSV has a row for each arm and accuracy; an arm without any has one, with the reason.
func (r *Reproduction) CSV() string { return report.ReproductionCSV(&r.Reproduction) }
