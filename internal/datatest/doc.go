// Package datatest holds what the tests of the loaders share. Tests alone import it.
//
// Start with [Contract], which every set must pass. [Files] are a set made for a test: [WAV], [JPEG], [PNG], [NPY] and
// [FFmpeg] make what is in them. [Loader] opens such sets whole and spoilt. [Arrays] and [Waves] are one array and one
// recording in all the forms that programs give them, and in forms that nobody can read.
//
// Rules, stated once:
//
//   - What is made depends on the arguments alone. Files are written as of yesterday, so that a cache takes them for
//     settled.
//   - Functions that take a testing.TB end the test when they cannot do their work, and skip it where ffmpeg or real
//     files are missing. Checks return an error instead, so that they can be tested themselves.
//   - Package data is all that is known of a loader here.
package datatest
