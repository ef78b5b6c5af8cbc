package npy

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/data"
)

// header is what an NPY file says of its array.
type header struct {
	descr   string // of the numbers; begins with a bracket for records
	columns bool   // the first axis runs fastest: Fortran's order
	shape   []int
}

// parseHeader reads a header's text, which is a dictionary as Python writes it.
func parseHeader(text string) (header, error) {
	h, l := header{}, literal{text}
	if err := l.dictionary(&h); err != nil {
		return header{}, fmt.Errorf("header %.60q, want NumPy's: %w", text, err)
	}
	if len(h.shape) > maxAxes {
		return header{}, fmt.Errorf("%d axes, want at most %d", len(h.shape), maxAxes)
	}
	return h, nil
}

// size is the number of values.
func (h header) size() (int, error) {
	size, empty := 1, slices.Contains(h.shape, 0)
	for _, n := range h.shape {
		if n < 0 || n > maxSize || !empty && n > maxSize/size {
			return 0, fmt.Errorf("shape %v, want sizes of at least 0 and a product of at most %d", h.shape, maxSize)
		}
		if !empty {
			size *= n
		}
	}
	if empty {
		return 0, nil
	}
	return size, nil
}

// place is where number i of the file stands, behind a label.
func (h header) place(label string, i int) string {
	if len(h.shape) == 0 {
		return strings.TrimSuffix(label, " ")
	}
	if h.columns { // the number that it has row by row
		at, index := i, make([]int, len(h.shape))
		for axis, n := range h.shape {
			index[axis], at = at%n, at/n
		}
		i = 0
		for axis, n := range h.shape {
			i = i*n + index[axis]
		}
	}
	return label + data.Place(i, h.shape)
}

// literal is a text of Python's of which the beginning was read.
type literal struct{ rest string }

var (
	errSyntax = errors.New("no dictionary of descr, fortran_order and shape")
	errTwice  = errors.New("a key twice")
)

// take passes over white space, and over a token where that is next.
func (l *literal) take(token string) bool {
	l.rest = strings.TrimLeft(l.rest, " \t\r\n\f")
	rest, ok := strings.CutPrefix(l.rest, token)
	l.rest = rest
	return ok
}

func (l *literal) dictionary(h *header) error {
	if !l.take("{") {
		return errSyntax
	}
	seen := map[string]bool{}
	for !l.take("}") {
		key, err := l.text()
		switch {
		case err != nil:
			return err
		case seen[key]:
			return errTwice
		case !l.take(":"):
			return errSyntax
		}
		seen[key] = true
		switch key {
		case "descr":
			h.descr, err = l.descr()
		case "fortran_order":
			if h.columns = l.take("True"); !h.columns && !l.take("False") {
				err = errSyntax
			}
		case "shape":
			h.shape, err = l.tuple()
		default:
			err = errSyntax
		}
		if err != nil {
			return err
		}
		if l.take(",") {
			continue
		}
		if !l.take("}") {
			return errSyntax
		}
		break
	}
	if l.take(""); l.rest != "" || len(seen) != 3 {
		return errSyntax
	}
	return nil
}

// text reads a string, which holds no escapes.
func (l *literal) text() (string, error) {
	l.take("u") // of Python 2
	for _, quote := range []string{"'", `"`} {
		if !l.take(quote) {
			continue
		}
		text, rest, ok := strings.Cut(l.rest, quote)
		if !ok || strings.ContainsAny(text, "\\\n") {
			return "", errSyntax
		}
		l.rest = rest
		return text, nil
	}
	return "", errSyntax
}

// descr reads what the numbers are: a string, or a list of a record's fields, which is passed over.
func (l *literal) descr() (string, error) {
	if !l.take("[") {
		return l.text()
	}
	whole := l.rest
	for depth := 1; depth > 0; {
		switch {
		case l.take("["), l.take("("), l.take("{"):
			depth++
		case l.take("]"), l.take(")"), l.take("}"):
			depth--
		case strings.HasPrefix(l.rest, "'"), strings.HasPrefix(l.rest, `"`):
			if _, err := l.text(); err != nil {
				return "", err
			}
		case l.rest == "":
			return "", errSyntax
		default:
			l.rest = l.rest[1:]
		}
	}
	return "[" + whole[:len(whole)-len(l.rest)], nil
}

// tuple reads whole numbers in brackets, or one without a comma behind it.
func (l *literal) tuple() ([]int, error) {
	if !l.take("(") {
		return nil, errSyntax
	}
	list := []int{}
	for !l.take(")") {
		l.take("")
		end := strings.IndexFunc(l.rest, func(r rune) bool { return r != '-' && (r < '0' || r > '9') })
		if end < 1 {
			return nil, errSyntax
		}
		n, err := strconv.Atoi(l.rest[:end])
		if err != nil {
			return nil, fmt.Errorf("shape with %.30q", l.rest[:end])
		}
		list, l.rest = append(list, n), strings.TrimPrefix(l.rest[end:], "L") // Python 2's long numbers
		if l.take(",") {
			continue
		}
		if !l.take(")") {
			return nil, errSyntax
		}
		break
	}
	return list, nil
}
