package report

import (
	"fmt"
	"strconv"
	"strings"
)

// Signed is a share of 1 in percentage points.
func Signed(v float64, decimals int) string {
	text := fmt.Sprintf("%+.*f", decimals, 100*v)
	if strings.Trim(text, "+-0.") == "" {
		return strings.TrimLeft(text, "+-")
	}
	return strings.Replace(text, "-", "−", 1)
}

// Probability is p to two digits.
func Probability(p float64) string {
	switch {
	case p < 0.001:
		return "<0.001"
	case p > 0.995:
		return "1"
	}
	return fmt.Sprintf("%.2g", p)
}

func percent(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(100**v, 'g', 6, 64)
}

func share(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'g', 4, 64)
}
