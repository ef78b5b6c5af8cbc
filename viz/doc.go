// Package viz draws figures of a training run from names and numbers alone: traces with their prime learning windows,
// accuracies, losses, panels of any lines, small multiples, sweeps over a setting, cosine matrices, bars, forests of
// differences, maps of points, contact sheets of samples, and the live view.
//
// Start with [Trace]. [Panels] puts several axes on one page, [Multiples] many curves each beside the same one. Every
// function takes one struct and returns a [Figure]: a PNG, a Vega-Lite spec of the same picture (of a contact sheet, of
// its values), and a sentence that stands in for both. [Save] writes it as PNG, SVG, PDF and Vega-Lite; a figure's
// [Width] makes it for a column or a page.
//
// Rules, stated once:
//
//   - Lengths are CSS pixels; a PNG has two of its own pixels for each, and no letter is under 11 CSS pixels. On paper
//     a figure is 8.5 or 17.5 cm wide and no letter is under 6.5 points.
//   - An SVG and a PDF carry the letters that they use, as letters. A figure gives the same bytes each time, without a
//     date.
//   - Colour says modality, dash and marker say run. Modalities of one run differ in their marker too, and a window's
//     bar bears that of its modality. The colours are the eight of Okabe and Ito without yellow; black is the fused
//     prediction. The names audio, visual or video, text and image have colours of their own; any other takes the first
//     that is free, in order of appearance. The seventh such name and those after it share sky blue. On a map of
//     points, colour and marker together say class.
//   - Lines that lie on each other take turns with their markers.
//   - A title that is too long for its panel, a name and a reason are broken into up to three lines. What is cut off
//     after those, which three dots say, is in the sentence.
//   - The legend stands outside the data. What a band, a bold line or a hatch means is written in it.
//   - A band or bar is the value plus and minus its SE: one standard error, or what the figure's Band says in the
//     legend, such as a standard deviation over seeds. An SE of 0 draws none. The rows under a matrix of cosines show
//     two standard deviations, and their legend says so.
//   - No axis holds two definitions. Series and bars may name theirs; two that differ on one axis are an error.
//   - Of a series longer than 1000 points, the least and the greatest of each of about 500 stretches are drawn, and
//     always the first and the last.
//   - What is hollow is from elsewhere, such as printed in a paper; in a forest, a difference whose interval holds 0 or
//     that has none.
//   - Missing data is an error, never an empty panel, and so is a value that is not finite or beyond 1e300. A bar or a
//     row of a forest may be missing with a reason, which is drawn in its place.
//   - A spec holds its data and needs no network. It is made of map[string]any, []any, string, float64, bool and nil
//     only.
//   - Nothing is changed that is passed in, and figures may be drawn at the same time.
package viz
