// Package draw draws what is on record: of runs, and of reproductions.
//
// Start with [Recorded], which takes one of [Figures], or with [Reproduction]. It measures nothing: what a record lacks
// is an error that says how to measure it. How a figure looks is viz's.
package draw
