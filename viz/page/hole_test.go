package page

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBetween cuts a span at places, with gaps beside each.
func TestBetween(t *testing.T) {
	for _, tt := range []struct {
		name   string
		cuts   []float64
		want   []Reach
		reason string
	}{
		{"none", nil, []Reach{{0, 100}}, "nothing is in the way"},
		{"one", []float64{40}, []Reach{{0, 35}, {45, 100}}, "a gap to either side"},
		{"at the edge", []float64{0, 40}, []Reach{{5, 35}, {45, 100}}, "bars begin on the left"},
		{"close", []float64{40, 44}, []Reach{{0, 35}, {49, 100}}, "no room between"},
	} {
		if diff := cmp.Diff(tt.want, Between(Reach{0, 100}, 5, tt.cuts...), cmp.AllowUnexported(Reach{})); diff != "" {
			t.Errorf("%s: (-want +got)\n%s\nreason: %s", tt.name, diff, tt.reason)
		}
	}
}
