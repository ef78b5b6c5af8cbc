package tsne

import (
	"fmt"
	"math"
)

// Map is points on their way to their places on the plane.
type Map struct {
	config   Config // with its defaults
	features *features
	p        *affinities
	step     int

	at   []vec // places
	last []vec // moves of the step before
	gain []vec
	pull []vec // Σ p·q·(yᵢ - yⱼ)
	push []vec // Σ q²·(yᵢ - yⱼ)

	repulsion interface{ sum(push, at []vec) float64 }
}

// New finds the affinities of x, one row of features for each point, and places the points at step 0: on the first two
// principal components, or where Config.Start says. It returns an error for fewer than 3·perplexity + 1 points, ragged
// rows, values that are not finite, and rows that are all equal. It takes time n²·features.
func New(x [][]float64, c Config) (*Map, error) {
	f, err := newFeatures(x)
	if err != nil {
		return nil, err
	}
	c = c.withDefaults(f.n)
	if err := c.check(f.n); err != nil {
		return nil, err
	}
	start := make([][2]float64, f.n)
	if c.Start != nil {
		copy(start, c.Start)
		c.Start = nil
	} else {
		start = principal(f)
	}
	if !shrink(start, c.Seed) {
		return nil, fmt.Errorf("tsne: start: all points at one place along the first axis, want a spread")
	}
	k := c.neighbors()
	m := &Map{config: c, features: f, p: newAffinities(neighbors(f, k), f.n, k, c.Perplexity)}
	for _, s := range []*[]vec{&m.at, &m.last, &m.gain, &m.pull, &m.push} {
		*s = make([]vec, f.n)
	}
	for i, p := range start {
		m.at[i], m.gain[i] = vec{p[0], p[1]}, vec{1, 1}
	}
	if c.Repulsion == Exact || c.Repulsion == Auto && f.n <= MaxExact {
		m.repulsion = newPairs(f.n)
	} else {
		m.repulsion = newQuadtree(f.n, c.Theta)
	}
	return m, nil
}

// Perplexity is the effective number of neighbours that the map is made with: what was asked for, or what suits the
// points, see [Fitting]. A figure has to say it.
func (m *Map) Perplexity() float64 { return m.config.Perplexity }

// Progress is where a map is.
type Progress struct {
	Step, Of int     // steps made, and the steps of the whole schedule
	KL       float64 // in nats, as Map.KL
}

// every is how many steps lie between two calls of a progress function.
const every = 50

// Run makes the steps that are left of the schedule, as Step does.
func (m *Map) Run(progress func(Progress) bool) error {
	return m.Step(max(0, m.config.EarlySteps+m.config.Steps-m.step), progress)
}

// Step moves the points n times; it may go beyond the schedule. It calls progress, unless that is nil, after every step
// whose number 50 divides and after the last one, and stops early, without an error, where progress returns false. It
// returns an error if the points fly apart beyond what numbers hold, which a learning rate too high may cause.
func (m *Map) Step(n int, progress func(Progress) bool) error {
	if n < 0 {
		return fmt.Errorf("tsne: %d steps, want 0 or more", n)
	}
	for i := range n {
		m.move()
		if progress == nil || m.step%every != 0 && i+1 < n {
			continue
		}
		if !progress(Progress{Step: m.step, Of: m.config.EarlySteps + m.config.Steps, KL: m.KL()}) {
			break
		}
	}
	for i, p := range m.at {
		if !(math.Abs(p.x)+math.Abs(p.y) <= largest) {
			return fmt.Errorf(
				"tsne: step %d: point %d at (%v, %v), want a finite place: lower the learning rate", m.step, i, p.x,
				p.y,
			)
		}
	}
	return nil
}

// move makes one step: gradient descent with momentum and a gain for each coordinate (Jacobs 1988), which grows while
// the gradient keeps its sign.
func (m *Map) move() {
	exaggeration := 1.0
	if m.step < m.config.EarlySteps {
		exaggeration = m.config.Exaggeration
	}
	rate := m.config.LearningRate
	if rate == 0 {
		rate = float64(len(m.at)) / exaggeration
	}
	total := m.forces()
	var mean vec
	for i := range m.at {
		move, gain, pull, push := &m.last[i], &m.gain[i], m.pull[i], m.push[i]
		move.x = m.descend(&gain.x, move.x, exaggeration*pull.x-push.x/total, rate)
		move.y = m.descend(&gain.y, move.y, exaggeration*pull.y-push.y/total, rate)
		if square := move.x*move.x + move.y*move.y; square > m.config.MaxStep*m.config.MaxStep {
			share := m.config.MaxStep / math.Sqrt(square)
			move.x *= share
			move.y *= share
		}
		m.at[i].x += move.x
		m.at[i].y += move.y
		mean.x += m.at[i].x
		mean.y += m.at[i].y
	}
	for i := range m.at {
		m.at[i].x -= mean.x / float64(len(m.at))
		m.at[i].y -= mean.y / float64(len(m.at))
	}
	m.step++
}

// descend is the next move of a coordinate. A gradient against the last move goes on in its direction, so the gain
// grows.
func (m *Map) descend(gain *float64, move, gradient, rate float64) float64 {
	if sign(move) != sign(gradient) {
		*gain += 0.2
	} else {
		*gain = *gain*0.8 + 0.01
	}
	return m.config.Momentum*move - rate**gain*gradient
}

func sign(v float64) int {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

// forces sums what pulls and pushes each point, and returns the sum of q over ordered pairs. A quarter of the gradient
// of KL is pull - push/sum.
func (m *Map) forces() float64 {
	total := m.repulsion.sum(m.push, m.at)
	blocks(len(m.at), 64, func(low, high int) {
		for i := low; i < high; i++ {
			m.pull[i] = m.pulled(i)
		}
	})
	return total
}

// pulled is Σ p·q·(yᵢ - yⱼ) over the row of P.
func (m *Map) pulled(i int) vec {
	low, high := m.p.start[i], m.p.start[i+1]
	column := m.p.column[low:high]
	value := m.p.value[low:high][:len(column)]
	p := m.at[i]
	var f vec
	k := 0
	for ; k+1 < len(column); k += 2 {
		v, w := m.at[column[k]], m.at[column[k+1]]
		dx0, dy0 := p.x-v.x, p.y-v.y
		dx1, dy1 := p.x-w.x, p.y-w.y
		a := 1 + dx0*dx0 + dy0*dy0
		b := 1 + dx1*dx1 + dy1*dy1
		r := 1 / (a * b) // one division for two
		a, b = value[k+1]*(r*a), value[k]*(r*b)
		f.x += b*dx0 + a*dx1
		f.y += b*dy0 + a*dy1
	}
	if k < len(column) {
		v := m.at[column[k]]
		dx, dy := p.x-v.x, p.y-v.y
		a := value[k] / (1 + dx*dx + dy*dy)
		f.x += a * dx
		f.y += a * dy
	}
	return f
}

// Steps is how many steps have been made.
func (m *Map) Steps() int { return m.step }

// Points are the places of the points now, in the order of the rows, with mean 0. The slice is the caller's.
func (m *Map) Points() [][2]float64 {
	points := make([][2]float64, len(m.at))
	for i, p := range m.at {
		points[i] = [2]float64{p.x, p.y}
	}
	return points
}

// KL is the Kullback-Leibler divergence of the map's similarities from the affinities, in nats, without exaggeration:
// Σ p·log(p/q). With BarnesHut its normalisation is that of the tree, as in openTSNE.
func (m *Map) KL() float64 {
	total := m.repulsion.sum(m.push, m.at)
	rows := make([]float64, len(m.at))
	blocks(len(m.at), 64, func(low, high int) {
		for i := low; i < high; i++ {
			for k := m.p.start[i]; k < m.p.start[i+1]; k++ {
				if p := m.p.value[k]; p > 0 {
					v := m.at[m.p.column[k]]
					dx, dy := m.at[i].x-v.x, m.at[i].y-v.y
					rows[i] += p * math.Log(p*(1+dx*dx+dy*dy)*total)
				}
			}
		}
	})
	kl := 0.0
	for _, r := range rows {
		kl += r
	}
	return kl
}
