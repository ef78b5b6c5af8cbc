package wire

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// socketName is the socket's name in its folder.
const socketName = "host.sock"

// maxSocketPath is the longest path under which Linux lets a socket be bound.
const maxSocketPath = 107

// hintOwnFolder says what helps where no folder for the socket can be trusted or made.
const hintOwnFolder = "set XDG_RUNTIME_DIR to a folder of your own on a local disk, with a short path, that nobody " +
	"else can write to"

// spot is the folder in which a project's host and its clients meet, as far as its name goes: nothing of it is made or
// opened yet.
type spot struct {
	dir string
	own bool   // the folder of the user's own that the usual one's name was taken before
	why string // in words, why it is not the usual one; empty where it is
}

// SocketPath is where the host of a project listens. Client and host ask nobody else, so they agree:
//
//   - The usual folder lies in XDG_RUNTIME_DIR where that is safe, else in /tmp. Its name follows from user and
//     project.
//   - Where that name is another user's, or was when a host was last started, it is a folder below the user's own state
//     folder, of a name that the machine has a part in: homes are shared.
//
// A folder is safe when it is the user's or root's, and no folder or link on the way to it lets others exchange it.
func SocketPath(project string) string { return filepath.Join(findSpot(project).dir, socketName) }

// SocketNote says in words why the socket of a project does not lie in the usual folder; empty where it does.
func SocketNote(project string) string {
	s := findSpot(project)
	if s.why == "" {
		return ""
	}
	return s.why + ": the socket lies in " + s.dir
}

func findSpot(project string) spot {
	usual, err := usualFolder(project)
	own := ownFolder(project)
	if err == nil {
		switch err = checkFolder(usual); {
		case errors.Is(err, fs.ErrNotExist):
			if _, err := os.Lstat(own); err != nil || !filepath.IsAbs(own) {
				return spot{dir: usual}
			}
			err = fmt.Errorf("%s was another user's when a host was last started", usual)
		case !errors.Is(err, errForeign): // ours, or ours to mend
			return spot{dir: usual}
		}
	}
	return spot{dir: own, own: true, why: err.Error()}
}

// usualFolder names a folder that others can see the name of, and so can make first.
func usualFolder(project string) (string, error) {
	name := fmt.Sprintf("primewindow-%d-%s", os.Geteuid(), shortSum(project))
	if base := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(base) && len(base) <= 60 {
		if checkBase(base) == nil {
			return filepath.Join(base, name), nil
		}
	}
	return filepath.Join("/tmp", name), checkBase("/tmp")
}

// ownFolder names a folder where no other user can make one. Without a home it is no absolute path.
func ownFolder(project string) string {
	state := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(state) {
		state = filepath.Join(os.Getenv("HOME"), ".local", "state")
	}
	machine, err := os.Hostname()
	if err != nil {
		machine = "" // then two machines that share a home may not serve one project at once
	}
	return filepath.Join(state, "primewindow", shortSum(machine+"\x00"+project))
}

func shortSum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:5])
}

// errForeign is wrapped by what says that a path is another user's, or can be made so.
var errForeign = errors.New("not to be trusted")

// foreign is an error that wraps [errForeign] and does not say so.
type foreign string

func (f foreign) Error() string { return string(f) }
func (foreign) Unwrap() error   { return errForeign }

// checkFolder looks at a folder for the socket itself: the user's, a real one, and nobody else may write to it.
// What it says of another user's wraps [errForeign].
func checkFolder(dir string) error {
	st, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	return checkEntry(dir, st)
}

func checkEntry(dir string, st fs.FileInfo) error {
	switch uid := ownerOf(st); {
	case uid != os.Geteuid():
		return foreign(fmt.Sprintf("%s belongs to user %d", dir, uid))
	case st.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("%s is a link, want a folder", dir)
	case !st.IsDir():
		return fmt.Errorf("%s is a file, want a folder", dir)
	case st.Mode()&0o022 != 0:
		return fmt.Errorf("%s can be written by others (mode %#o)", dir, st.Mode().Perm())
	}
	return nil
}

func ownerOf(st fs.FileInfo) int { return int(st.Sys().(*syscall.Stat_t).Uid) }

// checkBase walks to a folder in which the socket's folder is to lie, link by link, and refuses the way where another
// user could turn it: by a link of his, or in a folder that everybody can write to and that has no sticky bit.
func checkBase(path string) error {
	at, rest := "/", strings.Split(filepath.Clean(path), "/")
	for links := 0; ; {
		st, err := os.Lstat(at)
		switch {
		case err != nil:
			return err
		case st.Mode()&fs.ModeSymlink != 0:
			if uid := ownerOf(st); uid != 0 && uid != os.Geteuid() {
				return foreign(fmt.Sprintf("%s is a link of user %d", at, uid))
			}
			if links++; links > 40 {
				return fmt.Errorf("%s: %w", path, syscall.ELOOP)
			}
			to, err := os.Readlink(at)
			if err != nil {
				return err
			}
			if at = filepath.Dir(at); filepath.IsAbs(to) {
				at = "/"
			}
			rest = append(strings.Split(to, "/"), rest...)
		case !st.IsDir():
			return fmt.Errorf("%s: %w", at, syscall.ENOTDIR)
		case st.Mode()&0o002 != 0 && st.Mode()&fs.ModeSticky == 0:
			return foreign(
				fmt.Sprintf("%s can be written by everybody and has no sticky bit (mode %#o)", at, st.Mode().Perm()),
			)
		case len(rest) == 0:
			if uid := ownerOf(st); uid != 0 && uid != os.Geteuid() {
				return foreign(fmt.Sprintf("%s belongs to user %d", at, uid))
			}
			return nil
		}
		if len(rest) > 0 {
			at, rest = filepath.Join(at, rest[0]), rest[1:] // "" and "." stay, ".." goes up: at holds no link
		}
	}
}

// openFolder opens a folder and checks what was opened, so that nothing can be exchanged in between.
func openFolder(dir string) (*os.File, error) {
	f, err := os.OpenFile(dir, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW|syscall.O_CLOEXEC, 0)
	if err != nil {
		if bad := checkFolder(dir); bad != nil {
			return nil, bad // says more
		}
		return nil, err
	}
	st, err := f.Stat()
	if err == nil {
		err = checkEntry(dir, st)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// through is a path to a name in an opened folder, whatever stands under the folder's own path by now.
func through(dir *os.File, name string) string {
	return "/proc/self/fd/" + strconv.Itoa(int(dir.Fd())) + "/" + name
}
