package violentflows

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"
)

// TestReadHeader has the chunks of an AVI file in other orders and sizes.
func TestReadHeader(t *testing.T) {
	whole := string(avi(vids(), auds()))
	movi := strings.Index(whole, "movi")
	open := func(size string) string { return whole[:movi-4] + size + whole[movi:] }
	for _, tt := range []struct {
		name, file string
		duration   time.Duration
		sound      bool
		problem    string
		reason     string
	}{
		{"sound", whole, 3 * time.Second, true, "", "75 frames of 25 a second"},
		{"sound first", string(avi(auds(), vids())), 3 * time.Second, true, "", "any order of streams"},
		{"silent", string(avi(vids())), 3 * time.Second, false, "", "a clip without sound"},
		{
			"empty sound", string(avi(vids(), streamHeader("auds", 1, 22050, 0))), 3 * time.Second, false, "",
			"a stream of nothing cannot be heard",
		},
		{
			"two videos", string(avi(vids(), streamHeader("vids", 1, 25, 25))), 3 * time.Second, false, "",
			"the first one counts",
		},
		{
			"fractions", string(avi(streamHeader("vids", 1001, 30000, 60))), 2002 * time.Millisecond, false, "",
			"60 frames of 29.97 a second",
		},
		{"no rate", string(avi(streamHeader("vids", 1, 0, 75))), 0, false, "", "unknown, no division by zero"},
		{"endless", string(avi(streamHeader("vids", 1<<31, 1, 1<<31))), 0, false, "", "such a clip does not exist"},
		{
			"subtitles", string(avi(vids(), streamHeader("txts", 1, 1, 1))), 3 * time.Second, false, "",
			"other streams are none of ours",
		},
		{"more behind", whole + "idx1", 3 * time.Second, true, "", "the index is not looked at"},
		{"open", open("\x00\x00\x00\x00"), 3 * time.Second, true, "", "written without going back"},
		{"open to the end", open("\xff\xff\xff\xff"), 3 * time.Second, true, "", "likewise, by others"},
		{
			"open, no lengths", strings.Replace(open("\x00\x00\x00\x00"), auds(), streamHeader("auds", 1, 22050, 0), 1),
			3 * time.Second, true, "", "where lengths were not filled in, 0 says nothing",
		},

		{
			"cut in the frames", whole[:len(whole)-10], 0, false, `truncated: chunk "LIST" of 94 bytes, want 104`,
			"a download that broke off",
		},
		{"cut before the frames", whole[:movi-8], 0, false, "truncated: no frames in 348 bytes", "likewise"},
		{"cut in the headers", whole[:200], 0, false, `truncated: chunk "LIST" of 180 bytes, want 316`, "likewise"},
		{"cut in the beginning", whole[:10], 0, false, `10 bytes, begins with "RIFF", want an AVI file`, "likewise"},
		{"one byte", "R", 0, false, `1 bytes, begins with "R", want an AVI file`, "likewise"},
		{
			"another", "\x00\x00\x00\x20ftypisom" + strings.Repeat("x", 40), 0, false,
			`52 bytes, begins with "\x00\x00\x00 ", want an AVI file`, "MP4 by another name",
		},
		{"sound alone", string(avi(auds())), 0, false, "no video stream", "nothing to see"},
		{
			"no headers", chunk("RIFF", "AVI "+chunk("LIST", "movi")), 0, false, "no headers before the frames",
			"damaged",
		},
		{
			"empty headers", chunk("RIFF", "AVI "+chunk("LIST", "hdrl")+chunk("LIST", "movi")), 0, false,
			"no video stream", "damaged",
		},
		{
			"many headers", chunk("RIFF", "AVI "+chunk("LIST", "hdrl"+strings.Repeat("x", 1<<20))), 0, false,
			"headers of 1048580 bytes, want at most 1048576", "memory is bounded",
		},
		{
			"many chunks", chunk("RIFF", "AVI "+strings.Repeat(chunk("JUNK", "abcd"), 100)), 0, false,
			"no frames behind 64 chunks", "time is bounded",
		},
		{
			"short header", string(avi(chunk("LIST", "strl"+chunk("strh", "vids")))), 0, false, "no video stream",
			"damaged",
		},
	} {
		h, err := readHeader("a.avi", io.NewSectionReader(strings.NewReader(tt.file), 0, int64(len(tt.file))))
		got := ""
		if err != nil {
			got = strings.TrimPrefix(err.Error(), "a.avi: ")
		}
		if got != tt.problem || h.sound != tt.sound || (h.duration-tt.duration).Abs() > time.Microsecond {
			t.Errorf(
				"%s: %+v, %q, want %v, %v, %q\nreason: %s", tt.name, h, got, tt.duration, tt.sound, tt.problem,
				tt.reason,
			)
		}
	}
}

// TestRealHeader reads what ffmpeg writes.
func TestRealHeader(t *testing.T) {
	for _, tt := range []struct {
		hertz int
		sound bool
	}{{440, true}, {0, false}} {
		b := plain(t, ".avi", "red", 2, tt.hertz)
		h, err := readHeader("a.avi", io.NewSectionReader(bytes.NewReader(b), 0, int64(len(b))))
		// One frame more may have been written, until the sound's end.
		if err != nil || h.sound != tt.sound || h.duration < 2*time.Second || h.duration > 2040*time.Millisecond {
			t.Errorf("%d Hz: %+v, %v, want sound %v and 2 s", tt.hertz, h, err, tt.sound)
		}
	}
}

func FuzzReadHeader(f *testing.F) {
	f.Add(avi(vids(), auds()))
	f.Add(avi(vids()))
	f.Add([]byte(chunk("RIFF", "AVI "+chunk("LIST", "hdrl")+chunk("LIST", "movi"))))
	f.Add([]byte(chunk("RIFF", "AVI "+strings.Repeat(chunk("JUNK", ""), 70))))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := readHeader("x", io.NewSectionReader(bytes.NewReader(b), 0, int64(len(b))))
		if h.duration < 0 || h.duration > 24*time.Hour || err != nil && h != (header{}) {
			t.Fatalf("%+v, %v", h, err)
		}
	})
}
