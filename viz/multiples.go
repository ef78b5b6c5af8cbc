package viz

import (
	"fmt"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/viz/page"
)

// MultiplesFigure is small multiples: a panel for each curve, named above it, and in every panel the same reference in
// grey. It is for more curves than one panel can show. All panels have the same axes.
type MultiplesFigure struct {
	Title, XLabel, YLabel string
	Curves                []Curve
	Reference             string // name of the curve that every panel shows in grey; empty for none
	Modality              string // whose curves these are: it picks the colour
	Band                  string // what a curve's SD is, for example "± 1 standard deviation over 3 seeds"
	Definition            string // what was measured and how; it may be empty
	Columns               int    // panels in a row, 1 to 4; 0 lets their number choose
	Log                   bool   // a logarithmic y axis: values must be above 0
	Percent               bool   // y are fractions, written as percentages; not with Log
	Width                 Width
}

// Curve is one line of a MultiplesFigure: at X[i] it is at Y[i], with a band from Y[i]-SD[i] to Y[i]+SD[i]. X ascends.
// SD may be nil: then there is no band.
type Curve struct {
	Name     string
	X, Y, SD []float64
}

const (
	mostMultiples = 24 // panels
	multiplesWide = 4  // panels in a row, at most
)

// pointedOut is what the legend calls the curves that are not the reference.
const pointedOut = "named above each panel"

// Multiples draws a MultiplesFigure of up to 24 panels. A band means what Band says, here alone: between seeds, where
// no standard error was measured, a standard deviation says how far apart runs are. Multiples returns an error that
// names the curve that cannot be drawn.
func Multiples(f MultiplesFigure) (*Figure, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	var own []Curve
	var reference *page.Line
	for _, c := range f.Curves {
		if c.Name != f.Reference {
			own = append(own, c)
			continue
		}
		l := c.line(c.Name, page.Look{Color: page.Grey, Dash: page.Dashes[1], Marker: "square"})
		reference = &l
	}
	style := page.NewStyles(nil, []Series{{Modality: f.Modality}}).Look("", f.Modality)
	pg := &page.Layout{
		Title: f.Title, Width: f.Width.Pixels(960), Height: 110, Across: f.columns(len(own)), ShareX: true,
		ShareY: true, Below: true, Few: true, Print: f.Width,
	}
	banded := false
	for i, c := range own {
		p := &page.Panel{
			Title: c.Name, Band: f.Band,
			X: page.Axis{Label: f.XLabel, Quiet: i+pg.Across < len(own)},
			Y: page.Axis{Label: f.YLabel, Log: f.Log, Percent: f.Percent, Quiet: i%pg.Across > 0},
		}
		if reference != nil {
			p.Lines = append(p.Lines, *reference)
		}
		p.Lines = append(p.Lines, c.line(pointedOut, style))
		banded = banded || p.Errors()
		pg.Panels = append(pg.Panels, p)
	}
	var notes []string
	if banded {
		notes = append(notes, "band: "+f.Band)
	}
	if f.Definition != "" {
		notes = append(notes, "definition: "+f.Definition)
	}
	pg.Legend = page.LegendOf(pg.Panels, notes...)
	return pg.Figure(f.sentence())
}

// columns is how many of n panels stand in a row.
func (f MultiplesFigure) columns(n int) int {
	if f.Columns > 0 {
		return min(f.Columns, n)
	}
	if f.Width == Column {
		return min(n, 2)
	}
	if n == 5 || n == 6 || n == 9 {
		return 3
	}
	return min(n, multiplesWide)
}

func (f MultiplesFigure) check() error {
	n := len(f.Curves)
	if f.Reference != "" {
		if !slices.ContainsFunc(f.Curves, func(c Curve) bool { return c.Name == f.Reference }) {
			return fmt.Errorf("viz: multiples: no curve of the reference %q", f.Reference)
		}
		n--
	}
	if err := f.Width.Check("multiples"); err != nil {
		return err
	}
	switch {
	case n < 1 || n > mostMultiples:
		return fmt.Errorf("viz: multiples: %d curves beside the reference, want 1 to %d", n, mostMultiples)
	case f.Columns < 0 || f.Columns > multiplesWide:
		return fmt.Errorf("viz: multiples: %d columns, want 1 to %d, or 0", f.Columns, multiplesWide)
	case f.Log && f.Percent:
		return fmt.Errorf("viz: multiples: a log axis of percentages, want one or the other")
	}
	var list []Series
	for _, c := range f.Curves {
		if len(c.Y) != len(c.X) || c.SD != nil && len(c.SD) != len(c.X) {
			return fmt.Errorf(
				"viz: multiples: curve %q: %d values and %d deviations at %d places, want as many", c.Name, len(c.Y),
				len(c.SD), len(c.X),
			)
		}
		if f.Band == "" && slices.ContainsFunc(c.SD, func(v float64) bool { return v != 0 }) {
			return fmt.Errorf("viz: multiples: curve %q: a band, and no word of what it is", c.Name)
		}
		list = append(list, c.series(c.Name))
	}
	return page.CheckSeries("multiples", list, f.Log)
}

func (c Curve) series(name string) Series {
	s := Series{Name: name}
	for i, x := range c.X {
		p := Point{X: x, Y: c.Y[i]}
		if c.SD != nil {
			p.SE = c.SD[i]
		}
		s.Points = append(s.Points, p)
	}
	return s
}

func (c Curve) line(name string, l page.Look) page.Line {
	one := page.NewLine(c.series(name), l, 0)
	one.Mark(6)
	return one
}

// sentence says each curve's first and last value.
func (f MultiplesFigure) sentence() string {
	a := page.Axis{Percent: f.Percent}
	head := f.YLabel
	if f.XLabel != "" {
		head += " by " + f.XLabel
	}
	if f.Log {
		head += " on a log axis"
	}
	if f.Definition != "" {
		head += " (" + f.Definition + ")"
	}
	parts := []string{head}
	for _, c := range f.Curves {
		last := len(c.X) - 1
		s := fmt.Sprintf(
			"%s from %s at %s to %s at %s", c.Name, a.Word(c.Y[0]), page.Number(c.X[0]), a.Word(c.Y[last]),
			page.Number(c.X[last]),
		)
		if c.Name == f.Reference {
			s += " (in every panel)"
		}
		parts = append(parts, s)
	}
	return page.InWords(f.Title, []string{strings.Join(parts, ", ")})
}
