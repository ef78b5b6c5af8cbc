package hatefulmemes

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/primewindow/primewindow/data"
)

// list is a file of memes.
type list struct {
	name  string // without extension
	file  string
	memes []meme
}

// labelled says whether some meme has a label.
func (l list) labelled() bool {
	return slices.ContainsFunc(l.memes, func(m meme) bool { return m.label != unlabelled })
}

// findRoot is the folder that has the training list.
func findRoot(dir string) (string, error) {
	own := data.Subfolder(dir, Folder)
	for _, root := range []string{own, filepath.Join(own, "hateful_memes"), dir, filepath.Join(dir, "hateful_memes")} {
		if _, err := os.Lstat(filepath.Join(root, "train.jsonl")); err == nil {
			return root, nil
		}
	}
	return "", &data.FormatError{File: own, Reason: "no train.jsonl, want the owners' lists: " + Ask}
}

// shelf reads the lists of a folder.
type shelf struct {
	root   string
	faults []error // of single lines
}

// read reads a list.
func (s *shelf) read(name string) (list, error) {
	l := list{name: name, file: filepath.Join(s.root, name+".jsonl")}
	memes, faults, err := readList(l.file)
	l.memes = memes
	s.faults = append(s.faults, faults...)
	return l, err
}

// firstLabelled reads the first of some lists that is there and has labels; the name is empty if there is none. Faults
// of lists without labels do not count.
func (s *shelf) firstLabelled(names ...string) (list, error) {
	for _, name := range names {
		n := len(s.faults)
		l, err := s.read(name)
		switch {
		case data.Absent(err, l.file):
			continue
		case err != nil || l.labelled():
			return l, err
		case len(l.memes) == 0: // broken lines alone: they may have been meant to have labels
			return l, s.faults[n]
		}
		s.faults = s.faults[:n]
	}
	return list{}, nil
}

// lists are what the three splits are made of; val has no name where it is drawn from train.
type lists struct {
	train, val, test list
	faults           []error // of single lines
}

// readLists finds and reads the lists that the settings ask for.
func (o options) readLists(root string) (l lists, err error) {
	s := &shelf{root: root}
	if l.train, err = s.read("train"); err != nil {
		return l, err
	}
	if o.test == auto {
		if l.test, err = s.firstLabelled(testSeen, test); err == nil && l.test.name == "" {
			l.test, err = s.firstLabelled(devSeen, dev)
		}
		if err == nil && l.test.name == "" {
			err = &data.FormatError{
				File:   filepath.Join(root, "dev.jsonl"),
				Reason: "no list with labels but train.jsonl, want dev.jsonl or test.jsonl: " + Ask,
			}
		}
	} else {
		l.test, err = s.read(o.test)
	}
	if err != nil {
		return l, err
	}
	switch {
	case o.val == fromTrain:
	case o.val != auto:
		l.val, err = s.read(o.val)
	case l.test.name == testSeen || l.test.name == test || l.test.name == testUnseen:
		l.val, err = s.firstLabelled(devSeen, dev)
	}
	if err != nil {
		return l, err
	}
	for _, part := range []*list{&l.train, &l.val, &l.test} {
		whole := part.memes[:0:0]
		for _, m := range part.memes {
			if m.label != unlabelled {
				whole = append(whole, m)
				continue
			}
			if !part.labelled() { // one fault, not one a line
				return l, &data.FormatError{
					File: part.file,
					Reason: fmt.Sprintf(
						"line %d: no field label, nor has any other line, that says 0 or 1: want a list with labels",
						m.line,
					),
				}
			}
			s.faults = append(
				s.faults,
				&data.FormatError{
					File: part.file, Reason: fmt.Sprintf("line %d: no field label that says 0 or 1", m.line),
				},
			)
		}
		part.memes = whole
		if len(whole) == 0 && part.name != "" {
			return l, &data.FormatError{
				File: part.file, Reason: fmt.Sprintf("no whole line; the first: %v", s.faults[0]),
			}
		}
	}
	l.faults = s.faults
	return l, l.disjoint()
}

// disjoint wants each meme in one list.
func (l lists) disjoint() error {
	type place struct {
		file string
		line int
	}
	seen := map[string]place{}
	for _, part := range []list{l.train, l.val, l.test} {
		for _, m := range part.memes {
			if p, ok := seen[m.id]; ok {
				return &data.FormatError{
					File: part.file,
					Reason: fmt.Sprintf(
						"line %d: meme %s is in %s, line %d, too, want it in one split", m.line, m.id,
						filepath.Base(p.file), p.line,
					),
				}
			}
			seen[m.id] = place{part.file, m.line}
		}
	}
	return nil
}
