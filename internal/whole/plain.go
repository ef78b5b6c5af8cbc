package whole

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// OpenPlain opens a file that others may have put a link, a pipe or a device in the place of: what is no plain file
// under that very name is an error. flag and perm are as os.OpenFile takes them.
func OpenPlain(path string, flag int, perm fs.FileMode) (*os.File, error) {
	f, err := os.OpenFile(path, flag|syscall.O_NOFOLLOW|syscall.O_CLOEXEC|syscall.O_NONBLOCK, perm)
	if err != nil {
		return nil, PlainError(path, err)
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = fmt.Errorf("%s is no plain file", path)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// PlainError is what the system says of a file that was opened with O_NOFOLLOW: of a link that it is one, which the
// system calls too many of them.
func PlainError(path string, err error) error {
	if errors.Is(err, syscall.ELOOP) {
		return fmt.Errorf("%s is a link, want a plain file", path)
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		err = errno
	}
	return &fs.PathError{Op: "open", Path: path, Err: err}
}
