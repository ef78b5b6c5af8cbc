package data

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// FormatError reports a file that is not what its format says: truncated, contradictory, out of range.
type FormatError struct {
	File   string // as the user knows it
	Reason string // got and want
	Hint   string // what to do about it, where the fault itself tells; else empty
	Whole  bool   // the hint is all there is to do: leaving samples out does not help
}

func (e *FormatError) Error() string { return fmt.Sprintf("%s: %s", e.File, e.Reason) }

// UnsupportedError reports a file that is whole, but of a kind that is not read.
type UnsupportedError struct {
	File    string
	Feature string // what it has that is not read
	Hint    string // as a [FormatError]'s
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("%s: not supported: %s", e.File, e.Feature)
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
