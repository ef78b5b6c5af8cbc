package page

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// errFont is a font that is not as the specification of TrueType has it. The one that is used is compiled in.
var errFont = errors.New("font is not TrueType as it should be")

// subset makes a font of the letters named, from a TrueType font. Letters that the font lacks are left out. Hints for
// small screens, kerning and ligatures are left out too: the picture is drawn without them, so that both have the same
// widths.
func subset(file []byte, runes map[rune]bool) (font []byte, err error) {
	defer func() { // a slice beyond a table's end
		if r := recover(); r != nil {
			font, err = nil, fmt.Errorf("%w: %v", errFont, r)
		}
	}()
	t := tables(slices.Clip(file))
	letters := slices.Sorted(maps.Keys(runes))
	glyphs := []uint16{0} // what is drawn for a letter that is missing
	at := make(map[uint16]uint16)
	keep := func(old uint16) uint16 {
		if _, ok := at[old]; !ok {
			at[old] = uint16(len(glyphs))
			glyphs = append(glyphs, old)
		}
		return at[old]
	}
	at[0] = 0
	var mapped []letter
	for _, r := range letters {
		if g := lookUp(t["cmap"], r); g != 0 {
			mapped = append(mapped, letter{uint16(r), keep(g)})
		}
	}
	var outlines, places, widths []byte
	for i := 0; i < len(glyphs); i++ { // a glyph may add those that it is made of
		places = binary.BigEndian.AppendUint32(places, uint32(len(outlines)))
		outlines = append(outlines, plain(outline(t, glyphs[i]), keep)...)
		for len(outlines)%4 > 0 {
			outlines = append(outlines, 0)
		}
		widths = append(widths, metric(t, glyphs[i])...)
	}
	places = binary.BigEndian.AppendUint32(places, uint32(len(outlines)))
	count := uint16(len(glyphs))
	patch := func(name string, at int, v uint16) []byte {
		table := slices.Clone(t[name])
		binary.BigEndian.PutUint16(table[at:], v)
		return table
	}
	head := patch("head", 50, 1) // places are of 32 bits
	binary.BigEndian.PutUint32(head[8:], 0)
	post := slices.Clone(t["post"][:32])
	binary.BigEndian.PutUint32(post, 0x30000) // no names of glyphs
	return join(map[string][]byte{
		"OS/2": t["OS/2"], "cmap": charMap(mapped), "glyf": outlines, "head": head, "hhea": patch("hhea", 34, count),
		"hmtx": widths, "loca": places, "maxp": patch("maxp", 4, count), "name": nameTable(), "post": post,
	}), nil
}

// letter is a letter and the glyph that draws it.
type letter struct{ r, glyph uint16 }

func u16(b []byte, at int) int { return int(binary.BigEndian.Uint16(b[at:])) }
func u32(b []byte, at int) int { return int(binary.BigEndian.Uint32(b[at:])) }

// tables are the parts of a font file by name.
func tables(file []byte) map[string][]byte {
	list := make(map[string][]byte)
	for i := range u16(file, 4) {
		entry := file[12+16*i:]
		list[string(entry[:4])] = file[u32(entry, 8) : u32(entry, 8)+u32(entry, 12)]
	}
	return list
}

// lookUp is the glyph of a letter by a cmap of format 4, which holds the letters up to U+FFFF; 0 where there is none.
func lookUp(cmap []byte, r rune) uint16 {
	for i := range u16(cmap, 2) {
		sub := cmap[u32(cmap, 8+8*i):]
		if u16(sub, 0) != 4 || r > 0xffff {
			continue
		}
		n := u16(sub, 6) / 2 // segments: ends, a pad, starts, deltas, offsets
		for s := range n {
			if int(r) > u16(sub, 14+2*s) {
				continue
			}
			start, delta, place := u16(sub, 16+2*(n+s)), u16(sub, 16+2*(2*n+s)), 16+2*(3*n+s)
			if int(r) < start {
				break
			}
			offset := u16(sub, place)
			if offset == 0 {
				return uint16(int(r) + delta)
			}
			if g := u16(sub, place+offset+2*(int(r)-start)); g != 0 {
				return uint16(g + delta)
			}
			break
		}
	}
	return 0
}

// outline is the outline of a glyph as the font holds it.
func outline(t map[string][]byte, glyph uint16) []byte {
	g := int(glyph)
	if u16(t["head"], 50) == 0 {
		return t["glyf"][2*u16(t["loca"], 2*g) : 2*u16(t["loca"], 2*g+2)]
	}
	return t["glyf"][u32(t["loca"], 4*g):u32(t["loca"], 4*g+4)]
}

// metric is the width of a glyph and its left rim. The last width holds for all glyphs after it.
func metric(t map[string][]byte, glyph uint16) []byte {
	wide, g := u16(t["hhea"], 34), int(glyph)
	if g < wide {
		return t["hmtx"][4*g : 4*g+4]
	}
	rim := 4*wide + 2*(g-wide)
	return slices.Concat(t["hmtx"][4*wide-4:4*wide-2], t["hmtx"][rim:rim+2])
}

// Flags of a part of a glyph that is made of others.
const (
	wordOffsets = 0x1
	oneScale    = 0x8
	moreParts   = 0x20
	twoScales   = 0x40
	matrix      = 0x80
	hinted      = 0x100
)

// plain is an outline without its hints, with the glyphs that it is made of as keep numbers them.
func plain(glyph []byte, keep func(uint16) uint16) []byte {
	if len(glyph) == 0 {
		return nil
	}
	if contours := int(int16(u16(glyph, 0))); contours >= 0 {
		hints := 10 + 2*contours
		return slices.Concat(glyph[:hints], []byte{0, 0}, glyph[hints+2+u16(glyph, hints):])
	}
	out := slices.Clone(glyph[:10])
	for at := 10; ; {
		flags := u16(glyph, at)
		size := 6
		if flags&wordOffsets != 0 {
			size = 8
		}
		switch {
		case flags&oneScale != 0:
			size += 2
		case flags&twoScales != 0:
			size += 4
		case flags&matrix != 0:
			size += 8
		}
		out = binary.BigEndian.AppendUint16(out, uint16(flags&^hinted))
		out = binary.BigEndian.AppendUint16(out, keep(uint16(u16(glyph, at+2))))
		out = append(out, glyph[at+4:at+size]...)
		if at += size; flags&moreParts == 0 {
			return out
		}
	}
}

// charMap is a cmap of format 4 with a segment for each letter, in ascending order, and the last one that ends it.
func charMap(letters []letter) []byte {
	n := len(letters) + 1
	power := 1
	log := 0
	for 2*power <= n {
		power, log = 2*power, log+1
	}
	var ends, starts, deltas []byte
	for _, l := range append(slices.Clone(letters), letter{0xffff, 0}) {
		ends = binary.BigEndian.AppendUint16(ends, l.r)
		starts = binary.BigEndian.AppendUint16(starts, l.r)
		deltas = binary.BigEndian.AppendUint16(deltas, l.glyph-l.r)
	}
	out := words(0, 1, 3, 1, 0, 12) // one map, of Unicode
	out = append(out, words(4, uint16(16+8*n), 0, uint16(2*n), uint16(2*power), uint16(log), uint16(2*(n-power)))...)
	return slices.Concat(out, ends, words(0), starts, deltas, make([]byte, 2*n))
}

// nameTable calls the font what a file of viz calls it.
func nameTable() []byte {
	var text, entries []byte
	for i, s := range []string{embedded, "Regular", embedded, embedded} {
		id := []uint16{1, 2, 4, 6}[i]
		entries = append(entries, words(3, 1, 0x409, id, uint16(2*len(s)), uint16(len(text)))...)
		for _, r := range s {
			text = binary.BigEndian.AppendUint16(text, uint16(r))
		}
	}
	return slices.Concat(words(0, 4, 6+4*12), entries, text)
}

func words(list ...uint16) []byte {
	var out []byte
	for _, w := range list {
		out = binary.BigEndian.AppendUint16(out, w)
	}
	return out
}

// join makes a font file of tables, with their sums.
func join(t map[string][]byte) []byte {
	names := slices.SortedFunc(maps.Keys(t), cmp.Compare[string])
	power, log := 1, 0
	for 2*power <= len(names) {
		power, log = 2*power, log+1
	}
	n := uint16(len(names))
	file := append([]byte{0, 1, 0, 0}, words(n, uint16(16*power), uint16(log), 16*(n-uint16(power)))...)
	var body []byte
	start, headAt := len(file)+16*len(names), 0
	for _, name := range names {
		if name == "head" {
			headAt = start + len(body)
		}
		file = append(file, name...)
		for _, v := range []uint32{sum(t[name]), uint32(start + len(body)), uint32(len(t[name]))} {
			file = binary.BigEndian.AppendUint32(file, v)
		}
		body = append(body, t[name]...)
		for len(body)%4 > 0 {
			body = append(body, 0)
		}
	}
	file = append(file, body...)
	binary.BigEndian.PutUint32(file[headAt+8:], 0xb1b0afba-sum(file))
	return file
}

// sum adds up a table as words of 32 bits.
func sum(table []byte) uint32 {
	total := uint32(0)
	for i := 0; i < len(table); i += 4 {
		var word [4]byte
		copy(word[:], table[i:])
		total += binary.BigEndian.Uint32(word[:])
	}
	return total
}
