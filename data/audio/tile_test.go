package audio

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

func TestTile(t *testing.T) {
	for _, tt := range []struct {
		n    int
		want string
	}{{0, "[]"}, {2, "[1 2]"}, {3, "[1 2 3]"}, {7, "[1 2 3 1 2 3 1]"}} {
		if got := fmt.Sprint(Tile([]float32{1, 2, 3}, tt.n)); got != tt.want {
			t.Errorf("Tile to %d = %s, want %s", tt.n, got, tt.want)
		}
	}
	if got := fmt.Sprint(Tile(nil, 3)); got != "[0 0 0]" {
		t.Errorf("Tile of nothing = %s, want silence", got)
	}
}

func TestRepeat(t *testing.T) {
	x := []float32{1, 2, 3, 4, 5}
	for _, tt := range []struct {
		n    int
		want string
	}{{5, "[1 2 3 4 5]"}, {2, "[1 2 1 2 1]"}, {1, "[1 1 1 1 1]"}, {0, "[0 0 0 0 0]"}} {
		if Repeat(x, tt.n); fmt.Sprint(x) != tt.want {
			t.Errorf("Repeat of the first %d = %v, want %s", tt.n, x, tt.want)
		}
	}
}

func TestClip(t *testing.T) {
	inf, beyond := float32(math.Inf(1)), math.Nextafter32(1, 2)
	x := []float32{1, -1, beyond, -beyond, inf, -inf, 0.5, -0.5, 0, math.Nextafter32(1, 0), math.MaxFloat32}
	want := []float32{1, -1, 1, -1, 1, -1, 0.5, -0.5, 0, math.Nextafter32(1, 0), 1}
	if Clip(x); !slices.Equal(x, want) {
		t.Errorf("Clip gives %v, want %v", x, want)
	}
	x = []float32{float32(math.NaN())}
	if Clip(x); !math.IsNaN(float64(x[0])) {
		t.Errorf("Clip makes %v of NaN, which is for the transforms to find", x[0])
	}
}
