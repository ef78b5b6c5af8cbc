package probe

import (
	"math"
	"testing"

	"github.com/primewindow/primewindow/internal/hosttest"
)

// TestMacroF1: the counts give the mean of the harmonic means of precision and recall.
func TestMacroF1(t *testing.T) {
	for _, tt := range []struct {
		name        string
		classes     int
		said, there []int
		want        float64
		reason      string
	}{
		{"all right", 3, []int{0, 1, 2, 1}, []int{0, 1, 2, 1}, 1, "each F1 is 1"},
		{"all wrong", 2, []int{1, 1, 0}, []int{0, 0, 1}, 0, "no hit in either class"},
		{
			"mixed", 3, []int{0, 0, 1, 1, 2, 0}, []int{0, 1, 1, 1, 2, 2}, 59. / 90,
			"precision 1/3, 1, 1 and recall 1, 2/3, 1/2 give F1 1/2, 4/5, 2/3, whose sum is 59/30",
		},
		{
			"one for all", 2, []int{0, 0, 0, 0}, []int{0, 0, 0, 1}, 3. / 7,
			"F1 6/7 of the class that is always said, 0 of the other: accuracy is 3/4",
		},
		{
			"absent and unsaid", 3, []int{0, 1}, []int{0, 1}, 2. / 3,
			"the third class counts as 0, as with labels=[0, 1, 2] and zero_division=0",
		},
		{"absent but said", 3, []int{0, 2}, []int{0, 1}, 1. / 3, "no recall in class 2, no precision in class 1"},
		{"no sample", 2, nil, nil, 0, "neither class is there"},
	} {
		counts := newClassCounts(tt.classes)
		for i, k := range tt.said {
			counts.add(k, tt.there[i])
		}
		// Both ways round the same numbers to some parts in 1e16.
		if got := counts.macroF1(); math.Abs(got-tt.want) > 1e-15 ||
			math.Abs(got-hosttest.SlowF1(tt.classes, tt.said, tt.there)) > 1e-15 {
			t.Errorf(
				"%s: %v, want %v, slow twin %v\nreason: %s", tt.name, got, tt.want,
				hosttest.SlowF1(tt.classes, tt.said, tt.there), tt.reason,
			)
		}
	}
}
