package text

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// added is a token that is looked for in the text itself, before it is cut into words.
type added struct {
	text   string
	id     int
	single bool // only where no word goes on at its ends
	left   bool // takes the white space before it
	right  bool // takes the white space behind it
}

// addedSet finds added tokens: the leftmost, and the longest of those that start there.
type addedSet struct {
	tokens map[string]added
	first  [256]bool // bytes with which one starts
	sizes  []int     // in bytes, falling
}

// newAddedSet takes tokens with ids of a file, and what is added to these.
func newAddedSet(list []added, offset int) addedSet {
	s := addedSet{tokens: map[string]added{}}
	for _, a := range list {
		if a.text == "" {
			continue
		}
		if _, ok := s.tokens[a.text]; ok {
			continue // two that normalisation makes one: the first
		}
		a.id += offset
		s.tokens[a.text] = a
		s.first[a.text[0]] = true
		s.sizes = append(s.sizes, len(a.text))
	}
	slices.Sort(s.sizes)
	s.sizes = slices.Compact(s.sizes)
	slices.Reverse(s.sizes)
	return s
}

// cut tells a text's added tokens and what lies between them, in order.
func (s *addedSet) cut(text string, token func(id int), between func(part string)) {
	from := 0
	for i := 0; i < len(text) && len(s.sizes) > 0; {
		a, ok := s.at(text[i:])
		if !ok {
			i++
			continue
		}
		start, stop := i, i+len(a.text)
		i = stop
		if a.single && (endsWord(text[:start]) || startsWord(text[stop:])) {
			continue
		}
		if a.left {
			start = max(from, len(strings.TrimRightFunc(text[:start], unicode.IsSpace)))
		}
		if a.right {
			stop = len(text) - len(strings.TrimLeftFunc(text[stop:], unicode.IsSpace))
		}
		if from < start {
			between(text[from:start])
		}
		token(a.id)
		from = stop
	}
	if from < len(text) {
		between(text[from:])
	}
}

// at is the longest token with which a text starts.
func (s *addedSet) at(text string) (added, bool) {
	if !s.first[text[0]] {
		return added{}, false
	}
	for _, n := range s.sizes {
		if n <= len(text) {
			if a, ok := s.tokens[text[:n]]; ok {
				return a, true
			}
		}
	}
	return added{}, false
}

func startsWord(s string) bool {
	r, n := utf8.DecodeRuneInString(s)
	return n > 0 && goesOn(r)
}

func endsWord(s string) bool {
	r, n := utf8.DecodeLastRuneInString(s)
	return n > 0 && goesOn(r)
}

// goesOn reports whether a character belongs to a word, as \w of Unicode's regular expressions has it.
func goesOn(r rune) bool {
	return unicode.In(
		r, unicode.L, unicode.Nl, unicode.Other_Alphabetic, unicode.M, unicode.Nd, unicode.Pc, unicode.Join_Control,
	)
}
