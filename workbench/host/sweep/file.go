package sweep

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/primewindow/primewindow/internal/shared"
	"github.com/primewindow/primewindow/internal/whole"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
)

// File is the comparison's own file in its folder; PlanFile, where there is one, is the plan that several processes
// share, see package shared.
const (
	File     = "compare.json"
	PlanFile = shared.PlanFile
)

// file is where the comparison's own file is.
func (s *Sweep) file() string { return filepath.Join(s.Ask.Dir, File) }

// write puts what is known on disk. The file is replaced as a whole after each run. A kill leaves the one before, and
// nothing is lost with it: it can be made of the runs at any time.
func (s *Sweep) write() error {
	err := record.WriteJSON(s.file(), s.Result())
	if err != nil {
		return &wire.Problem{
			Message: fmt.Sprintf("comparison not written: %v", err),
			Hint:    "free some space and go on: the runs are on record",
		}
	}
	return nil
}

// WriteCompared writes what a comparison came to as compare.json has it, checksum included.
func WriteCompared(w io.Writer, c wire.Compared) error {
	text, err := record.MarshalJSON(c)
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

// checkFolder wants the comparison's folder to be free, or to hold a comparison on the same samples. Results are not
// taken from the file, they are read from the runs. The file only says whose folder it is.
func (s *Sweep) checkFolder() error {
	dir := s.Ask.Dir
	text, err := os.ReadFile(s.file())
	switch {
	case errors.Is(err, unix.ENOTDIR):
		return &wire.Problem{
			Message: dir + " is not a folder",
			Hint:    "name a comparison's folder with -out, or one that is not there yet",
		}
	case errors.Is(err, fs.ErrNotExist):
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil // it is not there; what else may be wrong shows when it is made
		}
		for _, e := range entries {
			if e.Name() == PlanFile { // several processes share it, and none has written the file yet
				return nil
			}
		}
		for _, e := range entries {
			if !strings.HasPrefix(e.Name(), ".") {
				return &wire.Problem{
					Message: fmt.Sprintf("folder %s is not a comparison: it holds %s", dir, e.Name()),
					Hint:    "name an empty folder with -out, or one that is not there yet",
				}
			}
		}
		return nil
	case err != nil:
		return &wire.Problem{Message: err.Error(), Hint: "name another folder with -out"}
	}
	have, err := wire.ParseCompared(text)
	newer, isNewer := errors.AsType[wire.NewerComparison](err)
	switch {
	case isNewer:
		return &wire.Problem{
			Message: fmt.Sprintf("comparison %s has %v", dir, newer),
			Hint:    "it was made by a newer version: update, or name another folder with -out",
		}
	case err != nil:
		return &wire.Problem{
			Message: fmt.Sprintf("%s is not a comparison's: %v", s.file(), err),
			Hint: "name another folder with -out; or take the file away: it is made anew from the runs in a " +
				"folder that is otherwise empty",
		}
	case have.Data != s.Desc.Name || have.SplitHash != s.Desc.Provenance.SplitHash:
		return &wire.Problem{
			Message: fmt.Sprintf(
				"comparison %s is on other samples: %s there, %s here", dir, DescribeSplit(have.Data, have.SplitHash),
				DescribeSplit(s.Desc.Name, s.Desc.Provenance.SplitHash),
			),
			Hint: "name another folder with -out",
		}
	}
	return nil
}

// DescribeSplit names samples: a set and the beginning of its split's hash.
func DescribeSplit(name, hash string) string {
	return fmt.Sprintf("%s with split %.8s", name, hash)
}

// claim makes the comparison's folder and takes it for this process. Two processes cannot train one comparison. The
// runs have locks of their own while they are open, so that none is trained by somebody else meanwhile either. Closing
// the file, or the end of the process, gives the lock back.
func (s *Sweep) claim() error {
	if err := os.MkdirAll(s.Ask.Dir, 0o777); err != nil {
		return &wire.Problem{Message: err.Error(), Hint: "the comparison's folder cannot be made there"}
	}
	lock, err := record.LockDir(s.Ask.Dir)
	if errors.Is(err, whole.ErrNoLocks) {
		return record.FolderProblem(err)
	}
	if err != nil {
		if _, busy := errors.AsType[*wire.Problem](err); !busy {
			return &wire.Problem{Message: err.Error(), Hint: "the comparison's folder has to be writable"}
		}
		return &wire.Problem{
			Message: fmt.Sprintf("comparison %s is in use by another process", s.Ask.Dir),
			Hint:    "wait until it has ended, or name another folder with -out",
		}
	}
	s.lock = lock
	return nil
}
