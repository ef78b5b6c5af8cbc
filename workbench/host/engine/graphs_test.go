package engine

import (
	"errors"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/inforeg"
	"github.com/primewindow/primewindow/internal/hosttest"
	"github.com/primewindow/primewindow/internal/xla"
	"github.com/primewindow/primewindow/internal/xlatest"
)

// graphEngine is an engine for graphs of a test's own.
func graphEngine(t *testing.T) *Engine {
	t.Helper()
	xlatest.Backend(t) // skips or fails without the plugin
	b, err := xla.OpenBackend(hosttest.Project(t))
	if err != nil {
		t.Fatal(err)
	}
	u := &unchanging{T: t, builds: 1, rows: 3}
	if _, ok := u.open(b, hosttest.Tiny("joint", nil)); !ok {
		t.Fatal("no model")
	}
	return u.e
}

// TestGraphsKept: graphs of any number of shapes can be called; the engine keeps some of them, those that are called
// again and again among them.
func TestGraphsKept(t *testing.T) {
	e := graphEngine(t)
	builds := 0
	twice := func(name string, n int) {
		t.Helper()
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(i + n)
		}
		out, err := e.Call(name, func(in []*Node) []*Node {
			builds++
			return []*Node{Add(in[0], in[0])}
		}, []any{x})
		if err != nil {
			t.Fatalf("%d values: %v", n, err)
		}
		defer Free(out...)
		for i, v := range tensors.MustCopyFlatData[float32](out[0]) {
			if v != 2*x[i] {
				t.Fatalf("%d values: %v at %d, want %v", n, v, i, 2*x[i])
			}
		}
	}
	for n := range mostGraphs + 20 {
		twice("twice", n+1)
		twice("often", 7) // the run's own
	}
	if want := mostGraphs + 20 + 1; builds != want || len(e.Graphs) != mostGraphs {
		t.Errorf("%d built and %d kept, want %d and %d", builds, len(e.Graphs), want, mostGraphs)
	}
	if builds = 0; !e.Compiled("often") || !e.Compiled("twice") || e.Compiled("never") {
		t.Error("which graphs are compiled is not known")
	}
	twice("twice", mostGraphs) // kept
	twice("twice", 1)          // made room long ago
	if builds != 1 {
		t.Errorf("%d built again, want one, which was dropped", builds)
	}
	e.Forget("twice")
	if len(e.Graphs) != 1 || e.Compiled("twice") {
		t.Errorf("%d kept, want the other alone", len(e.Graphs))
	}
}

// TestGraphPanics: a graph that cannot be built is an error each time, and none is kept.
func TestGraphPanics(t *testing.T) {
	e := graphEngine(t)
	for range 2 {
		_, err := e.Call("bad", func([]*Node) []*Node { panic(errors.New("no such layer")) }, []any{[]float32{1}})
		if err == nil || !strings.Contains(err.Error(), "graph bad: ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want one line that names the graph", err)
		}
	}
	if _, err := e.Call("bad", nil, []any{struct{}{}}); err == nil || !strings.Contains(err.Error(), "graph bad: ") {
		t.Errorf("an input that is none: error %v", err)
	}
	if len(e.Graphs) != 0 || e.Compiled("bad") {
		t.Errorf("%d graphs kept, want none", len(e.Graphs))
	}
}

// TestScalarsOnce: what a step records is noted once, and not again while another graph of a step is built, since runs
// that share the engine read it without its lock.
func TestScalarsOnce(t *testing.T) {
	xlatest.Backend(t) // skips or fails without the plugin
	b, err := xla.OpenBackend(hosttest.Project(t))
	if err != nil {
		t.Fatal(err)
	}
	u := &unchanging{T: t, builds: 1, rows: 3}
	s, ok := u.open(b, hosttest.Tiny("joint", nil))
	if !ok {
		t.Fatal("no model")
	}
	step := func(m inforeg.Measures) *string {
		t.Helper()
		next, _, err := u.e.Step(s, StepInput{
			Batch: u.batch, Controls: make([]float32, len(u.e.controls)), Measures: m,
		})
		if err != nil {
			t.Fatal(err)
		}
		next.Drop(s)
		return &u.e.Scalars[0]
	}
	first := step(inforeg.Measures{})
	if first != step(inforeg.Measures{Shares: true}) || !slices.Contains(u.e.Scalars, "loss") || !u.e.Plain {
		t.Errorf("scalars %v, plain %v, written again by the second graph", u.e.Scalars, u.e.Plain)
	}
}
