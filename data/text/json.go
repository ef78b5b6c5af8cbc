package text

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/data"
)

// settings are what is read of a tokenizer.json.
type settings struct {
	Normalizer   *component
	PreTokenizer *component `json:"pre_tokenizer"`
	Model        *struct {
		Type     string
		Vocab    json.RawMessage
		Unk      *string `json:"unk_token"`
		Prefix   *string `json:"continuing_subword_prefix"`
		Suffix   *string `json:"end_of_word_suffix"`
		MaxChars *int    `json:"max_input_chars_per_word"`
		Merges   []merging
		Dropout  *float64
		Fuse     bool `json:"fuse_unk"`
		ByteFall bool `json:"byte_fallback"`
		Whole    bool `json:"ignore_merges"`
	}
	Added []struct {
		ID         int
		Content    string
		Single     bool `json:"single_word"`
		Left       bool `json:"lstrip"`
		Right      bool `json:"rstrip"`
		Normalized bool
	} `json:"added_tokens"`
	Padding *struct {
		Token string `json:"pad_token"`
	}
}

// component is a normalizer or a pre-tokenizer.
type component struct {
	Type string

	Normalizers []component
	Clean       *bool `json:"clean_text"`
	Apart       *bool `json:"handle_chinese_chars"`
	Accents     *bool `json:"strip_accents"`
	Lower       *bool `json:"lowercase"`

	PrefixSpace *bool `json:"add_prefix_space"`
	Regex       *bool `json:"use_regex"`
}

// merging is a merge as files have it: "a b" or ["a", "b"].
type merging [2]string

func (m *merging) UnmarshalJSON(b []byte) error {
	var list []string
	if len(b) > 0 && b[0] == '[' {
		if err := json.Unmarshal(b, &list); err != nil {
			return err
		}
	} else {
		var line string
		if err := json.Unmarshal(b, &line); err != nil {
			return err
		}
		list = strings.Split(line, " ")
	}
	if len(list) != 2 {
		return fmt.Errorf("merge %s, want two tokens", b[:min(len(b), 80)])
	}
	*m = merging(list)
	return nil
}

// DecodeJSON decodes a tokenizer.json of Hugging Face's tokenizers with a model of kind WordPiece behind
// BertPreTokenizer, or of byte-level BPE, which is BPE behind ByteLevel; name is the file's, for errors. Normalizers
// are BertNormalizer, Lowercase, StripAccents, NFC, NFD, NFKC, NFKD, or a Sequence of them; those named NF order
// combining marks within 30 of a run at a time. Post-processor, truncation and padding are not applied, see the
// package's rules.
//
// It returns a [data.UnsupportedError] that names any other kind or option, and for ids with gaps; a [data.FormatError]
// for what is not UTF-8 or not JSON, a token or an id that stands twice, a merge whose tokens or whose result are not
// in the vocabulary, an unknown token that is missing, and for BPE without one some byte that is missing.
func DecodeJSON(name string, b []byte) (*Tokenizer, error) {
	b, err := decodeText(name, b)
	if err != nil {
		return nil, err
	}
	var s settings
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, &data.FormatError{File: name, Reason: err.Error()}
	}
	if s.Model == nil {
		return nil, &data.FormatError{File: name, Reason: "no model"}
	}
	t, ids, err := s.vocabulary(name)
	if err != nil {
		return nil, err
	}
	switch kind := s.kind(); kind {
	case "WordPiece":
		err = s.wordPiece(name, t, ids)
	case "BPE":
		err = s.bpe(name, t, ids)
	default:
		err = &data.UnsupportedError{
			File: name, Feature: fmt.Sprintf("model %q, want WordPiece or byte-level BPE", kind),
		}
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

// kind is the model's, which old files do not name.
func (s *settings) kind() string {
	switch m := s.Model; {
	case m.Type != "":
		return m.Type
	case m.Merges != nil:
		return "BPE"
	case m.MaxChars != nil:
		return "WordPiece"
	}
	return ""
}

// vocabulary is a tokenizer without model, and the model's ids by token.
func (s *settings) vocabulary(name string) (*Tokenizer, map[string]int, error) {
	broken := func(reason string, args ...any) (*Tokenizer, map[string]int, error) {
		return nil, nil, &data.FormatError{File: name, Reason: fmt.Sprintf(reason, args...)}
	}
	unsupported := func(feature string, args ...any) (*Tokenizer, map[string]int, error) {
		return nil, nil, &data.UnsupportedError{File: name, Feature: fmt.Sprintf(feature, args...)}
	}
	normal, feature := s.Normalizer.steps(0)
	if feature != "" {
		return unsupported("%s", feature)
	}
	ids, err := decodeIDs(s.Model.Vocab)
	if err != nil {
		return broken("vocab: %v", err)
	}
	byID := make(map[int]string, len(ids)+len(s.Added))
	for _, token := range slices.Sorted(maps.Keys(ids)) { // the same error each time
		if err := put(byID, ids[token], token); err != nil {
			return broken("vocab: %v", err)
		}
	}
	var raw, normed []added
	seen := map[string]bool{}
	for _, a := range s.Added {
		if id, ok := ids[a.Content]; seen[a.Content] || ok && id != a.ID {
			return broken("added_tokens: %q with id %d, which has another id", a.Content, a.ID)
		}
		seen[a.Content] = true
		if err := put(byID, a.ID, a.Content); err != nil {
			return broken("added_tokens: %v", err)
		}
		token := added{a.Content, a.ID, a.Single, a.Left, a.Right}
		switch {
		case a.Normalized && normal != nil:
			token.text = normal(a.Content)
			fallthrough
		case a.Normalized:
			normed = append(normed, token)
		default:
			raw = append(raw, token)
		}
	}
	var tokens []string
	for id := range len(byID) {
		token, ok := byID[id]
		if !ok {
			return unsupported("no token has id %d, want all from 0 to %d", id, len(byID)-1)
		}
		tokens = append(tokens, token)
	}
	if len(tokens) == 0 {
		return broken("no tokens")
	}
	first := tokens[0]
	padded := first == padding || first == "<pad>" || s.Padding != nil && s.Padding.Token == first
	v := newVocabulary(tokens, padded, raw)
	for token := range ids {
		ids[token] += v.offset
	}
	return &Tokenizer{
		tokens: v.tokens, offset: v.offset, raw: v.raw, normal: normal, normed: newAddedSet(normed, v.offset),
	}, ids, nil
}

// put names an id.
func put(byID map[int]string, id int, token string) error {
	old, ok := byID[id]
	switch {
	case id < 0:
		return fmt.Errorf("token %q: id %d", token, id)
	case len(token) > maxToken:
		return fmt.Errorf("token of id %d: %d bytes, want at most %d", id, len(token), maxToken)
	case ok && old != token:
		return fmt.Errorf("id %d for %q and for %q", id, old, token)
	}
	byID[id] = token
	return nil
}

// decodeIDs reads an object of tokens with their ids, in which no token stands twice.
func decodeIDs(b []byte) (map[string]int, error) {
	if len(b) == 0 {
		return nil, errors.New("missing")
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	if first, err := dec.Token(); err != nil || first != json.Delim('{') {
		return nil, errors.New("want an object of tokens with their ids")
	}
	ids := map[string]int{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		token, _ := key.(string) // what stands before a value is one
		var id int
		if err := dec.Decode(&id); err != nil {
			return nil, fmt.Errorf("id of %q: %w", token, err)
		}
		if _, ok := ids[token]; ok {
			return nil, fmt.Errorf("token %q twice", token)
		}
		ids[token] = id
	}
	return ids, nil
}
