package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// class is what a character is to those who cut texts into words.
type class uint8

const (
	other class = iota
	space
	letter
	number
)

// ascii holds the class of each byte below 0x80.
var ascii = func() (t [utf8.RuneSelf]class) {
	for c := range t {
		t[c] = classOf(rune(c))
	}
	return t
}()

func classOf(r rune) class {
	switch {
	case unicode.IsLetter(r):
		return letter
	case unicode.IsSpace(r):
		return space
	case unicode.IsNumber(r):
		return number
	}
	return other
}

// classAt is the class of the character that starts at s[i], and its length in bytes; other and 0 at the end.
func classAt(s string, i int) (class, int) {
	if i == len(s) {
		return other, 0
	}
	if c := s[i]; c < utf8.RuneSelf {
		return ascii[c], 1
	}
	r, n := utf8.DecodeRuneInString(s[i:])
	return classOf(r), n
}

// splitBERT cuts a text at white space, and around each punctuation character, which is a word of its own.
func splitBERT(s string, yield func(word string)) {
	from := 0
	flush := func(to int) {
		if from < to {
			yield(s[from:to])
		}
	}
	for i := 0; i < len(s); {
		r, n := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(s[i:])
		}
		switch {
		case unicode.IsSpace(r):
			flush(i)
			from = i + n
		case isPunctuation(r):
			flush(i)
			yield(s[i : i+n])
			from = i + n
		}
		i += n
	}
	flush(len(s))
}

// isPunctuation counts the symbols among ASCII's characters, such as $ and +, as punctuation.
func isPunctuation(r rune) bool {
	if r < utf8.RuneSelf {
		return r > ' ' && r < 0x7f && ascii[r] == other
	}
	return unicode.IsPunct(r)
}

// splitBytes cuts a text as GPT-2 does: endings after an apostrophe; runs of letters, of digits and of others, each
// with one blank before it; and white space, whose last character is left to what follows it. No character is lost.
func splitBytes(s string, yield func(word string)) {
	for i := 0; i < len(s); {
		to := i + ending(s[i:])
		if to == i {
			to = run(s, i)
		}
		yield(s[i:to])
		i = to
	}
}

// ending is the length of an English ending after an apostrophe, or 0.
func ending(s string) int {
	if s[0] != '\'' {
		return 0
	}
	for _, e := range []string{"s", "t", "re", "ve", "m", "ll", "d"} {
		if strings.HasPrefix(s[1:], e) {
			return 1 + len(e)
		}
	}
	return 0
}

// run is where the run that starts at s[i] ends.
func run(s string, i int) int {
	at := i
	if s[i] == ' ' {
		at++
	}
	if c, n := classAt(s, at); n > 0 && c != space {
		for is := c; n > 0 && is == c; is, n = classAt(s, at) {
			at += n
		}
		return at
	}
	last := i // where the last white space starts
	for at = i; ; {
		c, n := classAt(s, at)
		if n == 0 {
			return at
		}
		if c != space {
			break
		}
		last, at = at, at+n
	}
	if last > i {
		return last
	}
	return at
}

// byteNames is the printable character that stands for each byte in files of byte-level BPE: the byte itself where
// Latin-1 has a visible character there, and the next one from U+0100 otherwise.
var byteNames = func() (names [256]string) {
	next := rune(0x100)
	for b := range names {
		r := rune(b)
		if r <= ' ' || r >= 0x7f && r <= 0xa0 || r == 0xad {
			r = next
			next++
		}
		names[b] = string(r)
	}
	return names
}()

// byteName is a text in that alphabet.
func byteName(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteString(byteNames[s[i]])
	}
	return b.String()
}
