package kernels

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// Compute calls a function of args in their graph, which the library computes where it knows the name. body is the
// function in graph operations, for where it does not; it is given parameters that are shaped as args. No constants may
// be made in it, and nothing may be reduced: GoMLX and go-xla keep both for the whole graph where they were first made.
func Compute(name string, body func(in []*Node) []*Node, args ...*Node) []*Node {
	g := args[0].Graph()
	return NewFunction(g, g.UniqueName(name), func(g *Graph) []*Node {
		var in []*Node
		for i, a := range args {
			in = append(in, Parameter(g, fmt.Sprint("p", i), a.Shape()))
		}
		return body(in)
	}).Call(args...)
}
