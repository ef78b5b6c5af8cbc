// Package probe measures a run at a moment: Fisher traces in all their definitions, accuracies and what linear
// classifiers make of frozen features, noise and cosines of gradients, how far weights have moved, and what a step
// measures while it is taken.
//
// Start with [Moment], which is all that a measurement may see of a run, and [Table], which has all probes: a new one
// is a row there, or is added by [Register]. Measuring changes nothing: not the weights, not what is on record. Random
// signs, labels and pairs are drawn by seed and step, so that the same probe of the same moment gives the same numbers.
//
// Draws come from generators of two words, the seed and a key. The key of a probe's signs and labels is the step. A bit
// above all steps tells the others apart, so that two kinds of draws at one step have nothing in common: 63 for what a
// step measures while it is taken, 62 for permuted cosines, 61 for noise.
package probe
