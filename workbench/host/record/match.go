package record

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/primewindow/primewindow/internal/seal"
)

// piece is a line of a journal as its entries have it.
type piece struct {
	line  []byte // with its end; nil where it is lost
	found []byte // what stands in its place and is not proved, with its end
	step  int
	left  int    // lines of its commit that follow, by its entry
	sum   uint32 // of the line that was written; 0 where nothing is known
	why   string // of a lost line: what is wrong

	copied bool // whether line is the copy that its entry has
}

// lost is a piece without its line. The step may be -1 where neither entry nor line names one; fit puts that of the
// line before there.
func (p piece) lost(line int) Lost {
	sum := p.sum
	if sum == 0 && p.found != nil {
		sum = seal.Sum(p.found) // the line may be right and its entry not: computed again it shows
	}
	return Lost{line, p.step, sum, p.why}
}

// match fits lines to entries where not all agree. Lines have their ends. It gives what each entry has, in order, how
// many whole lines at the end have no entry, how many entries were damaged while their lines are proved, and the last
// note.
//
// Lines and entries are walked together. Where they part, the nearest place where they meet again decides whether a
// line is missing, one too many, or changed.
//
// An entry's own running checksum is taken on even where it does not follow from the one before: the next entry was
// made behind it, so that a damaged entry makes at most the next one suspect. chain is the running checksum behind
// which the first of the texts stands. Neither argument is changed, and pieces share the bytes of lines.
func match(
	lines [][]byte, texts [][]byte, chain uint32, copied bool,
) (pieces []piece, further, mended int, note string) {
	// Both sides are found by checksum, so that looking for the next place where they meet does not compare every line
	// with every entry.
	entries := make([]entry, len(texts))
	known := make([]bool, len(texts))
	byEntry := map[uint32][]int{} // checksum to places of entries
	for i, text := range texts {
		if entries[i], known[i] = parseEntry(text, copied); known[i] && entries[i].note == "" {
			byEntry[entries[i].sum] = append(byEntry[entries[i].sum], i)
		}
	}
	sums := make([]entry, len(lines))
	byLine := map[uint32][]int{}
	for j, line := range lines {
		sums[j] = newEntry(0, line, 0, 0, false)
		byLine[sums[j].sum] = append(byLine[sums[j].sum], j)
	}
	fits := func(i, j int) bool {
		return known[i] && entries[i].note == "" && entries[i].of(lines[j]) && (!copied || bytes.Equal(
			entries[i].copied, lines[j][:len(lines[j])-1],
		))
	}
	// proved reports whether the running checksum of the entry under hand is that of the line, whatever its own says.
	// Its step and its number of followers have to be right, as they are part of the running checksum; its length,
	// checksum and copy may be the damaged ones.
	proved := func(i, j int) bool {
		return known[i] && entries[i].note == "" && entries[i].chain == newEntry(
			chain, lines[j], entries[i].step, entries[i].left, copied,
		).chain
	}
	after := func(list []int, from int, good func(int) bool) int { // the first place behind from; -1: none
		for _, at := range list {
			if at > from && good(at) {
				return at
			}
		}
		return -1
	}
	i, j := 0, 0
	used := false // whether the entry under hand, which is not readable, had copies of the lines before
	// noted passes over an entry of no line.
	noted := func() bool {
		if !known[i] || entries[i].note == "" {
			return false
		}
		if entries[i].chain == entries[i].linked(chain) {
			note = entries[i].note
		} else {
			mended++
		}
		chain = entries[i].chain
		i++
		return true
	}
	lose := func(why string) {
		p := piece{step: -1, why: why}
		if known[i] {
			p.step, p.left, p.sum = entries[i].step, entries[i].left, entries[i].sum
			chain = entries[i].chain
			// the line is gone or damaged and its copy is whole: the entry's checksum proves the copy
			if e := entries[i]; copied && e.of(append(bytes.Clone(e.copied), '\n')) {
				p.line, p.why, p.copied = append(bytes.Clone(e.copied), '\n'), "", true
			}
		}
		pieces = append(pieces, p)
		i++
	}
	// gone passes over an entry whose line is not there. One that cannot be read any more may have been a note: no line
	// is missing for it.
	gone := func() {
		switch {
		case noted():
		case known[i]:
			lose("the line is gone")
		default:
			i, mended = i+1, mended+1
		}
	}
	for i < len(texts) && j < len(lines) {
		if noted() {
			continue
		}
		if known[i] && entries[i].length == 0 {
			lose("the line was lost before")
			continue
		}
		// Where the line feed of an entry was damaged, two entries are one text that cannot be parsed. Each line that
		// has its copy in that text is taken, as two places agree on it; the entry stays under hand until a line has
		// none. The step is read from the line later.
		if bad := !known[i] || entries[i].chain != entries[i].linked(
			chain,
		); copied && bad && !fits(i, j) && bytes.Contains(texts[i], lines[j][:len(lines[j])-1]) {
			pieces = append(pieces, piece{line: lines[j], step: -1, sum: sums[j].sum}) // line and copy agree
			used, j = true, j+1
			continue
		}
		if used {
			used, i, mended = false, i+1, mended+1
			continue
		}
		if fits(i, j) || proved(i, j) {
			p := piece{line: lines[j], step: entries[i].step, left: entries[i].left, sum: sums[j].sum}
			if !fits(i, j) || entries[i].chain != entries[i].linked(chain) {
				mended++
				p.left = 0 // the number may be the damaged one
			}
			chain = entries[i].chain
			pieces = append(pieces, p)
			i, j = i+1, j+1
			continue
		}
		// They have parted. Either the line belongs to an entry farther on, and the entries between have lost their
		// lines, or the entry has its line farther on, and the lines between were never committed, or the line itself
		// was changed.
		nextEntry := after(byEntry[sums[j].sum], i, func(at int) bool { return fits(at, j) })
		nextLine := -1
		if known[i] {
			nextLine = after(byLine[entries[i].sum], j, func(at int) bool { return fits(i, at) })
		}
		switch {
		// The nearer place wins: it takes fewer things to have gone wrong. Where both are as near, lines count as gone,
		// which are computed again, and not as uncommitted, which would be dropped.
		case nextEntry >= 0 && (nextLine < 0 || nextEntry-i <= nextLine-j):
			for i < nextEntry {
				gone()
			}
		case nextLine >= 0:
			j = nextLine // lines that nobody committed
		default:
			lose("the line is not the one that was written") // of no note: those were passed over above
			if p := &pieces[len(pieces)-1]; p.line == nil {
				p.found = lines[j]
			}
			j++
		}
	}
	if used {
		i, mended = i+1, mended+1
	}
	for i < len(texts) {
		gone()
	}
	// the entries of what is left may have been these, or are gone
	if len(texts) == 0 || slices.Contains(known, false) {
		// They are lost ones of which the bytes are at hand: their checksum then shows whether the line that is
		// computed again was the one.
		for ; j < len(lines); j++ {
			pieces = append(pieces, piece{step: -1, found: lines[j], why: "its entry is damaged or gone"})
		}
	}
	return pieces, len(lines) - j, mended, note
}

// cutTail leaves out what was not committed as a whole: pieces at the end that were to be followed by others. Lines of
// one commit count together or not at all.
func cutTail(pieces []piece) []piece {
	end := 0
	for i, p := range pieces {
		if p.left == 0 {
			end = i + 1
		}
	}
	return pieces[:end]
}

// Lost is a line that is damaged or gone.
type Lost struct {
	Line int    // its place among the lines, from 0
	Step int    // that it belongs to; that of the line before where nothing else is known
	Sum  uint32 // checksum of the line that was written; 0 where it is not known
	Why  string
}

func (l Lost) String() string { return fmt.Sprintf("line %d (step %d): %s", l.Line+1, l.Step, l.Why) }
