package synth

import (
	"math"
	"math/rand/v2"
)

// recipe makes clips by the settings it holds.
type recipe map[string]float64

// clip is one sample.
type clip struct {
	audio  []float32 // [Side, Side], row 0 is the lowest frequency
	visual []float32 // [Side, Side]
}

// newStream is the random stream of one sample. The three numbers are mixed into the seed, because streams of
// neighbouring seeds would begin alike.
func newStream(seed, part, index uint64) *rand.Rand {
	key := mix(mix(mix(seed)+part) + index)
	return rand.New(rand.NewPCG(key, mix(key)))
}

// mix is the output function of the generator splitmix64: it spreads each bit over all others, and is one-to-one.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// clip makes one sample. Every random number is drawn whether or not it is used, so that a setting that is changed
// leaves the other properties of each sample as they were.
func (r recipe) clip(rng *rand.Rand, class int) clip {
	hasAudio := rng.Float64() < r["audio_informative"]
	hasVisual := rng.Float64() < r["visual_informative"]
	chord, shape := r.newChord(rng, class), r.newShape(rng, class)
	c := clip{make([]float32, Side*Side), make([]float32, Side*Side)}
	audioNoise, visualNoise, level := r["audio_noise"], r["visual_noise"], r["audio_hum"]
	for i := range c.audio {
		c.audio[i] = float32(audioNoise*rng.NormFloat64() + level*hum(i/Side, i%Side))
		c.visual[i] = float32(visualNoise * rng.NormFloat64())
	}
	if hasAudio {
		chord.add(c.audio)
	}
	if hasVisual {
		shape.add(c.visual)
	}
	return c
}

// hum is the sound of the room that all samples share, between -2 and 2.
func hum(row, column int) float64 {
	return math.Cos(0.35*float64(row)) + math.Sin(1.1*float64(row)+0.3*float64(column))
}

// between draws evenly from -limit to limit.
func between(rng *rand.Rand, limit float64) float64 { return limit * (2*rng.Float64() - 1) }

// chord is a sound of three lines that starts somewhere and decays.
type chord struct {
	rows     [3]int
	loudness float64
	start    float64 // column
	decay    float64 // columns until it has fallen to 1/e
}

// lowest is the row of every chord's first line when it is not transposed.
const lowest = 6

// intervals are the rows from a chord's first line to its other two, by class. No two classes share one, so that a
// transposed chord keeps its class.
var intervals = [...][2]int{{4, 11}, {5, 14}, {6, 9}, {7, 16}, {8, 13}, {3, 17}}

func (r recipe) newChord(rng *rand.Rand, class int) chord {
	row := lowest + int(math.Round(between(rng, r["audio_shift"])))
	return chord{
		rows:     [3]int{row, row + intervals[class][0], row + intervals[class][1]},
		loudness: 2 * (1 + between(rng, 0.4)),
		start:    8 * rng.Float64(),
		decay:    10 + 20*rng.Float64(),
	}
}

// add adds the chord's lines to x, the higher ones fainter.
func (c chord) add(x []float32) {
	for k, row := range c.rows {
		for t := int(math.Ceil(c.start)); t < Side; t++ {
			x[row*Side+t] += float32(c.loudness / (1 + 0.5*float64(k)) * math.Exp(-(float64(t)-c.start)/c.decay))
		}
	}
}

// shape is a figure of one class at a place.
type shape struct {
	class    int
	x, y     float64 // of its centre, in pixels
	radius   float64 // pixels
	sin, cos float64 // of its turn
	level    float64
}

// radius is half a shape's mean extent, in pixels.
const radius = 7

func (r recipe) newShape(rng *rand.Rand, class int) shape {
	s := shape{class: class, level: 1}
	s.x = Side/2 + between(rng, r["visual_shift"])
	s.y = Side/2 + between(rng, r["visual_shift"])
	s.radius = radius * (1 + between(rng, r["visual_size"]))
	s.sin, s.cos = math.Sincos(between(rng, r["visual_turn"]) * math.Pi / 180)
	if rng.Float64() < r["visual_inverted"] {
		s.level = -1
	}
	return s
}

// add adds the shape to x, each pixel by the share of its four quarters that the shape covers.
func (s shape) add(x []float32) {
	for row := range Side {
		for column := range Side {
			for quarter := range 4 {
				dx := float64(column) + 0.25 + 0.5*float64(quarter%2) - s.x
				dy := float64(row) + 0.25 + 0.5*float64(quarter/2) - s.y
				u, v := (s.cos*dx+s.sin*dy)/s.radius, (s.cos*dy-s.sin*dx)/s.radius
				if inside(s.class, u, v) {
					x[row*Side+column] += float32(s.level / 4)
				}
			}
		}
	}
}

// inside reports whether a shape of radius 1 around the origin covers a point; v points down. The shapes cover
// 1.8 to 1.9 of the square's 4, so that brightness alone hardly tells them apart.
func inside(class int, u, v float64) bool {
	across, down := math.Abs(u), math.Abs(v)
	switch classes[class] {
	case "disc":
		return u*u+v*v < 0.6
	case "ring":
		d := u*u + v*v
		return d > 0.4 && d < 1
	case "square":
		return max(across, down) < 0.68
	case "cross":
		return min(across, down) < 0.27 && max(across, down) < 1
	case "triangle":
		return down < 0.95 && across < 0.5*(v+0.95)
	default: // bars
		return down < 0.92 && across > 0.3 && across < 0.8
	}
}
