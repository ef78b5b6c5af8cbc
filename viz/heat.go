package viz

import (
	"fmt"
	"image/color"
	"math"

	"github.com/primewindow/primewindow/viz/page"
)

// ramp are the colours of cosines from -1 to 1 in equal steps, the red and blue scale of Brewer and Harrower. Between
// them colours are mixed linearly.
var ramp = []color.NRGBA{
	{0x05, 0x30, 0x61, 0xff}, {0x43, 0x93, 0xc3, 0xff}, {0xf7, 0xf7, 0xf7, 0xff}, {0xd6, 0x60, 0x4d, 0xff},
	{0x67, 0x00, 0x1f, 0xff},
}

// heat is the colour of a cosine.
func heat(v float64) color.NRGBA {
	at := (min(max(v, -1), 1) + 1) / 2 * float64(len(ramp)-1)
	i := min(int(at), len(ramp)-2)
	share := at - float64(i)
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + share*(float64(b)-float64(a)))) }
	a, b := ramp[i], ramp[i+1]
	return color.NRGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xff}
}

// masked is the colour of the diagonal: no colour of the scale, so that it draws no eye.
var masked = color.NRGBA{0xbd, 0xbd, 0xbd, 0xff}

// Measures of the cosine figure in CSS pixels.
const (
	captionHeight = 38.0 // a panel's name and means
	widestLabel   = 60.0
	colourBar     = 72.0
	flatBar       = 150.0 // length of a scale that lies beneath the matrices
	leastSide     = 100.0 // of one of two matrices in a column
	mostWritten   = 8     // rows of a matrix whose values are written into its cells
	leastWritten  = 24.0  // side of such a cell
)

// heatmaps is where the panels of a cosine figure stand.
type heatmaps struct {
	width, height float64
	side          float64    // of a matrix
	frames        []page.Dot // upper left corners of the matrices
	names         [][]string
	captions      [][]string
	bar           page.Dot
	flat          bool         // the scale lies beneath the matrices, its left end at bar
	head          float64      // from the left edge of a matrix to that of its name and caption
	across        int          // panels in a row
	strips        []float64    // where the rows under each matrix begin
	legend        []page.Entry // of the rows
	legendAt      page.Dot
	legendWidth   float64 // of one column
	columns       int
	notes         []string // lines of the figure's notes
	notesAt       page.Dot
}

// arrangeNotes makes room for a figure's notes beneath everything else.
func (at *heatmaps) arrangeNotes(notes []string) {
	at.notes, at.notesAt, at.height = placeNotes(notes, at.width, at.height)
}

func arrangeCosine(f CosineFigure) heatmaps {
	at := heatmaps{side: 280}
	if len(f.Panels) > 2 {
		at.side = 220
	}
	if at.legend = rowLegend(f); f.Width != Screen {
		at.arrangeOnPaper(f)
		at.arrangeNotes(f.Notes)
		return at
	}
	at.across = len(f.Panels)
	more := 0.0
	for _, p := range f.Panels {
		name := page.PanelTitle(p.Name, at.side)
		at.names, more = append(at.names, name), max(more, page.MoreLines(name))
	}
	y := page.Margin + captionHeight + more + f.Width.TitleHeight(f.Title, 760)
	x := page.Margin
	for _, p := range f.Panels {
		room := max(at.side, page.WidthOf(page.SmallSize, p.caption()))
		x += p.aside()
		at.frames = append(at.frames, page.At(x, y))
		at.captions = append(at.captions, []string{p.caption()})
		x += room + page.ColumnGap
	}
	at.bar = page.At(x, y)
	at.width = math.Ceil(max(x+colourBar, min(760, 2*page.Margin+page.WidthOf(page.TitleSize, f.Title))))
	at.height = y + at.side + page.UnderHeight + page.Margin/2
	if len(at.legend) > 0 {
		at.arrangeRows(f)
	}
	at.arrangeNotes(f.Notes)
	return at
}

// aside is the room left of a matrix.
func (p CosinePanel) aside() float64 { return max(26+p.labelWidth(), p.rowLabelWidth()) }

// arrangeOnPaper places the matrices in rows, the scale right of the first of them, and the legend beneath. Two beside
// each other in a column have the scale beneath them too, and their captions begin where their labels do.
func (at *heatmaps) arrangeOnPaper(f CosineFigure) {
	at.width = f.Width.Pixels(0)
	at.across = f.Width.Across(inRow(len(f.Panels)), 0, leastPanel)
	aside, bar, gap := 0.0, colourBar-page.Margin, page.ColumnGap
	for _, p := range f.Panels {
		aside = max(aside, p.aside())
	}
	slot := (at.width - 2*page.Margin) / float64(at.across)
	switch at.flat = f.Width == Column && at.across > 1; {
	case at.flat && slot-aside-page.Margin < leastSide: // long labels
		at.flat, at.across = false, 1
	case at.flat:
		at.head, bar, gap = 6-aside, 0, page.Margin
	}
	slot = (at.width - 2*page.Margin - bar) / float64(at.across)
	at.side = math.Floor(min(at.side, slot-aside-gap))
	y := page.Margin + f.Width.TitleHeight(f.Title, at.width)
	for i := 0; i < len(f.Panels); i += at.across {
		row := f.Panels[i:min(i+at.across, len(f.Panels))]
		more, strips := 0.0, 0
		for _, p := range row {
			name, caption := page.PanelTitle(p.Name, at.side-at.head),
				page.Joined(page.SmallSize, at.side-at.head+gap/2, ", ", p.captionParts())
			at.names, at.captions = append(at.names, name), append(at.captions, caption)
			more, strips = max(more, page.MoreLines(name)+page.MoreLines(caption)), max(strips, p.rows())
		}
		y += captionHeight + more
		for j := range row {
			at.frames = append(at.frames, page.At(page.Margin+float64(j)*slot+aside, y))
			at.strips = append(at.strips, y+at.side+page.UnderHeight+stripGap)
		}
		if i == 0 {
			at.bar = page.At(page.Margin+float64(len(row)-1)*slot+aside+at.side+page.ColumnGap, y)
		}
		if y += at.side + page.UnderHeight + page.Margin/2; strips > 0 {
			y += stripGap + float64(strips)*stripHeight + page.UnderHeight
		}
	}
	if at.flat {
		y += page.Margin / 2
		at.bar = page.At(page.Margin+page.WidthOf(page.LabelSize, "cosine")+12, y)
		y += 2*page.NoteLine + page.Margin
	}
	at.height = math.Ceil(y)
	if len(at.legend) > 0 {
		at.columns, at.legendWidth = page.Columns(at.legend, at.width-2*page.Margin)
		at.legendAt = page.At(page.Margin, at.height)
		at.height += float64((len(at.legend)+at.columns-1)/at.columns)*page.RowHeight + page.Margin
	}
}

func (p CosinePanel) labelWidth() float64 {
	return min(page.Widest(page.SmallSize, p.Labels), widestLabel) + 6
}

// shown picks the labels for which there is room, each size long on an axis of cells.
func shown(count int, cell, size float64) []int {
	every := max(1, int(math.Ceil(size/cell)))
	var list []int
	for i := 0; i < count; i += every {
		list = append(list, i)
	}
	return list
}

// columnsShown and rowsShown are the labels that are written under and beside a matrix.
func (p CosinePanel) columnsShown(side float64) []int {
	return shown(len(p.Labels), side/float64(len(p.Labels)), p.labelWidth()+4)
}

func (p CosinePanel) rowsShown(side float64) []int {
	return shown(len(p.Labels), side/float64(len(p.Labels)), page.SmallSize+4)
}

func drawCosine(p *page.Pen, f CosineFigure, at heatmaps) {
	p.Title(f.Width, f.Title, at.width)
	for i, panel := range f.Panels {
		panel.draw(p, at.frames[i], at.side)
		head := page.At(at.frames[i].X+at.head, at.frames[i].Y-12-page.MoreLines(at.captions[i]))
		p.TitleLines(at.names[i], page.At(head.X, head.Y-16-page.MoreLines(at.names[i])))
		p.Notes(at.captions[i], page.At(head.X, head.Y-page.NoteLine/2))
		if len(at.strips) > 0 {
			panel.drawRows(p, page.At(at.frames[i].X, at.strips[i]), at.side)
		}
	}
	p.Legend(at.legend, at.legendAt, at.columns, at.legendWidth)
	p.Notes(at.notes, at.notesAt)
	if at.flat {
		drawFlatScale(p, at.bar)
		return
	}
	const steps = 200
	h := at.side / steps
	for i := range steps {
		p.Box(heat(1-2*(float64(i)+0.5)/steps), page.At(at.bar.X, at.bar.Y+float64(i)*h), 14, h+0.5)
	}
	p.Write(page.Ink, page.LabelSize, page.At(at.bar.X, at.bar.Y-12), page.Left, page.Middle, "cosine")
	for _, v := range []float64{-1, -0.5, 0, 0.5, 1} {
		y := at.bar.Y + at.side*(1-v)/2
		p.Line(page.Ink, 1, nil, page.At(at.bar.X+14, y), page.At(at.bar.X+18, y))
		p.Write(page.Ink, page.SmallSize, page.At(at.bar.X+21, y), page.Left, page.Middle, fmt.Sprint(v))
	}
	p.Box(masked, page.At(at.bar.X, at.bar.Y+at.side+9), 14, 14)
	p.Write(page.Ink, page.SmallSize, page.At(at.bar.X+21, at.bar.Y+at.side+16), page.Left, page.Middle, "itself")
}

// drawFlatScale draws the scale of cosines lying, from the upper left corner of its colours.
func drawFlatScale(p *page.Pen, at page.Dot) {
	const steps = 200
	for i := range steps {
		p.Box(heat(2*(float64(i)+0.5)/steps-1), page.At(at.X+float64(i)*flatBar/steps, at.Y), flatBar/steps+0.5, 14)
	}
	p.Write(page.Ink, page.LabelSize, page.At(at.X-12, at.Y+7), page.Right, page.Middle, "cosine")
	for _, v := range []float64{-1, -0.5, 0, 0.5, 1} {
		x := at.X + flatBar*(1+v)/2
		p.Line(page.Ink, 1, nil, page.At(x, at.Y+14), page.At(x, at.Y+18))
		p.Write(page.Ink, page.SmallSize, page.At(x, at.Y+20), page.Center, page.Top, fmt.Sprint(v))
	}
	p.Box(masked, page.At(at.X+flatBar+page.ColumnGap, at.Y), 14, 14)
	p.Write(page.Ink, page.SmallSize, page.At(at.X+flatBar+page.ColumnGap+21, at.Y+7), page.Left, page.Middle, "itself")
}

// draw draws one matrix, its first row on top.
func (p CosinePanel) draw(pn *page.Pen, at page.Dot, side float64) {
	n := len(p.Matrix)
	cell := side / float64(n)
	seam := 0.0 // white between cells that are large enough
	if cell >= 8 {
		seam = 1
	}
	for r, row := range p.Matrix {
		for c, v := range row {
			corner := page.At(at.X+float64(c)*cell, at.Y+float64(r)*cell)
			if r == c {
				pn.Box(masked, corner, cell-seam, cell-seam)
				continue
			}
			pn.Box(heat(v), corner, cell-seam, cell-seam)
			if n <= mostWritten && cell >= leastWritten {
				pn.Write(
					onHeat(v), page.SmallSize, page.At(corner.X+cell/2, corner.Y+cell/2), page.Center, page.Middle,
					fmt.Sprintf("%.2f", v),
				)
			}
		}
	}
	pn.Line(
		page.Grey, 1, nil, page.At(at.X-1, at.Y-1), page.At(at.X+side, at.Y-1), page.At(at.X+side, at.Y+side),
		page.At(at.X-1, at.Y+side), page.At(at.X-1, at.Y-1),
	)
	for _, i := range p.rowsShown(side) {
		pn.Write(
			page.Ink, page.SmallSize, page.At(at.X-6, at.Y+(float64(i)+0.5)*cell), page.Right, page.Middle,
			page.Fit(page.SmallSize, widestLabel, p.Labels[i]),
		)
	}
	for _, i := range p.columnsShown(side) {
		pn.Write(
			page.Ink, page.SmallSize, page.At(at.X+(float64(i)+0.5)*cell, at.Y+side+6), page.Center, page.Top,
			page.Fit(page.SmallSize, widestLabel, p.Labels[i]),
		)
	}
	pn.Write(page.Ink, page.LabelSize, page.At(at.X+side/2, at.Y+side+23), page.Center, page.Top, "batch")
	pn.WriteUp(page.Ink, page.LabelSize, page.At(at.X-p.labelWidth()-13, at.Y+side/2), "batch")
}

// onHeat is the colour of letters on the colour of a cosine.
func onHeat(v float64) color.NRGBA {
	if math.Abs(v) > 0.55 {
		return page.White
	}
	return page.Ink
}
