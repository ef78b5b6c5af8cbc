package audio

import "math"

// Tile repeats a recording until it has n samples, and cuts it there. Nothing, repeated, is silence.
func Tile(x []float32, n int) []float32 {
	out := make([]float32, n)
	Repeat(out, copy(out, x))
	return out
}

// Repeat fills x with repetitions of its first n samples, in place, as [Tile] does, and with zeros if n is 0.
func Repeat(x []float32, n int) {
	if n == 0 {
		clear(x)
		return
	}
	for have := n; have < len(x); {
		have += copy(x[have:], x[:have])
	}
}

// Clip brings samples below -1 and above 1 to these, in place.
func Clip(x []float32) {
	for i, v := range x {
		if math.Float32bits(v)&^(1<<31) > math.Float32bits(1) { // one comparison for nearly all of them
			if v > 1 {
				x[i] = 1
			} else if v < -1 {
				x[i] = -1
			}
		}
	}
}
