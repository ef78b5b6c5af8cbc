package data

import "fmt"

// FormatError reports a file that is not what its format says: truncated, contradictory, out of range.
type FormatError struct {
	File   string // as the user knows it
	Reason string // got and want
}

func (e *FormatError) Error() string { return fmt.Sprintf("%s: %s", e.File, e.Reason) }

// UnsupportedError reports a file that is whole, but of a kind that is not read.
type UnsupportedError struct {
	File    string
	Feature string // what it has that is not read
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("%s: not supported: %s", e.File, e.Feature)
}
