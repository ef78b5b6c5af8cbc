package hatefulmemes

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/data"
)

// Bounds of a list.
const (
	maxList = 1 << 26 // bytes; the owners' largest has a million
	maxLine = 1 << 16 // bytes; the owners' longest has a few hundred
	maxID   = 100     // bytes
)

// unlabelled is the label of a meme whose line has none, or says that it is not known.
const unlabelled = data.Unlabelled

// meme is a line of a list.
type meme struct {
	line  int    // from 1
	id    string // as the owners number it, without leading zeros
	image string // with slashes, below the list's folder
	label int    // 1 is hateful
	text  string
}

// readList reads a list, see [decodeList], in an encoding that [data.DecodeText] reads. Where some lines alone are not
// UTF-8 they are faults of their own.
func readList(name string) ([]meme, []error, error) {
	b, err := data.ReadUpTo(name, maxList)
	if err != nil {
		return nil, nil, fmt.Errorf("hatefulmemes: %w", err)
	}
	if whole, err := data.DecodeText(name, b); err == nil {
		b = whole
	} else if !utf8Lines(b) {
		return nil, nil, err
	}
	list, faults := decodeList(name, b)
	if len(list)+len(faults) == 0 {
		return nil, nil, &data.FormatError{File: name, Reason: "no lines, want a meme each"}
	}
	return list, faults, nil
}

// decodeList decodes a list of JSON objects, one a line; name is the file's, for errors. Lines of white space alone are
// passed over. faults are [data.FormatError]s that name the line: one for each that is no such object, is too long or
// not UTF-8, lacks a field or has one twice, whose label is no way to write 0, 1 or that it is not known, whose
// sentence is empty, whose picture does not lie below the folder, or whose number stands in an earlier line.
func decodeList(name string, b []byte) (list []meme, faults []error) {
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	first := map[string]int{}
	line := 0
	for row := range bytes.Lines(b) {
		line++
		row = bytes.TrimSpace(row)
		if len(row) == 0 {
			continue
		}
		m, err := decodeLine(row)
		if err == nil {
			if l, ok := first[m.id]; ok {
				err = fmt.Errorf("id %s, which line %d has", m.id, l)
			} else {
				first[m.id] = line
			}
		}
		if err != nil {
			hint := ""
			if errors.Is(err, errUTF8) || bytes.IndexByte(row, 0) >= 0 {
				hint = data.Hint(data.CheckUTF8(name, row))
			}
			faults = append(
				faults, &data.FormatError{File: name, Reason: fmt.Sprintf("line %d: %v", line, err), Hint: hint},
			)
			continue
		}
		m.line = line
		list = append(list, m)
	}
	return list, faults
}

var errUTF8 = errors.New("not UTF-8")

// utf8Lines reports whether some line of a text that is not UTF-8 is an object all the same: then each other one is a
// fault of its own.
func utf8Lines(b []byte) bool {
	for row := range bytes.Lines(b) {
		if bytes.HasPrefix(bytes.TrimSpace(row), []byte("{")) && bytes.IndexByte(row, 0) < 0 {
			return true
		}
	}
	return false
}

// decodeLine decodes one object.
func decodeLine(row []byte) (m meme, err error) {
	switch {
	case len(row) > maxLine:
		return m, fmt.Errorf("%d bytes, want at most %d", len(row), maxLine)
	case bytes.IndexByte(row, 0) >= 0:
		return m, errors.New("a NUL, want text")
	case data.NotUTF8(row) >= 0:
		return m, fmt.Errorf("%w: byte %d", errUTF8, data.NotUTF8(row)+1)
	}
	fields, err := decodeFields(row)
	if err != nil {
		return m, err
	}
	for _, name := range []string{"id", "img", "text"} {
		if _, ok := fields[name]; !ok {
			return m, fmt.Errorf("no field %s", name)
		}
	}
	if m.id, err = decodeID(fields["id"]); err != nil {
		return m, err
	}
	if err := json.Unmarshal(fields["img"], &m.image); err != nil {
		return m, fmt.Errorf("img %s, want a string", fields["img"])
	}
	// A path is read alike on every system: neither with a drive nor with another separator.
	if m.image == "" || strings.ContainsAny(m.image, "\\:\x00") || path.IsAbs(m.image) || !below(path.Clean(m.image)) {
		return m, fmt.Errorf("img %q, want a file below the list's folder", m.image)
	}
	m.image = path.Clean(m.image)
	if m.label, err = decodeLabel(fields["label"]); err != nil {
		return m, err
	}
	if err := json.Unmarshal(fields["text"], &m.text); err != nil {
		return m, fmt.Errorf("text %.50s, want a string", fields["text"])
	}
	if strings.TrimSpace(m.text) == "" {
		return m, errors.New("text is empty")
	}
	return m, nil
}

// decodeLabel reads a label, a number, a text or a truth value, by its value; see [data.ParseBinary].
func decodeLabel(value json.RawMessage) (int, error) {
	text := string(value)
	if len(value) > 0 && value[0] == '"' {
		if err := json.Unmarshal(value, &text); err != nil {
			return 0, fmt.Errorf("label %.50s, want 0 or 1", value)
		}
	}
	label, err := data.ParseBinary(text)
	if err != nil {
		return 0, fmt.Errorf("label %.50s, want 0 or 1", value)
	}
	return label, nil
}

func below(clean string) bool {
	return clean != "." && clean != ".." && !strings.HasPrefix(clean, "../")
}

// decodeFields takes an object apart. Names of fields count as they are written, in capitals or not.
func decodeFields(row []byte) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(row))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("no JSON object")
	}
	fields := map[string]json.RawMessage{}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return nil, errors.New("broken JSON")
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, fmt.Errorf("field %.50q: broken JSON", name)
		}
		if _, ok := fields[name]; ok {
			return nil, fmt.Errorf("field %.50q stands twice", name)
		}
		fields[name] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, errors.New("broken JSON, is the line cut off?")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than a JSON object")
	}
	return fields, nil
}

// decodeID reads a meme's number, which some lists have as a string and with leading zeros.
func decodeID(value json.RawMessage) (string, error) {
	id := string(value)
	if id[0] == '"' {
		if err := json.Unmarshal(value, &id); err != nil {
			return "", fmt.Errorf("id %s, want a number", value)
		}
	}
	if strings.ContainsAny(id, ".eE") { // as pandas writes a column with gaps
		if n, err := data.ParseWhole(id); err == nil && n >= 0 {
			id = strconv.Itoa(n)
		}
	}
	if id == "" || len(id) > maxID || strings.Trim(id, "0123456789") != "" {
		return "", fmt.Errorf("id %.50s, want a number", value)
	}
	if short := strings.TrimLeft(id, "0"); short != "" {
		return short, nil
	}
	return "0", nil
}
