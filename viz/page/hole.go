package page

// ReasonLine is the height of a line of a reason in CSS pixels.
const ReasonLine = 13.0

// Hole is where it stands in a row why there is no value: at the left end of a stretch that is free.
type Hole struct {
	X     float64 // from the left edge of the page
	Lines []string
}

// Height is the room that a reason takes.
func (h Hole) Height() float64 { return float64(len(h.Lines)) * ReasonLine }

// Width is that of the longest line.
func (h Hole) Width() float64 { return Widest(SmallSize, h.Lines) }

// HoleIn places a reason in the one of some stretches where it takes the fewest lines; the first of those.
func HoleIn(stretches []Reach, s string) Hole {
	var best Hole
	whole := false
	for _, free := range stretches {
		if free.High-free.Low < WidthOf(SmallSize, "……") {
			continue
		}
		list := Evenly(SmallSize, free.High-free.Low, MostLines, s)
		fits := len(Wrapped(SmallSize, free.High-free.Low, s)) <= MostLines
		if best.Lines == nil || fits && !whole || fits == whole && len(list) < len(best.Lines) {
			best, whole = Hole{free.Low, list}, fits
		}
	}
	return best
}

// Between are the stretches of a span that places cut it into, each with a gap to either side of a cut.
func Between(span Reach, gap float64, cuts ...float64) []Reach {
	var list []Reach
	from := span.Low
	for i, at := range append(cuts, span.High) {
		to := at - gap
		if i == len(cuts) {
			to = at
		}
		if to > from {
			list = append(list, Reach{from, to})
		}
		from = max(from, at+gap)
	}
	return list
}

// Hole writes why there is no value on white, the middle of its lines at a height.
func (p *Pen) Hole(h Hole, y float64) {
	for i, s := range h.Lines {
		at := Dot{h.X, y + (float64(i)-float64(len(h.Lines)-1)/2)*ReasonLine}
		p.Box(White, Dot{at.X - 3, at.Y - ReasonLine/2}, WidthOf(SmallSize, s)+6, ReasonLine)
		p.Write(Grey, SmallSize, at, Left, Middle, s)
	}
}
