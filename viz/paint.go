package viz

import "slices"

// draw draws a page where it was arranged.
func (pg *page) draw(p *pen, at arrangement) {
	p.title(pg.print, pg.title, at.width)
	for i, one := range pg.panels {
		one.draw(p, at.frames[i])
	}
	p.legend(at.entries, at.legend, at.columns, at.legendWidth)
	p.notes(at.notes, at.notesAt)
}

// place is where a value pair stands on the page.
func (p *panel) place(f frame, x, y float64) dot {
	return dot{f.at.x + f.width*p.x.place(x), f.at.y + f.height*(1-p.y.place(y))}
}

// draw draws a panel, what is largest and palest first.
func (p *panel) draw(pn *pen, f frame) {
	p.drawGrid(pn, f)
	for i := range p.spans {
		s := &p.spans[i]
		from, to := p.place(f, s.From, p.y.to).x, p.place(f, s.To, p.y.to).x
		above := dot{from, f.at.y - float64(s.row+1)*(barHeight+barGap)}
		pn.span(s, dot{from, f.at.y}, to-from, f.height)
		pn.bar(s, above, to-from)
		pn.barMarker(s, above, to-from)
	}
	if p.rule.Text != "" {
		pn.line(grey, 1.2, []float64{4, 3}, p.place(f, p.x.from, p.rule.Y), p.place(f, p.x.to, p.rule.Y))
	}
	for i := range p.lines {
		p.drawBand(pn, f, &p.lines[i])
	}
	for i := range p.lines {
		p.drawLine(pn, f, &p.lines[i])
	}
	p.drawMarks(pn, f)
	p.drawAxes(pn, f)
}

func (p *panel) drawGrid(pn *pen, f frame) {
	for _, t := range p.y.ticks {
		if t.label != "" {
			pn.line(faint, 1, nil, p.place(f, p.x.from, t.value), p.place(f, p.x.to, t.value))
		}
	}
	for _, t := range p.x.ticks {
		if t.label == "" {
			continue
		}
		pn.line(faint, 1, nil, p.place(f, t.value, p.y.from), p.place(f, t.value, p.y.to))
	}
}

// span draws a window: pale, with edges in the dash of its run, hatched where it is uncertain.
func (p *pen) span(s *span, at dot, width, height float64) {
	p.box(fade(s.color, s.fillOpacity()), at, width, height)
	if s.Uncertain {
		p.hatch(fade(s.color, 0.3), at, width, height, 9)
	}
	for _, x := range []float64{at.x, at.x + width} {
		p.line(fade(s.color, 0.6), 1, s.dash, dot{x, at.y}, dot{x, at.y + height})
	}
}

// bar draws a window's bar, in the dash of its run, hatched where the window is uncertain.
func (p *pen) bar(s *span, at dot, width float64) {
	if s.Uncertain {
		p.box(fade(s.color, 0.25*s.barOpacity()), at, width, barHeight)
		p.hatch(fade(s.color, s.barOpacity()), at, width, barHeight, 6)
		return
	}
	y := at.y + barHeight/2
	p.line(fade(s.color, s.barOpacity()), barHeight, s.dash, dot{at.x, y}, dot{at.x + width, y})
}

// barMarker draws the marker of a window's modality and run on its bar, where there is room, so that it is not told by its
// colour alone.
func (p *pen) barMarker(s *span, at dot, width float64) {
	if width >= 12 && !s.Uncertain {
		p.marker(s.color, s.marker, dot{at.x + width/2, at.y + barHeight/2}, 6)
	}
}

// drawBand draws the standard errors of a line: a band, or a bar where there is one point.
func (p *panel) drawBand(pn *pen, f frame, l *line) {
	var upper, lower []dot
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
		pn.line(l.color, 1.2, nil, a, b)
		for _, end := range []dot{a, b} {
			pn.line(l.color, 1.2, nil, dot{end.x - 4, end.y}, dot{end.x + 4, end.y})
		}
		return
	}
	for _, l := range slices.Backward(lower) {
		upper = append(upper, l)
	}
	pn.fill(fade(l.color, 0.18), upper...)
}

// hollowSize is the size of hollow markers in CSS pixels.
const hollowSize = 8.0

// pale is the opacity of values beside their moving average.
const pale = 0.3

// drawLine draws a line with its markers; a smoothed one bold, beside its values pale.
func (p *panel) drawLine(pn *pen, f frame, l *line) {
	raw, bold := make([]dot, len(l.kept)), make([]dot, len(l.kept))
	for k, i := range l.kept {
		raw[k] = p.place(f, l.Points[i].X, l.Points[i].Y)
		bold[k] = p.place(f, l.Points[i].X, l.y(i))
	}
	switch {
	case l.Hollow:
		for _, at := range raw {
			pn.hollow(l.color, l.marker, at, hollowSize)
		}
		return
	case l.mean != nil:
		pn.line(fade(l.color, pale), 1, nil, raw...)
		pn.line(l.color, 2, l.dash, bold...)
	case len(raw) > 200:
		pn.line(l.color, 1.2, l.dash, raw...)
	default:
		pn.line(l.color, 1.8, l.dash, raw...)
	}
	for k, at := range bold {
		if l.marked[k] {
			pn.marker(l.color, l.marker, at, 7)
		}
	}
}

func (p *panel) drawMarks(pn *pen, f frame) {
	base := f.at.y - p.bars()
	for _, m := range f.marks {
		x := f.at.x + m.x
		y := base - float64(m.row)*markHeight
		if m.text != "" {
			y -= markHeight - 3
		}
		pn.line(grey, 1, []float64{4, 2}, dot{x, f.at.y + f.height}, dot{x, y})
		pn.write(grey, smallSize, dot{f.at.x + m.start + 3, y + 4.5}, left, middle, m.text)
	}
}

func (p *panel) drawAxes(pn *pen, f frame) {
	low, foot := f.at.y+f.height, f.at.x
	pn.line(ink, 1, nil, f.at, dot{foot, low}, dot{foot + f.width, low})
	for _, t := range p.y.ticks {
		at := p.place(f, p.x.from, t.value)
		if t.label == "" {
			pn.line(ink, 1, nil, dot{at.x - 2.5, at.y}, at)
			continue
		}
		pn.line(ink, 1, nil, dot{at.x - 5, at.y}, at)
		pn.write(ink, smallSize, dot{at.x - 8, at.y}, right, middle, t.label)
	}
	pn.axis(&p.x, dot{foot, low}, f.width, f.width)
	if !p.y.quiet {
		label := fit(labelSize, f.height, p.y.label)
		pn.writeUp(ink, labelSize, dot{f.at.x - p.beside() + 9, f.at.y + f.height/2}, label)
	}
	pn.titleLines(f.title, dot{f.at.x, f.at.y - f.header + nameHeight/2 - 2})
}

// axis draws what stands beneath the line of a horizontal axis, from its left end: ticks and label.
//
// The label may take more room than the axis where nothing stands beside it.
func (p *pen) axis(a *axis, at dot, width, room float64) {
	for _, t := range a.ticks {
		x := at.x + width*a.place(t.value)
		if t.label == "" {
			p.line(ink, 1, nil, dot{x, at.y}, dot{x, at.y + 2.5})
			continue
		}
		p.line(ink, 1, nil, dot{x, at.y}, dot{x, at.y + 5})
		p.write(ink, smallSize, dot{x, at.y + 7}, center, top, t.label)
	}
	if !a.quiet {
		p.write(ink, labelSize, dot{at.x + width/2, at.y + 23}, center, top, fit(labelSize, room, a.label))
	}
}
