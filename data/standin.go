package data

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// StandInError reports a file that stands in for the real one: a pointer of Git LFS, a web page of a download that was
// refused, a link to nothing. It is a [FormatError] as well, with a hint how to come by the real one.
type StandInError struct {
	FormatError
	Many string // what several such files are

	pointer bool  // one command brings them all
	cause   error // the file system's, where it could not be opened
}

// Unwrap makes it a [FormatError], and the file system's error where there is one.
func (e *StandInError) Unwrap() []error {
	if e.cause == nil {
		return []error{&e.FormatError}
	}
	return []error{&e.FormatError, e.cause}
}

// standIn is a kind of files that stand in for others.
type standIn struct {
	one, rest, many, hint string
	pointer               bool // no text that is meant begins so
}

func (s standIn) err(name string, cause error) error {
	return &StandInError{
		FormatError{File: name, Reason: s.one + s.rest, Hint: s.hint, Whole: true}, s.many, s.pointer, cause,
	}
}

// instead ends what is said of a file that is another.
const instead = ", not the file itself"

// Kinds of stand-ins.
var (
	lfsPointer = standIn{
		"a Git LFS pointer", instead, "Git LFS pointers",
		"`git lfs pull` in the set's checkout brings the files themselves; a ZIP of the repository holds " +
			"pointers alone",
		true,
	}
	annexPointer = standIn{
		"a git-annex pointer", instead, "git-annex pointers",
		"`git annex get .`, or `datalad get .`, in the set's folder brings the files themselves", true,
	}
	dvcPointer = standIn{
		"not there", "", "not there, but known to DVC", "`dvc pull` in the set's folder brings the files themselves",
		true,
	}
	webPage = standIn{
		"a web page", instead, "web pages",
		"a download was refused, or wants a login: bring the file again, and look at the page for the reason", false,
	}
	message = standIn{
		"a server's message", instead, "servers' messages",
		"a download was refused: bring the file again, and look into it for the reason", false,
	}
	zeros = standIn{
		"zeros from its beginning", instead, "filled with zeros", "a download or copy broke off: bring the file again",
		false,
	}
	nothing  = standIn{"empty", "", "empty", "a download or copy broke off: bring the file again", false}
	deadLink = standIn{
		"a link to nothing", "", "links to nothing", "bring what the link leads to, or put the file itself there",
		false,
	}
)

// standInBytes is how much of a file tells what it is.
const standInBytes = 512

// findStandIn tells by a file's first bytes.
func findStandIn(b []byte) (standIn, bool) {
	head := b[:min(len(b), standInBytes)]
	begins := func(list ...string) bool {
		return slices.ContainsFunc(list, func(s string) bool { return bytes.HasPrefix(head, []byte(s)) })
	}
	switch {
	case begins("version https://git-lfs.github.com/spec/", "version https://hawser.github.com/spec/"):
		return lfsPointer, true
	case begins("/annex/objects/"), begins("../", ".git/") && bytes.Contains(head, []byte(".git/annex/objects/")):
		return annexPointer, true
	}
	plain := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n"))
	starts := func(list ...string) bool {
		return slices.ContainsFunc(list, func(s string) bool { return bytes.HasPrefix(plain, []byte(s)) })
	}
	holds := func(list ...string) bool {
		return slices.ContainsFunc(list, func(s string) bool { return bytes.Contains(plain, []byte(s)) })
	}
	switch {
	case starts("<!doctype html", "<html", "<head>", "<body"), starts("<!--", "<?xml") && holds("<html"):
		return webPage, true
	case starts("<?xml", "<error"), starts("{") && holds(`"error`, `"message"`, `"detail"`),
		starts("404: not found", "404 not found", "403 forbidden", "access denied", "too many requests"):
		return message, true
	case len(head) >= 16 && len(bytes.Trim(head, "\x00")) == 0:
		return zeros, true
	}
	return standIn{}, false
}

// Explain is an error about a file, or where something else stands in the file's place, the [StandInError] that says
// so. It looks at the beginning of the file that the error names. Errors that name none, or a whole one, stay as they
// are.
func Explain(err error) error {
	if _, known := errors.AsType[*StandInError](err); known || err == nil {
		return err
	}
	name, reason, cause := "", "", error(nil)
	if e, ok := errors.AsType[*FormatError](err); ok && e.Hint == "" {
		name, reason = e.File, e.Reason
	} else if e, ok := errors.AsType[*UnsupportedError](err); ok && e.Hint == "" {
		name = e.File
	} else if e, ok := errors.AsType[*fs.PathError](err); ok {
		name, cause = e.Path, err
	}
	s, file, ok := lookStandIn(name, cause)
	switch {
	case !ok:
		return err
	case s == nothing && reason != "": // which says more of an empty file
		return &StandInError{FormatError{File: file, Reason: reason, Hint: s.hint}, s.many, false, nil}
	}
	return s.err(file, cause)
}

// lookStandIn looks at a file, or at the archive that a name is in. cause is why it could not be opened, or nil.
func lookStandIn(name string, cause error) (s standIn, file string, ok bool) {
	for ; name != "" && name != "." && name != string(filepath.Separator); name = filepath.Dir(name) {
		st, err := os.Lstat(name)
		switch {
		case err != nil && cause != nil:
			s, ok = dvcStandIn(name)
			return s, name, ok
		case err != nil:
			continue
		case st.Mode()&fs.ModeSymlink != 0:
			to, err := os.Readlink(name)
			if _, missing := os.Stat(name); err == nil && errors.Is(missing, fs.ErrNotExist) {
				if strings.Contains(filepath.ToSlash(to), ".git/annex/objects/") {
					return annexPointer, name, true
				}
				s = deadLink
				s.one = fmt.Sprintf("a link to %s, which is not there", to)
				return s, name, true
			}
		}
		s, ok = headStandIn(name)
		return s, name, ok
	}
	return s, name, false
}

// dvcStandIn looks for what DVC keeps in the place of a file or folder that is not there: its name and .dvc.
func dvcStandIn(name string) (standIn, bool) {
	for range 4 { // a file, and the folders that it lies in
		if st, err := os.Stat(name + ".dvc"); err == nil && st.Mode().IsRegular() {
			s := dvcPointer
			s.one = fmt.Sprintf("not there, but %s.dvc is", filepath.Base(name))
			return s, true
		}
		name = filepath.Dir(name)
	}
	return standIn{}, false
}

// headStandIn reads the beginning of a regular file.
func headStandIn(name string) (standIn, bool) {
	st, err := os.Stat(name) // before it is opened: a pipe would wait
	if err != nil || !st.Mode().IsRegular() {
		return standIn{}, false
	}
	if st.Size() == 0 {
		return nothing, true
	}
	f, err := os.Open(name)
	if err != nil {
		return standIn{}, false
	}
	defer f.Close()
	b := make([]byte, standInBytes)
	n, err := io.ReadFull(f, b)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return standIn{}, false
	}
	s, ok := findStandIn(b[:n])
	if ext := strings.ToLower(filepath.Ext(name)); ok && !s.pointer && (ext == ".json" || ext == ".jsonl") &&
		b[0] == '{' {
		return standIn{}, false // which hold such objects
	}
	return s, ok
}

// StandIn returns a [StandInError] for a file that stands in for another, by its first bytes, and else nil: for those
// who hand a file to a program, which would say something else of it.
func StandIn(name string) error {
	if s, file, ok := lookStandIn(name, nil); ok {
		return s.err(file, nil)
	}
	return nil
}

// StandInBytes is [StandIn] of what stands in an archive; name is for errors.
func StandInBytes(name string, b []byte) error {
	if s, ok := findStandIn(b); ok {
		return s.err(name, nil)
	}
	return nil
}

// maxCounted bounds how many files are looked at to count those that stand in for others.
const maxCounted = 1 << 17

// Gather explains errors by [Explain], and makes one of those that say the same of all or most files, or of pointers:
// that of a set of so many recordings all are pointers is one fault, not one a file. Others stay as they are, in their
// order.
func Gather(errs []error) []error {
	explained, groups := make([]error, len(errs)), map[string][]*StandInError{}
	for i, err := range errs {
		explained[i] = Explain(err)
		if e, ok := errors.AsType[*StandInError](explained[i]); ok {
			groups[e.Many] = append(groups[e.Many], e)
		}
	}
	one := map[string]error{} // of each kind, or nil where there is none
	for many, group := range groups {
		one[many] = together(many, group)
	}
	var out []error
	told := map[string]bool{}
	for _, err := range explained {
		if e, ok := errors.AsType[*StandInError](err); ok && one[e.Many] != nil {
			if !told[e.Many] {
				out = append(out, one[e.Many])
			}
			told[e.Many] = true
			continue
		}
		out = append(out, err)
	}
	return out
}

// together is one error for all files of a kind, or nil where there is one such file alone.
func together(many string, group []*StandInError) error {
	dir, exts := filepath.Dir(group[0].File), map[string]bool{}
	for _, e := range group {
		exts[strings.ToLower(filepath.Ext(e.File))] = true
		for !within(e.File, dir) {
			dir = filepath.Dir(dir)
		}
	}
	total, same, seen := 0, 0, 0
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error { // what cannot be read is not counted
		if seen++; seen > maxCounted {
			return fs.SkipAll
		}
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") || !exts[strings.ToLower(filepath.Ext(path))] {
			return nil
		}
		total++
		if s, _, ok := lookStandIn(path, nil); ok && s.many == many {
			same++
		}
		return nil
	})
	if same = max(same, len(group)); same < 2 || same*2 <= total && !group[0].pointer {
		return nil // of a few each is worth its name
	}
	first := group[0]
	example, err := filepath.Rel(dir, first.File)
	if err != nil {
		example = first.File
	}
	kinds := make([]string, 0, len(exts))
	for ext := range exts {
		if ext != "" {
			kinds = append(kinds, ext+" ")
		}
	}
	slices.Sort(kinds)
	reason := fmt.Sprintf(
		"%d of %d %sfiles are %s, %s for example", same, max(total, same), strings.Join(kinds, "and "), many, example,
	)
	return &StandInError{
		FormatError{File: dir, Reason: reason, Hint: first.Hint, Whole: true}, many, first.pointer, first.cause,
	}
}

// within reports whether a file lies below a folder.
func within(file, dir string) bool {
	rel, err := filepath.Rel(dir, file)
	return err != nil || rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
