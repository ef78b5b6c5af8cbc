package viz

import (
	"fmt"
	"image/color"
	"slices"

	"github.com/primewindow/primewindow/viz/page"
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
	at            page.Dot // upper left corner of the data
	long, tall    float64
	names         [][]string
	holes         []page.Hole // beside a point without an interval, or in the place of what is missing
	axis          page.Axis
	middles       []float64 // of each row, down from the upper edge of the data
	heads         []head
	values        []string // written beside each row
	pairs         []string
	pairsRight    float64 // right edge of that column, 0 for none
	sides         float64 // of the words on either side of 0, down from the upper edge

	page.Foot
}

// head is the name of a group and its middle, down from the upper edge of the data.
type head struct {
	name   string
	middle float64
}

func arrangeForest(f ForestFigure) trees {
	at := trees{
		width: f.Width.Pixels(forestWide), at: page.At(page.Margin, page.Margin+4), axis: page.Axis{Label: f.Label},
	}
	at.at.Y += f.Width.TitleHeight(f.Title, at.width)
	if f.Less != "" || f.More != "" {
		at.sides = at.at.Y
		at.at.Y += page.RowHeight
	}
	at.at.Y += page.NoteLine // above the columns
	names, values, pairs, indent := 0.0, page.WidthOf(page.SmallSize, "difference"), 0.0, 0.0
	for i, r := range f.Rows {
		if r.Group != "" {
			indent = 10
		}
		at.names = append(at.names, page.Evenly(page.SmallSize, min(widestBar, at.width/4), page.MostLines, r.Name))
		names = max(names, page.Widest(page.SmallSize, at.names[i]))
		at.values = append(at.values, f.words(r))
		values = max(values, page.WidthOf(page.SmallSize, at.values[i]))
		n := ""
		if r.Pairs > 0 {
			n = fmt.Sprint(r.Pairs)
			pairs = max(pairs, page.WidthOf(page.SmallSize, n), page.WidthOf(page.SmallSize, "pairs"))
		}
		at.pairs = append(at.pairs, n)
	}
	at.at.X += names + indent + 10
	if pairs > 0 {
		at.pairsRight = at.at.X + pairs
		at.at.X += pairs + 12
	}
	at.long = at.width - page.Margin - values - 12 - at.at.X
	ends := page.Nothing()
	ends.Add(0)
	for _, r := range f.Rows {
		ends.Add(r.Diff)
		ends.Add(r.Low)
		ends.Add(r.High)
	}
	ends = ends.Pad(0.05)
	at.axis.From, at.axis.To = ends.Low, ends.High
	at.axis.SetTicksAlong(at.long)
	at.arrangeRows(f)
	at.height = at.at.Y + at.tall + page.UnderHeight + page.Margin/2
	at.height = at.Place(f.legend(), f.Width, at.width, at.height)
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
		height := max(forestRow, float64(max(len(at.names[i]), len(at.holes[i].Lines)))*page.ReasonLine+6)
		at.middles = append(at.middles, at.tall+height/2)
		at.tall += height
	}
}

// x is where a difference stands, from the left edge of the page.
func (at *trees) x(v float64) float64 { return at.at.X + at.long*at.axis.Place(v) }

// hole places the words of a row beside its point, or over all of the row where there is none.
func (at *trees) hole(r ForestRow) page.Hole {
	span := page.Reach{Low: at.at.X + 4, High: at.at.X + at.long}
	switch {
	case r.Missing != "":
		return page.HoleIn([]page.Reach{span}, r.Missing)
	case r.NoInterval != "":
		const gap = forestSize/2 + 6
		free := page.Between(span, gap, at.x(r.Diff))
		slices.Reverse(free) // first the right, where words go on from a point
		h := page.HoleIn(free, r.NoInterval)
		if h.X < at.x(r.Diff) {
			h.X = at.x(r.Diff) - gap - h.Width()
		}
		return h
	}
	return page.Hole{}
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
func (f ForestFigure) styles() page.Styles {
	list := make([]Series, len(f.Rows))
	for i, r := range f.Rows {
		list[i].Modality = r.Modality
	}
	return page.NewStyles(nil, list)
}

// legend says which look is which modality, and what is filled.
func (f ForestFigure) legend() []page.Entry {
	var list []page.Entry
	st := f.styles()
	for _, m := range f.modalities() {
		if l := st.Look("", m); m != "" {
			list = append(list, page.Entry{Text: m, Sample: func(p *page.Pen, at page.Dot) {
				mid := page.At(at.X+page.SampleWidth/2, at.Y)
				p.Line(l.Color, 1.6, nil, page.At(mid.X-12, mid.Y), page.At(mid.X+12, mid.Y))
				p.Marker(l.Color, l.Marker, mid, forestSize)
			}})
		}
	}
	return append(list, page.Entry{Text: "line: " + f.Interval + "; filled: it leaves out 0"})
}

func drawForest(p *page.Pen, f ForestFigure, at trees) {
	p.Title(f.Width, f.Title, at.width)
	foot, end, x := at.at.Y+at.tall, at.at.X+at.long, at.x
	for _, t := range at.axis.Ticks {
		p.Line(page.Faint, 1, nil, page.At(x(t.Value), at.at.Y), page.At(x(t.Value), foot))
	}
	p.Line(page.Grey, 1.2, nil, page.At(x(0), at.at.Y), page.At(x(0), foot))
	if at.sides > 0 {
		y := at.sides + page.RowHeight/2
		if f.Less != "" {
			p.Write(
				page.Grey, page.SmallSize, page.At(x(0)-6, y), page.Right, page.Middle,
				page.Fit(page.SmallSize, x(0)-6-page.Margin, "← "+f.Less),
			)
		}
		if f.More != "" {
			p.Write(
				page.Grey, page.SmallSize, page.At(x(0)+6, y), page.Left, page.Middle,
				page.Fit(page.SmallSize, at.width-page.Margin-x(0)-6, f.More+" →"),
			)
		}
	}
	over := at.at.Y - page.NoteLine/2
	p.Write(page.Grey, page.SmallSize, page.At(at.width-page.Margin, over), page.Right, page.Middle, "difference")
	if at.pairsRight > 0 {
		p.Write(page.Grey, page.SmallSize, page.At(at.pairsRight, over), page.Right, page.Middle, "pairs")
	}
	for _, h := range at.heads {
		p.Write(
			page.Ink, page.SmallSize, page.At(page.Margin, at.at.Y+h.middle), page.Left, page.Middle,
			page.Fit(page.SmallSize, at.at.X-page.Margin-8, h.name),
		)
	}
	st := f.styles()
	for i, r := range f.Rows {
		y, indent := at.at.Y+at.middles[i], 0.0
		if r.Group != "" {
			indent = 10
		}
		for k, s := range at.names[i] {
			p.Write(
				page.Ink, page.SmallSize,
				page.At(page.Margin+indent, y+(float64(k)-float64(len(at.names[i])-1)/2)*page.ReasonLine), page.Left,
				page.Middle, s,
			)
		}
		p.Write(page.Grey, page.SmallSize, page.At(at.pairsRight, y), page.Right, page.Middle, at.pairs[i])
		p.Write(page.Ink, page.SmallSize, page.At(at.width-page.Margin, y), page.Right, page.Middle, at.values[i])
		if p.Hole(at.holes[i], y); r.Missing != "" {
			continue
		}
		l := st.Look("", r.Modality)
		if r.NoInterval == "" {
			drawInterval(p, l.Color, page.At(x(r.Low), y), page.At(x(r.High), y))
		}
		if at := (page.At(x(r.Diff), y)); r.clear() {
			p.Marker(l.Color, l.Marker, at, forestSize)
		} else {
			p.Hollow(l.Color, l.Marker, at, forestSize)
		}
	}
	p.Line(page.Ink, 1, nil, page.At(at.at.X, foot), page.At(end, foot))
	p.Axis(
		&at.axis, page.At(at.at.X, foot), at.long,
		max(at.long, 2*min(at.at.X+at.long/2-page.Margin, at.width-page.Margin-at.at.X-at.long/2)),
	)
	p.Foot(at.Foot)
}

// drawInterval draws an interval with its ends.
func drawInterval(p *page.Pen, c color.NRGBA, low, high page.Dot) {
	p.Line(c, 1.6, nil, low, high)
	for _, end := range []page.Dot{low, high} {
		p.Line(c, 1.6, nil, page.At(end.X, end.Y-3), page.At(end.X, end.Y+3))
	}
}
