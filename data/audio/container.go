package audio

import (
	"encoding/binary"
	"io"
	"slices"
	"strings"
)

// container is how a file's chunks are kept.
type container struct {
	order binary.ByteOrder
	// Sony's W64: names of 16 bytes, sizes of 8 that count the chunk's head too, chunks at every eighth byte
	wide  bool
	large bool  // RF64: a chunk ds64 has the sizes that 32 bits do not hold
	end   int64 // where the file says that it ends
	first int64 // where its first chunk begins

	length int64 // of the file
}

// Identifiers of W64: four letters, and the rest of the outer one and of all others.
const (
	wideRIFF = "riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"
	wideRest = "\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"
)

// IsWAV tells by a file's first bytes, of which 40 will do, whether [DecodeWAV] reads such files.
func IsWAV(b []byte) bool {
	_, ok := open(b)
	return ok
}

// open tells a file's container by its first bytes.
func open(b []byte) (container, bool) {
	switch {
	case len(b) >= 40 && string(b[:16]) == wideRIFF && string(b[24:40]) == "wave"+wideRest:
		return container{
			order: binary.LittleEndian, wide: true, end: int64(binary.LittleEndian.Uint64(b[16:])), first: 40,
		}, true
	case len(b) < 12 || string(b[8:12]) != "WAVE":
		return container{}, false
	}
	c := container{order: binary.LittleEndian, first: 12}
	switch string(b[:4]) {
	case "RIFF":
	case "RIFX":
		c.order = binary.BigEndian
	case "RF64", "BW64":
		c.large = true
	default:
		return container{}, false
	}
	c.end = 8 + int64(c.order.Uint32(b[4:]))
	return c, true
}

// part is a chunk: its name, where its content begins and how long it says that this is, below 0 for beyond all bounds.
type part struct {
	id       string
	at, size int64
}

// chunk reads the head of the chunk at a place; ok tells whether there is one.
func (c container) chunk(r io.ReaderAt, at int64) (p part, ok bool) {
	var b [24]byte
	if !c.wide {
		if n, _ := r.ReadAt(b[:8], at); n < 8 {
			return p, false
		}
		return part{string(b[:4]), at + 8, int64(c.order.Uint32(b[4:]))}, true
	}
	if n, _ := r.ReadAt(b[:], at); n < 24 {
		return p, false
	}
	p = part{at: at + 24, size: int64(c.order.Uint64(b[16:])) - 24}
	if string(b[4:16]) == wideRest {
		p.id = string(b[:4])
	}
	return p, true
}

// behind is where the next chunk begins: chunks begin at even places, but some programs leave the padding out.
func (c container) behind(r io.ReaderAt, p part) int64 {
	next := p.at + p.size
	if c.wide {
		return next + -next&7
	}
	if p.size%2 == 0 {
		return next
	}
	for _, fits := range []func(io.ReaderAt, int64) bool{c.known, c.plausible} {
		if fits(r, next+1) {
			break
		}
		if fits(r, next) {
			return next
		}
	}
	return next + 1
}

// known tells whether the head of a chunk that is often met stands at a place.
func (c container) known(r io.ReaderAt, at int64) bool {
	p, ok := c.chunk(r, at)
	return ok && slices.Contains(
		[]string{"data", "fmt ", "LIST", "fact", "PEAK", "bext", "cue ", "smpl", "JUNK", "id3 "}, p.id,
	)
}

// plausible tells whether a chunk's head may stand at a place: a name of letters, digits and blanks, and content that
// the file can hold.
func (c container) plausible(r io.ReaderAt, at int64) bool {
	p, ok := c.chunk(r, at)
	return ok && (p.id == "data" || p.size >= 0 && p.size <= c.length-p.at) &&
		strings.IndexFunc(p.id, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}

// chained tells whether nothing but whole chunks stands from a place to the end.
func (c container) chained(r io.ReaderAt, at int64) bool {
	for at < c.length {
		p, ok := c.chunk(r, at)
		if !ok || p.id == "data" || !c.plausible(r, at) {
			return false
		}
		at = c.behind(r, p)
	}
	return true
}
