package viz

import (
	"fmt"
	"strconv"
	"strings"
)

// sentence says in words what panels show: each line's first and last value, then windows, the chance line and marks.
func sentence(title string, panels ...*panel) string {
	parts := make([]string, 0, len(panels))
	for _, p := range panels {
		parts = append(parts, p.words())
	}
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
	if p.y.log {
		against += " on a log axis"
	}
	lines := make([]string, len(p.lines))
	for i, l := range p.lines {
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
		parts = append(parts, fmt.Sprintf("%s from %s to %s", s.name, number(s.From), number(s.To)))
	}
	if p.rule != 0 {
		parts = append(parts, "chance is "+p.y.word(p.rule))
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

// number writes a value with four digits.
func number(v float64) string {
	return strconv.FormatFloat(v, 'g', 4, 64)
}
