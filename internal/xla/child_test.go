package xla

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/programs"
)

// A process loads one plugin with one set of flags, so what the seam does is tested in processes of their own: the test
// binary with the plugin's path in childVariable, and in rewriteVariable what becomes of programs.
const (
	childVariable   = "PRIMEWINDOW_TEST_SEAM"
	rewriteVariable = "PRIMEWINDOW_TEST_REWRITE"
)

// told is what a child tells of itself.
type told struct {
	Losses      []uint32 // bits of the loss of each step
	Programs    Programs
	NotKept     string
	Description string
	Error       string
}

func TestMain(m *testing.M) {
	if plugin := os.Getenv(childVariable); plugin != "" {
		var t told
		if err := t.train(plugin); err != nil {
			t.Error = err.Error()
		}
		_ = json.NewEncoder(os.Stdout).Encode(t)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// train takes twenty steps of a small net on made numbers, and evaluates it at the end.
func (t *told) train(plugin string) error {
	b, err := OpenPlugin(plugin)
	if err != nil {
		return err
	}
	if s := b.seam; s != nil {
		version, change, _ := strings.Cut(os.Getenv(rewriteVariable), " ")
		s.write.version = version
		if from, to, ok := strings.Cut(change, ">"); ok {
			s.write.rewrite = func(program []byte) []byte {
				return []byte(strings.ReplaceAll(string(program), from, to))
			}
		} else if change == "panic" {
			s.write.rewrite = func([]byte) []byte { panic("a defect of the rewriting") }
		}
		s.base = sync.OnceValues(s.surroundings) // which has begun without it
	}
	step, err := b.NewExec(func(in []*Node) []*Node {
		x, w, v := in[0], in[1], in[2]
		loss := ReduceAllMean(Square(Sub(Dot(Tanh(Dot(x, w).Product()), v).Product(), Sin(ReduceSum(x, 1)))))
		g := Gradient(loss, w, v)
		return []*Node{loss, Sub(w, MulScalar(g[0], 0.1)), Sub(v, MulScalar(g[1], 0.1))}
	})
	if err != nil {
		return err
	}
	made := func(n, m int) any {
		list := make([]float32, n*m)
		for i := range list {
			list[i] = float32(math.Sin(float64(i*i + n)))
		}
		if m == 1 {
			return tensors.FromFlatDataAndDimensions(list, n)
		}
		return tensors.FromFlatDataAndDimensions(list, n, m)
	}
	x, w, v := made(64, 8), made(8, 32), made(32, 1)
	for range 20 {
		out, err := step.Call(x, w, v)
		if err != nil {
			return err
		}
		t.Losses = append(t.Losses, math.Float32bits(tensors.ToScalar[float32](out[0])))
		w, v = out[1], out[2]
	}
	t.Programs, t.Description = b.Programs(), b.Description()
	if err := NotKept(); err != nil {
		t.NotKept = err.Error()
	}
	return nil
}

// realPlugin is the path of the plugin that the set-up links.
func realPlugin(t *testing.T) string {
	t.Helper()
	path := filepath.Join(PluginFolder(hosttest.Project(t)), "pjrt_c_api_cpu_plugin.so")
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no XLA plugin: %v", err)
		}
		t.Skipf("no XLA plugin, `make setup` installs it: %v", err)
	}
	return path
}

// command is a child that keeps its programs in dir.
func command(t *testing.T, plugin, dir string, env ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(
		os.Environ(), FlagsVariable+"=", rewriteVariable+"=", childVariable+"="+plugin, programs.DirVariable+"="+dir,
	)
	cmd.Env = append(cmd.Env, env...)
	return cmd
}

func read(out []byte, err error) (got told, _ error) {
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return got, err
	}
	return got, json.Unmarshal(out, &got)
}

// child trains in a process of its own, which must do so without an error.
func child(t *testing.T, plugin, dir string, env ...string) told {
	t.Helper()
	got, err := read(command(t, plugin, dir, env...).Output())
	if err != nil || got.Error != "" {
		t.Fatalf("child: %v %s", err, got.Error)
	}
	return got
}

// expect wants so many programs compiled and loaded, and the same bits as before.
func (t told) expect(tb testing.TB, why string, compiled, loaded int, losses []uint32) {
	tb.Helper()
	if t.Programs.Compiled != compiled || t.Programs.Loaded != loaded {
		tb.Errorf(
			"%s: %d compiled and %d loaded, want %d and %d", why, t.Programs.Compiled, t.Programs.Loaded, compiled,
			loaded,
		)
	}
	if !slices.Equal(t.Losses, losses) {
		tb.Errorf("%s: other bits\n%x, want\n%x", why, t.Losses, losses)
	}
}

// entry is the one entry of a store that is a program: the other is the plugin's hash.
func entry(t *testing.T, dir string) string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "*.program"))
	if err != nil {
		t.Fatal(err)
	}
	largest, size := "", int64(0)
	for _, path := range list {
		if st, err := os.Stat(path); err == nil && st.Size() > size {
			largest, size = path, st.Size()
		}
	}
	if largest == "" {
		t.Fatalf("%s holds no program", dir)
	}
	return largest
}
