package violentflows

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/primewindow/primewindow/data"
)

// Bounds of what is looked at in a file's beginning.
const (
	maxChunks = 64      // before the frames
	maxHeader = 1 << 20 // bytes of the list of headers; the owners' have a few hundred
)

// header is what an AVI file says of itself.
type header struct {
	duration time.Duration // of its frames; 0 when it does not say
	sound    bool          // whether it has a sound stream that is not empty
}

// readAVI reads as much of an AVI file of a known size as tells what is in it.
func readAVI(path string, size int64) (header, error) {
	f, _, err := data.OpenFile(path)
	if err != nil {
		return header{}, fmt.Errorf("violentflows: %w", err)
	}
	defer f.Close()
	return readHeader(path, io.NewSectionReader(f, 0, size))
}

// readHeader walks the chunks of an AVI file up to its frames; name is the file's, for errors. It returns a
// [data.FormatError] for a file that is none, is cut off, or has no video. What the streams hold is left to the
// decoder.
func readHeader(name string, r *io.SectionReader) (h header, err error) {
	broken := func(reason string, args ...any) (header, error) {
		return header{}, &data.FormatError{File: name, Reason: fmt.Sprintf(reason, args...)}
	}
	head := make([]byte, 12)
	if n, err := r.ReadAt(head, 0); err != nil || string(head[:4]) != "RIFF" || string(head[8:]) != "AVI " {
		return broken("%d bytes, begins with %q, want an AVI file", r.Size(), head[:min(n, 4)])
	}
	var list []byte
	at := int64(12)
	for range maxChunks {
		n, err := r.ReadAt(head, at)
		if err != nil {
			return broken("truncated: no frames in %d bytes", r.Size())
		}
		id, size := string(head[:4]), int64(binary.LittleEndian.Uint32(head[4:]))
		kind := string(head[8:n])
		movie := id == "LIST" && kind == "movi"
		// A file that was written in one go, without going back, says 0 or the largest number.
		open := movie && (size == 0 || size == math.MaxUint32)
		at += 8
		switch {
		case size > r.Size()-at && !open:
			return broken("truncated: chunk %q of %d bytes, want %d", id, r.Size()-at, size)
		case movie && list == nil:
			return broken("no headers before the frames")
		case movie:
			h, ok := readStreams(list, open)
			if !ok {
				return broken("no video stream")
			}
			return h, nil
		case id == "LIST" && kind == "hdrl" && size > maxHeader:
			return broken("headers of %d bytes, want at most %d", size, maxHeader)
		case id == "LIST" && kind == "hdrl":
			list = make([]byte, max(0, size-4))
			if _, err := r.ReadAt(list, at+4); err != nil && len(list) > 0 {
				return broken("headers: %v", err)
			}
		}
		at += size + size%2
	}
	return broken("no frames behind %d chunks", maxChunks)
}

// readStreams reads the headers of the streams; ok says whether there is a video. open says that lengths of 0 are those
// of a file that was not completed.
func readStreams(list []byte, open bool) (h header, ok bool) {
	for id, body := range chunks(list) {
		if id != "LIST" || len(body) < 4 || string(body[:4]) != "strl" {
			continue
		}
		for id, b := range chunks(body[4:]) {
			if id != "strh" || len(b) < 36 {
				continue
			}
			scale, rate, length := binary.LittleEndian.Uint32(b[20:]), binary.LittleEndian.Uint32(b[24:]),
				binary.LittleEndian.Uint32(b[32:])
			switch string(b[:4]) {
			case "vids":
				if !ok && rate > 0 {
					h.duration = seconds(float64(length) * float64(scale) / float64(rate))
				}
				ok = true
			case "auds":
				h.sound = h.sound || length > 0 || open
			}
		}
	}
	return h, ok
}

// chunks yields the chunks that b consists of; the last may be cut off.
func chunks(b []byte) func(yield func(id string, body []byte) bool) {
	return func(yield func(string, []byte) bool) {
		for len(b) >= 8 {
			id, size := string(b[:4]), int(binary.LittleEndian.Uint32(b[4:]))
			b = b[8:]
			if !yield(id, b[:min(size, len(b))]) {
				return
			}
			b = b[min(size+size%2, len(b)):]
		}
	}
}

// seconds is a duration; 0 for one that is longer than a day, which no clip is.
func seconds(s float64) time.Duration {
	if !(s > 0 && s < 24*60*60) {
		return 0
	}
	return time.Duration(s * float64(time.Second))
}
