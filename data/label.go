package data

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Unlabelled is the label of a sample whose list does not say it.
const Unlabelled = -1

// blanks are the ways in which lists write that a label is not known, beside -1, in small letters.
var blanks = []string{"", "null", "none", "nan", "na", "n/a"}

// ParseBinary reads the label of one of two classes by its value, not by its spelling: 0 or 1 in any way to write the
// numbers, and false or true in any capitals. What lists write for a label that is not known, nothing, -1, null, none,
// NaN or NA, is [Unlabelled].
func ParseBinary(text string) (int, error) {
	word := strings.ToLower(strings.TrimSpace(text))
	switch {
	case slices.Contains(blanks, word):
		return Unlabelled, nil
	case word == "false":
		return 0, nil
	case word == "true":
		return 1, nil
	}
	if n, err := ParseWhole(word); err == nil && n >= Unlabelled && n <= 1 {
		return n, nil
	}
	return 0, fmt.Errorf("label %.50q, want 0 or 1", text)
}

// ParseWhole reads a whole number by its value: 3, 3.0 and 3e0 are equal.
func ParseWhole(text string) (int, error) {
	text = strings.TrimSpace(text)
	if n, err := strconv.Atoi(text); err == nil {
		return n, nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || strings.ContainsAny(text, "xX_") || v != math.Trunc(v) || math.Abs(v) > 1<<53 {
		return 0, fmt.Errorf("%.50q, want a whole number", text)
	}
	return int(v), nil
}
