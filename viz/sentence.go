package viz

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// sentence says in words what panels show: each line's first and last value, then windows, the rule and marks.
func sentence(title string, panels ...*panel) string {
	parts := make([]string, 0, len(panels))
	for _, p := range panels {
		parts = append(parts, p.words())
	}
	return inWords(title, append(parts, bandWords(panels...)...))
}

// bandWords say what the bands of panels are, where that is no standard error.
func bandWords(panels ...*panel) []string {
	for _, p := range panels {
		if p.band != "" && p.errors() {
			return []string{"band: " + p.band}
		}
	}
	return nil
}

// inWords joins what is said of the panels.
func inWords(title string, parts []string) string {
	text := strings.Join(parts, "; ") + "."
	if title != "" {
		text = title + ": " + text
	}
	return text
}

func (p *panel) words() string {
	against := p.y.label
	if p.x.label != "" {
		against += " by " + p.x.label
	}
	switch {
	case p.x.log && p.y.log:
		against += " on log axes"
	case p.x.log:
		against += " on a log x axis"
	case p.y.log:
		against += " on a log axis"
	}
	if d := p.definition(); d != "" {
		against += " (" + d + ")"
	}
	lines := make([]string, len(p.lines))
	for i, l := range p.lines {
		if l.Hollow {
			values := make([]string, len(l.Points))
			for k, pt := range l.Points {
				values[k] = fmt.Sprintf("%s at %s", p.y.word(pt.Y), number(pt.X))
			}
			lines[i] = l.Name + " (hollow) is " + strings.Join(values[:min(len(values), 12)], ", ")
			continue
		}
		first, last := l.Points[0], l.Points[len(l.Points)-1]
		if len(l.Points) == 1 {
			lines[i] = fmt.Sprintf("%s is %s at %s", l.Name, p.y.word(first.Y), number(first.X))
			continue
		}
		lines[i] = fmt.Sprintf("%s goes from %s at %s to %s at %s", l.Name,
			p.y.word(first.Y), number(first.X), p.y.word(last.Y), number(last.X))
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
		parts = append(parts, fmt.Sprintf("%s%s from %s to %s%s", s.name, unsure, number(s.From), number(s.To), within))
	}
	if p.rule.Text != "" {
		parts = append(parts, p.rule.Text+" is "+p.y.word(p.rule.Y))
	}
	for _, m := range p.marks {
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("mark at %s %s", number(m.X), m.Text)))
	}
	return strings.Join(parts, "; ")
}

// word writes a value of an axis.
func (a *axis) word(v float64) string {
	if a.percent {
		return number(100*v) + "%"
	}
	return number(v)
}

// wordWith writes a value of an axis with its standard error, both to the error's second digit.
func (a *axis) wordWith(v, se float64) string {
	if se == 0 {
		return a.word(v)
	}
	unit := ""
	if a.percent {
		v, se, unit = 100*v, 100*se, "%"
	}
	decimals := max(0, 1-int(math.Floor(math.Log10(se))))
	if decimals > 6 || math.Abs(v) >= 1e6 || se >= 1e6 {
		return number(v) + " ± " + strconv.FormatFloat(se, 'g', 2, 64) + unit
	}
	return fmt.Sprintf("%.*f ± %.*f%s", decimals, v, decimals, se, unit)
}

// number writes a value with four digits.
func number(v float64) string {
	return strconv.FormatFloat(v, 'g', 4, 64)
}
