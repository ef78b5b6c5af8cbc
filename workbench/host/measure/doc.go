// Package measure measures of a run what a table or figure needs in addition to what the run's own schedules say: other
// definitions of the trace, cosines, the macro F1, and maps of features.
//
// Start with [Extra]. All that it measures is put on the run's record or beside it, and is not measured twice.
package measure
