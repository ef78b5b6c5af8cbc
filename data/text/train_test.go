package text_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/primewindow/primewindow/data/text"
)

func tokens(t *text.Tokenizer) []string {
	var list []string
	for id := range t.Size() {
		list = append(list, t.Token(id))
	}
	return list
}

func TestTrain(t *testing.T) {
	for _, tt := range []struct {
		texts   []string
		options text.Options
		want    []string
		reason  string
	}{
		{
			[]string{"b a", "a c! a b"}, text.Options{Kind: text.Words}, []string{"[PAD]", "[UNK]", "a", "b", "c", "!"},
			"three times, twice, then in their order",
		},
		{
			[]string{"b a", "a c! a b"}, text.Options{Kind: text.Words, Vocab: 4}, []string{"[PAD]", "[UNK]", "a", "b"},
			"the most frequent",
		},
		{
			[]string{"Été été ETE"}, text.Options{Kind: text.Words, Lower: true}, []string{"[PAD]", "[UNK]", "ete"},
			"one word without case and accents",
		},
		{
			[]string{"Été été"}, text.Options{Kind: text.Words}, []string{"[PAD]", "[UNK]", "Été", "été"},
			"two with them",
		},
		{[]string{"aab aab ab ab"}, text.Options{}, []string{
			"[PAD]", "[UNK]", "a", "b", "##a", "##b", "aa", "ab", "aab",
		},
			"ids 2 4, 4 5 and 2 5 twice each, the lowest is 2 4: aa, id 6; then 2 5 and 6 5 twice each: ab; then aab"},
		{
			[]string{"ab"}, text.Options{}, []string{"[PAD]", "[UNK]", "a", "b", "##a", "##b"},
			"a pair that is seen once makes nothing",
		},
		{[]string{"aaaa bbb cc d"}, text.Options{Vocab: 8}, []string{"[PAD]", "[UNK]", "a", "b", "##a", "##b", "##aa"},
			"two characters of four fill half of eight tokens; ##a ##a twice; c and d are unknown"},
	} {
		tok, err := text.Train(tt.texts, tt.options)
		if err != nil {
			t.Errorf("%q: %v", tt.texts, err)
			continue
		}
		if diff := cmp.Diff(tt.want, tokens(tok)); diff != "" {
			t.Errorf("Train(%q, %+v) (-want +got)\n%s\nreason: %s", tt.texts, tt.options, diff, tt.reason)
		}
	}
}

func TestTrainRefuses(t *testing.T) {
	for _, tt := range []struct {
		texts   []string
		options text.Options
		want    string
	}{
		{nil, text.Options{}, "text: no words in 0 texts"},
		{[]string{"", " \t"}, text.Options{Kind: text.Words}, "text: no words in 2 texts"},
		{[]string{"a"}, text.Options{Kind: "unigram"}, `text: kind "unigram", want wordpiece, bpe or words`},
		{
			[]string{"a"}, text.Options{Kind: text.BPE, Vocab: 257},
			"text: vocabulary of 257 tokens, want from 258 to 1048576",
		},
		{[]string{"a"}, text.Options{Vocab: 3}, "text: vocabulary of 3 tokens, want from 4 to 1048576"},
		{[]string{"a"}, text.Options{Vocab: -1}, "text: vocabulary of -1 tokens, want from 4 to 1048576"},
		{[]string{"a"}, text.Options{Vocab: 1<<20 + 1}, "text: vocabulary of 1048577 tokens, want from 4 to 1048576"},
	} {
		if _, err := text.Train(tt.texts, tt.options); err == nil || err.Error() != tt.want {
			t.Errorf("Train(%q, %+v): %v, want %s", tt.texts, tt.options, err, tt.want)
		}
	}
}

// made are sentences over few syllables, in which pairs are often equally frequent.
func made(n int) []string {
	r := rand.New(rand.NewPCG(1, 1))
	syllables := []string{"a", "an", "na", "ta", "ana", "to", "n", "é", "学", "'s"}
	var texts []string
	for range n {
		var b strings.Builder
		for range 1 + r.IntN(8) {
			for range 1 + r.IntN(5) {
				b.WriteString(syllables[r.IntN(len(syllables))])
			}
			b.WriteString(" ")
		}
		texts = append(texts, b.String())
	}
	return texts
}

// TestTrainSlowly compares the trained pieces with those of the definition: all pairs are counted anew for each.
func TestTrainSlowly(t *testing.T) {
	texts := made(150)
	const size = 200
	tok, err := text.Train(texts, text.Options{Vocab: size})
	if err != nil {
		t.Fatal(err)
	}
	normal := text.NormalizeBERT(false)
	var words [][]string
	alphabet := map[string]bool{}
	for _, s := range texts {
		text.SplitBERT(normal(s), func(w string) {
			var word []string
			for i, r := range w {
				alphabet[string(r)] = true
				if i == 0 {
					word = append(word, string(r))
				} else {
					word = append(word, "##"+string(r))
				}
			}
			words = append(words, word)
		})
	}
	list := []string{"[PAD]", "[UNK]"}
	chars := slices.Sorted(maps.Keys(alphabet))
	list = append(list, chars...)
	for _, c := range chars {
		list = append(list, "##"+c)
	}
	for len(list) < size {
		times := map[[2]string]int{}
		for _, w := range words {
			for i := 1; i < len(w); i++ {
				times[[2]string(w[i-1:i+1])]++
			}
		}
		var best [2]string
		for _, left := range list {
			for _, right := range list {
				if p := [2]string{left, right}; times[p] > times[best] {
					best = p
				}
			}
		}
		if times[best] < 2 {
			break
		}
		one := best[0] + strings.TrimPrefix(best[1], "##")
		if !slices.Contains(list, one) {
			list = append(list, one)
		}
		for k, w := range words {
			var next []string
			for i := 0; i < len(w); i++ {
				if i+1 < len(w) && w[i] == best[0] && w[i+1] == best[1] {
					next = append(next, one)
					i++
				} else {
					next = append(next, w[i])
				}
			}
			words[k] = next
		}
	}
	if diff := cmp.Diff(list, tokens(tok)); diff != "" || len(list) < 100 {
		t.Errorf("%d tokens (-slow +got)\n%s", len(list), diff)
	}
}

// TestTrainedKnows checks that texts of known characters are never unknown, for pieces and bytes.
func TestTrainedKnows(t *testing.T) {
	texts := made(60)
	for _, kind := range []string{text.WordPiece, text.BPE} {
		tok, err := text.Train(texts, text.Options{Kind: kind, Vocab: 300})
		if err != nil {
			t.Fatal(err)
		}
		if tok.Kind() != kind || tok.Offset() != 0 || tok.Size() > 300 {
			t.Errorf("kind %s, offset %d, size %d", tok.Kind(), tok.Offset(), tok.Size())
		}
		for _, s := range made(200)[60:] {
			ids := tok.Encode(s)
			if len(ids) == 0 || slices.Contains(ids, 0) || slices.Contains(ids, 1) {
				t.Errorf("%s: Encode(%q) is %v, want neither padding nor unknown", kind, s, ids)
			}
		}
		again, err := text.Train(texts, text.Options{Kind: kind, Vocab: 300})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tokens(tok), tokens(again)); diff != "" {
			t.Errorf("%s, trained twice: %s", kind, diff)
		}
		slices.Reverse(texts)
		if again, err = text.Train(texts, text.Options{Kind: kind, Vocab: 300}); err != nil ||
			!cmp.Equal(tokens(tok), tokens(again)) {
			t.Errorf("%s: texts in another order train another vocabulary, err %v", kind, err)
		}
		slices.Reverse(texts)
	}
}

// TestReservedNamesAreText checks that a trained vocabulary never has padding's id in a text.
func TestReservedNamesAreText(t *testing.T) {
	for _, kind := range []string{text.Words, text.WordPiece, text.BPE} {
		tok, err := text.Train([]string{"[PAD] pad [UNK] unk", "PAD UNK"}, text.Options{Kind: kind})
		if err != nil {
			t.Fatal(err)
		}
		if ids := tok.Encode("[PAD][UNK]"); len(ids) < 6 || slices.Contains(ids, 0) || slices.Contains(ids, 1) {
			t.Errorf("%s: %v, want brackets and words", kind, ids)
		}
	}
}

func BenchmarkTrain(b *testing.B) {
	texts := made(2000)
	for _, kind := range []string{text.WordPiece, text.BPE} {
		b.Run(kind, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := text.Train(texts, text.Options{Kind: kind}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
