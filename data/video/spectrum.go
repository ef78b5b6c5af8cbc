package video

import (
	"encoding/binary"
	"fmt"
)

// spectrum is which coefficients of each block a scan has.
type spectrum struct {
	first, last int
	again       bool // one more bit of each, of a progressive file
	progressive bool

	run int // blocks that have no more coefficients
}

// skipped reports whether a scan's codes depend on what scans before it decoded to.
func (s *spectrum) skipped() bool { return s.again && s.last > 0 }

// bits reads coded data from its beginning. Behind its end it reads zeros, and counts them.
type bits struct {
	data   []byte
	at     int // of the next byte
	buffer uint64
	have   int // bits in buffer
	beyond int // bits behind the end that are in buffer, or were
}

// fill makes at least 48 bits ready.
func (r *bits) fill() {
	if r.at+8 <= len(r.data) {
		// As many whole bytes as there is room for.
		take := (64 - r.have) / 8
		r.buffer |= binary.BigEndian.Uint64(r.data[r.at:]) >> r.have
		if take < 8 {
			r.buffer &^= 1<<(64-r.have-8*take) - 1
		}
		r.at, r.have = r.at+take, r.have+8*take
		return
	}
	for r.have <= 56 {
		if r.at < len(r.data) {
			r.buffer |= uint64(r.data[r.at]) << (56 - r.have)
			r.at++
		} else {
			r.beyond += 8
		}
		r.have += 8
	}
}

func (r *bits) skip(n int) { r.buffer, r.have = r.buffer<<n, r.have-n }

// symbol reads a code; ok is false for what is none.
func (t *codes) symbol(r *bits) (s byte, ok bool) {
	if e := t.quick[r.buffer>>(64-quickBits)]; e != 0 {
		r.skip(int(e >> 8))
		return byte(e), true
	}
	for length := quickBits + 1; length <= mostBits; length++ {
		if i := int32(r.buffer>>(64-length)) - t.first[length]; i >= 0 && i < t.number[length] {
			r.skip(length)
			return t.symbols[t.offset[length]+i], true
		}
	}
	return 0, false
}

// filler is how many bytes of zeros an encoder may leave behind its data, to bring it to a length.
const filler = 3

// walk wants data to hold the codes of so many groups of blocks, and no more.
func (s *spectrum) walk(data []byte, scan []plane, groups int) error {
	r := bits{data: data}
	s.run = 0
	for g := range groups {
		for i := range scan {
			p := &scan[i]
			for range p.across * p.down {
				if !s.block(&r, p) {
					return fmt.Errorf("%w: no code in group %d of %d", errDamaged, g+1, groups)
				}
			}
		}
		if r.beyond > r.have {
			return fmt.Errorf("%w: coded data ends in group %d of %d", errDamaged, g+1, groups)
		}
	}
	left := data[min(len(data), r.at-(r.have-r.beyond)/8):]
	for len(left) > 0 && len(left) <= filler && left[len(left)-1] == 0 {
		left = left[:len(left)-1]
	}
	if len(left) > 0 || s.run > 0 {
		return fmt.Errorf("%w: %s of coded data behind the last pixel", errDamaged, count(len(left), "byte"))
	}
	return nil
}

// block passes over a block's codes, and reports whether they are such.
func (s *spectrum) block(r *bits, p *plane) bool {
	r.fill()
	k := s.first
	if k == 0 {
		if s.again {
			r.skip(1)
			return true
		}
		size, ok := p.dc.symbol(r)
		if !ok || size > mostBits {
			return false
		}
		r.skip(int(size))
		k = 1
	}
	if s.run > 0 {
		s.run--
		return true
	}
	for k <= s.last {
		if r.have < 32 {
			r.fill()
		}
		c, ok := p.ac.symbol(r)
		if !ok {
			return false
		}
		run, size := int(c>>4), int(c&0xf)
		switch {
		case size > 0:
			r.skip(size)
			k += run + 1
			if k > s.last+1 {
				return false
			}
		case run == 15:
			k += 16
		case s.progressive:
			s.run = 1<<run - 1
			if run > 0 {
				s.run += int(r.buffer >> (64 - run))
				r.skip(run)
			}
			return true
		default:
			return true
		}
	}
	return true
}
