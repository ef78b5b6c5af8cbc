package datatest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
)

// Place is what may lie where a file should.
type Place struct {
	Odd
	Make func(path, elsewhere string) error // puts it there, in place of the file; elsewhere is an empty folder
	Skip string                             // why it is not tried here
}

// aFolder is one of [Places].
const aFolder = "a folder"

// Places are what may lie where a file should: no file at all, one that cannot be read, one without end.
func Places() []Place {
	link := func(to string) func(path, elsewhere string) error {
		return func(path, _ string) error { return errors.Join(os.Remove(path), os.Symlink(to, path)) }
	}
	root := ""
	if os.Geteuid() == 0 {
		root = "root may read every file"
	}
	long := func(keep bool) func(path, elsewhere string) error {
		return func(path, _ string) error {
			if !keep {
				if err := os.WriteFile(path, nil, 0o600); err != nil {
					return err
				}
			}
			return os.Truncate(path, 1<<40) // takes no room
		}
	}
	return []Place{
		{
			Odd{Name: aFolder, Want: "not a regular file, but a folder", Reason: "unpacked twice"},
			func(path, _ string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o755)) }, "",
		},
		{Odd{
			Name: "a pipe", Want: "not a regular file, but a pipe", Reason: "must not be waited for",
		}, func(path, _ string) error {
			return errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600))
		}, ""},
		{Odd{Name: "a device", Want: "not a regular file, but a device", Reason: "has no end"}, link("/dev/zero"), ""},
		{
			Odd{Name: "a device that is empty", Want: "not a regular file, but a device", Reason: "gives nothing"},
			link(os.DevNull), "",
		},
		{
			Odd{
				Name: "a link to nothing", Want: "a link to gone, which is not there",
				Hint: "bring what the link leads to", Reason: "what it leads to was moved",
			},
			link("gone"), "",
		},
		{Odd{Name: "a link to itself", Want: "too many levels", Reason: "has no end"}, func(path, _ string) error {
			return errors.Join(os.Remove(path), os.Symlink(filepath.Base(path), path))
		}, ""},
		{
			Odd{
				Name: "zeros of 1 TiB", Want: "zeros from its beginning", Hint: "broke off",
				Reason: "a file that takes no room must not take the memory",
			},
			long(false), "",
		},
		{Odd{Name: "1 TiB of zeros behind", Want: ": ", Reason: "likewise"}, long(true), ""},
		{
			Odd{Name: "not to be read", Want: "permission denied", Reason: "of another user"},
			func(path, _ string) error { return os.Chmod(path, 0) }, root,
		},
		{Odd{Name: "a link elsewhere", Reason: "kept on another disk"}, func(path, elsewhere string) error {
			to := filepath.Join(elsewhere, "content")
			return errors.Join(os.Rename(path, to), os.Symlink(to, path))
		}, ""},
	}
}

// hasFFmpeg says whether ffmpeg is there.
var hasFFmpeg = sync.OnceValue(func() bool { _, err := exec.LookPath("ffmpeg"); return err == nil })

// Names are what files may be called, without an extension: each is a sample's name that is read, or named in one line.
func Names() []string {
	return []string{
		"two words", "it's", `a "quote"`, "a\nline", "a\ttab", "a\x1b[2Jb", "100%d", "a;b", "a,b", "-rf", "a#b?c=d&e",
		"größe", "gro\u0308ße", "名前", "\u202eabc", "\U0001f600", "a.b.c", "~", "a\\b", "NUL",
	}
}
