package text_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/text"
)

const small = "[PAD]\n[UNK]\na\nb\n##b\nab\n##ab\n"

// levels is a byte-level BPE file.
func levels(vocab, merges, options string) string {
	return `{"model":{"type":"BPE","vocab":{` + vocab + `},"merges":[` + merges + `]` + options +
		`},"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false}}`
}

// pieces is a WordPiece file.
func pieces(vocab, options, rest string) string {
	return `{"model":{"type":"WordPiece","vocab":{` + vocab + `}` + options +
		`},"pre_tokenizer":{"type":"BertPreTokenizer"}` + rest + `}`
}

const (
	fewBytes = `"[PAD]":0,"[UNK]":1,"a":2,"b":3,"ab":4`
	fewWords = `"[PAD]":0,"[UNK]":1,"a":2,"##b":3`
	unk      = `,"unk_token":"[UNK]"`
)

func TestBadVocabularies(t *testing.T) {
	deep := strings.Repeat(`{"type":"Sequence","normalizers":[`, 9) + `{"type":"NFC"}` + strings.Repeat(`]}`, 9)
	for _, tt := range []struct {
		name, content, want, reason string
		unsupported                 bool
	}{
		{name: "vocab.txt", content: "", want: "empty", reason: "no vocabulary"},
		{name: "vocab.txt", content: "\n", want: "line 1: empty, want a token", reason: "a line is an id"},
		{name: "vocab.txt", content: small + "\nc\n", want: "line 8: empty, want a token", reason: "ids would shift"},
		{
			name: "vocab.txt", content: small + "a\n", want: `line 8: token "a", which line 3 is`,
			reason: "a word would have two ids",
		},
		{
			name: "vocab.txt", content: small + "a \r\n", want: `line 8: token "a", which line 3 is`,
			reason: "blanks at the end are none of a token's",
		},
		{name: "vocab.txt", content: "[PAD]\na\n", want: "no token [UNK] among 2", reason: "unknown words have no id"},
		{
			name: "vocab.txt", content: small + "\xff\n", want: "line 8, byte 1 (29 of the file): 0xff is not UTF-8",
			reason: "Latin-1",
		},
		{
			name: "vocab.txt", content: small + strings.Repeat("x", 1001),
			want: "line 8: token of 1001 bytes, want at most 1000", reason: "no word is so long",
		},
		{
			name: "vocab.txt", content: strings.Repeat("x", 1<<26+1), want: "more than 67108864 bytes",
			reason: "bounded memory",
		},

		{name: "t.json", content: `{`, want: "unexpected end of JSON", reason: "truncated"},
		{name: "t.json", content: `[]`, want: "cannot unmarshal array", reason: "another file"},
		{name: "t.json", content: `{}`, want: "no model", reason: "another file"},
		{name: "t.json", content: `null`, want: "no model", reason: "another file"},
		{name: "t.json", content: `{"model":{"type":"WordPiece"}}`, want: "vocab: missing", reason: "no tokens"},
		{
			name: "t.json", content: `{"model":{"type":"WordPiece","vocab":[["a",1]]}}`, want: "vocab: want an object",
			reason: "as Unigram has it",
		},
		{name: "t.json", content: pieces(``, "", ""), want: "no tokens", reason: "an empty object"},
		{
			name: "t.json", content: pieces(fewWords+`,"a":4`, "", ""), want: `vocab: token "a" twice`,
			reason: "JSON's last value would win silently",
		},
		{
			name: "t.json", content: pieces(fewWords+`,"c":2`, "", ""), want: `vocab: id 2 for "a" and for "c"`,
			reason: "an id is one token",
		},
		{name: "t.json", content: pieces(fewWords+`,"c":-1`, "", ""), want: `token "c": id -1`, reason: "not an id"},
		{name: "t.json", content: pieces(fewWords+`,"c":4.5`, "", ""), want: `vocab: id of "c"`, reason: "not an id"},
		{
			name: "t.json", content: pieces(fewWords+`,"c":1000000000`, "", ""),
			want: "no token has id 4, want all from 0 to 4", unsupported: true,
			reason: "a table of a thousand million rows",
		},
		{
			name: "t.json", content: pieces(`"[PAD]":0,"a":1`, "", ""), want: `no token "[UNK]" among 2`,
			reason: "unknown words have no id",
		},
		{
			name: "t.json", content: pieces(fewWords, `,"unk_token":"?"`, ""), want: `no token "?" among 4`,
			reason: "likewise, named",
		},
		{
			name: "t.json", content: pieces(fewWords, `,"max_input_chars_per_word":-1`, ""),
			want: "max_input_chars_per_word -1", reason: "every word would be unknown",
		},
		{
			name: "t.json", content: pieces(fewWords, "", `,"added_tokens":[{"id":5,"content":"a"}]`),
			want: `added_tokens: "a" with id 5, which has another id`, reason: "a token is one id",
		},
		{
			name: "t.json", content: pieces(fewWords, "", `,"added_tokens":[{"id":2,"content":"<x>"}]`),
			want: `added_tokens: id 2 for "a" and for "<x>"`, reason: "an id is one token",
		},
		{
			name: "t.json", content: pieces(fewWords, "", `,"normalizer":{"type":"Replace"}`),
			want: `normalizer "Replace"`, unsupported: true, reason: "not read",
		},
		{
			name: "t.json", content: pieces(fewWords, "", `,"normalizer":`+deep), want: "normalizers more than 8 deep",
			unsupported: true, reason: "no file of anyone's",
		},
		{
			name: "t.json", content: strings.Replace(pieces(fewWords, "", ""), "BertPreTokenizer", "Metaspace", 1),
			want: `pre-tokenizer "Metaspace"`, unsupported: true, reason: "not read",
		},
		{
			name: "t.json", content: `{"model":{"type":"WordPiece","vocab":{` + fewWords + `}}}`,
			want: `pre-tokenizer "none"`, unsupported: true, reason: "not read",
		},
		{
			name: "t.json", content: strings.Replace(pieces(fewWords, "", ""), "WordPiece", "Unigram", 1),
			want: `model "Unigram"`, unsupported: true, reason: "not read",
		},
		{
			name: "t.json", content: `{"model":{"vocab":{"a":0}}}`, want: `model ""`, unsupported: true,
			reason: "no kind, and nothing tells it",
		},

		{
			name: "t.json", content: levels(fewBytes, "", ""), want: `no token "Ā" for byte 0 and no unk_token`,
			reason: "bytes would be dropped silently",
		},
		{
			name: "t.json", content: levels(fewBytes, `"a c"`, unk), want: `merge 0: "a" and "c", want two tokens`,
			reason: "c is no token",
		},
		{
			name: "t.json", content: levels(fewBytes, `"b a"`, unk), want: `merge 0: "b" and "a" make no token`,
			reason: "ba is no token",
		},
		{
			name: "t.json", content: levels(fewBytes, `"a b",["a","b"]`, unk),
			want: `merge 1: "a" and "b", which stood before`, reason: "of two ranks one would be lost",
		},
		{name: "t.json", content: levels(fewBytes, `"a b a"`, unk), want: "want two tokens", reason: "three"},
		{
			name: "t.json", content: levels(fewBytes, `7`, unk), want: "cannot unmarshal number",
			reason: "neither a line nor a pair",
		},
		{
			name: "t.json", content: levels(fewBytes, "", `,"unk_token":"?"`),
			want: `no token "?" among 5, which unk_token names`, reason: "unknown bytes have no id",
		},
		{
			name: "t.json", content: levels(fewBytes, "", unk+`,"dropout":0.1`), want: "dropout 0.1", unsupported: true,
			reason: "the same text would have other ids each time",
		},
		{
			name: "t.json", content: levels(fewBytes, "", unk+`,"byte_fallback":true`), want: "byte_fallback",
			unsupported: true, reason: "not read",
		},
		{
			name: "t.json", content: levels(fewBytes, "", unk+`,"end_of_word_suffix":"</w>"`),
			want: `end_of_word_suffix "</w>"`, unsupported: true, reason: "not read",
		},
		{
			name: "t.json", content: levels(fewBytes, "", unk+`,"continuing_subword_prefix":"##"`),
			want: `continuing_subword_prefix "##"`, unsupported: true, reason: "not read",
		},
		{
			name:    "t.json",
			content: strings.Replace(levels(fewBytes, "", unk), `"add_prefix_space":false`, `"use_regex":false`, 1),
			want:    "without use_regex", unsupported: true, reason: "not read",
		},
		{
			name: "t.json", content: strings.Replace(levels(fewBytes, "", unk), "ByteLevel", "Whitespace", 1),
			want: `pre-tokenizer "Whitespace", want ByteLevel`, unsupported: true, reason: "not read",
		},
	} {
		path := filepath.Join(t.TempDir(), tt.name)
		if err := os.WriteFile(path, []byte(tt.content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := text.Open(path)
		format, isFormat := errors.AsType[*data.FormatError](err)
		other, isOther := errors.AsType[*data.UnsupportedError](err)
		ok := isFormat && format.File == path
		if tt.unsupported {
			ok = isOther && other.File == path
		}
		if !ok || !strings.Contains(err.Error(), tt.want) {
			t.Errorf(
				"%.80q: %v (unsupported %v), want %q (%v)\nreason: %s", tt.content, err, isOther, tt.want,
				tt.unsupported, tt.reason,
			)
		}
	}
	if _, err := text.Open("absent.txt"); !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "text: ") {
		t.Errorf("a file that is not there: %v", err)
	}
}

// TestFormsOfFiles checks that what files may write in two ways means the same.
func TestFormsOfFiles(t *testing.T) {
	r := readReference(t)
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	bpe, bert, vocab := read("bpe.json"), read("bert.json"), read("vocab.txt")
	for _, tt := range []struct {
		name, file string
		content    []byte
		change     []string // old and new
		reason     string
	}{
		{"crlf.txt", "vocab.txt", vocab, []string{"\n", "\r\n"}, "written on Windows"},
		{"bom.txt", "vocab.txt", vocab, []string{"[PAD]\n", "\ufeff[PAD]\n"}, "likewise"},
		{
			"no_kind.json", "bert.json", bert, []string{`"type":"WordPiece","unk_token"`, `"unk_token"`},
			"old files do not name the model",
		},
		{"no_kind.json", "bpe.json", bpe, []string{`"type":"BPE",`, ``}, "likewise"},
		{"lines.json", "bpe.json", bpe, []string{`["l","e"]`, `"l e"`}, "old files have a merge as a line"},
	} {
		changed := bytes.ReplaceAll(tt.content, []byte(tt.change[0]), []byte(tt.change[1]))
		if bytes.Equal(changed, tt.content) {
			t.Errorf("%s of %s: nothing changed", tt.name, tt.file)
		}
		decode := text.DecodeJSON
		if strings.HasSuffix(tt.name, ".txt") {
			decode = text.DecodeVocab
		}
		got, err := decode(tt.name, changed)
		if err != nil {
			t.Errorf("%s of %s: %v", tt.name, tt.file, err)
			continue
		}
		want := open(t, tt.file)
		for _, s := range r.Sentences {
			if g, w := got.Encode(s), want.Encode(s); !slices.Equal(g, w) {
				t.Errorf("%s of %s: Encode(%q) is %v, want %v\nreason: %s", tt.name, tt.file, s, g, w, tt.reason)
			}
		}
	}
}

// TestPaddingIsFirst checks that id 0 is padding whatever the file says.
func TestPaddingIsFirst(t *testing.T) {
	for _, tt := range []struct {
		name, content   string
		size, offset    int
		unknown, ofWord int // ids
		reason          string
	}{
		{"v.txt", small, 7, 0, 1, 5, "token 0 is padding"},
		{"v.txt", "[UNK]\n[PAD]\nab\n", 4, 1, 1, 3, "token 1 is: it keeps its place, which no text has"},
		{"v.txt", "[UNK]\nab\n", 3, 1, 1, 2, "no token is"},
		{"t.json", pieces(`"[UNK]":0,"ab":1`, "", ""), 3, 1, 1, 2, "no token is"},
		{"t.json", pieces(`"<pad>":0,"[UNK]":1,"ab":2`, "", ""), 3, 0, 1, 2, "token 0 is, as RoBERTa calls it"},
		{
			"t.json", pieces(`"_":0,"[UNK]":1,"ab":2`, "", `,"padding":{"pad_token":"_"}`), 3, 0, 1, 2,
			"token 0 is, as the file calls it",
		},
		{"t.json", levels(fewBytes, `"a b"`, unk), 5, 0, 1, 4, "token 0 is"},
		{
			"t.json", levels(`"a":0,"b":1,"ab":2,"[UNK]":3`, `"a b"`, unk), 5, 1, 4, 3,
			"token 0 is a letter, as in GPT-2",
		},
	} {
		decode := text.DecodeJSON
		if strings.HasSuffix(tt.name, ".txt") {
			decode = text.DecodeVocab
		}
		tok, err := decode(tt.name, []byte(tt.content))
		if err != nil {
			t.Errorf("%s: %v", tt.content, err)
			continue
		}
		if tok.Size() != tt.size || tok.Offset() != tt.offset || tok.Unknown() != tt.unknown ||
			!slices.Equal(tok.Encode("ab"), []int{tt.ofWord}) {
			t.Errorf("%s\nsize %d, offset %d, unknown %d, ab %v, want %d, %d, %d, %d\nreason: %s",
				tt.content, tok.Size(), tok.Offset(), tok.Unknown(), tok.Encode("ab"), tt.size, tt.offset, tt.unknown,
				tt.ofWord, tt.reason)
		}
		for i, want := range []float32{float32(tt.ofWord), 0, 0} {
			if got := tok.Ids("ab", 3)[i]; got != want {
				t.Errorf("%s: Ids[%d] is %v, want %v", tt.content, i, got, want)
			}
		}
	}
}

// TestVocabularyCase checks how a vocabulary of lines says whether it is of lower case.
func TestVocabularyCase(t *testing.T) {
	for _, tt := range []struct {
		vocab  string
		want   []int
		reason string
	}{
		{"[PAD]\n[UNK]\ncafe\n", []int{2, 2}, "no capital: texts lose theirs, and accents"},
		{"[PAD]\n[UNK]\ncafé\nCafe\n", []int{1, 2}, "a capital: texts keep what they have"},
	} {
		tok, err := text.DecodeVocab("vocab.txt", []byte(tt.vocab))
		if err != nil {
			t.Fatal(err)
		}
		if got := tok.Encode("CAFE café"); !slices.Equal(got, tt.want) {
			t.Errorf("%q: %v, want %v\nreason: %s", tt.vocab, got, tt.want, tt.reason)
		}
	}
}
