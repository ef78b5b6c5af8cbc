package text

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/primewindow/primewindow/data"
)

const (
	maxFile  = 1 << 26 // bytes; the largest published tokenizer.json has some 2^25. So float32 holds every id
	maxToken = 1000    // bytes
)

// Names of tokens that every vocabulary of ours has, and BERT's.
const (
	padding = "[PAD]"
	unknown = "[UNK]"
)

// reserved are BERT's names of tokens that are no words; a text in which one stands literally has its id there.
var reserved = []string{padding, unknown, "[CLS]", "[SEP]", "[MASK]"}

// Open reads a vocabulary: a file whose name ends in .json as Hugging Face's tokenizer.json, see [DecodeJSON], and any
// other as BERT's vocab.txt, see [DecodeVocab].
func Open(path string) (*Tokenizer, error) {
	b, err := data.ReadUpTo(path, maxFile)
	if large, ok := errors.AsType[*data.UnsupportedError](err); ok {
		return nil, &data.FormatError{File: path, Reason: large.Feature}
	}
	if err != nil {
		return nil, data.Explain(fmt.Errorf("text: %w", err))
	}
	read := DecodeVocab
	if strings.EqualFold(filepath.Ext(path), ".json") {
		read = DecodeJSON
	}
	t, err := read(path, b)
	return t, data.Explain(err)
}

// decodeText is a vocabulary's text, or an error for a file that is empty, too long or in an encoding that is not read.
func decodeText(name string, b []byte) ([]byte, error) {
	switch {
	case len(b) == 0:
		return nil, &data.FormatError{File: name, Reason: "empty, want a vocabulary"}
	case len(b) > maxFile:
		return nil, &data.FormatError{File: name, Reason: fmt.Sprintf("more than %d bytes", maxFile)}
	}
	return data.DecodeText(name, b)
}

// DecodeVocab decodes a WordPiece vocabulary in BERT's form: a token a line, its number from 0 the id, ## before a
// piece that goes on a word; name is the file's, for errors. Texts are normalised as BERT's are: cleaned and, unless a
// token other than those in brackets has a capital letter, made lower case without accents. It returns a
// [data.FormatError] that names the line for a token that stands twice, is empty or longer than 1000 bytes, and for a
// file that is empty, not UTF-8, or without [UNK].
func DecodeVocab(name string, b []byte) (*Tokenizer, error) {
	b, err := decodeText(name, b)
	if err != nil {
		return nil, err
	}
	broken := func(reason string, args ...any) (*Tokenizer, error) {
		return nil, &data.FormatError{File: name, Reason: fmt.Sprintf(reason, args...)}
	}
	var tokens []string
	lines := map[string]int{}
	cased := false
	for line := range strings.Lines(string(b)) {
		number := len(tokens) + 1
		line = strings.TrimSuffix(line, "\n")
		token := strings.TrimRightFunc(line, unicode.IsSpace)
		if token == "" {
			token = line // white space alone, which no word is
		}
		switch first, twice := lines[token]; {
		case token == "":
			return broken("line %d: empty, want a token", number)
		case len(token) > maxToken:
			return broken("line %d: token of %d bytes, want at most %d", number, len(token), maxToken)
		case twice:
			return broken("line %d: token %q, which line %d is", number, token, first)
		}
		lines[token] = number
		tokens = append(tokens, token)
		cased = cased || !isReserved(token) && strings.ContainsFunc(token, unicode.IsUpper)
	}
	if lines[unknown] == 0 {
		return broken("no token %s among %d, want one for unknown words", unknown, len(tokens))
	}
	var special []added
	for _, r := range reserved {
		if n := lines[r]; n > 0 {
			special = append(special, added{text: r, id: n - 1})
		}
	}
	v := newVocabulary(tokens, tokens[0] == padding, special)
	n := bert{clean: true, apart: true, accent: !cased, lower: !cased}
	return &Tokenizer{
		kind: WordPiece, tokens: v.tokens, offset: v.offset, raw: v.raw, normal: n.apply, split: splitBERT,
		model:  newPieces(v.tokens, v.offset, prefix, maxWordChars, lines[unknown]-1+v.offset),
		decode: joinPieces(v.tokens, prefix),
	}, nil
}

func isReserved(token string) bool {
	return strings.HasPrefix(token, "[") && strings.HasSuffix(token, "]")
}

// vocabulary is what a file says of ids, made such that token 0 is padding: the file's, or one before its tokens.
type vocabulary struct {
	tokens []string // by id
	offset int      // of ids before those of the file
	raw    addedSet
}

// newVocabulary takes ids of the file; padded says whether its token 0 is its padding.
func newVocabulary(tokens []string, padded bool, raw []added) vocabulary {
	v := vocabulary{tokens: tokens}
	if !padded {
		v.offset = 1
		v.tokens = slices.Concat([]string{padding}, tokens)
	}
	v.raw = newAddedSet(raw, v.offset)
	return v
}
