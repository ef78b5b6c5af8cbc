package viz

import (
	"testing"

	"github.com/primewindow/primewindow/viz/page"
)

func TestHeat(t *testing.T) {
	for _, tt := range []struct {
		v      float64
		want   string
		reason string
	}{
		{-1, "#053061", "lower end"},
		{0, "#f7f7f7", "middle"},
		{1, "#67001f", "upper end"},
		{1.0005, "#67001f", "rounding beyond 1 has the colour of 1"},
		{0.25, "#e7aca2", "half way from the middle, f7f7f7, to the colour of 0.5, d6604d"},
	} {
		if got := page.Hex(heat(tt.v)); got != tt.want {
			t.Errorf("heat(%v) = %s, want %s; reason: %s", tt.v, got, tt.want, tt.reason)
		}
	}
}
