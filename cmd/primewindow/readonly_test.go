package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/primewindow/primewindow/data/cache"
)

// TestReadOnlyPlaces plays commands as a user who may write to nothing here: each says which place and what to do, and
// leaves everything as it is.
func TestReadOnlyPlaces(t *testing.T) {
	needPlugin(t)
	if os.Geteuid() != 0 {
		t.Skip("not root: no other user can be played")
	}
	s := newStage(t)
	s.must(t, small("-epochs", "1", "-out", filepath.Join("p", "runs", "first"))...)
	if err := errors.Join(
		os.Chmod(s.dir, 0o755), os.Chmod(s.path("p"), 0o755), copyProgram(s.path("program")),
	); err != nil {
		t.Fatal(err)
	}
	record, err := filepath.Abs("../../notebooks/results/reproduce/mosi/fig8.json")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	s.write(t, "fig8.json", text)
	s.env = []string{
		"HOME=" + s.path("nowhere"), "XDG_RUNTIME_DIR=", "PJRT_PLUGIN_LIBRARY_PATH=", "TMPDIR=" + s.path("p"),
	}
	play := func(args ...string) played {
		t.Helper()
		cmd := s.command(t, args...)
		cmd.Path = s.path("program")
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: 65534, Gid: 65534}
		var out, said strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &said
		if err := cmd.Run(); cmd.ProcessState == nil {
			t.Fatal(err)
		}
		return played{cmd.ProcessState.ExitCode(), out.String(), said.String()}
	}
	before := fingerprint(t, s.dir)
	run := s.path("p", "runs", "first")
	for _, tt := range []struct {
		args          []string
		message, hint string
	}{
		{
			[]string{"show", run, "-figure", "trace", "-out", s.path("f.png")},
			"write " + s.path("f.png") + ": permission denied", "writable",
		},
		{
			[]string{"export", run, "-format", "csv", "-out", s.path("new", "f.csv")}, "permission denied",
			"name a folder that can be made",
		},
		{
			[]string{"export", run, "-format", "tensorboard", "-out", s.path("tb")}, "permission denied",
			"name a folder that can be made",
		},
		{
			[]string{"data", "show", "synth", "-out", s.path("s.png")},
			"write " + s.path("s.png") + ": permission denied", "writable",
		},
		{[]string{"reproduce", "-from", s.path("fig8.json"), "-draw", s.path("drawn")}, "permission denied", "-draw"},
		{[]string{"reproduce", "-from", s.path("fig8.json"), "-draw", s.dir}, "permission denied", "-draw"},
		{[]string{"reproduce", "table1", "-data", "synth", "-plan", "-out", s.path("new")}, "", ""}, // writes nothing
	} {
		p := play(tt.args...)
		if tt.message == "" {
			if p.code != 0 {
				t.Errorf("primewindow %v: %s", tt.args, p.err)
			}
			continue
		}
		checkProblem(t, p, tt.message, tt.hint)
	}
	if fingerprint(t, s.dir) != before {
		t.Error("files have changed")
	}
}

// TestCacheWarning: a cache that cannot be written keeps nobody from anything, but is told.
func TestCacheWarning(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(cache.DirVariable, filepath.Join(file, "below"))
	var said strings.Builder
	warnCache(&said)
	if said.Len() > 0 {
		t.Errorf("said %q before anything was to be kept", said.String())
	}
	c, err := cache.Default()
	if err != nil {
		t.Fatal(err)
	}
	key, err := c.Key("recipe", file)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if b, err := c.Get(key, func() ([]byte, error) {
			return make([]byte, 1<<16),
				nil
		}); err != nil || len(b) != 1<<16 {
			t.Errorf("Get: %d bytes, %v, want what was made", len(b), err)
		}
	}
	warnCache(&said)
	want := "primewindow: warning: cache: " + c.Dir() +
		" cannot be written: not a directory: decoded samples are not kept, and are decoded anew each time\n" +
		"hint: name a folder that you can write to in PRIMEWINDOW_CACHE, or set it to off\n"
	if said.String() != want {
		t.Errorf("said %q, want %q", said.String(), want)
	}
}

// copyProgram puts this test's program where other users can execute it.
func copyProgram(to string) error {
	in, err := os.Open("/proc/self/exe")
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close(), os.Chmod(to, 0o755))
}
