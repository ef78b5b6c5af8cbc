package host

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// journal is an append-only file of JSON lines. Each line is one write, so that a kill leaves at most a torn
// last line, which is cut when the file is opened again.
type journal struct {
	f     *os.File
	lines [][]byte // complete lines, without their ends
}

// openJournal opens or creates the file, cuts a torn last line and reads all others.
func openJournal(path string) (*journal, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(f)
	if err != nil {
		f.Close()
		return nil, err
	}
	whole := bytes.LastIndexByte(text, '\n') + 1
	if whole < len(text) {
		if err := f.Truncate(int64(whole)); err != nil {
			f.Close()
			return nil, err
		}
	}
	if _, err := f.Seek(int64(whole), io.SeekStart); err != nil {
		f.Close()
		return nil, err
	}
	j := &journal{f: f}
	if whole > 0 {
		j.lines = bytes.Split(text[:whole-1], []byte{'\n'})
	}
	return j, nil
}

// append adds one line. A line that could not be written whole is taken back, so that the next one does not
// join it.
func (j *journal) append(line []byte) error {
	at, err := j.f.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if _, err := j.f.Write(append(bytes.Clone(line), '\n')); err != nil {
		_ = j.f.Truncate(at)
		_, _ = j.f.Seek(at, io.SeekStart)
		return fmt.Errorf("%s: %w", filepath.Base(j.f.Name()), err)
	}
	j.lines = append(j.lines, bytes.Clone(line)) // line may have room that nobody needs
	return nil
}

// sync puts what was appended on disk.
func (j *journal) sync() error { return j.f.Sync() }

func (j *journal) close() error { return j.f.Close() }

// writeAtomic replaces a file by renaming a complete one.
func writeAtomic(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone after the rename
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}
