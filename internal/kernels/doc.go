// Package kernels has XLA's CPU backend compute convolutions by oneDNN: forward, both gradients, and the filter's
// gradient with the squared norm of each sample's part of it.
//
// Start with [Load], which finds the library that the set-up builds from native/, and [Rewrite], which makes calls of
// its handlers out of the convolutions in a program's text. What [Rewrite] does not know stays as it is, so a program
// without the library, or with convolutions of another kind, computes what it always did.
//
// The same numbers come out in every process and with any number of threads, but not the same bits as without
// kernels: a run therefore records with which it was made, see [Library.Name].
package kernels
