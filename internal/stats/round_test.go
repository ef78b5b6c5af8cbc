package stats

import (
	"math"
	"testing"
)

// TestFiveFigures wants numbers to five digits, and those that are not finite left as they are.
func TestFiveFigures(t *testing.T) {
	for _, tt := range []struct{ v, want float64 }{
		{0, 0}, {1, 1}, {0.123456789, 0.12346}, {-98765.4321, -98765}, {1.234567e-300, 1.2346e-300},
		{math.NaN(), math.NaN()}, {math.Inf(1), math.Inf(1)}, {math.Inf(-1), math.Inf(-1)},
		{math.MaxFloat64, math.MaxFloat64},
	} {
		if got := FiveFigures(tt.v); got != tt.want && !(math.IsNaN(got) && math.IsNaN(tt.want)) {
			t.Errorf("FiveFigures(%v) = %v, want %v", tt.v, got, tt.want)
		}
	}
	if math.Signbit(FiveFigures(math.Copysign(0, -1))) {
		t.Error("FiveFigures(-0) keeps its sign, which a record would show")
	}
}
