package host

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/wire"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/internal/xlatest"
	"github.com/primewindow/primewindow/workbench"
	"github.com/primewindow/primewindow/workbench/host/record"
	"github.com/primewindow/primewindow/workbench/host/run"
)

// standardVariable makes the test binary the program primewindow, as far as that is a host.
const standardVariable = "PRIMEWINDOW_TEST_HOST"

// serveStandard is its main program.
func serveStandard() int {
	project, err := wire.Project()
	if err == nil {
		err = ServeLogged(context.Background(), project, time.Minute, os.Stderr)
	}
	if err != nil {
		return fail(os.Stderr, err)
	}
	return 0
}

// cells are the binaries of a cell and of what becomes of it, in a project of their own.
type cells struct {
	project string
	build   map[string]string // executables by name
}

// newCells builds a cell under each name, with some of its text replaced.
func newCells(t *testing.T, variants map[string][2]string) *cells {
	t.Helper()
	xlatest.Backend(t) // skips or fails without the plugin
	text, err := os.ReadFile(filepath.Join("testdata", "cell", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	c := &cells{project: t.TempDir(), build: map[string]string{}}
	runtimeDir, err := os.MkdirTemp("", "pw") //nolint:usetesting // a socket's path may have 107 bytes only
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"XDG_RUNTIME_DIR": runtimeDir, wire.ProjectVariable: c.project,
		xla.PluginPathVariable: xla.PluginFolder(hosttest.Project(t)),
		"PRIMEWINDOW_HOST":     self, standardVariable: "1", "GONB_PIPE": "", "GONB_DIR": "", "JPY_SESSION_NAME": "",
		"PRIMEWINDOW_SMOKE": "",
	} {
		t.Setenv(name, value)
	}
	t.Cleanup(func() {
		if h, err := workbench.HostContext(context.Background()); err == nil {
			if err := syscall.Kill(h.PID, syscall.SIGKILL); err != nil {
				t.Error(err)
			}
		}
		_ = os.RemoveAll(runtimeDir)
	})
	var wait sync.WaitGroup
	for name, replace := range variants {
		source := filepath.Join(t.TempDir(), "main.go")
		if !strings.Contains(string(text), replace[0]) {
			t.Fatalf("the cell has no %q", replace[0])
		}
		if err := os.WriteFile(
			source, []byte(strings.Replace(string(text), replace[0], replace[1], 1)), 0o644,
		); err != nil {
			t.Fatal(err)
		}
		c.build[name] = filepath.Join(filepath.Dir(source), name)
		cmd := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-w", "-o", c.build[name], source)
		cmd.Dir = hosttest.Project(t)
		wait.Go(func() {
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out)
			}
		})
	}
	if wait.Wait(); t.Failed() {
		t.FailNow()
	}
	return c
}

func (c *cells) command(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	return exec.CommandContext(t.Context(), c.build[name], args...)
}

// play runs a cell to its end.
func (c *cells) play(t *testing.T, name string, args ...string) (out string, status int) {
	t.Helper()
	began := time.Now()
	text, err := c.command(t, name, args...).CombinedOutput()
	exit, failed := errors.AsType[*exec.ExitError](err)
	if err != nil && !failed {
		t.Fatal(err)
	}
	if failed {
		status = exit.ExitCode()
	}
	t.Logf("%s %v, %.1f s, status %d:\n%s", name, args, time.Since(began).Seconds(), status, text)
	return string(text), status
}

// must plays a cell that has to end well and whose output holds each of want, and gives the host that is there then.
func (c *cells) must(t *testing.T, name, arg string, want ...string) wire.Host {
	t.Helper()
	out, status := c.play(t, name, arg)
	for _, w := range append(want, "the cell's main part\n") {
		if status != 0 || !strings.Contains(out, w) {
			t.Fatalf("%s %s: status %d, want 0 and %q in\n%s", name, arg, status, w, out)
		}
	}
	return c.host(t)
}

func (c *cells) host(t *testing.T) wire.Host {
	t.Helper()
	h, err := workbench.HostContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (c *cells) log(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.project, "runs", "host.log"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (c *cells) recorded(t *testing.T) record.Recorded {
	t.Helper()
	rec, err := record.ReadRecorded(filepath.Join(run.RunsFolder(c.project), "mine"))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// events are those of a kind.
func (c *cells) events(t *testing.T, kind string) []wire.Change {
	t.Helper()
	var list []wire.Change
	for _, e := range c.recorded(t).History.Events {
		if e.Event == kind {
			list = append(list, e)
		}
	}
	return list
}

// handle is a run as a program that is no cell declares it.
func handle(name, method string) *workbench.Run {
	return workbench.Open(name, workbench.Data("synth"), workbench.Method(method), workbench.Seed(3),
		workbench.Batch(16), workbench.LR(0.05), workbench.Probes("none"),
		workbench.With("data.train", 96), workbench.With("data.val", 36), workbench.With("data.test", 36),
		workbench.Encoder("audio", "flat,width=6"), workbench.Encoder("visual", "flat"))
}

// TestCell takes a cell through its life: its first verb makes its binary the host, another main part changes nothing,
// other code of the method makes the run go on under it at the same step.
func TestCell(t *testing.T) {
	c := newCells(t, map[string][2]string{
		"first": {"0.5", "0.5"},
		"main":  {"run.To(n)", "run.To(n + 1)\n\tfmt.Println(run)"},
		"other": {"0.5", "0.25"},
	})
	first := c.must(t, "first", "7")
	if first.Cell == nil || first.Cell.Defines["method half"] == "" || first.Cell.Defines["encoder flat"] == "" ||
		first.Cell.From == "" {
		t.Fatalf("host %+v, want that it says what the cell defines", first.Cell)
	}
	if strings.Contains(c.log(t), "main part") {
		t.Error("the host ran the cell's main part")
	}
	if h := c.must(t, "first", "9"); h.PID != first.PID {
		t.Errorf("host %d after the same cell, want %d", h.PID, first.PID)
	}
	if h := c.must(t, "main", "10"); h.PID != first.PID {
		t.Errorf("host %d after another main part, want %d", h.PID, first.PID)
	}
	if err := handle("mine", "half").ToContext(t.Context(), 13); err != nil {
		t.Fatalf("a program that is no cell: %v", err)
	}
	if h := c.host(t); h.PID != first.PID {
		t.Errorf("host %d after a program that is no cell, want %d: it knows more", h.PID, first.PID)
	}
	before := hosttest.Lines(t, filepath.Join(run.RunsFolder(c.project), "mine"), record.MetricsFile)

	out, status := c.play(t, "other", "15")
	said := regexp.MustCompile(
		`half: host restarted on this cell's code in ([0-9.]+) s; run mine goes on at step 13\n`,
	).FindStringSubmatch(out)
	if status != 0 || said == nil || !strings.Contains(out, "mine: from step 13 on with other code of method half (") {
		t.Fatalf("other code: status %d\n%s", status, out)
	}
	other := c.host(t)
	want := []wire.Change{
		{
			Step: 13, Event: wire.EventCode, Name: "method half", Old: first.Cell.Defines["method half"],
			New: other.Cell.Defines["method half"],
		},
	}
	got := c.events(t, wire.EventCode)
	for i := range got {
		got[i].Text, got[i].Time = "", time.Time{}
	}
	if diff := cmp.Diff(want, got); diff != "" || other.PID == first.PID {
		t.Errorf("host %d after %d, events (-want +got)\n%s", other.PID, first.PID, diff)
	}
	if r := c.events(t, wire.EventReopened); len(r) != 1 || r[0].New != 0.0 {
		t.Errorf("%+v, want that no step was computed again", r)
	}
	after := hosttest.Lines(t, filepath.Join(run.RunsFolder(c.project), "mine"), record.MetricsFile)
	if diff := cmp.Diff(before, after[:13]); diff != "" || len(after) != 15 {
		t.Errorf("%d steps, want 15; those before the change (-before +after)\n%s", len(after), diff)
	}

	// kill -9: the next verb starts the binary again, and nothing from before the change is computed again.
	if err := syscall.Kill(other.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	again := c.must(t, "other", "18", "taken up at step 15, 2 steps computed again")
	if again.PID == other.PID || len(c.events(t, wire.EventDiffers)) != 0 || len(c.events(t, wire.EventCode)) != 1 {
		t.Errorf("host %d after a kill, events %+v", again.PID, c.recorded(t).History.Events)
	}
	if n := len(must(os.ReadDir(filepath.Join(c.project, "runs", ".host")))); n != 1 {
		t.Errorf("%d binaries are kept, want the present one", n)
	}
}

// must gives a value without an error.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestCellMeetsOthers: a cell's host and the program's, a run that trains when its host is replaced, and a cell whose
// main part begins with something else.
func TestCellMeetsOthers(t *testing.T) {
	c := newCells(t, map[string][2]string{"first": {"0.5", "0.5"}, "other": {"0.5", "0.25"}})
	c.must(t, "first", "3")

	// Another cell trains when this one takes its place.
	far := c.command(t, "first", "100000000")
	out, err := far.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var problem strings.Builder
	far.Stderr = &problem
	if err := far.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); c.recorded(t).Status.Step < 20; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the cell does not train")
		}
	}
	c.must(t, "other", "show", "host restarted on this cell's code")
	said, _ := io.ReadAll(bufio.NewReader(out))
	if err := far.Wait(); err == nil {
		t.Errorf("the cell that trained ended well:\n%s", said)
	}
	at := c.recorded(t).Status.Step
	for _, want := range []string{
		fmt.Sprintf(
			"primewindow: error: mine: paused at step %d, before step 100000000: other replaced the host by its own\n",
			at,
		),
		"hint: run it again to go on",
	} {
		if !strings.Contains(problem.String(), want) {
			t.Errorf("stderr %q lacks %q", problem.String(), want)
		}
	}
	c.must(t, "first", fmt.Sprint(at+2), "half: host restarted on this cell's code in")
	if list := c.events(t, wire.EventCode); len(list) != 0 { // nothing was trained under the other code
		t.Errorf("events %+v, want none", list)
	}

	// The program's host, which the test binary plays, does not know the method.
	if err := workbench.StopHostContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	var p *wire.Problem
	err = handle("mine", "half").ToContext(t.Context(), at+3)
	if !errors.As(
		err, &p,
	) ||
		p.Message != "run mine: the host that runs now does not know what a cell defined: encoder flat, method half" ||
		!strings.Contains(p.Hint, "host.InThisCell()") {
		t.Errorf("without the cell: %v", err)
	}
	if err := handle("new", "half").ToContext(t.Context(), 1); !errors.As(err, &p) ||
		!strings.HasPrefix(p.Message, `unknown method "half"`) || !strings.Contains(p.Hint, "host.InThisCell()") {
		t.Errorf("a new run without the cell: %v", err)
	}
	if list, err := workbench.RunsContext(t.Context()); err != nil || len(list) != 1 || list[0].Step != at+2 {
		t.Errorf("runs %+v, %v, want the one that is there", list, err)
	}
	if h := c.host(t); h.Cell != nil {
		t.Errorf("host %+v, want the program's", h)
	}
	c.must(
		t, "first", fmt.Sprint(at+4), "flat, half: host restarted on this cell's code in",
		fmt.Sprintf("run mine goes on at step %d\n", at+2),
	)
	if list := c.events(t, wire.EventCode); len(list) != 0 || len(c.events(t, wire.EventDiffers)) != 0 {
		t.Errorf("events %+v, want none of a change", list)
	}

	// A verb before host.InThisCell would start a host that starts a host, and so on.
	if err := workbench.StopHostContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Setenv("VERB_FIRST", "1")
	if text, status := c.play(t, "first", "show"); status != 1 ||
		!strings.Contains(text, "a verb before host.InThisCell()\nhint: make host.InThisCell() the first line") {
		t.Errorf("a verb first: status %d\n%s", status, text)
	}
}

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "host" && os.Getenv(standardVariable) != "" {
		os.Exit(serveStandard())
	}
	os.Exit(m.Run())
}
