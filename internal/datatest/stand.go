package datatest

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/primewindow/primewindow/data"
)

// StandIns are files that stand in for any other, whatever its kind.
func StandIns() []Odd {
	return []Odd{
		{"Git LFS pointer", "", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("a", 64) + "\nsize 74000\n"), "a Git LFS pointer", "git lfs pull", "a ZIP of a repository"},
		{"git-annex pointer", "", []byte("/annex/objects/SHA256E-s74000--" + strings.Repeat("a", 64) + "\n"), "a git-annex pointer", "git annex get", "a clone without its content"},
		{"web page", "", []byte("<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>\n"), "a web page", "download", "a login was wanted"},
		{"refusal", "", []byte("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code></Error>\n"), "a server's message", "download", "a bucket refused"},
		{"message", "", []byte("{\"message\":\"Not Found\",\"status\":\"404\"}\n"), "a server's message", "download", "a server refused"},
		{"zeros", "", make([]byte, 4096), "zeros", "broke off", "a download that had its size before"},
	}
}

// UTF16 is a text in UTF-16, the lower byte first or not, behind its mark or not.
func UTF16(text string, lowFirst, mark bool) []byte {
	if mark {
		text = "\ufeff" + text
	}
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		if lowFirst {
			b = append(b, byte(u), byte(u>>8))
		} else {
			b = append(b, byte(u>>8), byte(u))
		}
	}
	return b
}

// Texts are a text file, whose lines end in line feeds, as other programs save it.
func Texts(text string) []Odd {
	first, rest, _ := strings.Cut(text, "\n")
	return []Odd{
		{"mark", "", []byte("\ufeff" + text), "", "", "as a spreadsheet saves CSV UTF-8"},
		{"carriage returns and line feeds", "", []byte(strings.ReplaceAll(text, "\n", "\r\n")), "", "", "of Windows"},
		{"carriage returns alone", "", []byte(strings.ReplaceAll(text, "\n", "\r")), "", "", "of old spreadsheets"},
		{"UTF-16, low byte first", "", UTF16(text, true, true), "", "", "as a spreadsheet saves Unicode text"},
		{"UTF-16, high byte first", "", UTF16(text, false, true), "", "", "the other order"},
		{"UTF-16 without its mark", "", UTF16(text, true, false), "a NUL, as of UTF-16LE", "iconv -f UTF-16LE", "cannot be told for sure"},
		{"Latin-1", "", []byte(first + "\xf6\n" + rest), "UTF-8", "iconv", "mangled before"},
		{"spreadsheet", "", []byte("PK\x03\x04\x14\x00\x06\x00"), "a spreadsheet (.xlsx)", "CSV", "under the name of a table"},
		{"Git LFS pointer", "", StandIns()[0].Bytes, "a Git LFS pointer", "git lfs pull", "a ZIP of a repository"},
	}
}

// Faults are what opening a set, checking it and reading all of it finds: errors, or nil for a whole set.
func (l Loader) Faults(t *testing.T, dir string) []error {
	t.Helper()
	if l.Check != nil {
		if errs := l.Check(dir, l.Settings()); len(errs) > 0 {
			return errs
		}
	}
	d, err := l.Open(dir, l.Settings())
	if err != nil {
		return []error{err}
	}
	if c, ok := d.(data.Checked); ok {
		return c.Check(t.Context(), nil)
	}
	return nil
}

// Odd puts each odd file in the place of one of a set's, and wants it read as the whole set is, or named with its hint and in
// one line, by checking and by opening or reading it.
func (l Loader) Odd(t *testing.T, f Files, name string, list []Odd) {
	t.Helper()
	whole := f.Write(t)
	if faults := l.Faults(t, whole); len(faults) > 0 {
		t.Fatalf("the whole set: %v", faults)
	}
	keep := f[name]
	if keep == nil {
		t.Fatalf("no file %s", name)
	}
	defer func() { f[name] = keep }()
	for _, odd := range list {
		f[name] = odd.Bytes
		dir := f.Write(t)
		faults := l.Faults(t, dir)
		if odd.Want == "" {
			if len(faults) > 0 {
				t.Errorf("%s, %s: %v, want it read\nreason: %s", name, odd.Name, faults, odd.Reason)
				continue
			}
			a, b := l.Must(t, whole), l.Must(t, dir)
			if a.Describe().Provenance.SplitHash != b.Describe().Provenance.SplitHash {
				t.Errorf("%s, %s: another set\nreason: %s", name, odd.Name, odd.Reason)
			} else if err := Same(a, b, data.Train, places(a.Len(data.Train)), 0); err != nil {
				t.Errorf("%s, %s: %v, want the same values\nreason: %s", name, odd.Name, err, odd.Reason)
			}
			continue
		}
		if len(faults) == 0 {
			t.Errorf("%s, %s: no fault, want %q\nreason: %s", name, odd.Name, odd.Want, odd.Reason)
			continue
		}
		base := name[strings.LastIndexByte(name, '/')+1:]
		err := faults[0]
		if text := err.Error(); !strings.Contains(text, base) || !strings.Contains(text, odd.Want) || strings.Contains(text, "\n") || !strings.Contains(data.Hint(err), odd.Hint) {
			t.Errorf("%s, %s: %v, hint %q, want one line with %q and a hint with %q\nreason: %s", name, odd.Name, err, data.Hint(err), odd.Want, odd.Hint, odd.Reason)
		}
	}
}

// Changed is a file's name with other ends, for sets that differ in capitals alone.
func (f Files) Changed(change func(name string) string) Files {
	out := Files{}
	for name, b := range f {
		out[change(name)] = bytes.Clone(b)
	}
	return out
}
