package text

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Options say what vocabulary is trained.
type Options struct {
	Vocab int    // tokens at most, [PAD] and [UNK] among them; 0 for 2000
	Lower bool   // letters are made lower case and, but for BPE, lose their accents
	Kind  string // WordPiece, BPE or Words; "" for WordPiece
}

const (
	defaultVocab = 2000
	maxVocab     = 1 << 20
	leastPairs   = 2    // times a pair of pieces must be seen to make one piece of it
	maxTrained   = 1000 // bytes of a word that is trained on
	unknownID    = 1    // of trained vocabularies; 0 is padding
)

// Train makes a vocabulary of texts, which should be those of the training split. Token 0 is [PAD] and token 1 is
// [UNK]. Behind them come, by kind:
//
//   - [Words]: the most frequent words, of equally frequent ones those that came first. Any other word is unknown.
//   - [WordPiece]: each character with and without ##, and what is made by joining the most frequent pair of pieces
//     that stand side by side in a word, over and over; of equally frequent pairs that whose pieces have lower ids, the
//     left one's first. Characters are in the order of Unicode; where they are too many, the most frequent ones are
//     taken, which then fill half of the vocabulary. A word is unknown if one of its characters is.
//   - [BPE]: the 256 bytes in the order of their printable alphabet, and pairs of them in the same way, as Hugging
//     Face's trainer has it with min_frequency=2. No text is unknown.
//
// No pair is made that was seen only once, so that there may be fewer tokens than Vocab. Words are cut as in encoding:
// at white space and around punctuation, and for BPE as GPT-2 does; those of over 1000 bytes are not trained on. Names
// of tokens in brackets are not looked for in texts, neither here nor in encoding. It returns an error for texts
// without words, an unknown kind, and a Vocab out of bounds: below 3 for words, 4 for pieces, 258 for bytes, or above
// 2^20.
func Train(texts []string, o Options) (*Tokenizer, error) {
	if o.Vocab == 0 {
		o.Vocab = defaultVocab
	}
	least, ok := map[string]int{"": 4, WordPiece: 4, BPE: 258, Words: 3}[o.Kind]
	switch {
	case !ok:
		return nil, fmt.Errorf("text: kind %q, want %s, %s or %s", o.Kind, WordPiece, BPE, Words)
	case o.Vocab < least || o.Vocab > maxVocab:
		return nil, fmt.Errorf("text: vocabulary of %d tokens, want from %d to %d", o.Vocab, least, maxVocab)
	}
	t := &Tokenizer{kind: o.Kind, split: splitBERT}
	switch {
	case o.Kind != BPE:
		t.normal = bert{clean: true, apart: true, accent: o.Lower, lower: o.Lower}.apply
	case o.Lower:
		t.normal = lower
	}
	if o.Kind == BPE {
		t.split = splitBytes
	}
	words := t.count(texts)
	if len(words) == 0 {
		return nil, fmt.Errorf("text: no words in %d texts", len(texts))
	}
	switch o.Kind {
	case Words:
		t.tokens = []string{padding, unknown}
		slices.SortStableFunc(words, func(a, b counted) int { return b.times - a.times })
		for _, w := range words[:min(len(words), o.Vocab-len(t.tokens))] {
			t.tokens = append(t.tokens, w.text)
		}
		t.model = wholeWords(t.tokens)
		t.decode = joinPieces(t.tokens, "")
	case BPE:
		t.trainBPE(words, o.Vocab)
	default:
		t.kind = WordPiece
		t.trainPieces(words, o.Vocab)
	}
	return t, nil
}

// counted is a word and how often it stands in the texts.
type counted struct {
	text  string
	times int
}

// count lists the words of texts, each at its first place.
func (t *Tokenizer) count(texts []string) []counted {
	var words []counted
	at := map[string]int{}
	for _, text := range texts {
		text = strings.ToValidUTF8(text, "\ufffd")
		if t.normal != nil {
			text = t.normal(text)
		}
		t.split(text, func(w string) {
			if len(w) > maxTrained {
				return
			}
			i, ok := at[w]
			if !ok {
				i = len(words)
				w = strings.Clone(w)
				at[w] = i
				words = append(words, counted{text: w})
			}
			words[i].times++
		})
	}
	return words
}

func (t *Tokenizer) trainBPE(words []counted, size int) {
	v := newTrainer(func(left, right string) string { return left + right })
	alphabet := slices.Clone(byteNames[:])
	slices.SortFunc(alphabet, compareFirst)
	for _, name := range alphabet {
		v.add(name)
	}
	for _, w := range words {
		var symbols []int32
		for i := range len(w.text) {
			symbols = append(symbols, v.ids[byteNames[w.text[i]]])
		}
		v.take(symbols, w.times)
	}
	v.join(size)
	b := &bytePairs{merges: v.merges, unk: -1}
	for value, name := range byteNames {
		b.bytes[value] = int(v.ids[name])
	}
	t.tokens, t.model, t.decode = v.tokens, b, joinBytes(v.tokens, map[string]bool{padding: true, unknown: true})
}

func compareFirst(a, b string) int {
	x, _ := utf8.DecodeRuneInString(a)
	y, _ := utf8.DecodeRuneInString(b)
	return int(x - y)
}

func (t *Tokenizer) trainPieces(words []counted, size int) {
	v := newTrainer(func(left, right string) string { return left + strings.TrimPrefix(right, prefix) })
	times := map[string]int{}
	var alphabet []string
	for _, w := range words {
		for _, r := range w.text {
			if times[string(r)] == 0 {
				alphabet = append(alphabet, string(r))
			}
			times[string(r)] += w.times
		}
	}
	slices.SortFunc(alphabet, compareFirst)
	if most := max(1, size/4); len(alphabet) > most {
		slices.SortStableFunc(alphabet, func(a, b string) int { return times[b] - times[a] })
		alphabet = alphabet[:most]
		slices.SortFunc(alphabet, compareFirst)
	}
	for _, c := range alphabet {
		v.add(c)
	}
	for _, c := range alphabet {
		v.add(prefix + c)
	}
words:
	for _, w := range words {
		if utf8.RuneCountInString(w.text) > maxWordChars {
			continue // unknown, whatever the vocabulary
		}
		var symbols []int32
		for i, r := range w.text {
			name := string(r)
			if i > 0 {
				name = prefix + name
			}
			id, ok := v.ids[name]
			if !ok {
				continue words
			}
			symbols = append(symbols, id)
		}
		v.take(symbols, w.times)
	}
	v.join(size)
	t.tokens, t.decode = v.tokens, joinPieces(v.tokens, prefix)
	t.model = newPieces(v.tokens, unknownID+1, prefix, maxWordChars, unknownID)
}
