package text_test

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data/text"
	"github.com/primewindow/primewindow/internal/datatest"
)

// reference is what testdata/reference.py recorded.
type reference struct {
	Corpus    []string
	Sentences []string
	Encoded   []struct {
		File    string
		IDs     [][]int
		Decoded []string
	}
	Trained []struct {
		Size   int
		Lower  bool
		Tokens []string // behind padding, unknown and 256 bytes
		Merges int
	}
}

func readReference(tb testing.TB) (r reference) {
	tb.Helper()
	datatest.Reference(tb, "reference.json", &r)
	if len(r.Sentences) < 60 || len(r.Encoded) < 11 || len(r.Trained) < 4 {
		tb.Fatalf(
			"reference of %d sentences, %d tokenizers, %d trained ones", len(r.Sentences), len(r.Encoded),
			len(r.Trained),
		)
	}
	return r
}

func open(tb testing.TB, name string) *text.Tokenizer {
	tb.Helper()
	t, err := text.Open(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// TestHuggingFace compares ids and decoded texts with those of Hugging Face's tokenizers, for each kind of file.
func TestHuggingFace(t *testing.T) {
	r := readReference(t)
	for _, e := range r.Encoded {
		t.Run(e.File, func(t *testing.T) {
			tok := open(t, e.File)
			for i, s := range r.Sentences {
				got := tok.Encode(s)
				if again := tok.Encode(s); !slices.Equal(got, again) {
					t.Errorf("Encode(%q) is %v, then %v", s, got, again)
				}
				own := slices.Clone(got)
				for k := range own {
					own[k] -= tok.Offset()
				}
				if !slices.Equal(own, e.IDs[i]) {
					t.Errorf("Encode(%q)\n got %v\nwant %v", s, own, e.IDs[i])
				}
				if slices.Contains(got, 0) {
					continue // padding, which decoding leaves out
				}
				if back := tok.Decode(got); back != e.Decoded[i] {
					t.Errorf("Decode of %q\n got %q\nwant %q", s, back, e.Decoded[i])
				}
			}
		})
	}
}

// TestTrainHuggingFace compares vocabularies with those of Hugging Face's trainer of byte-level BPE.
func TestTrainHuggingFace(t *testing.T) {
	r := readReference(t)
	for _, w := range r.Trained {
		tok, err := text.Train(r.Corpus, text.Options{Kind: text.BPE, Vocab: w.Size, Lower: w.Lower})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for id := 258; id < tok.Size(); id++ {
			got = append(got, tok.Token(id))
		}
		if diff := cmp.Diff(
			w.Tokens, got, cmp.Transformer("none", func(s []string) []string { return append([]string{}, s...) }),
		); diff != "" {
			t.Errorf("%d tokens (-want +got)\n%s", w.Size, diff)
		}
	}
	// and what it makes of texts, by the file that was trained on the same
	tok, err := text.Train(r.Corpus, text.Options{Kind: text.BPE, Vocab: 400})
	if err != nil {
		t.Fatal(err)
	}
	file := open(t, "bpe.json")
	for _, s := range r.Sentences {
		if strings.Contains(s, "[PAD]") {
			continue // a trained vocabulary does not look for names of tokens
		}
		if got, want := tok.Encode(s), file.Encode(s); !slices.Equal(got, want) {
			t.Errorf("Encode(%q) is %v, want %v", s, got, want)
		}
		if got := tok.Decode(tok.Encode(s)); got != s {
			t.Errorf("Decode(Encode(%q)) is %q", s, got)
		}
	}
}

// Blocks of 256 code points in which a character was added to Unicode or moved to another class between the versions of
// the tables behind the recorded values, 8 to 16, and Go's, which is 15.
const (
	otherLower = "700 800 900 A00 B00 C00 D00 E00 1700 1800 1A00 1C00 1D00 A700 A800 A900 10D00 10E00 10F00 11000 " +
		"11100 11200 11300 " +
		"11400 11800 11900 11A00 11C00 11D00 11E00 11F00 13400 16F00 1CF00 1E000 1E100 1E200 1E400 1E900"
	otherCased = "800 11000 13400"
	otherWords = "600 900 A00 C00 1600 1B00 2E00 10E00 10F00 11100 11400 11600 11800 11900 11A00 11B00 11C00 11E00 " +
		"11F00 12F00 16E00 " +
		"16F00 1E900"
	otherBytes = "1C00 A700 10500 10D00 10E00 11300 11600 11B00 13400 13500 13600 13700 13800 13900 13A00 13B00 " +
		"13C00 13D00 13E00 " +
		"13F00 14000 14100 14200 14300 16100 16D00 18C00 1CC00 1E500 2EB00 2EC00 2ED00 2EE00"
)

// TestUnicode compares, by checksums of 256 code points each, what single characters become and where words are cut.
func TestUnicode(t *testing.T) {
	var want map[string]json.RawMessage
	datatest.Reference(t, "unicode.json", &want)
	cut := func(split func(string, func(string))) func(string) string {
		return func(s string) string {
			if s == "\x1f" {
				return s
			}
			var words []string
			split("a"+s+"1", func(w string) { words = append(words, w) })
			return strings.Join(words, "\x1f")
		}
	}
	for _, tt := range []struct {
		name  string
		f     func(string) string
		other string
	}{
		{"lower", text.NormalizeBERT(true), otherLower},
		{"cased", text.NormalizeBERT(false), otherCased},
		{"words", cut(text.SplitBERT), otherWords},
		{"bytes", cut(func(s string, yield func(string)) {
			text.SplitBytes(s, func(w string) { yield(text.ByteName(w)) })
		}), otherBytes},
	} {
		var sums map[string]string
		if err := json.Unmarshal(want[tt.name], &sums); err != nil {
			t.Fatal(err)
		}
		var other []string
		for block := range 0x1100 {
			name := fmt.Sprintf("%X", block<<8)
			sum, ok := sums[name]
			if !ok {
				continue
			}
			var all []string
			for c := block << 8; c < (block+1)<<8; c++ {
				if c < 0xd800 || c >= 0xe000 {
					all = append(all, tt.f(string(rune(c))))
				}
			}
			if got := fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(strings.Join(all, "\n")))); got != sum {
				other = append(other, name)
			}
		}
		if got := strings.Join(other, " "); got != tt.other {
			t.Errorf(
				"%s: with Unicode %s of Go, differs in blocks\n%s\nwant\n%s", tt.name, unicode.Version, got, tt.other,
			)
		}
	}
}
