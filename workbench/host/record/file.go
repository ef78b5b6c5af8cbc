package record

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// tempSuffix ends the names of files that are being written; they begin with a point.
const tempSuffix = ".writing"

// WriteFile replaces a file by one that is complete and on disk: after a kill or a power loss there is the old file or
// the new one. Its permissions are those that the process's umask leaves.
func WriteFile(path string, write func(io.Writer) error) (err error) {
	f, err := createTemp(path)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // a leftover, which RemoveTemps takes away
		}
	}()
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return SyncFolder(filepath.Dir(path))
}

// createTemp opens a new file beside the path. (os.CreateTemp would make one that others cannot read, whatever the umask.)
func createTemp(path string) (*os.File, error) {
	dir, base := filepath.Split(path)
	for {
		name := fmt.Sprintf("%s.%s.%08x%s", dir, base, rand.Uint32(), tempSuffix)
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// RemoveTemps removes what a process that was killed left half written in a folder. The folder must be this process's
// alone.
func RemoveTemps(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") && strings.HasSuffix(e.Name(), tempSuffix) {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// SyncFolder puts a folder's entries on disk: a rename is there after a power loss only then.
func SyncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// SetAside renames a file that cannot be trusted to NAME.damaged, or NAME.damaged.2 and so on where that is taken, and
// gives the new name. Nothing that could still be looked at is lost.
func SetAside(path string) (string, error) {
	to, err := asideName(path)
	if err != nil {
		return "", err
	}
	if err := os.Rename(path, to); err != nil {
		return "", err
	}
	return to, SyncFolder(filepath.Dir(path))
}

func asideName(path string) (string, error) {
	for i := 1; ; i++ {
		to := path + ".damaged"
		if i > 1 {
			to = fmt.Sprintf("%s.%d", to, i)
		}
		if _, err := os.Lstat(to); errors.Is(err, fs.ErrNotExist) {
			return to, nil
		} else if err != nil {
			return "", err
		}
	}
}
