package whole

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// lookTime is how long [LockAlone] waits for those that only look. A look lasts an instant, unless the process is not
// let run.
const lookTime = 2 * time.Second

// ErrNoLocks reports a file system that has no locks, as some that machines share have none.
var ErrNoLocks = errors.New("the file system has no locks")

// LockAlone takes a file for this process alone until it is closed. It does not wait for another that has taken it: the
// error is EWOULDBLOCK then. Whoever asks with [InUse] holds the file too, shared and for an instant: that is waited
// for, or a run could not be opened, and a host not begin, because somebody has just looked. Where there are no locks
// the error is [ErrNoLocks].
func LockAlone(f *os.File) error {
	for end := time.Now().Add(lookTime); ; time.Sleep(time.Millisecond) {
		err := flock(f, syscall.LOCK_EX)
		if errors.Is(err, syscall.ENOLCK) || errors.Is(err, syscall.ENOSYS) || errors.Is(err, syscall.ENOTSUP) {
			return fmt.Errorf("%w: %w", ErrNoLocks, err)
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) || time.Now().After(end) {
			return err
		}
		// A shared lock is granted beside those that look, and not beside one that has taken the file. It is given back
		// at once: of two that want the file both would wait for the other's.
		if shared := flock(f, syscall.LOCK_SH); shared != nil {
			return err
		}
		if err := flock(f, syscall.LOCK_UN); err != nil {
			return err
		}
	}
}

// InUse reports whether another process has taken a file with [LockAlone]. It holds nothing when it returns.
func InUse(f *os.File) bool {
	if err := flock(f, syscall.LOCK_SH); err != nil {
		return errors.Is(err, syscall.EWOULDBLOCK)
	}
	_ = flock(f, syscall.LOCK_UN) // closing the file gives it back as well
	return false
}

// flock does not wait. A signal that comes meanwhile is no answer.
func flock(f *os.File, how int) error {
	for {
		if err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
