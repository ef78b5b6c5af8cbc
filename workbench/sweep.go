package workbench

import (
	"context"
	"time"

	"github.com/primewindow/primewindow/internal/report"
	"github.com/primewindow/primewindow/internal/shared"
)

// Sweep is a comparison that several processes train, which `primewindow compare -executor` began. It is read from its
// files; no host is needed, and nothing is changed.
type Sweep struct{ dir string }

// OpenSweep names the sweep in a folder, relative to the notebook's.
func OpenSweep(dir string) *Sweep { return &Sweep{dir: dir} }

// Table shows where the sweep stands: what runs where, what failed and why, how far all of it is and how long it will
// take. Once all runs have ended, [ReadComparison] reads what they came to, after the command that began the sweep has
// written it.
func (s *Sweep) Table() {
	cell(func(_ context.Context, out *screen) error {
		status, err := shared.Look(s.dir)
		if err == nil {
			out.table(report.Sweep(status, false))
		}
		return err
	})
}

// Watch shows how far the sweep is, in one line that stays up to date, until all runs have ended or the cell is
// interrupted, which does nothing to the sweep.
func (s *Sweep) Watch() {
	cell(func(ctx context.Context, out *screen) error {
		line := out.block()
		for {
			status, err := shared.Look(s.dir)
			if err != nil {
				return err
			}
			if status.Ended() {
				line.end(status.Line())
				return nil
			}
			line.now(status.Line())
			select {
			case <-ctx.Done():
				line.end(status.Line())
				return nil
			case <-time.After(2 * time.Second):
			}
		}
	})
}
