package datatest

import (
	"bytes"
	"strings"
	"unicode/utf16"
)

// StandIns are files that stand in for any other, whatever its kind.
func StandIns() []Odd {
	return []Odd{
		{
			"Git LFS pointer", "",
			[]byte(
				"version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("a", 64) + "\nsize 74000\n",
			),
			"a Git LFS pointer", "git lfs pull", false, "a ZIP of a repository",
		},
		{
			"git-annex pointer", "", []byte("/annex/objects/SHA256E-s74000--" + strings.Repeat("a", 64) + "\n"),
			"a git-annex pointer", "git annex get", false, "a clone without its content",
		},
		{
			"web page", "", []byte("<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>\n"), "a web page",
			"download", false, "a login was wanted",
		},
		{
			"refusal", "",
			[]byte("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code></Error>\n"),
			"a server's message", "download", false, "a bucket refused",
		},
		{
			"message", "", []byte("{\"message\":\"Not Found\",\"status\":\"404\"}\n"), "a server's message", "download",
			false, "a server refused",
		},
		{"zeros", "", make([]byte, 4096), "zeros", "broke off", false, "a download that had its size before"},
	}
}

// UTF16 is a text in UTF-16, the lower byte first or not, behind its mark or not.
func UTF16(text string, lowFirst, mark bool) []byte {
	if mark {
		text = "\ufeff" + text
	}
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		if lowFirst {
			b = append(b, byte(u), byte(u>>8))
		} else {
			b = append(b, byte(u>>8), byte(u))
		}
	}
	return b
}

// Texts are a text file, whose lines end in line feeds, as other programs save it.
func Texts(text string) []Odd {
	first, rest, _ := strings.Cut(text, "\n")
	return []Odd{
		{"mark", "", []byte("\ufeff" + text), "", "", false, "as a spreadsheet saves CSV UTF-8"},
		{
			"carriage returns and line feeds", "", []byte(strings.ReplaceAll(text, "\n", "\r\n")), "", "", false,
			"of Windows",
		},
		{
			"carriage returns alone", "", []byte(strings.ReplaceAll(text, "\n", "\r")), "", "", false,
			"of old spreadsheets",
		},
		{"UTF-16, low byte first", "", UTF16(text, true, true), "", "", false, "as a spreadsheet saves Unicode text"},
		{"UTF-16, high byte first", "", UTF16(text, false, true), "", "", false, "the other order"},
		{
			"UTF-16 without its mark", "", UTF16(text, true, false), "a NUL, as of UTF-16LE", "iconv -f UTF-16LE",
			false, "cannot be told for sure",
		},
		{"Latin-1", "", []byte(first + "\xf6\n" + rest), "UTF-8", "iconv", false, "mangled before"},
		{
			"spreadsheet", "", []byte("PK\x03\x04\x14\x00\x06\x00"), "a spreadsheet (.xlsx)", "CSV", false,
			"under the name of a table",
		},
		{
			"Git LFS pointer", "", StandIns()[0].Bytes, "a Git LFS pointer", "git lfs pull", false,
			"a ZIP of a repository",
		},
	}
}

// Changed is a file's name with other ends, for sets that differ in capitals alone.
func (f Files) Changed(change func(name string) string) Files {
	out := Files{}
	for name, b := range f {
		out[change(name)] = bytes.Clone(b)
	}
	return out
}
