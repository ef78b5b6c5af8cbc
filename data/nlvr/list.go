package nlvr

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/primewindow/primewindow/data"
)

// example is a row of the list.
type example struct {
	part     string // dev, hidden or test
	image    string // file in the archive
	label    int    // 1 is true
	sentence []string
}

var columns = []string{"split", "identifier", "image", "label", "sentence"}

// decodeList decodes nlvr.csv; name is the file's, for errors. It returns a [data.FormatError] that names the row for
// another header, an unknown split or label, a sentence without words, and an image without name or that stands twice.
func decodeList(name string, b []byte) ([]example, error) {
	rows, err := data.DecodeCSV(name, b)
	if err != nil {
		return nil, err
	}
	broken := func(reason string, args ...any) ([]example, error) {
		return nil, &data.FormatError{File: name, Reason: fmt.Sprintf(reason, args...)}
	}
	if !slices.Equal(rows[0], columns) {
		return broken("header %q, want %q", strings.Join(rows[0], ","), strings.Join(columns, ","))
	}
	var list []example
	seen := map[string]bool{}
	for i, row := range rows[1:] {
		e := example{part: row[0], image: row[2], sentence: split(row[4])}
		var unread error
		e.label, unread = data.ParseBinary(row[3])
		switch {
		case e.part != "dev" && e.part != "hidden" && e.part != "test":
			return broken("row %d: split %q, want dev, hidden or test", i, e.part)
		case unread != nil || e.label == data.Unlabelled:
			return broken("row %d: label %q, want true or false", i, row[3])
		case e.image == "" || seen[e.image]:
			return broken("row %d: image %q, want another for each row", i, e.image)
		case len(e.sentence) == 0:
			return broken("row %d: sentence %q, want words", i, row[4])
		}
		seen[e.image] = true
		list = append(list, e)
	}
	if len(list) == 0 {
		return broken("no rows below the header")
	}
	return list, nil
}

// split cuts a sentence into words.
func split(sentence string) []string {
	return strings.FieldsFunc(
		strings.ToLower(sentence), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) },
	)
}

// vocabulary is the place of each word.
type vocabulary map[string]int

// newVocabulary lists the words of some examples in alphabetical order.
func newVocabulary(list []example) vocabulary {
	var words []string
	for _, e := range list {
		words = append(words, e.sentence...)
	}
	slices.Sort(words)
	v := vocabulary{}
	for i, w := range slices.Compact(words) {
		v[w] = i
	}
	return v
}

// size is the number of places: one for each word and one for all others.
func (v vocabulary) size() int { return len(v) + 1 }

// codes is a sentence as bytes of shape [steps, size], 255 at the place of each word.
func (v vocabulary) codes(sentence []string, steps int) []byte {
	b := make([]byte, steps*v.size())
	for t, w := range sentence[:min(steps, len(sentence))] {
		at, ok := v[w]
		if !ok {
			at = len(v)
		}
		b[t*v.size()+at] = 255
	}
	return b
}

// ids is a sentence as token ids: 0 is padding, 1 any word that is not in the list, and the words' places begin at 2.
func (v vocabulary) ids(sentence []string, steps int) []float32 {
	list := make([]float32, steps)
	for t, w := range sentence[:min(steps, len(sentence))] {
		list[t] = 1
		if at, ok := v[w]; ok {
			list[t] = float32(at + 2)
		}
	}
	return list
}
