package page

import (
	"fmt"
	"math"
)

// Limit bounds what can be drawn: sums and ratios of such values are finite still.
const Limit = 1e300

// Most is the most series of a figure, and the most runs and modalities with windows, so that a legend stays on a page.
const Most = 100

// Drawable says whether a number can have a place on an axis.
func Drawable(v float64) bool { return math.Abs(v) <= Limit } // false for NaN

// CheckSeries names the first thing in list that cannot be drawn. On a log axis values are at least 1/limit.
func CheckSeries(figure string, list []Series, log bool) error {
	if len(list) == 0 {
		return fmt.Errorf("viz: %s: no series, want at least one", figure)
	}
	if len(list) > Most {
		return fmt.Errorf("viz: %s: %d series, want at most %d", figure, len(list), Most)
	}
	seen := make(map[string]bool, len(list))
	var one Definition
	for i, s := range list {
		if s.Name == "" {
			return fmt.Errorf("viz: %s: series %d: no name, want one for the legend", figure, i)
		}
		if seen[s.Name] {
			return fmt.Errorf("viz: %s: series %q: two of that name, want one", figure, s.Name)
		}
		seen[s.Name] = true
		if err := one.Meet(figure, "series", s.Name, s.Definition); err != nil {
			return err
		}
		if len(s.Points) == 0 {
			return fmt.Errorf("viz: %s: series %q: no points, want at least one", figure, s.Name)
		}
		for j, p := range s.Points {
			at := func() string { return fmt.Sprintf("viz: %s: series %q: point %d", figure, s.Name, j) }
			switch {
			case !Drawable(p.X):
				return fmt.Errorf("%s: x = %v, want a finite value", at(), p.X)
			case !Drawable(p.Y):
				return fmt.Errorf("%s: y = %v, want a finite value", at(), p.Y)
			case !Drawable(p.SE) || p.SE < 0:
				return fmt.Errorf("%s: standard error %v, want a finite value of 0 or more", at(), p.SE)
			case j > 0 && p.X < s.Points[j-1].X:
				return fmt.Errorf("%s: x = %v after %v, want ascending x", at(), p.X, s.Points[j-1].X)
			case log && p.Y < 1/Limit:
				return fmt.Errorf("%s: y = %v on a log axis, want above 0", at(), p.Y)
			}
		}
	}
	return nil
}

// Definition is what an axis shows, and the first that shows it. Numbers of two definitions can differ by orders of
// magnitude for one network, and their order says nothing, so that no axis holds both.
type Definition struct{ name, text string }

// Meet holds a further series or bar to the definition of its axis. One that names none may stand with any.
func (d *Definition) Meet(figure, kind, name, text string) error {
	switch {
	case text == "" || text == d.text:
	case d.text == "":
		d.name, d.text = name, text
	default:
		return fmt.Errorf("viz: %s: %s %q is %s and %s %q is %s: two definitions on one axis, want one",
			figure, kind, d.name, d.text, kind, name, text)
	}
	return nil
}

// CheckRule names what is wrong with a rule. One without a text is none, and then has no height.
func CheckRule(figure string, r Rule, log bool) error {
	switch {
	case r.Text == "" && r.Y != 0:
		return fmt.Errorf("viz: %s: rule at %v without a text, want one for the legend", figure, r.Y)
	case !Drawable(r.Y):
		return fmt.Errorf("viz: %s: rule %q: y = %v, want a finite value", figure, r.Text, r.Y)
	case r.Text != "" && log && r.Y < 1/Limit:
		return fmt.Errorf("viz: %s: rule %q: y = %v on a log axis, want above 0", figure, r.Text, r.Y)
	}
	return nil
}

// CheckWindows names the first window that cannot be drawn.
func CheckWindows(figure string, list []Window) error {
	owners := make(map[[2]string]bool)
	for i, w := range list {
		if err := w.checkEnds(); err != nil {
			return fmt.Errorf("viz: %s: window %d of %q: %w", figure, i, w.Modality, err)
		}
		if w.Of < 0 || w.Of == 0 && w.Open != 0 || w.Of > 0 && (w.Open < 1 || w.Open > w.Of) {
			return fmt.Errorf("viz: %s: window %d of %q: open in %d of %d seeds, want 1 to all of them, or 0 of 0",
				figure, i, w.Modality, w.Open, w.Of)
		}
		if !Drawable(w.From) || !Drawable(w.To) || w.From >= w.To {
			return fmt.Errorf(
				"viz: %s: window %d of %q: from %v to %v, want finite ends in ascending order", figure, i, w.Modality,
				w.From, w.To,
			)
		}
		owners[[2]string{w.Run, w.Modality}] = true
	}
	if len(owners) > Most {
		return fmt.Errorf("viz: %s: windows of %d runs and modalities, want at most %d", figure, len(owners), Most)
	}
	return nil
}

// checkEnds names what is wrong with where the ends of a window may lie.
func (w Window) checkEnds() error {
	for _, end := range []struct {
		name    string
		at      float64
		between [2]float64
	}{{"from", w.From, w.FromEnds}, {"to", w.To, w.ToEnds}} {
		low, high := end.between[0], end.between[1]
		switch {
		case low == 0 && high == 0:
		case !Drawable(low) || !Drawable(high) || low > end.at || high < end.at:
			return fmt.Errorf(
				"%s %v between %v and %v, want finite values in ascending order about it", end.name, end.at, low, high,
			)
		}
	}
	return nil
}

// CheckMarks names the first mark that cannot be drawn.
func CheckMarks(figure string, list []Mark) error {
	for i, m := range list {
		if !Drawable(m.X) {
			return fmt.Errorf("viz: %s: mark %d %q: x = %v, want a finite value", figure, i, m.Text, m.X)
		}
	}
	return nil
}

// CheckShared holds series of one name in several panels to one look, since they share an entry of the legend.
func CheckShared(figure string, panels ...[]Series) error {
	first := make(map[string]Series)
	for _, list := range panels {
		for _, s := range list {
			was, ok := first[s.Name]
			if ok && (was.Run != s.Run || was.Modality != s.Modality) {
				return fmt.Errorf("viz: %s: series %q: %q of run %q in one panel, %q of run %q in another, want one",
					figure, s.Name, was.Modality, was.Run, s.Modality, s.Run)
			}
			first[s.Name] = s
		}
	}
	return nil
}
