package hatefulmemes

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/text"
)

// openTokenizer trains a vocabulary on the training split's sentences, or reads one, and says what it is.
func (o options) openTokenizer(root string, sentences []string) (*text.Tokenizer, string, error) {
	switch o.tokenizer {
	case text.WordPiece, text.BPE:
		t, err := text.Train(sentences, text.Options{Kind: o.tokenizer, Vocab: o.vocab, Lower: true})
		if err != nil {
			return nil, "", fmt.Errorf("hatefulmemes: %w", err)
		}
		return t, fmt.Sprintf("%d tokens of %s, trained on the training split", t.Size(), o.tokenizer), nil
	}
	return o.vocabulary(root)
}

// vocabulary is the file's that the settings name, and what is said of it; nil where they name none.
func (o options) vocabulary(root string) (*text.Tokenizer, string, error) {
	path := o.tokenizer
	if path == text.WordPiece || path == text.BPE {
		return nil, "", nil
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(root, path)
	}
	t, err := text.Open(path)
	if err != nil {
		return nil, "", fmt.Errorf("hatefulmemes: setting tokenizer: %w", err)
	}
	b, err := data.ReadFile(path)
	if err != nil {
		return nil, "", fmt.Errorf("hatefulmemes: setting tokenizer: %w", err)
	}
	return t, fmt.Sprintf("%d tokens of %s, SHA-256 %.8x", t.Size(), filepath.Base(path), sha256.Sum256(b)), nil
}

// tokens are the values of sentences by identity, and how many sentences are cut off.
func (o options) tokens(t *text.Tokenizer, parts ...[]meme) (values map[string][]float32, cut int) {
	values = map[string][]float32{}
	for _, part := range parts {
		for _, m := range part {
			ids := t.Encode(m.text)
			x := make([]float32, o.length)
			for i, id := range ids[:min(len(ids), o.length)] {
				x[i] = float32(id)
			}
			values[m.id] = x
			if len(ids) > o.length {
				cut++
			}
		}
	}
	return values, cut
}
