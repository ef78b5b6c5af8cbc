package viz

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/viz/page"
)

// ForestFigure is differences with their intervals, a row each about the line of no difference, such as paired
// differences between two methods by data set.
type ForestFigure struct {
	Title, Label string // Label is the axis's, with its unit
	Interval     string // what the intervals are, for example "95 % t interval, paired over seeds"
	Less, More   string // whom a difference below and one above 0 favours; they may be empty
	Rows         []ForestRow
	Percent      bool // differences of fractions, drawn and written as percentage points
	Width        Width
}

// ForestRow is one difference with its interval from Low to High, over Pairs pairs, 0 where their number is not told.
// Rows of one Group, which follow each other, stand under its name. Modality picks the colour; it may be empty.
//
// NoInterval is why a difference has no interval, such as "equal with every seed" of a Diff of 0: a hollow point, with
// these words beside it; Low and High are left 0. Missing is why there is no difference: it stands in the place of the
// interval.
type ForestRow struct {
	Group, Name, Modality string
	Diff, Low, High       float64
	Pairs                 int
	NoInterval            string
	Missing               string
}

// maxRows is the most rows of a forest.
const maxRows = 60

// Forest draws a ForestFigure of up to 60 rows. A difference is filled where its interval leaves out 0, and hollow
// where the interval holds it or there is none; both are written beside. The axis holds 0. Forest returns an error that
// names the row that cannot be drawn.
func Forest(f ForestFigure) (*Figure, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	if f.Percent {
		f.Rows = slices.Clone(f.Rows)
		for i := range f.Rows {
			r := &f.Rows[i]
			r.Diff, r.Low, r.High = 100*r.Diff, 100*r.Low, 100*r.High
		}
	}
	at := arrangeForest(f)
	fig, err := page.Picture(
		page.Canvas{Width: at.width, Height: at.height, Print: f.Width}, func(p *page.Pen) { drawForest(p, f, at) },
	)
	if err != nil {
		return nil, err
	}
	fig.Spec, fig.Text = forestSpec(f, at), f.sentence()
	return fig, nil
}

func (f ForestFigure) check() error {
	if n := len(f.Rows); n == 0 || n > maxRows {
		return fmt.Errorf("viz: forest: %d rows, want 1 to %d", n, maxRows)
	}
	if f.Interval == "" {
		return fmt.Errorf(
			"viz: forest: no word of what the intervals are, want one such as %q", "95 % t interval over 5 seeds",
		)
	}
	seen, groups := make(map[[3]string]bool), make(map[string]bool)
	values := 0
	for i, r := range f.Rows {
		where := fmt.Sprintf("viz: forest: row %d %q", i, r.title())
		key := [3]string{r.Group, r.Name, r.Modality}
		switch {
		case r.Name == "" || seen[key]:
			return fmt.Errorf("%s: want a name of its own in its group", where)
		case groups[r.Group] && f.Rows[i-1].Group != r.Group:
			return fmt.Errorf("%s: group %q again after another, want its rows together", where, r.Group)
		case r.Pairs < 0:
			return fmt.Errorf("%s: %d pairs, want 0 or more", where, r.Pairs)
		case r.Missing != "" && r.NoInterval != "":
			return fmt.Errorf("%s: a reason for no difference and one for no interval, want one", where)
		case r.NoInterval != "" && (r.Low != 0 || r.High != 0):
			return fmt.Errorf("%s: interval from %v to %v and a reason for none, want one", where, r.Low, r.High)
		case r.Missing != "" && (r.Diff != 0 || r.Low != 0 || r.High != 0):
			return fmt.Errorf("%s: difference %v and a reason for none, want one", where, r.Diff)
		case !page.Drawable(r.Diff) || !page.Drawable(r.Low) || !page.Drawable(r.High):
			return fmt.Errorf("%s: difference %v from %v to %v, want finite values", where, r.Diff, r.Low, r.High)
		case r.NoInterval == "" && (r.Low > r.Diff || r.High < r.Diff):
			return fmt.Errorf("%s: difference %v outside of its interval from %v to %v", where, r.Diff, r.Low, r.High)
		}
		seen[key], groups[r.Group] = true, true
		if r.Missing == "" {
			values++
		}
	}
	if values == 0 {
		return fmt.Errorf("viz: forest: every row is missing, want at least one difference")
	}
	return f.Width.Check("forest")
}

// title is what a row is called in words.
func (r ForestRow) title() string {
	return strings.Join(strings.Fields(r.Group+" "+r.Name+" "+r.Modality), " ")
}

// clear says whether the interval leaves out 0.
func (r ForestRow) clear() bool { return r.Low > 0 || r.High < 0 }

// unit is what differences are in words.
func (f ForestFigure) unit() string {
	if f.Percent {
		return " points"
	}
	return ""
}

// words writes a difference with its interval, all to the digit that the interval's width calls for. One without an
// interval has two digits after the point, and 0 one.
func (f ForestFigure) words(r ForestRow) string {
	switch {
	case r.Missing != "":
		return "no value"
	case r.NoInterval != "" && r.Diff == 0:
		return "0.0"
	case r.NoInterval != "" && (math.Abs(r.Diff) < 0.005 || math.Abs(r.Diff) >= 1e6):
		return fmt.Sprintf("%+.3g", r.Diff)
	case r.NoInterval != "":
		return fmt.Sprintf("%+.2f", r.Diff)
	}
	decimals := 2
	if wide := r.High - r.Low; wide > 0 {
		decimals = 1 - int(math.Floor(math.Log10(wide)))
	}
	if most := max(math.Abs(r.Low), math.Abs(r.High)); decimals > 6 || most >= 1e6 {
		return fmt.Sprintf("%+.3g [%+.3g, %+.3g]", r.Diff, r.Low, r.High)
	}
	decimals = max(0, decimals)
	diff := fmt.Sprintf("%+.*f", decimals, r.Diff)
	if r.Diff < 0 && !strings.ContainsAny(diff, "123456789") {
		diff = diff[1:] // no -0.0; at an end of the interval the sign says on which side of 0 it lies
	}
	return fmt.Sprintf("%s [%+.*f, %+.*f]", diff, decimals, r.Low, decimals, r.High)
}

func (f ForestFigure) sentence() string {
	parts := []string{f.Label + ", " + f.Interval}
	for _, r := range f.Rows {
		s := r.title() + " " + f.words(r) + f.unit()
		switch {
		case r.Missing != "":
			s = "no value of " + r.title() + ": " + r.Missing
		case r.NoInterval != "":
			s += ", " + r.NoInterval
		case r.clear() && r.Diff > 0 && f.More != "":
			s += ", " + f.More
		case r.clear() && r.Diff < 0 && f.Less != "":
			s += ", " + f.Less
		case !r.clear():
			s += ", holds 0"
		}
		if r.Pairs > 0 {
			s += fmt.Sprintf(" (%d pairs)", r.Pairs)
		}
		parts = append(parts, s)
	}
	return page.InWords(f.Title, parts)
}
