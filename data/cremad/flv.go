package cremad

import (
	"fmt"

	"github.com/primewindow/primewindow/data"
)

// Sizes of an FLV file's parts, in bytes.
const (
	flvHeader = 9  // its own length is in the last four
	tagHeader = 11 // kind, then the payload's length in three bytes
	tagBehind = 4  // the length again
)

// checkFLV walks the tags of a video, which ffmpeg decodes up to a cut without a word; name is the file's, for errors. It
// returns a [data.FormatError] for a file that is no FLV or ends within a tag. What is in the tags is left to ffmpeg.
func checkFLV(name string, b []byte) error {
	if len(b) < flvHeader || string(b[:3]) != "FLV" {
		return &data.FormatError{File: name, Reason: fmt.Sprintf("%d bytes, begins with %q, want an FLV video", len(b), b[:min(len(b), 4)])}
	}
	at := int(b[5])<<24 | int(b[6])<<16 | int(b[7])<<8 | int(b[8])
	if at < flvHeader {
		return &data.FormatError{File: name, Reason: fmt.Sprintf("header of %d bytes, want at least %d", at, flvHeader)}
	}
	for at += tagBehind; at < len(b); {
		if len(b)-at < tagHeader {
			return &data.FormatError{File: name, Reason: fmt.Sprintf("truncated: %d bytes at the end, want a tag", len(b)-at)}
		}
		size := tagHeader + (int(b[at+1])<<16 | int(b[at+2])<<8 | int(b[at+3]))
		if len(b)-at < size {
			return &data.FormatError{File: name, Reason: fmt.Sprintf("truncated: tag of %d bytes at %d, want %d", len(b)-at, at, size)}
		}
		at += size + tagBehind
	}
	return nil
}
