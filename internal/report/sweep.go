package report

import (
	"fmt"
	"time"

	"github.com/primewindow/primewindow/internal/shared"
	"github.com/primewindow/primewindow/internal/wire"
)

// Sweep is where a sweep stands: the runs that are under way or of which there is something to tell, or all of them.
func Sweep(s shared.Status, all bool) Grid {
	g := Grid{
		Caption: s.Line(), Head: []string{
			"run", "state", "step", "steps/s", "where", "attempts", "remark",
		}, Words: true,
	}
	for _, r := range s.Runs {
		if !all && r.Why == "" && r.State != shared.Running {
			continue
		}
		row := []string{r.Line.Run, r.State, fmt.Sprintf("%d of %d", r.Progress.Step, r.Line.Steps), "", r.Where}
		remark := wire.OneLine(r.Why)
		if r.State == shared.Running {
			row[3] = fmt.Sprintf("%.1f", r.Progress.Rate)
			if r.LastSign > time.Minute {
				remark = fmt.Sprintf("last sign %s ago", r.LastSign.Round(time.Second))
			}
		}
		row = append(row, fmt.Sprint(r.Attempts), remark)
		var entries []Entry
		for _, text := range row {
			entries = append(entries, Entry{Text: text})
		}
		g.Rows = append(g.Rows, entries)
	}
	g.Notes = append(g.Notes, fmt.Sprintf("%.2f hours of workers spent.", s.Hours))
	if hidden := len(s.Runs) - len(g.Rows); hidden > 0 {
		g.Notes = append(
			g.Notes,
			fmt.Sprintf("%d runs that are done or wait, and of which there is nothing to tell, are left out.", hidden),
		)
	}
	return g
}
