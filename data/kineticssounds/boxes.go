package kineticssounds

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/primewindow/primewindow/data"
)

// checkBoxes walks the outermost boxes of an MP4 file of a known size, which ffmpeg decodes up to a cut without a word;
// name is the file's, for errors. It returns a [data.FormatError] for a file that is none or ends within a box.
func checkBoxes(name string, r io.ReaderAt, fileSize int64) error {
	head := make([]byte, 16)
	for at := int64(0); at < fileSize; {
		n, _ := r.ReadAt(head, at) // what could not be read is missing below
		size, least := int64(binary.BigEndian.Uint32(head)), int64(8)
		if size == 1 { // the length follows, in eight bytes
			size, least = int64(binary.BigEndian.Uint64(head[8:])), 16
		}
		switch {
		case at == 0 && (n < 8 || string(head[4:8]) != "ftyp"):
			return &data.FormatError{
				File:   name,
				Reason: fmt.Sprintf("%d bytes, begins with %q, want an MP4 video", fileSize, head[:min(n, 8)]),
			}
		case int64(n) < least:
			return &data.FormatError{File: name, Reason: fmt.Sprintf("truncated: %d bytes at the end, want a box", n)}
		case size == 0: // up to the end
			return nil
		case size < least:
			return &data.FormatError{
				File: name, Reason: fmt.Sprintf("box %q of %d bytes, want at least %d", head[4:8], size, least),
			}
		case size > fileSize-at:
			return &data.FormatError{
				File: name, Reason: fmt.Sprintf("truncated: box %q of %d bytes, want %d", head[4:8], fileSize-at, size),
			}
		}
		at += size
	}
	return nil
}
