package violentflows

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/primewindow/primewindow/internal/datatest"
)

// loader is opened with settings under which tests are quick.
var loader = datatest.Loader{Open: Open, Check: Check, Small: map[string]any{"image_side": 16, "val_share": 0}}

// madeClips is a set of so many clips of each class in each fold: of two that follow each other the second has no
// sound. Each is of a source video of its own.
func madeClips(n int, withSound, without []byte) datatest.Files {
	m := datatest.Files{}
	for fold := 1; fold <= folds; fold++ {
		for label, folder := range folders {
			for k := range n {
				b := withSound
				if k%2 == 1 {
					b = without
				}
				m[fmt.Sprintf("violentflows/%d/%s/%s", fold, folder, madeName(fold, label, k))] = b
			}
		}
	}
	return m
}

func madeName(fold, label, k int) string {
	return fmt.Sprintf("crowd_%d__A_Title__someone__%d%d%03d_-abcd.avi", label, fold, label, k)
}

// chunk is a piece of an AVI file.
func chunk(id, body string) string {
	b := string(binary.LittleEndian.AppendUint32([]byte(id), uint32(len(body)))) + body
	return b + strings.Repeat("\x00", len(body)%2)
}

// streamHeader is the list of a stream's headers: of a kind, of so many units of scale/rate seconds.
func streamHeader(kind string, scale, rate, length uint32) string {
	b := make([]byte, 56)
	copy(b, kind)
	binary.LittleEndian.PutUint32(b[20:], scale)
	binary.LittleEndian.PutUint32(b[24:], rate)
	binary.LittleEndian.PutUint32(b[32:], length)
	return chunk("LIST", "strl"+chunk("strh", string(b))+chunk("strf", strings.Repeat("\x00", 40)))
}

// avi is a file with these headers of streams, whose frames are no frames.
func avi(streams ...string) []byte {
	return []byte(chunk("RIFF", "AVI "+
		chunk("LIST", "hdrl"+chunk("avih", strings.Repeat("\x00", 56))+strings.Join(streams, ""))+
		chunk("JUNK", "odd")+
		chunk("LIST", "movi"+strings.Repeat("\x00", 100))))
}

// Streams of a clip: 75 frames of 25 a second, and as much sound.
func vids() string { return streamHeader("vids", 1, 25, 75) }
func auds() string { return streamHeader("auds", 1, 22050, 66150) }

// plain is a clip of one colour, in the owners' size and compression; a tone of so many Hz belongs to it unless that is
// 0.
func plain(tb testing.TB, ext, colour string, seconds float64, hertz int) []byte {
	tb.Helper()
	args := []string{"-f", "lavfi", "-i", fmt.Sprintf("color=c=%s:s=320x240:r=25:d=%v", colour, seconds)}
	if hertz > 0 {
		args = append(
			args, "-f", "lavfi", "-i", fmt.Sprintf("sine=frequency=%d:sample_rate=44100:duration=%v", hertz, seconds),
			"-c:a", "mp3",
		)
	}
	return datatest.FFmpeg(tb, ext, append(args, "-c:v", "mpeg4", "-q:v", "2")...)
}

// pattern is a clip with a test pattern, which differs from frame to frame and place to place, without sound.
func pattern(tb testing.TB) []byte {
	tb.Helper()
	return datatest.FFmpeg(tb, ".avi", "-f", "lavfi", "-i", "testsrc=s=320x240:r=25:d=3", "-c:v", "mpeg4", "-q:v", "2")
}
