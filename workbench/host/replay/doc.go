// Package replay applies a method to weights and batches that a folder gives, by the engine that trains runs, and
// writes the weights after every step: how any other implementation can be compared with this one.
//
// Start with [Run], which says what is in the folder.
package replay
