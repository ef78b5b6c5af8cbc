package text

import (
	"strings"
	"unicode/utf8"
)

const (
	prefix       = "##" // of a piece that goes on a word
	maxWordChars = 100  // of a word that is looked up; longer ones are unknown
)

// pieces is the WordPiece model: a word is its longest beginning that is a token, then the longest that goes on from
// there, and so forth; where there is none the whole word is unknown.
type pieces struct {
	head     map[string]int // every token
	tail     map[string]int // tokens that go on a word, without their prefix
	headMax  int            // bytes of the longest
	tailMax  int
	maxChars int
	unk      int
}

// newPieces makes a model of tokens by id; ids below from, and tokens that are empty, are not looked up.
func newPieces(tokens []string, from int, prefix string, maxChars, unk int) *pieces {
	p := &pieces{head: map[string]int{}, tail: map[string]int{}, maxChars: maxChars, unk: unk}
	for id, t := range tokens {
		if id < from || t == "" {
			continue
		}
		p.head[t] = id
		p.headMax = max(p.headMax, len(t))
		if rest, ok := strings.CutPrefix(t, prefix); ok && rest != "" {
			p.tail[rest] = id
			p.tailMax = max(p.tailMax, len(rest))
		}
	}
	return p
}

func (p *pieces) unknown() int { return p.unk }

func (p *pieces) encode(ids []int, word string, _ *scratch) []int {
	if len(word) > p.maxChars && utf8.RuneCountInString(word) > p.maxChars {
		return append(ids, p.unk)
	}
	from, table, longest := len(ids), p.head, p.headMax
	for rest := word; rest != ""; {
		id, n := longestIn(table, rest, longest)
		if n == 0 {
			return append(ids[:from], p.unk)
		}
		ids = append(ids, id)
		rest = rest[n:]
		table, longest = p.tail, p.tailMax
	}
	return ids
}

// longestIn looks for the longest beginning of s that is in a table, of at most longest bytes; its length is 0 where
// there is none.
func longestIn(table map[string]int, s string, longest int) (id, n int) {
	for n = min(len(s), longest); n > 0; n-- {
		if n < len(s) && !utf8.RuneStart(s[n]) {
			continue
		}
		if id, ok := table[s[:n]]; ok {
			return id, n
		}
	}
	return 0, 0
}

// wholeWords is the model without pieces: a word is a token or unknown.
func wholeWords(tokens []string) *pieces {
	p := newPieces(tokens, unknownID+1, "", maxTrained, unknownID)
	p.tail, p.tailMax = nil, 0
	return p
}

// joinPieces decodes: blanks between words, and none before a piece that goes on a word.
func joinPieces(tokens []string, prefix string) func(ids []int) string {
	return func(ids []int) string {
		var b strings.Builder
		for i, id := range ids {
			t := tokens[id]
			rest, goesOn := strings.CutPrefix(t, prefix)
			switch {
			case i == 0:
				b.WriteString(t)
			case goesOn && prefix != "":
				b.WriteString(rest)
			default:
				b.WriteString(" " + t)
			}
		}
		return b.String()
	}
}
