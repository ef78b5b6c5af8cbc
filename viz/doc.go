// Package viz draws figures of a training run from names and numbers alone: traces with their prime learning
// windows, accuracies, losses, panels of any lines, small multiples, cosine matrices, bars, maps of points, contact
// sheets of samples, and the live view.
//
// Start with [Trace]. [Panels] puts several axes on one page, [Multiples] many curves each beside the same one. Every
// function takes one struct and returns a [Figure]: a PNG, a Vega-Lite spec of the same picture (of a contact sheet, of its
// values), and a sentence that stands in for both.
//
// Rules, stated once:
//
//   - Lengths are CSS pixels; a PNG has two of its own pixels for each, and no letter is under 11 CSS pixels.
//   - Colour says modality, dash and marker say run. The colours are the eight of Okabe and Ito without yellow; black is
//     the fused prediction. The names audio, visual or video, text and image have colours of their own; any other
//     takes the first that is free, in order of appearance. The seventh such name and those after it share sky blue.
//     On a map of points, colour and marker together say class.
//   - The legend stands outside the data. What a band, a bold line or a hatch means is written in it.
//   - A band or bar is the value plus and minus one standard error. A standard error of 0 draws none. The rows under a
//     matrix of cosines show two standard deviations, and their legend says so. On small multiples a band is what their
//     Band says, mostly a standard deviation over seeds.
//   - No axis holds two definitions. Series and bars may name theirs; two that differ on one axis are an error.
//   - Of a series longer than 1000 points, the least and the greatest of each of about 500 stretches are drawn, and
//     always the first and the last.
//   - Missing data is an error, never an empty panel, and so is a value that is not finite or beyond 1e300.
//   - A spec holds its data and needs no network. It is made of map[string]any, []any, string, float64, bool and nil only.
//   - Nothing is changed that is passed in, and figures may be drawn at the same time.
package viz
