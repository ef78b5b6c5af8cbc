package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/primewindow/primewindow/internal/programs"
)

// commandVariable makes the test binary play the program.
const commandVariable = "PRIMEWINDOW_TEST_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(commandVariable) != "" {
		if os.Getenv(registeredVariable) != "" {
			registerOurs()
		}
		main()
		return
	}
	os.Exit(m.Run())
}

// stage is a folder in which commands are played: the project is its folder p, sockets are in its folder x.
type stage struct {
	dir string
	env []string // NAME=value, after those of the test
}

// newStage makes a stage under a short path, since a socket's may have 107 bytes only.
func newStage(t *testing.T) *stage {
	t.Helper()
	dir, err := os.MkdirTemp("", "pw") //nolint:usetesting // its path would be too long
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	s := &stage{dir: dir}
	for _, sub := range []string{"p", "x"} {
		if err := os.Mkdir(s.path(sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s *stage) path(parts ...string) string {
	return filepath.Join(append([]string{s.dir}, parts...)...)
}

// write makes a file, and its folder.
func (s *stage) write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := errors.Join(
		os.MkdirAll(filepath.Dir(s.path(name)), 0o755), os.WriteFile(s.path(name), content, 0o644),
	); err != nil {
		t.Fatal(err)
	}
}

func (s *stage) read(t *testing.T, parts ...string) string {
	t.Helper()
	text, err := os.ReadFile(s.path(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// plugins is the folder of the checkout's plugins, which tests share.
func plugins(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", ".venv", "lib", "pjrt"))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// needPlugin skips where the plugin is not installed, and fails under CI.
func needPlugin(t *testing.T) {
	t.Helper()
	_, err := os.Stat(filepath.Join(plugins(t), "pjrt_c_api_cpu_plugin.so"))
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatalf("no XLA plugin: %v", err)
	default:
		t.Skipf("no XLA plugin, `make setup` installs it: %v", err)
	}
}

// played is how a command ended.
type played struct {
	code     int
	out, err string
}

func (s *stage) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Dir = s.dir
	cmd.Env = slices.DeleteFunc(os.Environ(), func(e string) bool {
		name, _, _ := strings.Cut(e, "=")
		if name == programs.DirVariable || name == programs.LimitVariable { // tests share what they compile
			return false
		}
		return strings.HasPrefix(e, "PRIMEWINDOW_") || strings.HasPrefix(e, "GOMLX_BACKEND=") ||
			strings.HasPrefix(e, "GONB_")
	})
	cmd.Env = append(cmd.Env,
		commandVariable+"=1", "PRIMEWINDOW_PROJECT="+s.path("p"), "XDG_RUNTIME_DIR="+s.path("x"),
		"GOMLX_BACKEND=xla:cpu",
		"PJRT_PLUGIN_LIBRARY_PATH="+plugins(t))
	cmd.Env = append(cmd.Env, s.env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// play runs a command to its end, whatever it is.
func (s *stage) play(t *testing.T, args ...string) played {
	t.Helper()
	cmd := s.command(t, args...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() < 0) {
		t.Fatalf("primewindow %v: %v\n%s", args, err, errOut.String())
	}
	return played{cmd.ProcessState.ExitCode(), out.String(), errOut.String()}
}

// must plays a command that has to succeed.
func (s *stage) must(t *testing.T, args ...string) played {
	t.Helper()
	p := s.play(t, args...)
	if p.code != 0 {
		t.Fatalf("primewindow %v: exit status %d\n%s%s", args, p.code, p.out, p.err)
	}
	return p
}

// small are flags under which a step takes a few milliseconds and an epoch has three.
func small(more ...string) []string {
	return append([]string{
		"run", "-set", "batch=16", "-set", "lr=0.05", "-set", "data.train=48", "-set", "data.val=24", "-set",
		"data.test=24",
		"-set", "probe_samples=8", "-set", "linear_samples=24", "-set", "encoder.audio=cnn2d:4", "-set",
		"encoder.visual=cnn2d:4",
	}, more...)
}

const smallEpoch = 3 // steps

// fingerprint names what a folder holds: every path and every byte.
func fingerprint(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			fmt.Fprintln(h, path)
			return err
		}
		content, err := os.ReadFile(path)
		fmt.Fprintf(h, "%s %x\n", path, sha256.Sum256(content))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// checkProblem wants exit status 1, and as the last of the error output one line of error and one line of hint.
func checkProblem(t *testing.T, p played, message, hint string) {
	t.Helper()
	text := "\n" + p.err
	if p.code != 1 {
		t.Errorf("exit status %d, want 1\n%s", p.code, p.err)
	}
	if n, m := strings.Count(text, "\nprimewindow: error: "), strings.Count(text, "\nhint: "); n != 1 || m != 1 {
		t.Fatalf("%d lines of error and %d of hint, want one of each:\n%s", n, m, p.err)
	}
	list := strings.Split(strings.TrimSuffix(p.err, "\n"), "\n")
	if len(list) < 2 || !strings.HasPrefix(list[len(list)-2], "primewindow: error: ") ||
		!strings.HasPrefix(list[len(list)-1], "hint: ") {
		t.Fatalf("want the error and the hint as the last two lines:\n%s", p.err)
	}
	if got := list[len(list)-2]; !strings.Contains(got, message) || strings.Contains(got, "runtime error") {
		t.Errorf("%s\nwant an error with %q", got, message)
	}
	if got := list[len(list)-1]; !strings.Contains(got, hint) || strings.Contains(got, "defect of primewindow") {
		t.Errorf("%s\nwant a hint with %q", got, hint)
	}
}
