// Package workbench is what a notebook's cell imports: handles on training runs that live in a host process.
// It is light, links in a fraction of a second, and holds no weights, no data and no graphs; the host does.
//
// Start with [Open], which names a run, and [Run.ToEpoch], which trains it:
//
//	import wb "github.com/primewindow/primewindow/workbench"
//	var run = wb.Open("first", wb.Data("synth"), wb.InfoReg(), wb.Seed(0))
//	%%
//	run.ToEpoch(3, wb.Live)
//	wb.Draw(wb.Trace, run)
//
// What holds, in this order:
//
//  1. [Open] and [Run.Fork] declare and do nothing else: no file, no socket, no error. A notebook's kernel evaluates
//     such a declaration again in every later cell, and that costs nothing. What is wrong with a declaration is said at
//     the first verb.
//  2. A setting that is not named has the host's default; one that is named has that value, also when it is 0. Of two
//     options for one setting the later one counts.
//  3. The first verb starts the host if none answers, and creates the run or attaches to it. A run that was declared
//     with other settings is an error that names the differences.
//  4. Targets are absolute: [Run.To] and [Run.ToEpoch] behind the present step say so and do nothing, so that a cell
//     may be run twice. [Run.Step] and [Run.Fresh] are the exceptions.
//  5. Verbs for cells take no context and return no error. When one fails it prints one line, then a hint, and ends the
//     process with status 1, so that a notebook that runs all of its cells stops there.
//  6. An interrupt ends the verb: training is paused after the step under way, what was reached is printed, and the
//     process ends with status 130. Interrupting [Run.Follow] ends only the drawing.
//  7. Each verb has a sibling whose name ends in Context, for programs: silent, with a context and an error. An error
//     that a person can do something about is a [Problem], which holds the hint.
//  8. A run belongs to the host. It stays where it is when the cell, the kernel or JupyterLab ends.
//  9. In a notebook text and pictures take one way and keep their order. Elsewhere pictures are written to the run's
//     folder figures and their path is printed.
//  10. The environment variable PRIMEWINDOW_HOST names the executable to start as the host, otherwise it is
//     .venv/bin/primewindow of the project, or primewindow on PATH. A cell that defines a method is its own host: see
//     InThisCell of the package workbench/host. With PRIMEWINDOW_SMOKE=1 runs on made data are declared at the
//     smallest size that still draws every figure.
//  11. [ReadComparison] is the one declaration that reads: two small files of a record that is committed. It needs no
//     host. What a cell draws by itself with package viz is shown with [Picture].
//
// Not promised: the wording of what is printed; the order of a verb's output and of what the cell itself
// prints; that a host of another build answers alike (a warning says when it is one); the rate of updates.
package workbench
