package kineticssounds

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/stream"
)

// classes is how many there are.
const classes = 31

// clip is a row of a list.
type clip struct {
	id    string
	label int
}

// video is the YouTube video that a clip is cut from: the first eleven characters of its name.
func (c clip) video() string { return c.id[:min(len(c.id), 11)] }

// parseClip reads a row, without the file in its error.
func parseClip(row string) (clip, error) {
	fields := strings.Fields(row)
	if strings.Contains(row, ",") {
		fields = strings.Split(row, ",")
	}
	if len(fields) != 3 {
		return clip{}, fmt.Errorf("%d fields, want clip,seconds,class", len(fields))
	}
	id, class := strings.TrimSpace(fields[0]), strings.TrimSpace(fields[2])
	if ext := filepath.Ext(id); kinds[strings.ToLower(ext)] != "" { // some lists name files
		id = strings.TrimSuffix(id, ext)
	}
	odd := func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '_' && r != '-'
	}
	if len(id) > stream.LongestName {
		return clip{}, fmt.Errorf(
			"clip of %d bytes, want at most %d, as files' names have", len(id), stream.LongestName,
		)
	}
	if id == "" || strings.ContainsFunc(id, odd) {
		return clip{}, fmt.Errorf("clip %q, want letters, digits, hyphens and underscores", id)
	}
	label, err := data.ParseWhole(class)
	if err != nil || label < 0 || label >= classes {
		return clip{}, fmt.Errorf("clip %s: class %q, want a number from 0 to %d", id, class, classes-1)
	}
	return clip{id, label}, nil
}

// decodeList decodes a list of clips, one "clip,seconds,class" a line, commas or blanks between; name is the file's,
// for errors. Empty lines are passed over. It returns a [data.FormatError] that names the line for another row, a name
// that could leave the folder, a class that is none, a clip that stands twice, and a list without clips.
func decodeList(name string, b []byte) ([]clip, error) {
	b, err := data.DecodeText(name, b)
	if err != nil {
		return nil, err
	}
	var list []clip
	line := map[string]int{}
	n := 0
	for row := range bytes.Lines(b) {
		n++
		if row = bytes.TrimSpace(row); len(row) == 0 {
			continue
		}
		c, err := parseClip(string(row))
		if err == nil && line[c.id] > 0 {
			err = fmt.Errorf("clip %s is in line %d already", c.id, line[c.id])
		}
		if err != nil {
			return nil, &data.FormatError{File: name, Reason: fmt.Sprintf("line %d: %v", n, err)}
		}
		line[c.id] = n
		list = append(list, c)
	}
	if len(list) == 0 {
		return nil, &data.FormatError{File: name, Reason: "no clips"}
	}
	return list, nil
}

// lists are the clips of the two parts.
type lists struct{ train, test []clip }

// listNames are the files that are looked for, the training list first.
var listNames = [][2]string{{"my_train.txt", "my_test.txt"}, {"ks_train_overlap.txt", "ks_test_overlap.txt"}}

// findLists reads the lists from the first of the folders that has them.
func findLists(dirs ...string) (lists, error) {
	train, test, found, err := stream.ReadPair(Name, dirs, listNames...)
	switch {
	case err != nil:
		return lists{}, err
	case !found:
		return lists{}, &data.FormatError{
			File: filepath.Join(dirs[0], listNames[0][0]), Reason: "no such file, want the lists: " + Ask,
		}
	}
	return decodeLists(train.File, train.Bytes, test.File, test.Bytes)
}

// decodeLists decodes both lists. A clip that is in both is a [data.FormatError].
func decodeLists(train string, a []byte, test string, b []byte) (l lists, err error) {
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
	for _, c := range l.test {
		if trained[c.id] {
			return lists{}, &data.FormatError{
				File:   test,
				Reason: fmt.Sprintf("clip %s is in %s too, want it in one list", c.id, filepath.Base(train)),
			}
		}
	}
	return l, nil
}

// maxNames bounds the file of names, in bytes.
const maxNames = 1 << 16

// classNames are the lines of classes.txt where it is there, else the classes' numbers: the lists have no names.
func classNames(dir string) ([]string, error) {
	path := filepath.Join(dir, "classes.txt")
	b, err := data.ReadText(path, maxNames)
	if data.Absent(err, path) {
		names := make([]string, classes)
		for i := range names {
			names[i] = strconv.Itoa(i)
		}
		return names, nil
	}
	if err != nil {
		return nil, fmt.Errorf("kineticssounds: %w", err)
	}
	names := strings.Split(strings.TrimSpace(string(b)), "\n")
	seen := map[string]bool{}
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		if names[i] == "" || seen[names[i]] {
			return nil, &data.FormatError{
				File: path, Reason: fmt.Sprintf("line %d: class %q, want another name", i+1, names[i]),
			}
		}
		seen[names[i]] = true
	}
	if len(names) != classes {
		return nil, &data.FormatError{
			File:   path,
			Reason: fmt.Sprintf("%d names, want %d in the order of the lists' numbers", len(names), classes),
		}
	}
	return names, nil
}
