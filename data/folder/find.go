package folder

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/primewindow/primewindow/data"
	"github.com/primewindow/primewindow/data/stream"
)

// spelt finds names by how labels.csv writes them. A name is found by its own bytes, else in the other Unicode form,
// else without an extension that files have; what differs in more than that is near, and not taken.
type spelt struct {
	own, composed, bare, plain map[string][]string
}

func newSpelt() spelt {
	return spelt{map[string][]string{}, map[string][]string{}, map[string][]string{}, map[string][]string{}}
}

// add makes a name known under one or more spellings.
func (s spelt) add(name string, spellings ...string) {
	for _, as := range spellings {
		for _, m := range []struct {
			index map[string][]string
			key   string
		}{{s.own, as}, {s.composed, stream.Composed(as)}, {s.bare, bare(as)}, {s.plain, stream.Plain(bare(as))}} {
			if !slices.Contains(m.index[m.key], name) {
				m.index[m.key] = append(m.index[m.key], name)
			}
		}
	}
}

// find lists the names that an id stands for: one, several that fit equally well, or none.
func (s spelt) find(id string) []string {
	for _, list := range [][]string{s.own[id], s.composed[stream.Composed(id)], s.bare[bare(id)]} {
		if len(list) > 0 {
			return list
		}
	}
	return nil
}

// near is a name that an id nearly is, or empty.
func (s spelt) near(id string) string {
	if list := s.plain[stream.Plain(bare(id))]; len(list) > 0 {
		return list[0]
	}
	return ""
}

// bare is a name in its composed form, without an extension of files that are read.
func bare(name string) string {
	ext := path.Ext(name)
	if extensions[strings.ToLower(ext)] != "" {
		name = strings.TrimSuffix(name, ext)
	}
	return stream.Composed(name)
}

// findFiles says which file of a sub-folder each row has, empty where it has none or more.
func (l *loader) findFiles(folder string, names []string) (files []string, faults []fault) {
	s, owner := newSpelt(), map[string]string{}
	for _, name := range names {
		s.add(name, name, strings.TrimSuffix(name, path.Ext(name)))
	}
	files = make([]string, len(l.rows))
	for i, r := range l.rows {
		list := s.find(r.id)
		broken := func(name, reason string, args ...any) {
			faults = append(
				faults,
				fault{
					r.place,
					&data.FormatError{File: l.full(path.Join(folder, name)), Reason: fmt.Sprintf(reason, args...)},
				},
			)
		}
		switch {
		case len(list) == 1 && owner[list[0]] != "":
			broken(list[0], "is the file of id %s and of id %s, want one", owner[list[0]], r.id)
		case len(list) == 1:
			files[i], owner[list[0]] = list[0], r.id
		case len(list) > 1:
			broken(list[1], "%s is there too, want one file of id %s", list[0], r.id)
		case s.near(r.id) != "":
			broken(
				r.id, "no such file, but %s is there: want ids as files are called, with or without extension",
				s.near(r.id),
			)
		default:
			broken(r.id, "no file, want %s with .wav, .png, .jpg, .mp4, .npy or .txt", r.id)
		}
	}
	return files, faults
}
