// Package sweep trains methods and seeds on the same samples and compares what they come to.
//
// Start with [Open], which checks all that was asked for before anything is written, and with [Sweep.Train], which
// trains one of its runs. [Sweep.Result] is what there is to say so far. A sweep that is part of something larger, of a
// reproduction, is made by [NewPart], and its runs by [Sweep.Try].
package sweep
