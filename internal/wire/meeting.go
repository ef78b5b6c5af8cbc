package wire

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"

	"github.com/primewindow/primewindow/internal/whole"
)

// Meeting is the opened folder of a project's socket. It is the user's, nobody else can write to it, and all that is
// done in it is done in what was checked: a name that changes hands meanwhile is not followed.
type Meeting struct {
	Socket string // the socket's path
	Why    string // why it does not lie in the usual folder; empty where it does
	dir    *os.File
}

var errNoHome = errors.New("there is no HOME for a folder of your own")

// FindMeeting opens the folder of a project's socket. Where there has been no host it is fs.ErrNotExist, and nothing is
// made. A folder of the user's that is spoilt is a [StrangerError].
func FindMeeting(project string) (*Meeting, error) {
	s := findSpot(project)
	if !filepath.IsAbs(s.dir) {
		return nil, s.stranger(errNoHome)
	}
	dir, err := openFolder(s.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, err
	case err != nil:
		return nil, s.stranger(err)
	}
	return &Meeting{Socket: filepath.Join(s.dir, socketName), Why: s.why, dir: dir}, nil
}

// MakeMeeting is [FindMeeting] that makes the folder where it is not there. All its errors are [Problem]s.
func MakeMeeting(project string) (*Meeting, error) {
	for tries := 3; ; tries-- {
		s := findSpot(project)
		if err := s.make(); err != nil {
			return nil, s.stranger(err)
		}
		m, err := FindMeeting(project)
		if errors.Is(err, fs.ErrNotExist) && tries > 1 { // somebody was quicker, or it was removed: look again
			continue
		}
		if err != nil {
			return nil, s.stranger(err)
		}
		if err := m.dir.Chmod(0o700); err != nil { // one that others could read
			m.Close()
			return nil, s.stranger(err)
		}
		return m, nil
	}
}

// make makes the folder. That it is there already, whosever it is, is no error.
func (s spot) make() error {
	base := filepath.Dir(s.dir)
	if s.own {
		if !filepath.IsAbs(s.dir) {
			return errNoHome
		}
		if err := os.MkdirAll(base, 0o700); err != nil {
			return err
		}
	}
	if err := checkBase(base); err != nil {
		return err
	}
	if err := os.Mkdir(s.dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// stranger is the error for a person who has no folder to meet in.
func (s spot) stranger(err error) error {
	if stranger, ok := errors.AsType[*StrangerError](err); ok {
		return stranger
	}
	message := fmt.Sprintf("socket folder: %v", err)
	if s.why != "" {
		message = fmt.Sprintf("socket folder: %s; instead of it: %v", s.why, err)
	}
	hint := hintOwnFolder
	if _, missing := os.Lstat(s.dir); missing == nil && checkFolder(s.dir) != nil {
		hint += ", or remove " + s.dir + ": nothing in it is kept"
	}
	return &StrangerError{&Problem{Message: message, Hint: hint}}
}

// StrangerError reports that the socket, or its folder, is nothing to trust. No word was spoken over it.
type StrangerError struct{ Problem *Problem }

func (e *StrangerError) Error() string { return e.Problem.Message }

// Unwrap gives the problem with its hint.
func (e *StrangerError) Unwrap() error { return e.Problem }

// Close gives the folder back. A listener of [Meeting.Listen] has to be closed first.
func (m *Meeting) Close() { _ = m.dir.Close() }

// Lock opens a file of that name for locking, and makes it where create is true. It has to be a plain file of the
// user's: a link is not followed.
func (m *Meeting) Lock(name string, create bool) (*os.File, error) {
	flag := os.O_RDWR | syscall.O_NOFOLLOW | syscall.O_CLOEXEC | syscall.O_NONBLOCK
	if create {
		flag |= os.O_CREATE
	}
	path := filepath.Join(filepath.Dir(m.Socket), name)
	fd, err := syscall.Openat(int(m.dir.Fd()), name, flag, 0o600)
	if err != nil {
		return nil, whole.PlainError(path, err)
	}
	f := os.NewFile(uintptr(fd), path)
	st, err := f.Stat()
	if err == nil && ownerOf(st) != os.Geteuid() {
		err = fmt.Errorf("%s belongs to user %d", path, ownerOf(st))
	}
	if err == nil && !st.Mode().IsRegular() {
		err = fmt.Errorf("%s is no plain file", path)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Dial connects to the host and sees to it that it is the user's.
func (m *Meeting) Dial(ctx context.Context) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", through(m.dir, socketName))
	if err != nil {
		return nil, err
	}
	uid, err := peer(conn)
	if err == nil && uid != os.Geteuid() {
		err = &StrangerError{&Problem{
			Message: fmt.Sprintf("whoever listens on %s is user %d, not you", m.Socket, uid),
			Hint: "nothing was said to it; remove " + filepath.Dir(
				m.Socket,
			) + ", and the next cell starts a host of your own",
		}}
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// Listen takes the socket's place and answers the user's own processes and root's. Whoever calls it holds the
// folder's lock.
func (m *Meeting) Listen() (net.Listener, error) {
	name := through(m.dir, socketName)
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if len(m.Socket) <= maxSocketPath {
		name = m.Socket // so that others see what listens where
	}
	l, err := net.Listen("unix", name)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(through(m.dir, socketName), 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return knownPeers{l}, nil
}

// SocketProblem is an error at the socket or its locks as a person reads it.
func SocketProblem(err error) error {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	message := fmt.Sprintf("socket folder: %v", err)
	for _, no := range []error{syscall.EPERM, syscall.EOPNOTSUPP, syscall.ENOSYS, syscall.EINVAL, syscall.ENOLCK} {
		if errors.Is(err, no) { // network and exchange folders of virtual machines
			message = fmt.Sprintf("this file system holds no sockets or no locks: %v", err)
		}
	}
	return &Problem{Message: message, Hint: hintOwnFolder}
}

// knownPeers closes connections of other users before a word is read: they come this far only by a descriptor that
// somebody gave them.
type knownPeers struct{ net.Listener }

func (l knownPeers) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if uid, err := peer(conn); err == nil && (uid == os.Geteuid() || uid == 0) {
			return conn, nil
		}
		_ = conn.Close()
	}
}

// peer is the user at the other end of a Unix socket, as the kernel knows it: of a listener, who began to listen.
func peer(conn net.Conn) (int, error) {
	u, ok := conn.(*net.UnixConn)
	if !ok {
		return 0, fmt.Errorf("wire: connection %T, want a Unix socket's", conn)
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *syscall.Ucred
	if ctl := raw.Control(func(fd uintptr) {
		cred, err = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	}); ctl != nil {
		return 0, ctl
	}
	if err != nil {
		return 0, fmt.Errorf("wire: peer credentials: %w", err)
	}
	return int(cred.Uid), nil
}
