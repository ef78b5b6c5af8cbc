package stats

import "strconv"

// FiveFigures is a number to five digits: a record is committed. What is not finite stays so, and is refused by name
// where the record is written: 0 would pass for a measurement.
func FiveFigures(v float64) float64 {
	if v == 0 {
		return 0 // without the sign that JSON would write
	}
	out, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 5, 64), 64)
	if err != nil { // out of range, which rounding up the largest numbers gives
		return v
	}
	return out
}
