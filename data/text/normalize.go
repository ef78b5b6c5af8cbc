package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// bert is the normalisation of BERT's basic tokenizer, in its order: characters are cleaned, ideographs set apart,
// accents stripped, letters made lower case.
type bert struct {
	clean  bool // drop control characters, make white space a blank
	apart  bool // a blank on both sides of each ideograph
	accent bool // decompose and drop marks without width
	lower  bool
}

func (n bert) apply(s string) string {
	if isASCII(s) {
		return n.ascii(s)
	}
	if n.clean || n.apart {
		var b strings.Builder
		b.Grow(len(s) + len(s)/8)
		for _, r := range s {
			switch {
			case n.clean && isDropped(r):
			case n.clean && unicode.IsSpace(r):
				b.WriteByte(' ')
			case n.apart && isIdeograph(r):
				b.WriteByte(' ')
				b.WriteRune(r)
				b.WriteByte(' ')
			default:
				b.WriteRune(r)
			}
		}
		s = b.String()
	}
	if n.accent {
		s = drop(unicode.Mn)(norm.NFD.String(s))
	}
	if n.lower {
		s = lower(s)
	}
	return s
}

// ascii is apply for what most texts are.
func (n bert) ascii(s string) string {
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		c := s[i]
		switch {
		case n.clean && (c == '\t' || c == '\n' || c == '\r'):
			c = ' '
		case n.clean && (c < ' ' || c == 0x7f):
			continue
		case n.lower && 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	return string(b)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isDropped reports whether cleaning drops a character: control, format, private use, and what stands for a broken one.
func isDropped(r rune) bool {
	switch r {
	case '\t', '\n', '\r':
		return false
	case utf8.RuneError:
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co)
}

// isIdeograph reports whether a character is among those that BERT sets apart. Its list of blocks leaves out U+2B820 to
// U+2B91F, in the published library as in vocabularies that were made with it.
func isIdeograph(r rune) bool {
	return r >= 0x3400 && (r <= 0x4dbf || r >= 0x4e00 && r <= 0x9fff || r >= 0xf900 && r <= 0xfaff ||
		r >= 0x20000 && r <= 0x2a6df || r >= 0x2a700 && r <= 0x2b81f || r >= 0x2b920 && r <= 0x2ceaf ||
		r >= 0x2f800 && r <= 0x2fa1f)
}

// lower makes each character lower case by itself, without a look at its neighbours: there is no final sigma.
func lower(s string) string {
	if !strings.ContainsRune(s, 'İ') {
		return strings.Map(unicode.ToLower, s)
	}
	parts := strings.Split(s, "İ") // the one letter whose lower case is two characters
	for i, p := range parts {
		parts[i] = strings.Map(unicode.ToLower, p)
	}
	return strings.Join(parts, "i\u0307")
}

// drop makes a step that drops characters of a table.
func drop(table *unicode.RangeTable) func(string) string {
	return func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= utf8.RuneSelf && unicode.Is(table, r) {
				return -1
			}
			return r
		}, s)
	}
}
