package data

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// FormatError reports a file that is not what its format says: truncated, contradictory, out of range.
type FormatError struct {
	File   string // as the user knows it
	Reason string // got and want
	Hint   string // what to do about it, where the fault itself tells; else empty
	Whole  bool   // the hint is all there is to do: leaving samples out does not help
}

func (e *FormatError) Error() string { return line(e.File, e.Reason) }

// UnsupportedError reports a file that is whole, but of a kind that is not read.
type UnsupportedError struct {
	File    string
	Feature string // what it has that is not read
	Hint    string // as a [FormatError]'s
}

func (e *UnsupportedError) Error() string {
	return line(e.File, "not supported: "+e.Feature)
}

// A reason may hold what a file holds, a field of a megabyte for example. So much of a message is shown, in bytes.
const longReason, longName = 500, 4096

// line is one line, and no endless one.
func line(file, reason string) string {
	return OneLine(shorten(file, longName)) + ": " + OneLine(shorten(reason, longReason))
}

// shorten takes the middle out of a text that is longer than that.
func shorten(text string, most int) string {
	if len(text) <= most {
		return text
	}
	const end = 100
	head, tail := text[:longReason-end], text[len(text)-end:]
	for len(head) > 0 && !utf8.ValidString(head) && utf8.ValidString(text) {
		head = head[:len(head)-1]
	}
	for len(tail) > 0 && !utf8.ValidString(tail) && utf8.ValidString(text) {
		tail = tail[1:]
	}
	return fmt.Sprintf("%s ... (%d bytes) ... %s", head, len(text), tail)
}

// OneLine is a text with its control characters, and what is not UTF-8, as Go's sources write them: a file's name may
// hold any, and a message is one line that does nothing to a terminal.
func OneLine(text string) string {
	if utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl) {
		return text
	}
	var b strings.Builder
	for i, r := range text {
		_, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case unicode.IsControl(r):
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// NotFinite is the fault of a value that is infinite, not a number, or more than float32 holds. place says where it
// stands: "value [7, 3, 2]", of sample, step and feature.
func NotFinite(file, place string, v float64) *FormatError {
	want := "a finite number"
	if v-v == 0 {
		want = "a number that float32 can hold"
	}
	return &FormatError{File: file, Reason: fmt.Sprintf("%s is %v, want %s", place, v, want), Hint: finiteHint}
}

// finiteHint says how values that are no numbers are taken out, where arrays are made.
const finiteHint = "take such values out where the file is made, in Python x = numpy.nan_to_num(x, posinf=0, neginf=0)"

// Place is where number i of an array in row-major order stands, as an index: [7, 3, 2].
func Place(i int, shape []int) string {
	index := make([]string, len(shape))
	for axis := len(shape) - 1; axis >= 0; axis-- {
		index[axis] = strconv.Itoa(i % shape[axis])
		i /= shape[axis]
	}
	return "[" + strings.Join(index, ", ") + "]"
}

// Hint is what to do about an error, or empty where the fault itself does not tell.
func Hint(err error) string {
	if e, ok := errors.AsType[*FormatError](err); ok && e.Hint != "" {
		return e.Hint
	}
	if e, ok := errors.AsType[*UnsupportedError](err); ok {
		return e.Hint
	}
	return ""
}
