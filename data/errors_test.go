package data_test

import (
	"math"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data"
)

func TestNotFinite(t *testing.T) {
	for _, tt := range []struct {
		v      float64
		want   string
		reason string
	}{
		{math.Inf(-1), "a.npy: value [7, 3, 2] is -Inf, want a finite number", "the logarithm of silence"},
		{math.NaN(), "a.npy: value [7, 3, 2] is NaN, want a finite number", "a gap"},
		{1e300, "a.npy: value [7, 3, 2] is 1e+300, want a number that float32 can hold", "finite where it was made"},
	} {
		err := data.NotFinite("a.npy", "value "+data.Place(7*20+3*4+2, []int{9, 5, 4}), tt.v)
		if err.Error() != tt.want || !strings.Contains(err.Hint, "nan_to_num") {
			t.Errorf("NotFinite: %v with the hint %q, want %s\nreason: %s", err, err.Hint, tt.want, tt.reason)
		}
	}
	if got := data.Place(0, nil); got != "[]" {
		t.Errorf("Place in an array without axes: %s, want []", got)
	}
}
