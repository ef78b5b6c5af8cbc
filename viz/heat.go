package viz

import (
	"fmt"
	"image/color"
	"math"
)

// ramp are the colours of cosines from -1 to 1 in equal steps, the red and blue scale of Brewer and Harrower. Between
// them colours are mixed linearly.
var ramp = []color.NRGBA{
	{0x05, 0x30, 0x61, 0xff}, {0x43, 0x93, 0xc3, 0xff}, {0xf7, 0xf7, 0xf7, 0xff}, {0xd6, 0x60, 0x4d, 0xff}, {0x67, 0x00, 0x1f, 0xff},
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
	side          float64 // of a matrix
	frames        []dot   // upper left corners of the matrices
	names         [][]string
	captions      [][]string
	bar           dot
	flat          bool      // the scale lies beneath the matrices, its left end at bar
	head          float64   // from the left edge of a matrix to that of its name and caption
	across        int       // panels in a row
	strips        []float64 // where the rows under each matrix begin
	legend        []entry   // of the rows
	legendAt      dot
	legendWidth   float64 // of one column
	columns       int
	notes         []string // lines of the figure's notes
	notesAt       dot
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
		name := panelTitle(p.Name, at.side)
		at.names, more = append(at.names, name), max(more, moreLines(name))
	}
	y := margin + captionHeight + more + f.Width.titleHeight(f.Title, 760)
	x := margin
	for _, p := range f.Panels {
		room := max(at.side, widthOf(smallSize, p.caption()))
		x += p.aside()
		at.frames = append(at.frames, dot{x, y})
		at.captions = append(at.captions, []string{p.caption()})
		x += room + columnGap
	}
	at.bar = dot{x, y}
	at.width = math.Ceil(max(x+colourBar, min(760, 2*margin+widthOf(titleSize, f.Title))))
	at.height = y + at.side + underHeight + margin/2
	if len(at.legend) > 0 {
		at.arrangeRows(f)
	}
	at.arrangeNotes(f.Notes)
	return at
}

// aside is the room left of a matrix.
func (p CosinePanel) aside() float64 { return max(26+p.labelWidth(), p.rowLabelWidth()) }

// arrangeOnPaper places the matrices in rows, the scale right of the first of them, and the legend beneath. Two beside each
// other in a column have the scale beneath them too, and their captions begin where their labels do.
func (at *heatmaps) arrangeOnPaper(f CosineFigure) {
	at.width = f.Width.pixels(0)
	at.across = f.Width.across(inRow(len(f.Panels)), 0, leastPanel)
	aside, bar, gap := 0.0, colourBar-margin, columnGap
	for _, p := range f.Panels {
		aside = max(aside, p.aside())
	}
	slot := (at.width - 2*margin) / float64(at.across)
	switch at.flat = f.Width == Column && at.across > 1; {
	case at.flat && slot-aside-margin < leastSide: // long labels
		at.flat, at.across = false, 1
	case at.flat:
		at.head, bar, gap = 6-aside, 0, margin
	}
	slot = (at.width - 2*margin - bar) / float64(at.across)
	at.side = math.Floor(min(at.side, slot-aside-gap))
	y := margin + f.Width.titleHeight(f.Title, at.width)
	for i := 0; i < len(f.Panels); i += at.across {
		row := f.Panels[i:min(i+at.across, len(f.Panels))]
		more, strips := 0.0, 0
		for _, p := range row {
			name, caption := panelTitle(p.Name, at.side-at.head), joined(smallSize, at.side-at.head+gap/2, ", ", p.captionParts())
			at.names, at.captions = append(at.names, name), append(at.captions, caption)
			more, strips = max(more, moreLines(name)+moreLines(caption)), max(strips, p.rows())
		}
		y += captionHeight + more
		for j := range row {
			at.frames = append(at.frames, dot{margin + float64(j)*slot + aside, y})
			at.strips = append(at.strips, y+at.side+underHeight+stripGap)
		}
		if i == 0 {
			at.bar = dot{margin + float64(len(row)-1)*slot + aside + at.side + columnGap, y}
		}
		if y += at.side + underHeight + margin/2; strips > 0 {
			y += stripGap + float64(strips)*stripHeight + underHeight
		}
	}
	if at.flat {
		y += margin / 2
		at.bar = dot{margin + widthOf(labelSize, "cosine") + 12, y}
		y += 2*noteLine + margin
	}
	at.height = math.Ceil(y)
	if len(at.legend) > 0 {
		at.columns, at.legendWidth = columns(at.legend, at.width-2*margin)
		at.legendAt = dot{margin, at.height}
		at.height += float64((len(at.legend)+at.columns-1)/at.columns)*rowHeight + margin
	}
}

func (p CosinePanel) labelWidth() float64 { return min(widest(smallSize, p.Labels), widestLabel) + 6 }

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
	return shown(len(p.Labels), side/float64(len(p.Labels)), smallSize+4)
}

func drawCosine(p *pen, f CosineFigure, at heatmaps) {
	p.title(f.Width, f.Title, at.width)
	for i, panel := range f.Panels {
		panel.draw(p, at.frames[i], at.side)
		head := dot{at.frames[i].x + at.head, at.frames[i].y - 12 - moreLines(at.captions[i])}
		p.titleLines(at.names[i], dot{head.x, head.y - 16 - moreLines(at.names[i])})
		p.notes(at.captions[i], dot{head.x, head.y - noteLine/2})
		if len(at.strips) > 0 {
			panel.drawRows(p, dot{at.frames[i].x, at.strips[i]}, at.side)
		}
	}
	p.legend(at.legend, at.legendAt, at.columns, at.legendWidth)
	p.notes(at.notes, at.notesAt)
	if at.flat {
		drawFlatScale(p, at.bar)
		return
	}
	const steps = 200
	h := at.side / steps
	for i := range steps {
		p.box(heat(1-2*(float64(i)+0.5)/steps), dot{at.bar.x, at.bar.y + float64(i)*h}, 14, h+0.5)
	}
	p.write(ink, labelSize, dot{at.bar.x, at.bar.y - 12}, left, middle, "cosine")
	for _, v := range []float64{-1, -0.5, 0, 0.5, 1} {
		y := at.bar.y + at.side*(1-v)/2
		p.line(ink, 1, nil, dot{at.bar.x + 14, y}, dot{at.bar.x + 18, y})
		p.write(ink, smallSize, dot{at.bar.x + 21, y}, left, middle, fmt.Sprint(v))
	}
	p.box(masked, dot{at.bar.x, at.bar.y + at.side + 9}, 14, 14)
	p.write(ink, smallSize, dot{at.bar.x + 21, at.bar.y + at.side + 16}, left, middle, "itself")
}

// drawFlatScale draws the scale of cosines lying, from the upper left corner of its colours.
func drawFlatScale(p *pen, at dot) {
	const steps = 200
	for i := range steps {
		p.box(heat(2*(float64(i)+0.5)/steps-1), dot{at.x + float64(i)*flatBar/steps, at.y}, flatBar/steps+0.5, 14)
	}
	p.write(ink, labelSize, dot{at.x - 12, at.y + 7}, right, middle, "cosine")
	for _, v := range []float64{-1, -0.5, 0, 0.5, 1} {
		x := at.x + flatBar*(1+v)/2
		p.line(ink, 1, nil, dot{x, at.y + 14}, dot{x, at.y + 18})
		p.write(ink, smallSize, dot{x, at.y + 20}, center, top, fmt.Sprint(v))
	}
	p.box(masked, dot{at.x + flatBar + columnGap, at.y}, 14, 14)
	p.write(ink, smallSize, dot{at.x + flatBar + columnGap + 21, at.y + 7}, left, middle, "itself")
}

// draw draws one matrix, its first row on top.
func (p CosinePanel) draw(pn *pen, at dot, side float64) {
	n := len(p.Matrix)
	cell := side / float64(n)
	seam := 0.0 // white between cells that are large enough
	if cell >= 8 {
		seam = 1
	}
	for r, row := range p.Matrix {
		for c, v := range row {
			corner := dot{at.x + float64(c)*cell, at.y + float64(r)*cell}
			if r == c {
				pn.box(masked, corner, cell-seam, cell-seam)
				continue
			}
			pn.box(heat(v), corner, cell-seam, cell-seam)
			if n <= mostWritten && cell >= leastWritten {
				pn.write(onHeat(v), smallSize, dot{corner.x + cell/2, corner.y + cell/2}, center, middle, fmt.Sprintf("%.2f", v))
			}
		}
	}
	pn.line(grey, 1, nil, dot{at.x - 1, at.y - 1}, dot{at.x + side, at.y - 1}, dot{at.x + side, at.y + side}, dot{at.x - 1, at.y + side}, dot{at.x - 1, at.y - 1})
	for _, i := range p.rowsShown(side) {
		pn.write(ink, smallSize, dot{at.x - 6, at.y + (float64(i)+0.5)*cell}, right, middle, fit(smallSize, widestLabel, p.Labels[i]))
	}
	for _, i := range p.columnsShown(side) {
		pn.write(ink, smallSize, dot{at.x + (float64(i)+0.5)*cell, at.y + side + 6}, center, top, fit(smallSize, widestLabel, p.Labels[i]))
	}
	pn.write(ink, labelSize, dot{at.x + side/2, at.y + side + 23}, center, top, "batch")
	pn.writeUp(ink, labelSize, dot{at.x - p.labelWidth() - 13, at.y + side/2}, "batch")
}

// onHeat is the colour of letters on the colour of a cosine.
func onHeat(v float64) color.NRGBA {
	if math.Abs(v) > 0.55 {
		return white
	}
	return ink
}
