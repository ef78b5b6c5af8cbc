package page

import "slices"

// draw draws a page where it was arranged.
func (pg *Layout) draw(p *Pen, at Arrangement) {
	p.Title(pg.Print, pg.Title, at.width)
	for i, one := range pg.Panels {
		one.draw(p, at.Frames[i])
	}
	p.Legend(at.entries, at.Legend, at.Columns, at.legendWidth)
	p.Notes(at.notes, at.notesAt)
}

// place is where a value pair stands on the page.
func (p *Panel) place(f frame, x, y float64) Dot {
	return Dot{f.At.X + f.Width*p.X.Place(x), f.At.Y + f.Height*(1-p.Y.Place(y))}
}

// draw draws a panel, what is largest and palest first.
func (p *Panel) draw(pn *Pen, f frame) {
	p.drawGrid(pn, f)
	for i := range p.spans {
		s := &p.spans[i]
		from, to := p.place(f, s.From, p.Y.To).X, p.place(f, s.To, p.Y.To).X
		above := Dot{from, f.At.Y - float64(s.row+1)*(barHeight+barGap)}
		pn.span(s, Dot{from, f.At.Y}, to-from, f.Height)
		pn.bar(s, above, to-from)
		pn.barMarker(s, above, to-from)
	}
	if p.Rule.Text != "" {
		pn.Line(Grey, 1.2, []float64{4, 3}, p.place(f, p.X.From, p.Rule.Y), p.place(f, p.X.To, p.Rule.Y))
	}
	for i := range p.Lines {
		p.drawBand(pn, f, &p.Lines[i])
	}
	for i := range p.Lines {
		p.drawLine(pn, f, &p.Lines[i])
	}
	p.drawMarks(pn, f)
	p.drawAxes(pn, f)
}

func (p *Panel) drawGrid(pn *Pen, f frame) {
	for _, t := range p.Y.Ticks {
		if t.Label != "" {
			pn.Line(Faint, 1, nil, p.place(f, p.X.From, t.Value), p.place(f, p.X.To, t.Value))
		}
	}
	for _, t := range p.X.Ticks {
		if t.Label == "" {
			continue
		}
		pn.Line(Faint, 1, nil, p.place(f, t.Value, p.Y.From), p.place(f, t.Value, p.Y.To))
	}
}

// span draws a window: pale, with edges in the dash of its run, hatched where it is uncertain.
func (p *Pen) span(s *span, at Dot, width, height float64) {
	p.Box(Fade(s.Color, s.fillOpacity()), at, width, height)
	if s.Uncertain {
		p.hatch(Fade(s.Color, 0.3), at, width, height, 9)
	}
	for _, x := range []float64{at.X, at.X + width} {
		p.Line(Fade(s.Color, 0.6), 1, s.Dash, Dot{x, at.Y}, Dot{x, at.Y + height})
	}
}

// bar draws a window's bar, in the dash of its run, hatched where the window is uncertain.
func (p *Pen) bar(s *span, at Dot, width float64) {
	if s.Uncertain {
		p.Box(Fade(s.Color, 0.25*s.barOpacity()), at, width, barHeight)
		p.hatch(Fade(s.Color, s.barOpacity()), at, width, barHeight, 6)
		return
	}
	y := at.Y + barHeight/2
	p.Line(Fade(s.Color, s.barOpacity()), barHeight, s.Dash, Dot{at.X, y}, Dot{at.X + width, y})
}

// barMarker draws the marker of a window's modality and run on its bar, where there is room, so that it is not told by
// its colour alone.
func (p *Pen) barMarker(s *span, at Dot, width float64) {
	if width >= 12 && !s.Uncertain {
		p.Marker(s.Color, s.Marker, Dot{at.X + width/2, at.Y + barHeight/2}, 6)
	}
}

// drawBand draws the standard errors of a line: a band, or a bar where there is one point.
func (p *Panel) drawBand(pn *Pen, f frame, l *Line) {
	var upper, lower []Dot
	some := false
	for _, i := range l.kept {
		pt := l.Points[i]
		some = some || pt.SE > 0
		upper = append(upper, p.place(f, pt.X, pt.Y+pt.SE))
		lower = append(lower, p.place(f, pt.X, p.lower(pt)))
	}
	if !some {
		return
	}
	if len(upper) == 1 {
		a, b := upper[0], lower[0]
		pn.Line(l.Color, 1.2, nil, a, b)
		for _, end := range []Dot{a, b} {
			pn.Line(l.Color, 1.2, nil, Dot{end.X - 4, end.Y}, Dot{end.X + 4, end.Y})
		}
		return
	}
	for _, l := range slices.Backward(lower) {
		upper = append(upper, l)
	}
	pn.Fill(Fade(l.Color, 0.18), upper...)
}

// HollowSize is the size of hollow markers in CSS pixels.
const HollowSize = 8.0

// pale is the opacity of values beside their moving average.
const pale = 0.3

// drawLine draws a line with its markers; a smoothed one bold, beside its values pale.
func (p *Panel) drawLine(pn *Pen, f frame, l *Line) {
	raw, bold := make([]Dot, len(l.kept)), make([]Dot, len(l.kept))
	for k, i := range l.kept {
		raw[k] = p.place(f, l.Points[i].X, l.Points[i].Y)
		bold[k] = p.place(f, l.Points[i].X, l.y(i))
	}
	switch {
	case l.Hollow:
		for _, at := range raw {
			pn.Hollow(l.Color, l.Marker, at, HollowSize)
		}
		return
	case l.Mean != nil:
		pn.Line(Fade(l.Color, pale), 1, nil, raw...)
		pn.Line(l.Color, 2, l.Dash, bold...)
	case len(raw) > 200:
		pn.Line(l.Color, 1.2, l.Dash, raw...)
	default:
		pn.Line(l.Color, 1.8, l.Dash, raw...)
	}
	for k, at := range bold {
		if l.Marked[k] {
			pn.Marker(l.Color, l.Marker, at, 7)
		}
	}
}

func (p *Panel) drawMarks(pn *Pen, f frame) {
	base := f.At.Y - p.bars()
	for _, m := range f.Marks {
		x := f.At.X + m.x
		y := base - float64(m.row)*MarkHeight
		if m.Text != "" {
			y -= MarkHeight - 3
		}
		pn.Line(Grey, 1, []float64{4, 2}, Dot{x, f.At.Y + f.Height}, Dot{x, y})
		pn.Write(Grey, SmallSize, Dot{f.At.X + m.Start + 3, y + 4.5}, Left, Middle, m.Text)
	}
}

func (p *Panel) drawAxes(pn *Pen, f frame) {
	low, foot := f.At.Y+f.Height, f.At.X
	pn.Line(Ink, 1, nil, f.At, Dot{foot, low}, Dot{foot + f.Width, low})
	for _, t := range p.Y.Ticks {
		at := p.place(f, p.X.From, t.Value)
		if t.Label == "" {
			pn.Line(Ink, 1, nil, Dot{at.X - 2.5, at.Y}, at)
			continue
		}
		pn.Line(Ink, 1, nil, Dot{at.X - 5, at.Y}, at)
		pn.Write(Ink, SmallSize, Dot{at.X - 8, at.Y}, Right, Middle, t.Label)
	}
	pn.Axis(&p.X, Dot{foot, low}, f.Width, f.Width)
	if !p.Y.Quiet {
		label := Fit(LabelSize, f.Height, p.Y.Label)
		pn.WriteUp(Ink, LabelSize, Dot{f.At.X - p.beside() + 9, f.At.Y + f.Height/2}, label)
	}
	pn.TitleLines(f.Title, Dot{f.At.X, f.At.Y - f.Header + NameHeight/2 - 2})
}

// Axis draws what stands beneath the line of a horizontal axis, from its left end: ticks and label.
//
// The label may take more room than the axis where nothing stands beside it.
func (p *Pen) Axis(a *Axis, at Dot, width, room float64) {
	for _, t := range a.Ticks {
		x := at.X + width*a.Place(t.Value)
		if t.Label == "" {
			p.Line(Ink, 1, nil, Dot{x, at.Y}, Dot{x, at.Y + 2.5})
			continue
		}
		p.Line(Ink, 1, nil, Dot{x, at.Y}, Dot{x, at.Y + 5})
		p.Write(Ink, SmallSize, Dot{x, at.Y + 7}, Center, Top, t.Label)
	}
	if !a.Quiet {
		p.Write(Ink, LabelSize, Dot{at.X + width/2, at.Y + 23}, Center, Top, Fit(LabelSize, room, a.Label))
	}
}
