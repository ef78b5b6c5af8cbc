// Package host owns everything heavy: the backend, compiled graphs, weights, optimizer state and data of any
// number of named runs. It executes all of GoMLX's graphs, keeps every run's folder, draws, and serves the
// socket that cells talk to.
//
// Start with [OpenRun], which takes up a run's folder, and [Run.To], which trains it; [Serve] does both for
// clients. There is one loop in the project, in Run.To, and one step, inforeg.BuildStep.
//
// Rules, stated once:
//
//   - A run's folder is the run. Records are appended, all other files are replaced by renaming. A snapshot is
//     written last: one for step n promises that every record up to step n is on disk.
//   - Whatever a step depends on is a function of the settings, the seed and the step, so that any recorded
//     step can be computed again, bit for bit, from an earlier snapshot.
//   - The code of what a cell defines is none of these: where it changes the run has a stop, which is a snapshot that
//     lacks nothing, and an event, and no step before it is computed again by the new code.
//   - A step that yields a number that is not finite is not taken.
//   - Panics of graph-building code become errors in one place, engine.call, and those of EpochStart in Run.decide.
package host
