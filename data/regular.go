package data

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// maxRead bounds what [ReadFile] takes into memory, in bytes, of files whose readers have no bound of their own.
const maxRead = 8 << 30

// largeFile is the size, in bytes, from which a file's beginning is looked at before the whole is read.
const largeFile = 16 << 20

// OpenFile opens a file for reading, through links. It returns a [FormatError] for what is no regular file, at once: a
// folder, a pipe, which would wait for somebody who writes, or a device, which may have no end; and the file system's
// errors. The file's description, with its size, comes with it.
func OpenFile(path string) (*os.File, fs.FileInfo, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // else a pipe waits here
	if err != nil {
		return nil, nil, err
	}
	st, err := f.Stat()
	if err == nil {
		err = CheckRegular(path, st)
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, st, nil
}

// CheckRegular returns a [FormatError] for what is no regular file.
func CheckRegular(path string, st fs.FileInfo) error {
	what := "another thing"
	switch mode := st.Mode(); {
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		what = "a folder"
	case mode&fs.ModeNamedPipe != 0:
		what = "a pipe"
	case mode&fs.ModeSocket != 0:
		what = "a socket"
	case mode&fs.ModeDevice != 0:
		what = "a device"
	}
	return &FormatError{File: path, Reason: "not a regular file, but " + what, Hint: "put the file itself there"}
}

// ReadFile reads a file of at most 8 GiB, see [ReadUpTo].
func ReadFile(path string) ([]byte, error) { return ReadUpTo(path, maxRead) }

// ReadUpTo reads a file as [OpenFile] opens it. It returns an [UnsupportedError] for one of more than so many bytes. Of
// a large one it looks at the beginning first: one that is filled with zeros, which may say that it has any size and
// take no room, or that else stands in for another, is a [StandInError].
func ReadUpTo(path string, most int64) ([]byte, error) {
	f, st, err := OpenFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size := st.Size()
	if size > min(most, largeFile) {
		if err := StandIn(path); err != nil {
			return nil, err
		}
	}
	large := error(&UnsupportedError{File: path, Feature: fmt.Sprintf("more than %d bytes", most)})
	if size > most {
		return nil, large
	}
	b := make([]byte, size+1) // one more, so that the end shows without growing
	n, err := io.ReadFull(f, b)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return b[:n], nil
	case err != nil:
		return nil, err
	}
	rest, err := io.ReadAll(io.LimitReader(f, most)) // it grew meanwhile, or says no size
	if err == nil && int64(len(b)+len(rest)) > most {
		return nil, large
	}
	return append(b, rest...), err
}

// Absent says whether an error is that there is nothing of a name: no file, and no link to one that is not there
// either.
func Absent(err error, path string) bool {
	if !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	_, err = os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}
