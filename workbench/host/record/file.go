package record

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/primewindow/primewindow/internal/whole"
)

// RemoveTemps removes what a process that was killed left half written in a folder. The folder must be this process's
// alone. Another process's file that is just being written has such a name too.
func RemoveTemps(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") && strings.HasSuffix(e.Name(), whole.TempSuffix) {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// SetAside renames a file that cannot be trusted to NAME.damaged, or NAME.damaged.2 and so on where that is taken, and
// gives the new name. Nothing that could still be looked at is lost. A rename is all or nothing; the folder is synced,
// so that after a power loss the file does not stand under its old name again.
func SetAside(path string) (string, error) {
	to, err := asideName(path)
	if err != nil {
		return "", err
	}
	if err := os.Rename(path, to); err != nil {
		return "", err
	}
	return to, whole.SyncFolder(filepath.Dir(path))
}

// asideName is the first name of that kind that is free. Whoever asks holds the lock of the run's folder.
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
