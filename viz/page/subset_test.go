package page

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// TestSubset holds each letter of a small font to the outline and the width that it has in the whole one. Letters with
// accents are made of others.
func TestSubset(t *testing.T) {
	runes := make(map[rune]bool)
	for _, r := range "AZaz09 .,()[]%±²³·…−→←≤αβΔéÄñç–“”" {
		runes[r] = true
	}
	file := fontFile()
	body, err := subset(file, runes)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := sfnt.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	part, err := sfnt.Parse(body)
	if err != nil {
		t.Fatal(err)
	}
	shape := func(f *sfnt.Font, r rune) (fixed.Int26_6, sfnt.Segments, sfnt.GlyphIndex) {
		g, err := f.GlyphIndex(nil, r)
		if err != nil {
			t.Fatal(err)
		}
		segments, err := f.LoadGlyph(nil, g, 1000, nil)
		if err != nil {
			t.Fatal(err)
		}
		wide, err := f.GlyphAdvance(nil, g, 1000, font.HintingNone)
		if err != nil {
			t.Fatal(err)
		}
		return wide, segments, g
	}
	for r := range runes {
		wide, outline, g := shape(whole, r)
		gotWide, gotOutline, got := shape(part, r)
		if g == 0 || got == 0 || wide != gotWide {
			t.Errorf("%q: glyph %d as wide as %v, want that of glyph %d, %v", r, got, gotWide, g, wide)
		}
		if diff := cmp.Diff(outline, gotOutline); diff != "" {
			t.Errorf("%q: (-whole +part)\n%s", r, diff)
		}
	}
	if g, err := part.GlyphIndex(nil, 'b'); err != nil || g != 0 {
		t.Errorf("a letter that was not asked for is glyph %d, err %v, want 0", g, err)
	}
	// 0xb1b0afba is what the words of a whole font add up to
	if got := sum(body); got != 0xb1b0afba {
		t.Errorf("the words add up to %#x, want 0xb1b0afba", got)
	}
}

func TestSubsetErrors(t *testing.T) {
	file := fontFile()
	for _, tt := range []struct {
		name   string
		file   []byte
		reason string
	}{
		{"empty", nil, "no table of tables"},
		{"short", file[:200], "tables beyond its end"},
		{"cut", file[:len(file)/20], "the same, further on"},
	} {
		if _, err := subset(tt.file, map[rune]bool{'a': true}); !errors.Is(err, errFont) {
			t.Errorf("%s: %v, want %v; reason: %s", tt.name, err, errFont, tt.reason)
		}
	}
}

func FuzzSubset(f *testing.F) {
	file := fontFile()
	f.Add(file[:3000], "a")
	f.Add([]byte("\x00\x01\x00\x00\x00\x01"), "é")
	f.Fuzz(func(t *testing.T, file []byte, letters string) {
		runes := make(map[rune]bool)
		for _, r := range letters {
			runes[r] = true
		}
		if font, err := subset(file, runes); (font == nil) == (err == nil) {
			t.Errorf("font of %d bytes and error %v, want one", len(font), err)
		}
	})
}
