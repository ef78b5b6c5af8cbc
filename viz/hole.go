package viz

// reasonLine is the height of a line of a reason in CSS pixels.
const reasonLine = 13.0

// hole is where it stands in a row why there is no value: at the left end of a stretch that is free.
type hole struct {
	x     float64 // from the left edge of the page
	lines []string
}

// height is the room that a reason takes.
func (h hole) height() float64 { return float64(len(h.lines)) * reasonLine }

// width is that of the longest line.
func (h hole) width() float64 { return widest(smallSize, h.lines) }

// holeIn places a reason in the one of some stretches where it takes the fewest lines; the first of those.
func holeIn(stretches []reach, s string) hole {
	var best hole
	whole := false
	for _, free := range stretches {
		if free.high-free.low < widthOf(smallSize, "……") {
			continue
		}
		list := evenly(smallSize, free.high-free.low, mostLines, s)
		fits := len(wrapped(smallSize, free.high-free.low, s)) <= mostLines
		if best.lines == nil || fits && !whole || fits == whole && len(list) < len(best.lines) {
			best, whole = hole{free.low, list}, fits
		}
	}
	return best
}

// between are the stretches of a span that places cut it into, each with a gap to either side of a cut.
func between(span reach, gap float64, cuts ...float64) []reach {
	var list []reach
	from := span.low
	for i, at := range append(cuts, span.high) {
		to := at - gap
		if i == len(cuts) {
			to = at
		}
		if to > from {
			list = append(list, reach{from, to})
		}
		from = max(from, at+gap)
	}
	return list
}

// hole writes why there is no value on white, the middle of its lines at a height.
func (p *pen) hole(h hole, y float64) {
	for i, s := range h.lines {
		at := dot{h.x, y + (float64(i)-float64(len(h.lines)-1)/2)*reasonLine}
		p.box(white, dot{at.x - 3, at.y - reasonLine/2}, widthOf(smallSize, s)+6, reasonLine)
		p.write(grey, smallSize, at, left, middle, s)
	}
}
