// Package work has several processes, on one machine or many, train the runs of one comparison.
//
// Start with [Make], which writes the plan, a line for each run, once; then any number of processes [Join] it and
// call [Worker.Work]. Nobody leads: who joins takes runs that nobody has (package claims), trains each in a folder
// of its own, and publishes it by renaming the folder to where the comparison has it. What a worker leaves behind, when
// it is told to stop or is killed, the next goes on with. A run that two workers have trained after all, since one was
// thought to be dead, is compared and told.
//
// How workers come about is an [Executor]'s: processes of this machine, or tasks of a scheduler. The state of a sweep
// is in its files alone, which package shared reads.
package work
