package viz

import (
	"fmt"
	"strings"

	"github.com/primewindow/primewindow/viz/page"
)

// BarsFigure is horizontal bars by name, such as the share of the trace that each layer carries. Label is the axis's,
// with its unit.
type BarsFigure struct {
	Title, Label string
	Bars         []Bar
	Printed      []Bar  // values from elsewhere for bars of these names and modalities, drawn as hollow marks
	PrintedName  string // what those are, for example "the paper"
	Band         string // what an SE is where it is no standard error, for example "95 % interval over 5 seeds"
	Log          bool   // a logarithmic axis: values must be above 0
	Percent      bool   // values are fractions, written as percentages; not with Log
	Width        Width
}

// Bar is one value of a BarsFigure. SE is its standard error, 0 where there is none. Modality picks the colour. Bars of
// one name and different modalities stand together. Definition is as in a [Series]. Missing is why there is no value,
// such as a run that failed: it stands in the place of the bar.
type Bar struct {
	Name, Modality string
	Value, SE      float64
	Definition     string
	Missing        string
}

// maxBars is the most bars of a figure.
const maxBars = 60

// Bars draws a BarsFigure of up to 60 bars, names from top to bottom as they first appear, with each value written
// beside. A linear axis holds 0, where bars begin. Why a bar is missing stands beside the mark of a value from
// elsewhere, in up to three lines. On a log axis, where a bar could begin anywhere, a value is a dot on a thin line.
//
// One figure shows one quantity under one definition: estimates of a trace by several definitions differ by orders of
// magnitude, and a bar longer than another would say nothing. Bars of two Definitions are an error; give each its own
// figure. Bars returns an error that names the bar that cannot be drawn.
func Bars(f BarsFigure) (*Figure, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	at := arrangeBars(f)
	fig, err := page.Picture(
		page.Canvas{Width: at.width, Height: at.height, Print: f.Width}, func(p *page.Pen) { drawBars(p, f, at) },
	)
	if err != nil {
		return nil, err
	}
	fig.Spec, fig.Text = barsSpec(f, at), f.sentence()
	return fig, nil
}

func (f BarsFigure) check() error {
	if n := len(f.Bars); n == 0 || n > maxBars {
		return fmt.Errorf("viz: bars: %d bars, want 1 to %d", n, maxBars)
	}
	if f.Log && f.Percent {
		return fmt.Errorf("viz: bars: a log axis of percentages, want one or the other")
	}
	var one page.Definition
	seen := make(map[[2]string]bool)
	values := 0
	for i, b := range f.Bars {
		where := fmt.Sprintf("viz: bars: bar %d %q", i, b.title())
		key := [2]string{b.Name, b.Modality}
		switch {
		case b.Missing != "" && (b.Value != 0 || b.SE != 0):
			return fmt.Errorf("%s: value %v and a reason for none, want one", where, b.Value)
		case b.Name == "":
			return fmt.Errorf("%s: no name, want one", where)
		case seen[key]:
			return fmt.Errorf("%s: two of that name and modality, want one", where)
		case !page.Drawable(b.Value):
			return fmt.Errorf("%s: value %v, want a finite value", where, b.Value)
		case !page.Drawable(b.SE) || b.SE < 0:
			return fmt.Errorf("%s: standard error %v, want a finite value of 0 or more", where, b.SE)
		case f.Log && b.Missing == "" && b.Value < 1/page.Limit:
			return fmt.Errorf("%s: value %v on a log axis, want above 0", where, b.Value)
		}
		if err := one.Meet("bars", "bar", b.title(), b.Definition); err != nil {
			return err
		}
		seen[key] = true
		if b.Missing == "" {
			values++
		}
	}
	if values == 0 {
		return fmt.Errorf("viz: bars: every bar is missing, want at least one value")
	}
	if err := f.checkPrinted(seen); err != nil {
		return err
	}
	return f.Width.Check("bars")
}

// checkPrinted holds values from elsewhere to the bars that there are.
func (f BarsFigure) checkPrinted(bars map[[2]string]bool) error {
	if len(f.Printed) > 0 && f.PrintedName == "" {
		return fmt.Errorf("viz: bars: values from elsewhere without a name, want one for the legend")
	}
	seen := make(map[[2]string]bool)
	for i, b := range f.Printed {
		where := fmt.Sprintf("viz: bars: %s %d %q", f.PrintedName, i, b.title())
		key := [2]string{b.Name, b.Modality}
		switch {
		case !bars[key]:
			return fmt.Errorf("%s: no bar of that name and modality, want one", where)
		case seen[key]:
			return fmt.Errorf("%s: two of that name and modality, want one", where)
		case !page.Drawable(b.Value):
			return fmt.Errorf("%s: value %v, want a finite value", where, b.Value)
		case f.Log && b.Value < 1/page.Limit:
			return fmt.Errorf("%s: value %v on a log axis, want above 0", where, b.Value)
		}
		seen[key] = true
	}
	return nil
}

// printed is the value from elsewhere for a bar.
func (f BarsFigure) printed(b Bar) (float64, bool) {
	for _, p := range f.Printed {
		if p.Name == b.Name && p.Modality == b.Modality {
			return p.Value, true
		}
	}
	return 0, false
}

// spreadName is what the thin line of a bar is.
func (f BarsFigure) spreadName() string {
	if f.Band == "" {
		return "± 1 standard error"
	}
	return f.Band
}

// title is what a bar is called in words.
func (b Bar) title() string { return strings.TrimSpace(b.Name + " " + b.Modality) }

// sentence says for each modality how many bars it has, and the greatest and the least.
func (f BarsFigure) sentence() string {
	var parts []string
	a := page.Axis{Percent: f.Percent}
	for _, m := range f.modalities() {
		var high, low Bar
		n := 0
		for _, b := range f.Bars {
			if b.Modality != m || b.Missing != "" {
				continue
			}
			if n++; n == 1 || b.Value > high.Value {
				high = b
			}
			if n == 1 || b.Value < low.Value {
				low = b
			}
		}
		s := fmt.Sprintf("%s is %s", high.Name, a.Word(high.Value))
		if n > 1 {
			s = fmt.Sprintf(
				"%d bars from %s, %s, to %s, %s", n, high.Name, a.Word(high.Value), low.Name, a.Word(low.Value),
			)
		}
		if n > 0 {
			parts = append(parts, strings.TrimSpace(m+" "+s))
		}
	}
	for _, b := range f.Bars {
		if b.Missing != "" {
			parts = append(parts, "no value of "+b.title()+": "+b.Missing)
		}
	}
	for _, b := range f.Printed {
		parts = append(parts, fmt.Sprintf("%s of %s %s", b.title(), f.PrintedName, a.Word(b.Value)))
	}
	head := f.Label
	if f.Log {
		head += " on a log axis"
	}
	if d := f.definition(); d != "" {
		head += " (" + d + ")"
	}
	return page.InWords(f.Title, []string{head + ", " + strings.Join(parts, ", ")})
}
