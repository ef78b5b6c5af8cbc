package replay

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestReplayPipes wants an answer, and no wait, where a pipe, or a folder, has the name of a replay's file.
func TestReplayPipes(t *testing.T) {
	for what, make := range map[string]func(path string) error{
		"a pipe":   func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"a folder": func(path string) error { return os.Mkdir(path, 0o700) },
	} {
		dir := t.TempDir()
		for name, read := range map[string]func() error{
			specFile:    func() error { _, err := readReplaySpec(dir); return err },
			batchesFile: func() error { _, err := readBatches(dir); return err },
			weightsFile: func() error { _, err := replayWeights(dir, nil); return err },
		} {
			if err := make(filepath.Join(dir, name)); err != nil {
				t.Skip(err)
			}
			if err := read(); err == nil || !strings.Contains(err.Error(), name+": ") ||
				!strings.Contains(err.Error(), "not a regular file, but "+what) {
				t.Errorf("%s: %v, want %s named", name, err, what)
			}
		}
	}
}
