// Package method holds the compared training methods, one file each. Every one is a set of hooks on the one
// training loop ([inforeg.Method]) and passes the common test.
//
// Start with [Find], which knows them by the names used on the command line, in the notebooks and in records.
package method
