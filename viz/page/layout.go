package page

import "slices"

// Measures of a page in CSS pixels.
const (
	Margin      = 12.0
	titleHeight = 24.0
	NameHeight  = 20.0 // of a panel's title
	MarkHeight  = 15.0 // of a row of texts of marks
	barHeight   = 5.0  // of a window's bar above the data
	barGap      = 2.0
	UnderHeight = 42.0 // of tick labels and axis label below the data
	mostRows    = 6    // of texts of marks
)

// Layout is a figure before it is drawn: panels in rows, and one legend.
type Layout struct {
	Title  string
	Panels []*Panel
	Legend []Entry
	Width  float64 // CSS pixels
	Height float64 // of the data area of each panel
	Across int     // panels in a row, 0 for all
	ShareX bool    // one span of x for all panels
	ShareY bool    // one span of y, with more labels
	Below  bool    // legend below, even where it would fit beside
	Fast   bool    // a larger file in less time
	Few    bool    // few hues, and a smaller file in more time
	Print  Width
}

// Figure draws a page and writes its spec.
func (pg *Layout) Figure(text string) (*Figure, error) {
	at := pg.Arrange()
	f, err := Picture(
		Canvas{Width: at.width, Height: at.Height, fast: pg.Fast, few: pg.Few, Print: pg.Print},
		func(p *Pen) { pg.draw(p, at) },
	)
	if err != nil {
		return nil, err
	}
	f.Spec, f.Text = pg.spec(at), text
	return f, nil
}

// Arrangement is where everything on a page stands, in CSS pixels.
type Arrangement struct {
	width, Height float64
	Frames        []frame
	Legend        Dot
	legendWidth   float64 // of one column
	Columns       int
	entries       []Entry  // of the legend
	notes         []string // beneath it, where they are not entries of it
	notesAt       Dot
}

// frame is where a panel's data area stands: its upper left corner, its size, and the texts of its marks.
type frame struct {
	At            Dot
	Width, Height float64
	Header        float64 // above the data, the same for all panels
	Title         []string
	Marks         []placed
}

// placed is a mark's text: from x in a row, counted from the data upwards.
type placed struct {
	Text  string
	x     float64 // from the left edge of the data
	Start float64 // of the text, likewise
	row   int
}

// Arrange sets the panels' axes and places all that a page holds. Panels share the width evenly; those below each other
// begin at one x.
func (pg *Layout) Arrange() Arrangement {
	a := Arrangement{width: pg.Width, Columns: 1, entries: pg.Legend}
	if pg.Print != Screen {
		a.entries, a.notes = apart(pg.Legend, pg.Width-2*Margin)
	}
	edge := pg.Width - Margin
	_, widest := Columns(a.entries, pg.Width)
	beside := len(a.entries) > 0 && !pg.Below && widest-SampleWidth <= WidestAside
	if beside {
		a.legendWidth = widest
		edge -= widest + ColumnGap
	}
	across := pg.perRow()
	slot := (edge - Margin) / float64(across)
	room := make([]float64, across) // of each column's vertical axes
	pg.spread()
	for i, p := range pg.Panels {
		p.TakeTurns()
		p.Y.setTicksUp(int(pg.Height / pg.perTick()))
		room[i%across] = max(room[i%across], p.beside())
	}
	y := Margin + pg.Print.TitleHeight(pg.Title, pg.Width)
	for i, p := range pg.Panels {
		column := i % across
		f := frame{
			At: Dot{X: Margin + float64(column)*slot + room[column]}, Width: slot - room[column] - 14,
			Height: pg.Height,
		}
		end := pg.Width - Margin - f.At.X // of the marks' texts
		if column+1 < across {
			f.Width -= 6
			end = f.Width + 6
		} else if i >= across {
			end = f.Width + 14 // the legend may stand there
		}
		if p.SetXTicks(f.Width); pg.ShareX && pg.ShareY { // the first is the narrowest
			p.X.Ticks, p.X.format = pg.Panels[0].X.Ticks, pg.Panels[0].X.format
		}
		f.Marks, f.Title = placeMarks(p, f.Width, end), PanelTitle(p.Title, f.Width)
		a.Frames = append(a.Frames, f)
		if column+1 == across || i+1 == len(pg.Panels) {
			y = pg.placeRow(a.Frames[i-column:], pg.Panels[i-column:i+1], y)
		}
	}
	first := a.Frames[0].At.Y
	a.Height = y + Margin/2
	switch {
	case len(a.entries) == 0:
	case beside:
		a.Legend = Dot{edge + ColumnGap, first}
		a.Height = max(a.Height, first+float64(len(a.entries))*RowHeight+Margin)
	default:
		a.Columns, a.legendWidth = Columns(a.entries, pg.Width-2*Margin)
		a.Legend = Dot{Margin, a.Height + Margin/2}
		rows := (len(a.entries) + a.Columns - 1) / a.Columns
		a.Height += float64(rows)*RowHeight + Margin
	}
	if n := len(a.notes); n > 0 {
		a.notesAt = Dot{Margin, a.Height - 2}
		a.Height += float64(n)*NoteLine + 4
	}
	return a
}

// apart parts the entries of a legend from its notes, which become lines of at most a width.
func apart(legend []Entry, width float64) (entries []Entry, notes []string) {
	for _, e := range legend {
		if e.Note() {
			notes = append(notes, Wrapped(SmallSize, width, e.Text)...)
			continue
		}
		entries = append(entries, e)
	}
	return entries, notes
}

// perRow is how many panels stand in a row.
func (pg *Layout) perRow() int {
	if pg.Across == 0 {
		return len(pg.Panels)
	}
	return pg.Across
}

// perTick is the room on a vertical axis for each label. Panels that are to be compared have more of them.
func (pg *Layout) perTick() float64 {
	if pg.ShareY {
		return 25
	}
	return 38
}

// spread sets the ends of the panels' axes.
func (pg *Layout) spread() {
	x, y, whole := Nothing(), Nothing(), true
	for _, p := range pg.Panels {
		p.Spread()
		y.Add(p.Y.From)
		y.Add(p.Y.To)
		x.Add(p.X.From)
		x.Add(p.X.To)
		whole = whole && p.X.Whole
	}
	if pg.ShareX {
		for _, p := range pg.Panels {
			p.X.From, p.X.To, p.X.Whole = x.Low, x.High, whole
		}
	}
	if pg.ShareY {
		for _, p := range pg.Panels {
			p.Y.From, p.Y.To = y.Low, y.High
		}
	}
}

// placeRow places a row of panels under y, their data in one line, and returns where the row ends.
func (pg *Layout) placeRow(frames []frame, panels []*Panel, y float64) float64 {
	header := 0.0
	for i, p := range panels {
		header = max(header, p.header(frames[i]))
	}
	for i := range frames {
		frames[i].At.Y, frames[i].Header = y+header, header
	}
	return y + header + pg.Height + UnderHeight
}

// beside is the room that the vertical axis takes.
func (p *Panel) beside() float64 {
	if p.Y.Quiet {
		return p.Y.widestLabel() + 8
	}
	return 20 + p.Y.widestLabel() + 8
}

// header is the room above the data for the panel's title, its marks' texts and its windows' bars.
func (p *Panel) header(f frame) float64 {
	h := p.bars()
	if rows := rowsOf(f.Marks); rows > 0 {
		h += float64(rows)*MarkHeight + 2
	}
	if p.Title != "" {
		h += NameHeight + MoreLines(f.Title)
	}
	return max(h, 4)
}

// bars is the room above the data for the windows' bars.
func (p *Panel) bars() float64 {
	if p.rows() == 0 {
		return 0
	}
	return float64(p.rows())*(barHeight+barGap) + 2
}

func rowsOf(marks []placed) int {
	rows := 0
	for _, m := range marks {
		if m.Text != "" {
			rows = max(rows, m.row+1)
		}
	}
	return rows
}

// placeMarks gives each text a row in which neither another text nor another mark's line crosses it. It goes from right
// to left, and shortens a text only where there are no rows left. Texts end before edge, which may lie above the
// legend.
func placeMarks(p *Panel, width, edge float64) []placed {
	var list []placed
	free := make([]float64, mostRows) // each row's texts and lines begin here
	for r := range free {
		free[r] = edge + 8
	}
	for _, m := range slices.Backward(p.marks) {
		x := p.X.Place(m.X) * width
		if m.Text == "" {
			list = append(list, placed{x: x, Start: x})
			continue
		}
		text := m.Text
		long := WidthOf(SmallSize, text)
		start := x
		if x+long+8 > free[0] && free[0] > edge { // left of its line, unless there is more room on the other side
			if room := edge - x - 8; long > x-7 && room > x-7 {
				text = Fit(SmallSize, room, text)
			} else {
				text = Fit(SmallSize, max(0, x-7), text)
				start = max(0, x-WidthOf(SmallSize, text)-7)
			}
			long = WidthOf(SmallSize, text)
		}
		row := slices.IndexFunc(free, func(f float64) bool { return start+long+8 <= f })
		if row < 0 {
			row = mostRows - 1
			text = Fit(SmallSize, max(0, free[row]-8-start), text)
		}
		for r := range row + 1 {
			free[r] = min(free[r], start)
		}
		list = append(list, placed{Text: text, x: x, Start: start, row: row})
	}
	slices.Reverse(list)
	return list
}
