package tsne

// vec is a place on the plane, a way or a force.
type vec struct{ x, y float64 }

// strips is into how many parts the pairs of points are cut, each with a sum of its own. It is a constant, so
// that the order of additions is one and the same on any number of cores.
const strips = 32

// pairs sums repulsion over all pairs of points.
type pairs struct {
	push [strips][]vec   // Σ q²·(yᵢ - yⱼ) of each point, over the strip's pairs
	q    [strips]float64 // Σ q over the strip's pairs, each once
}

func newPairs(n int) *pairs {
	p := new(pairs)
	for s := range strips {
		p.push[s] = make([]vec, n)
	}
	return p
}

// sum writes what pushes each point, still to be divided by the sum of q over ordered pairs, which it returns.
func (p *pairs) sum(push, at []vec) float64 {
	each(strips, func(s int) { p.strip(s, at) })
	blocks(len(at), 256, func(low, high int) {
		copy(push[low:high], p.push[0][low:high])
		for s := 1; s < strips; s++ {
			for i, v := range p.push[s][low:high] {
				push[low+i].x += v.x
				push[low+i].y += v.y
			}
		}
	})
	total := 0.0
	for _, q := range p.q {
		total += q
	}
	return 2 * total
}

// strip sums the pairs of rows 2s, 2s+1, 2(s+strips), ... with all later rows. Two rows go together, which shares the
// division and the loads.
func (p *pairs) strip(s int, at []vec) {
	push := p.push[s]
	clear(push)
	total := 0.0
	for i := 2 * s; i+1 < len(at); i += 2 * strips { // the last of an odd number has no later row
		x0, y0, x1, y1 := at[i].x, at[i].y, at[i+1].x, at[i+1].y
		dx, dy := x0-x1, y0-y1
		q := 1 / (1 + dx*dx + dy*dy)
		total += q
		fx0, fy0 := q*q*dx, q*q*dy
		fx1, fy1 := -fx0, -fy0

		later := at[i+2:]
		back := push[i+2:][:len(later)]
		for j := range later {
			v := &later[j]
			dx0, dy0 := x0-v.x, y0-v.y
			dx1, dy1 := x1-v.x, y1-v.y
			a := 1 + dx0*dx0 + dy0*dy0
			b := 1 + dx1*dx1 + dy1*dy1
			r := 1 / (a * b)
			qa, qb := r*b, r*a
			total += qa + qb
			qa *= qa
			qb *= qb
			dx0 *= qa
			dy0 *= qa
			dx1 *= qb
			dy1 *= qb
			fx0 += dx0
			fy0 += dy0
			fx1 += dx1
			fy1 += dy1
			back[j].x -= dx0 + dx1
			back[j].y -= dy0 + dy1
		}
		push[i].x += fx0
		push[i].y += fy0
		push[i+1].x += fx1
		push[i+1].y += fy1
	}
	p.q[s] = total
}
