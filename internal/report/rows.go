package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Rows is a plain table, its head first.
type Rows [][]string

// Text writes the table in columns.
func (g Rows) Text(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range g {
		last := len(row) - 1
		for _, cell := range row[:last] {
			fmt.Fprint(t, cell, "\t")
		}
		fmt.Fprintln(t, row[last]) // no spaces at the end of a line
	}
	_ = t.Flush() // to memory
}

// Markdown writes the table for a README.
func (g Rows) Markdown(w io.Writer) {
	for i, row := range g {
		fmt.Fprintf(w, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			fmt.Fprintln(w, "|"+strings.Repeat("---|", len(row)))
		}
	}
}
