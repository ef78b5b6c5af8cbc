package text

import (
	"cmp"
	"container/heap"
)

// trainer makes tokens by joining the most frequent pair of neighbours, over and over.
type trainer struct {
	name   func(left, right string) string // of the token that a pair makes
	tokens []string
	ids    map[string]int32
	merges map[pair]merge

	words []trained
	times map[pair]int     // how often each pair stands in the texts
	where map[pair][]int32 // words in which it stands or stood
	queue pairQueue
	rank  int32 // of the next merge
}

// trained is a word as tokens.
type trained struct {
	symbols []int32
	times   int
}

func newTrainer(name func(left, right string) string) *trainer {
	v := &trainer{
		name: name, ids: map[string]int32{}, merges: map[pair]merge{}, times: map[pair]int{}, where: map[pair][]int32{},
	}
	v.tokens = []string{padding, unknown}
	return v
}

// add makes a token, unless there is one of that name already, as two pairs may make one: ab and c, a and bc.
func (v *trainer) add(token string) int32 {
	if id, ok := v.ids[token]; ok {
		return id
	}
	id := int32(len(v.tokens))
	v.ids[token] = id
	v.tokens = append(v.tokens, token)
	return id
}

// take adds a word to learn from.
func (v *trainer) take(symbols []int32, times int) {
	v.words = append(v.words, trained{symbols, times})
}

// join makes tokens until there are size, or until no pair is frequent enough.
func (v *trainer) join(size int) {
	for i, w := range v.words {
		v.note(int32(i), w.symbols)
		v.count(w.symbols, w.times)
	}
	for p, n := range v.times {
		v.queue = append(v.queue, frequent{p, n})
	}
	heap.Init(&v.queue)
	for len(v.tokens) < size && len(v.queue) > 0 {
		top, _ := heap.Pop(&v.queue).(frequent) // nothing else is in it
		if now := v.times[top.pair]; now != top.times {
			if now >= leastPairs && now < top.times {
				heap.Push(&v.queue, frequent{top.pair, now})
			}
			continue
		}
		if top.times < leastPairs {
			return
		}
		p := top.pair
		id := v.add(v.name(v.tokens[p.left], v.tokens[p.right]))
		v.merges[p] = merge{v.rank, id} // a pair that is joined a second time has its later rank
		v.rank++
		v.replace(p, id)
	}
}

// count adds a word's pairs times over, which may be negative.
func (v *trainer) count(symbols []int32, times int) {
	for i := 1; i < len(symbols); i++ {
		p := pair{symbols[i-1], symbols[i]}
		if v.times[p] += times; v.times[p] == 0 {
			delete(v.times, p)
		}
	}
}

// note says of some neighbours that they stand in a word.
func (v *trainer) note(word int32, symbols []int32) {
	for i := 1; i < len(symbols); i++ {
		p := pair{symbols[i-1], symbols[i]}
		if list := v.where[p]; len(list) == 0 || list[len(list)-1] != word {
			v.where[p] = append(list, word)
		}
	}
}

// replace joins a pair wherever it stands, from the left.
func (v *trainer) replace(p pair, id int32) {
	made := map[pair]bool{}
	list := v.where[p]
	delete(v.where, p)
	for _, at := range list {
		w := &v.words[at]
		var next []int32
		for i := 0; i < len(w.symbols); i++ {
			if i+1 < len(w.symbols) && w.symbols[i] == p.left && w.symbols[i+1] == p.right {
				next = append(next, id)
				i++
				continue
			}
			next = append(next, w.symbols[i])
		}
		if len(next) == len(w.symbols) {
			continue // it stood there once
		}
		v.count(w.symbols, -w.times)
		v.count(next, w.times)
		w.symbols = next
		for i := 1; i < len(next); i++ {
			if next[i-1] == id || next[i] == id {
				v.note(at, next[i-1:i+1])
				made[pair{next[i-1], next[i]}] = true
			}
		}
	}
	for q := range made { // in any order: the queue's is complete
		heap.Push(&v.queue, frequent{q, v.times[q]})
	}
}

// frequent is a pair and how often it stood in the texts when it was counted.
type frequent struct {
	pair  pair
	times int
}

// pairQueue has the most frequent pair at its top, of equally frequent ones that of the lowest ids.
type pairQueue []frequent

func (q pairQueue) Len() int      { return len(q) }
func (q pairQueue) Swap(a, b int) { q[a], q[b] = q[b], q[a] }
func (q pairQueue) Less(a, b int) bool {
	return cmp.Or(
		cmp.Compare(q[b].times, q[a].times), cmp.Compare(q[a].pair.left, q[b].pair.left),
		cmp.Compare(q[a].pair.right, q[b].pair.right),
	) < 0
}

// Push and Pop are heap's.
func (q *pairQueue) Push(x any) {
	if f, ok := x.(frequent); ok {
		*q = append(*q, f)
	}
}

// Pop takes the last off.
func (q *pairQueue) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	*q = (*q)[:last]
	return x
}
