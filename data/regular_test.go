package data

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestReadUpTo reads what is a regular file of the right size, and answers at once for anything else.
func TestReadUpTo(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, tt := range []struct {
		name   string
		make   func(path string) error
		want   string // the content, or the error's end behind the name
		whole  bool
		reason string
	}{
		{
			"file", func(p string) error { return os.WriteFile(p, []byte("12345678"), 0o600) }, "12345678", true,
			"as long as it may be",
		},
		{
			"empty", func(p string) error { return os.WriteFile(p, nil, 0o600) }, "", true,
			"its reader says what it wants",
		},
		{"link", func(p string) error { return os.Symlink(at("file"), p) }, "12345678", true, "links are followed"},
		{
			"long", func(p string) error { return os.WriteFile(p, []byte("123456789"), 0o600) },
			"not supported: more than 8 bytes", false, "one byte more",
		},
		{
			"hole", func(p string) error { return errors.Join(os.WriteFile(p, nil, 0o600), os.Truncate(p, 1<<42)) },
			"zeros from its beginning, not the file itself", false, "takes no room, and all the memory",
		},
		{"pointer", func(p string) error {
			return os.WriteFile(p, []byte("version https://git-lfs.github.com/spec/v1\n"), 0o600)
		}, "a Git LFS pointer, not the file itself", false, "more than may be, but known"},
		{
			"folder", func(p string) error { return os.Mkdir(p, 0o700) }, "not a regular file, but a folder", false,
			"no file",
		},
		{
			"pipe", func(p string) error { return syscall.Mkfifo(p, 0o600) }, "not a regular file, but a pipe", false,
			"nobody writes",
		},
		{
			"zero", func(p string) error { return os.Symlink("/dev/zero", p) }, "not a regular file, but a device",
			false, "has no end",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.make(at(tt.name)); err != nil {
				t.Skip(err)
			}
			b, err := ReadUpTo(at(tt.name), 8)
			if tt.whole && (err != nil || string(b) != tt.want) {
				t.Errorf("%q, %v, want %q\nreason: %s", b, err, tt.want, tt.reason)
			}
			if !tt.whole && (err == nil || err.Error() != at(tt.name)+": "+tt.want) {
				t.Errorf("%v, want %s\nreason: %s", err, tt.want, tt.reason)
			}
		})
	}
}

// TestAbsent tells a file that is not there from a link to nothing, which somebody meant to be there.
func TestAbsent(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink("gone", link); err != nil {
		t.Skip(err)
	}
	for name, want := range map[string]bool{"nothing": true, "link": false} {
		_, err := ReadFile(filepath.Join(dir, name))
		if !errors.Is(err, fs.ErrNotExist) || Absent(err, filepath.Join(dir, name)) != want {
			t.Errorf("%s: %v is absent %v, want %v", name, err, !want, want)
		}
	}
}

// TestOneLine wants messages that are one line of bounded length, whatever a file or its name holds.
func TestOneLine(t *testing.T) {
	long := strings.Repeat("ö", 1<<20)
	for _, tt := range []struct{ file, why, want, reason string }{
		{"größe.wav", "cut", "größe.wav: cut", "what can be shown stays as it is"},
		{"a\nb.wav", "cut", `a\nb.wav: cut`, "a file may be called so"},
		{"a\x1b[2J.wav", "cut", `a\x1b[2J.wav: cut`, "would empty a terminal"},
		{"a\xff.wav", "cut", `a\xff.wav: cut`, "no UTF-8"},
		{`a"b'.wav`, "id \x00", `a"b'.wav: id \x00`, "quotes are harmless"},
		{
			"x", long, "x: " + strings.Repeat("ö", 200) + " ... (2097152 bytes) ... " + strings.Repeat("ö", 50),
			"a field without end",
		},
	} {
		if got := (&FormatError{File: tt.file, Reason: tt.why}).Error(); got != tt.want {
			t.Errorf("%q, want %q\nreason: %s", got, tt.want, tt.reason)
		}
	}
}
