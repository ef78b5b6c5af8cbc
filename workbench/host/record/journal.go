package record

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/primewindow/primewindow/internal/whole"
)

// sumsSuffix ends the name of a journal's file of checksums.
const sumsSuffix = ".sums"

// SumsPath is where the checksums of the journal at a path are.
func SumsPath(path string) string { return path + sumsSuffix }

// ErrForeign reports a journal of another owner.
var ErrForeign = errors.New("it is another run's")

// ErrGone reports a journal whose file was removed while it was open: what is appended to it would be lost.
var ErrGone = errors.New("record: the file was removed")

// Options say what kind of journal a file is.
type Options struct {
	Dense bool // line i belongs to step i, and there is one for each step
	Copy  bool // its lines cannot be computed again: entries repeat them

	Owner string // a word that the checksums begin with: a journal of another owner is refused, see [ErrForeign]
}

// Found is what the opening of a journal came upon.
type Found struct {
	Unproved bool   // there were no checksums: its lines are taken as they are
	Lost     []Lost // lines that are damaged or gone
	Copied   int    // lines that were damaged, and are whole again by the copies of their entries
	Mended   int    // entries that were damaged, while their lines are proved
	Cut      int    // whole lines at the end that were never committed
	Adopted  int    // such lines of a journal of copies, which are taken: what they say cannot be computed again
	Aside    string // where the file is that was damaged; empty where none was
}

// Damaged reports whether anything was found that a kill does not leave.
func (f Found) Damaged() bool {
	return len(f.Lost) > 0 || f.Copied > 0 || f.Mended > 0 || f.Adopted > 1
}

// Journal is an append-only file of JSON lines with its checksums. It is one goroutine's at a time; a [View] is
// another's. The bytes of its lines stay on disk, where a line is read again when it is asked for.
type Journal struct {
	path string
	opt  Options

	// Both are written at the places that layout knows, whatever lies behind them in the files.
	f, sums *os.File // lines and entries
	layout           // of all lines, staged ones included but in chain and sumsSize; rest is empty
	staged  int      // lines at the end that are written and not committed
}

// Open opens or creates the journal at a path. It cuts what was not committed. Where lines are lost it sets the file
// aside and writes it anew without them. Found says so. It returns an error of the file system. A journal that proves
// itself is only cut: nothing of it is written again. The copy that is set aside is made before anything is replaced,
// so that a kill between leaves the damaged file where it was, and one copy more.
func Open(path string, o Options) (*Journal, Found, error) {
	l, f, found, err := read(path, o)
	if f != nil {
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return nil, found, err
	}
	j := &Journal{path: path, opt: o, layout: l}
	j.rest = nil
	_, err = os.Stat(path)
	fresh := errors.Is(err, fs.ErrNotExist)
	if found.Damaged() || found.Unproved || found.Adopted > 0 || l.sumsSize == 0 && o.Owner != "" {
		if found.Damaged() && !fresh { // what is made new otherwise has nothing to be looked at
			if found.Aside, err = keepCopy(path); err != nil {
				return nil, found, err
			}
		}
		return j, found, j.rewrite(l.rest, l.note)
	}
	if err := j.openFiles(); err != nil {
		return nil, found, err
	}
	// what has no entry, and what is left of entries that were not written whole
	err = errors.Join(j.f.Truncate(j.size()), j.sums.Truncate(j.sumsSize))
	if err == nil && fresh {
		// both names are new in the folder, and a power loss would forget them
		err = whole.SyncFolder(filepath.Dir(path))
	}
	if err != nil {
		return nil, found, errors.Join(err, j.Close())
	}
	return j, found, nil
}

// keepCopy leaves the bytes of a damaged journal beside it, under the name that [SetAside] would give. It copies and
// does not rename, since the new file takes its first lines from the old one.
func keepCopy(path string) (string, error) {
	old, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer old.Close()
	to, err := asideName(path)
	if err != nil {
		return "", err
	}
	return to, whole.Stream(to, func(w io.Writer) error { _, err := io.Copy(w, old); return err })
}

func (j *Journal) openFiles() (err error) {
	if j.f, err = os.OpenFile(j.path, os.O_RDWR|os.O_CREATE, 0o666); err != nil {
		return err
	}
	if j.sums, err = os.OpenFile(SumsPath(j.path), os.O_RDWR|os.O_CREATE, 0o666); err != nil {
		return errors.Join(err, j.f.Close())
	}
	return nil
}

// rewrite replaces both files: the layout's prefix stays, pieces follow it, all of them committed. Lost lines keep an
// entry of their own, so that a journal that is opened again still knows of them. The note comes last. The lines are
// replaced first. A kill before the entries are leaves lines and entries that do not fit: the next opening meets that
// as any other damage, takes nothing for proved that is not, and has what is lost computed again.
func (j *Journal) rewrite(pieces []piece, note string) error {
	l := j.layout // a view may share its arrays
	l.ends, l.steps, l.lost = slices.Clip(l.ends), slices.Clip(l.steps), maps.Clone(l.lost)
	var sums []byte
	if l.sumsSize == 0 && j.opt.Owner != "" {
		e := noteEntry(0, ownerNote+j.opt.Owner)
		sums = e.appendTo(nil)
		l.add(e, len(sums))
	}
	err := replace(j.path, j.size(), func(w io.Writer) error {
		for _, p := range pieces {
			e := lostEntry(l.chain, p, j.opt.Copy)
			if p.line != nil {
				e = newEntry(l.chain, p.line, p.step, 0, j.opt.Copy)
			}
			text := e.appendTo(nil)
			sums = append(sums, text...)
			l.add(e, len(text))
			if _, err := w.Write(p.line); err != nil {
				return err
			}
		}
		if note != "" {
			text := noteEntry(l.chain, note).appendTo(nil)
			sums = append(sums, text...)
			l.add(noteEntry(l.chain, note), len(text))
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := replace(
		SumsPath(j.path), j.sumsSize, func(w io.Writer) error { _, err := w.Write(sums); return err },
	); err != nil {
		return err
	}
	// the open files, where there are any, are the replaced ones, which have no name any more
	j.layout, j.staged = l, 0
	if err := j.Close(); err != nil {
		return err
	}
	return j.openFiles()
}

// replace replaces a file by its first bytes and what write adds. The first bytes are copied as they are, so that the
// prefix keeps its checksums.
func replace(path string, keep int64, write func(io.Writer) error) error {
	return whole.Stream(path, func(w io.Writer) error {
		out := bufio.NewWriter(w)
		if keep > 0 {
			old, err := os.Open(path)
			if err != nil {
				return err
			}
			_, err = io.CopyN(out, old, keep)
			if err := errors.Join(err, old.Close()); err != nil {
				return err
			}
		}
		if err := write(out); err != nil {
			return err
		}
		return out.Flush()
	})
}

// Fill puts lines, without line feeds, into the places of lost ones, and leaves out those that drop chooses, lost or
// not. drop may be nil. Lines before the first that changes stay on disk as they are. From there on all are read into
// memory and both files are written anew: every later entry's running checksum is another.
func (j *Journal) Fill(lines map[int][]byte, drop func(i int) bool) error {
	if j.staged > 0 {
		return errors.New("record: a line is not committed")
	}
	first := len(j.ends) // the first line that is written anew
	var pieces []piece
	for i := range j.ends {
		line, filled := lines[i]
		dropped := drop != nil && drop(i)
		if !filled && !dropped && i < first {
			continue
		}
		first = min(first, i)
		p := piece{step: int(j.steps[i])}
		l, lost := j.lost[i]
		switch {
		case dropped:
			continue
		case filled:
			p.line = append(bytes.Clone(line), '\n')
		case lost:
			p.sum, p.why = l.Sum, l.Why
		default:
			var err error
			if p.line, err = j.raw(i); err != nil {
				return err
			}
		}
		pieces = append(pieces, p)
	}
	if first == len(j.ends) {
		return nil
	}
	was := j.layout
	err := j.cut(first)
	if err == nil {
		err = j.rewrite(pieces, was.note)
	}
	if err != nil {
		// If the lines were replaced and their entries not, the open file has no name any more, and present refuses
		// to append.
		j.layout = was // as the files are still: nothing is appended to another place
	}
	return err
}

// cut takes the layout, and nothing on disk, back to its first lines. The running checksum is not kept for every line,
// so the entries are read from the beginning.
func (j *Journal) cut(lines int) error {
	entries := &lineReader{in: bufio.NewReader(io.NewSectionReader(j.sums, 0, j.sumsSize))}
	l := layout{}
	for len(l.ends) < lines {
		text, err := entries.next()
		if err != nil {
			return err
		}
		e, ok := parseEntry(bytes.TrimSuffix(text, []byte{'\n'}), j.opt.Copy)
		if !ok || e.chain != e.linked(l.chain) {
			return fmt.Errorf("record: %s was changed by another program", SumsPath(j.path))
		}
		l.add(e, len(text))
	}
	j.layout = l
	return nil
}

// CopyTo writes the lines that keep chooses to a new journal of another owner, lost ones as lost, with a note where one
// is given. It holds one line at a time. All entries are made anew, as their running checksums depend on the owner's
// note; each line is a commit of its own. They are held in memory and written after the lines.
func (j *Journal) CopyTo(path, owner, note string, keep func(i int) bool) error {
	var sums []byte
	chain := uint32(0)
	add := func(e entry) { sums, chain = e.appendTo(sums), e.chain }
	if owner != "" {
		add(noteEntry(chain, ownerNote+owner))
	}
	err := whole.Stream(path, func(w io.Writer) error {
		out := bufio.NewWriter(w)
		for i := range j.ends {
			if !keep(i) {
				continue
			}
			if l, lost := j.lost[i]; lost {
				add(lostEntry(chain, piece{step: l.Step, sum: l.Sum}, j.opt.Copy))
				continue
			}
			line, err := j.raw(i)
			if err != nil {
				return err
			}
			add(newEntry(chain, line, int(j.steps[i]), 0, j.opt.Copy))
			if _, err := out.Write(line); err != nil {
				return err
			}
		}
		if note != "" {
			add(noteEntry(chain, note))
		}
		return out.Flush()
	})
	if err != nil {
		return err
	}
	return whole.Stream(SumsPath(path), func(w io.Writer) error { _, err := w.Write(sums); return err })
}

// Line is a line, without its line feed, and the step that it belongs to.
type Line struct {
	Step int
	Text []byte
}

// Append adds lines: after a kill all of them are there or none. An append is one commit, of which a part of the
// entries counts as nothing. Where the entries could not be written, the lines are taken back, so that the next append
// does not commit them.
func (j *Journal) Append(lines ...Line) error {
	if len(lines) == 0 {
		return nil
	}
	if err := j.Stage(lines...); err != nil {
		return err
	}
	err := j.Commit()
	if err != nil {
		err = errors.Join(err, j.unstage())
	}
	return err
}

// Stage writes lines that [Journal.Commit] is to commit. Until then they count, but are cut when the journal is opened
// again. Lines that could not be written whole are taken back. The lines go to where the lines that count end, which is
// over what an earlier write may have left there.
func (j *Journal) Stage(lines ...Line) error {
	if err := j.present(); err != nil {
		return err
	}
	from := j.size()
	var text []byte
	n := len(j.ends)
	for _, line := range lines {
		text = append(append(text, line.Text...), '\n')
		j.ends, j.steps = append(j.ends, from+int64(len(text))), append(j.steps, int32(line.Step))
	}
	if _, err := j.f.WriteAt(text, from); err != nil {
		j.ends, j.steps = j.ends[:n], j.steps[:n]
		return fmt.Errorf("%s: %w", filepath.Base(j.path), errors.Join(err, j.f.Truncate(from)))
	}
	j.staged += len(lines)
	return nil
}

// unstage takes back what is not committed. The file is cut as well.
func (j *Journal) unstage() error {
	n := len(j.ends) - j.staged
	j.ends, j.steps, j.staged = j.ends[:n], j.steps[:n], 0
	return j.f.Truncate(j.size())
}

// Commit writes the entries of what was staged.
func (j *Journal) Commit() error { return j.CommitWith("") }

// CommitWith is Commit with a note, a word that [Journal.Noted] gives when the journal is opened again; none where it
// is empty. What was noted last counts. A note that is the last one again is not written: most steps measure nothing.
func (j *Journal) CommitWith(note string) error {
	if note == j.note {
		note = ""
	}
	if j.staged == 0 && note == "" {
		return nil
	}
	if err := j.present(); err != nil {
		return err
	}
	chain, text := j.chain, []byte(nil)
	// Lines are read back from the file: what an entry proves is what a reader will find there.
	for i := len(j.ends) - j.staged; i < len(j.ends); i++ {
		line, err := j.raw(i)
		if err != nil {
			return err
		}
		e := newEntry(chain, line, int(j.steps[i]), len(j.ends)-1-i, j.opt.Copy)
		chain, text = e.chain, e.appendTo(text)
	}
	if note != "" {
		e := noteEntry(chain, note)
		chain, text = e.chain, e.appendTo(text)
	}
	if _, err := j.sums.WriteAt(text, j.sumsSize); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(SumsPath(j.path)), errors.Join(err, j.sums.Truncate(j.sumsSize)))
	}
	j.chain, j.sumsSize, j.staged = chain, j.sumsSize+int64(len(text)), 0
	if note != "" {
		j.note = note
	}
	return nil
}

// Noted is what was noted last.
func (j *Journal) Noted() string { return j.note }

// present wants both files to be where they were: a file that was removed takes lines until it is closed, and then they
// are gone. It asks for the number of names that the open file has. A folder that was moved away takes its files along,
// and is no error: what is appended is there.
func (j *Journal) present() error {
	for _, f := range []*os.File{j.f, j.sums} {
		st, err := f.Stat()
		if err != nil {
			return err
		}
		if sys, ok := st.Sys().(*syscall.Stat_t); ok && sys.Nlink == 0 {
			return fmt.Errorf("%w: %s", ErrGone, f.Name())
		}
	}
	return nil
}

// Committed is how many lines will be there when the journal is opened again.
func (j *Journal) Committed() int { return len(j.ends) - j.staged }

// Sync puts what was appended on disk. It may run beside Append, and beside nothing that replaces the files.
func (j *Journal) Sync() error { return errors.Join(j.f.Sync(), j.sums.Sync()) }

// Close closes the files. What was staged and not committed is cut when the journal is opened again.
func (j *Journal) Close() error {
	if j.f == nil {
		return nil
	}
	return errors.Join(j.f.Close(), j.sums.Close())
}
