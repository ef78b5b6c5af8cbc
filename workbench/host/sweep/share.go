package sweep

import (
	"errors"

	"github.com/primewindow/primewindow/internal/whole"
	"github.com/primewindow/primewindow/workbench/host/run"
)

// Share plans a comparison whose runs several processes train, each some of them: the folder is nobody's alone, and its
// file is written by [Sweep.Write] only. Who trains which run is the callers' to arrange. Runs are not looked at yet,
// see [Sweep.Reopen].
func Share(shop *run.Shop, c Comparison) (*Sweep, error) {
	s, err := Plan(shop, c)
	if err != nil {
		return nil, err
	}
	if err := s.checkFolder(); err != nil {
		return nil, err
	}
	s.shared = true
	return s, nil
}

// Alone calls write while the comparison's folder, which it makes, is this process's alone: an error where another
// trains the comparison there by itself. Where there are no locks nobody can have taken it.
func (s *Sweep) Alone(write func() error) error {
	if err := s.claim(); err != nil && !errors.Is(err, whole.ErrNoLocks) {
		return err
	}
	err := errors.Join(write(), s.Close())
	s.lock = nil
	return err
}

// Write puts on disk what the comparison came to.
func (s *Sweep) Write() error { return s.write() }
