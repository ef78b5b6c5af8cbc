package mosi

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/data"
)

// utterance is a row of the transcripts.
type utterance struct {
	id    string // VIDEO_k
	said  string
	label int
}

// video is the name of the video that it was cut from.
func (u utterance) video() string { return u.id[:strings.LastIndexByte(u.id, '_')] }

// decodeTranscripts decodes transcripts.csv; name is the file's, for errors. It returns a [data.FormatError] for
// another number of columns, an utterance that stands twice or is not called VIDEO_k, and a label that is not 0 or 1.
func decodeTranscripts(name string, b []byte) ([]utterance, error) {
	rows, err := data.DecodeCSV(name, b)
	if err != nil {
		return nil, err
	}
	broken := func(reason string, args ...any) ([]utterance, error) {
		return nil, &data.FormatError{File: name, Reason: fmt.Sprintf(reason, args...)}
	}
	if n := len(rows[0]); n != 4 {
		return broken("%d columns, want 4", n)
	}
	list, seen := make([]utterance, len(rows)), map[string]bool{}
	for i, row := range rows {
		id := row[0]
		video, number, ok := cutLast(id)
		if _, err := strconv.Atoi(number); !ok || video == "" || err != nil {
			return broken("row %d: utterance %q, want VIDEO_k", i, id)
		}
		if seen[id] {
			return broken("row %d: utterance %s stands twice", i, id)
		}
		seen[id] = true
		label, err := data.ParseBinary(row[3])
		if err != nil || label == data.Unlabelled {
			return broken("row %d: label %q, want 0 or 1", i, row[3])
		}
		list[i] = utterance{id, row[1], label}
	}
	return list, nil
}

func cutLast(id string) (before, after string, ok bool) {
	at := strings.LastIndexByte(id, '_')
	if at < 0 {
		return id, "", false
	}
	return id[:at], id[at+1:], true
}

// table is a file of numbers.
type table struct {
	name    string
	columns int
	rows    [][]float32
}

// decodeTable decodes a table of numbers; name is the file's, for errors. It returns a [data.FormatError] that names
// row and column for a field that is not a finite number, and for fewer than two columns.
func decodeTable(name string, b []byte) (table, error) {
	text, err := data.DecodeCSV(name, b)
	if err != nil {
		return table{}, err
	}
	t := table{name: name, columns: len(text[0]), rows: make([][]float32, len(text))}
	if t.columns < 2 {
		return table{}, t.broken("%d columns, want at least 2", t.columns)
	}
	for i, row := range text {
		t.rows[i] = make([]float32, len(row))
		for c, field := range row {
			if t.rows[i][c], err = data.ParseFinite(
				name, field, func() string { return fmt.Sprintf("row %d, column %d", i, c) },
			); err != nil {
				return table{}, err
			}
		}
	}
	return t, nil
}

func (t table) broken(reason string, args ...any) error {
	return &data.FormatError{File: t.name, Reason: fmt.Sprintf(reason, args...)}
}

// utterances reads which transcripts the rows of a table belong to: the first column.
func (t table) utterances(all []utterance) ([]utterance, error) {
	list, seen := make([]utterance, len(t.rows)), map[float32]bool{}
	for i, row := range t.rows {
		at := row[0]
		if at != float32(math.Trunc(float64(at))) || !(at >= 0 && at < float32(len(all))) {
			return nil, t.broken("row %d: transcript %v, want a whole number below %d", i, at, len(all))
		}
		if seen[at] {
			return nil, t.broken("row %d: transcript %v stands twice", i, at)
		}
		seen[at] = true
		list[i] = all[int(at)]
	}
	return list, nil
}

// check wants the labels in a table's last column to be those of the utterances.
func (t table) check(list []utterance) error {
	if len(t.rows) != len(list) {
		return t.broken("%d rows, want %d, as many as utterances of its part", len(t.rows), len(list))
	}
	for i, row := range t.rows {
		if label := row[t.columns-1]; label != float32(list[i].label) {
			return t.broken("row %d: label %v, want %d as transcript %s has it", i, label, list[i].label, list[i].id)
		}
	}
	return nil
}

// same wants the text features of both tables to agree: a without its first column, b without its last.
func same(a, b table) error {
	if a.columns != b.columns {
		return b.broken("%d columns, want %d as in %s", b.columns, a.columns, a.name)
	}
	for i, row := range b.rows {
		for c, v := range row[:b.columns-1] {
			// the files keep six to seventeen digits
			if w := a.rows[i][c+1]; math.Abs(float64(v-w)) > 1e-3*max(1, math.Abs(float64(w))) {
				return b.broken("row %d, column %d: %v, want %v as in %s", i, c, v, w, a.name)
			}
		}
	}
	return nil
}
