package page

import "strings"

// MostLines is the most lines of a panel's title, and of a reason why there is no value.
const MostLines = 3

// lines breaks a text between words into at most most lines of a width, in CSS pixels. What is left over is cut off the
// last of them, which says so with three dots: the sentence of a figure has it whole.
func lines(size, width float64, most int, s string) []string {
	list := Wrapped(size, width, s)
	if len(list) <= most {
		return list
	}
	return append(list[:most-1:most-1], Fit(size, width, list[most-1]+" "+list[most]))
}

// Evenly breaks a text as lines does. One that takes two lines is broken after its colon where both parts have room;
// else lines are made about as long as each other, so that no word stands alone.
func Evenly(size, width float64, most int, s string) []string {
	list := lines(size, width, most, s)
	if n := len(list); n < 2 || strings.HasSuffix(list[n-1], "…") {
		return list
	}
	if head, tail, ok := strings.Cut(s, ": "); ok && len(list) == 2 {
		if head += ":"; WidthOf(size, head) <= width && WidthOf(size, tail) <= width {
			return []string{head, tail}
		}
	}
	least := 0.0
	for word := range strings.FieldsSeq(s) {
		least = max(least, WidthOf(size, word))
	}
	for w := width - 2; w >= least; w -= 2 {
		tighter := Wrapped(size, w, s)
		if len(tighter) > len(list) {
			break
		}
		list = tighter
	}
	return list
}

// Widest is the width of the longest of some lines.
func Widest(size float64, list []string) float64 {
	w := 0.0
	for _, s := range list {
		w = max(w, WidthOf(size, s))
	}
	return w
}

// Joined breaks a text made of parts into lines of at most a width, between parts where it can.
func Joined(size, width float64, between string, parts []string) []string {
	var list []string
	for _, s := range parts {
		if n := len(list); n > 0 && WidthOf(size, list[n-1]+between+s) <= width {
			list[n-1] += between + s
			continue
		}
		if n := len(list); n > 0 {
			list[n-1] += strings.TrimRight(between, " ·") // a comma ends its line, a dot between parts does not
		}
		list = append(list, Wrapped(size, width, s)...)
	}
	return list
}

// PanelTitle is the lines of a panel's title over a width.
func PanelTitle(s string, width float64) []string { return Evenly(LabelSize, width, MostLines, s) }

// MoreLines is the room that lines take beyond the first.
func MoreLines(list []string) float64 { return float64(max(0, len(list)-1)) * NoteLine }

// TitleLines write a panel's title, the middle of its first line at a place.
func (p *Pen) TitleLines(list []string, at Dot) {
	for i, s := range list {
		p.Write(Ink, LabelSize, Dot{at.X, at.Y + float64(i)*NoteLine}, Left, Middle, s)
	}
}

// TextOf is lines as Vega-Lite has them in a title.
func TextOf(list []string) any {
	if len(list) == 1 {
		return list[0]
	}
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}
