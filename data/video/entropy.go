package video

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
)

// A JPEG's coded data has no sums. Where a part of it was lost and other bytes stand there, zeros of a disk for
// example, decoders find their way back into it, and put all that follows in other places: no error comes, only data
// that is over when the picture is full. So the codes are walked here, without decoding what they stand for, to see
// that data and picture end together.

// errDamaged is wrapped by what [walk] finds.
var errDamaged = errors.New("damaged")

// Marks of a JPEG file's segments.
const (
	markSOF0, markSOF2 = 0xc0, 0xc2
	markDHT, markRST0  = 0xc4, 0xd0
	markEOI, markSOS   = 0xd9, 0xda
	markDRI            = 0xdd
)

// Sizes of the codes' tables.
const (
	quickBits = 9 // codes up to so long are looked up at once
	mostBits  = 16
)

// codes are a Huffman table: of each run of quickBits bits the symbol and, above it, the code's length, 0 for longer
// codes.
type codes struct {
	quick   [1 << quickBits]uint16
	first   [mostBits + 2]int32 // of each length, the first code
	offset  [mostBits + 2]int32 // and its place among the symbols
	number  [mostBits + 2]int32
	symbols [256]byte
}

// plane is one colour of a frame.
type plane struct {
	id, across, down int // sampling factors
	dc, ac           *codes
}

// walker is what is known of a file at some segment.
type walker struct {
	tables        [2][4]*codes // of DC and AC
	spare         []*codes
	planes        []plane
	height, width int
	most          [2]int // the largest sampling factors, across and down
	progressive   bool
	interval      int // blocks' groups between restarts; 0: none
	walked        int // planes, of those of whole blocks
	data          []byte
}

var walkers = sync.Pool{New: func() any { return new(walker) }}

// walk returns an error for a JPEG file whose codes do not fill its picture exactly. whole says that all codes were
// walked, up to the mark of the end. Otherwise something is left to the decoder: files of other kinds than
// Huffman-coded ones, what is wrong with segments, and how later scans of a progressive file refine what is there.
func walk(b []byte) (whole bool, err error) {
	w := walkers.Get().(*walker)
	defer walkers.Put(w)
	w.planes, w.interval, w.height, w.walked = w.planes[:0], 0, 0, 0
	for i := range w.tables {
		for k, t := range w.tables[i] {
			if t != nil {
				w.spare = append(w.spare, t)
			}
			w.tables[i][k] = nil
		}
	}
	for b = b[2:]; len(b) >= 4 && b[0] == 0xff; {
		mark := b[1]
		if mark == 0xff { // filling
			b = b[1:]
			continue
		}
		length := 2 + int(binary.BigEndian.Uint16(b[2:]))
		if mark == markEOI {
			return w.whole(), nil
		}
		if length > len(b) || length < 4 {
			return false, nil
		}
		body := b[4:length]
		b = b[length:]
		switch {
		case mark == markDHT:
			if !w.readCodes(body) {
				return false, nil
			}
		case mark >= markSOF0 && mark <= markSOF2:
			if w.progressive = mark == markSOF2; w.height > 0 || !w.readFrame(body) {
				return false, nil // more than one frame is not read
			}
		case mark == markDRI && len(body) >= 2:
			w.interval = int(binary.BigEndian.Uint16(body))
		case mark == markSOS:
			n, err := w.walkScan(body, b)
			if err != nil || n < 0 {
				return false, err
			}
			b = b[n:]
		}
	}
	return len(b) >= 2 && b[0] == 0xff && b[1] == markEOI && w.whole(), nil
}

// whole reports whether the codes of every colour were walked, once.
func (w *walker) whole() bool { return w.walked > 0 && w.walked == len(w.planes) && !w.progressive }

// readCodes reads Huffman tables.
func (w *walker) readCodes(b []byte) bool {
	for len(b) > mostBits {
		kind, id, total := b[0]>>4, b[0]&0xf, 0
		for _, n := range b[1 : mostBits+1] {
			total += int(n)
		}
		if kind > 1 || id > 3 || total > 256 || total > len(b)-1-mostBits {
			return false
		}
		var t *codes
		if n := len(w.spare); n > 0 {
			t, w.spare = w.spare[n-1], w.spare[:n-1]
		} else {
			t = new(codes)
		}
		t.fill(b[1:mostBits+1], b[mostBits+1:][:total])
		w.tables[kind][id] = t
		b = b[mostBits+1+total:]
	}
	return true
}

// fill makes a table of the numbers of codes of each length, and their symbols in order.
func (t *codes) fill(numbers, symbols []byte) {
	clear(t.quick[:])
	copy(t.symbols[:], symbols)
	code, place := int32(0), int32(0)
	for length := 1; length <= mostBits; length++ {
		n := int32(numbers[length-1])
		t.first[length], t.offset[length], t.number[length] = code, place, n
		if length <= quickBits {
			for i := range n {
				from := int(code+i) << (quickBits - length)
				for k := from; k < min(from+1<<(quickBits-length), len(t.quick)); k++ {
					t.quick[k] = uint16(length)<<8 | uint16(t.symbols[place+i])
				}
			}
		}
		code, place = (code+n)<<1, place+n
	}
}

// readFrame reads the sizes and the colours.
func (w *walker) readFrame(b []byte) bool {
	if len(b) < 6 || b[0] != 8 || len(b) < 6+3*int(b[5]) {
		return false
	}
	w.height, w.width = int(binary.BigEndian.Uint16(b[1:])), int(binary.BigEndian.Uint16(b[3:]))
	w.planes, w.most = w.planes[:0], [2]int{1, 1}
	for c := b[6 : 6+3*int(b[5])]; len(c) > 0; c = c[3:] {
		p := plane{id: int(c[0]), across: int(c[1] >> 4), down: int(c[1] & 0xf)}
		if p.across < 1 || p.across > 4 || p.down < 1 || p.down > 4 {
			return false
		}
		w.most = [2]int{max(w.most[0], p.across), max(w.most[1], p.down)}
		w.planes = append(w.planes, p)
	}
	return w.height > 0 && w.width > 0 && len(w.planes) > 0
}

// walkScan walks a scan's data, which follows its header, and returns its length; -1 where the rest is left to the
// decoder.
func (w *walker) walkScan(head, b []byte) (int, error) {
	if len(head) < 1 || len(head) < 4+2*int(head[0]) || w.height == 0 {
		return -1, nil
	}
	var scan []plane
	for c := head[1:][:2*int(head[0])]; len(c) > 0; c = c[2:] {
		for _, p := range w.planes {
			if p.id == int(c[0]) {
				p.dc, p.ac = w.tables[0][c[1]>>4&3], w.tables[1][c[1]&3]
				scan = append(scan, p)
				break
			}
		}
	}
	limits := head[1+2*int(head[0]):]
	band := spectrum{first: int(limits[0]), last: int(limits[1]), again: limits[2]>>4 > 0, progressive: w.progressive}
	if len(scan) != int(head[0]) || len(scan) == 0 || band.last > 63 || band.first > band.last {
		return -1, nil
	}
	for _, p := range scan {
		if band.first == 0 && p.dc == nil && !band.again || band.last > 0 && p.ac == nil {
			return -1, nil
		}
	}
	groups := (w.width + 8*w.most[0] - 1) / (8 * w.most[0]) * ((w.height + 8*w.most[1] - 1) / (8 * w.most[1]))
	if len(scan) == 1 { // its own blocks, without those that complete groups
		p := &scan[0]
		groups = (((w.width*p.across+w.most[0]-1)/w.most[0] +
			7) / 8) * (((w.height*p.down+w.most[1]-1)/w.most[1] + 7) / 8)
		p.across, p.down = 1, 1
	}
	if band.last == 63 {
		w.walked += len(scan)
	}
	n := 0
	for restart := byte(0); groups > 0; restart++ {
		these := groups
		if w.interval > 0 {
			these = min(groups, w.interval)
		}
		size := w.unstuff(b[n:])
		if size < 0 { // no mark behind it: the decoder says so
			return -1, nil
		}
		if !band.skipped() {
			if err := band.walk(w.data, scan, these); err != nil {
				return 0, err
			}
		}
		n += size
		if groups -= these; groups > 0 {
			if b[n+1] != markRST0|restart&7 {
				return -1, nil // likewise
			}
			n += 2
		}
	}
	if b[n+1]&^7 == markRST0 {
		return 0, fmt.Errorf("%w: coded data goes on behind the last pixel", errDamaged)
	}
	return n, nil
}

// unstuff copies coded data up to a mark, without the zeros that are stuffed behind bytes of ones, and returns its
// length in the file, or -1 where there is no mark.
func (w *walker) unstuff(b []byte) int {
	w.data = w.data[:0]
	for n := 0; ; {
		at := bytes.IndexByte(b[n:], 0xff)
		if at < 0 || n+at+1 >= len(b) {
			return -1
		}
		w.data = append(w.data, b[n:n+at]...)
		n += at
		switch b[n+1] {
		case 0:
			w.data = append(w.data, 0xff)
			n += 2
		case 0xff: // filling before a mark
			n++
		default:
			return n
		}
	}
}
