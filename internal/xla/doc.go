// Package xla opens the backend that executes graphs: it finds the PJRT plugin, sets the environment under which a step
// is fast and small, and says in one line what is missing on this machine.
//
// Start with [OpenBackend]. A process that trains calls [Reexec] first, because go-xla and the C library read their
// variables before main begins. [Backend.NewExec] compiles a graph and gives the compiler's memory back.
//
// What the CPU's plugin is asked to compile goes through a seam of this package's own (seam.go), which keeps compiled
// programs on disk (package internal/programs) and may change a program's text before it is compiled (rewrite.go).
// [NotKept] says why programs are not kept. Rules, stated once:
//
//   - A program computes the same bits whether it was compiled or loaded.
//   - Whatever goes wrong with keeping or loading costs time: the program is compiled.
//   - The key of a program is a hash of its text, after it was changed, and of all else that its code depends on: see
//     surroundings.go. What is not in the key must not change a result.
package xla
