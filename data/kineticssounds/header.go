package kineticssounds

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/primewindow/primewindow/data"
)

// wavDuration reads as much of a WAV file as tells how long it is.
func wavDuration(path string) (time.Duration, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("kineticssounds: %w", err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return 0, fmt.Errorf("kineticssounds: %w", err)
	}
	return readDuration(path, io.NewSectionReader(f, 0, st.Size()))
}

// readDuration walks the chunks of a WAV file up to its samples; name is the file's, for errors. It returns a
// [data.FormatError] for a file that is none, is cut off or has no samples. What the format means is left to the decoder.
func readDuration(name string, r *io.SectionReader) (time.Duration, error) {
	broken := func(reason string, args ...any) (time.Duration, error) {
		return 0, &data.FormatError{File: name, Reason: fmt.Sprintf(reason, args...)}
	}
	head := make([]byte, 16)
	if n, err := r.ReadAt(head[:12], 0); err != nil || string(head[:4]) != "RIFF" || string(head[8:12]) != "WAVE" {
		return broken("%d bytes, begins with %q, want a WAV file", r.Size(), head[:min(n, 4)])
	}
	rate := int64(0) // bytes a second
	for at := int64(12); ; {
		if _, err := r.ReadAt(head[:8], at); err != nil {
			return broken("no samples in %d bytes", r.Size())
		}
		id, size := string(head[:4]), int64(binary.LittleEndian.Uint32(head[4:]))
		at += 8
		switch {
		case size > r.Size()-at:
			return broken("truncated: chunk %q of %d bytes, want %d", id, r.Size()-at, size)
		case id == "fmt " && size >= 16:
			if _, err := r.ReadAt(head, at); err != nil {
				return broken("format chunk: %v", err)
			}
			rate = int64(binary.LittleEndian.Uint32(head[8:]))
		case id == "data" && size == 0:
			return broken("no samples")
		case id == "data" && rate > 0:
			return time.Duration(float64(size) / float64(rate) * float64(time.Second)), nil
		}
		at += size + size%2
	}
}

// checkBoxes walks the outermost boxes of an MP4 file of a known size, which ffmpeg decodes up to a cut without a word; name
// is the file's, for errors. It returns a [data.FormatError] for a file that is none or ends within a box.
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
			return &data.FormatError{File: name, Reason: fmt.Sprintf("%d bytes, begins with %q, want an MP4 video", fileSize, head[:min(n, 8)])}
		case int64(n) < least:
			return &data.FormatError{File: name, Reason: fmt.Sprintf("truncated: %d bytes at the end, want a box", n)}
		case size == 0: // up to the end
			return nil
		case size < least:
			return &data.FormatError{File: name, Reason: fmt.Sprintf("box %q of %d bytes, want at least %d", head[4:8], size, least)}
		case size > fileSize-at:
			return &data.FormatError{File: name, Reason: fmt.Sprintf("truncated: box %q of %d bytes, want %d", head[4:8], fileSize-at, size)}
		}
		at += size
	}
	return nil
}
