package host

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/primewindow/primewindow/internal/whole"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// mostLooks is how often a run is looked at that is written meanwhile.
const mostLooks = 4

// settled looks at a run, and once more where it has faults and is in use by now, or was changed meanwhile: one that is
// opened while it is looked at is written to, and what was read before does not fit what is read after.
func settled(look func(busy bool) Proof, inUse func() bool, stamp func() string) (p Proof) {
	busy := inUse()
	for range mostLooks {
		before := stamp()
		p = look(busy)
		was := busy
		busy = inUse()
		changed := stamp() != before
		if len(p.Faults) == 0 || !changed && busy == was {
			break
		}
		busy = busy || changed
	}
	return p
}

// stamp changes with what a process that has a run open writes into its folder.
func stamp(dir string) string {
	var text strings.Builder
	for _, name := range []string{
		record.ManifestFile, record.MetricsFile, record.ProbesFile, record.EventsFile, record.SnapshotsDir,
	} {
		if st, err := os.Stat(filepath.Join(dir, name)); err == nil {
			fmt.Fprintln(&text, name, st.Size(), st.ModTime().UnixNano())
		}
	}
	return text.String()
}

// inUse reports whether another process has the run open.
func inUse(dir string) bool {
	f, err := os.Open(filepath.Join(dir, record.LockFile))
	if err != nil {
		return false
	}
	defer f.Close()
	return whole.InUse(f)
}
