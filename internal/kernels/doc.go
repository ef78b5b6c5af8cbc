// Package kernels has XLA's CPU backend compute by a library what its own forms are slow at: convolutions by oneDNN,
// forward, both gradients, and the filter's gradient with the squared norm of each sample's part of it; the sums of
// batch norm; and max pooling.
//
// Start with [Load], which finds the library that the set-up builds from native/, and [Rewrite], which makes calls of
// its handlers out of a program's text: out of the convolutions in it, and out of calls of functions with the names
// that are given here. What [Rewrite] does not know stays as it is, so a program without the library, or with
// convolutions of another kind, computes what it always did.
//
// The same numbers come out in every process and with any number of threads, but not the same bits as without
// kernels: a run therefore records with which it was made, see [Library.Name].
package kernels
