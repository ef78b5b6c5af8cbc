package engine

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/primewindow/primewindow/internal/wire"
)

// mostGraphs is how many graphs an engine keeps compiled. A run needs fewer than half of these: a step for each
// combination of what it measures, and one or two for each kind of probe. Others are of what was asked for once, as a
// probe of another number of samples.
const mostGraphs = 64

// graph is a compiled graph. Each combination of shapes is one of its own.
type graph struct {
	name   string
	shapes []shapes.Shape // of the inputs
	exec   *Exec
}

// Call runs a graph, which build makes at its first use. It is the one place where a panic of graph-building code
// becomes an error. The results are the caller's to free; args stay the caller's.
//
// The name has to say all that build depends on beside the engine and the inputs' shapes: at a later call of the same
// name and shapes build is not looked at. As many are kept as mostGraphs says; then the one that was not called for
// longest makes room, and is compiled again when it is called. The lock is held while a graph is built and while it
// runs.
func (e *Engine) Call(name string, build func([]*Node) []*Node, args []any) (out []*tensors.Tensor, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var g *graph
	defer func() {
		if p := recover(); p != nil {
			e.Graphs = slices.DeleteFunc(e.Graphs, func(have *graph) bool { return have == g }) // it may be locked
			err = fmt.Errorf("graph %s: %v", name, p)
		}
	}()
	if g, err = e.find(name, build, args); err == nil {
		out, err = g.exec.Call(args...) // the first call compiles, if nothing has
	}
	if err != nil {
		if g != nil && !slices.Contains(e.Graphs, g) {
			g.exec.Finalize() // it may be compiled, and not have run for want of memory
		}
		return nil, fmt.Errorf("graph %s: %s", name, wire.FirstLine(err))
	}
	e.use(g)
	return out, nil
}

// use puts a graph that has run behind all others. No graph is running then, and one that makes room may be freed.
// Called with e.mu held.
func (e *Engine) use(g *graph) {
	e.Graphs = append(slices.DeleteFunc(e.Graphs, func(have *graph) bool { return have == g }), g)
	if len(e.Graphs) > mostGraphs {
		e.Graphs[0].exec.Finalize()
		e.Graphs = slices.Delete(e.Graphs, 0, 1)
	}
}

// find finds a graph, or makes one, which is kept once it has run. Where an account is kept, it is compiled by itself,
// so that its time is no part of the first call's. Called with e.mu held.
func (e *Engine) find(name string, build func([]*Node) []*Node, args []any) (*graph, error) {
	list := make([]shapes.Shape, len(args))
	for i, arg := range args {
		if t, ok := arg.(*tensors.Tensor); ok {
			list[i] = t.Shape()
			continue
		}
		var err error
		if list[i], err = shapes.FromAnyValue(arg); err != nil {
			return nil, err
		}
	}
	if at := slices.IndexFunc(e.Graphs, func(g *graph) bool {
		return g.name == name && slices.EqualFunc(g.shapes, list, shapes.Shape.Equal)
	}); at >= 0 {
		return e.Graphs[at], nil
	}
	exec, err := e.Backend.NewExec(build)
	if err != nil {
		return nil, err
	}
	if e.timing != nil {
		defer e.timing.Begin("compiling " + name)()
		if _, err := exec.Compile(list...); err != nil {
			return nil, err
		}
	}
	return &graph{name, list, exec}, nil
}

// Compiled reports whether the graph has run before, and is kept. It waits for a graph that is running.
func (e *Engine) Compiled(name string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.ContainsFunc(e.Graphs, func(g *graph) bool { return g.name == name })
}

// Forget drops a compiled graph, whatever the shapes. Another call under the name compiles it again.
func (e *Engine) Forget(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.Graphs = slices.DeleteFunc(e.Graphs, func(g *graph) bool {
		if g.name == name {
			g.exec.Finalize()
		}
		return g.name == name
	})
}
