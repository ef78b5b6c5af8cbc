// Package synth makes a set of short audio-visual clips, for learning and for tests: it needs no files and is made
// in a moment.
//
// Start with [Open]. A clip of one of six classes has a spectrogram and a picture. The spectrogram shows the class as
// a chord of three lines over a hum that all clips share; the picture shows it as a shape at a place, in a size and
// at an angle of its own, under noise. The sound is learnt first, its Fisher trace rises and falls over the first
// epochs, and the picture, trained together with it, stays behind what it reaches alone: the situation for which the
// paper's method is made. Settings change how large the lead is, down to none, or turn it around.
//
// Rules, stated once:
//
//   - A sample is a function of the settings, its split and its place in the split; parts share no sample.
//   - Place i has class i mod 6, so that classes are balanced.
//   - In a share of samples a modality carries no class and shows noise alone. The two modalities miss it independently
//     of each other.
package synth
