package text

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/primewindow/primewindow/data"
)

const maxDepth = 8 // of sequences of normalizers in each other

// steps makes a function of a normalizer, nil for none; feature names what is not known.
func (c *component) steps(depth int) (normal func(string) string, feature string) {
	if c == nil {
		return nil, ""
	}
	on := func(b *bool, def bool) bool {
		if b == nil {
			return def
		}
		return *b
	}
	switch c.Type {
	case "BertNormalizer":
		low := on(c.Lower, true)
		return bert{clean: on(c.Clean, true), apart: on(c.Apart, true), accent: on(c.Accents, low), lower: low}.apply,
			""
	case "Lowercase":
		return lower, ""
	case "StripAccents":
		return drop(unicode.M), ""
	case "NFC":
		return form(norm.NFC), ""
	case "NFD":
		return form(norm.NFD), ""
	case "NFKC":
		return form(norm.NFKC), ""
	case "NFKD":
		return form(norm.NFKD), ""
	case "Sequence":
		if depth == maxDepth {
			return nil, fmt.Sprintf("normalizers more than %d deep", maxDepth)
		}
		var list []func(string) string
		for i := range c.Normalizers {
			step, feature := c.Normalizers[i].steps(depth + 1)
			if feature != "" {
				return nil, feature
			}
			list = append(list, step)
		}
		return func(s string) string {
			for _, step := range list {
				s = step(s)
			}
			return s
		}, ""
	}
	return nil, fmt.Sprintf("normalizer %q", c.Type)
}

// form makes a function of a normal form. The joiner that the package norm puts into runs of over 30 marks, as
// Unicode's stream-safe format wants it, is taken out again.
func form(f norm.Form) func(string) string {
	const joiner = "\u034f"
	return func(s string) string {
		if f.IsNormalString(s) {
			return s
		}
		to := f.String(s)
		if !strings.Contains(s, joiner) {
			to = strings.ReplaceAll(to, joiner, "")
		}
		return to
	}
}

// name is the component's kind, for errors.
func (c *component) name() string {
	if c == nil {
		return "none"
	}
	return c.Type
}

func (s *settings) wordPiece(name string, t *Tokenizer, ids map[string]int) error {
	m := s.Model
	if kind := s.PreTokenizer.name(); kind != "BertPreTokenizer" {
		return &data.UnsupportedError{
			File: name, Feature: fmt.Sprintf("WordPiece with pre-tokenizer %q, want BertPreTokenizer", kind),
		}
	}
	with, longest, unk := prefix, maxWordChars, unknown
	if m.Prefix != nil {
		with = *m.Prefix
	}
	if m.MaxChars != nil {
		longest = *m.MaxChars
	}
	if m.Unk != nil {
		unk = *m.Unk
	}
	id, ok := ids[unk]
	switch {
	case !ok:
		return &data.FormatError{
			File: name, Reason: fmt.Sprintf("no token %q among %d, want one for unknown words", unk, len(ids)),
		}
	case longest < 0:
		return &data.FormatError{
			File: name, Reason: fmt.Sprintf("max_input_chars_per_word %d, want 0 or more", longest),
		}
	}
	looked := make([]string, len(t.tokens)) // without those that were added
	for token, id := range ids {
		looked[id] = token
	}
	t.kind, t.split, t.decode = WordPiece, splitBERT, joinPieces(t.tokens, with)
	t.model = newPieces(looked, t.offset, with, longest, id)
	return nil
}

func (s *settings) bpe(name string, t *Tokenizer, ids map[string]int) error {
	m := s.Model
	broken := func(reason string, args ...any) error {
		return &data.FormatError{File: name, Reason: fmt.Sprintf(reason, args...)}
	}
	unsupported := ""
	switch p := s.PreTokenizer; {
	case p.name() != "ByteLevel":
		unsupported = fmt.Sprintf("BPE with pre-tokenizer %q, want ByteLevel", p.name())
	case p.Regex != nil && !*p.Regex:
		unsupported = "ByteLevel without use_regex"
	case m.Dropout != nil && *m.Dropout != 0:
		unsupported = fmt.Sprintf("dropout %v, which makes ids random", *m.Dropout)
	case m.Prefix != nil && *m.Prefix != "":
		unsupported = fmt.Sprintf("BPE with continuing_subword_prefix %q", *m.Prefix)
	case m.Suffix != nil && *m.Suffix != "":
		unsupported = fmt.Sprintf("BPE with end_of_word_suffix %q", *m.Suffix)
	case m.ByteFall:
		unsupported = "byte_fallback"
	}
	if unsupported != "" {
		return &data.UnsupportedError{File: name, Feature: unsupported}
	}
	b := &bytePairs{merges: make(map[pair]merge, len(m.Merges)), unk: -1, fuse: m.Fuse}
	if m.Unk != nil {
		id, ok := ids[*m.Unk]
		if !ok {
			return broken("no token %q among %d, which unk_token names", *m.Unk, len(ids))
		}
		b.unk = id
	}
	for value, of := range byteNames {
		id, ok := ids[of]
		switch {
		case ok:
			b.bytes[value] = id
		case b.unk < 0:
			return broken("no token %q for byte %d and no unk_token, want one of them", of, value)
		default:
			b.bytes[value] = -1
		}
	}
	for rank, parts := range m.Merges {
		left, known := ids[parts[0]]
		right, too := ids[parts[1]]
		id, made := ids[parts[0]+parts[1]]
		p := pair{int32(left), int32(right)}
		switch _, twice := b.merges[p]; {
		case !known || !too:
			return broken("merge %d: %q and %q, want two tokens of the vocabulary", rank, parts[0], parts[1])
		case !made:
			return broken("merge %d: %q and %q make no token of the vocabulary", rank, parts[0], parts[1])
		case twice:
			return broken("merge %d: %q and %q, which stood before", rank, parts[0], parts[1])
		}
		b.merges[p] = merge{int32(rank), int32(id)}
	}
	t.kind, t.split, t.model = BPE, splitBytes, b
	if space := s.PreTokenizer.PrefixSpace; space == nil || *space {
		t.split = func(s string, yield func(string)) {
			if !strings.HasPrefix(s, " ") {
				s = " " + s
			}
			splitBytes(s, yield)
		}
	}
	if m.Whole {
		b.whole = ids
	}
	literal := map[string]bool{}
	for _, a := range s.Added {
		literal[a.Content] = true
	}
	t.decode = joinBytes(t.tokens, literal)
	return nil
}
