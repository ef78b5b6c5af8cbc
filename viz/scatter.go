package viz

import (
	"fmt"
	"image/color"
	"math"
	"math/rand/v2"

	"github.com/primewindow/primewindow/viz/page"
)

// Measures of the embedding figure in CSS pixels.
const (
	panelGap   = 24.0
	scatterRim = 0.06 // of a map's side, between its outermost points and its frame
)

// scatters is where the panels of an embedding figure stand.
type scatters struct {
	width, height float64
	side          float64    // of a map
	frames        []page.Dot // upper left corners of the maps
	names         [][]string
	captions      [][]string
	legend        page.Dot
	legendWidth   float64 // of one column
	legendRows    int
	across        int // maps in a row
	notes         []string
	notesAt       page.Dot
}

// arrangeNotes makes room for a figure's notes beneath everything else.
func (at *scatters) arrangeNotes(notes []string) {
	at.notes, at.notesAt, at.height = placeNotes(notes, at.width, at.height)
}

// placeNotes gives the lines of notes beneath a picture of this size, where they begin, and the height with them.
func placeNotes(notes []string, width, height float64) (lines []string, at page.Dot, higher float64) {
	for _, note := range notes {
		lines = append(lines, page.Wrapped(page.SmallSize, width-2*page.Margin, note)...)
	}
	if n := len(lines); n > 0 {
		at = page.At(page.Margin, height-page.Margin/2)
		height += float64(n)*page.NoteLine + page.Margin/2
	}
	return lines, at, height
}

func arrangeEmbedding(f EmbeddingFigure) scatters {
	at := scatters{
		side: map[int]float64{1: 420, 2: 320}[len(f.Panels)], across: f.Width.Across(inRow(len(f.Panels)), 0, 170),
	}
	if at.side == 0 {
		at.side = 250
	}
	if f.Width != Screen {
		at.side = min(400, (f.Width.Pixels(0)-2*page.Margin-float64(at.across-1)*panelGap)/float64(at.across))
		if at.across < len(f.Panels) {
			at.side = min(300, at.side)
		}
	}
	y := page.Margin + f.Width.TitleHeight(f.Title, f.Width.Pixels(760))
	for i := 0; i < len(f.Panels); i += at.across {
		most, head := 0, page.NameHeight
		for _, p := range f.Panels[i:min(i+at.across, len(f.Panels))] {
			name := page.PanelTitle(p.Name, at.side)
			at.names, head = append(at.names, name), max(head, page.NameHeight+page.MoreLines(name))
		}
		for j, p := range f.Panels[i:min(i+at.across, len(f.Panels))] {
			at.frames = append(at.frames, page.At(page.Margin+float64(j)*(at.side+panelGap), y+head))
			at.captions = append(at.captions, p.caption(at.side))
			most = max(most, len(at.captions[i+j]))
		}
		y += head + at.side + 8 + float64(most)*page.MarkHeight + page.Margin
	}
	at.height = y
	x := page.Margin + float64(at.across)*at.side + float64(at.across-1)*panelGap
	for _, c := range f.Classes {
		at.legendWidth = max(at.legendWidth, min(page.WidestAside, page.WidthOf(page.SmallSize, c))+22)
	}
	if f.Width != Screen {
		at.width = f.Width.Pixels(0)
		at.legendBelow(len(f.Classes))
		at.height = math.Ceil(at.height)
		at.arrangeNotes(f.Notes)
		return at
	}
	if n := len(f.Classes); n > 0 {
		at.legend = page.At(x+page.ColumnGap, at.frames[0].Y)
		at.legendRows = min(n, int((at.height-page.Margin-at.legend.Y)/page.RowHeight))
		columns := (n + at.legendRows - 1) / at.legendRows
		x += float64(columns) * (page.ColumnGap + at.legendWidth)
	}
	at.width = math.Ceil(max(x+page.Margin, min(760, 2*page.Margin+page.WidthOf(page.TitleSize, f.Title))))
	at.height = math.Ceil(at.height)
	at.arrangeNotes(f.Notes)
	return at
}

// legendBelow places a legend of n classes beneath the maps.
func (at *scatters) legendBelow(n int) {
	if n == 0 {
		return
	}
	columns := max(1, min(n, int((at.width-2*page.Margin+page.ColumnGap)/(at.legendWidth+page.ColumnGap))))
	at.legendRows = (n + columns - 1) / columns
	at.legend = page.At(page.Margin, at.height)
	at.height += float64(at.legendRows)*page.RowHeight + page.Margin
}

// classLook is the colour and marker of a class: the first six differ in both.
func classLook(class int) page.Look {
	return page.Look{
		Color: page.Hues[class%len(page.Hues)], Marker: page.Markers[(class+class/len(page.Hues))%len(page.Markers)],
	}
}

// look is the look of a point.
func (p EmbeddingPanel) look(i int) page.Look {
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
func (p EmbeddingPanel) square() (corner page.Dot, side float64) {
	x, y := page.Nothing(), page.Nothing()
	for _, at := range p.Points {
		x.Add(at[0])
		y.Add(at[1])
	}
	side = max(x.High-x.Low, y.High-y.Low)
	if most := max(math.Abs(x.Low), math.Abs(y.Low)); side < 1/page.Limit || side <= 1e-9*most {
		side = max(1, most/10) // one place: any square about it will do
	}
	side *= 1 + 2*scatterRim
	return page.At((x.Low+x.High)/2-side/2, (y.Low+y.High)/2-side/2), side
}

func drawEmbedding(p *page.Pen, f EmbeddingFigure, at scatters) {
	p.Title(f.Width, f.Title, at.width)
	for i, panel := range f.Panels {
		panel.draw(p, at.frames[i], at.side, at.names[i])
		for row, line := range at.captions[i] {
			below := at.frames[i].Y + at.side + 8 + float64(row)*page.MarkHeight
			p.Write(
				page.Grey, page.SmallSize, page.At(at.frames[i].X, below), page.Left, page.Top,
				page.Fit(page.SmallSize, at.side, line),
			)
		}
	}
	p.Notes(at.notes, at.notesAt)
	for i, c := range f.Classes {
		l := classLook(i)
		x := at.legend.X + float64(i/at.legendRows)*(at.legendWidth+page.ColumnGap)
		y := at.legend.Y + (float64(i%at.legendRows)+0.5)*page.RowHeight
		p.Marker(l.Color, l.Marker, page.At(x+6, y), 8)
		p.Write(
			page.Ink, page.SmallSize, page.At(x+18, y), page.Left, page.Middle,
			page.Fit(page.SmallSize, page.WidestAside, c),
		)
	}
}

// draw draws one map with its upper left corner at a place.
func (p EmbeddingPanel) draw(pn *page.Pen, at page.Dot, side float64, name []string) {
	pn.TitleLines(name, page.At(at.X, at.Y-page.NameHeight/2-1-page.MoreLines(name)))
	pn.Line(
		page.Faint, 1, nil, at, page.At(at.X+side, at.Y), page.At(at.X+side, at.Y+side), page.At(at.X, at.Y+side), at,
	)
	corner, length := p.square()
	size, opacity := crowd(len(p.Points))
	for _, i := range p.drawingOrder() {
		place := page.At(at.X+side*((p.Points[i][0]-corner.X)/length), at.Y+side*(1-(p.Points[i][1]-corner.Y)/length))
		l := p.look(i)
		drawSpeck(pn, page.Fade(l.Color, opacity), l.Marker, place, size)
	}
}

// drawSpeck draws a marker without a rim, for places where many lie on each other.
func drawSpeck(p *page.Pen, c color.NRGBA, name string, at page.Dot, size float64) {
	var outline []page.Dot
	for _, d := range page.MarkerOutline(name) {
		outline = append(outline, page.At(at.X+size/2*d.X, at.Y+size/2*d.Y))
	}
	p.Fill(c, outline...)
}

// embeddingSpec writes an embedding figure as Vega-Lite, with the squares and looks of the picture.
func embeddingSpec(f EmbeddingFigure, at scatters) map[string]any {
	views := make([]any, len(f.Panels))
	for i, p := range f.Panels {
		views[i] = p.view(f.Classes, at.side, at.names[i], at.captions[i])
	}
	root := page.Object{"concat": views, "columns": float64(at.across), "spacing": panelGap}
	return page.Finish(root, f.Title, at.notes...)
}

// view writes one map. Its numbers stand beneath it as the title of the horizontal axis.
func (p EmbeddingPanel) view(classes []string, side float64, name, caption []string) page.Object {
	rows := []any{}
	for _, i := range p.drawingOrder() {
		row := page.Object{"x": page.Round(p.Points[i][0]), "y": page.Round(p.Points[i][1]), "sample": fmt.Sprint(i)}
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
	place := func(field string, from float64, title any) page.Object {
		return page.Object{
			"field": field, "type": "quantitative",
			"scale": page.Object{"domain": []any{from, from + length}, "nice": false, "zero": false},
			"axis": page.Object{
				"labels": false, "ticks": false, "grid": false, "domain": false, "title": title,
				"titleAnchor": "start", "titleAlign": "left", "titleFontSize": float64(page.SmallSize),
				"titleColor": page.Hex(page.Grey),
			},
		}
	}
	size, opacity := crowd(len(p.Points))
	encoding := page.Object{
		"x": place("x", corner.X, lines), "y": place("y", corner.Y, nil),
		"tooltip": []any{page.Tip("sample", "sample", "nominal", "")},
	}
	if p.Labels != nil {
		var names, colors, shapes []any
		for i, c := range classes {
			names, colors, shapes = append(names, c), append(colors, page.Hex(classLook(i).Color)),
				append(shapes, classLook(i).Marker)
		}
		key := func(values []any) page.Object {
			return page.Object{
				"field": "class", "type": "nominal", "scale": page.Object{"domain": names, "range": values},
				"legend": page.Object{"title": nil, "orient": "right", "symbolOpacity": 1.0},
			}
		}
		encoding["color"], encoding["shape"] = key(colors), key(shapes)
		encoding["tooltip"] = []any{
			page.Tip("sample", "sample", "nominal", ""), page.Tip("class", "class", "nominal", ""),
		}
	}
	mark := page.Object{"type": "point", "filled": true, "size": page.Round(size * size * 0.8), "opacity": opacity}
	if p.Labels == nil {
		mark["color"] = page.Hex(classLook(0).Color)
	}
	return page.Object{
		"title": page.Object{
			"text": page.TextOf(name), "anchor": "start", "frame": "group", "fontSize": float64(page.LabelSize),
		},
		"width": side, "height": side, "view": page.Object{"stroke": page.Hex(page.Faint)},
		"data": page.Values(rows...), "mark": mark, "encoding": encoding,
	}
}
