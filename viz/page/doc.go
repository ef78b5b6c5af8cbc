// Package page puts figures on paper: pens, axes, panels, legends and text, for a picture, for the formats that keep
// lines and letters, and for a Vega-Lite spec of the same.
//
// Start with [Layout], which arranges panels and draws them. [Pen] draws in CSS pixels; [Figure] is what comes out.
// What a kind of figure shows is package viz's, where the rules stand too.
package page
