// Package run owns training runs: each is a folder and, while it is open, a state that steps are taken from.
//
// Start with [NewShop] and [Shop.Open]. A [Run] is trained to a step with [Run.To], measured with [Run.Probe] and
// [Run.Evaluate], changed with [Run.Set], and taken back by opening a fork. All that it did is on record before the
// next step is taken, so that a process that is killed loses nothing: whoever opens the folder goes on bit for bit.
//
// Whoever trains a run holds its turn for as long as they do. The lock of a run is held for one step at most, so that
// looking at a run never waits for its training. A shop's lock comes before a run's.
package run
