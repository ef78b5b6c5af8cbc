// Package measure measures of a run what a table or figure needs in addition to what the run's own schedules say: other
// definitions of the trace, cosines, the macro F1, and maps of features.
//
// Start with [Extra]. All that it measures is put on the run's record or beside it, and is not measured twice.
//
// What is due is measured while the run is at that step, by the caller's loop: to go back later takes a fork and a
// replay. Before anything is measured the record is asked whether it is there, so that a process that was killed goes
// on where it was, and one that is run again does nothing.
package measure
