package viz

import "slices"

// Measures of a page in CSS pixels.
const (
	margin      = 12.0
	titleHeight = 24.0
	nameHeight  = 20.0 // of a panel's title
	markHeight  = 15.0 // of a row of texts of marks
	barHeight   = 5.0  // of a window's bar above the data
	barGap      = 2.0
	underHeight = 42.0 // of tick labels and axis label below the data
	mostRows    = 6    // of texts of marks
)

// page is a figure before it is drawn: panels in rows, and one legend.
type page struct {
	title  string
	panels []*panel
	legend []entry
	width  float64 // CSS pixels
	height float64 // of the data area of each panel
	across int     // panels in a row, 0 for all
	shareX bool    // one span of x for all panels
	shareY bool    // one span of y, with more labels
	below  bool    // legend below, even where it would fit beside
	fast   bool    // a larger file in less time
	few    bool    // few hues, and a smaller file in more time
	print  Width
}

// figure draws a page and writes its spec.
func (pg *page) figure(text string) (*Figure, error) {
	at := pg.arrange()
	f, err := picture(canvas{width: at.width, height: at.height, fast: pg.fast, few: pg.few, print: pg.print}, func(p *pen) { pg.draw(p, at) })
	if err != nil {
		return nil, err
	}
	f.Spec, f.Text = pg.spec(at), text
	return f, nil
}

// arrangement is where everything on a page stands, in CSS pixels.
type arrangement struct {
	width, height float64
	frames        []frame
	legend        dot
	legendWidth   float64 // of one column
	columns       int
	entries       []entry  // of the legend
	notes         []string // beneath it, where they are not entries of it
	notesAt       dot
}

// frame is where a panel's data area stands: its upper left corner, its size, and the texts of its marks.
type frame struct {
	at            dot
	width, height float64
	header        float64 // above the data, the same for all panels
	title         []string
	marks         []placed
}

// placed is a mark's text: from x in a row, counted from the data upwards.
type placed struct {
	text  string
	x     float64 // from the left edge of the data
	start float64 // of the text, likewise
	row   int
}

// arrange sets the panels' axes and places all that a page holds. Panels share the width evenly; those below each other begin
// at one x.
func (pg *page) arrange() arrangement {
	a := arrangement{width: pg.width, columns: 1, entries: pg.legend}
	if pg.print != Screen {
		a.entries, a.notes = apart(pg.legend, pg.width-2*margin)
	}
	edge := pg.width - margin
	_, widest := columns(a.entries, pg.width)
	beside := len(a.entries) > 0 && !pg.below && widest-sampleWidth <= widestAside
	if beside {
		a.legendWidth = widest
		edge -= widest + columnGap
	}
	across := pg.perRow()
	slot := (edge - margin) / float64(across)
	room := make([]float64, across) // of each column's vertical axes
	pg.spread()
	for i, p := range pg.panels {
		p.takeTurns()
		p.y.setTicksUp(int(pg.height / pg.perTick()))
		room[i%across] = max(room[i%across], p.beside())
	}
	y := margin + pg.print.titleHeight(pg.title, pg.width)
	for i, p := range pg.panels {
		column := i % across
		f := frame{at: dot{x: margin + float64(column)*slot + room[column]}, width: slot - room[column] - 14, height: pg.height}
		end := pg.width - margin - f.at.x // of the marks' texts
		if column+1 < across {
			f.width -= 6
			end = f.width + 6
		} else if i >= across {
			end = f.width + 14 // the legend may stand there
		}
		if p.setXTicks(f.width); pg.shareX && pg.shareY { // the first is the narrowest
			p.x.ticks, p.x.format = pg.panels[0].x.ticks, pg.panels[0].x.format
		}
		f.marks, f.title = placeMarks(p, f.width, end), panelTitle(p.title, f.width)
		a.frames = append(a.frames, f)
		if column+1 == across || i+1 == len(pg.panels) {
			y = pg.placeRow(a.frames[i-column:], pg.panels[i-column:i+1], y)
		}
	}
	first := a.frames[0].at.y
	a.height = y + margin/2
	switch {
	case len(a.entries) == 0:
	case beside:
		a.legend = dot{edge + columnGap, first}
		a.height = max(a.height, first+float64(len(a.entries))*rowHeight+margin)
	default:
		a.columns, a.legendWidth = columns(a.entries, pg.width-2*margin)
		a.legend = dot{margin, a.height + margin/2}
		rows := (len(a.entries) + a.columns - 1) / a.columns
		a.height += float64(rows)*rowHeight + margin
	}
	if n := len(a.notes); n > 0 {
		a.notesAt = dot{margin, a.height - 2}
		a.height += float64(n)*noteLine + 4
	}
	return a
}

// apart parts the entries of a legend from its notes, which become lines of at most a width.
func apart(legend []entry, width float64) (entries []entry, notes []string) {
	for _, e := range legend {
		if e.note() {
			notes = append(notes, wrapped(smallSize, width, e.text)...)
			continue
		}
		entries = append(entries, e)
	}
	return entries, notes
}

// perRow is how many panels stand in a row.
func (pg *page) perRow() int {
	if pg.across == 0 {
		return len(pg.panels)
	}
	return pg.across
}

// perTick is the room on a vertical axis for each label. Panels that are to be compared have more of them.
func (pg *page) perTick() float64 {
	if pg.shareY {
		return 25
	}
	return 38
}

// spread sets the ends of the panels' axes.
func (pg *page) spread() {
	x, y, whole := nothing(), nothing(), true
	for _, p := range pg.panels {
		p.spread()
		y.add(p.y.from)
		y.add(p.y.to)
		x.add(p.x.from)
		x.add(p.x.to)
		whole = whole && p.x.whole
	}
	if pg.shareX {
		for _, p := range pg.panels {
			p.x.from, p.x.to, p.x.whole = x.low, x.high, whole
		}
	}
	if pg.shareY {
		for _, p := range pg.panels {
			p.y.from, p.y.to = y.low, y.high
		}
	}
}

// placeRow places a row of panels under y, their data in one line, and returns where the row ends.
func (pg *page) placeRow(frames []frame, panels []*panel, y float64) float64 {
	header := 0.0
	for i, p := range panels {
		header = max(header, p.header(frames[i]))
	}
	for i := range frames {
		frames[i].at.y, frames[i].header = y+header, header
	}
	return y + header + pg.height + underHeight
}

// beside is the room that the vertical axis takes.
func (p *panel) beside() float64 {
	if p.y.quiet {
		return p.y.widestLabel() + 8
	}
	return 20 + p.y.widestLabel() + 8
}

// header is the room above the data for the panel's title, its marks' texts and its windows' bars.
func (p *panel) header(f frame) float64 {
	h := p.bars()
	if rows := rowsOf(f.marks); rows > 0 {
		h += float64(rows)*markHeight + 2
	}
	if p.title != "" {
		h += nameHeight + moreLines(f.title)
	}
	return max(h, 4)
}

// bars is the room above the data for the windows' bars.
func (p *panel) bars() float64 {
	if p.rows() == 0 {
		return 0
	}
	return float64(p.rows())*(barHeight+barGap) + 2
}

func rowsOf(marks []placed) int {
	rows := 0
	for _, m := range marks {
		if m.text != "" {
			rows = max(rows, m.row+1)
		}
	}
	return rows
}

// placeMarks gives each text a row in which neither another text nor another mark's line crosses it. It goes from right
// to left, and shortens a text only where there are no rows left. Texts end before edge, which may lie above the legend.
func placeMarks(p *panel, width, edge float64) []placed {
	var list []placed
	free := make([]float64, mostRows) // each row's texts and lines begin here
	for r := range free {
		free[r] = edge + 8
	}
	for _, m := range slices.Backward(p.marks) {
		x := p.x.place(m.X) * width
		if m.Text == "" {
			list = append(list, placed{x: x, start: x})
			continue
		}
		text := m.Text
		long := widthOf(smallSize, text)
		start := x
		if x+long+8 > free[0] && free[0] > edge { // left of its line, unless there is more room on the other side
			if room := edge - x - 8; long > x-7 && room > x-7 {
				text = fit(smallSize, room, text)
			} else {
				text = fit(smallSize, max(0, x-7), text)
				start = max(0, x-widthOf(smallSize, text)-7)
			}
			long = widthOf(smallSize, text)
		}
		row := slices.IndexFunc(free, func(f float64) bool { return start+long+8 <= f })
		if row < 0 {
			row = mostRows - 1
			text = fit(smallSize, max(0, free[row]-8-start), text)
		}
		for r := range row + 1 {
			free[r] = min(free[r], start)
		}
		list = append(list, placed{text: text, x: x, start: start, row: row})
	}
	slices.Reverse(list)
	return list
}
