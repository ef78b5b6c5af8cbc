package cremad

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/primewindow/primewindow/data"
)

// Sizes of an FLV file's parts, in bytes.
const (
	flvHeader = 9  // its own length is in the last four
	tagHeader = 11 // kind, then the payload's length in three bytes
	tagBehind = 4  // the length again
)

// Values in an FLV file's tags.
const (
	videoTag  = 9
	scriptTag = 18
	sorenson  = 2 // the codec of the owners' files, of which each tag is a frame
	noPicture = 5 // kind of frame: a command
)

// readFLV walks the tags of a video, which ffmpeg decodes up to a cut without a word, and returns the times of its
// frames in seconds from the first; name is the file's, for errors. It returns no times for another codec than the
// owners' and for a video that ends well before its header says, about which ffmpeg is asked, and a [data.FormatError]
// for a file that is no FLV or ends within a tag. What is in the tags is left to ffmpeg.
func readFLV(name string, b []byte) (times []float64, err error) {
	if len(b) < flvHeader || string(b[:3]) != "FLV" {
		return nil, &data.FormatError{
			File: name, Reason: fmt.Sprintf("%d bytes, begins with %q, want an FLV video", len(b), b[:min(len(b), 4)]),
		}
	}
	at := int(binary.BigEndian.Uint32(b[5:]))
	if at < flvHeader {
		return nil, &data.FormatError{
			File: name, Reason: fmt.Sprintf("header of %d bytes, want at least %d", at, flvHeader),
		}
	}
	known, promised := true, 0.0
	var first uint32
	for at += tagBehind; at < len(b); {
		if len(b)-at < tagHeader {
			return nil, &data.FormatError{
				File: name, Reason: fmt.Sprintf("truncated: %d bytes at the end, want a tag", len(b)-at),
			}
		}
		payload := int(b[at+1])<<16 | int(b[at+2])<<8 | int(b[at+3])
		size := tagHeader + payload
		if len(b)-at < size {
			return nil, &data.FormatError{
				File: name, Reason: fmt.Sprintf("truncated: tag of %d bytes at %d, want %d", len(b)-at, at, size),
			}
		}
		if b[at] == scriptTag && promised == 0 {
			promised = duration(b[at+tagHeader:][:payload])
		}
		if b[at] == videoTag && payload > 1 {
			kind, codec := b[at+tagHeader]>>4, b[at+tagHeader]&0xf
			ms := uint32(b[at+7])<<24 | uint32(b[at+4])<<16 | uint32(b[at+5])<<8 | uint32(b[at+6])
			switch {
			case codec != sorenson || len(times) > 0 && ms < first:
				known = false
			case kind != noPicture:
				if len(times) == 0 {
					first = ms
				}
				times = append(times, float64(ms-first)/1000)
			}
		}
		at += size + tagBehind
	}
	if n := len(times); !known || n == 0 || !slices.IsSorted(times) || times[n-1] < promised-max(0.5, promised/10) {
		return nil, nil
	}
	return times, nil
}

// duration is what a script tag says of the video's length, in seconds; 0 where it says nothing.
func duration(script []byte) float64 {
	const name = "duration\x00" // and the mark of a number
	_, number, ok := bytes.Cut(script, []byte(name))
	if !ok || len(number) < 8 {
		return 0
	}
	return math.Float64frombits(binary.BigEndian.Uint64(number))
}
