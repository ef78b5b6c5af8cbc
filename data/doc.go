// Package data is the contract between the sets of samples and everything that trains on them: what a
// [Modality] is, how samples are split, and how a [Dataset] hands out a [Batch] of plain slices.
//
// Start with [Dataset]. One loader lives in each folder below, as image/png does below image: data/synth
// makes its samples, data/digits reads recordings and images from their public files.
//
// Rules, stated once:
//
//   - Shapes are those of one sample, without the batch axis, and list axes in order: T time or frames, H height or
//     frequency, W width or time, C channels, F features. Channels come last.
//   - Values are float32, row-major, and finite; a loader that meets another value names file and place.
//   - Reading is a function of (split, index, draw) alone: the same three give the same bits in any process, so that a
//     run that is taken up again sees what it would have seen.
//   - Text, a table or a list among it, is read in any encoding of [DecodeText], and in no other.
//   - What is wrong with a file is told by its cause: see [Explain] and [Hint]. What all files of a set have in common
//     is told once: see [Gather].
//   - A loader returns a [FormatError] for a file that is broken and an [UnsupportedError] for one that is whole but of
//     a kind it does not read. It never drops a sample silently.
package data
