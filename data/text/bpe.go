package text

import "unicode/utf8"

// bytePairs is the byte-level BPE model: a word is its bytes, of which neighbours are joined as long as a merge says
// so, that of the lowest rank first, and of equal ones the leftmost.
type bytePairs struct {
	bytes  [256]int // token of each byte, or -1
	merges map[pair]merge
	whole  map[string]int // words that are tokens at once, in the byte alphabet; nil where merges alone count
	unk    int            // for bytes without token, or -1
	fuse   bool           // one unknown token for a run of them
}

// pair is two tokens side by side.
type pair struct{ left, right int32 }

// merge makes one token of two.
type merge struct{ rank, id int32 }

func (m *bytePairs) unknown() int { return m.unk }

func (m *bytePairs) encode(ids []int, word string, s *scratch) []int {
	if m.whole != nil {
		if id, ok := m.whole[byteName(word)]; ok {
			return append(ids, id)
		}
	}
	g := &s.merge
	g.symbols = g.symbols[:0]
	was := false // the last byte was unknown
	for i := range len(word) {
		id := m.bytes[word[i]]
		switch {
		case id >= 0:
			g.symbols = append(g.symbols, int32(id))
		case !was || !m.fuse:
			g.symbols = append(g.symbols, int32(m.unk))
		}
		was = id < 0
	}
	return g.apply(ids, m.merges)
}

// merger joins the symbols of one word.
type merger struct {
	symbols []int32
	next    []int32  // place of the next symbol, len(symbols) after the last
	prev    []int32  // place of the one before, -1 at the first
	heap    []uint64 // rank and place of pairs to join, the lowest first
}

const gone = -1 // symbol that was joined to the one before it

// apply joins the symbols and appends what is left of them.
func (g *merger) apply(ids []int, merges map[pair]merge) []int {
	n := len(g.symbols)
	g.next, g.prev, g.heap = g.next[:0], g.prev[:0], g.heap[:0]
	for i := range n {
		g.next, g.prev = append(g.next, int32(i+1)), append(g.prev, int32(i-1))
	}
	offer := func(at int32) {
		if at < 0 || int(g.next[at]) >= n {
			return
		}
		if m, ok := merges[pair{g.symbols[at], g.symbols[g.next[at]]}]; ok {
			g.push(uint64(m.rank)<<32 | uint64(at))
		}
	}
	for i := range n {
		offer(int32(i))
	}
	for len(g.heap) > 0 {
		key := g.pop()
		at := int32(key & (1<<32 - 1))
		if g.symbols[at] == gone || int(g.next[at]) >= n {
			continue
		}
		m, ok := merges[pair{g.symbols[at], g.symbols[g.next[at]]}]
		if !ok || uint64(m.rank) != key>>32 {
			continue // the pair is another by now
		}
		right := g.next[at]
		g.symbols[at], g.symbols[right] = m.id, gone
		g.next[at] = g.next[right]
		if int(g.next[at]) < n {
			g.prev[g.next[at]] = at
		}
		offer(g.prev[at])
		offer(at)
	}
	for _, id := range g.symbols {
		if id != gone {
			ids = append(ids, int(id))
		}
	}
	return ids
}

// push and pop keep heap[i] at or below heap[2i+1] and heap[2i+2].
func (g *merger) push(key uint64) {
	h := append(g.heap, key)
	i := len(h) - 1
	for ; i > 0 && h[(i-1)/2] > key; i = (i - 1) / 2 {
		h[i] = h[(i-1)/2]
	}
	h[i] = key
	g.heap = h
}

func (g *merger) pop() uint64 {
	h := g.heap
	top, key := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	i := 0
	for child := 1; child < len(h); child = 2*i + 1 {
		if child+1 < len(h) && h[child+1] < h[child] {
			child++
		}
		if h[child] >= key {
			break
		}
		h[i] = h[child]
		i = child
	}
	if len(h) > 0 {
		h[i] = key
	}
	g.heap = h
	return top
}

// joinBytes decodes: tokens are in the byte alphabet, but for those in literal and those with other characters.
func joinBytes(tokens []string, literal map[string]bool) func(ids []int) string {
	values := map[rune]byte{}
	for b, name := range byteNames {
		r, _ := utf8.DecodeRuneInString(name)
		values[r] = byte(b)
	}
	return func(ids []int) string {
		var all []byte
		for _, id := range ids {
			from := len(all)
			for _, r := range tokens[id] {
				b, ok := values[r]
				if !ok || literal[tokens[id]] {
					all = append(all[:from], tokens[id]...)
					break
				}
				all = append(all, b)
			}
		}
		return string([]rune(string(all)))
	}
}
