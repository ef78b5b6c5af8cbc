// Package run owns training runs: each is a folder and, while it is open, a state that steps are taken from.
//
// Start with [NewShop] and [Shop.Open]. A [Run] is trained to a step with [Run.To], measured with [Run.Probe] and
// [Run.Evaluate], changed with [Run.Set], and taken back by opening a fork. All that it did is on record before the
// next step is taken, so that a process that is killed loses nothing: whoever opens the folder goes on bit for bit.
//
// Whoever trains a run holds its turn for as long as they do, and others that want to train it wait. The run's lock
// guards all that changes. Training holds it for one step at a time and lets it go between two, so that who wants to
// look or to measure waits for one step and not for the training; loading a run, with the steps that are computed again
// then, and a measurement hold it until they are done. [Run.Status] takes no lock at all.
//
// A shop's lock comes before a run's, and a run's before that of its engine and of its watchers. The turn is taken
// before the lock. Nothing takes them in another order, or they would wait for each other.
//
// What is written before what in a step, and what a kill at each point leaves, is told by package record.
package run
