package reproduce

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/primewindow/primewindow/internal/whole"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/run"
	"github.com/primewindow/primewindow/workbench/host/sweep"
)

// Open takes the folders of the sets for this process: it is the first that writes. Other sets may be reproduced in the
// same folder at the same time, since no two sets share a run. Each run has its own lock while it is open; the folder's
// keeps two processes from training the same plan run by run. A lock that cannot be had gives back those that were
// taken before it. Names of runs hash the name of the set.
func (p *Reproduction) Open() error {
	if _, err := p.shop.Backend(); err != nil {
		return err
	}
	for _, one := range p.parts {
		if err := p.take(one.data); err != nil {
			return errors.Join(err, p.Close())
		}
	}
	return nil
}

// take takes a set's folder, once. Several targets on one set share its lock.
func (p *Reproduction) take(set string) error {
	if p.locks[set] != nil {
		return nil
	}
	dir := filepath.Join(p.ask.Dir, set)
	for _, folder := range []string{filepath.Join(p.ask.Dir, RunsDir), dir} {
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return &wire.Problem{
				Message: err.Error(), Hint: "the folder of reproductions cannot be made there: name another with -out",
			}
		}
	}
	lock, err := record.LockDir(dir)
	if err == nil {
		p.locks[set] = lock
		return nil
	}
	if errors.Is(err, whole.ErrNoLocks) {
		return record.FolderProblem(err)
	}
	if _, busy := errors.AsType[*wire.Problem](err); !busy {
		return &wire.Problem{
			Message: err.Error(), Hint: "the folder of reproductions has to be writable: name another with -out",
		}
	}
	return &wire.Problem{
		Message: fmt.Sprintf("folder %s is in use by another process", dir),
		Hint:    "wait until it has ended, or name another folder with -out; another set can be reproduced beside it",
	}
}

// Close gives the folders back.
func (p *Reproduction) Close() error {
	var err error
	for _, lock := range p.locks {
		err = errors.Join(err, lock.Close())
	}
	clear(p.locks)
	return err
}

// Train trains a run that [Reproduction.Next] named to its end and measures what is needed of it. A run that cannot go
// on is a hole in the record with its reason, and no error. When ctx ends, the step under way is finished and ctx's
// error is returned. The time and the steps are noted whatever became of the run. A full disk is no hole: all further
// runs would fail for the same reason.
func (p *Reproduction) Train(ctx context.Context, r *sweep.Run, watch func(*run.Run) (stop func())) error {
	one := p.partOf(r)
	began, from := time.Now(), r.Done
	err := one.Train(ctx, r, watch)
	if rec, readErr := record.ReadRecorded(r.Dir); readErr == nil {
		r.Done = min(rec.Status.Step, r.Steps)
	}
	if noteErr := p.note(r, one.data, r.Done-from, time.Since(began).Seconds()); err == nil && r.Done > from {
		err = noteErr
	}
	if err != nil || r.Missing() == "" {
		return err
	}
	why := wire.OneLine(r.Missing())
	if r.Fail(why); errors.Is(r.Err(), unix.ENOSPC) {
		return &wire.Problem{Message: why, Hint: "free some space and go on: what is done is on record"}
	}
	return nil
}

// partOf is a part that needs a run: any has the set and the selection. A run that chooses on another form of the set
// is found by the set's name, too. Training takes from a part only what all parts of a set share: the reported split,
// and how epochs are chosen.
func (p *Reproduction) partOf(r *sweep.Run) *part {
	data := r.Arm().Settings().Data()
	return p.parts[slices.IndexFunc(p.parts, func(one *part) bool { return one.data == data })]
}

// Files are the records that [Reproduction.Write] writes, in order.
func (p *Reproduction) Files() []string {
	var list []string
	for _, one := range p.parts {
		list = append(list, one.file())
	}
	return list
}

// file is DIR/SET/TARGET.json; of another choice of the epoch than the set's usual one, and of another scale, it says
// so in its name. So records of several choices can lie side by side.
func (one *part) file() string {
	name := one.name
	if one.Ask.Select != sweep.SelectionOn(sweep.SelectAuto, one.Desc) {
		name += "-" + one.Ask.Select
	}
	if one.rep.ask.Scale != ScaleDemo {
		name += "-" + one.rep.ask.Scale
	}
	return filepath.Join(one.rep.ask.Dir, one.data, name+".json")
}

// Write puts all records on disk, as far as they are known, and gives them. It can be called at any time: what is not
// trained is a hole. Each record is replaced as a whole.
func (p *Reproduction) Write() ([]*wire.Reproduction, error) {
	var list []*wire.Reproduction
	for _, one := range p.parts {
		rec, err := one.record()
		if err != nil {
			return nil, err
		}
		if err := writeRecord(one.file(), rec); err != nil {
			return nil, err
		}
		list = append(list, rec)
	}
	return list, nil
}

func writeRecord(path string, rec *wire.Reproduction) error {
	text, err := record.Encode("record of "+rec.Target, rec)
	if err != nil {
		return err
	}
	err = os.MkdirAll(filepath.Dir(path), 0o777)
	if err == nil {
		err = whole.Stream(path, func(w io.Writer) error {
			_, err := w.Write(append(text, '\n'))
			return err
		})
	}
	if err != nil {
		return &wire.Problem{
			Message: fmt.Sprintf("record not written: %v", err),
			Hint:    "free some space and go on: the runs are on record",
		}
	}
	return nil
}
