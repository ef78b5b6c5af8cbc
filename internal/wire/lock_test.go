package wire_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/primewindow/primewindow/internal/wire"
)

// TestLockAlone: a file that somebody only looks at can be taken, by one of those that want it; one that is taken is
// told at once.
func TestLockAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	open := func() *os.File {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			t.Error(err)
		}
		return f
	}
	// Those that look, one after the other and more than one at a time: the file is never free for long.
	var looking sync.WaitGroup
	stop := make(chan struct{})
	for range 3 {
		looking.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				f := open()
				if err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); err == nil {
					time.Sleep(300 * time.Microsecond)
				}
				f.Close()
				time.Sleep(100 * time.Microsecond)
			}
		})
	}
	for range 20 {
		f := open()
		if err := wire.LockAlone(f); err != nil {
			t.Fatalf("while others only look: %v", err)
		}
		other := open()
		began := time.Now()
		if err := wire.LockAlone(other); !errors.Is(err, syscall.EWOULDBLOCK) || time.Since(began) > time.Second {
			t.Fatalf("of a file that is taken: %v after %v", err, time.Since(began))
		}
		if !wire.InUse(other) {
			t.Fatal("a file that is taken is not in use")
		}
		other.Close()
		f.Close()
	}
	close(stop)
	looking.Wait()
	f, other := open(), open()
	defer f.Close()
	defer other.Close()
	if wire.InUse(f) || wire.InUse(other) {
		t.Error("a file that nobody has taken is in use")
	}
	if err := wire.LockAlone(f); err != nil {
		t.Errorf("a look left something behind: %v", err)
	}
}
