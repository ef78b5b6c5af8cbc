package viz

import (
	"fmt"
	"image/color"
	"math"
	"math/rand/v2"
)

// Measures of the embedding figure in CSS pixels.
const (
	panelGap   = 24.0
	scatterRim = 0.06 // of a map's side, between its outermost points and its frame
)

// scatters is where the panels of an embedding figure stand.
type scatters struct {
	width, height float64
	side          float64 // of a map
	frames        []dot   // upper left corners of the maps
	names         [][]string
	captions      [][]string
	legend        dot
	legendWidth   float64 // of one column
	legendRows    int
	across        int // maps in a row
	notes         []string
	notesAt       dot
}

// arrangeNotes makes room for a figure's notes beneath everything else.
func (at *scatters) arrangeNotes(notes []string) {
	at.notes, at.notesAt, at.height = placeNotes(notes, at.width, at.height)
}

// placeNotes gives the lines of notes beneath a picture of this size, where they begin, and the height with them.
func placeNotes(notes []string, width, height float64) (lines []string, at dot, higher float64) {
	for _, note := range notes {
		lines = append(lines, wrapped(smallSize, width-2*margin, note)...)
	}
	if n := len(lines); n > 0 {
		at = dot{margin, height - margin/2}
		height += float64(n)*noteLine + margin/2
	}
	return lines, at, height
}

func arrangeEmbedding(f EmbeddingFigure) scatters {
	at := scatters{side: map[int]float64{1: 420, 2: 320}[len(f.Panels)], across: f.Width.across(inRow(len(f.Panels)), 0, 170)}
	if at.side == 0 {
		at.side = 250
	}
	if f.Width != Screen {
		at.side = min(400, (f.Width.pixels(0)-2*margin-float64(at.across-1)*panelGap)/float64(at.across))
		if at.across < len(f.Panels) {
			at.side = min(300, at.side)
		}
	}
	y := margin + f.Width.titleHeight(f.Title, f.Width.pixels(760))
	for i := 0; i < len(f.Panels); i += at.across {
		most, head := 0, nameHeight
		for _, p := range f.Panels[i:min(i+at.across, len(f.Panels))] {
			name := panelTitle(p.Name, at.side)
			at.names, head = append(at.names, name), max(head, nameHeight+moreLines(name))
		}
		for j, p := range f.Panels[i:min(i+at.across, len(f.Panels))] {
			at.frames = append(at.frames, dot{margin + float64(j)*(at.side+panelGap), y + head})
			at.captions = append(at.captions, p.caption(at.side))
			most = max(most, len(at.captions[i+j]))
		}
		y += head + at.side + 8 + float64(most)*markHeight + margin
	}
	at.height = y
	x := margin + float64(at.across)*at.side + float64(at.across-1)*panelGap
	for _, c := range f.Classes {
		at.legendWidth = max(at.legendWidth, min(widestAside, widthOf(smallSize, c))+22)
	}
	if f.Width != Screen {
		at.width = f.Width.pixels(0)
		at.legendBelow(len(f.Classes))
		at.height = math.Ceil(at.height)
		at.arrangeNotes(f.Notes)
		return at
	}
	if n := len(f.Classes); n > 0 {
		at.legend = dot{x + columnGap, at.frames[0].y}
		at.legendRows = min(n, int((at.height-margin-at.legend.y)/rowHeight))
		columns := (n + at.legendRows - 1) / at.legendRows
		x += float64(columns) * (columnGap + at.legendWidth)
	}
	at.width = math.Ceil(max(x+margin, min(760, 2*margin+widthOf(titleSize, f.Title))))
	at.height = math.Ceil(at.height)
	at.arrangeNotes(f.Notes)
	return at
}

// legendBelow places a legend of n classes beneath the maps.
func (at *scatters) legendBelow(n int) {
	if n == 0 {
		return
	}
	columns := max(1, min(n, int((at.width-2*margin+columnGap)/(at.legendWidth+columnGap))))
	at.legendRows = (n + columns - 1) / columns
	at.legend = dot{margin, at.height}
	at.height += float64(at.legendRows)*rowHeight + margin
}

// classLook is the colour and marker of a class: the first six differ in both.
func classLook(class int) look {
	return look{color: hues[class%len(hues)], marker: markers[(class+class/len(hues))%len(markers)]}
}

// look is the look of a point.
func (p EmbeddingPanel) look(i int) look {
	if p.Labels == nil {
		return classLook(0)
	}
	return classLook(p.Labels[i])
}

// crowd is the size and opacity of each of n markers: smaller and paler the more there are.
func crowd(n int) (size, opacity float64) {
	share := min(1, max(0, math.Log10(float64(n)/200)/1.5)) // 0 up to 200 points, 1 from some 6000
	return 7 - 3.8*share, 0.85 - 0.4*share
}

// drawingOrder is a shuffle, so that no class lies on top of another only because its samples came later.
func (p EmbeddingPanel) drawingOrder() []int {
	return rand.New(rand.NewPCG(1, 1)).Perm(len(p.Points))
}

// square is the lower left corner and the side of the square that holds all points, with a rim.
func (p EmbeddingPanel) square() (corner dot, side float64) {
	x, y := nothing(), nothing()
	for _, at := range p.Points {
		x.add(at[0])
		y.add(at[1])
	}
	side = max(x.high-x.low, y.high-y.low)
	if most := max(math.Abs(x.low), math.Abs(y.low)); side < 1/limit || side <= 1e-9*most {
		side = max(1, most/10) // one place: any square about it will do
	}
	side *= 1 + 2*scatterRim
	return dot{(x.low+x.high)/2 - side/2, (y.low+y.high)/2 - side/2}, side
}

func drawEmbedding(p *pen, f EmbeddingFigure, at scatters) {
	p.title(f.Width, f.Title, at.width)
	for i, panel := range f.Panels {
		panel.draw(p, at.frames[i], at.side, at.names[i])
		for row, line := range at.captions[i] {
			below := at.frames[i].y + at.side + 8 + float64(row)*markHeight
			p.write(grey, smallSize, dot{at.frames[i].x, below}, left, top, fit(smallSize, at.side, line))
		}
	}
	p.notes(at.notes, at.notesAt)
	for i, c := range f.Classes {
		l := classLook(i)
		x := at.legend.x + float64(i/at.legendRows)*(at.legendWidth+columnGap)
		y := at.legend.y + (float64(i%at.legendRows)+0.5)*rowHeight
		p.marker(l.color, l.marker, dot{x + 6, y}, 8)
		p.write(ink, smallSize, dot{x + 18, y}, left, middle, fit(smallSize, widestAside, c))
	}
}

// draw draws one map with its upper left corner at a place.
func (p EmbeddingPanel) draw(pn *pen, at dot, side float64, name []string) {
	pn.titleLines(name, dot{at.x, at.y - nameHeight/2 - 1 - moreLines(name)})
	pn.line(faint, 1, nil, at, dot{at.x + side, at.y}, dot{at.x + side, at.y + side}, dot{at.x, at.y + side}, at)
	corner, length := p.square()
	size, opacity := crowd(len(p.Points))
	for _, i := range p.drawingOrder() {
		place := dot{at.x + side*((p.Points[i][0]-corner.x)/length), at.y + side*(1-(p.Points[i][1]-corner.y)/length)}
		l := p.look(i)
		drawSpeck(pn, fade(l.color, opacity), l.marker, place, size)
	}
}

// drawSpeck draws a marker without a rim, for places where many lie on each other.
func drawSpeck(p *pen, c color.NRGBA, name string, at dot, size float64) {
	var outline []dot
	for _, d := range markerOutline(name) {
		outline = append(outline, dot{at.x + size/2*d.x, at.y + size/2*d.y})
	}
	p.fill(c, outline...)
}

// embeddingSpec writes an embedding figure as Vega-Lite, with the squares and looks of the picture.
func embeddingSpec(f EmbeddingFigure, at scatters) map[string]any {
	views := make([]any, len(f.Panels))
	for i, p := range f.Panels {
		views[i] = p.view(f.Classes, at.side, at.names[i], at.captions[i])
	}
	root := object{"concat": views, "columns": float64(at.across), "spacing": panelGap}
	return finish(root, f.Title, at.notes...)
}

// view writes one map. Its numbers stand beneath it as the title of the horizontal axis.
func (p EmbeddingPanel) view(classes []string, side float64, name, caption []string) object {
	rows := []any{}
	for _, i := range p.drawingOrder() {
		row := object{"x": round(p.Points[i][0]), "y": round(p.Points[i][1]), "sample": fmt.Sprint(i)}
		if p.Samples != nil {
			row["sample"] = p.Samples[i]
		}
		if p.Labels != nil {
			row["class"] = classes[p.Labels[i]]
		}
		rows = append(rows, row)
	}
	lines := make([]any, len(caption))
	for i, l := range caption {
		lines[i] = l
	}
	corner, length := p.square()
	place := func(field string, from float64, title any) object {
		return object{
			"field": field, "type": "quantitative", "scale": object{"domain": []any{from, from + length}, "nice": false, "zero": false},
			"axis": object{
				"labels": false, "ticks": false, "grid": false, "domain": false, "title": title,
				"titleAnchor": "start", "titleAlign": "left", "titleFontSize": float64(smallSize), "titleColor": hex(grey),
			},
		}
	}
	size, opacity := crowd(len(p.Points))
	encoding := object{
		"x": place("x", corner.x, lines), "y": place("y", corner.y, nil),
		"tooltip": []any{tip("sample", "sample", "nominal", "")},
	}
	if p.Labels != nil {
		var names, colors, shapes []any
		for i, c := range classes {
			names, colors, shapes = append(names, c), append(colors, hex(classLook(i).color)), append(shapes, classLook(i).marker)
		}
		key := func(values []any) object {
			return object{
				"field": "class", "type": "nominal", "scale": object{"domain": names, "range": values},
				"legend": object{"title": nil, "orient": "right", "symbolOpacity": 1.0},
			}
		}
		encoding["color"], encoding["shape"] = key(colors), key(shapes)
		encoding["tooltip"] = []any{tip("sample", "sample", "nominal", ""), tip("class", "class", "nominal", "")}
	}
	mark := object{"type": "point", "filled": true, "size": round(size * size * 0.8), "opacity": opacity}
	if p.Labels == nil {
		mark["color"] = hex(classLook(0).color)
	}
	return object{
		"title": object{"text": textOf(name), "anchor": "start", "frame": "group", "fontSize": float64(labelSize)},
		"width": side, "height": side, "view": object{"stroke": hex(faint)},
		"data": values(rows...), "mark": mark, "encoding": encoding,
	}
}
