package xla

/*
#include <stddef.h>
extern int malloc_trim(size_t) __attribute__((weak)); // the GNU C library has it, others need not
static void trim(void) { if (malloc_trim) malloc_trim(0); }
*/
import "C"

import (
	"runtime/debug"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/primewindow/primewindow/internal/kernels"
)

// NewExec is [graph.NewExec] for a graph whose compilation leaves no memory behind. What a compiler frees lies in
// pieces in which the blocks of a step find no room, and under the settings of [Environ] the C library would keep it:
// for the step of two ResNet-18 with its Fisher traces, half a gigabyte. So it goes back to the system before a graph
// runs for the first time. With kernels the graph's name asks for them.
func (b *Backend) NewExec(build func([]*graph.Node) []*graph.Node) (*graph.Exec, error) {
	exec, err := graph.NewExec(b.Backend, build)
	if err != nil {
		return nil, err
	}
	if b.kernels != "" {
		exec = exec.WithName(kernels.Program)
	}
	seen := map[graph.GraphId]bool{} // calls of an Exec that compile come one after another
	return exec.SetSideParamsHook(func(g *graph.Graph, _ []compute.Buffer, _ []bool) error {
		if !seen[g.GraphId()] {
			seen[g.GraphId()] = true
			debug.FreeOSMemory()
			C.trim()
		}
		return nil
	}), nil
}
