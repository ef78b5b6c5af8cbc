package audio

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/primewindow/primewindow/data"
)

// layout is what a WAV file is made of.
type layout struct {
	order   binary.ByteOrder
	format  []byte // the format chunk
	at      int64  // where the samples begin
	size    int64  // bytes of samples that are there
	stated  int64  // bytes of samples that the header promises: size, or what is missing too
	unknown bool   // the header does not say how many: they end with the file
}

// scan finds format and samples of a WAV file of a length; name is the file's, for errors. See [DecodeWAV] for which
// lengths are believed.
func scan(name string, r io.ReaderAt, length int64) (layout, error) {
	broken := func(reason string, args ...any) (layout, error) {
		return layout{}, &data.FormatError{File: name, Reason: fmt.Sprintf(reason, args...)}
	}
	head := make([]byte, min(length, 40))
	if _, err := io.ReadFull(io.NewSectionReader(r, 0, length), head); err != nil {
		return layout{}, fmt.Errorf("%s: %w", name, err)
	}
	c, ok := open(head)
	switch begin := string(head[:min(len(head), 4)]); {
	case ok:
	case length == 0:
		return broken("empty, want a WAV file")
	case length < 12:
		return broken("%d bytes, want at least 12 of a RIFF header", length)
	case begin == "RIFF" || begin == "RIFX" || begin == "RF64" || begin == "BW64":
		return broken("RIFF form %q, want WAVE", head[8:12])
	default:
		return broken("begins with %q, want RIFF", begin)
	}
	c.length = length
	l, found, large := layout{order: c.order}, false, int64(-1)
	for at := c.first; at < length; {
		p, ok := c.chunk(r, at)
		switch {
		case !ok && found:
			at = length
			continue
		case !ok:
			return broken("truncated: %d bytes at the end, want a chunk header of 8", length-at)
		case found && at >= c.end: // bytes behind
			at = length
			continue
		}
		switch {
		case p.id == "data" && found:
			return broken("a second data chunk, want one")
		case p.id == "data":
			found = true
			if c.large && (p.size == 0xffffffff || p.size == 0) {
				p.size = large
			}
			l.measure(c, r, p)
			if p.size = l.size; l.unknown || l.stated > l.size { // the rest of the file is samples
				p.size = length - p.at
			}
		case found && !c.plausible(r, at):
			p.size = length - p.at // whatever it is, it is not the samples
		case p.size < 0 || p.size > length-p.at:
			return broken("truncated: chunk %q of %d bytes, want %d", p.id, length-p.at, p.size)
		case p.id == "fmt " && l.format != nil:
			return broken("a second format chunk, want one")
		case p.id == "fmt ", p.id == "ds64":
			b := make([]byte, min(p.size, 4096))
			if n, err := r.ReadAt(b, p.at); n < len(b) {
				return layout{}, fmt.Errorf("%s: %w", name, err)
			}
			if p.id == "fmt " {
				l.format = b
			} else if len(b) >= 16 {
				large = int64(c.order.Uint64(b[8:]))
			}
		}
		at = c.behind(r, p)
	}
	switch {
	case l.format == nil:
		return broken("no format chunk")
	case l.size == 0 && l.stated == 0:
		return broken("no samples")
	}
	return l, l.whole(name, c)
}

// measure notes where the samples are, and how many bytes of them.
func (l *layout) measure(c container, r io.ReaderAt, p part) {
	have := c.length - p.at
	l.at, l.size, l.stated = p.at, p.size, p.size
	switch {
	case p.size == 0 && c.end >= c.length && c.end <= c.length+1 && c.chained(r, p.at): // nothing was recorded
	case unknown(p.size) && (p.size <= 0 || p.size > have):
		l.size = have - listed(r, p.at, c.length)
		l.stated, l.unknown = l.size, true
	case p.size > have:
		l.size = have
	}
}

// unknown tells whether a number of bytes stands for one that the writer could not go back to put in: 0, all bits, or
// close to what 32 or 31 of them hold, which is what programs write into a pipe.
func unknown(size int64) bool {
	const page = 4096
	return size <= 0 || size > 1<<32-page && size < 1<<32 || size >= 1<<31-page && size <= 1<<31
}

// listed is how many bytes at a file's end, of samples from a place on, are a list of remarks: it fits to the byte.
func listed(r io.ReaderAt, from, length int64) int64 {
	const most = 1 << 16
	tail := make([]byte, min(length-from, most))
	if n, _ := r.ReadAt(tail, length-int64(len(tail))); n < len(tail) {
		return 0
	}
	for rest := tail; ; {
		i := bytes.Index(rest, []byte("LIST"))
		if i < 0 || len(rest)-i < 12 {
			return 0
		}
		rest = rest[i:]
		size := int(binary.LittleEndian.Uint32(rest[4:]))
		if form := string(rest[8:12]); (form == "INFO" || form == "adtl") &&
			(size == len(rest)-8 || size+size%2 == len(rest)-8) {
			return int64(len(rest))
		}
		rest = rest[4:]
	}
}

// whole wants all samples to be there that the header promises, where its numbers can be believed.
func (l *layout) whole(name string, c container) error {
	if l.stated <= l.size {
		return nil
	}
	block := int64(1)
	if len(l.format) >= 14 {
		block = max(1, int64(l.order.Uint16(l.format[12:])))
	}
	over := l.stated - l.size
	switch {
	case l.stated/block == l.size/block: // less than a sample over
	case over == 1 && l.stated%2 == 0 && l.size%block == 0: // the padding was counted
	case c.end <= c.length && (l.stated == c.length || l.stated == c.length-8): // the file's size, or what RIFF says
	default:
		return &data.FormatError{
			File: name, Reason: fmt.Sprintf("truncated: chunk \"data\" of %d bytes, want %d", l.size, l.stated),
		}
	}
	l.stated = l.size
	return nil
}
