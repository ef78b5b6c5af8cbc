package data

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Setting declares one adjustable quantity: of a set, a model, a method or a run. Tables of settings are
// what the command line, the notebook and the records share, so that a name means one thing everywhere.
type Setting struct {
	Name    string
	Default any                // float64, string or bool; its type is the setting's type
	Min     float64            // of a number
	Max     float64            // of a number; Min == Max means no bounds
	Whole   bool               // a number without fraction
	Choices []string           // of a string; empty means any
	Mutable bool               // may change in the middle of a run
	Own     bool               // a constant of published code: a set's recipe does not change it
	Check   func(string) error // of a string that is not a choice; nil accepts any
	Doc     string             // one sentence, with unit and source
}

// Range says what a setting may be: its choices, its bounds, or its type.
func (s Setting) Range() string {
	switch s.Default.(type) {
	case float64:
		text, written := "number", byte('g')
		if s.Whole {
			text, written = "whole number", 'f' // 65536, not 6.5536e+04
		}
		if s.Min < s.Max {
			text += " from " + strconv.FormatFloat(
				s.Min, written, -1, 64,
			) + " to " + strconv.FormatFloat(s.Max, written, -1, 64)
		}
		return text
	case bool:
		return "true or false"
	}
	if len(s.Choices) > 0 {
		return strings.Join(s.Choices, ", ")
	}
	return "text"
}

// Parse turns what a person typed, or a value from JSON, into a value of the setting's type, within its bounds.
func (s Setting) Parse(v any) (any, error) {
	switch s.Default.(type) {
	case float64:
		return s.parseNumber(v)
	case bool:
		switch v := v.(type) {
		case bool:
			return v, nil
		case string:
			if b, err := strconv.ParseBool(v); err == nil {
				return b, nil
			}
		}
		return nil, fmt.Errorf("setting %s: got %v, want true or false", s.Name, v)
	default:
		var str string
		switch v := v.(type) {
		case string:
			str = v
		case bool, int, float64: // as a value of JSON that looks like one
			str = fmt.Sprint(v)
		default:
			return nil, fmt.Errorf("setting %s: got %v, want a text", s.Name, v)
		}
		if len(s.Choices) > 0 && !slices.Contains(s.Choices, str) {
			return nil, fmt.Errorf("setting %s: got %q, want one of %s", s.Name, str, strings.Join(s.Choices, ", "))
		}
		if s.Check != nil {
			if err := s.Check(str); err != nil {
				return nil, fmt.Errorf("setting %s: %w", s.Name, err)
			}
		}
		return str, nil
	}
}

func (s Setting) parseNumber(v any) (any, error) {
	var x float64
	switch v := v.(type) {
	case float64:
		x = v
	case int:
		x = float64(v)
	case string:
		var err error
		if x, err = strconv.ParseFloat(v, 64); err != nil {
			return nil, fmt.Errorf("setting %s: got %q, want a number", s.Name, v)
		}
	default:
		return nil, fmt.Errorf("setting %s: got %v, want a number", s.Name, v)
	}
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return nil, fmt.Errorf("setting %s: got %v, want a finite number", s.Name, x)
	case s.Whole && x != math.Trunc(x):
		return nil, fmt.Errorf("setting %s: got %v, want a whole number", s.Name, x)
	case s.Min < s.Max && (x < s.Min || x > s.Max):
		return nil, fmt.Errorf("setting %s: got %v, want between %v and %v", s.Name, x, s.Min, s.Max)
	case x == 0:
		return 0.0, nil // -0 is written in another way, so that equal settings would have two hashes
	}
	return x, nil
}
