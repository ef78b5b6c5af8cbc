package record

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/primewindow/primewindow/internal/seal"
)

// entry is what the file of checksums says of a line. It is one line of text, with single spaces between: the running
// checksum, the line's checksum, its length, its step, how many lines follow in the same commit, and in a journal of
// copies the line itself. An entry of no line is the running checksum, the word "note" and another word. Checksums are
// eight hexadecimal digits; "note" is none, so that the second field tells the two kinds apart.
type entry struct {
	chain  uint32 // running checksum: of the entry before, and of the fields that follow here
	sum    uint32 // of the line, its end included
	length int    // of the line, its end included
	step   int    // that the line belongs to
	left   int    // lines that were committed together with it and follow; 0 of the last one
	copied []byte // the line without its end, where entries repeat lines
	note   string // of an entry that belongs to no line: a word that was noted at this place
}

// newEntry is the entry of a line, which ends in a line feed, behind one whose running checksum is given. It shares the
// bytes of the line, so whoever keeps it longer clones them.
func newEntry(chain uint32, line []byte, step, left int, copied bool) entry {
	e := entry{sum: seal.Sum(line), length: len(line), step: step, left: left}
	if copied {
		e.copied = line[:len(line)-1]
	}
	e.chain = e.linked(chain)
	return e
}

// noteEntry is an entry of no line.
func noteEntry(chain uint32, note string) entry {
	e := entry{note: note}
	e.chain = e.linked(chain)
	return e
}

// ownerNote begins the note that says whose a journal is, the first of all entries.
const ownerNote = "owner:"

// notePrefix begins the fields of an entry of no line.
const notePrefix = "note "

// lostEntry is the entry of a line that is lost: of no bytes, with the checksum of what was written. The length 0 marks
// it, since a line has one byte at least, its line feed. The checksum stays, so that a later process can still prove
// the line that it computes again.
func lostEntry(chain uint32, p piece, copied bool) entry {
	e := entry{sum: p.lost(0).Sum, step: p.step}
	if copied {
		e.copied = []byte{}
	}
	e.chain = e.linked(chain)
	return e
}

// linked is the running checksum that the entry has behind one with the given. It covers the checksum before it: an
// entry that is taken out, put in or moved breaks the link of the one behind.
func (e entry) linked(before uint32) uint32 {
	return seal.Sum(e.fields(binary.BigEndian.AppendUint32(nil, before)))
}

// fields appends all but the running checksum.
func (e entry) fields(to []byte) []byte {
	if e.note != "" {
		return append(append(to, notePrefix...), e.note...)
	}
	to = fmt.Appendf(to, "%08x %d %d %d", e.sum, e.length, e.step, e.left)
	if e.copied != nil {
		to = append(append(to, ' '), e.copied...)
	}
	return to
}

// appendTo appends the entry as a line.
func (e entry) appendTo(to []byte) []byte {
	return append(e.fields(fmt.Appendf(to, "%08x ", e.chain)), '\n')
}

// parseEntry reads an entry without its line feed. Only what appendTo writes is one. What was parsed is written again
// and compared with the text, so that capitals among the digits, a sign, or a zero in front of a number are damage too.
// The copy shares the bytes of text.
func parseEntry(text []byte, copied bool) (e entry, ok bool) {
	if len(text) > 9 && bytes.HasPrefix(text[9:], []byte(notePrefix)) {
		chain, err := strconv.ParseUint(string(text[:8]), 16, 32)
		e := entry{chain: uint32(chain), note: string(text[9+len(notePrefix):])}
		// not two entries that became one
		word := !strings.ContainsFunc(e.note, func(r rune) bool { return r <= ' ' || r > '~' })
		return e, err == nil && word && e.note != "" && bytes.Equal(e.appendTo(nil), append(bytes.Clone(text), '\n'))
	}
	n := 5
	if copied {
		n = 6
	}
	// the copy, which has spaces itself, is the last part whole
	parts := bytes.SplitN(text, []byte{' '}, n)
	if len(parts) != n {
		return entry{}, false
	}
	hex := func(b []byte) uint32 {
		v, err := strconv.ParseUint(string(b), 16, 32)
		ok = ok && err == nil
		return uint32(v)
	}
	whole := func(b []byte, bits int) int {
		v, err := strconv.ParseInt(string(b), 10, bits)
		ok = ok && err == nil && v >= 0
		return int(v)
	}
	ok = true
	e = entry{
		// 32 bits: a journal keeps steps as int32
		chain: hex(parts[0]), sum: hex(parts[1]), length: whole(parts[2], 63), step: whole(parts[3], 32),
		left: whole(parts[4], 32),
	}
	if copied {
		e.copied = parts[5]
	}
	if !ok || !bytes.Equal(e.appendTo(nil), append(bytes.Clone(text), '\n')) {
		return entry{}, false
	}
	return e, true
}

// of reports whether the line, its end included, is the one that the entry was made of.
func (e entry) of(line []byte) bool { return len(line) == e.length && seal.Sum(line) == e.sum }

// tornNote reports whether a text can be the beginning of an entry of no line. A write that a power loss cut short
// leaves such a beginning; anything else behind the last entry is damage.
func tornNote(text []byte) bool {
	for _, c := range text[:min(len(text), 8)] {
		if !bytes.ContainsRune([]byte("0123456789abcdef"), rune(c)) {
			return false
		}
	}
	want := " " + notePrefix
	return len(text) <= 8 || bytes.HasPrefix(text[8:], []byte(want)) || bytes.HasPrefix([]byte(want), text[8:])
}
