// Package whole writes files that are there whole or not at all, and opens those in whose place others may have put
// something else.
//
// [WriteFile] and [Stream] take the permissions that the umask leaves, keep those of a file that they replace, and
// follow the person's own link to where it leads. [OpenPlain] is for logs, locks and packs in folders that several
// users may write to. [LockAlone] and [InUse] say who has a file, and [TempDir] makes folders that the next of their
// kind removes after a kill.
package whole

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
)

// WriteFile is [Stream] of bytes. Errors name the path that was given.
func WriteFile(path string, body []byte) error {
	err := Stream(path, func(w io.Writer) error {
		_, err := w.Write(body)
		return err
	})
	if err != nil {
		return &fs.PathError{Op: "write", Path: path, Err: reason(err)}
	}
	return nil
}

// TempSuffix ends the names of files that are being written. They begin with a full stop; those that a process which
// was killed left behind may be removed.
const TempSuffix = ".writing"

// Stream replaces a file, or makes it, by what write writes: after an error, a kill or a power loss there is what was
// there before, or all of it. A path that leads to something other than a file, such as a terminal or a pipe, is
// written to as it is.
func Stream(path string, write func(io.Writer) error) (err error) {
	mode := fs.FileMode(0o666)
	st, err := os.Stat(path)
	if link, linkErr := os.Lstat(path); linkErr == nil && link.Mode()&fs.ModeSymlink != 0 && !ours(link) {
		st, err = nil, fs.ErrNotExist // another user's link is replaced, wherever it leads
	}
	if err == nil {
		if !st.Mode().IsRegular() {
			return through(path, write)
		}
		mode = st.Mode().Perm()
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return err
		}
	}
	// os.CreateTemp would make one that nobody else can read, whatever the umask.
	dir, base := filepath.Split(path)
	f, err := os.OpenFile(
		fmt.Sprintf("%s.%s.%08x%s", dir, base, rand.Uint32(), TempSuffix), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666,
	)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // the error before says more
		}
	}()
	err = write(f)
	if err == nil && st != nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return SyncFolder(dir)
}

// SyncFolder puts a folder's entries on disk: a rename is there after a power loss only then. An empty name is that of
// the present folder.
func SyncFolder(dir string) error {
	f, err := os.Open(filepath.Clean(dir))
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// ours reports whether something is the user's or root's.
func ours(st fs.FileInfo) bool {
	uid := int(st.Sys().(*syscall.Stat_t).Uid)
	return uid == os.Geteuid() || uid == 0
}

// through writes to what is no file. A folder is an error.
func through(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

// reason is why a file could not be written, without the name of a passing one.
func reason(err error) error {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return at.Err
	}
	if link, ok := errors.AsType[*os.LinkError](err); ok {
		return link.Err
	}
	return err
}
