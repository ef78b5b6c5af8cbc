package draw

import (
	"slices"

	"github.com/primewindow/primewindow/viz"
)

// interval is where a window of one seed is open on an axis of steps or epochs, from From up to To. Uncertain is one
// that noise alone could have opened.
type interval struct {
	from, to  float64
	uncertain bool
}

// countedSpan is a part of the axis over which the same seeds have a window open: so many, sure of them beyond noise.
type countedSpan struct {
	from, to   float64
	open, sure int
}

// countSpans lays the intervals of seeds, each seed's own in any order, over each other: spans in order of the axis,
// each as long as open and sure stay the same. Intervals of one seed that overlap count once. Where none is open there
// is no span. Between two neighbouring ends of intervals nothing opens or shuts, so each such piece is counted as
// a whole.
func countSpans(seeds [][]interval) []countedSpan {
	var ends []float64
	for _, list := range seeds {
		for _, in := range list {
			ends = append(ends, in.from, in.to)
		}
	}
	slices.Sort(ends)
	ends = slices.Compact(ends)
	var spans []countedSpan
	for i := 1; i < len(ends); i++ {
		s := countedSpan{from: ends[i-1], to: ends[i]}
		for _, list := range seeds {
			open, sure := false, false
			for _, in := range list {
				if in.from <= s.from && in.to >= s.to {
					open, sure = true, sure || !in.uncertain
				}
			}
			if open {
				s.open++
			}
			if sure {
				s.sure++
			}
		}
		n := len(spans)
		switch {
		case s.open == 0:
		case n > 0 && spans[n-1].to == s.from && spans[n-1].open == s.open && spans[n-1].sure == s.sure:
			spans[n-1].to = s.to
		default:
			spans = append(spans, s)
		}
	}
	return spans
}

// seedWindows are the windows of a modality in runs of several seeds, drawn with how many of the seeds have each span
// open. A span that is beyond noise with no seed is uncertain. Of one seed the windows are its own. How many seeds are
// sure is not drawn, only whether any is, so pieces that differ in that number alone become one window.
func seedWindows(run, modality string, seeds [][]interval) []viz.Window {
	var list []viz.Window
	for _, s := range countSpans(seeds) {
		w := viz.Window{Run: run, Modality: modality, From: s.from, To: s.to, Uncertain: s.sure == 0}
		if len(seeds) > 1 {
			w.Open, w.Of = s.open, len(seeds)
		}
		if n := len(list); n > 0 && list[n-1].To == w.From && list[n-1].Open == w.Open &&
			list[n-1].Uncertain == w.Uncertain {
			list[n-1].To = w.To
			continue
		}
		list = append(list, w)
	}
	return list
}
