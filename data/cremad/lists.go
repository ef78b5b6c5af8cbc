package cremad

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/stream"
)

// classes in the order of the field's lists, and what they stand for.
var (
	codes = []string{"NEU", "HAP", "SAD", "FEA", "DIS", "ANG"}
	moods = []string{"neutral", "happy", "sad", "fear", "disgust", "anger"}
)

// clip is what a clip's name says.
type clip struct {
	id    string // 1001_DFA_ANG_XX: actor, sentence, mood, level
	actor string
	label int
}

// parseClip reads a clip's name. Its error says what is wrong, without the file.
func parseClip(id string) (clip, error) {
	if len(id) > stream.LongestName {
		return clip{}, fmt.Errorf(
			"clip of %d bytes, want at most %d, as files' names have", len(id), stream.LongestName,
		)
	}
	parts := strings.Split(id, "_")
	odd := func(r rune) bool { return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && r != '_' }
	if len(parts) != 4 || slices.Contains(parts, "") || strings.ContainsFunc(id, odd) {
		return clip{}, fmt.Errorf("clip %q, want ACTOR_SENTENCE_MOOD_LEVEL in capital letters and digits", id)
	}
	label := slices.Index(codes, parts[2])
	if label < 0 {
		return clip{}, fmt.Errorf("clip %q: label %q, want one of %s", id, parts[2], strings.Join(codes, ", "))
	}
	return clip{id, parts[0], label}, nil
}

// bare is a clip's name as a list has it, without the extension of its file, and in capitals.
func bare(name string) string {
	switch ext := filepath.Ext(name); strings.ToLower(ext) {
	case ".wav", ".flv", ".mp4", ".mp3":
		name = strings.TrimSuffix(name, ext)
	}
	return strings.ToUpper(name)
}

// decodeList decodes a list of clips, one "ID,LABEL" a line, the name with or without an extension; name is the file's,
// for errors. It returns a [data.FormatError] that names the line for a name that is no clip's, a label that is unknown
// or not the name's, and a clip that stands twice.
func decodeList(name string, b []byte) ([]clip, error) {
	rows, err := data.DecodeCSV(name, b)
	if err != nil {
		return nil, err
	}
	line := map[string]int{}
	list := make([]clip, len(rows))
	for i, row := range rows {
		c, err := parseClip(bare(row[0]))
		if err != nil {
			c, err = parseClip(row[0]) // in the list's own words
		}
		switch {
		case len(row) != 2:
			err = fmt.Errorf("%d fields, want 2: clip and label", len(row))
		case err != nil:
		case !slices.Contains(codes, row[1]):
			err = fmt.Errorf("clip %s: label %q, want one of %s", c.id, row[1], strings.Join(codes, ", "))
		case row[1] != codes[c.label]:
			err = fmt.Errorf("clip %s: label %s, want %s as the name says", c.id, row[1], codes[c.label])
		case line[c.id] > 0:
			err = fmt.Errorf("clip %s is in row %d already", c.id, line[c.id])
		}
		if err != nil {
			return nil, &data.FormatError{File: name, Reason: fmt.Sprintf("row %d: %v", i+1, err)}
		}
		line[c.id], list[i] = i+1, c
	}
	return list, nil
}

// lists are the usual lists of the field.
type lists struct {
	train, test []clip
	file        string // the training list
}

// findLists reads the lists from the first of the folders that has them. found is false where none has.
func findLists(dirs ...string) (l lists, found bool, err error) {
	train, test, found, err := stream.ReadPair(
		Name, dirs, [2]string{"train.csv", "test.csv"}, [2]string{"ogm_train.csv", "ogm_test.csv"},
	)
	if err != nil || !found {
		return lists{}, false, err
	}
	l, err = decodeLists(train.File, train.Bytes, test.File, test.Bytes)
	return l, err == nil, err
}

// decodeLists decodes both lists. A clip that is in both is a [data.FormatError].
func decodeLists(train string, a []byte, test string, b []byte) (l lists, err error) {
	l.file = train
	if l.train, err = decodeList(train, a); err != nil {
		return lists{}, err
	}
	if l.test, err = decodeList(test, b); err != nil {
		return lists{}, err
	}
	trained := map[string]bool{}
	for _, c := range l.train {
		trained[c.id] = true
	}
	for i, c := range l.test {
		if trained[c.id] {
			return lists{}, &data.FormatError{
				File: test,
				Reason: fmt.Sprintf(
					"row %d: clip %s is in %s too, want it in one list", i+1, c.id, filepath.Base(train),
				),
			}
		}
	}
	return l, nil
}
