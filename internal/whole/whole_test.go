package whole

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestWriteFile: what is there afterwards, under every umask that people have.
func TestWriteFile(t *testing.T) {
	for _, tt := range []struct {
		name   string
		umask  int
		before fs.FileMode // of a file that is there; 0 for none
		want   fs.FileMode
		reason string
	}{
		{"new, usual", 0o022, 0, 0o644, "as os.Create makes it"},
		{"new, closed", 0o077, 0, 0o600, "somebody wants nothing to be read by others"},
		{"new, group", 0o002, 0, 0o664, "a folder that a group works in"},
		{"replaced", 0o022, 0o640, 0o640, "somebody has chosen these"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "a.png")
			if tt.before != 0 {
				if err := errors.Join(os.WriteFile(path, []byte("old"), 0o600), os.Chmod(path, tt.before)); err != nil {
					t.Fatal(err)
				}
			}
			old := syscall.Umask(tt.umask)
			err := WriteFile(path, []byte("new"))
			syscall.Umask(old)
			st, statErr := os.Stat(path)
			body, readErr := os.ReadFile(path)
			if err := errors.Join(err, statErr, readErr); err != nil || st.Mode() != tt.want || string(body) != "new" {
				t.Errorf("mode %v, body %q, error %v, want %v\nreason: %s", st.Mode(), body, err, tt.want, tt.reason)
			}
			if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
				t.Errorf("%d files in the folder, error %v, want one", len(list), err)
			}
		})
	}
}

func TestWriteFilePlaces(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(
		os.Mkdir(at("folder"), 0o755), os.WriteFile(at("file"), []byte("old"), 0o644), os.Symlink("file", at("link")),
	); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ path, want, reason string }{
		{at("link"), "", "a person's own link is kept"},
		{os.DevNull, "", "what is no file is written to"},
		{at("folder"), "write " + at("folder") + ": is a directory", "the path as it was given"},
		{
			at("none/a.png"), "write " + at("none/a.png") + ": no such file or directory",
			"the passing file's name says nothing",
		},
		{at("file/a.png"), "write " + at("file/a.png") + ": not a directory", "likewise"},
	} {
		if err := WriteFile(tt.path, []byte("new")); (err == nil) != (tt.want == "") ||
			err != nil && err.Error() != tt.want {
			t.Errorf("WriteFile(%s): %v, want %q\nreason: %s", tt.path, err, tt.want, tt.reason)
		}
	}
	if to, err := os.Readlink(at("link")); err != nil || to != "file" {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	if body, err := os.ReadFile(at("file")); err != nil || string(body) != "new" {
		t.Errorf("behind the link is %q, %v, want what was written", body, err)
	}
	if st, err := os.Stat(os.DevNull); err != nil || st.Mode().IsRegular() {
		t.Errorf("%s: %v, %v", os.DevNull, st, err)
	}
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if strings.HasPrefix(e.Name(), ".") {
			t.Errorf("%s was left", e.Name())
		}
	}
}
