package tsne

import (
	"fmt"
	"math"
)

// MaxExact is the most points whose repulsion is summed over all pairs where Config leaves the choice open. The
// quadtree is faster from about 1000 points on, at 3000 three times; up to here exactness is worth the seconds.
const MaxExact = 2000

// Repulsion is how the forces that push points apart are summed.
type Repulsion int

// The ways to sum repulsion.
const (
	Auto      Repulsion = iota // Exact up to MaxExact points, BarnesHut above
	Exact                      // over all pairs: n² in time
	BarnesHut                  // over a quadtree, far points in groups: n·log n in time
)

// String is the name of the constant.
func (r Repulsion) String() string {
	switch r {
	case Auto:
		return "Auto"
	case Exact:
		return "Exact"
	case BarnesHut:
		return "BarnesHut"
	}
	return fmt.Sprintf("Repulsion(%d)", int(r))
}

// Config is the settings of a map. A field of 0 stands for its default.
type Config struct {
	// effective number of neighbours; needs 3·Perplexity + 1 points; default 30, of fewer than 91 points [Fitting]
	Perplexity   float64
	Repulsion    Repulsion
	Theta        float64 // side of a cell by its distance, below which BarnesHut takes it as one point; default 0.5
	EarlySteps   int     // steps of early exaggeration; default 250; -1 for none
	Steps        int     // steps after those; default 500
	Exaggeration float64 // of the attraction in the early steps; default 12
	LearningRate float64 // default points/Exaggeration in the early steps, and points after them
	Momentum     float64 // of both phases; default 0.8
	MaxStep      float64 // longest way of a point in one step; default 5
	Seed         uint64  // of the jitter that parts equal points

	// Start is a map to begin at, such as that of an earlier epoch, so that the two can be compared. It is shrunk to a
	// standard deviation of 1e-4 along the first axis, as the principal components are that stand in for it where it is
	// nil.
	Start [][2]float64
}

// usualPerplexity is the default where there are points enough.
const usualPerplexity = 30

// Fitting is the default perplexity of so many points: 30, or of fewer than 91 the largest whole number that they
// allow. It is 0 for fewer than four points, which no map can be made of.
func Fitting(points int) float64 { return float64(max(0, min(usualPerplexity, (points-1)/3))) }

// withDefaults replaces each 0 by its default for so many points.
func (c Config) withDefaults(points int) Config {
	for _, f := range []struct {
		field *float64
		value float64
	}{
		{&c.Perplexity, max(1, Fitting(points))}, {&c.Theta, 0.5}, {&c.Exaggeration, 12}, {&c.Momentum, 0.8},
		{&c.MaxStep, 5},
	} {
		if *f.field == 0 {
			*f.field = f.value
		}
	}
	switch c.EarlySteps {
	case 0:
		c.EarlySteps = 250
	case -1:
		c.EarlySteps = 0
	}
	if c.Steps == 0 {
		c.Steps = 500
	}
	return c
}

// check looks at settings whose defaults are filled in.
func (c Config) check(points int) error {
	for _, f := range []struct {
		name        string
		value, low  float64
		high        float64
		description string
	}{
		{"perplexity", c.Perplexity, 1, math.MaxInt32, "at least 1"},
		{"theta", c.Theta, 0, 0.7, "above 0 to 0.7"},
		{"exaggeration", c.Exaggeration, 1, 1e6, "1 to 1e6"},
		{"learning rate", c.LearningRate, 0, 1e9, "0 to 1e9"},
		{"momentum", c.Momentum, 0, 0.999, "above 0 to 0.999"},
		{"longest step", c.MaxStep, 0, 1e6, "above 0 to 1e6"},
	} {
		if !(f.value >= f.low && f.value <= f.high) { // NaN too
			return fmt.Errorf("tsne: %s %v, want %s", f.name, f.value, f.description)
		}
	}
	if c.EarlySteps < 0 || c.Steps < 0 {
		return fmt.Errorf("tsne: %d early steps and %d steps, want 0 or more", c.EarlySteps, c.Steps)
	}
	if c.Repulsion < Auto || c.Repulsion > BarnesHut {
		return fmt.Errorf("tsne: repulsion %v, want Auto, Exact or BarnesHut", c.Repulsion)
	}
	if k := c.neighbors(); points < k+1 {
		err := fmt.Errorf("tsne: %d points for perplexity %v, want at least %d", points, c.Perplexity, k+1)
		if fits := Fitting(points); fits >= 1 {
			err = fmt.Errorf("%w; %v fits", err, fits)
		}
		return err
	}
	if c.Start == nil {
		return nil
	}
	if len(c.Start) != points {
		return fmt.Errorf("tsne: start: %d points, want %d as there are rows", len(c.Start), points)
	}
	for i, p := range c.Start {
		for _, v := range p {
			if !(math.Abs(v) <= largest) {
				return fmt.Errorf("tsne: start: point %d: %v, want a finite value of at most %v", i, v, largest)
			}
		}
	}
	return nil
}

// neighbors is how many nearest neighbours carry a point's affinities.
func (c Config) neighbors() int { return int(3 * c.Perplexity) }
