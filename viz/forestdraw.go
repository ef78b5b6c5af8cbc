package viz

import (
	"fmt"
	"image/color"
	"slices"
)

// Measures of a forest in CSS pixels.
const (
	forestRow  = 19.0
	forestWide = 760.0
	forestSize = 8.0 // of a marker
)

// trees is where everything in a forest stands.
type trees struct {
	width, height float64
	at            dot // upper left corner of the data
	long, tall    float64
	names         [][]string
	holes         []hole // beside a point without an interval, or in the place of what is missing
	axis          axis
	middles       []float64 // of each row, down from the upper edge of the data
	heads         []head
	values        []string // written beside each row
	pairs         []string
	pairsRight    float64 // right edge of that column, 0 for none
	sides         float64 // of the words on either side of 0, down from the upper edge

	foot
}

// head is the name of a group and its middle, down from the upper edge of the data.
type head struct {
	name   string
	middle float64
}

func arrangeForest(f ForestFigure) trees {
	at := trees{width: f.Width.pixels(forestWide), at: dot{margin, margin + 4}, axis: axis{label: f.Label}}
	at.at.y += f.Width.titleHeight(f.Title, at.width)
	if f.Less != "" || f.More != "" {
		at.sides = at.at.y
		at.at.y += rowHeight
	}
	at.at.y += noteLine // above the columns
	names, values, pairs, indent := 0.0, widthOf(smallSize, "difference"), 0.0, 0.0
	for i, r := range f.Rows {
		if r.Group != "" {
			indent = 10
		}
		at.names = append(at.names, evenly(smallSize, min(widestBar, at.width/4), mostLines, r.Name))
		names = max(names, widest(smallSize, at.names[i]))
		at.values = append(at.values, f.words(r))
		values = max(values, widthOf(smallSize, at.values[i]))
		n := ""
		if r.Pairs > 0 {
			n = fmt.Sprint(r.Pairs)
			pairs = max(pairs, widthOf(smallSize, n), widthOf(smallSize, "pairs"))
		}
		at.pairs = append(at.pairs, n)
	}
	at.at.x += names + indent + 10
	if pairs > 0 {
		at.pairsRight = at.at.x + pairs
		at.at.x += pairs + 12
	}
	at.long = at.width - margin - values - 12 - at.at.x
	ends := nothing()
	ends.add(0)
	for _, r := range f.Rows {
		ends.add(r.Diff)
		ends.add(r.Low)
		ends.add(r.High)
	}
	ends = ends.pad(0.05)
	at.axis.from, at.axis.to = ends.low, ends.high
	at.axis.setTicksAlong(at.long)
	at.arrangeRows(f)
	at.height = at.at.y + at.tall + underHeight + margin/2
	at.height = at.place(f.legend(), f.Width, at.width, at.height)
	return at
}

// arrangeRows places the rows and the names of groups beneath each other. A row is as tall as its name and its reason.
func (at *trees) arrangeRows(f ForestFigure) {
	for i, r := range f.Rows {
		if r.Group != "" && (i == 0 || f.Rows[i-1].Group != r.Group) {
			at.heads = append(at.heads, head{r.Group, at.tall + forestRow/2})
			at.tall += forestRow
		}
		at.holes = append(at.holes, at.hole(r))
		height := max(forestRow, float64(max(len(at.names[i]), len(at.holes[i].lines)))*reasonLine+6)
		at.middles = append(at.middles, at.tall+height/2)
		at.tall += height
	}
}

// x is where a difference stands, from the left edge of the page.
func (at *trees) x(v float64) float64 { return at.at.x + at.long*at.axis.place(v) }

// hole places the words of a row beside its point, or over all of the row where there is none.
func (at *trees) hole(r ForestRow) hole {
	span := reach{at.at.x + 4, at.at.x + at.long}
	switch {
	case r.Missing != "":
		return holeIn([]reach{span}, r.Missing)
	case r.NoInterval != "":
		const gap = forestSize/2 + 6
		free := between(span, gap, at.x(r.Diff))
		slices.Reverse(free) // first the right, where words go on from a point
		h := holeIn(free, r.NoInterval)
		if h.x < at.x(r.Diff) {
			h.x = at.x(r.Diff) - gap - h.width()
		}
		return h
	}
	return hole{}
}

// modalities are those of the rows, in order of appearance.
func (f ForestFigure) modalities() []string {
	var list []string
	for _, r := range f.Rows {
		if !slices.Contains(list, r.Modality) {
			list = append(list, r.Modality)
		}
	}
	return list
}

// styles are the colours and markers of the modalities.
func (f ForestFigure) styles() styles {
	list := make([]Series, len(f.Rows))
	for i, r := range f.Rows {
		list[i].Modality = r.Modality
	}
	return newStyles(nil, list)
}

// legend says which look is which modality, and what is filled.
func (f ForestFigure) legend() []entry {
	var list []entry
	st := f.styles()
	for _, m := range f.modalities() {
		if l := st.look("", m); m != "" {
			list = append(list, entry{text: m, sample: func(p *pen, at dot) {
				mid := dot{at.x + sampleWidth/2, at.y}
				p.line(l.color, 1.6, nil, dot{mid.x - 12, mid.y}, dot{mid.x + 12, mid.y})
				p.marker(l.color, l.marker, mid, forestSize)
			}})
		}
	}
	return append(list, entry{text: "line: " + f.Interval + "; filled: it leaves out 0"})
}

func drawForest(p *pen, f ForestFigure, at trees) {
	p.title(f.Width, f.Title, at.width)
	foot, end, x := at.at.y+at.tall, at.at.x+at.long, at.x
	for _, t := range at.axis.ticks {
		p.line(faint, 1, nil, dot{x(t.value), at.at.y}, dot{x(t.value), foot})
	}
	p.line(grey, 1.2, nil, dot{x(0), at.at.y}, dot{x(0), foot})
	if at.sides > 0 {
		y := at.sides + rowHeight/2
		if f.Less != "" {
			p.write(grey, smallSize, dot{x(0) - 6, y}, right, middle, fit(smallSize, x(0)-6-margin, "← "+f.Less))
		}
		if f.More != "" {
			p.write(grey, smallSize, dot{x(0) + 6, y}, left, middle, fit(smallSize, at.width-margin-x(0)-6, f.More+" →"))
		}
	}
	over := at.at.y - noteLine/2
	p.write(grey, smallSize, dot{at.width - margin, over}, right, middle, "difference")
	if at.pairsRight > 0 {
		p.write(grey, smallSize, dot{at.pairsRight, over}, right, middle, "pairs")
	}
	for _, h := range at.heads {
		p.write(ink, smallSize, dot{margin, at.at.y + h.middle}, left, middle, fit(smallSize, at.at.x-margin-8, h.name))
	}
	st := f.styles()
	for i, r := range f.Rows {
		y, indent := at.at.y+at.middles[i], 0.0
		if r.Group != "" {
			indent = 10
		}
		for k, s := range at.names[i] {
			p.write(ink, smallSize, dot{margin + indent, y + (float64(k)-float64(len(at.names[i])-1)/2)*reasonLine}, left, middle, s)
		}
		p.write(grey, smallSize, dot{at.pairsRight, y}, right, middle, at.pairs[i])
		p.write(ink, smallSize, dot{at.width - margin, y}, right, middle, at.values[i])
		if p.hole(at.holes[i], y); r.Missing != "" {
			continue
		}
		l := st.look("", r.Modality)
		if r.NoInterval == "" {
			drawInterval(p, l.color, dot{x(r.Low), y}, dot{x(r.High), y})
		}
		if at := (dot{x(r.Diff), y}); r.clear() {
			p.marker(l.color, l.marker, at, forestSize)
		} else {
			p.hollow(l.color, l.marker, at, forestSize)
		}
	}
	p.line(ink, 1, nil, dot{at.at.x, foot}, dot{end, foot})
	p.axis(&at.axis, dot{at.at.x, foot}, at.long, max(at.long, 2*min(at.at.x+at.long/2-margin, at.width-margin-at.at.x-at.long/2)))
	p.foot(at.foot)
}

// drawInterval draws an interval with its ends.
func drawInterval(p *pen, c color.NRGBA, low, high dot) {
	p.line(c, 1.6, nil, low, high)
	for _, end := range []dot{low, high} {
		p.line(c, 1.6, nil, dot{end.x, end.y - 3}, dot{end.x, end.y + 3})
	}
}
