package stream

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/internal/datatest"
)

func TestPlain(t *testing.T) {
	for _, tt := range []struct{ name, want, reason string }{
		{"s007", "s7", "zeros before a number"},
		{"S7", "s7", "capitals"},
		{"0", "0", "a number of its own"},
		{"000", "0", "likewise"},
		{"100_020", "100_20", "zeros within a number stay"},
		{"e\u0301", "\u00e9", "letter and mark"},
		{"", "", "nothing"},
	} {
		if got := Plain(tt.name); got != tt.want {
			t.Errorf("Plain(%q) = %q, want %q\nreason: %s", tt.name, got, tt.want, tt.reason)
		}
	}
}

func TestSiblings(t *testing.T) {
	dir := datatest.Files{"a/0012.PNG": nil, "a/.13.png": nil, "b/x": nil}.Write(t)
	var s Siblings
	for name, want := range map[string]string{
		"a/12.png": "0012.PNG", "a/0012.PNG": "", "a/13.png": "", "b/X.jpg": "x", "c/x": "",
	} {
		if got := s.Near(filepath.Join(dir, filepath.FromSlash(name))); got != want {
			t.Errorf("Near(%s) = %q, want %q", name, got, want)
		}
	}
}

func FuzzPlain(f *testing.F) {
	f.Add("s007e\u0301")
	f.Fuzz(func(t *testing.T, name string) {
		if p := Plain(name); Plain(p) != p && !strings.ContainsRune(name, 0xfffd) {
			t.Fatalf("Plain(%q) = %q, and again %q", name, p, Plain(p))
		}
	})
}
