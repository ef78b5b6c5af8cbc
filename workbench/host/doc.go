// Package host is the process that owns everything heavy, and serves the socket that cells talk to. The packages below
// it do the work: setting says what a run is, engine takes steps, record keeps a run's folder, run trains, draw makes
// figures, sweep compares, reproduce makes the paper's tables, and replay applies a method to given weights.
//
// Start with [Serve]. A cell that defines a model or a method calls [InThisCell], and its own binary becomes the host.
// There is one loop in the project, in run.Run.To, and one step, inforeg.BuildStep.
//
// Rules, stated once:
//
//   - A run's folder is the run. Records are appended, all other files are replaced by renaming. A snapshot is written
//     last: one for step n promises that every record up to step n is on disk.
//   - Whatever a step depends on is a function of the settings, the seed and the step, so that any recorded step can be
//     computed again, bit for bit, from an earlier snapshot.
//   - The code that a cell defines is none of these. Where it changes, the run is kept with all that the next step
//     needs, an event says so, and no step before it is computed again by the new code.
//   - A step that yields a number that is not finite is not taken.
//   - Panics of graph-building code become errors in one place, engine.Engine.Call.
package host
