package text_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/text"
	"github.com/primewindow/primewindow/internal/datatest"
)

func TestIds(t *testing.T) {
	tok, err := text.Train([]string{"a b c"}, text.Options{Kind: text.Words})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		text   string
		length int
		want   []float32
		reason string
	}{
		{"a c", 4, []float32{2, 4, 0, 0}, "padding behind the end"},
		{"a c b a", 2, []float32{2, 4}, "cut to length"},
		{"c x", 2, []float32{4, 1}, "x is unknown"},
		{"", 2, []float32{0, 0}, "padding alone"},
		{"a", 0, []float32{}, "no room"},
		{"a\xffb c", 2, []float32{1, 4}, "the broken byte is dropped, as U+FFFD is, and ab is no word"},
	} {
		if diff := cmp.Diff(tt.want, tok.Ids(tt.text, tt.length)); diff != "" {
			t.Errorf("Ids(%q, %d) (-want +got)\n%s\nreason: %s", tt.text, tt.length, diff, tt.reason)
		}
	}
	if got := tok.Decode([]int{0, 2, 1, 0, 4, 0}); got != "a [UNK] c" {
		t.Errorf("Decode is %q, want words and no padding", got)
	}
}

// slowBytes is byte-level BPE by the definition: the pair of the lowest rank is joined, the leftmost of them, anew.
func slowBytes(tb testing.TB, name string) func(word string) []int {
	tb.Helper()
	var f struct {
		Model struct {
			Vocab  map[string]int
			Merges [][2]string
		}
	}
	datatest.Reference(tb, name, &f)
	rank := map[[2]string]int{}
	for i, m := range f.Model.Merges {
		rank[m] = i
	}
	return func(word string) []int {
		var parts []string
		for i := range len(word) {
			parts = append(parts, text.ByteName(word[i:i+1]))
		}
		for {
			best, at := len(rank), -1
			for i := 1; i < len(parts); i++ {
				if r, ok := rank[[2]string(parts[i-1:i+1])]; ok && r < best {
					best, at = r, i
				}
			}
			if at < 0 {
				break
			}
			parts = slices.Concat(parts[:at-1], []string{parts[at-1] + parts[at]}, parts[at+1:])
		}
		var ids []int
		for _, p := range parts {
			ids = append(ids, f.Model.Vocab[p])
		}
		return ids
	}
}

// TestBytesSlowly compares joined pairs with those of the definition.
func TestBytesSlowly(t *testing.T) {
	tok, slow := open(t, "bpe.json"), slowBytes(t, "bpe.json")
	r := rand.New(rand.NewPCG(1, 1))
	for range 3000 {
		var b strings.Builder
		for range 1 + r.IntN(40) {
			b.WriteString([]string{"a", "b", "th", "ing", "er", "l", "ow", "e"}[r.IntN(8)])
		}
		if got, want := tok.Encode(b.String()), slow(b.String()); !slices.Equal(got, want) {
			t.Fatalf("Encode(%q) is %v, want %v", b.String(), got, want)
		}
	}
}

// TestPiecesSlowly compares pieces with those of the definition: every beginning is tried, the longest first.
func TestPiecesSlowly(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "vocab.txt"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	slow := func(word string) (ids []int) {
		chars := []rune(word)
		for from := 0; from < len(chars); {
			to, id := len(chars), -1
			for ; to > from; to-- {
				piece := string(chars[from:to])
				if from > 0 {
					piece = "##" + piece
				}
				if id = slices.Index(lines, piece); id >= 0 {
					break
				}
			}
			if id < 0 {
				return []int{slices.Index(lines, "[UNK]")}
			}
			ids, from = append(ids, id), to
		}
		return ids
	}
	tok := open(t, "vocab.txt")
	r := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		var b strings.Builder
		for range 1 + r.IntN(12) {
			b.WriteString([]string{"walk", "ing", "e", "rs", "able", "ø", "ж", "ab", "un"}[r.IntN(9)])
		}
		if got, want := tok.Encode(b.String()), slow(b.String()); !slices.Equal(got, want) {
			t.Fatalf("Encode(%q) is %v, want %v", b.String(), got, want)
		}
	}
}

// TestLongTexts checks that texts without blanks take time in proportion to their length.
func TestLongTexts(t *testing.T) {
	const size = 1 << 18
	for _, name := range []string{"vocab.txt", "forms.json", "bpe.json", "bpe_prefix.json"} {
		tok := open(t, name)
		for _, unit := range []string{"a", "é", "!", " ", "ab", "<", "[MASK", "\u0301"} {
			start := time.Now()
			tok.Encode(strings.Repeat(unit, size/len(unit)))
			// some 0.05 s; in proportion to the square of the length it would be minutes
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("%s: %d bytes of %q took %v", name, size, unit, took)
			}
		}
	}
}

// TestManyGoroutines checks that a tokenizer may be shared, with the race detector or without.
func TestManyGoroutines(t *testing.T) {
	r := readReference(t)
	for _, name := range []string{"vocab.txt", "bpe.json"} {
		tok := open(t, name)
		var want [][]int
		for _, s := range r.Sentences {
			want = append(want, tok.Encode(s))
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for i, s := range r.Sentences {
					if got := tok.Encode(s); !slices.Equal(got, want[i]) {
						t.Errorf("%s: Encode(%q) is %v beside others, want %v", name, s, got, want[i])
					}
				}
			})
		}
		wg.Wait()
	}
}

// TestCacheIsBounded checks that words which were forgotten have the ids that they had.
func TestCacheIsBounded(t *testing.T) {
	tok := open(t, "bpe.json")
	want := tok.Encode("walking towers")
	for i := range 40_000 {
		tok.Encode(strings.Repeat("x", i%40) + string(rune('a'+i%26)) + string(rune(0x4e00+i%20_000)))
	}
	if got := tok.Encode("walking towers"); !slices.Equal(got, want) {
		t.Errorf("Encode is %v, was %v", got, want)
	}
}

// checkIDs checks what must hold of any text.
func checkIDs(t *testing.T, tok *text.Tokenizer, s string) {
	t.Helper()
	ids := tok.Encode(s)
	for _, id := range ids {
		if id < 0 || id >= tok.Size() {
			t.Fatalf("Encode(%q) is %v, want ids below %d", s, ids, tok.Size())
		}
	}
	if !slices.Equal(ids, tok.Encode(s)) {
		t.Fatalf("Encode(%q) is another the second time", s)
	}
	tok.Decode(ids)
	for i, x := range tok.Ids(s, 8) {
		if i < len(ids) && x != float32(ids[i]) || i >= len(ids) && x != 0 {
			t.Fatalf("Ids(%q)[%d] is %v, ids are %v", s, i, x, ids)
		}
	}
}

func FuzzEncode(f *testing.F) {
	r := readReference(f)
	for _, s := range r.Sentences {
		f.Add(s)
	}
	f.Add("\xff\xfe\xed\xa0\x80")
	var toks []*text.Tokenizer
	for _, e := range r.Encoded {
		toks = append(toks, open(f, e.File))
	}
	for _, kind := range []string{text.Words, text.WordPiece, text.BPE} {
		tok, err := text.Train(r.Corpus, text.Options{Kind: kind, Lower: true})
		if err != nil {
			f.Fatal(err)
		}
		toks = append(toks, tok)
	}
	plain := open(f, "bpe.json")
	f.Fuzz(func(t *testing.T, s string) {
		for _, tok := range toks {
			checkIDs(t, tok, s)
		}
		if want := strings.ToValidUTF8(s, "\ufffd"); !strings.Contains(s, "[") &&
			plain.Decode(plain.Encode(s)) != want {
			t.Errorf("%q came back as %q", want, plain.Decode(plain.Encode(s)))
		}
	})
}

// fuzzDecode checks that a decoder returns a tokenizer that works, or one of the two errors.
func fuzzDecode(t *testing.T, decode func(name string, b []byte) (*text.Tokenizer, error), b []byte) {
	t.Helper()
	tok, err := decode("f", b)
	if err != nil {
		_, format := errors.AsType[*data.FormatError](err)
		_, unsupported := errors.AsType[*data.UnsupportedError](err)
		if !format && !unsupported {
			t.Fatalf("%q: %v, want a format or unsupported error", b, err)
		}
		return
	}
	if tok.Size() < 2 || tok.Offset() < 0 || tok.Offset() > 1 || tok.Unknown() >= tok.Size() {
		t.Fatalf("%q: size %d, offset %d, unknown %d", b, tok.Size(), tok.Offset(), tok.Unknown())
	}
	for _, s := range []string{"", " a", "ab abba's [UNK]", "é学\x00\xff", string(b[:min(len(b), 500)])} {
		checkIDs(t, tok, s)
	}
	checkIDs(t, tok, tok.Token(tok.Size()-1))
}

func FuzzDecodeVocab(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte("\ufeff[UNK]\r\nCafé\r\n##é\r\n \r\n"))
	f.Add([]byte("[UNK]\n[UNK]\n"))
	f.Fuzz(func(t *testing.T, b []byte) { fuzzDecode(t, text.DecodeVocab, b) })
}

func FuzzDecodeJSON(f *testing.F) {
	f.Add([]byte(levels(fewBytes, `"a b"`, unk)))
	f.Add([]byte(levels(fewBytes, `["a","b"]`, unk+`,"fuse_unk":true,"ignore_merges":true`)))
	f.Add(
		[]byte(
			pieces(
				fewWords, `,"max_input_chars_per_word":3`,
				`,"added_tokens":[{"id":4,"content":"A b","lstrip":true,"rstrip":true,"single_word":true,"normalized":true}],"normalizer":{"type":"Sequence","normalizers":[{"type":"NFKD"},{"type":"StripAccents"},{"type":"Lowercase"}]}`,
			),
		),
	)
	f.Add(
		[]byte(
			pieces(
				fewWords, `,"continuing_subword_prefix":""`,
				`,"normalizer":{"type":"BertNormalizer","lowercase":false},"padding":{"pad_token":"a"}`,
			),
		),
	)
	for _, name := range []string{"short.json", "bpe_unknown.json", "bpe_prefix.json"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(bytes.TrimSpace(b))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		fuzzDecode(t, text.DecodeJSON, b)
		if tok, err := text.DecodeJSON("f", b); err == nil && !json.Valid(b) {
			t.Fatalf("%q is not JSON, yet has %d tokens", b, tok.Size())
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	r := readReference(b)
	for _, name := range []string{"vocab.txt", "bpe.json"} {
		b.Run(name, func(b *testing.B) {
			tok := open(b, name)
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				for _, s := range r.Corpus {
					n += len(tok.Encode(s))
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}
