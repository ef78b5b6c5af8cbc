package datatest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Files are a set's files by name, with slashes, below the data folder.
type Files map[string][]byte

// Write writes the files below a new folder and returns that.
func (f Files) Write(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	for name, b := range f {
		Put(tb, filepath.Join(dir, filepath.FromSlash(name)), b)
	}
	return dir
}

// Without removes the files whose names begin so.
func (f Files) Without(prefix string) {
	for name := range f {
		if strings.HasPrefix(name, prefix) {
			delete(f, name)
		}
	}
}

// Put writes a file as of yesterday, and the folders that it lies in.
func Put(tb testing.TB, path string, b []byte) {
	tb.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		tb.Fatal(err)
	}
	yesterday := time.Now().Add(-24 * time.Hour)
	if err := os.Chtimes(path, yesterday, yesterday); err != nil {
		tb.Fatal(err)
	}
}

// Real is the folder of all sets' real files, as the environment names it or beside the module. The test is skipped
// where that lacks one of the folders, which are named below it.
func Real(tb testing.TB, folders ...string) string {
	tb.Helper()
	dir := os.Getenv("PRIMEWINDOW_DATA")
	if dir == "" {
		dir = filepath.FromSlash("../../../shared/data")
	}
	for _, folder := range folders {
		if _, err := os.Stat(filepath.Join(dir, folder)); err != nil {
			tb.Skipf("real files are not there (%v): name their folder in PRIMEWINDOW_DATA", err)
		}
	}
	return dir
}
