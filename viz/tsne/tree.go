package tsne

import "math"

// maxDepth is how often a square may be quartered: points closer than 2^-maxDepth of the whole map share a leaf.
// leafSize is how many points a leaf may hold otherwise.
const (
	maxDepth = 32
	leafSize = 16
)

// cell is a square of the plane with at least one point in it. Cells stand depth first: a cell's children follow it.
type cell struct {
	centre    vec     // of mass
	mass      float64 // how many points
	far       float64 // squared distance above which it acts as one point
	after     int32   // the cell that comes next if its children are passed over
	low, high int32   // a leaf's points in quadtree.order; both 0 where there are children
}

// quadtree sums repulsion over cells.
type quadtree struct {
	theta  float64
	at     []vec
	cells  []cell
	leaves []int32 // cells
	order  []int32 // the points, those of a cell next to each other
	spare  []int32
	sorted []vec     // places in that order
	q      []float64 // Σ q of each leaf's points
}

func newQuadtree(n int, theta float64) *quadtree {
	return &quadtree{theta: theta, order: make([]int32, n), spare: make([]int32, n), sorted: make([]vec, n)}
}

// sum does what pairs.sum does. A cell of side s whose centre of mass is at least s/θ away from all points of a leaf
// acts on them as one point; a leaf that is nearer acts by each of its points. No cell that holds a point is that far
// from it, as θ is below 1/√2; so a point meets itself as a point, where it adds no push and its q of 1 is taken off.
func (t *quadtree) sum(push, at []vec) float64 {
	t.build(at)
	t.q = append(t.q[:0], make([]float64, len(t.leaves))...)
	blocks(len(t.leaves), 16, func(low, high int) {
		var acting list
		for leaf := low; leaf < high; leaf++ {
			c := &t.cells[t.leaves[leaf]]
			t.meet(&acting, c)
			for k := c.low; k < c.high; k++ {
				f, q := acting.push(t.sorted[k])
				push[t.order[k]] = f
				t.q[leaf] += q - 1
			}
		}
	})
	total := 0.0
	for _, q := range t.q {
		total += q
	}
	return total
}

// list is what acts on the points of a leaf: points and cells that act as one, each with its mass.
type list struct {
	at   []vec
	mass []float64
}

// meet lists what acts on the points of a leaf.
func (t *quadtree) meet(acting *list, leaf *cell) {
	places, masses := acting.at[:0], acting.mass[:0]
	least, most := t.sorted[leaf.low], t.sorted[leaf.low]
	for _, p := range t.sorted[leaf.low+1 : leaf.high] {
		least = vec{min(least.x, p.x), min(least.y, p.y)}
		most = vec{max(most.x, p.x), max(most.y, p.y)}
	}
	middle := vec{(least.x + most.x) / 2, (least.y + most.y) / 2}
	half := vec{(most.x - least.x) / 2, (most.y - least.y) / 2}
	for at := 0; at < len(t.cells); {
		c := &t.cells[at]
		dx := max(0, math.Abs(c.centre.x-middle.x)-half.x)
		dy := max(0, math.Abs(c.centre.y-middle.y)-half.y)
		switch {
		case dx*dx+dy*dy > c.far:
			places = append(places, c.centre)
			masses = append(masses, c.mass)
			at = int(c.after)
		case c.high > 0:
			for _, p := range t.sorted[c.low:c.high] {
				places = append(places, p)
				masses = append(masses, 1)
			}
			at++
		default:
			at++
		}
	}
	if len(places)%2 == 1 { // push takes two at a time
		places = append(places, vec{})
		masses = append(masses, 0)
	}
	acting.at, acting.mass = places, masses
}

// push is the repulsion at a place, with the sum of q.
func (l *list) push(p vec) (f vec, sum float64) {
	at := l.at
	mass := l.mass[:len(at)]
	for k := 0; k+1 < len(at); k += 2 {
		dx0, dy0 := p.x-at[k].x, p.y-at[k].y
		dx1, dy1 := p.x-at[k+1].x, p.y-at[k+1].y
		a := 1 + dx0*dx0 + dy0*dy0
		b := 1 + dx1*dx1 + dy1*dy1
		r := 1 / (a * b) // one division for two
		qa, qb := r*b, r*a
		ma, mb := mass[k]*qa, mass[k+1]*qb
		sum += ma + mb
		ma *= qa
		mb *= qb
		f.x += ma*dx0 + mb*dx1
		f.y += ma*dy0 + mb*dy1
	}
	return f, sum
}

// build sorts the points into cells.
func (t *quadtree) build(at []vec) {
	t.at, t.cells, t.leaves = at, t.cells[:0], t.leaves[:0]
	least, most := at[0], at[0]
	for i, p := range at {
		t.order[i] = int32(i)
		least = vec{min(least.x, p.x), min(least.y, p.y)}
		most = vec{max(most.x, p.x), max(most.y, p.y)}
	}
	middle := vec{(least.x + most.x) / 2, (least.y + most.y) / 2}
	t.split(0, len(at), middle, max(most.x-least.x, most.y-least.y), 0)
	for k, i := range t.order {
		t.sorted[k] = at[i]
	}
}

// split adds the cell of points low to high, whose middle and side are given, and those below it. It returns the cell's
// centre of mass.
func (t *quadtree) split(low, high int, middle vec, side float64, depth int) vec {
	index := len(t.cells)
	t.cells = append(t.cells, cell{})
	c := cell{mass: float64(high - low), far: (side / t.theta) * (side / t.theta)}
	if high-low <= leafSize || depth == maxDepth {
		for _, i := range t.order[low:high] {
			c.centre.x += t.at[i].x
			c.centre.y += t.at[i].y
		}
		c.low, c.high = int32(low), int32(high)
		t.leaves = append(t.leaves, int32(index))
	} else {
		begin := low
		for quarter, end := range t.quarter(low, high, middle) {
			if end > begin {
				part := vec{middle.x - side/4, middle.y - side/4}
				if quarter&1 != 0 {
					part.x = middle.x + side/4
				}
				if quarter&2 != 0 {
					part.y = middle.y + side/4
				}
				centre := t.split(begin, end, part, side/2, depth+1)
				c.centre.x += centre.x * float64(end-begin)
				c.centre.y += centre.y * float64(end-begin)
			}
			begin = end
		}
	}
	c.centre.x /= c.mass
	c.centre.y /= c.mass
	c.after = int32(len(t.cells))
	t.cells[index] = c
	return c.centre
}

// quarter sorts the points low to high into the four quarters about a middle, each in its former order, and
// returns where each quarter ends.
func (t *quadtree) quarter(low, high int, middle vec) [4]int {
	part := t.order[low:high]
	var count [4]int
	of := func(i int32) int {
		quarter := 0
		if t.at[i].x > middle.x {
			quarter = 1
		}
		if t.at[i].y > middle.y {
			quarter += 2
		}
		return quarter
	}
	for _, i := range part {
		count[of(i)]++
	}
	var next, ends [4]int
	for q, n := range count {
		if q > 0 {
			next[q] = ends[q-1]
		}
		ends[q] = next[q] + n
	}
	moved := t.spare[low:high]
	for _, i := range part {
		q := of(i)
		moved[next[q]] = i
		next[q]++
	}
	copy(part, moved)
	for q := range ends {
		ends[q] += low
	}
	return ends
}
