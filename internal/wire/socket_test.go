package wire

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// other is a user who is not this process's.
const other = 12345

// needRoot skips where folders of other users cannot be made.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("not root: no folder of another user can be made")
	}
}

// places sets up an empty runtime folder and an empty home, and gives the usual and the own folder of a project.
func places(t *testing.T) (usual, own string) {
	t.Helper()
	runtimeDir, err := os.MkdirTemp("/tmp", "pw") //nolint:usetesting // short: a socket's path may have 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(runtimeDir) })
	t.Setenv("XDG_RUNTIME_DIR", runtimeDir)
	t.Setenv("XDG_STATE_HOME", "")
	t.Setenv("HOME", filepath.Join(runtimeDir, "home"))
	if err := os.Mkdir(filepath.Join(runtimeDir, "home"), 0o700); err != nil {
		t.Fatal(err)
	}
	usual, err = usualFolder("/p")
	if err != nil || filepath.Dir(usual) != runtimeDir {
		t.Fatalf("usual folder %s, error %v, want it in %s", usual, err, runtimeDir)
	}
	return usual, ownFolder("/p")
}

func mkdir(path string, mode fs.FileMode, uid int) error {
	return errors.Join(
		os.MkdirAll(filepath.Dir(path), 0o700), os.Mkdir(path, 0o700), os.Chmod(path, mode), os.Lchown(path, uid, -1),
	)
}

// TestMeeting has a folder in every state, and what client and host take it for.
func TestMeeting(t *testing.T) {
	me := os.Geteuid()
	for _, tt := range []struct {
		name   string
		make   func(usual, own string) error
		root   bool   // wants another user's files
		own    bool   // the own folder is taken
		note   string // why
		wrong  string // what is said instead
		reason string
	}{
		{name: "nothing there", reason: "the first host makes it"},
		{
			name: "there", make: func(usual, _ string) error { return mkdir(usual, 0o700, me) },
			reason: "a host was here before",
		},
		{
			name: "readable", make: func(usual, _ string) error { return mkdir(usual, 0o755, me) },
			reason: "nobody else could write: it is closed",
		},
		{
			name: "another user's", root: true, own: true, note: "belongs to user 12345: the socket lies in ",
			make:   func(usual, _ string) error { return mkdir(usual, 0o777, other) },
			reason: "made first, to feign a host",
		},
		{
			name: "another user's, closed", root: true, own: true, note: "belongs to user 12345",
			make:   func(usual, _ string) error { return mkdir(usual, 0o700, other) },
			reason: "made first, to be a nuisance",
		},
		{name: "another user's link to a folder of mine", root: true, own: true, note: "belongs to user 12345",
			make: func(usual, own string) error {
				return errors.Join(
					mkdir(usual+"-mine", 0o700, me), os.Symlink(usual+"-mine", usual), os.Lchown(usual, other, -1),
				)
			}, reason: "files would be made there"},
		{name: "another user's file", root: true, own: true, note: "belongs to user 12345",
			make: func(usual, _ string) error {
				return errors.Join(os.WriteFile(usual, nil, 0o644), os.Chown(usual, other, -1))
			}, reason: "no folder can be made"},
		{
			name: "it was another user's", own: true, note: "was another user's when a host was last started",
			make:   func(_, own string) error { return mkdir(own, 0o700, me) },
			reason: "a host may be in the own folder still: both have to agree",
		},
		{name: "mine beside the own one", make: func(usual, own string) error {
			return errors.Join(mkdir(usual, 0o700, me), mkdir(own, 0o700, me))
		}, reason: "nobody can have taken it away: a host of mine is there"},
		{
			name: "mine, written by all", make: func(usual, _ string) error { return mkdir(usual, 0o777, me) },
			wrong: "can be written by others (mode 0777)", reason: "somebody may have put a socket into it",
		},
		{
			name: "a link of mine", make: func(usual, _ string) error { return os.Symlink("/tmp", usual) },
			wrong: "is a link, want a folder", reason: "mine to mend",
		},
		{
			name: "a file of mine", make: func(usual, _ string) error { return os.WriteFile(usual, nil, 0o600) },
			wrong: "is a file, want a folder", reason: "mine to mend",
		},
		{name: "both another user's", root: true, make: func(usual, own string) error {
			return errors.Join(mkdir(usual, 0o777, other), mkdir(own, 0o777, other))
		}, wrong: "belongs to user 12345; instead of it: ", reason: "nothing is possible"},
		{name: "no place for the own one", root: true, make: func(usual, own string) error {
			return errors.Join(
				mkdir(usual, 0o777, other),
				os.WriteFile(filepath.Dir(filepath.Dir(filepath.Dir(filepath.Dir(own)))), nil, 0o600),
			)
		}, wrong: "not a directory", reason: "a home that is none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.root {
				needRoot(t)
			}
			usual, own := places(t)
			if strings.Contains(tt.name, "no place") { // a file stands where the home was
				if err := os.Remove(os.Getenv("HOME")); err != nil {
					t.Fatal(err)
				}
			}
			if tt.make != nil {
				if err := tt.make(usual, own); err != nil {
					t.Fatal(err)
				}
			}
			m, err := MakeMeeting("/p")
			if tt.wrong != "" {
				p, ok := errors.AsType[*Problem](err)
				if !ok || !strings.Contains(p.Message, tt.wrong) || !strings.Contains(p.Hint, "XDG_RUNTIME_DIR") {
					t.Fatalf("MakeMeeting: %v, want %q and a hint\nreason: %s", err, tt.wrong, tt.reason)
				}
				return
			}
			if err != nil {
				t.Fatalf("MakeMeeting: %v\nreason: %s", err, tt.reason)
			}
			defer m.Close()
			want := usual
			if tt.own {
				want = own
			}
			if m.Socket != filepath.Join(want, socketName) || SocketPath("/p") != m.Socket ||
				!strings.Contains(SocketNote("/p"), tt.note) || (SocketNote("/p") == "") != (tt.note == "") {
				t.Errorf(
					"socket %s, note %q, want it in %s with %q\nreason: %s", m.Socket, SocketNote("/p"), want, tt.note,
					tt.reason,
				)
			}
			if st, err := os.Lstat(want); err != nil || st.Mode() != fs.ModeDir|0o700 || ownerOf(st) != me {
				t.Errorf("%s: mode %v, error %v, want a folder of mine that is closed", want, st.Mode(), err)
			}
			again, err := FindMeeting("/p")
			if err != nil || again.Socket != m.Socket {
				t.Fatalf("the client goes to %v, error %v, the host to %s", again, err, m.Socket)
			}
			again.Close()
		})
	}
}

// TestMeetingRemembers: a client who fell back, and the other user's folder gone: both sides still agree.
func TestMeetingRemembers(t *testing.T) {
	needRoot(t)
	usual, own := places(t)
	if err := mkdir(usual, 0o777, other); err != nil {
		t.Fatal(err)
	}
	if _, err := FindMeeting("/p"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("FindMeeting: %v, want that there is none, and nothing made", err)
	}
	m, err := MakeMeeting("/p")
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := os.Remove(usual); err != nil {
		t.Fatal(err)
	}
	if got := SocketPath("/p"); got != filepath.Join(own, socketName) {
		t.Errorf("SocketPath %s, want it in %s still", got, own)
	}
}

func TestCheckBase(t *testing.T) {
	needRoot(t)
	root := t.TempDir()
	at := func(name string) string { return filepath.Join(root, name) }
	err := errors.Join(
		mkdir(at("mine"), 0o700, 0), mkdir(at("theirs"), 0o700, other), mkdir(at("sticky"), 0o777|fs.ModeSticky, 0),
		mkdir(at("open"), 0o777, 0),
		mkdir(at("open/mine"), 0o700, 0), mkdir(at("sticky/mine"), 0o700, 0), os.WriteFile(at("file"), nil, 0o600),
		os.Symlink("../mine", at("sticky/link")), os.Symlink(at("mine"), at("sticky/theirs")),
		os.Lchown(at("sticky/theirs"), other, -1),
		os.Symlink("sticky/theirs", at("chain")), os.Symlink("loop", at("loop")),
		os.Symlink("open/mine", at("through")),
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ path, want, reason string }{
		{"mine", "", "the user's own"},
		{"sticky", "", "as /tmp is: nobody can rename what is another's"},
		{"sticky/mine", "", "likewise"},
		{"sticky/link", "", "a link of the user's own, as /var/run is of root's"},
		{"theirs", "belongs to user 12345", "its owner can exchange what is in it"},
		{"open", "no sticky bit", "everybody can exchange what is in it"},
		{"open/mine", "no sticky bit", "everybody can exchange the folder itself"},
		{"through", "no sticky bit", "the way a link leads counts"},
		{"sticky/theirs", "is a link of user 12345", "it leads where another user wants"},
		{"chain", "is a link of user 12345", "behind a link of the user's own"},
		{"loop", "too many levels", "it ends"},
		{"file", "not a directory", "nothing can lie in it"},
		{"none", "no such file", "it is not made here"},
	} {
		err := checkBase(at(tt.path))
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("checkBase(%s): %v, want %q\nreason: %s", tt.path, err, tt.want, tt.reason)
		}
	}
}

func TestSocketPath(t *testing.T) {
	long := "/" + strings.Repeat("a-long-name/", 40)
	for _, runtimeDir := range []string{"", t.TempDir(), long, "/nowhere", "relative"} {
		t.Setenv("XDG_RUNTIME_DIR", runtimeDir)
		a, b := SocketPath(long), SocketPath("/other")
		if len(a) > maxSocketPath || a == b || a != SocketPath(long) {
			t.Errorf(
				"XDG_RUNTIME_DIR=%q: %s (%d bytes) and %s: want short, apart and steady paths", runtimeDir, a, len(a),
				b,
			)
		}
	}
}

// asOther runs on a thread that is another user's, as far as files and sockets go.
func asOther(t *testing.T, do func() error) {
	t.Helper()
	failed := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		if _, _, errno := syscall.RawSyscall(syscall.SYS_SETRESUID, ^uintptr(0), other, ^uintptr(0)); errno != 0 {
			failed <- errno
			return
		}
		failed <- do()
	}()
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
}

// TestDial: a host's name is worth nothing, the kernel's word on who listens is.
func TestDial(t *testing.T) {
	_, own := places(t)
	for _, home := range []string{"usual", "own, with a long path"} {
		t.Run(home, func(t *testing.T) {
			if home != "usual" {
				needRoot(t)
				t.Setenv("XDG_STATE_HOME", filepath.Join(filepath.Dir(own), strings.Repeat("long/", 40)))
				usual, err := usualFolder("/p")
				if err := errors.Join(err, os.RemoveAll(usual), mkdir(usual, 0o777, other)); err != nil {
					t.Fatal(err)
				}
			}
			m, err := MakeMeeting("/p")
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			if _, err := m.Dial(t.Context()); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("Dial without a host: %v", err)
			}
			l, err := m.Listen()
			if err != nil {
				t.Fatalf("Listen on %d bytes: %v", len(m.Socket), err)
			}
			go func() {
				if conn, err := l.Accept(); err == nil {
					_, _ = conn.Write([]byte("yes"))
					_ = conn.Close()
				}
			}()
			conn, err := m.Dial(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if said, err := io.ReadAll(conn); err != nil || string(said) != "yes" {
				t.Errorf("the host said %q, error %v", said, err)
			}
			if st, err := os.Lstat(m.Socket); err != nil || st.Mode() != fs.ModeSocket|0o600 {
				t.Errorf("socket %v, error %v, want 0600", st, err)
			}
			if err := errors.Join(conn.Close(), l.Close()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestStrangers: a socket in the right place that another user listens on, and another user who connects to ours.
func TestStrangers(t *testing.T) {
	needRoot(t)
	places(t)
	m, err := MakeMeeting("/p")
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var theirs net.Listener
	if err := os.Chmod(filepath.Dir(m.Socket), 0o777); err != nil { // for a moment, as a careless script might
		t.Fatal(err)
	}
	above := filepath.Dir(filepath.Dir(m.Socket))
	if err := os.Chmod(above, 0o755); err != nil {
		t.Fatal(err)
	}
	asOther(t, func() (err error) {
		theirs, err = net.Listen("unix", m.Socket)
		return err
	})
	if err := os.Chmod(filepath.Dir(m.Socket), 0o700); err != nil {
		t.Fatal(err)
	}
	conn, err := m.Dial(t.Context())
	if _, ok := errors.AsType[*StrangerError](err); !ok || !strings.Contains(err.Error(), "is user 12345, not you") {
		t.Errorf("Dial: %v, %v, want that it is another user's", conn, err)
	}
	if err := theirs.Close(); err != nil {
		t.Fatal(err)
	}

	l, err := m.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		if conn, err := l.Accept(); err == nil {
			_, _ = conn.Write([]byte("hello"))
			_ = conn.Close()
		}
	}()
	if err := errors.Join(os.Chmod(filepath.Dir(m.Socket), 0o777), os.Chmod(m.Socket, 0o666)); err != nil {
		t.Fatal(err)
	}
	asOther(t, func() error {
		conn, err := net.Dial("unix", m.Socket)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		if said, _ := io.ReadAll(conn); len(said) > 0 {
			t.Errorf("the host said %q to another user", said)
		}
		return nil
	})
}

// TestLock: a name in the folder that leads elsewhere makes no file there.
func TestLock(t *testing.T) {
	places(t)
	m, err := MakeMeeting("/p")
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	target := filepath.Join(t.TempDir(), "made")
	at := func(name string) string { return filepath.Join(filepath.Dir(m.Socket), name) }
	if err := errors.Join(
		os.Symlink(target, at("link")), syscall.Mkfifo(at("pipe"), 0o600), os.Mkdir(at("folder"), 0o700),
	); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"link": "is a link, want a plain file", "pipe": "no plain file", "folder": "is a directory", "plain": "",
	} {
		f, err := m.Lock(name, true)
		if err == nil {
			f.Close()
		}
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("Lock(%s): %v, want %q", name, err, want)
		}
	}
	if _, err := os.Lstat(target); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file was made behind the link: %v", err)
	}
	if _, err := m.Lock("none", false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Lock of what is not there: %v", err)
	}
}

func TestSocketProblem(t *testing.T) {
	for _, tt := range []struct {
		err    error
		want   string
		reason string
	}{
		{
			&net.OpError{Op: "listen", Err: os.NewSyscallError("bind", syscall.EPERM)},
			"this file system holds no sockets", "folders shared with a virtual machine",
		},
		{
			&net.OpError{Op: "listen", Err: os.NewSyscallError("bind", syscall.EOPNOTSUPP)},
			"this file system holds no sockets", "some network folders",
		},
		{syscall.ENOLCK, "no locks", "a network folder without its lock service"},
		{syscall.EROFS, "socket folder: read-only file system", "what is otherwise wrong is said as it is"},
		{&Problem{Message: "as it was", Hint: "XDG_RUNTIME_DIR"}, "as it was", "a problem has been put into words"},
	} {
		p, ok := errors.AsType[*Problem](SocketProblem(tt.err))
		if !ok || !strings.Contains(p.Message, tt.want) || !strings.Contains(p.Hint, "XDG_RUNTIME_DIR") {
			t.Errorf("SocketProblem(%v): %v, want %q and a hint\nreason: %s", tt.err, p, tt.want, tt.reason)
		}
	}
}
