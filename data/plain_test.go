package data

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

// as16 is a text in UTF-16 behind its mark, or another beginning.
func as16(mark, text string, low int) []byte {
	b := []byte(mark)
	for _, u := range utf16.Encode([]rune(text)) {
		pair := [2]byte{byte(u), byte(u >> 8)}
		b = append(b, pair[low], pair[1-low])
	}
	return b
}

func TestDecodeText(t *testing.T) {
	const text = "id,größe\na,𝄞\n"
	for _, tt := range []struct {
		name   string
		b      []byte
		want   string
		reason string
	}{
		{"UTF-8", []byte(text), text, "as it is"},
		{"with its mark", []byte("\ufeff" + text), text, "as a spreadsheet saves CSV UTF-8"},
		{"UTF-16, low byte first", as16("\xff\xfe", text, 0), text, "as a spreadsheet saves Unicode text"},
		{"UTF-16, high byte first", as16("\xfe\xff", text, 1), text, "the other order"},
		{"carriage returns and line feeds", []byte("a\r\nb\r\n"), "a\nb\n", "of Windows"},
		{"two carriage returns", []byte("a\r\r\nb\r\r\n"), "a\nb\n", "converted twice"},
		{"carriage returns alone", []byte("a\rb\r"), "a\nb\n", "of old spreadsheets"},
		{"carriage returns of UTF-16", as16("\xff\xfe", "a\r\nb", 0), "a\nb", "both at once"},
		{"a carriage return within", []byte("a\rb\nc\n"), "a\rb\nc\n", "where lines end otherwise it is a character"},
		{"nothing", nil, "", "no text, which the reader judges"},
		{"a mark alone", []byte("\ufeff"), "", "likewise"},
	} {
		got, err := DecodeText("x.csv", tt.b)
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: %q, %v, want %q\nreason: %s", tt.name, got, err, tt.want, tt.reason)
		}
	}
}

func TestDecodeTextErrors(t *testing.T) {
	for _, tt := range []struct {
		name       string
		b          []byte
		want, hint string
		reason     string
	}{
		{
			"Latin-1", []byte("id\na,gr\xf6\xdfe\n"), "line 2, byte 5 (8 of the file): 0xf6 is not UTF-8",
			"iconv -f WINDOWS-1252 -t UTF-8 x.csv", "the usual other encoding",
		},
		{
			"Latin-1, carriage returns", []byte("id\ra,gr\xf6\xdfe\r"), "line 2, byte 5 (8 of the file): 0xf6", "iconv",
			"lines count as they end",
		},
		{
			"cut character", []byte("gr\xc3"), "line 1, byte 3 (3 of the file): 0xc3 is not UTF-8", "iconv",
			"cut off within it",
		},
		{
			"UTF-16 without its mark", as16("", "id,label\n", 0),
			"line 1, byte 2 (2 of the file): a NUL, as of UTF-16LE without its mark", "iconv -f UTF-16LE",
			"cannot be told for sure",
		},
		{
			"the other order", as16("", "id,label\n", 1), "a NUL, as of UTF-16BE without its mark", "iconv -f UTF-16BE",
			"likewise",
		},
		{
			"NUL", []byte("a long enough line\nid\x00,label\n"), "line 2, byte 3 (22 of the file): a NUL, want text",
			"damaged", "no encoding",
		},
		{"UTF-32", []byte("\xff\xfe\x00\x00i\x00\x00\x00"), "is UTF-32", "iconv -f UTF-32", "read by nobody"},
		{
			"half of UTF-16", as16("\xff\xfe", "id", 0)[:5], "byte 5 of the file: UTF-16 with half a character",
			"damaged", "cut off",
		},
		{
			"surrogate", []byte("\xfe\xff\xd8\x34\x00a"), "line 1, byte 3 of the file: UTF-16 with a surrogate",
			"damaged", "no character",
		},
		{
			"last surrogate", []byte("\xfe\xff\x00\n\xd8\x34"), "line 2, byte 5 of the file: UTF-16 with a surrogate",
			"damaged", "cut off",
		},
		{"NUL of UTF-16", []byte("\xfe\xff\x00\x00"), "UTF-16 with a NUL", "damaged", "no text"},
		{
			"spreadsheet", []byte("PK\x03\x04\x14\x00"), "a ZIP archive or a spreadsheet (.xlsx), want text",
			"CSV in UTF-8", "under the name of a table",
		},
		{"gzip", []byte("\x1f\x8b\x08"), "a gzip archive", "gunzip", "under the name of a table"},
		{
			"pointer", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
			"a Git LFS pointer, not the file itself", "git lfs pull", "would be a text",
		},
	} {
		_, err := DecodeText("x.csv", tt.b)
		bad, ok := errors.AsType[*FormatError](err)
		if !ok || !strings.HasPrefix(err.Error(), "x.csv: ") || !strings.Contains(err.Error(), tt.want) ||
			!strings.Contains(Hint(err), tt.hint) || !bad.Whole {
			t.Errorf(
				"%s: %v, hint %q, want x.csv: %s, and %s\nreason: %s", tt.name, err, Hint(err), tt.want, tt.hint,
				tt.reason,
			)
		}
	}
	if _, err := DecodeText("it's mine.csv", []byte("\xf6")); !strings.Contains(Hint(err), `'it'\''s mine.csv'`) {
		t.Errorf("hint %q, want the name as a shell takes it", Hint(err))
	}
}

func TestReadText(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.txt")
	if err := os.WriteFile(path, []byte("\ufeffabc\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err := ReadText(path, 8); err != nil || string(b) != "abc\n" {
		t.Errorf("%q, %v, want abc", b, err)
	}
	if _, err := ReadText(path, 7); err == nil || !strings.Contains(err.Error(), "more than 7 bytes") {
		t.Errorf("got %v, want the bound", err)
	}
	if _, err := ReadText(path+"x", 7); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want the file system's error", err)
	}
}

func FuzzDecodeText(f *testing.F) {
	f.Add([]byte("\ufeffid,größe\r\n"))
	f.Add([]byte("\r\r\n"))
	f.Add(as16("\xff\xfe", "a𝄞\r\nb", 0))
	f.Add(as16("\xfe\xff", "a𝄞\rb", 1))
	f.Add([]byte("gr\xf6\xdfe"))
	f.Fuzz(func(t *testing.T, b []byte) {
		text, err := DecodeText("x", b)
		if err != nil {
			if strings.Contains(err.Error(), "\n") || strings.Contains(Hint(err), "\n") || Hint(err) == "" {
				t.Fatalf("error %q, hint %q, want one line each", err, Hint(err))
			}
			return
		}
		if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 || bytes.Contains(text, []byte("\r\n")) {
			t.Fatalf("%q", text)
		}
	})
}
