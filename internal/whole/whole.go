// Package whole writes files that are there whole or not at all, and opens those in whose place others may have put
// something else.
//
// [WriteFile] is for what a person asked for by a path: figures, sheets, tables. It takes the permissions that the umask
// leaves, keeps those of a file that it replaces, and follows the person's own link to where it leads. [OpenPlain] is
// for logs, locks and packs in folders that several users may write to.
package whole

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
)

// WriteFile replaces a file, or makes it: after an error there is what was there before. A path that leads to something
// other than a file, such as a terminal or a pipe, is written to as it is. Errors name the path that was given.
func WriteFile(path string, body []byte) error {
	if err := write(path, body); err != nil {
		return &fs.PathError{Op: "write", Path: path, Err: reason(err)}
	}
	return nil
}

func write(path string, body []byte) (err error) {
	mode := fs.FileMode(0o666)
	st, err := os.Stat(path)
	if link, linkErr := os.Lstat(path); linkErr == nil && link.Mode()&fs.ModeSymlink != 0 && !ours(link) {
		st, err = nil, fs.ErrNotExist // another user's link is replaced, wherever it leads
	}
	if err == nil {
		if !st.Mode().IsRegular() {
			return through(path, body)
		}
		mode = st.Mode().Perm()
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return err
		}
	}
	// os.CreateTemp would make one that nobody else can read, whatever the umask.
	dir, base := filepath.Split(path)
	f, err := os.OpenFile(fmt.Sprintf("%s.%s-%08x", dir, base, rand.Uint32()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // the error before says more
		}
	}()
	_, err = f.Write(body)
	if err == nil && st != nil {
		err = f.Chmod(mode)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// ours reports whether something is the user's or root's.
func ours(st fs.FileInfo) bool {
	uid := int(st.Sys().(*syscall.Stat_t).Uid)
	return uid == os.Geteuid() || uid == 0
}

// through writes to what is no file. A folder is an error.
func through(path string, body []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	return errors.Join(err, f.Close())
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
