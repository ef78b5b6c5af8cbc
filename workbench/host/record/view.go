package record

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
)

// Len is the number of lines, staged and lost ones included. So in the middle of a step it is one more than what a
// reader of the file would count.
func (j *Journal) Len() int { return len(j.ends) }

// Step is the step that a line belongs to.
func (j *Journal) Step(i int) int { return int(j.steps[i]) }

// Lost lists the lines that are damaged or gone, in order.
func (j *Journal) Lost() []Lost { return j.inOrder() }

func (l *layout) inOrder() []Lost {
	var list []Lost
	for _, i := range slices.Sorted(maps.Keys(l.lost)) {
		list = append(list, l.lost[i])
	}
	return list
}

// LostCount is how many lines are lost.
func (j *Journal) LostCount() int { return len(j.lost) }

// IsLost reports whether a line is, and gives the checksum of the one that was written, 0 where it is not known.
func (j *Journal) IsLost(i int) (sum uint32, lost bool) {
	l, lost := j.lost[i]
	return l.Sum, lost
}

// span is where a line begins and ends. A lost line has no bytes there.
func (l *layout) span(i int) (from, to int64) {
	if i > 0 {
		from = l.ends[i-1]
	}
	return from, l.ends[i]
}

// raw reads a line with its line feed, at its place: no offset is moved that others use.
func (j *Journal) raw(i int) ([]byte, error) {
	from, to := j.span(i)
	line := make([]byte, to-from)
	if _, err := j.f.ReadAt(line, from); err != nil {
		return nil, fmt.Errorf("record: line %d of %s: %w", i+1, j.path, err)
	}
	return line, nil
}

// Line reads a line, without its line feed, from disk; a lost one is nil.
func (j *Journal) Line(i int) ([]byte, error) {
	if _, lost := j.lost[i]; lost {
		return nil, nil
	}
	line, err := j.raw(i)
	if err != nil {
		return nil, err
	}
	return line[:len(line)-1], nil
}

// View is what a journal holds at one moment, to be read while more is appended. It has to be closed. Of one that
// [Read] made the lines that do not fit their entries are in memory, in rest; a journal's has none.
type View struct {
	f *os.File // nil where there is no file
	layout
}

// View opens a view of the lines that are there now.
func (j *Journal) View() (*View, error) {
	f, err := os.Open(j.path)
	if err != nil {
		return nil, err
	}
	// The view has the file open by itself: a journal that is written anew closes its own, and the view goes on reading
	// the old bytes. Its slices share the journal's arrays up to their present length, which no append changes.
	v := &View{f: f, layout: j.layout}
	v.ends, v.steps, v.lost = slices.Clip(v.ends), slices.Clip(v.steps), maps.Clone(v.lost)
	return v, nil
}

// Read opens a view of a journal that another process may be writing, without changing it. A file that is not there has
// no lines. What has no entry yet is left out. The two files may not fit at the moment when they are replaced, which
// the caller sees as lines that are lost.
func Read(path string, o Options) (*View, Found, error) {
	l, f, found, err := read(path, o)
	if err != nil && f != nil {
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return nil, found, err
	}
	return &View{f: f, layout: l}, found, nil
}

// Noted is what was noted last.
func (v *View) Noted() string { return v.note }

// Len is the number of lines, lost ones included.
func (v *View) Len() int { return len(v.ends) + len(v.rest) }

// Lost lists the lines that are damaged or gone, in order.
func (v *View) Lost() []Lost {
	list := v.inOrder()
	for i, p := range v.rest {
		if p.line == nil {
			list = append(list, p.lost(len(v.ends)+i))
		}
	}
	return list
}

// Each calls use with each line in order, without its line feed, and the step that it belongs to; a lost one is nil.
// The bytes are use's until it returns. It reads the file from its beginning in one pass, and the lines behind the
// prefix from memory.
func (v *View) Each(use func(step int, line []byte) error) error {
	var in io.Reader = bytes.NewReader(nil)
	if v.f != nil && len(v.ends) > 0 {
		in = bufio.NewReaderSize(io.NewSectionReader(v.f, 0, v.size()), 1<<16)
	}
	var line []byte
	for i := range v.ends {
		from, to := v.span(i)
		if _, lost := v.lost[i]; lost {
			if err := use(int(v.steps[i]), nil); err != nil {
				return err
			}
			continue
		}
		line = slices.Grow(line[:0], int(to-from))[:to-from]
		if _, err := io.ReadFull(in, line); err != nil {
			return fmt.Errorf("record: line %d: %w", i+1, err)
		}
		if err := use(int(v.steps[i]), line[:len(line)-1]); err != nil {
			return err
		}
	}
	for _, p := range v.rest {
		line := p.line
		if line != nil {
			line = line[:len(line)-1]
		}
		if err := use(p.step, line); err != nil {
			return err
		}
	}
	return nil
}

// Close closes the view.
func (v *View) Close() {
	if v.f != nil {
		_ = v.f.Close() // it was read only
	}
}
