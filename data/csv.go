package data

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// ReadCSV reads a table of comma-separated values, see [DecodeCSV].
func ReadCSV(path string) ([][]string, error) {
	b, err := ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	return DecodeCSV(path, b)
}

// DecodeCSV decodes a table of comma-separated values, as RFC 4180 has it, in an encoding that [DecodeText] reads; name
// is the file's, for errors. Blanks around a field are cut off and empty lines passed over. It returns a
// [FormatError] that names the line for a row with another number of fields than the first, for a stray quote, and
// for a table without rows.
func DecodeCSV(name string, b []byte) ([][]string, error) {
	b, err := DecodeText(name, b)
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(bytes.NewReader(b))
	var rows [][]string
	for {
		row, err := r.Read()
		switch bad, ok := errors.AsType[*csv.ParseError](err); {
		case errors.Is(err, io.EOF) && len(rows) == 0:
			return nil, &FormatError{File: name, Reason: "no rows"}
		case errors.Is(err, io.EOF):
			return rows, nil
		case ok && errors.Is(err, csv.ErrFieldCount):
			return nil, &FormatError{
				File: name, Reason: fmt.Sprintf("line %d: %d fields, want %d", bad.Line, len(row), len(rows[0])),
			}
		case ok:
			return nil, &FormatError{File: name, Reason: fmt.Sprintf("line %d: %v", bad.Line, bad.Err)}
		case err != nil:
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
		rows = append(rows, row)
	}
}

// CheckHeader returns a [FormatError] for a header of which two columns have one name; file is for that.
func CheckHeader(file string, names []string) error {
	first := map[string]int{}
	for i, name := range names {
		if at, twice := first[name]; twice && name != "" {
			return &FormatError{
				File:   file,
				Reason: fmt.Sprintf("columns %d and %d are both called %q, want names that differ", at+1, i+1, name),
			}
		}
		first[name] = i
	}
	return nil
}

// ParseFinite reads a number that float32 can hold, neither infinite nor NaN. file and place, which says where the
// field stands, are for the [FormatError] that it returns otherwise; of a gap that says how gaps are filled.
func ParseFinite(file, text string, place func() string) (float32, error) {
	v, err := strconv.ParseFloat(text, 32)
	if err == nil && v-v == 0 {
		return float32(v), nil
	}
	bad := &FormatError{File: file, Reason: fmt.Sprintf("%s: %q, want a finite number", place(), text)}
	if err == nil || errors.Is(err, strconv.ErrRange) || slices.Contains(gaps, strings.ToLower(text)) {
		bad.Hint = gapHint
	}
	return 0, bad
}

// gaps are how tables write that a value is missing, beside NaN, in lower case.
var gaps = []string{"", "na", "n/a", "#n/a", "null", "none", "-", "?"}

const gapHint = "fill what is missing and take out what is infinite, in pandas table.replace([numpy.inf, " +
	"-numpy.inf], numpy.nan).fillna(0)"
