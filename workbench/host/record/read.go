package record

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
)

// layout is what a journal's files hold: a prefix in which lines and entries agree, which stays on disk, and what comes
// behind it where they do not.
type layout struct {
	ends     []int64 // of the prefix, by line
	steps    []int32
	chain    uint32       // running checksum of its last entry
	sumsSize int64        // bytes of its entries
	lost     map[int]Lost // of the prefix: lines that were lost before, of which an entry alone is left
	rest     []piece
}

func (l *layout) size() int64 {
	if len(l.ends) == 0 {
		return 0
	}
	return l.ends[len(l.ends)-1]
}

// add counts a line by its entry, which has so many bytes.
func (l *layout) add(e entry, bytes int) {
	if e.length == 0 {
		if l.lost == nil {
			l.lost = map[int]Lost{}
		}
		l.lost[len(l.ends)] = Lost{len(l.ends), e.step, e.sum, "the line was lost before"}
	}
	l.ends, l.steps = append(l.ends, l.size()+int64(e.length)), append(l.steps, int32(e.step))
	l.chain, l.sumsSize = e.chain, l.sumsSize+int64(bytes)
}

// read reads a journal's files without changing them. The checksums' length is taken first: whoever appends meanwhile
// writes them last, so that each entry has its line.
func read(path string, o Options) (l layout, found Found, err error) {
	sums, err := os.Open(SumsPath(path))
	if errors.Is(err, fs.ErrNotExist) {
		return readUnproved(path)
	}
	if err != nil {
		return l, found, err
	}
	defer sums.Close()
	st, err := sums.Stat()
	if err != nil {
		return l, found, err
	}
	entries := &lineReader{in: bufio.NewReaderSize(io.NewSectionReader(sums, 0, st.Size()), 1<<16)}
	var in io.Reader = bytes.NewReader(nil)
	if f, err := os.Open(path); err == nil {
		defer f.Close()
		in = f
	} else if !errors.Is(err, fs.ErrNotExist) {
		return l, found, err
	}
	lines := &lineReader{in: bufio.NewReaderSize(in, 1<<16)}
	left := 0
	committed := layout{} // up to the last line that was committed with all that belongs to it
	for {
		text, err := entries.next()
		if err != nil {
			return l, found, err
		}
		if text == nil {
			uncommitted, err := lines.rest(nil)
			if err != nil {
				return l, found, err
			}
			torn := bytes.TrimRight(entries.line, "\x00")
			if !bytes.HasPrefix(l.further(uncommitted, o), torn) { // no kill leaves this
				return fit(l, committed, uncommitted, [][]byte{torn}, o)
			}
			found.Cut = len(uncommitted)
			if left > 0 {
				l = committed
			}
			return l, found, nil
		}
		e, ok := parseEntry(text[:len(text)-1], o.Copy)
		if ok && e.length == 0 && e.chain == e.linked(l.chain) { // of a line that was lost before
			l.add(e, len(text))
			committed = l
			continue
		}
		line, err := lines.next()
		if err != nil {
			return l, found, err
		}
		if !ok || line == nil || !e.of(line) || e.chain != e.linked(l.chain) {
			allLines, err := lines.rest(line)
			if err != nil {
				return l, found, err
			}
			allTexts, err := entries.rest(text)
			if err != nil {
				return l, found, err
			}
			return fit(l, committed, allLines, allTexts, o)
		}
		l.add(e, len(text))
		if left = e.left; left == 0 {
			committed = l
		}
	}
}

// further are the entries that lines which are not committed would get.
func (l *layout) further(lines [][]byte, o Options) (text []byte) {
	chain := l.chain
	for i, line := range lines {
		step, _ := stepOf(line)
		e := newEntry(chain, line, step, len(lines)-1-i, o.Copy)
		chain, text = e.chain, e.appendTo(text)
	}
	return text
}

// fit fits what is left of both files together, from where they part. committed is the layout up to the last line that was
// committed with all that belongs to it.
func fit(l, committed layout, allLines, allTexts [][]byte, o Options) (layout, Found, error) {
	var found Found
	for i := range allTexts {
		allTexts[i] = bytes.TrimSuffix(allTexts[i], []byte{'\n'})
	}
	l.rest, found.Cut, found.Mended = match(allLines, allTexts, l.chain, o.Copy)
	for i := range l.rest {
		p := &l.rest[i]
		if p.copied {
			found.Copied++
		}
		if step, ok := stepOf(p.line); ok {
			p.step = step // the entry's own number may be the damaged one
		} else if step, ok := stepOf(p.found); ok && p.step < 0 {
			p.step = step
		}
	}
	if o.Dense {
		l.rest = dense(l.rest, len(l.ends), len(allLines)+len(allTexts))
	}
	l.rest = cutTail(l.rest)
	last := 0
	if n := len(l.steps); n > 0 {
		last = int(l.steps[n-1])
	}
	for i := range l.rest {
		p := &l.rest[i]
		if p.step < 0 {
			p.step = last
		}
		if last = p.step; p.line == nil {
			found.Lost = append(found.Lost, p.lost(len(l.ends)+i))
		}
	}
	if len(l.rest) == 0 && len(l.ends) > len(committed.ends) { // nothing follows what more was to follow
		l = committed
	}
	if !found.Damaged() { // all lines are proved, and an entry is there that nothing belongs to
		found.Mended++
	}
	return l, found, nil
}

// readUnproved reads a journal without checksums.
func readUnproved(path string) (l layout, found Found, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return l, found, nil
	}
	if err != nil {
		return l, found, err
	}
	defer f.Close()
	lines := &lineReader{in: bufio.NewReader(f)}
	all, err := lines.rest(nil)
	if err != nil {
		return l, found, err
	}
	found.Unproved = len(all) > 0
	for i, line := range all {
		step, ok := stepOf(line)
		p := piece{line: line, step: max(0, step)}
		if !ok {
			p.line, p.found, p.why = nil, line, "it is not a record of a step"
			found.Lost = append(found.Lost, p.lost(i))
		}
		l.rest = append(l.rest, p)
	}
	return l, found, nil
}

// dense puts pieces in the places of their steps, from the given one on, of which there are so many at most. What has no
// known step falls into the gaps.
func dense(pieces []piece, from, most int) []piece {
	top := from - 1
	for _, p := range pieces {
		if p.step < from+most {
			top = max(top, p.step)
		}
	}
	list := make([]piece, top+1-from)
	for i := range list {
		list[i] = piece{step: from + i, why: "the line is gone"}
	}
	for _, p := range pieces {
		if i := p.step - from; i >= 0 && i < len(list) && list[i].line == nil {
			list[i] = p
		}
	}
	return list
}

// stepOf is the step that a line names; -1 and false where it names none.
func stepOf(line []byte) (int, bool) {
	var at struct {
		Step *int `json:"step"`
	}
	if err := json.Unmarshal(line, &at); err != nil || at.Step == nil || *at.Step < 0 || *at.Step > 1<<31-1 {
		return -1, false
	}
	return *at.Step, true
}

// lineReader reads whole lines, with their line feeds. What comes behind the last of them, torn by a kill or zeros after
// a power loss, is no line.
type lineReader struct {
	in   *bufio.Reader
	line []byte
}

// next gives the next line, which is valid until the one after it is asked for; nil at the end.
func (r *lineReader) next() ([]byte, error) {
	r.line = r.line[:0]
	for {
		part, err := r.in.ReadSlice('\n')
		r.line = append(r.line, part...)
		switch {
		case err == nil:
			return r.line, nil
		case errors.Is(err, io.EOF):
			return nil, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}

// rest gives copies of a first line, where there is one, and of all that follow.
func (r *lineReader) rest(first []byte) (list [][]byte, err error) {
	for line := first; ; {
		if line != nil {
			list = append(list, slices.Clone(line))
		}
		if line, err = r.next(); line == nil || err != nil {
			return list, err
		}
	}
}
