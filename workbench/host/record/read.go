package record

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// layout is what a journal's files hold: a prefix in which lines and entries agree, which stays on disk, and what comes
// behind it where they do not. Of the prefix there are numbers in memory and no bytes, 12 for each line, so that a run
// of any length can be held open. A copy by assignment shares the arrays: what is appended to one of two copies lies
// behind the end of the other, which therefore stays what it was.
type layout struct {
	ends     []int64 // of the prefix, by line
	steps    []int32
	chain    uint32       // running checksum of its last entry
	sumsSize int64        // bytes of its entries
	note     string       // that was noted last
	owner    string       // whose it is, where it says so
	lost     map[int]Lost // of the prefix: lines that were lost before, of which an entry alone is left
	rest     []piece
}

func (l *layout) size() int64 {
	if len(l.ends) == 0 {
		return 0
	}
	return l.ends[len(l.ends)-1]
}

// add counts a line by its entry, which has so many bytes. The caller has checked the entry. A note takes part in the
// running checksum and has no place among the lines.
func (l *layout) add(e entry, bytes int) {
	if e.note != "" {
		l.chain, l.sumsSize = e.chain, l.sumsSize+int64(bytes)
		if owner, ok := strings.CutPrefix(e.note, ownerNote); ok {
			l.owner = owner
		} else {
			l.note = e.note
		}
		return
	}
	if e.length == 0 {
		if l.lost == nil {
			l.lost = map[int]Lost{}
		}
		l.lost[len(l.ends)] = Lost{len(l.ends), e.step, e.sum, "the line was lost before"}
	}
	l.ends, l.steps = append(l.ends, l.size()+int64(e.length)), append(l.steps, int32(e.step))
	l.chain, l.sumsSize = e.chain, l.sumsSize+int64(bytes)
}

// read reads a journal's files without changing them, and gives the file of lines open, nil where there is none. The
// checksums' length is taken first: whoever appends meanwhile writes them last, so that each entry has its line. A
// process that replaces both files, as Journal.rewrite does, may do so between the two openings: then they do not fit,
// and whoever reads beside it has to look again.
func read(path string, o Options) (l layout, f *os.File, found Found, err error) {
	sums, err := os.Open(SumsPath(path))
	unproved := errors.Is(err, fs.ErrNotExist)
	if err != nil && !unproved {
		return l, nil, found, err
	}
	defer sums.Close()
	var size int64
	if !unproved {
		st, err := sums.Stat()
		if err != nil {
			return l, nil, found, err
		}
		size = st.Size()
	}
	if f, err = os.Open(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return l, nil, found, err
	}
	lines := &lineReader{in: bufio.NewReaderSize(bytes.NewReader(nil), 1<<16)}
	if f != nil {
		lines.in.Reset(f)
	}
	if unproved {
		l, found, err = readUnproved(l, lines)
		return l, f, found, err
	}
	l, found, err = readProved(
		l, lines, &lineReader{in: bufio.NewReaderSize(io.NewSectionReader(sums, 0, size), 1<<16)}, o,
	)
	if err == nil && l.owner != "" && o.Owner != "" && l.owner != o.Owner {
		err = fmt.Errorf("%s: %w", filepath.Base(path), ErrForeign)
	}
	return l, f, found, err
}

// readProved reads lines and entries as long as they agree. This is the usual way, and it is one pass over both files.
// At the first disagreement the rest of both is read into memory and fitted by match.
func readProved(l layout, lines, entries *lineReader, o Options) (layout, Found, error) {
	var found Found
	left := 0      // lines of the present commit that are still to come
	committed := l // up to the last line that was committed with all that belongs to it
	for {
		text, err := entries.next()
		if err != nil {
			return l, found, err
		}
		if text == nil {
			// The end of the entries. Lines that follow have none. Behind the last line feed there may be the beginning
			// of an entry, or the zeros that a power loss leaves of a file that was made longer and not filled.
			uncommitted, err := lines.rest(nil)
			if err != nil {
				return l, found, err
			}
			torn := bytes.TrimRight(entries.line, "\x00")
			rest := [][]byte{torn}
			if len(torn) == 0 {
				rest = nil
			}
			// What a kill or a power loss cut short is the beginning of the very entries that these lines would have
			// got, or of a note where no line is left. Other bytes are damage.
			asKilled := bytes.HasPrefix(l.further(uncommitted, o), torn) || len(uncommitted) == 0 && tornNote(torn)
			switch {
			// What these lines say nothing can say again. They are whole, so that they were all written before the
			// first of their entries was, of which there may be nothing, a part, or all but the last.
			case asKilled && o.Copy && len(uncommitted) > 0:
				found.Adopted = l.adopt(uncommitted)
				return l, found, nil
			// more than one append leaves means that entries are gone: the lines may have been committed
			case !asKilled || !o.oneAppend(uncommitted):
				return fit(l, committed, uncommitted, rest, o)
			}
			// a kill within the write of the entries: of a commit that is not there as a whole nothing counts
			if left > 0 {
				l = committed
			}
			found.Cut = len(uncommitted)
			return l, found, nil
		}
		e, ok := parseEntry(text[:len(text)-1], o.Copy)
		if ok && e.length == 0 && e.chain == e.linked(l.chain) { // a note, or of a line that was lost before
			if l.add(e, len(text)); e.note == "" {
				left = 0
			}
			if left == 0 {
				committed = l
			}
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

// adopt takes lines without entries for what was written, but for those that are no records, and gives their number.
// They come into the rest and not into the prefix, since their entries are still to be written.
func (l *layout) adopt(lines [][]byte) (n int) {
	for _, line := range lines {
		if step, ok := stepOf(line); ok {
			l.rest, n = append(l.rest, piece{line: line, step: step}), n+1
		}
	}
	return n
}

// oneAppend reports whether lines can be what one append wrote: of one step, and but for measurements one.
func (o Options) oneAppend(lines [][]byte) bool {
	if o.Dense && len(lines) > 1 {
		return false
	}
	for _, line := range lines {
		first, _ := stepOf(lines[0])
		if step, ok := stepOf(line); !ok || step != first {
			return false
		}
	}
	return true
}

// further are the entries that lines which are not committed would get. They are made as Journal.CommitWith makes them,
// but for the step, which is the one that the line names.
func (l *layout) further(lines [][]byte, o Options) (text []byte) {
	chain := l.chain
	for i, line := range lines {
		step, _ := stepOf(line)
		e := newEntry(chain, line, max(0, step), len(lines)-1-i, o.Copy)
		chain, text = e.chain, e.appendTo(text)
	}
	return text
}

// fit fits what is left of both files together, from where they part. committed is the layout up to the last line that
// was committed with all that belongs to it.
func fit(l, committed layout, allLines, allTexts [][]byte, o Options) (layout, Found, error) {
	var found Found
	for i := range allTexts {
		allTexts[i] = bytes.TrimSuffix(allTexts[i], []byte{'\n'})
	}
	var note string
	l.rest, found.Cut, found.Mended, note = match(allLines, allTexts, l.chain, o.Copy)
	// the owner's note is no word about other journals: rewrite puts it down itself
	if !strings.HasPrefix(note, ownerNote) {
		l.note = cmp.Or(note, l.note)
	}
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
	// a piece of which no step is known gets that of the line before, by which it is measured again
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
	// Open writes both files anew only where something was damaged. What stands in rest would be cut off otherwise.
	if !found.Damaged() { // all lines are proved, and an entry is there that nothing belongs to
		found.Mended++
	}
	return l, found, nil
}

// readUnproved reads a journal without checksums. All of it is rest, so that Open writes the file anew with checksums;
// from then on it is proved like any other.
func readUnproved(l layout, lines *lineReader) (layout, Found, error) {
	var found Found
	all, err := lines.rest(nil)
	if err != nil {
		return l, found, err
	}
	found.Unproved = len(all) > 0
	last := 0
	for i, line := range all {
		step, ok := stepOf(line)
		if ok {
			last = step
		}
		p := piece{line: line, step: last}
		if !ok {
			p.line, p.found, p.why = nil, line, "it is not a record of a step"
			found.Lost = append(found.Lost, p.lost(i))
		}
		l.rest = append(l.rest, p)
	}
	return l, found, nil
}

// dense puts pieces in the places of their steps, from the given one on, of which there are so many at most. What has
// no known step falls into the gaps. The bound keeps a damaged number from asking for billions of places: there are no
// more lines than both files together have left. Of two pieces for one place the first that has its line stays.
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

// stepOf is the step that a line names; -1 and false where it names none. Larger numbers than an int32 holds are none.
func stepOf(line []byte) (int, bool) {
	var at struct {
		Step *int `json:"step"`
	}
	if err := json.Unmarshal(line, &at); err != nil || at.Step == nil || *at.Step < 0 || *at.Step > 1<<31-1 {
		return -1, false
	}
	return *at.Step, true
}

// lineReader reads whole lines, with their line feeds. What comes behind the last of them, torn by a kill or zeros
// after a power loss, is no line.
type lineReader struct {
	in   *bufio.Reader
	line []byte
}

// next gives the next line, which is valid until the one after it is asked for; nil at the end. At the end r.line holds
// what stands behind the last line feed, which readProved looks at.
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
