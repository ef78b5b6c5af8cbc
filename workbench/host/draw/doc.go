// Package draw draws what is on record: of runs, and of reproductions.
//
// Start with [Recorded], which takes one of [Figures], or with [Reproduction]. It measures nothing: what a record lacks
// is an error that says how to measure it. How a figure looks is viz's.
//
// Two rules hold in all figures. Numbers of two definitions never share an axis: a series carries its definition, and
// viz refuses two in one panel. A window of eq. 11 is found again from the trace that is drawn, by the run's own test,
// and not read from what the method decided: so that runs without a window, and other ways of looking at a trace, can
// be drawn too.
package draw
