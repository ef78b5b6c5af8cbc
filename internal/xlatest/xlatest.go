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

var open = sync.OnceValues(func() (compute.Backend, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	for ; ; dir = filepath.Dir(dir) {
		plugin := filepath.Join(dir, ".venv", "lib", "pjrt", "pjrt_c_api_cpu_plugin.so")
		if _, err := os.Stat(plugin); err == nil {
			b, err := xla.OpenPlugin(plugin)
			if err != nil {
				return nil, err
			}
			return b.Backend, nil
		} else if dir == filepath.Dir(dir) {
			return nil, err
		}
	}
})

// Backend returns XLA's CPU backend. Where the plugin is not installed the test skips, and fails under CI.
func Backend(tb testing.TB) compute.Backend {
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

// Run builds a graph, executes it on inputs, and returns every output as float32 values.
func Run(tb testing.TB, build func([]*graph.Node) []*graph.Node, inputs ...any) [][]float32 {
	tb.Helper()
	b := Backend(tb)
	exec, err := graph.NewExec(b, build)
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
