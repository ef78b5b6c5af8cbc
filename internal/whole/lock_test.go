package whole_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/primewindow/primewindow/internal/whole"
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
	for range 5 {
		look := open()
		if err := syscall.Flock(int(look.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(20*time.Millisecond, func() { look.Close() })
		// Several want it while somebody looks: one of them gets it, the others are told.
		var wanting sync.WaitGroup
		files, errs := make([]*os.File, 3), make([]error, 3)
		for i := range files {
			files[i] = open()
			wanting.Go(func() { errs[i] = whole.LockAlone(files[i]) })
		}
		wanting.Wait()
		got := 0
		for i, err := range errs {
			switch {
			case err == nil:
				got++
			case !errors.Is(err, syscall.EWOULDBLOCK):
				t.Error(err)
			case !whole.InUse(files[i]):
				t.Error("a file that is taken is not in use")
			}
		}
		if got != 1 {
			t.Errorf("%d of three have it, want one: %v", got, errs)
		}
		for _, f := range files {
			f.Close()
		}
	}
	f, other := open(), open()
	defer f.Close()
	defer other.Close()
	if whole.InUse(f) || whole.InUse(other) {
		t.Error("a file that nobody has taken is in use")
	}
	if err := whole.LockAlone(f); err != nil {
		t.Errorf("a look left something behind: %v", err)
	}
}
