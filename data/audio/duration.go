package audio

import (
	"fmt"
	"io"
	"time"

	"github.com/primewindow/primewindow/data"
)

// ReadDuration reads as much of a WAV file as tells how long it lasts: a few dozen bytes. Errors are those of
// [DecodeDuration], or the file system's.
func ReadDuration(path string) (time.Duration, error) {
	f, st, err := data.OpenFile(path)
	if err != nil {
		return 0, fmt.Errorf("audio: %w", err)
	}
	defer f.Close()
	return DecodeDuration(path, io.NewSectionReader(f, 0, st.Size()))
}

// DecodeDuration walks the chunks of a WAV file without reading its samples; name is the file's, for errors. It returns
// a [data.FormatError] for a file that is none, is cut off or has no samples, as [DecodeWAV] does. Of a codec that that
// does not read it tells what the header says, or 0 where it does not say.
func DecodeDuration(name string, r *io.SectionReader) (time.Duration, error) {
	l, err := scan(name, r, r.Size())
	if err != nil {
		return 0, err
	}
	if len(l.format) < 14 {
		return 0, &data.FormatError{
			File: name, Reason: fmt.Sprintf("format chunk of %d bytes, want at least 16", len(l.format)),
		}
	}
	rate := int64(l.order.Uint32(l.format[8:])) // bytes a second
	if codec := l.order.Uint16(l.format); codec == codecPCM || codec == codecFloat {
		rate = int64(l.order.Uint32(l.format[4:])) * int64(l.order.Uint16(l.format[12:]))
	}
	if rate == 0 {
		return 0, nil
	}
	return time.Duration(float64(l.size) / float64(rate) * float64(time.Second)), nil
}
