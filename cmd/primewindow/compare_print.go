package main

import (
	"io"
	"slices"

	"github.com/primewindow/primewindow/internal/report"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/sweep"
)

// formats of a comparison's table, the default first.
var formats = slices.Concat(report.Formats, []string{"json"})

// printComparison writes what a comparison came to; json is the comparison's own file, where accuracies are shares of
// 1.
func printComparison(w io.Writer, format string, c wire.Compared) error {
	if format == "json" {
		return sweep.WriteCompared(w, c)
	}
	return report.WriteComparison(w, format, &c)
}
