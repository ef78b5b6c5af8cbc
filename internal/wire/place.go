package wire

import (
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// ModulePath marks a project folder: the folder whose go.mod names it.
const ModulePath = "github.com/primewindow/primewindow"

// ProjectVariable overrides where the project folder is looked for.
const ProjectVariable = "PRIMEWINDOW_PROJECT"

// Project finds the project folder: PRIMEWINDOW_PROJECT, or else the nearest folder upwards from the
// notebook's folder (the working folder outside a notebook) whose go.mod is this module's, or else the working
// folder itself. A project's binary is executed: in a folder that everybody can write to, as /tmp is, a go.mod of
// another user makes no project.
func Project() (string, error) {
	if dir := os.Getenv(ProjectVariable); dir != "" {
		return filepath.Abs(dir)
	}
	start := os.Getenv("GONB_DIR")
	if start == "" {
		var err error
		if start, err = os.Getwd(); err != nil {
			return "", err
		}
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.Contains(string(mod), "module "+ModulePath+"\n") && !planted(dir) {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return start, nil
		}
	}
}

// planted reports whether the go.mod of a folder may be there to mislead.
func planted(dir string) bool {
	folder, err := os.Stat(dir)
	if err != nil || folder.Mode()&0o002 == 0 {
		return err != nil
	}
	mod, err := os.Lstat(filepath.Join(dir, "go.mod"))
	return err != nil || ownerOf(mod) != 0 && ownerOf(mod) != os.Geteuid()
}

var runName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// CheckRunName reports whether a run may be called so: it becomes a folder's name.
func CheckRunName(name string) error {
	if !runName.MatchString(name) {
		return &Problem{
			Message: fmt.Sprintf("run name %q: want 1 to 64 letters, digits, dots, hyphens or underscores", name),
			Hint:    `begin with a letter or a digit, for example "first"`,
		}
	}
	return nil
}

// BuildID is Go's own identity of an executable, the same for the same code and the same compiler.
func BuildID(executable string) (string, error) {
	f, err := elf.Open(executable)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		return "", fmt.Errorf("%s: %w", executable, err)
	}
	defer f.Close()
	section := f.Section(".note.go.buildid")
	if section == nil {
		return "", fmt.Errorf("%s: no Go build ID", executable)
	}
	note, err := section.Data()
	if err != nil || len(note) < 16 {
		return "", fmt.Errorf("%s: build ID note of %d bytes", executable, len(note))
	}
	sum := sha256.Sum256(note[16:])
	return hex.EncodeToString(sum[:6]), nil
}
