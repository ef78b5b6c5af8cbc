package text

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// Tokenizer turns sentences into token ids and back. It does not change and may be used by many goroutines at once.
type Tokenizer struct {
	kind   string
	tokens []string // by id, as a file has them: with ## and in the byte alphabet of BPE
	offset int      // of ids before those of the file
	decode func(ids []int) string

	normal func(s string) string // nil for none
	raw    addedSet              // looked for before normalisation
	normed addedSet              // looked for after it
	split  func(s string, yield func(word string))
	model  model

	pool sync.Pool // of *scratch
}

// model turns a word into ids.
type model interface {
	// encode appends the ids of a word that is not empty.
	encode(ids []int, word string, s *scratch) []int
	// unknown is the id that stands for what the model does not know, or -1.
	unknown() int
}

const (
	// maxCachedWord is the longest word, in bytes, whose ids are kept, and maxCached how many there are: a few MB.
	maxCachedWord = 64
	maxCached     = 1 << 14
)

// scratch is what one call of Encode needs and a later one may use again.
type scratch struct {
	words map[string][]int // ids of words that were met
	merge merger
}

// Kinds of a tokenizer, for [Options].
const (
	WordPiece = "wordpiece"
	BPE       = "bpe"
	Words     = "words"
)

// Kind is [WordPiece], [BPE] or [Words].
func (t *Tokenizer) Kind() string { return t.kind }

// Size is the number of tokens, padding among them: ids are below it, and an encoder's vocab is it.
func (t *Tokenizer) Size() int { return len(t.tokens) }

// Token is the token of an id, as the file has it: ## before a piece that goes on a word, and BPE's bytes in their
// printable alphabet. It panics for an id outside 0 to Size()-1.
func (t *Tokenizer) Token(id int) string { return t.tokens[id] }

// Offset is what was added to each id of the file that was opened: 1 where the file's token 0 is not its padding, 0
// otherwise and for a trained tokenizer. See the package's rules.
func (t *Tokenizer) Offset() int { return t.offset }

// Unknown is the id that stands for a word that is not known, or -1 where there is none: byte-level BPE needs none.
func (t *Tokenizer) Unknown() int { return t.model.unknown() }

// Encode is a sentence as token ids, each from 0 to Size()-1. A text of white space alone has none, but for byte-level
// BPE, which keeps white space.
func (t *Tokenizer) Encode(text string) []int {
	s, ok := t.pool.Get().(*scratch)
	if !ok {
		s = &scratch{words: map[string][]int{}}
	}
	defer t.pool.Put(s)
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\ufffd")
	}
	ids := make([]int, 0, len(text)/3+1)
	word := func(w string) { ids = t.word(ids, w, s) }
	added := func(id int) { ids = append(ids, id) }
	t.raw.cut(text, added, func(part string) {
		if t.normal != nil {
			part = t.normal(part)
		}
		t.normed.cut(part, added, func(part string) { t.split(part, word) })
	})
	return ids
}

// word appends the ids of one word, which it remembers.
func (t *Tokenizer) word(ids []int, w string, s *scratch) []int {
	if len(w) > maxCachedWord {
		return t.model.encode(ids, w, s)
	}
	if known, ok := s.words[w]; ok {
		return append(ids, known...)
	}
	if len(s.words) >= maxCached {
		clear(s.words)
	}
	from := len(ids)
	ids = t.model.encode(ids, w, s)
	s.words[strings.Clone(w)] = slices.Clone(ids[from:])
	return ids
}

// Ids is a sentence as a sample's values of shape [length]: its ids, of which those beyond length are left out, and 0
// behind their end. Vectors of this kind are an encoder's input with vocab=Size() and pad=1. It panics for a negative
// length.
func (t *Tokenizer) Ids(text string, length int) []float32 {
	x := make([]float32, length)
	for i, id := range t.Encode(text) {
		if i == length {
			break
		}
		x[i] = float32(id)
	}
	return x
}

// Decode is the text of some ids without padding. Words and pieces are joined, with a blank between words and so also
// before punctuation; what normalisation took away does not come back. Of byte-level BPE it is the very text where
// there is no normalisation, with U+FFFD for bytes that are not UTF-8. It panics for an id outside 0 to Size()-1.
func (t *Tokenizer) Decode(ids []int) string {
	return t.decode(slices.DeleteFunc(slices.Clone(ids), func(id int) bool { return id == 0 }))
}
