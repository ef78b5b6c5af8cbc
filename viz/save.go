package viz

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/primewindow/primewindow/internal/whole"
)

// Save writes a figure under a path without a suffix, as a file for each format, or for all of [Formats] where none is
// named. It makes the folder. Each file is written whole or not at all, also where one of that name exists; all are
// drawn before the first is written. The error names the file and the reason.
func Save(f *Figure, path string, formats ...Format) error {
	if name := filepath.Base(path); path == "" || name == "." || name == string(filepath.Separator) ||
		os.IsPathSeparator(path[len(path)-1]) {
		return fmt.Errorf("viz: save: path %q, want a folder and a name without a suffix", path)
	}
	if len(formats) == 0 {
		formats = Formats()
	}
	bodies := make([][]byte, len(formats))
	for i, format := range formats {
		var err error
		if bodies[i], err = f.Encode(format); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("viz: save %s: folder %s: %w", path, filepath.Dir(path), reason(err))
	}
	for i, format := range formats {
		if err := whole.WriteFile(path+format.Suffix(), bodies[i]); err != nil {
			return fmt.Errorf("viz: save %s: %w", path+format.Suffix(), reason(err))
		}
	}
	return nil
}

// reason is why a file could not be written, without the name of a passing one.
func reason(err error) error {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return at.Err
	}
	return err
}
