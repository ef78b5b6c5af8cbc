package audio

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/primewindow/primewindow/data"
)

// ReadDuration reads as much of a WAV file as tells how long it lasts: a few dozen bytes. Errors are those of
// [DecodeDuration], or the file system's.
func ReadDuration(path string) (time.Duration, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, fmt.Errorf("audio: %w", err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return 0, fmt.Errorf("audio: %w", err)
	}
	return DecodeDuration(path, io.NewSectionReader(f, 0, st.Size()))
}

// DecodeDuration walks the chunks of a WAV file up to its samples; name is the file's, for errors. It returns a
// [data.FormatError] for a file that is none, is cut off or has no samples. The codec is not looked at: a file that has a
// duration may still be one that [DecodeWAV] does not read.
func DecodeDuration(name string, r *io.SectionReader) (time.Duration, error) {
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
