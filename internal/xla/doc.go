// Package xla opens the backend that executes graphs: it finds the PJRT plugin, sets the environment under which a step
// is fast and small, and says in one line what is missing on this machine.
//
// Start with [OpenBackend]. A process that trains calls [Reexec] first, because go-xla and the C library read their
// variables before main begins. [Backend.NewExec] compiles a graph and gives the compiler's memory back.
package xla
