package viz

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/primewindow/primewindow/viz/page"
)

// PanelsFigure is line panels in rows, from left to right and then down, with one legend.
type PanelsFigure struct {
	Title   string
	Panels  []LinePanel
	Columns int    // panels in a row, 1 to 3, of which a Column has room for 2; 0 lets their number choose
	ShareX  bool   // all panels span the same x, so that what is below each other can be compared
	ShareY  bool   // all panels span the same y
	Band    string // what an SE is where it is no standard error, for example "± 1 sd over 5 seeds"
	Ends    string // over what the ends of windows differ, for example "95 % interval over 5 seeds"
	Hollow  string // what hollow series are, said once in place of an entry in the legend for each
	ByRun   bool   // each run has one marker whatever the modality, whose dash it then is: methods are compared
	Width   Width
}

// LinePanel is one panel of a PanelsFigure. Labels carry units. What each field draws is as in a [TraceFigure].
type LinePanel struct {
	Title, XLabel, YLabel string
	Series                []Series
	Windows               []Window
	Marks                 []Mark
	Rule                  Rule
	// points of a centred moving average, drawn bold beside the pale values; 0 and 1 draw none
	Smooth    int
	Decay     float64 // factor of an exponential mean, drawn so in place of it, from 0 to below 1; 0 draws none
	Log, LogX bool    // a logarithmic y or x axis: values on it must be above 0
	Percent   bool    // y are fractions, written as percentages; not with Log
	AtPoints  bool    // x is labelled at the points, where the labels have room
}

// mostAcross is the most panels in a row.
const mostAcross = 3

// leastPanel is how wide the place of a panel is at least, in CSS pixels.
const leastPanel = 180.0

// inRow is how many of n panels stand in a row where nobody chose: up to three, and four in two rows of two.
func inRow(n int) int {
	if n == 4 {
		return 2
	}
	return min(n, mostAcross)
}

// Panels draws a PanelsFigure of up to twelve panels. One column has its legend beside it; more have it below. Series
// of one name in several panels share an entry of the legend and must be of one run and modality; within a panel, not
// between panels, they must be of one Definition. A log x axis of few values is labelled at these. Panels returns an
// error that names the panel, and what in it cannot be drawn.
func Panels(f PanelsFigure) (*Figure, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	var windows []Window
	series := make([][]Series, len(f.Panels))
	titles, means := make([]string, len(f.Panels)), make([]string, len(f.Panels))
	for i, p := range f.Panels {
		windows, series[i] = append(windows, p.Windows...), p.Series
		means[i] = p.bold()
	}
	if err := page.CheckShared("panels", series...); err != nil {
		return nil, err
	}
	st := page.NewStyles(windows, series...)
	st.ByRun = f.ByRun
	panels, parts := make([]*page.Panel, len(f.Panels)), make([]string, len(f.Panels))
	for i, p := range f.Panels {
		panels[i] = p.panel(st, p.width)
		panels[i].Band, panels[i].Ends = f.Band, f.Ends
		titles[i], parts[i] = panels[i].Name(), panels[i].Words()
		if p.Title != "" {
			parts[i] = p.Title + ", " + parts[i]
		}
	}
	pg := &page.Layout{
		Title: f.Title, Panels: panels, Across: f.columns(), ShareX: f.ShareX, ShareY: f.ShareY, Width: 760,
		Height: 170,
	}
	if pg.On(f.Width); pg.Across > 1 {
		most := 15 // markers of a line: more would touch
		if pg.Width, pg.Height, pg.Below = f.Width.Pixels(960), 200, true; f.Width == Column {
			pg.Height, most = 150, 8
		}
		for _, p := range panels {
			for i := range p.Lines {
				p.Lines[i].Mark(most)
			}
		}
	}
	pg.Legend = page.LegendOf(panels, append(page.NotesOf(panels), page.Told("bold", titles, means)...)...)
	if f.Hollow != "" {
		pg.Legend = slices.DeleteFunc(pg.Legend, func(e page.Entry) bool { return e.Line != nil && e.Line.Hollow })
		pg.Legend = append(pg.Legend, page.Entry{Text: "hollow: " + f.Hollow})
	}
	if n := len(pg.Legend); n > page.Most {
		return nil, fmt.Errorf("viz: panels: legend of %d entries, want at most %d", n, page.Most)
	}
	return pg.Figure(page.InWords(f.Title, append(parts, page.BandWords(panels...)...)))
}

func (f PanelsFigure) check() error {
	if err := f.Width.Check("panels"); err != nil {
		return err
	}
	if n := len(f.Panels); n == 0 || n > maxPanels {
		return fmt.Errorf("viz: panels: %d panels, want 1 to %d", n, maxPanels)
	}
	if f.Columns < 0 || f.Columns > mostAcross {
		return fmt.Errorf("viz: panels: %d columns, want 1 to %d, or 0", f.Columns, mostAcross)
	}
	for i, p := range f.Panels {
		where := "panels: panel " + strconv.Itoa(i)
		if p.Title != "" {
			where += " " + strconv.Quote(p.Title)
		}
		if f.ShareX && p.LogX != f.Panels[0].LogX {
			return fmt.Errorf(
				"viz: %s: a log x axis here or in panel 0 only, want one kind where panels share x", where,
			)
		}
		if first := f.Panels[0]; f.ShareY && (p.Log != first.Log || p.Percent != first.Percent) {
			return fmt.Errorf(
				"viz: %s: a y axis of another kind than that of panel 0, want one kind where panels share y", where,
			)
		}
		if err := p.check(where); err != nil {
			return err
		}
	}
	return nil
}

// columns is how many panels stand in a row.
func (f PanelsFigure) columns() int {
	n := len(f.Panels)
	switch {
	case f.Columns > 0:
		return f.Width.Across(min(f.Columns, n), 0, leastPanel)
	case f.Width == Column:
		return 1
	}
	return inRow(n)
}

// check names the first thing that cannot be drawn. where says in which figure.
func (p LinePanel) check(where string) error {
	if err := page.CheckSeries(where, p.Series, p.Log); err != nil {
		return err
	}
	if err := page.CheckWindows(where, p.Windows); err != nil {
		return err
	}
	if err := page.CheckMarks(where, p.Marks); err != nil {
		return err
	}
	if err := page.CheckRule(where, p.Rule, p.Log); err != nil {
		return err
	}
	if p.Smooth < 0 {
		return fmt.Errorf("viz: %s: smoothing over %d points, want 0 or more", where, p.Smooth)
	}
	if !(p.Decay >= 0 && p.Decay < 1) {
		return fmt.Errorf("viz: %s: exponential mean of factor %v, want 0 to below 1", where, p.Decay)
	}
	if p.Decay > 0 && p.Smooth > 1 {
		return fmt.Errorf("viz: %s: both a centred and an exponential mean, want one", where)
	}
	if p.Log && p.Percent {
		return fmt.Errorf("viz: %s: a log axis of percentages, want one or the other", where)
	}
	if !p.LogX {
		return nil
	}
	for _, s := range p.Series {
		if x := s.Points[0].X; x < 1/page.Limit {
			return fmt.Errorf("viz: %s: series %q: point 0: x = %v on a log axis, want above 0", where, s.Name, x)
		}
	}
	for i, w := range p.Windows {
		if w.From < 1/page.Limit {
			return fmt.Errorf(
				"viz: %s: window %d of %q: from %v on a log axis, want above 0", where, i, w.Modality, w.From,
			)
		}
	}
	for i, m := range p.Marks {
		if m.X < 1/page.Limit {
			return fmt.Errorf("viz: %s: mark %d %q: x = %v on a log axis, want above 0", where, i, m.Text, m.X)
		}
	}
	return nil
}

// width is that of the moving average of a series.
func (p LinePanel) width(Series) int { return p.Smooth }

// bold says what the bold line is, empty where there is none.
func (p LinePanel) bold() string {
	switch {
	case p.Smooth > 1:
		return fmt.Sprintf("centred mean of %d points", p.Smooth)
	case p.Decay > 0:
		return fmt.Sprintf("exponential mean, factor %v", p.Decay)
	}
	return ""
}

// panel readies a panel for drawing, its series smoothed over as many points as width says.
func (p LinePanel) panel(st page.Styles, width func(Series) int) *page.Panel {
	ready := &page.Panel{
		Title: p.Title, Rule: p.Rule, Every: p.AtPoints,
		X: page.Axis{Label: p.XLabel, Log: p.LogX}, Y: page.Axis{Label: p.YLabel, Log: p.Log, Percent: p.Percent},
	}
	ready.Add(st, p.Series, width)
	for i := range ready.Lines {
		if l := &ready.Lines[i]; p.Decay > 0 && !l.Hollow {
			l.Mean = page.Decayed(l.Points, p.Decay)
		}
	}
	ready.AddWindows(st, p.Windows, p.Series)
	ready.AddMarks(p.Marks)
	return ready
}
