package workbench

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/internal/wire"
)

// strange lets another user make the socket's folder of a new project first, and listen in it.
func strange(t *testing.T) (project, folder, home string, heard chan struct{}) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("not root: another user cannot be played")
	}
	project = fakeProject(t)
	t.Cleanup(func() { endHosts(t, project) })
	home = t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_STATE_HOME", "")
	folder = filepath.Dir(wire.SocketPath(project))
	if err := errors.Join(
		os.Mkdir(folder, 0o700), os.Symlink(filepath.Join(home, "made"), filepath.Join(folder, "start.lock")),
	); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(folder, "host.sock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	heard = make(chan struct{}, 100)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			heard <- struct{}{}
			_ = conn.Close()
		}
	}()
	if err := errors.Join(os.Chown(folder, 65534, 65534), os.Chmod(folder, 0o777)); err != nil {
		t.Fatal(err)
	}
	return project, folder, home, heard
}

// TestFalseHost: verbs speak to a host of the user's own, in a folder of the user's own, and say so once.
func TestFalseHost(t *testing.T) {
	_, folder, home, heard := strange(t)
	stdout, stderr, status := runCell(t, "to 3")
	if status != 0 || !strings.Contains(stdout, "first: step 3") ||
		!strings.Contains(stderr, "primewindow: warning: "+folder+" belongs to user 65534: the socket lies in "+home) {
		t.Errorf("status %d, want a host of one's own and a warning\n%s\n%s", status, stdout, stderr)
	}
	if _, stderr, status := runCell(t, "to 3"); status != 0 || stderr != "" {
		t.Errorf("second cell: status %d, want 0 and no more words\n%s", status, stderr)
	}
	if len(heard) > 0 {
		t.Error("the false host was spoken to")
	}
	if _, err := os.Lstat(filepath.Join(home, "made")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file was made behind another user's link: %v", err)
	}
}

// TestFalseHostAlone: where no other folder can be had, nothing is said to it, and no host is started.
func TestFalseHostAlone(t *testing.T) {
	project, folder, _, heard := strange(t)
	t.Setenv("HOME", "")
	_, stderr, status := runCell(t, "to 3")
	if want := "primewindow: error: socket folder: " + folder +
		" belongs to user 65534; instead of it: there is no HOME"; status != 1 || !strings.HasPrefix(stderr, want) ||
		strings.Count(stderr, "\n") != 2 {
		t.Errorf("status %d, %q, want %q and a hint", status, stderr, want)
	}
	if h, err := HostContext(t.Context()); err == nil || !strings.Contains(err.Error(), "belongs to user 65534") {
		t.Errorf("HostContext: %v, %v, want whose folder it is", h, err)
	}
	if len(heard) > 0 || len(hosts(t, project)) > 0 {
		t.Error("the false host was spoken to, or another one started")
	}
}

// TestLogIsALink: what the host says goes into no other file.
func TestLogIsALink(t *testing.T) {
	project := fakeProject(t)
	t.Cleanup(func() { endHosts(t, project) })
	target := filepath.Join(t.TempDir(), "made")
	if err := errors.Join(
		os.Mkdir(filepath.Join(project, "runs"), 0o755), os.Symlink(target, logPath(project)),
	); err != nil {
		t.Fatal(err)
	}
	_, stderr, status := runCell(t, "show")
	if status != 1 || !strings.Contains(stderr, "host.log is a link, want a plain file\nhint: ") {
		t.Errorf("status %d: %s", status, stderr)
	}
	if _, err := os.Lstat(target); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the log was made behind the link: %v", err)
	}
}
