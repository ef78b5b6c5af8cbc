package whole

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	tempLock = ".lock" // in a folder of TempDir; in use as long as its process lives
	// unlockedTime is how long a folder without a lock is left alone: its process may be about to take it.
	unlockedTime = time.Minute
)

// TempDir makes a folder below another for this process alone, under a name that begins with prefix and ends in digits,
// and removes folders of that kind which processes that were killed have left there. remove takes it away again.
func TempDir(parent, prefix string) (dir string, remove func() error, err error) {
	sweep(parent, prefix)
	if dir, err = os.MkdirTemp(parent, prefix); err != nil {
		return "", nil, err
	}
	lock, err := os.OpenFile(filepath.Join(dir, tempLock), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		err = LockAlone(lock)
	}
	if err != nil {
		return "", nil, errors.Join(err, lock.Close(), os.RemoveAll(dir))
	}
	// The lock is given back last, so that nobody else removes it meanwhile.
	return dir, func() error { return errors.Join(os.RemoveAll(dir), lock.Close()) }, nil
}

// sweep removes what is abandoned. What cannot be looked at or removed stays: it is in nobody's way.
func sweep(parent, prefix string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, e := range entries {
		digits, ok := strings.CutPrefix(e.Name(), prefix)
		if dir := filepath.Join(parent, e.Name()); ok && e.IsDir() && digits != "" &&
			strings.Trim(digits, "0123456789") == "" && abandoned(dir) {
			_ = os.RemoveAll(dir)
		}
	}
}

// abandoned reports whether no process uses a folder. Older versions took no lock in it, but may have one further down,
// of a run.
func abandoned(dir string) bool {
	lock, err := os.Open(filepath.Join(dir, tempLock))
	switch {
	case err == nil:
		defer lock.Close()
		return !InUse(lock)
	case !errors.Is(err, fs.ErrNotExist):
		return false
	}
	st, err := os.Stat(dir)
	if err != nil || time.Since(st.ModTime()) < unlockedTime {
		return false
	}
	below, err := filepath.Glob(filepath.Join(escaped(dir), "*", tempLock))
	if err != nil {
		return false
	}
	for _, path := range below {
		f, err := os.Open(path)
		if err != nil {
			return false
		}
		used := InUse(f)
		f.Close()
		if used {
			return false
		}
	}
	return true
}

// escaped is a path in which a pattern means nothing.
func escaped(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}
