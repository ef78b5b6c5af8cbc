package wire

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// FirstLine is an error's text without the stack that some libraries append.
func FirstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// AsProblem is an error as it crosses the socket.
func AsProblem(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	return &Problem{Message: FirstLine(err)}
}

// OneLine is a text in one line: a space stands for all white space between two words.
func OneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// JoinLines is a text in one line: "; " stands between those that it had.
func JoinLines(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(c rune) bool { return c == '\n' || c == '\r' }), "; ")
}

// Unknown reports a name that is not among those there are, and offers the nearest.
func Unknown(what, name string, known []string, hint string) error {
	return &Problem{Message: fmt.Sprintf("unknown %s %q", what, name), Hint: Nearest(name, known, hint)}
}

// Nearest offers the names nearest to one that is not known; where none is near it is hint, or else lists them all. A
// name and its initials, lr and learning_rate, are near.
func Nearest(name string, known []string, hint string) string {
	type near struct {
		name string
		d    int
	}
	var list []near
	for _, k := range known {
		d := distance(strings.ToLower(name), strings.ToLower(k))
		if k == initials(name) || name == initials(k) {
			d = 0
		}
		if d <= 1+len(name)/3 || strings.Contains(k, name) {
			list = append(list, near{k, d})
		}
	}
	slices.SortFunc(list, func(a, b near) int { return cmp.Or(cmp.Compare(a.d, b.d), cmp.Compare(a.name, b.name)) })
	for i, n := range list { // what is much farther than the nearest is no offer
		if n.d > list[0].d+1 && !strings.Contains(n.name, name) {
			list = list[:i]
			break
		}
	}
	switch {
	case len(list) > 0:
		offers := make([]string, 0, 3)
		for _, n := range list[:min(3, len(list))] {
			offers = append(offers, n.name)
		}
		return "did you mean " + strings.Join(offers, " or ") + "?"
	case hint == "":
		return "there are " + strings.Join(known, ", ")
	}
	return hint
}

// initials are the first letters of a name's words, of two at least.
func initials(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '_' || r == ' ' || r == '-' })
	if len(words) < 2 {
		return ""
	}
	short := make([]byte, len(words))
	for i, w := range words {
		short[i] = w[0]
	}
	return string(short)
}

// LastName is the part of a path behind its last full stop.
func LastName(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// distance is the edit distance between two words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal, row[j+1] = row[j+1], min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// Plural is a number of things, the last letter of which is s where there are several or none.
func Plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
