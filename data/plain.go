package data

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// ReadText reads a text file, see [DecodeText]. It returns an [UnsupportedError] for one of more than so many bytes,
// and the file system's errors.
func ReadText(path string, most int64) ([]byte, error) {
	b, err := ReadUpTo(path, most)
	if err != nil {
		return nil, err
	}
	return DecodeText(path, b)
}

// DecodeText is a text file's content in UTF-8 without a mark, with lines that end in a line feed; name is the file's,
// for errors. UTF-8 is read with and without its mark, UTF-16 in either order with its mark, and lines that end in a
// carriage return and line feed, or all in a carriage return. It returns a [FormatError] that names line, byte and
// encoding for anything else: another encoding, a NUL, a surrogate without its other half; and for what is no text at
// all. The content is not copied unless it changes.
func DecodeText(name string, b []byte) ([]byte, error) {
	if err := noText(name, b); err != nil {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		b = b[3:]
	case bytes.HasPrefix(b, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(b, []byte("\x00\x00\xfe\xff")):
		return nil, &FormatError{
			File: name, Reason: "is UTF-32, want UTF-8", Hint: convert(name, "UTF-32"), Whole: true,
		}
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		return decodeUTF16(name, b, binary.LittleEndian)
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		return decodeUTF16(name, b, binary.BigEndian)
	}
	if err := CheckUTF8(name, b); err != nil {
		return nil, err
	}
	return lineFeeds(b), nil
}

// CheckUTF8 returns a [FormatError] that names line and byte, both from 1, of what is not UTF-8, or a NUL.
func CheckUTF8(name string, b []byte) error {
	if at := bytes.IndexByte(b, 0); at >= 0 {
		// Of UTF-16 without its mark every second byte of Latin letters is 0: the later one where the lower byte comes
		// first.
		order := "UTF-16BE"
		if at%2 == 1 {
			order = "UTF-16LE"
		}
		reason, hint := "a NUL, want text", "the file is no text, or damaged: bring it again"
		if bytes.Count(b[:min(len(b), 1<<12)], []byte{0})*4 >= min(len(b), 1<<12) {
			reason, hint = "a NUL, as of "+order+" without its mark, want UTF-8", convert(name, order)
		}
		return &FormatError{File: name, Reason: place(b, at) + reason, Hint: hint, Whole: true}
	}
	at := NotUTF8(b)
	if at < 0 {
		return nil
	}
	return &FormatError{
		File: name, Reason: fmt.Sprintf("%s%#02x is not UTF-8", place(b, at), b[at]),
		Hint: convert(name, "WINDOWS-1252") + "; WINDOWS-1252 is a guess", Whole: true,
	}
}

// NotUTF8 is the place of the first byte that is not UTF-8, from 0, or -1.
func NotUTF8(b []byte) int {
	if utf8.Valid(b) {
		return -1
	}
	at := 0
	for r, n := utf8.DecodeRune(b); r != utf8.RuneError || n > 1; r, n = utf8.DecodeRune(b[at:]) {
		at += n
	}
	return at
}

// place says where a byte is, for the beginning of a reason.
func place(b []byte, at int) string {
	before := b[:at]
	line := 1 + bytes.Count(before, []byte{'\n'})
	start := 1 + bytes.LastIndexByte(before, '\n')
	if line == 1 { // of a file whose lines end otherwise
		line += bytes.Count(before, []byte{'\r'})
		start = 1 + bytes.LastIndexByte(before, '\r')
	}
	return fmt.Sprintf("line %d, byte %d (%d of the file): ", line, at-start+1, at+1)
}

// convert is a hint.
func convert(name, from string) string {
	base := filepath.Base(name)
	return fmt.Sprintf("convert it, for example: iconv -f %s -t UTF-8 %s > utf8 && mv utf8 %[2]s", from, Quoted(base))
}

// plainLetters need no quotes in a shell.
const plainLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-=:,/+"

// Quoted is a name as a shell takes it for one word: in quotes where it needs them.
func Quoted(name string) string {
	if name != "" && strings.Trim(name, plainLetters) == "" {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}

// decodeUTF16 decodes what begins with its mark.
func decodeUTF16(name string, b []byte, order binary.ByteOrder) ([]byte, error) {
	out := make([]byte, 0, len(b))
	line := 1
	broken := func(at int, reason string) ([]byte, error) {
		return nil, &FormatError{
			File: name, Reason: fmt.Sprintf("line %d, byte %d of the file: UTF-16 with %s", line, at+1, reason),
			Hint: "the file is damaged: bring it again, or save it as UTF-8", Whole: true,
		}
	}
	for at := 2; at < len(b); at += 2 {
		if len(b)-at < 2 {
			return broken(at, "half a character at its end")
		}
		r := rune(order.Uint16(b[at:]))
		if utf16.IsSurrogate(r) {
			if len(b)-at >= 4 {
				r = utf16.DecodeRune(r, rune(order.Uint16(b[at+2:])))
			}
			if len(b)-at < 4 || r == utf8.RuneError {
				return broken(at, "a surrogate without its other half")
			}
			at += 2
		}
		switch r {
		case 0:
			return broken(at, "a NUL")
		case '\n':
			line++
		}
		out = utf8.AppendRune(out, r)
	}
	return lineFeeds(out), nil
}

// lineFeeds ends lines in line feeds.
func lineFeeds(b []byte) []byte {
	switch {
	case bytes.IndexByte(b, '\r') < 0:
		return b
	case bytes.IndexByte(b, '\n') < 0:
		return bytes.ReplaceAll(b, []byte("\r"), []byte("\n"))
	}
	// All carriage returns before a line feed: a file that was converted twice ends its lines in "\r\r\n".
	out := make([]byte, 0, len(b))
	for line := range bytes.Lines(b) {
		if end, ok := bytes.CutSuffix(line, []byte("\n")); ok {
			out = append(append(out, bytes.TrimRight(end, "\r")...), '\n')
		} else {
			out = append(out, line...)
		}
	}
	return out
}

// noText names what is no text by its first bytes: the usual things that are given a text's name.
func noText(name string, b []byte) error {
	if s, ok := findStandIn(b); ok && (s.pointer || s == zeros) {
		return s.err(name, nil)
	}
	for _, other := range []struct{ begins, what, hint string }{
		{"PK\x03\x04", "a ZIP archive or a spreadsheet (.xlsx)", "unpack it, or save the spreadsheet as CSV in UTF-8"},
		{"\xd0\xcf\x11\xe0", "a spreadsheet (.xls)", "save it as CSV in UTF-8"},
		{"\x1f\x8b", "a gzip archive", "unpack it: gunzip"},
		{"%PDF-", "a PDF file", "bring the text itself"},
		{"\x93NUMPY", "a NumPy array", "its name should end in .npy"},
		{"\x89PNG", "a PNG picture", "its name should end in .png"},
		{"\xff\xd8\xff", "a JPEG picture", "its name should end in .jpg"},
	} {
		if bytes.HasPrefix(b, []byte(other.begins)) {
			return &FormatError{File: name, Reason: "is " + other.what + ", want text", Hint: other.hint, Whole: true}
		}
	}
	return nil
}
