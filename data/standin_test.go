package data

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// standIns are beginnings of files that stand in for others.
var standIns = []struct{ name, content, want, hint, reason string }{
	{
		"LFS", "version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 74000\n", "a Git LFS pointer",
		"git lfs pull", "a ZIP of a repository",
	},
	{
		"annex, unlocked", "/annex/objects/SHA256E-s74000--aa.wav\n", "a git-annex pointer", "git annex get",
		"a clone without its content",
	},
	{
		"annex, without links", "../.git/annex/objects/Xx/Yy/SHA256E-s7--aa/SHA256E-s7--aa", "a git-annex pointer",
		"git annex get", "where links cannot be",
	},
	{"web page", "\ufeff\r\n <!DOCTYPE HTML>\n<html>", "a web page", "download", "a login was wanted"},
	{"web page without its kind", "<HTML><head>", "a web page", "download", "likewise"},
	{"XHTML", "<?xml version=\"1.0\"?>\n<!DOCTYPE html>\n<html>", "a web page", "download", "likewise"},
	{
		"storage", "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>AccessDenied</Code>", "a server's message",
		"download", "a bucket refused",
	},
	{
		"interface", "{\"message\":\"Not Found\",\"status\":\"404\"}", "a server's message", "download",
		"a server refused",
	},
	{"plain", "404: Not Found", "a server's message", "download", "a code host refused"},
	{"zeros", strings.Repeat("\x00", 600), "zeros", "broke off", "a download that had its size before"},
}

func TestExplain(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.wav")
	for _, tt := range standIns {
		if err := os.WriteFile(path, []byte(tt.content), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, given := range []error{
			&FormatError{File: path, Reason: "begins oddly"},
			&UnsupportedError{File: path, Feature: "codec"},
			fmt.Errorf("made: %w", &FormatError{File: filepath.Join(path, "inside"), Reason: "an entry of an archive"}),
		} {
			err := Explain(given)
			bad, ok := errors.AsType[*FormatError](err)
			if !ok || bad.File != path || !strings.HasPrefix(err.Error(), path+": "+tt.want) ||
				!strings.Contains(Hint(err), tt.hint) {
				t.Errorf(
					"%s: %v, hint %q, want %s, hint %s\nreason: %s", tt.name, err, Hint(err), tt.want, tt.hint,
					tt.reason,
				)
			}
			if again := Explain(err); !errors.Is(again, err) || again.Error() != err.Error() {
				t.Errorf("%s: %v is explained again", tt.name, again)
			}
		}
		if err := StandIn(path); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: StandIn: %v", tt.name, err)
		}
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	empty := Explain(&FormatError{File: path, Reason: "no rows"})
	if empty.Error() != path+": no rows" || !strings.Contains(Hint(empty), "broke off") {
		t.Errorf("empty: %v, hint %q, want what its reader says, and a hint", empty, Hint(empty))
	}
	for _, same := range []error{
		errors.New("no file"), &FormatError{File: filepath.Join(dir, "none"), Reason: "odd"},
		&FormatError{File: path, Reason: "odd", Hint: "its own"},
		&fs.PathError{Op: "open", Path: filepath.Join(dir, "none"), Err: fs.ErrNotExist},
	} {
		if err := Explain(same); !errors.Is(err, same) || err.Error() != same.Error() {
			t.Errorf("%v became %v, want it as it was", same, err)
		}
	}
	if err := Explain(nil); err != nil {
		t.Errorf("nothing became %v", err)
	}
}

// TestExplainWhole leaves errors about files alone that are what they should be.
func TestExplainWhole(t *testing.T) {
	for name, content := range map[string]string{
		"a.jsonl": "{\"message\":\"a field of that name\"}\n", "b.csv": "id,label\n",
		"c.txt": "../a line that begins so\n", "d.xml": "text", "e": "\x00\x00\x08\x03\x00",
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := Explain(&FormatError{File: path, Reason: "odd"}); err.Error() != path+": odd" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestExplainLinks names links to nothing, those of git-annex by their name.
func TestExplainLinks(t *testing.T) {
	dir := t.TempDir()
	for to, want := range map[string]string{
		"../.git/annex/objects/Xx/Yy/SHA": "x: a git-annex pointer",
		"/nowhere/at/all":                 "x: a link to /nowhere/at/all, which is not there",
	} {
		path := filepath.Join(dir, "x")
		os.Remove(path) //nolint:errcheck // the first time it is not there
		if err := os.Symlink(to, path); err != nil {
			t.Skip(err)
		}
		_, err := os.ReadFile(path)
		got := Explain(fmt.Errorf("made: %w", err))
		if !strings.Contains(got.Error(), want) || !errors.Is(got, fs.ErrNotExist) || Hint(got) == "" {
			t.Errorf("a link to %s: %v, hint %q, want %s", to, got, Hint(got), want)
		}
	}
}

// TestExplainDVC names what DVC has in the place of a folder or file.
func TestExplainDVC(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "img.dvc"), []byte("outs:\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := os.ReadFile(filepath.Join(dir, "img", "a.png"))
	if got := Explain(err); !strings.Contains(Hint(got), "dvc pull") || !errors.Is(got, fs.ErrNotExist) {
		t.Errorf("%v, hint %q, want dvc pull", got, Hint(got))
	}
}

func TestGather(t *testing.T) {
	dir := t.TempDir()
	put := func(name, content string) error {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return &FormatError{File: path, Reason: "odd"}
	}
	var pointers, pages []error
	for i := range 6 {
		pointers = append(pointers, put(fmt.Sprintf("audio/%d.wav", i), standIns[0].content))
	}
	put("audio/whole.wav", "RIFF") //nolint:errcheck // no error
	for i := range 3 {
		pages = append(pages, put(fmt.Sprintf("img/%d.png", i), "<html>"))
		put(fmt.Sprintf("img/whole%d.png", i), "\x89PNG") //nolint:errcheck // no error
	}
	other := errors.New("another")
	for _, tt := range []struct {
		name   string
		errs   []error
		want   []string // ends of the errors
		reason string
	}{
		{"none", nil, nil, "nothing"},
		{
			"all", append([]error{other}, pointers...),
			[]string{"another", "audio: 6 of 7 .wav files are Git LFS pointers, 0.wav for example"},
			"one command brings them all",
		},
		{
			"one found", pointers[:1], []string{"audio: 6 of 7 .wav files are Git LFS pointers, 0.wav for example"},
			"the others are looked at",
		},
		{
			"few pages", pages,
			[]string{
				"0.png: a web page, not the file itself", "1.png: a web page, not the file itself",
				"2.png: a web page, not the file itself",
			},
			"each is to be brought by itself",
		},
		{
			"both", append(append([]error{pages[0]}, pointers...), other),
			[]string{"0.png: a web page, not the file itself", "0.wav for example", "another"}, "in their order",
		},
	} {
		got := Gather(tt.errs)
		ok := len(got) == len(tt.want)
		for i := 0; ok && i < len(got); i++ {
			ok = strings.HasSuffix(got[i].Error(), tt.want[i])
		}
		if !ok {
			t.Errorf("%s: %q, want %q\nreason: %s", tt.name, got, tt.want, tt.reason)
		}
	}
	put("img/3.png", "<html>") //nolint:errcheck // more than half of them
	if got := Gather(pages); len(got) != 1 || !strings.Contains(
		got[0].Error(), "img: 4 of 7 .png files are web pages",
	) || !strings.Contains(Hint(got[0]), "download") {
		t.Errorf("%v, hint %q, want one error of most files", got, Hint(got[0]))
	}
}

// FuzzStandIn wants no fault in what begins as files of the formats that are read do.
func FuzzStandIn(f *testing.F) {
	for _, s := range standIns {
		f.Add([]byte(s.content))
	}
	begins := []string{
		"\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "GIF8", "RIFF", "\x93NUMPY", "PK\x03\x04", "\x1f\x8b", "\x00\x00\x08\x03",
		"FLV\x01", "MATLAB",
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, head := range begins {
			if s, ok := findStandIn(append([]byte(head), b...)); ok {
				t.Fatalf("%q and %q are %s", head, b, s.one)
			}
		}
		if s, ok := findStandIn(b); ok && (s.many == "" || s.hint == "") {
			t.Fatalf("%q is %+v", b, s)
		}
	})
}
