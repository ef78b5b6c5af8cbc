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

// TestOpenPlain: what stands in a file's place is named, nothing is waited for, and nothing is made elsewhere.
func TestOpenPlain(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(
		os.Symlink(at("made"), at("link")), syscall.Mkfifo(at("pipe"), 0o600), os.Mkdir(at("folder"), 0o700),
	); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		flag   int
		want   string
		reason string
	}{
		{"plain", os.O_WRONLY | os.O_CREATE | os.O_APPEND, "", "made as os.OpenFile makes it"},
		{"plain", os.O_RDONLY, "", "read likewise"},
		{
			"link", os.O_WRONLY | os.O_CREATE | os.O_APPEND, at("link") + " is a link, want a plain file",
			"it leads where another user wants",
		},
		{"link", os.O_RDONLY, at("link") + " is a link, want a plain file", "what is read is shown"},
		{"pipe", os.O_WRONLY, "no such device or address", "nobody reads: os.OpenFile would wait for ever"},
		{"pipe", os.O_RDONLY, at("pipe") + " is no plain file", "likewise"},
		{"folder", os.O_RDONLY, at("folder") + " is no plain file", "nothing to read"},
		{"none", os.O_RDONLY, "open " + at("none") + ": no such file or directory", "as the system says it"},
	} {
		f, err := OpenPlain(at(tt.name), tt.flag, 0o600)
		if err == nil {
			err = f.Close()
		}
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("OpenPlain(%s, %#x): %v, want %q\nreason: %s", tt.name, tt.flag, err, tt.want, tt.reason)
		}
	}
	if _, err := os.Lstat(at("made")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file was made behind the link: %v", err)
	}
}

// TestWriteFileForeignLink: a link that another user put under the name does not lead into the user's own files.
func TestWriteFileForeignLink(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("not root: no link of another user can be made")
	}
	dir := t.TempDir()
	mine, path := filepath.Join(dir, "mine"), filepath.Join(dir, "f.png")
	if err := errors.Join(
		os.WriteFile(mine, []byte("mine"), 0o600), os.Symlink(mine, path), os.Lchown(path, 65534, 65534),
		WriteFile(path, []byte("figure")),
	); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{mine: "mine", path: "figure"} {
		if got, err := os.ReadFile(name); err != nil || string(got) != want {
			t.Errorf("%s holds %q, %v, want %q", name, got, err, want)
		}
	}
}
