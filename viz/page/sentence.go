package page

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Sentence says in words what panels show: each line's first and last value, then windows, the rule and marks.
func Sentence(title string, panels ...*Panel) string {
	parts := make([]string, 0, len(panels))
	for _, p := range panels {
		parts = append(parts, p.Words())
	}
	return InWords(title, append(parts, BandWords(panels...)...))
}

// BandWords say what the bands of panels are, where that is no standard error.
func BandWords(panels ...*Panel) []string {
	for _, p := range panels {
		if p.Band != "" && p.Errors() {
			return []string{"band: " + p.Band}
		}
	}
	return nil
}

// InWords joins what is said of the panels.
func InWords(title string, parts []string) string {
	text := strings.Join(parts, "; ") + "."
	if title != "" {
		text = title + ": " + text
	}
	return text
}

// Words say what a panel shows.
func (p *Panel) Words() string {
	against := p.Y.Label
	if p.X.Label != "" {
		against += " by " + p.X.Label
	}
	switch {
	case p.X.Log && p.Y.Log:
		against += " on log axes"
	case p.X.Log:
		against += " on a log x axis"
	case p.Y.Log:
		against += " on a log axis"
	}
	if d := p.definition(); d != "" {
		against += " (" + d + ")"
	}
	lines := make([]string, len(p.Lines))
	for i, l := range p.Lines {
		if l.Hollow {
			values := make([]string, len(l.Points))
			for k, pt := range l.Points {
				values[k] = fmt.Sprintf("%s at %s", p.Y.Word(pt.Y), Number(pt.X))
			}
			lines[i] = l.Name + " (hollow) is " + strings.Join(values[:min(len(values), 12)], ", ")
			continue
		}
		first, last := l.Points[0], l.Points[len(l.Points)-1]
		if len(l.Points) == 1 {
			lines[i] = fmt.Sprintf("%s is %s at %s", l.Name, p.Y.Word(first.Y), Number(first.X))
			continue
		}
		lines[i] = fmt.Sprintf("%s goes from %s at %s to %s at %s", l.Name,
			p.Y.Word(first.Y), Number(first.X), p.Y.Word(last.Y), Number(last.X))
	}
	parts := []string{strings.TrimSpace(against + ", " + strings.Join(lines, ", "))}
	for _, s := range p.spans {
		unsure := ""
		if s.Uncertain && !strings.HasSuffix(s.name, "(uncertain)") {
			unsure = " perhaps"
		}
		within := ""
		if s.Of > 0 {
			within = fmt.Sprintf(" in %d of %d seeds", s.Open, s.Of)
		}
		parts = append(parts, fmt.Sprintf("%s%s from %s to %s%s", s.name, unsure, Number(s.From), Number(s.To), within))
	}
	if p.Rule.Text != "" {
		parts = append(parts, p.Rule.Text+" is "+p.Y.Word(p.Rule.Y))
	}
	for _, m := range p.marks {
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("mark at %s %s", Number(m.X), m.Text)))
	}
	return strings.Join(parts, "; ")
}

// Word writes a value of an axis.
func (a *Axis) Word(v float64) string {
	if a.Percent {
		return Number(100*v) + "%"
	}
	return Number(v)
}

// WordWith writes a value of an axis with its standard error, both to the error's second digit.
func (a *Axis) WordWith(v, se float64) string {
	if se == 0 {
		return a.Word(v)
	}
	unit := ""
	if a.Percent {
		v, se, unit = 100*v, 100*se, "%"
	}
	decimals := max(0, 1-int(math.Floor(math.Log10(se))))
	if decimals > 6 || math.Abs(v) >= 1e6 || se >= 1e6 {
		return Number(v) + " ± " + strconv.FormatFloat(se, 'g', 2, 64) + unit
	}
	return fmt.Sprintf("%.*f ± %.*f%s", decimals, v, decimals, se, unit)
}

// Number writes a value with four digits.
func Number(v float64) string {
	return strconv.FormatFloat(v, 'g', 4, 64)
}
