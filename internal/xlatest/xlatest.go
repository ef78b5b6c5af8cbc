// Package xlatest opens the XLA backend for tests.
package xlatest

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/internal/xla"
)

var open = sync.OnceValues(func() (*xla.Backend, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	for ; ; dir = filepath.Dir(dir) {
		plugin := filepath.Join(dir, ".venv", "lib", "pjrt", "pjrt_c_api_cpu_plugin.so")
		if _, err := os.Stat(plugin); err == nil {
			return xla.OpenPlugin(plugin)
		} else if dir == filepath.Dir(dir) {
			return nil, err
		}
	}
})

// Backend returns XLA's CPU backend. Where the plugin is not installed the test skips, and fails under CI.
func Backend(tb testing.TB) compute.Backend {
	tb.Helper()
	return Opened(tb).Backend
}

// Opened is [Backend] as package xla opens it.
func Opened(tb testing.TB) *xla.Backend {
	tb.Helper()
	b, err := open()
	switch {
	case err == nil:
		return b
	case os.Getenv("CI") == "true":
		tb.Fatalf("no XLA plugin: %v", err)
	default:
		tb.Skipf("no XLA plugin, `make setup` installs it: %v", err)
	}
	return nil
}

// NewExec prepares a graph as package xla does: with the kernels of the environment.
func NewExec(tb testing.TB, build func([]*graph.Node) []*graph.Node) (*graph.Exec, error) {
	tb.Helper()
	return Opened(tb).NewExec(build)
}

// Run builds a graph, executes it on inputs, and returns every output as float32 values.
func Run(tb testing.TB, build func([]*graph.Node) []*graph.Node, inputs ...any) [][]float32 {
	tb.Helper()
	exec, err := NewExec(tb, build)
	if err != nil {
		tb.Fatal(err)
	}
	defer exec.Finalize()
	out, err := exec.Call(inputs...)
	if err != nil {
		tb.Fatal(err)
	}
	values := make([][]float32, len(out))
	for i, o := range out {
		if values[i], err = tensors.CopyFlatData[float32](o); err != nil {
			tb.Fatal(err)
		}
	}
	return values
}
