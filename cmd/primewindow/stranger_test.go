package main

import (
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/primewindow/primewindow/internal/wire"
)

// TestStranger has another user make the socket's folder first, feign a host in it and put links where locks belong,
// as anybody can who knows the project's path. Nothing that it says is believed, and no file of the victim's is made.
func TestStranger(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("not root: another user cannot be played")
	}
	const other = 65534
	s := newStage(t)
	home := s.path("home")
	s.env = []string{"HOME=" + home, "XDG_STATE_HOME="}
	t.Setenv("HOME", home)
	t.Setenv("XDG_STATE_HOME", "")
	t.Setenv("XDG_RUNTIME_DIR", s.path("x"))
	folder := filepath.Dir(wire.SocketPath(s.path("p")))
	if filepath.Dir(folder) != s.path("x") {
		t.Fatalf("the usual folder is %s, want it in %s", folder, s.path("x"))
	}
	err := errors.Join(
		os.Mkdir(home, 0o700), os.Chmod(s.dir, 0o755), os.Chmod(s.path("x"), fs.ModeSticky|0o777),
		os.Mkdir(folder, 0o700), os.Chmod(folder, 0o777),
		os.Symlink(filepath.Join(home, "lock-made"), filepath.Join(folder, "lock")),
		os.Symlink(filepath.Join(home, "start-made"), filepath.Join(folder, "start.lock")),
	)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(folder, "host.sock"))
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan string, 100)
	feigned := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		asked <- q.Method + " " + q.URL.Path
		switch q.URL.Path {
		case "/v1/runs":
			_, _ = w.Write([]byte(`[{"name":"false-run"}]`))
		default:
			_, _ = w.Write([]byte(`{"protocol":1,"build":"x","pid":4242}`))
		}
	})}
	go func() { _ = feigned.Serve(l) }() // ends with the test
	t.Cleanup(func() { _ = feigned.Close() })
	err = errors.Join(
		os.Chmod(filepath.Join(folder, "host.sock"), 0o777), os.Chown(filepath.Join(folder, "host.sock"), other, other),
		os.Lchown(filepath.Join(folder, "lock"), other, other),
		os.Lchown(filepath.Join(folder, "start.lock"), other, other),
		os.Chown(folder, other, other),
	)
	if err != nil {
		t.Fatal(err)
	}

	if p := s.must(t, "ps"); strings.Contains(p.out, "false-run") || !strings.Contains(p.out, "none is running") ||
		!strings.Contains(p.out, folder+" belongs to user 65534") {
		t.Errorf("ps:\n%s\nwant no false run, and whose folder it is", p.out)
	}
	if p := s.must(t, "stop"); !strings.Contains(p.out, "no host is running") {
		t.Errorf("stop: %s", p.out)
	}
	checkProblem(t, s.play(t, "stop", "false-run"), "no host is running", "")

	// A host of the user's own serves beside it, in the user's own folder, and clients find it.
	host := s.command(t, "host", "-idle", "1m")
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = host.Process.Signal(syscall.SIGKILL); _ = host.Wait() }()
	if own := wire.SocketPath(s.path("p")); !awaitPath(own) {
		t.Fatalf("no socket %s after a minute", own)
	}
	if p := s.must(t, "ps"); !strings.Contains(p.out, "host     process ") ||
		!strings.Contains(p.out, "socket   "+home) {
		t.Errorf("ps with a host of one's own:\n%s", p.out)
	}
	if p := s.must(t, "stop"); !strings.Contains(p.out, "saved its runs and left") {
		t.Errorf("stop of the own host: %s", p.out)
	}

	if len(asked) > 0 {
		t.Errorf("the false host was asked %s", <-asked)
	}
	for _, made := range []string{"lock-made", "start-made"} {
		if _, err := os.Lstat(filepath.Join(home, made)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s was made in the victim's home", made)
		}
	}

	// Without a home there is no folder to fall back to: one line, and what to do.
	s.env = []string{"HOME=", "XDG_STATE_HOME="}
	checkProblem(
		t, s.play(t, "host"), "belongs to user 65534; instead of it: there is no HOME",
		"set XDG_RUNTIME_DIR to a folder of your own",
	)
}
